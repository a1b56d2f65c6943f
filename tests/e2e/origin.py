"""An origin of our own for tests of pages: the real pages and the real stream formats, without a hub.

The picture carries its frame's number as a bar code, and every value in the stream is a function of its
frame, so a test can say what a page must show at any frame. The origin can vanish and come back, fall
silent, and end.
"""

import asyncio
import contextlib
import random
import re
import socket
import threading
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta

import msgspec
import numpy as np
import uvicorn
from cryptography.hazmat.primitives.asymmetric.ec import SECP256R1, generate_private_key
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from quality_creator.actions.signing import EpisodeSigning, Signatory
from quality_creator.media import barcode, emsg, hls
from quality_creator.media.encode import Encoded, Encoder
from quality_creator.model.characteristic import Specification
from quality_creator.model.clock import MediaTime, Micros, micros
from quality_creator.model.episode import Episode
from quality_creator.model.event import (
    ChartLimits,
    Counters,
    Definition,
    Definitions,
    FrameData,
    Point,
    Signal,
    TimedMessage,
)
from quality_creator.model.ids import CharacteristicId, EpisodeId, LineId, Slug, SourceId
from quality_creator.model.scene import Scene
from quality_creator.model.stream import FRAME_TICKS, PART_FRAMES, SEGMENT_PARTS, Rendition
from quality_creator.model.text import Language, Text
from quality_creator.trust.c2pa import certificate
from quality_creator.trust.c2pa.manifest import LongLived
from quality_creator.web import pages
from quality_creator.web.security import HEADERS

RENDITIONS = (
    Rendition(name="360p", width=640, height=360, video_bitrate=800_000),
    Rendition(name="180p", width=320, height=180, video_bitrate=300_000),
)
NAMES = tuple(rendition.name for rendition in RENDITIONS)
FRAME_S = 0.04
SLUG = Slug("visit")

MOISTURE = CharacteristicId("moisture")
PEEL = CharacteristicId("peel")
LEAK = CharacteristicId("leak")
PANELS = LineId("panels")
TAPS = LineId("taps")

EVERY = {MOISTURE: 20, PEEL: 10, LEAK: 40}
"""Frames between two measurements."""

DEFINITIONS = Definitions(
    characteristics=(
        Definition(
            characteristic=MOISTURE,
            name=Text(zh="板材含水率", en="Board moisture"),
            unit="%",
            line=PANELS,
            line_name=Text(zh="板材与封边线", en="Panels and edge banding"),
            decimals=2,
            chart="i-mr",
            size=1,
            rules=("nelson-1", "nelson-2"),
            specification=Specification(lower=6.5, target=8.0, upper=9.5),
            location=ChartLimits(center=8.0, lower=6.95, upper=9.05),
            spread=ChartLimits(center=0.39, upper=1.29),
        ),
        Definition(
            characteristic=PEEL,
            name=Text(zh="封边剥离力", en="Edge-band peel force"),
            unit="N/mm",
            line=PANELS,
            line_name=Text(zh="板材与封边线", en="Panels and edge banding"),
            decimals=2,
            chart="xbar-r",
            size=5,
            rules=("nelson-1", "nelson-2"),
            specification=Specification(lower=3.0),
            location=ChartLimits(center=3.6, lower=3.33, upper=3.87),
            spread=ChartLimits(center=0.46, lower=None, upper=0.98),
        ),
        Definition(
            characteristic=LEAK,
            name=Text(zh="龙头密封压力", en="Tap leak pressure"),
            unit="kPa",
            line=TAPS,
            line_name=Text(zh="龙头测试台", en="Tap test bench"),
            decimals=1,
            chart="i-mr",
            size=1,
            rules=("nelson-1", "nelson-2"),
            collected=12,
            estimate_from=25,
        ),
    )
)


