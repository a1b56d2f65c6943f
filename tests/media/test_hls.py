import gzip
import shutil
import subprocess
from pathlib import Path
from typing import Any

import av
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.media import hls
from quality_creator.model.clock import TICKS, Micros
from quality_creator.model.stream import FRAME_TICKS, PART_TICKS, RENDITIONS, SEGMENT_PARTS
from tests.media.player import Player, check, parse

NAMES = ("720p", "360p")
INITS = {"720p": "aa.mp4", "360p": "bb.mp4"}
START = Micros(1_700_000_000_000_000)


def fill(window: hls.Window, segments: int, parts: int = SEGMENT_PARTS, first: int = 0) -> None:
    """Announce whole segments."""
    for msn in range(first, first + segments):
        window.open(msn, Micros(START + msn * 1_920_000), INITS)
        for number in range(parts):
            window.add(hls.Part(independent=number == 0))
        window.close()


def read(window: hls.Window, name: str = "720p", *, skip: bool = False) -> str:
    return window.playlist(name, skip=skip).decode()


def test_the_text_of_a_small_window_is_this() -> None:
    window = hls.Window(NAMES)
    fill(window, 1)
    window.open(1, Micros(START + 1_920_000), INITS)
    window.add(hls.Part(independent=True))
    window.add()
    assert read(window).splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:9",
        "#EXT-X-TARGETDURATION:2",
        "#EXT-X-MEDIA-SEQUENCE:0",
        "#EXT-X-PLAYLIST-TYPE:EVENT",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-SERVER-CONTROL:CAN-BLOCK-RELOAD=YES,CAN-SKIP-UNTIL=12,PART-HOLD-BACK=0.96",
        "#EXT-X-PART-INF:PART-TARGET=0.32",
        '#EXT-X-MAP:URI="aa.mp4"',
        "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:20.000Z",
        '#EXT-X-PART:DURATION=0.32,URI="0.0.m4s",INDEPENDENT=YES',
        '#EXT-X-PART:DURATION=0.32,URI="0.1.m4s"',
        '#EXT-X-PART:DURATION=0.32,URI="0.2.m4s"',
        '#EXT-X-PART:DURATION=0.32,URI="0.3.m4s"',
        '#EXT-X-PART:DURATION=0.32,URI="0.4.m4s"',
        '#EXT-X-PART:DURATION=0.32,URI="0.5.m4s"',
        "#EXTINF:1.92,",
        "0.m4s",
        "#EXT-X-PROGRAM-DATE-TIME:2023-11-14T22:13:21.920Z",
        '#EXT-X-PART:DURATION=0.32,URI="1.0.m4s",INDEPENDENT=YES',
        '#EXT-X-PART:DURATION=0.32,URI="1.1.m4s"',
        '#EXT-X-PRELOAD-HINT:TYPE=PART,URI="1.2.m4s"',
        '#EXT-X-RENDITION-REPORT:URI="../360p/index.m3u8",LAST-MSN=1,LAST-PART=1',
    ]


def test_a_delta_leaves_out_what_lies_beyond_the_skip_boundary() -> None:
    window = hls.Window(NAMES)
    fill(window, 20)
    delta = parse(read(window, skip=True))
    assert delta.skipped == 13  # seven segments of 1.92 s reach over 12 s
    assert [segment.msn for segment in delta.segments] == list(range(13, 20))


def test_a_new_window_has_no_delta() -> None:
    window = hls.Window(NAMES)
    fill(window, 7)
    assert window.playlist("720p", skip=True) == window.playlist("720p")


def test_a_fast_window_lets_players_come_nearer() -> None:
    assert "PART-HOLD-BACK=0.64" in read(hls.Window(NAMES, hold_back=2))
    with pytest.raises(ValueError, match="at least 2"):
        hls.Window(NAMES, hold_back=1.9)


def test_a_changed_init_is_announced_and_only_for_its_rendition() -> None:
    window = hls.Window(NAMES)
    fill(window, 2)
    window.open(2, START, {**INITS, "360p": "cc.mp4"}, discontinuity=True)
    window.add(hls.Part(independent=True))
    assert read(window, "720p").count("EXT-X-MAP") == 1
    assert [s.init for s in parse(read(window, "360p")).known] == ["bb.mp4", "bb.mp4", "cc.mp4"]
    assert [s.discontinuity for s in parse(read(window, "360p")).known] == [False, False, True]


