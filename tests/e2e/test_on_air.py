"""An episode on air, from outside: what was announced is never lost, whatever is killed."""

import io
import itertools
import os
import re
import signal
import subprocess
import time
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import av
import c2pa
import msgspec
import pytest
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding

from quality_creator.media import emsg
from quality_creator.model.event import Definitions, FrameData, TimedMessage
from quality_creator.model.stream import PART_TICKS
from quality_creator.trust.c2pa.manifest import Manifest, read_init, unsigned
from quality_creator.trust.c2pa.verify import Course, check, step
from tests.peers.hub import CAMERA, FACTORY, HubProcess, running_hub

TEXT = CAMERA.format(id="cam") + CAMERA.format(id="second") + FACTORY


@pytest.fixture
def hub(tmp_path: Path) -> Iterator[HubProcess]:
    # A gap of a minute, too, is filled: a machine with much else to do may need that long for a start.
    patient = "from quality_creator.actions import air\nair.LONGEST_FILL = 120_000_000"
    with running_hub(tmp_path / "hub", TEXT, prelude=patient) as running:
        yield running


def worker_pids(hub: HubProcess) -> list[int]:
    assert hub.child is not None
    found = subprocess.run(["pgrep", "-P", str(hub.child.pid)], capture_output=True, text=True, check=False)
    return [int(pid) for pid in found.stdout.split()]


