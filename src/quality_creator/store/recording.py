"""What keeps a stream: parts at once in a spool, whole segments as objects, and an index of them.

The life of a part: `append` writes it to the spool file of its segment and returns when it is on the disk.
Only then it is announced. When the segment is complete, `seal` joins its parts to one object for each
rendition, waits until those are durable, commits the index row with the segment's messages, and removes the
spool file. A process that is killed anywhere in between finds in the spool what has no row yet, and goes on:

    spool/<episode>/<msn>.spool                         a segment that is not sealed
    spool/<episode>/<rendition>-<init>                  an init segment that is not in the objects yet
    episodes/<episode>/<rendition>/<msn>.m4s            an object
    episodes/<episode>/<rendition>/<init>               an object, named by its own digest

**A disk that fills up** must not end a broadcast, nor harm what is recorded. Below `WARN` free there is a
warning; below `OFF`, or when the disk refuses a write, the segment at hand is not recorded, and none is until
a segment starts with `BACK` free. A segment is recorded as a whole or not at all. Of one that is not, the
index row and (while a few bytes fit) the spool say only what it was: numbers and times go on from it.
"""

import asyncio
import hashlib
import os
import shutil
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Self

import msgspec
from sqlalchemy import Row, select

from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.errors import NotFound, Unavailable
from quality_creator.model.ids import EpisodeId
from quality_creator.store.database import Database, insert
from quality_creator.store.disk import make_folder, sync_folder
from quality_creator.store.objects import Objects, open_objects
from quality_creator.store.spool import Spool
from quality_creator.store.tables import messages, segments

WARN = 0.10
"""Share of the disk below which the operator is warned."""

OFF = 0.01
"""Share of the disk below which nothing is recorded."""

BACK = 0.02
"""Share of the disk from which recording is taken up again, at a segment's start."""

Usage = Callable[[Path], tuple[int, int, int]]
"""Total, used and free bytes of the disk that a path is on."""


class SpooledPart(msgspec.Struct, frozen=True, kw_only=True):
    """One part of all renditions, as it is announced, and what its segment's index row will need."""

    msn: int
    part: int
    start: MediaTime
    utc: Micros
    duration: int
    """In ticks of 1/90000 s; 0 for what is put behind a segment that ended early: its signature."""
    independent: bool
    discontinuity: bool
    """Of the segment."""
    inits: dict[str, str]
    """By rendition: the init's name, from `keep_init`. The last part's are the segment's."""
    data: dict[str, bytes]
    """By rendition; empty in the spool where the part was not recorded."""


class StoredSegment(msgspec.Struct, frozen=True, kw_only=True):
    """An index row."""

    msn: int
    start: MediaTime
    duration: int
    utc: Micros
    discontinuity: bool
    recorded: bool
    inits: dict[str, str]
    parts: dict[str, list[tuple[int, bool]]]
    """By rendition: each part's bytes, and whether it starts with a key frame.

    One more than were announced where a signature was put behind a segment that ended early.
    """


@dataclass(frozen=True, slots=True)
class OpenSegment:
    """A segment that an earlier process announced parts of and did not seal."""

    msn: int
    parts: tuple[SpooledPart, ...]
    recorded: bool


@dataclass(frozen=True, slots=True)
class Disk:
    """How the recording is doing."""

    free: float
    """Share of the disk that is free; of two disks the fuller one's."""
    recording: bool

    @property
    def warning(self) -> bool:
        """Whether the operator should make room."""
        return self.free < WARN


@dataclass(slots=True)
class _Segment:
    """A segment that is not sealed: parts without their bytes, sizes beside them."""

    spool: Spool
    recorded: bool
    parts: list[SpooledPart] = field(default_factory=list)
    sizes: list[dict[str, int]] = field(default_factory=list)


def init_name(data: bytes) -> str:
    """The name of an init segment: equal bytes have equal names."""
    return f"{hashlib.sha256(data).hexdigest()[:32]}.mp4"


