"""Restreaming to servers that are there, away, slow, wrong, or not who they should be."""

import asyncio
import functools
import io
import queue
import socket
import ssl
import time
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from pathlib import Path

import av
import numpy as np
import pytest

from quality_creator.media import restream
from quality_creator.media.encode import Encoder
from quality_creator.media.restream import Address, Health, Restream, verifying, wait_after
from quality_creator.media.rtmp.connection import State as ServerState
from quality_creator.media.rtmp.ingest import Ingest, Refusal
from quality_creator.media.rtmp.listener import Listener
from quality_creator.media.rtmp.remux import Piece
from quality_creator.media.scale import planes_of
from quality_creator.media.sound import TICK
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.errors import BadInput
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import PART_TICKS, RENDITIONS
from tests.media.rtmp.peer import connection as server_side
from tests.peers.hub import free_port
from tests.peers.receiver import Authority, Receiver, tls_front

PARTS = 18


@functools.cache
def programme(parts: int = PARTS, *, noisy: bool = False) -> tuple[Piece, ...]:
    """Three segments from the middle of an episode; each picture is as bright as its number."""
    random = np.random.default_rng(1)
    encoder = Encoder(RENDITIONS[1:], msn=50, part=0, position=MediaTime(300 * PART_TICKS))
    init = encoder.inits()["360p"][0]
    y, u, v = planes_of(encoder.canvas)
    pieces = []
    for number in range(parts * 8):
        y[...], u[...], v[...] = 16 + number, 128, 128
        if noisy:
            y[...] = random.integers(16, 235, y.shape, np.uint8)
        done = encoder.encode(np.full((2, TICK), 0.1 * np.sin(number), np.float32))
        if done is not None:
            pieces.append(Piece(init, done.data["360p"], done.independent))
    return tuple(pieces)


@pytest.fixture(autouse=True, scope="module")
def _encoded_before() -> None:
    programme()  # so that no server waits for it