def value(characteristic: CharacteristicId, index: int) -> float:
    """A measurement's value: chance that is the same in every run, with a drift now and then."""
    chance = random.Random(f"{characteristic} {index}").gauss(0, 1)
    if characteristic == MOISTURE:
        return round(8.0 + 0.3 * chance + (0.9 if index % 60 in range(40, 44) else 0.0), 2)
    if characteristic == PEEL:
        return round(3.6 + 0.17 * chance - (0.25 if index % 150 in range(100, 120) else 0.0), 2)
    return round(250.0 + 1.5 * chance, 1)


def point_at(characteristic: CharacteristicId, frame: int, utc: int) -> Point | None:
    """The measurement of a frame, judged; None where there is none."""
    index, rest = divmod(frame, EVERY[characteristic])
    if rest:
        return None
    here = value(characteristic, index)
    point = Point(characteristic=characteristic, index=index, time=Micros(utc), value=here)
    definition = next(d for d in DEFINITIONS.characteristics if d.characteristic == characteristic)
    size = definition.size
    if (index + 1) % size:
        return point
    group = [value(characteristic, i) for i in range(index + 1 - size, index + 1)]
    location = sum(group) / size
    if size > 1:
        spread: float | None = max(group) - min(group)
    else:
        spread = abs(here - value(characteristic, index - 1)) if index else None
    limits = definition.location
    signals: tuple[Signal, ...] = ()
    if limits and limits.lower is not None and limits.upper is not None:
        beyond = not limits.lower <= location <= limits.upper
        signals = (Signal(rule="nelson-1"),) if beyond else ()
    return replace_point(point, (index + 1) // size - 1, round(location, 4), spread, signals)


def replace_point(
    point: Point, plotted: int, location: float, spread: float | None, signals: tuple[Signal, ...]
) -> Point:
    """The point as the end of a subgroup."""
    rounded = None if spread is None else round(spread, 4)
    return msgspec.structs.replace(point, plotted=plotted, location=location, spread=rounded, signals=signals)


def current(
    characteristic: CharacteristicId, frame: int, silent_from: int | None = None
) -> tuple[int, float]:
    """Index and value that a page must show at a frame."""
    last = frame if silent_from is None else min(frame, silent_from - 1)
    index = last // EVERY[characteristic]
    return index, value(characteristic, index)


def messages_at(frame: int, utc: int, silent: bool) -> list[TimedMessage]:
    """What is stamped at a frame."""
    at = frame * FRAME_TICKS
    found = []
    if frame % (PART_FRAMES * SEGMENT_PARTS) == 0:
        found.append(TimedMessage(at=at, message=DEFINITIONS))
    points = tuple(
        point
        for characteristic in EVERY
        if not silent and (point := point_at(characteristic, frame, utc)) is not None
    )
    counters = (
        (Counters(line=PANELS, time=Micros(utc), total=12_000 + frame // 50, rejected=37 + frame // 1500),)
        if frame % 25 == 0
        else ()
    )
    if points or counters or frame % PART_FRAMES == 0:
        found.append(
            TimedMessage(at=at, message=FrameData(utc=Micros(utc), points=points, counters=counters))
        )
    return found


def episode(state: str = "on-air", started: datetime | None = None) -> Episode:
    """An episode in one of its states."""
    now = datetime.now(UTC).replace(microsecond=0)
    begun = started or now - timedelta(minutes=5)
    return Episode(
        id=EpisodeId("0d3c6a58-1f7e-4c55-9e57-5f6f0a9f2b11"),
        slug=SLUG,
        title=Text(zh="听雁卫浴：从封边到漏水测试", en="Tingyan Bathrooms: from edge to leak test"),
        summary=Text(
            zh="板材含水率、封边剥离力、龙头密封压力：三个工位，一条时间线，测量值属于眼前的画面。",
            en="Board moisture, peel force, leak pressure: three stations, each value at its own picture.",
        ),
        brand=Text(zh="听雁卫浴", en="Tingyan Bathrooms"),
        state=state,  # type: ignore[arg-type]
        sources=(SourceId("line"),),
        scene=Scene(layout="full", sources=(SourceId("line"),)),
        planned=now + timedelta(minutes=42) if state == "planned" else begun,
        started=None if state == "planned" else begun,
        ended=begun + timedelta(hours=1, minutes=12) if state == "ended" else None,
    )


@dataclass
class Kept:
    """One segment."""

    parts: dict[str, list[bytes]] = field(default_factory=lambda: {name: [] for name in NAMES})
    messages: list[TimedMessage] = field(default_factory=list)


def signing() -> EpisodeSigning:
    """Signatures of a hub under its own test authority."""
    now = datetime.now(UTC)
    root_key, key = (generate_private_key(SECP256R1()) for _ in range(2))
    root = certificate.test_authority(root_key, owner="Tingyan", now=now)
    own = certificate.hub_certificate(
        key.public_key(), root=root, root_key=root_key, owner="Tingyan", now=now
    )
    signatory = Signatory(LongLived(key, (own, root)), "virtualRecording")
    return EpisodeSigning(signatory, "Tingyan", lambda: now)


class Stream:
    """What the origin has made so far; written by one thread, read by the server's."""

    def __init__(self, paint: Callable[[np.ndarray, int], None] | None = None) -> None:
        self.window = hls.Window(NAMES)
        self.kept: list[Kept] = []
        self.silent_from: int | None = None
        self.ended = False
        self._paint = paint
        self._encoder = Encoder(RENDITIONS, msn=0, part=0, position=MediaTime(0))
        inits = self._encoder.inits()
        self._signing = signing()
        self.inits = {name: self._signing.init(name, data, 0) for name, (data, _) in inits.items()}
        self.multivariant = hls.multivariant([hls.variant(r, inits[r.name][1]) for r in RENDITIONS])
        self.frame = 0
        self.began = micros(datetime.now(UTC))

    def utc(self, frame: int) -> int:
        """The wall time of a frame."""
        return self.began + frame * 40_000

    def make(self, parts: int = 1) -> None:
        """Encode and announce parts."""
        for _ in range(parts * PART_FRAMES):
            done = self._encode()
            if done is not None:
                self._announce(done)

    def end(self) -> None:
        """Nothing more comes."""
        self.window.end()
        self.ended = True

    def _encode(self) -> Encoded | None:
        canvas = self._encoder.canvas
        if self.frame == 0:
            for plane, grey in zip(canvas.planes, (60, 128, 128), strict=True):
                np.frombuffer(plane, np.uint8)[:] = grey  # type: ignore[call-overload]
        plane = canvas.planes[0]
        luma = np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: canvas.height, : canvas.width]
        if self._paint:
            self._paint(luma, self.frame)
        else:
            luma[300:700, :] = 60
            x = self.frame * 8 % 1200
            luma[400:600, x : x + 80] = 200
        barcode.draw(luma, self.frame)
        self.frame += 1
        tone = 0.05 * np.sin(np.arange(1920) * 0.05, dtype=np.float32)
        return self._encoder.encode(np.stack((tone, tone)))

    def _announce(self, done: Encoded) -> None:
        first = done.start // FRAME_TICKS
        stamped = [
            message
            for frame in range(first, first + PART_FRAMES)
            for message in messages_at(
                frame, self.utc(frame), self.silent_from is not None and frame >= self.silent_from
            )
        ]
        if done.part == 0:
            if self.kept:
                self.window.close()
            self.kept.append(Kept())
            self.window.open(done.msn, Micros(self.utc(first)), dict.fromkeys(NAMES, "init.mp4"))
        kept = self.kept[-1]
        boxes = emsg.encode(stamped)
        if done.part == 0:
            self._signing.begin(done.msn)
        data = {name: emsg.insert(done.data[name], boxes) for name in NAMES}
        for name, part in self._signing.part(data, last=done.part == SEGMENT_PARTS - 1).items():
            kept.parts[name].append(part)
        kept.messages.extend(stamped)
        self.window.add(hls.Part(independent=done.independent))


class Origin:
    """The server; `with Origin(...) as origin`."""

    def __init__(self, stream: Stream, *, state: str = "on-air") -> None:
        self.stream = stream
        self.episode = episode(state)
        self.hits: list[str] = []
        self._server: uvicorn.Server | None = None
        self._serving: threading.Thread | None = None
        self._making: threading.Thread | None = None
        self._stop = threading.Event()
        with socket.socket() as probe:
            probe.bind(("127.0.0.1", 0))
            self.port: int = probe.getsockname()[1]

    @property
    def url(self) -> str:
        """Without a slash at its end."""
        return f"http://127.0.0.1:{self.port}"

    def __enter__(self) -> "Origin":
        self.serve()
        return self

    def __exit__(self, *_: object) -> None:
        self._stop.set()
        if self._making:
            self._making.join()
        self.vanish()

    def run(self) -> None:
        """Go on making parts in real time."""

        def work() -> None:
            begun, made = time.monotonic(), 0
            while not self._stop.is_set():
                self.stream.make()
                made += 1
                self._stop.wait(max(begun + made * PART_FRAMES * FRAME_S - time.monotonic(), 0))

        self._stop.clear()
        self._making = threading.Thread(target=work, daemon=True)
        self._making.start()

    def end(self) -> None:
        """The episode is over."""
        self._stop.set()
        if self._making:
            self._making.join()
        self.stream.end()
        self.episode = msgspec.structs.replace(self.episode, state="ended", ended=datetime.now(UTC))

    def serve(self) -> None:
        """Listen (again)."""
        config = uvicorn.Config(self._app(), host="127.0.0.1", port=self.port, log_level="error")
        server = self._server = uvicorn.Server(config)
        self._serving = threading.Thread(target=server.run, daemon=True)
        self._serving.start()
        while not server.started:
            time.sleep(0.01)

    def vanish(self) -> None:
        """Stop listening and cut every connection, as a killed hub does."""
        if self._server and self._serving:
            self._server.should_exit = self._server.force_exit = True
            self._serving.join()

    def _app(self) -> Starlette:
        routes = [
            Route("/", self._home),
            Route("/design", self._design),
            Route("/episodes/{slug}", self._episode),
            Route("/language/{tag}", self._language),
            Route("/live/{slug}/index.m3u8", self._multivariant),
            Route("/live/{slug}/data/{msn:int}.json", self._data),
            Route("/live/{slug}/signals.json", self._signals),
            Route("/live/{slug}/{rendition}/index.m3u8", self._playlist),
            Route("/live/{slug}/{rendition}/{name}", self._media),
            Mount("/static", StaticFiles(directory=pages.STATIC)),
        ]
        return Starlette(routes=routes, exception_handlers={404: self._missing})

    # --- pages ---

    def _html(self, text: str, status: int = 200) -> Response:
        return HTMLResponse(text, status, headers={**HEADERS, "cache-control": "no-cache"})

    def _speak(self, request: Request) -> Language:
        return "zh-Hans" if request.cookies.get("lang") == "zh-Hans" else "en"

    def _home(self, request: Request) -> Response:
        by_state: dict[str, list[Episode]] = {"on-air": [], "planned": [], "ended": []}
        by_state[self.episode.state].append(self.episode)
        now = datetime.now(UTC).replace(microsecond=0, second=0, minute=0)
        for days, state in ((2, "planned"), (9, "planned"), (7, "ended"), (35, "ended")):
            other = episode(state)
            sign = 1 if state == "planned" else -1
            begun = now + sign * timedelta(days=days)
            changes = (
                {"planned": begun}
                if state == "planned"
                else {"started": begun, "ended": begun + timedelta(minutes=71)}
            )
            by_state[state].append(msgspec.structs.replace(other, **changes))
        page = pages.render_home(
            self._speak(request),
            on_air=by_state["on-air"],
            planned=by_state["planned"],
            past=by_state["ended"],
        )
        return self._html(page)

    def _design(self, request: Request) -> Response:
        return self._html(pages.render_design(self._speak(request)))

    def _episode(self, request: Request) -> Response:
        return self._html(pages.render_episode(self._speak(request), self.episode))

    def _language(self, request: Request) -> Response:
        answer = Response(status_code=303, headers={"location": request.query_params.get("to", "/")})
        answer.set_cookie("lang", request.path_params["tag"])
        return answer

    def _missing(self, request: Request, _: Exception) -> Response:
        if request.url.path.startswith("/live/"):
            return Response(status_code=404)
        page = pages.render_error(self._speak(request), 404, "nothing is called that", path=request.url.path)
        return self._html(page, 404)

    # --- stream ---

    def _multivariant(self, _: Request) -> Response:
        return Response(self.stream.multivariant, media_type=hls.CONTENT_TYPE)

    async def _playlist(self, request: Request) -> Response:
        window = self.stream.window
        msn, part = (
            int(v) if (v := request.query_params.get(key)) else None for key in ("_HLS_msn", "_HLS_part")
        )
        for _ in range(600):
            ready = window.ready(msn, part)
            if ready != "wait":
                break
            await asyncio.sleep(0.01)
        if ready != "now":
            return Response(status_code=400 if ready == "refuse" else 503)
        skip = request.query_params.get("_HLS_skip") == "YES"
        text = window.playlist(request.path_params["rendition"], skip=skip)
        return Response(text, media_type=hls.CONTENT_TYPE)

    async def _media(self, request: Request) -> Response:
        rendition, name = request.path_params["rendition"], request.path_params["name"]
        if name == "init.mp4":
            return Response(self.stream.inits[rendition], media_type="video/mp4")
        self.hits.append(f"{rendition}/{name}")
        match = re.fullmatch(r"(\d+)(?:\.(\d+))?\.m4s", name)
        if not match:
            return Response(status_code=404)
        msn, part = int(match[1]), match[2]
        for _ in range(300):
            if msn < len(self.stream.kept):
                parts = self.stream.kept[msn].parts[rendition]
                if part is None:
                    return Response(b"".join(parts), media_type="video/iso.segment")
                if int(part) < len(parts):
                    return Response(parts[int(part)], media_type="video/iso.segment")
            await asyncio.sleep(0.01)
        return Response(status_code=404)

    def _data(self, request: Request) -> Response:
        msn = request.path_params["msn"]
        self.hits.append(f"data/{msn}")
        if msn >= len(self.stream.kept):
            return Response(status_code=404)
        return Response(
            msgspec.json.encode(list(self.stream.kept[msn].messages)), media_type="application/json"
        )

    def _signals(self, _: Request) -> Response:
        signals = [
            {
                "at": message.at,
                "characteristic": point.characteristic,
                "rule": signal.rule,
                "index": point.index,
            }
            for kept in list(self.stream.kept)
            for message in list(kept.messages)
            if isinstance(message.message, FrameData)
            for point in message.message.points
            for signal in point.signals
            if not signal.continuing
        ]
        return Response(msgspec.json.encode({"signals": signals}), media_type="application/json")


@contextlib.contextmanager
def on_air(seconds_before: float = 0) -> Iterator[Origin]:
    """An origin in the middle of an episode, going on in real time."""
    stream = Stream()
    stream.began -= round(seconds_before * 1e6)
    stream.make(max(round(seconds_before / (PART_FRAMES * FRAME_S)), 1))
    with Origin(stream) as origin:
        origin.run()
        yield origin


def main() -> None:
    """For looking at: `python -m tests.e2e.origin [seconds before]`."""
    import sys

    before = float(sys.argv[1]) if len(sys.argv) > 1 else 60.0
    with on_air(before) as origin:
        print(origin.url, flush=True)
        threading.Event().wait()


if __name__ == "__main__":
    main()