class Recordings:
    """All episodes' recordings: where they are."""

    def __init__(self, database: Database, folder: Path, objects: Objects) -> None:
        self.objects = objects
        """Where finished segments are, and what else is kept of an episode."""
        self._database = database
        self._folder = folder

    @classmethod
    async def open_(cls, database: Database, folder: Path, address: str = "") -> Self:
        """The recordings with their spool in a data folder and their objects at an address.

        Raises:
            BadInput: the address or the folder can't be used.
        """
        return cls(database, folder, await asyncio.to_thread(open_objects, address, folder))

    async def open(self, episode: EpisodeId, usage: Usage = shutil.disk_usage) -> "Recording":
        """An episode's recording, to go on with or to replay.

        What an earlier process left in the spool is read: see `Recording.left_open`.

        Raises:
            Unavailable: the disk or the database can't be read.
        """
        recording = Recording(self._database, self.objects, episode, self._folder, usage)
        await recording._recover()
        return recording


class Recording:
    """One episode's. `append`, `seal` and `keep_init` are called by the one task that has it on air."""

    def __init__(
        self, database: Database, objects: Objects, episode: EpisodeId, folder: Path, usage: Usage
    ) -> None:
        self.left_open: tuple[OpenSegment, ...] = ()
        """What was announced and not sealed when the process before ended, in order, with its bytes.

        All but the last must be sealed; the last may be sealed as it is or gone on with by `append`.
        """
        self._database = database
        self._objects = objects
        self._episode = episode
        self._root = folder
        self._folder = folder / "spool" / episode
        self._usage = usage
        self._segments: dict[int, _Segment] = {}
        self._inits: dict[tuple[str, str], Path] = {}  # those that are not in the objects yet
        self._off = False
        self._free = 1.0

    @property
    def disk(self) -> Disk:
        """How things stood at the last part."""
        return Disk(self._free, not self._off)

    @property
    def unsealed(self) -> tuple[int, ...]:
        """Numbers of the segments that `seal` has not finished with."""
        return tuple(sorted(self._segments))

    async def keep_init(self, rendition: str, data: bytes) -> str:
        """Keep an init segment; it must be kept before a part that needs it is announced.

        Returns:
            Its name, the same for the same bytes.

        Raises:
            Unavailable: the disk refuses it.
        """
        name = init_name(data)
        path = self._folder / f"{rendition}-{name}"
        if (rendition, name) not in self._inits:
            async with _translated(f"the init of {rendition}"):
                await asyncio.to_thread(_write_new, path, data)
            self._inits[rendition, name] = path
        return name

    async def append(self, part: SpooledPart) -> bool:
        """Keep a part: when this returns True, it outlives a power cut and may be announced.

        False: the disk is nearly full, the part is not recorded. It may be announced, while it is in
        memory; that it is not recorded is to be said.

        Raises:
            Unavailable: the disk refuses it. From here on the segment is one that is not recorded.
        """
        segment = self._segments.get(part.msn)
        if segment is None:
            segment = _Segment(Spool(self._folder / f"{part.msn}.spool"), recorded=True)
            self._segments[part.msn] = segment
        if part.part != len(segment.parts):
            raise ValueError(f"part {part.msn}.{part.part} follows {len(segment.parts)} parts")
        self._look(starting=part.part == 0)
        segment.recorded = segment.recorded and not self._off
        bare = msgspec.structs.replace(part, data={})
        segment.parts.append(bare)
        segment.sizes.append({rendition: len(data) for rendition, data in part.data.items()})
        if not segment.recorded:
            with suppress(OSError):  # a few bytes may fit; nothing depends on it
                await asyncio.to_thread(segment.spool.append, _encode(bare, segment.sizes[-1]))
            return False
        try:
            await asyncio.to_thread(segment.spool.append, _encode(part, segment.sizes[-1]))
        except OSError as error:
            segment.recorded = False
            raise Unavailable(
                f"part {part.msn}.{part.part} can't be recorded: {error.strerror}; make room on the disk"
            ) from error
        return True

    async def seal(self, msn: int, data: bytes, signals: Any) -> StoredSegment:
        """Keep a complete segment for good: objects, then the index row, then the spool is let go.

        May be called again after an error, and does then what is left to do.

        Args:
            msn: A segment that parts were appended to.
            data: Its messages, as JSON.
            signals: What the timeline needs of them, as plain values.

        Raises:
            Unavailable: the objects or the database can't take it now. Nothing is lost: the spool stays.
        """
        segment = self._segments[msn]
        bodies = await self._join(segment) if segment.recorded else {}
        row = _row(segment, recorded=bool(bodies))
        if bodies:
            await self._put_inits(row.inits)
            for rendition, body in bodies.items():
                await self._objects.put(self._name(rendition, f"{msn}.m4s"), body)
        async with self._database.write() as connection:
            for table, values in (
                (segments, msgspec.structs.asdict(row)),
                (messages, {"msn": msn, "data": data, "signals": signals}),
            ):
                row_once = insert(connection, table).values(episode=self._episode, **values)
                await connection.execute(row_once.on_conflict_do_nothing())
        del self._segments[msn]
        with suppress(OSError):  # at the next start the row tells that it is not needed
            await asyncio.to_thread(segment.spool.remove)
        return row

    async def index(self, since: int = 0) -> list[StoredSegment]:
        """The sealed segments from a number on, in order. Raises Unavailable."""
        query = select(segments).where(segments.c.episode == self._episode, segments.c.msn >= since)
        async with self._database.read() as connection:
            rows = await connection.execute(query.order_by(segments.c.msn))
            return [_stored(row) for row in rows]

    async def messages(self, msn: int) -> bytes:
        """A sealed segment's messages, as they were given to `seal`. Raises NotFound or Unavailable."""
        query = select(messages.c.data).where(messages.c.episode == self._episode, messages.c.msn == msn)
        async with self._database.read() as connection:
            found = (await connection.execute(query)).scalar_one_or_none()
        if found is None:
            raise NotFound(f"there is no segment {msn}")
        return bytes(found)

    async def signals(self) -> list[Any]:
        """What the timeline needs of each sealed segment, in order. Raises Unavailable."""
        query = select(messages.c.signals).where(messages.c.episode == self._episode)
        async with self._database.read() as connection:
            return list((await connection.execute(query.order_by(messages.c.msn))).scalars())

    async def init(self, rendition: str, name: str) -> bytes:
        """An init segment. Raises NotFound or Unavailable."""
        path = self._inits.get((rendition, name))
        if path is not None:
            with suppress(FileNotFoundError):
                return await asyncio.to_thread(path.read_bytes)
        return await self._objects.get(self._name(rendition, name))

    async def segment(self, rendition: str, msn: int) -> bytes:
        """A segment: of one that is not sealed, the parts so far. Raises NotFound or Unavailable."""
        spooled = self._segments.get(msn)
        if spooled is not None and spooled.recorded:
            bodies = await self._join(spooled)
            if rendition in bodies:
                return bodies[rendition]
        return await self._objects.get(self._name(rendition, f"{msn}.m4s"))

    async def part(self, rendition: str, segment: StoredSegment, number: int) -> bytes:
        """One part of a sealed segment. Raises NotFound or Unavailable."""
        sizes = [size for size, _ in segment.parts.get(rendition, [])]
        if not segment.recorded or not 0 <= number < len(sizes):
            raise NotFound(f"there is no part {segment.msn}.{number}")
        return await self._objects.get_range(
            self._name(rendition, f"{segment.msn}.m4s"), sum(sizes[:number]), sizes[number]
        )

    # --- within ---

    async def _recover(self) -> None:
        async with _translated(f"the spool {self._folder}"):
            found, self._inits = await asyncio.to_thread(_scan, self._folder)
        if found:
            sealed = {row.msn for row in await self.index(min(found))}
            left = []
            for msn, (spool, taken) in sorted(found.items()):
                if msn in sealed or not taken:
                    with suppress(OSError):
                        await asyncio.to_thread(spool.remove)
                    continue
                recorded = all(part.data for part, _ in taken)
                bare = [msgspec.structs.replace(part, data={}) for part, _ in taken]
                self._segments[msn] = _Segment(spool, recorded, bare, [sizes for _, sizes in taken])
                left.append(OpenSegment(msn, tuple(part for part, _ in taken), recorded))
            self.left_open = tuple(left)
        self._look(starting=True)

    def _look(self, *, starting: bool) -> None:
        """See how full the disks are, and stop recording or take it up again."""
        places = [self._root] + ([self._objects.folder] if self._objects.folder is not None else [])
        try:
            shares = [free / max(total, 1) for total, _, free in map(self._usage, places)]
        except OSError:
            return  # whoever writes next learns what is wrong
        self._free = min(shares)
        self._off = self._free < (BACK if self._off and starting else OFF) or (self._off and not starting)

    async def _join(self, segment: _Segment) -> dict[str, bytes]:
        """The segment's bytes by rendition, from the spool; empty when the disk does not give them back."""
        async with _translated(f"the spool {segment.spool.path}"):
            found = await asyncio.to_thread(lambda: [_decode(record)[0] for record in segment.spool.read()])
        if len(found) < len(segment.parts):
            return {}
        return {name: b"".join(part.data[name] for part in found) for name in found[0].data}

    async def _put_inits(self, inits: dict[str, str]) -> None:
        for rendition, name in inits.items():
            path = self._inits.get((rendition, name))
            if path is not None and path.exists():
                async with _translated(f"the init {name}"):
                    data = await asyncio.to_thread(path.read_bytes)
                await self._objects.put(self._name(rendition, name), data)
                with suppress(OSError):
                    await asyncio.to_thread(path.unlink, missing_ok=True)

    def _name(self, rendition: str, name: str) -> str:
        return f"episodes/{self._episode}/{rendition}/{name}"