def utc() -> Micros:
    return Micros(time.time_ns() // 1000)


def target(
    port: int, *, secure: bool = False, key: str = "KEY", tls: ssl.SSLContext | None = None
) -> Restream:
    scheme = "rtmps" if secure else "rtmp"
    address = Address.read(f"{scheme}://127.0.0.1:{port}/live")
    return Restream("a target", address, key, rendition="360p", tls=tls or verifying(None), utc=utc)


async def until(condition: Callable[[], object], within_s: float = 20.0) -> None:
    deadline = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < deadline, "not so in time"
        await asyncio.sleep(0.02)


@asynccontextmanager
async def running(*targets: Restream) -> AsyncIterator[None]:
    tasks = [asyncio.create_task(one.run()) for one in targets]
    try:
        yield
    finally:
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.sleep(0.1)  # what was said last goes out


async def play(pieces: tuple[Piece, ...], *targets: Restream, every_s: float = 0.02) -> None:
    for piece in pieces:
        for one in targets:
            one.feed(piece)
        await asyncio.sleep(every_s)


def brightness(path: Path) -> list[int]:
    with av.open(str(path)) as file:
        return [round(float(planes_of(frame)[0].mean())) - 16 for frame in file.decode(video=0)]


def times(path: Path) -> tuple[list[float], list[float]]:
    found: dict[str, list[float]] = {"video": [], "audio": []}
    with av.open(str(path)) as file:
        for packet in file.demux():
            if packet.pts is not None and packet.time_base is not None:
                found[packet.stream.type].append(float(packet.pts * packet.time_base))
    return found["video"], found["audio"]


def live(one: Restream) -> Callable[[], bool]:
    return lambda: one.health().condition == "live"


def words(one: Restream, *pieces: str) -> Callable[[], bool]:
    return lambda: one.health().condition == "waiting" and all(p in one.health().words for p in pieces)


# --- who takes it ---------------------------------------------------------------------------------


def test_ffmpeg_gets_every_picture_and_sound_of_the_programme_from_a_key_frame_on(tmp_path: Path) -> None:
    receiver = Receiver(tmp_path / "out.ts")

    async def check() -> None:
        one = target(receiver.port)
        async with running(one):
            await until(live(one))
            await play(programme()[2:], one)  # the first segment has begun already
            await until(lambda: not one._pieces)
            assert one.health().dropped == 0
            assert one.health().kbps > 10

    asyncio.run(check())
    receiver.finished()
    assert brightness(receiver.path) == list(range(6 * 8, PARTS * 8))
    pictures, sounds = times(receiver.path)
    assert np.diff(pictures) == pytest.approx(0.04, abs=0.002)
    assert np.diff(sounds) == pytest.approx(1024 / 48_000, abs=0.002)
    assert sounds[0] - pictures[0] == pytest.approx(0, abs=0.002)
    assert len(sounds) == (PARTS - 6) * 15


def test_a_server_that_was_killed_is_published_to_again_from_a_key_frame(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(restream, "FIRST_WAIT_S", 0.2)
    first = Receiver(tmp_path / "first.ts")

    async def check() -> None:
        one = target(first.port)
        async with running(one):
            await until(live(one))
            await play(programme()[:6], one)
            first.kill()
            await until(lambda: one.health().condition == "waiting")
            assert one.health().losses == 1
            assert one.health().words
            second = Receiver(tmp_path / "second.ts", first.port, awaited=True)
            await until(live(one))
            await play(programme()[7:], one)
            await until(lambda: not one._pieces)
        await asyncio.to_thread(second.finished)

    asyncio.run(check())
    assert brightness(tmp_path / "second.ts") == list(range(12 * 8, PARTS * 8))


def test_our_own_listener_takes_it_and_says_why_it_takes_no_other(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A target that is refused and one that nobody listens at do not disturb the one beside them."""
    monkeypatch.setattr(restream, "LONGEST_WAIT_S", 0.3)
    ingests: queue.Queue[Ingest] = queue.Queue()
    refusals: queue.Queue[Refusal] = queue.Queue()
    keys = {SourceId("camera"): "KEY"}

    async def check(port: int) -> None:
        good, refused, nobody = target(port), target(port, key="ANOTHER-KEY"), target(free_port())
        async with running(good, refused, nobody):
            await until(live(good))
            await until(words(refused, "it says:", "stream key"))
            await until(words(nobody, "nobody listens there"))
            await play(programme(), good, refused, nobody)
            await until(lambda: not good._pieces)
            assert good.health().condition == "live"
            assert (good.health().dropped, refused.health().dropped) == (0, 0)
            assert "ANOTHER-KEY" not in refused.health().words

    with Listener(("127.0.0.1", 0), keys, on_ingest=ingests.put, on_refusal=refusals.put) as listener:
        asyncio.run(check(listener.address[1]))
        stream = ingests.get(timeout=5).stream
        data = bytearray()
        while piece := stream.read():
            data += piece
    with av.open(io.BytesIO(data), format="flv") as file:
        frames = [round(float(planes_of(one)[0].mean())) - 16 for one in file.decode(video=0)]
    assert frames == list(range(PARTS * 8))
    assert refusals.get(timeout=5).words.startswith("unknown stream key")


def test_a_server_that_reads_nothing_costs_its_own_viewers_pictures_and_is_called_again(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(restream, "STUCK_S", 1.0)
    monkeypatch.setattr(restream, "WAITING_PIECES", 8)
    monkeypatch.setattr(restream, "_BUFFER_BYTES", 1 << 12)

    async def check(listening: socket.socket) -> None:
        callers: list[asyncio.StreamWriter] = []

        async def take_the_stream_and_read_no_more(
            reader: asyncio.StreamReader, writer: asyncio.StreamWriter
        ) -> None:
            callers.append(writer)
            theirs = server_side()
            while theirs.state is not ServerState.PUBLISHING:
                theirs.receive(await reader.read(4096), 0.0)
                writer.write(theirs.data_to_send())
            writer.transport.pause_reading()  # type: ignore[attr-defined]

        server = await asyncio.start_server(take_the_stream_and_read_no_more, sock=listening, limit=4096)
        one = target(listening.getsockname()[1])
        async with server, running(one):
            await until(live(one))
            while "took nothing" not in one.health().words:
                began = time.monotonic()
                await play(noise, one, every_s=0)
                assert time.monotonic() - began < 0.5  # nobody waited for it
                await asyncio.sleep(0.02)
            assert one.health().dropped >= 8 * 8
            await until(lambda: len(callers) == 2)
            for caller in callers:
                caller.transport.abort()

    noise = programme(6, noisy=True)
    with socket.socket() as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        listening.bind(("127.0.0.1", 0))
        asyncio.run(asyncio.wait_for(check(listening), 60))


def test_attempts_become_rarer_and_a_connection_that_stood_earns_the_first_wait_again() -> None:
    waits = [0.0]
    for _ in range(7):
        waits.append(wait_after(waits[-1], stood_s=0.0))
    assert waits[1:] == [1.0, 2.0, 4.0, 8.0, 16.0, 30.0, 30.0]
    assert wait_after(30.0, stood_s=5.0) == 30.0
    assert wait_after(30.0, stood_s=20.0) == 1.0


# --- TLS ------------------------------------------------------------------------------------------


def test_rtmps_publishes_to_who_is_certified_and_to_nobody_else(tmp_path: Path) -> None:
    authority, stranger = Authority(tmp_path), tmp_path / "other"
    stranger.mkdir()
    other = Authority(stranger)
    receiver = Receiver(tmp_path / "out.ts")

    async def check(right: int, wrong_name: int, wrong_authority: int, plain: int) -> None:
        tls = verifying(str(authority.file))
        good = target(right, secure=True, tls=tls)
        doubtful = [target(port, secure=True, tls=tls) for port in (wrong_name, wrong_authority, plain)]
        async with running(*doubtful):
            await until(words(doubtful[0], "not to be trusted", "IP address mismatch"))
            await until(words(doubtful[1], "not to be trusted"))
            await until(words(doubtful[2], "TLS"))
        async with running(good):
            await until(live(good))
            await play(programme(), good)
            await until(lambda: not good._pieces)

    with (
        tls_front(authority.server(), receiver.port) as right,
        tls_front(authority.server("192.0.2.7"), receiver.port) as wrong_name,
        tls_front(other.server(), receiver.port) as wrong_authority,
        Listener(("127.0.0.1", 0), {}, on_ingest=lambda one: None, on_refusal=lambda one: None) as plain,
    ):
        asyncio.run(check(right, wrong_name, wrong_authority, plain.address[1]))
        receiver.finished()
    assert brightness(receiver.path) == list(range(PARTS * 8))


def test_a_file_without_authorities_is_refused_in_words(tmp_path: Path) -> None:
    (tmp_path / "empty.pem").write_text("")
    for name in ("empty.pem", "none.pem"):
        with pytest.raises(BadInput, match=r"restream\.ca_file"):
            verifying(str(tmp_path / name))


# --- addresses ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "read", "kept"),
    [
        ("rtmp://a.example.com/live2", ("a.example.com", 1935, False, "live2"), None),
        (" rtmps://B.example.com/app/instance/ ", ("b.example.com", 443, True, "app/instance"), "rtmps://b.example.com/app/instance"),
        ("rtmps://host:4443/x", ("host", 4443, True, "x"), None),
        ("rtmp://[2001:db8::1]:1936/live", ("2001:db8::1", 1936, False, "live"), None),
    ],
)  # fmt: skip
def test_an_address_is_read_as_platforms_write_it(
    text: str, read: tuple[str, int, bool, str], kept: str | None
) -> None:
    found = Address.read(text)
    assert (found.host, found.port, found.secure, found.application) == read
    assert str(found) == (kept or text)


@pytest.mark.parametrize(
    ("text", "says"),
    [
        ("http://host/live", "begins with rtmp"),
        ("rtmp://host", "application"),
        ("rtmp:///live", "a host"),
        ("rtmp://user:secret@host/live", "secret"),
        ("rtmp://host/live?key=secret", "stream key"),
        ("rtmp://host:99999/live", "address"),
        ("rtmp://[half/live", "address"),
    ],
)
def test_an_address_that_can_not_be_one_is_refused_without_what_is_secret(text: str, says: str) -> None:
    with pytest.raises(BadInput, match=says) as refusal:
        Address.read(text)
    assert "secret@" not in str(refusal.value)


def test_health_is_what_a_page_needs() -> None:
    async def check() -> Health:
        return target(1).health()

    health = asyncio.run(check())
    assert (health.condition, health.kbps, health.dropped, health.retry_s) == ("connecting", 0, 0, None)
