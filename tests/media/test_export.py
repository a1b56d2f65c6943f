import json
import shutil
import subprocess
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import av
import numpy as np
import pytest

from quality_creator.media import emsg
from quality_creator.media.export import Chapter, Piece, export
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.errors import BadInput, BadPayload, Unavailable
from quality_creator.model.event import (
    Definition,
    Definitions,
    FrameData,
    Message,
    Point,
    Signal,
    TimedMessage,
)
from quality_creator.model.ids import CharacteristicId, LineId
from quality_creator.model.stream import AUDIO_FRAME, FRAME_TICKS, PART_TICKS, SEGMENT_TICKS
from quality_creator.model.text import Text

GLAZE = Definition(
    characteristic=CharacteristicId("glaze"),
    name=Text(zh="釉层厚度", en="glaze thickness"),
    unit="µm",
    line=LineId("kiln"),
    line_name=Text(zh="窑炉", en="kiln"),
    decimals=1,
    chart="i-mr",
    size=1,
    rules=("nelson-1",),
)


def value(number: float, signals: Sequence[Signal] = ()) -> FrameData:
    point = Point(
        characteristic=GLAZE.characteristic,
        index=0,
        time=Micros(0),
        value=number,
        signals=tuple(signals),
    )
    return FrameData(utc=Micros(0), points=(point,))


def recording(
    programme: Any, missing: Sequence[int] = (), messages: dict[int, list[Message]] | None = None
) -> list[Piece]:
    """The programme's segments as stored, some of them not recorded; messages by picture."""
    pieces = []
    for msn in range(len(programme.segments)):
        parts = programme.parts[msn * 6 : msn * 6 + 6]
        stamped = []
        for number, part in enumerate(parts, msn * 6):
            frames = range(number * 8, number * 8 + 8)
            found = [
                TimedMessage(at=frame * FRAME_TICKS, message=message)
                for frame in frames
                for message in (messages or {}).get(frame, [])
            ]
            stamped.append(emsg.insert(part, emsg.encode(found)))
        data = b"".join(stamped)
        pieces.append(
            Piece(
                start=MediaTime(msn * SEGMENT_TICKS),
                duration=SEGMENT_TICKS,
                init=programme.init,
                read=None if msn in missing else lambda data=data: data,  # type: ignore[misc]
            )
        )
    return pieces


def decoded(path: Path) -> tuple[list[int], list[int], "np.ndarray[Any, Any]"]:
    """Times of pictures, times of sound, and the sound."""
    with av.open(str(path)) as container:
        pictures = [frame.pts for frame in container.decode(video=0)]
    with av.open(str(path)) as container:
        sound = list(container.decode(audio=0))
    return pictures, [frame.pts for frame in sound], np.concatenate([f.to_ndarray()[0] for f in sound])


def boxes(path: Path) -> list[bytes]:
    data, at, kinds = path.read_bytes(), 0, []
    while at < len(data):
        kinds.append(data[at + 4 : at + 8])
        at += int.from_bytes(data[at : at + 4], "big")
    return kinds


