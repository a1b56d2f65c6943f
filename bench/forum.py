"""Guests: how long their picture takes into the programme and back to them, and what a forum costs.

Latency: headless Chromium sends by WHIP, from the guest's own page, pictures that say when they were drawn.
In the recorded programme each code stands in a picture whose instant is known, which is the way there; the
guest's page shows the same code in the return feed (WHEP), which is the way back. One machine, one clock.

Cost: a media worker with cameras and guests at 720p25, and its guests' process. Guests send a film that was
encoded before and throw away what they get; they are not counted: what is, is decode, mix, two encodings, the
returns, and the network's side of all guests.
"""

import asyncio
import fractions
import io
import statistics
import subprocess
import tempfile
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import av
import msgspec
from aiortc import MediaStreamTrack
from playwright.sync_api import Browser, sync_playwright

from bench import watch
from bench.media import film
from bench.row import Row
from quality_creator.config import AnyCamera, FileCamera
from quality_creator.media import barcode, wire
from quality_creator.media.scale import planes_of
from quality_creator.model.guest import Guest
from quality_creator.model.ids import SourceId
from quality_creator.model.scene import Layout
from quality_creator.model.stream import FRAME_RATE
from tests.browser import chromium, flags
from tests.e2e.forum import FAKE, invite, join, live
from tests.e2e.forum import scene as put_on_air
from tests.media.broadcast import Broadcast, broadcast, name, scene, start
from tests.peers.guest import Peers, Receiver
from tests.peers.guest_page import devices, whose
from tests.peers.hub import CAMERA, HubProcess, running_hub
from tests.peers.processes import cpu_s, family

SETTLE_S, LOOK_S = 8.0, 25.0
PROMISED_MS = 200.0
CORES = 2.0
WARM_S, MEASURED_S = 6.0, 15.0

Crowd = tuple[int, int, Layout]
"""Cameras, guests, and the layout that they stand in."""
CROWDS: tuple[Crowd, ...] = ((2, 2, "four-up"), (4, 6, "six-up"))


def run() -> list[Row]:
    """The ways there and back, then the cost of two forums."""
    with tempfile.TemporaryDirectory() as folder:
        rows = _latency(Path(folder) / "hub")
        camera = film(Path(folder) / "film.mp4")
        face = _face(Path(folder) / "face.webm")
        for crowd in CROWDS:
            rows += _cost(camera, face, crowd)
    return rows


# --- how long it takes --------------------------------------------------------------------------------


def _latency(folder: Path) -> list[Row]:
    path = chromium()
    if path is None:
        return [Row(name="guest to programme", value=None, unit="ms", note="no Chromium")]
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=path, args=[*flags(), *FAKE])
        try:
            with running_hub(folder, CAMERA.format(id="cam")) as hub:
                hub.on_air()
                return _ways(browser, hub)
        finally:
            browser.close()


def _ways(browser: Browser, hub: HubProcess) -> list[Row]:
    page = join(browser, hub, invite(hub, "Zhao Lei")["path"], scripts=[devices(1000, 1, every_ms=40)])
    live(hub, "zhao-lei")
    put_on_air(hub, "full", "zhao-lei")
    page.wait_for_selector("#air[data-on=program]")
    page.wait_for_timeout(SETTLE_S * 1000)
    first = _newest(hub) + 1
    watch.begin(page, "#return")
    page.wait_for_timeout(LOOK_S * 1000)
    returned: dict[int, float] = {}
    for at, number, _ in watch.frames(page):
        if number is not None:
            returned.setdefault(number, at)
    page.context.close()
    hub.wait_for_segment(_newest(hub) + 1)
    aired = _aired(hub, first)
    there = [(at - whose(number)[1] / 1e6) * 1e3 for number, at in aired.items()]
    back = [(returned[number] - at) * 1e3 for number, at in aired.items() if number in returned]
    whole = [(at - whose(number)[1] / 1e6) * 1e3 for number, at in returned.items()]
    return [
        _way("a guest's picture, drawn to mixed", there, PROMISED_MS),
        _way("the return, mixed to shown to the guest", back, PROMISED_MS),
        _way("both ways", whole, 2 * PROMISED_MS),
    ]


def _way(name: str, found: Sequence[float], promised: float) -> Row:
    median, p95 = statistics.median(found), statistics.quantiles(found, n=20)[-1]
    return Row(
        name=name,
        value=median,
        unit="ms, median",
        ratio=median / promised,
        against=f"the promise, {promised:g} ms",
        note=f"p95 {p95:.0f} ms; {len(found)} pictures, WHIP and WHEP, headless Chromium",
    )


def _newest(hub: HubProcess) -> int:
    """The last whole segment's number."""
    return max(watch.segments(hub.playlist()))


def _aired(hub: HubProcess, first: int) -> dict[int, float]:
    """For each bar code, the instant of the first programme picture in which it stands, since 1970."""
    playlist = hub.playlist()
    init = playlist.partition('#EXT-X-MAP:URI="')[2].partition('"')[0]
    beginning = hub.client.get(f"/live/visit/720p/{init}").content
    found: dict[int, float] = {}
    for segment, began in watch.segments(playlist).items():
        if segment < first:
            continue
        data = hub.client.get(f"/live/visit/720p/{segment}.m4s").content
        with av.open(io.BytesIO(beginning + data), "r") as container:
            for count, frame in enumerate(container.decode(video=0)):
                number = barcode.read(planes_of(frame)[0])
                if number is not None:
                    found.setdefault(number, began + count / FRAME_RATE)
    return found