_Taken = list[tuple[SpooledPart, dict[str, int]]]


def _scan(folder: Path) -> tuple[dict[int, tuple[Spool, _Taken]], dict[tuple[str, str], Path]]:
    """What an episode's spool folder holds: whole parts by segment, and init segments."""
    found = {}
    for path in folder.glob("*.spool"):
        spool = Spool(path)
        try:
            found[int(path.stem)] = spool, [_decode(record) for record in spool.read()]
        except (msgspec.MsgspecError, UnicodeDecodeError, ValueError) as error:
            raise Unavailable(
                f"the spool file {path} was not written by this version ({error}); "
                "let the version that wrote it finish, or move the file away"
            ) from error
    inits = {}
    for path in folder.glob("*.mp4"):
        rendition, _, name = path.name.rpartition("-")
        inits[rendition, name] = path
    return found, inits


def _encode(part: SpooledPart, sizes: dict[str, int]) -> bytes:
    return msgspec.msgpack.encode((part, sizes))


def _decode(record: bytes) -> tuple[SpooledPart, dict[str, int]]:
    return msgspec.msgpack.decode(record, type=tuple[SpooledPart, dict[str, int]])


def _row(segment: _Segment, *, recorded: bool) -> StoredSegment:
    first, inits = segment.parts[0], segment.parts[-1].inits
    return StoredSegment(
        msn=first.msn,
        start=first.start,
        duration=sum(part.duration for part in segment.parts),
        utc=first.utc,
        discontinuity=first.discontinuity,
        recorded=recorded,
        inits=inits,
        parts={
            rendition: [
                (sizes[rendition], part.independent)
                for part, sizes in zip(segment.parts, segment.sizes, strict=True)
            ]
            for rendition in inits
        },
    )


def _stored(row: Row[Any]) -> StoredSegment:
    return msgspec.convert(row, StoredSegment, from_attributes=True)


def _write_new(path: Path, data: bytes) -> None:
    """Write a small file that is whole or absent whenever the machine stops."""
    if path.exists():
        return
    make_folder(path.parent)
    spare = path.with_suffix(".part")
    with spare.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    spare.replace(path)
    sync_folder(path.parent)


@asynccontextmanager
async def _translated(what: str) -> AsyncIterator[None]:
    """Turns the system's errors into ours, once."""
    try:
        yield
    except OSError as error:
        raise Unavailable(f"{what}: {error.strerror}") from error