def test_an_unrecorded_segment_becomes_a_gap_once_its_parts_are_no_longer_listed() -> None:
    window = hls.Window(NAMES)
    window.open(0, START, INITS)
    window.add(hls.Part(independent=True))
    window.close(recorded=False)
    seen = []
    for msn in range(1, 6):
        fill(window, 1, first=msn)
        first = parse(read(window)).segments[0]
        seen.append((first.gap, bool(first.parts)))
    assert seen == [(False, True)] * 3 + [(True, False)] * 2


def test_an_unrecorded_segment_of_an_earlier_process_is_a_gap_at_once() -> None:
    window = hls.Window(NAMES)
    window.open(0, START, INITS)
    window.add(hls.Part(independent=True))
    stored = window.close(recorded=False)
    again = hls.Window(NAMES)
    again.restore(stored)
    for restored in (again, hls.Window(NAMES, segments=[stored])):
        (segment,) = parse(read(restored)).segments
        assert segment.gap
        assert segment.parts == ()


def test_a_finished_episode_is_a_vod_without_anything_live() -> None:
    live = hls.Window(NAMES)
    stored = []
    for msn in range(30):
        live.open(msn, Micros(START + msn), INITS)
        live.add(hls.Part(independent=True))
        stored.append(live.close())
    window = hls.Window(NAMES, segments=stored, ended=True)
    playlist = parse(read(window))
    check(playlist)
    assert (playlist.kind, playlist.ended, playlist.control) == ("VOD", True, {})
    assert [segment.uri for segment in playlist.segments] == [f"{n}.m4s" for n in range(30)]
    assert not any(segment.parts for segment in playlist.segments)
    with pytest.raises(ValueError, match="ended"):
        window.open(30, START, INITS)


def test_at_the_end_an_open_segment_is_closed_and_nothing_is_hinted() -> None:
    window = hls.Window(NAMES)
    fill(window, 9)
    window.open(9, START, INITS)
    window.add(hls.Part(independent=True))
    window.end()
    playlist = parse(read(window))
    check(playlist)
    assert playlist.ended
    assert playlist.segments[-1].msn == 9
    assert window.hint is None
    assert read(window, skip=True) == read(window)  # 6.2.5.1: ignored behind ENDLIST
    assert window.ready(1000, 3) == "now"


def test_numbers_go_on_after_a_restart_in_the_middle_of_a_segment() -> None:
    before = hls.Window(NAMES)
    fill(before, 2)
    stored = []
    again = hls.Window(NAMES)
    for msn in range(2):
        again.open(msn, Micros(START + msn * 1_920_000), INITS)
        for number in range(SEGMENT_PARTS):
            again.add(hls.Part(independent=number == 0))
        stored.append(again.close())
    restored = hls.Window(NAMES, segments=stored)
    for window in (before, restored):
        window.open(2, Micros(START + 2 * 1_920_000), INITS)
        window.add(hls.Part(independent=True))
    assert read(restored) == read(before)
    assert restored.newest == (2, 0)
    assert restored.hint == (2, 1)


def test_segments_come_in_order_and_one_at_a_time() -> None:
    window = hls.Window(NAMES, first=5)
    with pytest.raises(ValueError, match="segment 5 is next"):
        window.open(6, START, INITS)
    window.open(5, START, INITS)
    with pytest.raises(ValueError, match="one is open"):
        window.open(6, START, INITS)
    with pytest.raises(ValueError, match="no open segment with a part"):
        window.close()
    with pytest.raises(ValueError, match="were promised"):
        window.add(hls.Part(duration=PART_TICKS + 1))


def test_a_segment_longer_than_the_target_is_refused() -> None:
    window = hls.Window(NAMES)
    with pytest.raises(ValueError, match="longer than the target"):
        fill(window, 1, parts=8)


# --- blocking reload -----------------------------------------------------------------------------