def test_every_picture_and_sound_frame_is_in_the_file_without_a_gap(programme: Any, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    layout = export(recording(programme), path, title="Visit")
    pictures, sound, _ = decoded(path)
    assert pictures == [n * FRAME_TICKS for n in range(144)]
    assert sound == [n * AUDIO_FRAME for n in range(270)]
    assert (layout.duration, layout.cuts) == (3 * SEGMENT_TICKS, ())
    assert list(tmp_path.iterdir()) == [path]


def test_nothing_is_encoded_again(programme: Any, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    export(recording(programme), path, title="Visit")
    with av.open(str(path)) as out, programme.open() as before:
        for kind in ("video", "audio"):
            one, two = (
                [bytes(packet) for packet in container.demux(**{kind: 0}) if packet.size]
                for container in (out, before)
            )
            assert one == two
            out.seek(0)
            before.seek(0)


def test_the_index_stands_in_front_so_that_the_file_starts_at_once(programme: Any, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    export(recording(programme), path, title="Visit")
    kinds = boxes(path)
    assert kinds.index(b"moov") < kinds.index(b"mdat")
    assert b"moof" not in kinds


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="needs ffprobe")
def test_ffprobe_reads_title_chapters_and_tracks_without_a_word(programme: Any, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    chapters = [Chapter(MediaTime(0), "开场 opening"), Chapter(MediaTime(2 * 90_000), "quality control")]
    messages: dict[int, list[Message]] = {0: [Definitions(characteristics=(GLAZE,)), value(412.26)]}
    export(recording(programme, messages=messages), path, title="探厂", chapters=chapters)
    shown = ("-show_format", "-show_streams", "-show_chapters")
    run = subprocess.run(
        ["ffprobe", "-v", "error", "-of", "json", "-count_frames", *shown, path],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    found = json.loads(run.stdout)
    assert found["format"]["tags"]["title"] == "探厂"
    assert float(found["format"]["duration"]) == 5.76
    assert [
        (float(c["start_time"]), float(c["end_time"]), c["tags"]["title"]) for c in found["chapters"]
    ] == [
        (0.0, 2.0, "开场 opening"),
        (2.0, 5.76, "quality control"),
    ]
    tracks = [(track["codec_name"], track["nb_read_frames"]) for track in found["streams"][:2]]
    assert tracks == [("h264", "144"), ("aac", "270")]
    assert found["streams"][2]["codec_name"] == "mov_text"


def test_a_gap_is_cut_and_picture_and_sound_stay_together(programme: Any, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    chapters = [Chapter(MediaTime(n * 90_000), f"{n} s") for n in range(6)]
    layout = export(recording(programme, missing=[1]), path, title="Visit", chapters=chapters)
    pictures, sound, heard = decoded(path)
    assert pictures == [n * FRAME_TICKS for n in range(96)]
    assert sound == [n * AUDIO_FRAME for n in range(180)]
    assert [(cut.at, cut.missing) for cut in layout.cuts] == [(SEGMENT_TICKS, SEGMENT_TICKS)]
    # The sound behind the cut is that of the third segment, to the sample (its first frame is overlap).
    third = programme.sound[180 * AUDIO_FRAME :]
    behind = heard[90 * AUDIO_FRAME :]
    span = slice(4 * AUDIO_FRAME, 36 * AUDIO_FRAME)
    lags = np.fft.irfft(np.fft.rfft(behind[span]) * np.conj(np.fft.rfft(third[span])))
    assert int(np.argmax(lags)) == 0
    with av.open(str(path)) as container:
        found = [
            (chapter["start"] * chapter["time_base"], chapter["metadata"]) for chapter in container.chapters()
        ]
    # 2 s and 3 s lie in the gap: the chapters there are those that end behind it.
    assert [float(start) for start, _ in found] == [0.0, 1.0, 1.92, 2.08, 3.08]
    assert found[2][1]["title"] == "3 s"


@pytest.mark.parametrize("missing", [[0], [0, 1], [2]])
def test_gaps_at_the_start_and_the_end_leave_a_file_that_starts_at_zero(
    missing: list[int], programme: Any, tmp_path: Path
) -> None:
    path = tmp_path / "out.mp4"
    layout = export(recording(programme, missing=missing), path, title="Visit")
    pictures, _, _ = decoded(path)
    assert pictures == [n * FRAME_TICKS for n in range(48 * (3 - len(missing)))]
    expected = [] if missing == [2] else [(0, len(missing) * SEGMENT_TICKS)]
    assert [(cut.at, cut.missing) for cut in layout.cuts] == expected


def texts(path: Path) -> list[tuple[int, int, str]]:
    """What stands below the picture: from, to (in ms), words."""
    run = subprocess.run(
        ["ffmpeg", "-v", "error", "-i", str(path), "-map", "0:s:0", "-f", "webvtt", "-"],
        capture_output=True,
        text=True,
        check=True,
    )
    found = []
    for block in run.stdout.split("\n\n")[1:]:
        times, _, words = block.strip().partition("\n")
        start, _, end = times.partition(" --> ")
        found.append((milliseconds(start), milliseconds(end), words))
    return found


def milliseconds(text: str) -> int:
    minutes, seconds = text.split(":")[-2:]
    return int(minutes) * 60_000 + round(float(seconds) * 1000)


@pytest.mark.skipif(not shutil.which("ffmpeg"), reason="needs ffmpeg")
def test_values_stand_below_the_picture_from_their_frame_on(programme: Any, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    messages: dict[int, list[Message]] = {
        0: [Definitions(characteristics=(GLAZE,))],
        25: [value(412.26)],
        50: [value(413.04, [Signal(rule="nelson-1"), Signal(rule="nelson-2", continuing=True)])],
        52: [value(500)],  # comes too soon after the last: waits until that has stood for 0.2 s
        53: [value(501)],
        120: [FrameData(utc=Micros(0))],
    }
    export(recording(programme, messages=messages), path, title="Visit")
    assert texts(path) == [
        (1000, 2000, "glaze thickness 412.3 µm"),
        (2000, 2200, "glaze thickness 413.0 µm ! nelson-1"),
        (2200, 5760, "glaze thickness 501.0 µm"),
    ]


def test_all_messages_stand_beside_the_file_at_the_files_own_positions(
    programme: Any, tmp_path: Path
) -> None:
    messages: dict[int, list[Message]] = {
        0: [Definitions(characteristics=(GLAZE,))],
        50: [value(1)],
        100: [value(2)],
    }
    path, data = tmp_path / "out.mp4", tmp_path / "out.jsonl"
    export(recording(programme, [1], messages), path, title="探厂", data=data)
    header, *rest = [json.loads(line) for line in data.read_text("utf-8").splitlines()]
    assert header == {
        "type": "export",
        "scheme": "quality-creator/1",
        "title": "探厂",
        "ticks": 90_000,
        "duration": 2 * SEGMENT_TICKS,
        "cuts": [{"at": SEGMENT_TICKS, "missing": SEGMENT_TICKS}],
    }
    assert [(line["at"], line["message"]["type"]) for line in rest] == [
        (0, "definitions"),
        (52 * FRAME_TICKS, "data"),
    ]


def test_an_episode_that_was_encoded_in_two_ways_is_refused_before_anything_is_written(
    programme: Any, tmp_path: Path
) -> None:
    pieces = recording(programme)
    other = Piece(pieces[2].start, pieces[2].duration, pieces[2].init + b"\0", pieces[2].read)
    with pytest.raises(BadInput, match="from 3 s on the episode was encoded differently"):
        export([*pieces[:2], other], tmp_path / "out.mp4", title="Visit")
    assert list(tmp_path.iterdir()) == []


def test_without_any_recording_there_is_nothing_to_export(programme: Any, tmp_path: Path) -> None:
    with pytest.raises(BadInput, match="nothing to export"):
        export(recording(programme, missing=[0, 1, 2]), tmp_path / "out.mp4", title="Visit")


@pytest.mark.parametrize(
    "damage",
    [lambda data: data[:-1], lambda data: b"", lambda data: data[PART_TICKS:], lambda data: data * 2],
)
def test_a_damaged_segment_is_refused_and_no_file_is_left(
    damage: Any, programme: Any, tmp_path: Path
) -> None:
    pieces = recording(programme)
    read = pieces[1].read
    assert read is not None
    pieces[1] = Piece(pieces[1].start, pieces[1].duration, pieces[1].init, lambda: damage(read()))
    with pytest.raises(BadPayload):
        export(pieces, tmp_path / "out.mp4", title="Visit", data=tmp_path / "out.jsonl")
    assert list(tmp_path.iterdir()) == []


def test_a_place_that_can_not_be_written_is_told(programme: Any, tmp_path: Path) -> None:
    with pytest.raises(Unavailable, match=r"none/out\.mp4 can't be written: No such file"):
        export(recording(programme), tmp_path / "none" / "out.mp4", title="Visit")


def test_a_full_disk_is_told_and_the_old_file_stays(programme: Any, tmp_path: Path) -> None:
    path = tmp_path / "out.mp4"
    path.write_bytes(b"old")
    (tmp_path / "out.mp4.part").symlink_to("/dev/full")
    with pytest.raises(Unavailable, match="No space left"):
        export(recording(programme), path, title="Visit")
    assert path.read_bytes() == b"old"