# --- what it costs ------------------------------------------------------------------------------------


def _cost(camera: Path, face: Path, crowd: Crowd) -> list[Row]:
    cameras, guests, layout = crowd
    ids = [f"guest-{n}" for n in range(guests)]
    shown = ("camera-0", *ids, *(f"camera-{n}" for n in range(1, cameras)))
    devices_: list[AnyCamera] = [
        FileCamera(id=SourceId(f"camera-{n}"), name=name(f"Camera {n}"), path=str(camera))
        for n in range(cameras)
    ]
    begin = msgspec.structs.replace(
        start(devices_, scene(layout, *shown)),
        guests=tuple(Guest(id=SourceId(one), name=name(one)) for one in ids),
    )
    with broadcast(begin) as running, _peers() as peers:
        packets = Packets.of(face)
        for at, one in enumerate(ids):
            peers.send(
                _door(running, one, "send", 2 * at),
                Loop(packets, "video"),
                Loop(packets, "audio"),
                codec="vp8",
            )
            _throw_away(peers.receive(_door(running, one, "receive", 2 * at + 1)))
        for one in ids:
            running.wait_for(one, "live", 60)
        time.sleep(WARM_S)
        spent, began = cpu_s(family(running.process.pid)), time.monotonic()
        time.sleep(MEASURED_S)
        spent, took = cpu_s(family(running.process.pid)) - spent, time.monotonic() - began
        parts = running.parts[-round(MEASURED_S / 0.32) :]
        conditions = {one: running.state(one) for one in ids}
    assert all(state is not None and state.condition == "live" for state in conditions.values())
    used = spent / took
    late = [part.late_ms for part in parts]
    what = f"{cameras} cameras and {guests} guests"
    return [
        Row(
            name=f"media worker and guests' process, {what}",
            value=used,
            unit="CPU-s/s",
            ratio=used / CORES,
            against=f"the promise for 4 and 6, {CORES:g} cores",
            note=f"720p25 cameras, guests of 640x360 sent and returned, {layout}, 720p25 and 360p25 out",
        ),
        Row(
            name=f"worst tick of a part, {what}",
            value=statistics.quantiles(late, n=20)[-1],
            unit="ms late, p95",
            note=f"median {statistics.median(late):.1f} ms; a tick is 40 ms",
        ),
    ]


def _face(target: Path) -> Path:
    """Ten seconds of a guest as a browser sends one: VP8 in 640x360 with motion, and Opus."""
    command = (
        "ffmpeg -hide_banner -loglevel error -f lavfi -i testsrc2=size=640x360:rate=25"
        " -f lavfi -i sine=frequency=440:sample_rate=48000 -t 10"
        " -c:v libvpx -deadline realtime -cpu-used 8 -b:v 600k -g 50 -c:a libopus -b:a 48k"
    )
    subprocess.run([*command.split(), str(target)], check=True, timeout=120)
    return target


@dataclass(frozen=True)
class Packets:
    """What a guest sends, encoded before."""

    video: Sequence[bytes]
    audio: Sequence[bytes]

    @classmethod
    def of(cls, path: Path) -> "Packets":
        with av.open(str(path)) as container:
            found: dict[str, list[bytes]] = {"video": [], "audio": []}
            for packet in container.demux():
                if packet.size:
                    found[packet.stream.type].append(bytes(packet))
        return cls(found["video"], found["audio"])


class Loop(MediaStreamTrack):
    """Packets over and over, at their own pace."""

    def __init__(self, packets: Packets, kind: str) -> None:
        super().__init__()
        self.kind = kind
        self._packets, self._step = (packets.video, 0.04) if kind == "video" else (packets.audio, 0.02)
        self._number = 0
        self._began: float | None = None

    async def recv(self) -> Any:
        if self._began is None:
            self._began = time.monotonic()
        await asyncio.sleep(max(self._began + self._number * self._step - time.monotonic(), 0))
        packet = av.Packet(self._packets[self._number % len(self._packets)])
        packet.pts, packet.time_base = round(self._number * self._step * 1000), fractions.Fraction(1, 1000)
        self._number += 1
        return packet


@contextmanager
def _peers() -> Iterator[Peers]:
    peers = Peers()
    try:
        yield peers
    finally:
        peers.close()


def _door(running: Broadcast, guest: str, way: wire.Way, number: int) -> Any:
    def ask(offer: str) -> str:
        order = wire.Offer(number=number, session=f"s{number}", way=way, guest=SourceId(guest), sdp=offer)
        running.say(order)
        running.wait(lambda: any(a.number == number for a in running.heard(wire.Answer)), 60)
        answer = next(a for a in running.heard(wire.Answer) if a.number == number)
        assert not answer.refusal, answer.refusal
        return answer.sdp

    return ask


class _Waste:
    """Stands where a receiver's buffer stood: nothing is decoded, which would cost more than it shows."""

    def add(self, _packet: object) -> tuple[bool, None]:
        return False, None


def _throw_away(receiver: Receiver) -> None:
    assert receiver.connection is not None
    for transceiver in receiver.connection.getTransceivers():
        transceiver.receiver._RTCRtpReceiver__jitter_buffer = _Waste()  # type: ignore[attr-defined]