def at_part(parts: int, segments: int = 3) -> hls.Window:
    window = hls.Window(NAMES)
    fill(window, segments)
    window.open(segments, START, INITS)
    for number in range(parts):
        window.add(hls.Part(independent=number == 0))
    return window


@pytest.mark.parametrize(
    ("msn", "part", "answer"),
    [
        (None, None, "now"),
        (None, 3, "refuse"),  # 6.2.5.2: a part without a segment
        (0, None, "now"),
        (2, 5, "now"),
        (2, 6, "now"),  # beyond the last part of segment 2: part 0 of segment 3, which is there
        (2, 99, "now"),
        (3, 1, "now"),
        (3, 2, "wait"),
        (3, None, "wait"),
        (3, 11, "wait"),
        (3, 12, "refuse"),  # more than ten parts (3 / 0.32, rounded up) beyond part 1
        (4, 0, "wait"),
        (4, None, "wait"),
        (5, None, "refuse"),  # the last whole segment is 2; "plus two" is 4
        (-1, None, "refuse"),
        (3, -1, "refuse"),
    ],
)
def test_a_request_is_answered_held_or_refused(msn: int | None, part: int | None, answer: str) -> None:
    assert at_part(2).ready(msn, part) == answer


def test_a_part_beyond_a_finished_segment_waits_for_the_next_ones_first() -> None:
    window = at_part(0)
    assert window.ready(2, 6) == "wait"
    window.add(hls.Part(independent=True))
    assert window.ready(2, 6) == "now"


def test_a_short_segments_missing_parts_roll_over() -> None:
    window = at_part(2)
    assert window.ready(3, 2) == "wait"
    window.close()
    assert window.ready(3, 2) == "wait"
    window.open(4, START, INITS)
    window.add(hls.Part(independent=True))
    assert window.ready(3, 2) == "now"


def test_before_the_first_part_a_player_waits_for_it() -> None:
    window = hls.Window(NAMES, first=7)
    assert window.newest is None
    assert window.ready(7, 0) == "wait"
    assert parse(read(window)).hint == "7.0.m4s"


# --- any sequence --------------------------------------------------------------------------------

steps = st.lists(
    st.sampled_from(
        ["part"] * 4 + ["whole"] * 6 + ["short", "close", "lost", "discontinuity", "init", "read", "delta"]
    ),
    max_size=60,
)