def lives(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


def announced(playlist: str) -> set[str]:
    """Every part and segment that a playlist names, without the hint."""
    names = set(re.findall(r'#EXT-X-PART:[^\n]*URI="([^"]+)"', playlist))
    return names | set(re.findall(r"^(\d+\.m4s)$", playlist, re.MULTILINE))


def segments(playlist: str) -> list[int]:
    return [int(name) for name in re.findall(r"^(\d+)\.m4s$", playlist, re.MULTILINE)]


def bytes_of(hub: HubProcess, rendition: str, name: str) -> bytes:
    answer = hub.client.get(f"/live/visit/{rendition}/{name}")
    assert answer.is_success, f"{name}: {answer.status_code} {answer.text[:200]}"
    return answer.content


def whole(hub: HubProcess, rendition: str = "720p") -> bytes:
    """Init and all finished segments, as a tool would download them."""
    playlist = hub.playlist(rendition=rendition)
    inits = [bytes_of(hub, rendition, name) for name in re.findall(r'#EXT-X-MAP:URI="([^"]+)"', playlist)]
    assert len({unsigned(init) for init in inits}) == 1  # they differ in who signs, and in nothing else
    names = [f"{msn}.m4s" for msn in segments(playlist)]
    return inits[0] + b"".join(bytes_of(hub, rendition, name) for name in names)


def stamped(hub: HubProcess) -> list[int]:
    """The points in the stream, by their index."""
    frames = [one.message for one in emsg.messages(whole(hub)) if isinstance(one.message, FrameData)]
    return [point.index for frame in frames for point in frame.points]


def assert_signed(hub: HubProcess, *, sessions: int) -> None:
    """Every finished segment is valid under the init that the playlist gives it, and none is missing."""
    anchor = (hub.folder / "data/keys/test-authority.pem").read_bytes()
    anchors = [x509.load_pem_x509_certificate(anchor).public_bytes(Encoding.DER)]
    for rendition in ("720p", "360p"):
        manifests: dict[str, Manifest] = {}
        found: list[tuple[str, int | None, str]] = []
        course, urn, at = Course(), "", None
        for line in hub.playlist(rendition=rendition).splitlines():
            if line.startswith("#EXT-X-MAP"):
                init = bytes_of(hub, rendition, line.split('"')[1])
                manifest = read_init(init, anchors=anchors)
                assert manifest is not None
                assert manifest.signer.trusted
                urn = manifest.urn
                manifests[urn] = manifest
            elif line.startswith("#EXT-X-PROGRAM-DATE-TIME"):
                at = datetime.fromisoformat(line.partition(":")[2])
            elif re.fullmatch(r"\d+\.m4s", line):
                course, verdict = step(
                    course, check(bytes_of(hub, rendition, line), {urn: manifests[urn]}, at)
                )
                found.append((verdict.state, verdict.sequence, verdict.reason))
        assert found == [("valid", number, "") for number in range(len(found))]
        assert course.missing == ()
        assert len({manifest.keys[0].kid for manifest in manifests.values()}) == sessions


def assert_continuous(data: bytes) -> int:
    """Every frame decodes and time stamps go on without a gap; returns how many pictures there are."""
    with av.open(io.BytesIO(data)) as container:
        times = [frame.pts for frame in container.decode(video=0)]
    assert times == list(range(0, 3600 * len(times), 3600))
    with av.open(io.BytesIO(data)) as container:
        sound = [packet.pts for packet in container.demux(audio=0) if packet.size]
    assert sound == list(range(0, 1024 * len(sound), 1024))
    return len(times)


def test_parts_come_in_time_and_every_frame_decodes(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(2)
    for rendition in ("720p", "360p"):
        assert assert_continuous(whole(hub, rendition)) >= 3 * 48
    assert_signed(hub, sessions=1)


def test_a_playlist_can_be_waited_for_part_by_part(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(0)
    newest = max(segments(hub.playlist()))
    for part in range(3):
        text = hub.playlist(_HLS_msn=newest + 2, _HLS_part=part)
        assert f'URI="{newest + 2}.{part}.m4s"' in "".join(re.findall("#EXT-X-PART:.*", text))
    far = hub.client.get("/live/visit/720p/index.m3u8", params={"_HLS_msn": str(newest + 50)})
    assert far.status_code == 400
    assert "error" in far.json()


def test_parts_add_up_to_their_segment_and_renditions_agree(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(1)
    text = hub.playlist()
    msn = max(segments(text))
    for rendition in ("720p", "360p"):
        parts = [bytes_of(hub, rendition, f"{msn}.{part}.m4s") for part in range(6)]
        assert b"".join(parts) == bytes_of(hub, rendition, f"{msn}.m4s")
    assert announced(hub.playlist(rendition="720p")) >= announced(text)


def test_media_carries_no_session_and_can_be_cached(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(0)
    for path in ("index.m3u8", "720p/index.m3u8", "720p/0.m4s", "720p/0.0.m4s"):
        answer = hub.client.get(f"/live/visit/{path}", headers={"accept-encoding": "gzip"})
        assert answer.is_success
        assert "set-cookie" not in answer.headers
        assert "cookie" not in answer.headers.get("vary", "")
    assert "immutable" in hub.client.get("/live/visit/720p/0.m4s").headers["cache-control"]
    playlist = hub.client.get("/live/visit/720p/index.m3u8", headers={"accept-encoding": "gzip"})
    assert playlist.headers["content-encoding"] == "gzip"


def test_a_killed_worker_comes_back_and_the_numbering_goes_on(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(1)
    before = announced(hub.playlist())
    (worker,) = worker_pids(hub)
    os.kill(worker, signal.SIGKILL)
    last = max(segments(hub.playlist()))
    hub.wait_for_segment(last + 3)
    for name in before:
        bytes_of(hub, "720p", name)
    text = hub.playlist()
    assert "#EXT-X-DISCONTINUITY" not in text
    assert segments(text) == list(range(len(segments(text))))
    assert assert_continuous(whole(hub)) == 48 * len(segments(text))
    assert_signed(hub, sessions=1)
    assert worker not in worker_pids(hub)


def test_a_killed_hub_takes_the_episode_up_where_it_was(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(2)
    time.sleep(0.5)  # in the middle of a segment
    before = {rendition: announced(hub.playlist(rendition=rendition)) for rendition in ("720p", "360p")}
    contents = {name: bytes_of(hub, "720p", name) for name in before["720p"]}
    workers = worker_pids(hub)
    hub.kill()
    hub.start()
    # They end by themselves; one that is still loading does so when it has loaded.
    deadline = time.monotonic() + 90
    while any(lives(pid) for pid in workers):
        assert time.monotonic() < deadline, "a worker outlives its hub"
        time.sleep(0.1)
    # What was announced is there at once, before anything new is.
    for name, content in contents.items():
        assert bytes_of(hub, "720p", name) == content
    last = max(segments(hub.playlist()))
    hub.wait_for_segment(last + 3)
    text = hub.playlist()
    assert "#EXT-X-DISCONTINUITY" not in text
    assert segments(text) == list(range(len(segments(text))))
    assert assert_continuous(whole(hub)) == 48 * len(segments(text))
    assert_signed(hub, sessions=2)  # the half segment, too: by the new hub's key, which its init names


def test_wall_time_goes_on_through_a_restart(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(1)
    hub.kill()
    hub.start()
    hub.wait_for_segment(4)
    dates = re.findall(r"#EXT-X-PROGRAM-DATE-TIME:(\S+)", hub.playlist())
    times = [datetime.fromisoformat(date).timestamp() for date in dates]
    steps = [after - before for before, after in itertools.pairwise(times)]
    assert all(abs(step - 1.92) < 0.02 for step in steps)
    assert abs(times[-1] - datetime.now(UTC).timestamp()) < 60


def test_only_a_person_ends_an_episode_and_then_it_is_a_replay(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(1)
    hub.stop()
    hub.start()
    states = {one["slug"]: one["state"] for one in hub.api("GET", "/api/episodes")["episodes"]}
    assert states == {"visit": "on-air"}
    hub.wait_for_segment(3)
    assert hub.api("POST", "/api/episodes/visit/end")["state"] == "ended"
    text = hub.playlist()
    assert text.rstrip().endswith("#EXT-X-ENDLIST")
    assert "PRELOAD-HINT" not in text
    ended = whole(hub)
    frames = assert_continuous(ended)
    hub.kill()
    hub.start()
    assert hub.playlist() == text
    assert whole(hub) == ended
    assert frames >= 4 * 48
    assert_signed(hub, sessions=2)  # the last segment, too, though it ended early
    film = hub.folder / "film.mp4"
    assert "film.mp4" in hub.qc("export", "visit", str(film))  # one file, though its inits differ
    anchor = (hub.folder / "data/keys/test-authority.pem").read_text()
    settings = {"trust": {"trust_anchors": anchor}, "verify": {"verify_trust": True}}
    with c2pa.Reader(str(film), context=c2pa.Context.from_dict(settings)) as reader:
        assert reader.get_validation_state() == "Trusted"
    with av.open(str(film)) as container:
        assert sum(1 for _ in container.decode(video=0)) == frames
    refused = hub.client.post("/api/episodes/visit/start", headers={"authorization": "Bearer wrong"})
    assert refused.status_code == 403


def test_a_measurement_travels_in_the_part_of_its_frame_and_stays_there(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(0)
    sent = []
    for sequence in range(20):
        now = datetime.now(UTC)
        value = 1.0 + 0.01 * sequence
        answer = hub.post(
            [{"tag": "leak", "value": value, "time": now.isoformat(), "sequence": sequence}],
            [{"tag": "line", "total": 100 + sequence, "rejected": 1, "time": now.isoformat()}],
        )
        assert answer["refusals"] == []
        sent.append((now, value))
        time.sleep(0.2)
    again = hub.post([{"tag": "leak", "value": 1.0, "time": sent[0][0].isoformat(), "sequence": 0}])
    assert again["duplicates"] == [0]
    last = max(segments(hub.playlist()))
    hub.wait_for_segment(last + 2)
    live = emsg.messages(whole(hub))
    points = [
        (timed.at, timed.message.utc, point)
        for timed in live
        if isinstance(timed.message, FrameData)
        for point in timed.message.points
    ]
    assert [point.value for _, _, point in points] == [value for _, value in sent]
    assert [point.index for _, _, point in points] == list(range(20))
    # Each stands at the frame that was taken at its moment; one that a busy machine brought too late for
    # that stands at the next part's start and says so.
    in_time = [
        (taken, at, shown)
        for (taken, _), (at, shown, point) in zip(sent, points, strict=True)
        if not point.late
    ]
    assert in_time
    for taken, _, shown in in_time:
        assert -0.04 <= shown / 1e6 - taken.timestamp() <= 0.4
    assert all(at % PART_TICKS == 0 for at, _, point in points if point.late)
    assert sum(isinstance(timed.message, Definitions) for timed in live) == len(segments(hub.playlist()))
    hub.api("POST", "/api/episodes/visit/end")
    hub.kill()
    hub.start()
    replay = emsg.messages(whole(hub))
    assert replay[: len(live)] == live
    assert emsg.messages(whole(hub, "360p")) == replay


def test_what_was_acknowledged_before_a_kill_is_in_the_stream_after_it(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(0)

    def send(first: int, count: int) -> None:
        for sequence in range(first, first + count):
            now = datetime.now(UTC).isoformat()
            answer = hub.post([{"tag": "leak", "value": 1.0, "time": now, "sequence": sequence}])
            assert answer["accepted"] == 1

    send(0, 8)
    hub.kill()  # acknowledged a moment ago, their frames are still on their way
    hub.start()
    send(8, 8)  # all in one part, if it comes to that, are not more than a part takes
    last = max(segments(hub.playlist()))
    hub.wait_for_segment(last + 3)
    assert stamped(hub) == list(range(16))


def test_a_value_that_was_stamped_long_before_a_kill_is_not_stamped_again(tmp_path: Path) -> None:
    short = (
        "from quality_creator.actions import air\n"
        "air.TAKE_UP, air.RECENT_S = 2, 1.0  # what else takes a minute"
    )
    with running_hub(tmp_path / "hub", TEXT, prelude=short) as hub:
        hub.on_air()
        hub.wait_for_segment(0)
        now = datetime.now(UTC).isoformat()
        assert hub.post([{"tag": "leak", "value": 1.0, "time": now, "sequence": 0}])["accepted"] == 1
        last = max(segments(hub.playlist()))
        hub.wait_for_segment(last + 4)
        hub.kill()
        hub.start()
        last = max(segments(hub.playlist()))
        hub.wait_for_segment(last + 3)
        assert stamped(hub) == [0]


def test_backlog_and_stream_say_the_same(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(0)
    for sequence in range(12):
        value = 1.0 if sequence != 6 else 1.9  # beyond three sigma
        now = datetime.now(UTC).isoformat()
        hub.post([{"tag": "leak", "value": value, "time": now, "sequence": sequence}])
        time.sleep(0.15)
    last = max(segments(hub.playlist()))
    hub.wait_for_segment(last + 1)
    for msn in segments(hub.playlist()):
        backlog = hub.client.get(f"/live/visit/data/{msn}.json")
        assert backlog.is_success
        decoded = msgspec.json.decode(backlog.content, type=list[TimedMessage])
        assert decoded == emsg.messages(bytes_of(hub, "720p", f"{msn}.m4s"))
    timeline = hub.client.get("/live/visit/signals.json").json()
    # The value beyond three sigma, and the moving ranges up to it and back.
    assert [(signal["index"], signal["rules"]) for signal in timeline["signals"]] == [
        (6, ["nelson-1", "spread-limits"]),
    ]


def test_a_scene_changes_on_air_without_a_glitch(hub: HubProcess) -> None:
    hub.on_air()
    hub.wait_for_segment(0)
    positions = []
    for layout, sources in (("side-by-side", ["cam", "second"]), ("full", ["second"])):
        answer = hub.api("POST", "/api/episodes/visit/scene", {"layout": layout, "sources": sources})
        positions.append(answer["position"])
        time.sleep(0.5)
    assert positions == sorted(positions)
    wrong = hub.client.post(
        "/api/episodes/visit/scene",
        json={"layout": "full", "sources": ["nobody"]},
        headers={"authorization": f"Bearer {(hub.folder / 'data/operator.token').read_text().strip()}"},
    )
    assert wrong.status_code == 400
    assert "there are: cam, second" in wrong.json()["error"]
    hub.wait_for_segment(3)
    assert_continuous(whole(hub))
