"""What was recorded of sources alone, as it lies on the disk: whole files, open ones, and those cut off."""

from collections.abc import Set as AbstractSet
from functools import lru_cache
from pathlib import Path
from typing import Literal

import msgspec

from quality_creator.model.clock import TICKS, MediaTime, Micros
from quality_creator.model.ids import SourceId


class Sheet(msgspec.Struct, frozen=True, kw_only=True):
    """What lies beside a file."""

    source: SourceId
    position: MediaTime
    """Of its first picture in the programme."""
    utc: Micros
    timecode: str
    """The same as the file has it."""
    contents: str
    """What is in it, in words."""
    duration: int | None = None
    """In ticks of 1/90000 s; None until it was finished."""
    ended: str = ""
    """Why it ended."""


class IsoFile(msgspec.Struct, frozen=True, kw_only=True):
    """One file."""

    name: str
    source: SourceId
    start: str
    """Of the file's time code, which is the position in the programme."""
    position_s: float
    utc: Micros
    duration_s: float | None
    """None for one that is being written."""
    gap_s: float | None
    """What is missing between the source's file before this one and it; None for the first."""
    size: int
    contents: str
    state: Literal["open", "whole", "cut"]
    """`cut`: the worker was killed over it; all but its last second is there."""
    ended: str


def files(folder: Path, recording: AbstractSet[SourceId]) -> list[IsoFile]:
    """The files of an episode, by source and then by time. Blocks on the disk.

    Args:
        folder: Where they lie; it need not be there.
        recording: The sources that are being recorded: the last file of each is open.
    """
    found: list[tuple[Sheet, Path, int]] = []
    for path in folder.glob("*.json") if folder.is_dir() else ():
        film = path.with_suffix(".mov")
        try:
            sheet, size = msgspec.json.decode(path.read_bytes(), type=Sheet), film.stat().st_size
        except (OSError, msgspec.MsgspecError):
            continue  # a file of which nothing was written yet
        found.append((sheet, film, size))
    found.sort(key=lambda one: (one[0].source, one[0].position, one[1].name))
    listed: list[IsoFile] = []
    for number, (sheet, film, size) in enumerate(found):
        last = number + 1 == len(found) or found[number + 1][0].source != sheet.source
        listed.append(_file(sheet, film, size, last and sheet.source in recording, listed))
    return listed


def _file(sheet: Sheet, film: Path, size: int, recording: bool, listed: list[IsoFile]) -> IsoFile:
    before = next((one for one in reversed(listed) if one.source == sheet.source), None)
    state: Literal["open", "whole", "cut"] = "whole"
    duration = None if sheet.duration is None else sheet.duration / TICKS
    if duration is None:
        state = "open" if recording else "cut"
        duration = None if recording else _length(film, size)
    position = sheet.position / TICKS
    gap = None
    if before is not None and before.duration_s is not None:
        gap = max(round(position - before.position_s - before.duration_s, 2), 0.0)
    return IsoFile(
        name=film.name,
        source=sheet.source,
        start=sheet.timecode,
        position_s=position,
        utc=sheet.utc,
        duration_s=duration,
        gap_s=gap,
        size=size,
        contents=sheet.contents,
        state=state,
        ended=sheet.ended,
    )


@lru_cache(maxsize=256)
def _length(film: Path, size: int) -> float:
    """Of a file that was not finished, by its fragments; 0 where there is none."""
    import av

    try:
        with av.open(str(film)) as file:
            return (file.duration or 0) / av.time_base
    except av.error.FFmpegError:
        return 0.0