@settings(deadline=None)
@given(steps)
def test_after_any_sequence_the_playlist_keeps_the_rules(sequence: list[str]) -> None:
    window = hls.Window(NAMES)
    stored: list[hls.Segment] = []
    players = {"every": Player(), "some": Player()}
    read_at = dict.fromkeys(players, -(10**9))
    inits, msn, count, edge, discontinuity = dict(INITS), 0, 0, 0, False
    before: list[Any] = []
    flat = [one for step in sequence for one in (["part"] * SEGMENT_PARTS if step == "whole" else [step])]
    for number, step in enumerate(flat):
        closes = step in ("close", "lost")
        if step in ("part", "short"):
            if count == 0:
                window.open(msn, Micros(START + edge * 100 // 9), dict(inits), discontinuity=discontinuity)
                discontinuity = False
            duration = PART_TICKS if step == "part" else 3 * FRAME_TICKS
            window.add(hls.Part(duration, count == 0))
            count, edge = count + 1, edge + duration
            closes = step == "short" or count == SEGMENT_PARTS
        if closes and count:
            stored.append(window.close(recorded=step != "lost"))
            msn, count = msn + 1, 0
        discontinuity |= step == "discontinuity"
        if step == "init":
            inits["720p"] = f"{number}.mp4"
        if not window.version:
            continue

        full = parse(read(window))
        check(full)
        assert gzip.decompress(window.playlist_gzip("720p")) == window.playlist("720p")
        assert full.reports == {"../360p/index.m3u8": window.newest}
        # What was once said of a segment is only ever extended (or becomes a gap).
        for old, new in zip(before, full.segments, strict=False):
            assert (old.uri, old.duration, old.utc, old.init) == (new.uri, new.duration, new.utc, new.init)
        assert len(full.segments) >= len(before)
        before = full.segments

        for name, player in players.items():
            if name == "some" and step not in ("read", "delta"):
                continue
            # A player may ask for a delta when its playlist is not older than half the boundary.
            skip = player.may_skip and 2 * (edge - read_at[name]) <= hls.SKIP_BOUNDARY and step != "read"
            known = player.take(read(window, skip=skip))
            read_at[name] = edge
            assert (known.segments, known.open) == (full.segments, full.open)

        for asked in range(max(msn - 2, 0), msn + 4):
            for part in (None, *range(SEGMENT_PARTS + 2)):
                answer = window.ready(asked, part)
                assert (answer == "now") == full.has(asked, part), (asked, part, answer)

    if all(segment.recorded for segment in stored) and count == 0 and stored:
        assert read(hls.Window(NAMES, segments=stored)) == read(window)


@given(steps)
def test_both_renditions_say_the_same_but_for_their_inits(sequence: list[str]) -> None:
    window = hls.Window(NAMES)
    fill(window, len(sequence) % 12)
    one, two = read(window, "720p"), read(window, "360p")
    assert one.replace("aa.mp4", "bb.mp4").replace("360p", "X") == two.replace("720p", "X")


# --- other programs ------------------------------------------------------------------------------


def publish(folder: Path, programme: Any, text: bytes) -> Path:
    """A rendition's files as a folder."""
    (folder / "aa.mp4").write_bytes(programme.init)
    for number, segment in enumerate(programme.segments):
        (folder / f"{number}.m4s").write_bytes(segment)
    path = folder / "index.m3u8"
    path.write_bytes(text)
    return path


def test_ffmpeg_plays_the_episode_from_the_playlist(programme: Any, tmp_path: Path) -> None:
    window = hls.Window(NAMES)
    fill(window, 3)
    window.end()
    with av.open(str(publish(tmp_path, programme, window.playlist("720p")))) as container:
        shown = [frame.pts for frame in container.decode(video=0)]
    assert shown == [n * FRAME_TICKS for n in range(144)]


@pytest.mark.skipif(not shutil.which("ffprobe"), reason="needs ffprobe")
def test_ffprobe_follows_the_multivariant_playlist(programme: Any, tmp_path: Path) -> None:
    window = hls.Window(NAMES)
    fill(window, 3)
    window.end()
    for name in NAMES:
        (tmp_path / name).mkdir()
        publish(tmp_path / name, programme, window.playlist("720p"))
    master = hls.multivariant([hls.variant(one, "avc1.64000c,mp4a.40.2") for one in RENDITIONS])
    (tmp_path / "index.m3u8").write_bytes(master)
    entries = "program=nb_streams:program_tags"
    run = subprocess.run(
        ["ffprobe", "-v", "error", "-show_entries", entries, "-of", "csv=p=0", tmp_path / "index.m3u8"],
        capture_output=True,
        text=True,
        check=True,
    )
    assert run.stderr == ""
    assert [line.split(",")[1] for line in run.stdout.split() if line] == ["4767300", "1421467"]


def test_the_multivariant_playlist_states_what_a_player_chooses_by() -> None:
    lines = hls.multivariant([hls.variant(one, "avc1.64001f,mp4a.40.2") for one in RENDITIONS]).decode()
    assert lines.splitlines() == [
        "#EXTM3U",
        "#EXT-X-VERSION:6",
        "#EXT-X-INDEPENDENT-SEGMENTS",
        "#EXT-X-STREAM-INF:BANDWIDTH=4767300,AVERAGE-BANDWIDTH=3192000,"
        'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=1280x720,FRAME-RATE=25.000',
        "720p/index.m3u8",
        "#EXT-X-STREAM-INF:BANDWIDTH=1421467,AVERAGE-BANDWIDTH=992000,"
        'CODECS="avc1.64001f,mp4a.40.2",RESOLUTION=640x360,FRAME-RATE=25.000',
        "360p/index.m3u8",
    ]


def test_the_target_is_what_segments_round_to() -> None:
    assert round(SEGMENT_PARTS * PART_TICKS / TICKS) == hls.TARGET_S
