"""Builds a hub from the rooms and supervises it: the one place that wires."""

import asyncio
import contextlib
import gc
import importlib
import os
import secrets
import signal
import socket
import sys
from collections.abc import AsyncIterator, Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import structlog
import uvicorn

from quality_creator.actions import abilities, episodes, follow, people, progress, signing
from quality_creator.actions.hub import Hub
from quality_creator.actions.ingest import Ingest
from quality_creator.actions.ledger import Ledger
from quality_creator.actions.replay import Replays
from quality_creator.config import Config, RtmpCamera
from quality_creator.factory.connectors import connectors
from quality_creator.media.spare import Process, Spares
from quality_creator.model.errors import BadInput, Unavailable
from quality_creator.store.database import open_folder
from quality_creator.store.recording import Recordings
from quality_creator.web import app, pages
from quality_creator.web.express import Express

if TYPE_CHECKING:
    import httpx

log = structlog.get_logger()

BACKLOG = 2048
"""Connections that may wait at a listening socket: all players come back at once after a restart."""

CLOCK_LOOK_S = 5.0
"""How often the wall clock is compared with the monotonic one."""

CLOCK_JUMP_S = 0.5

PARENT_LOOK_S = 1.0

WARM_S = 5.0
"""After the start, before the rest is loaded."""


class Stopped(Exception):
    """Somebody asked the hub to stop."""


def run(config: Config, *, parent: int | None = None, spare: Process | None = None) -> None:
    """Run a hub until SIGINT or SIGTERM, or until the process `parent`, which started it, has left.

    `spare` is a media worker that was started already; when the hub does not get far enough to use it,
    it leaves by itself.

    Raises:
        BadInput: the configuration can't be carried out here (a port in use, an unreadable folder).
    """
    structlog.configure(
        processors=[
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            structlog.dev.ConsoleRenderer(colors=sys.stderr.isatty()),
        ],
        logger_factory=structlog.PrintLoggerFactory(sys.stderr),
    )
    with contextlib.suppress(KeyboardInterrupt), asyncio.Runner(loop_factory=_loop_factory()) as runner:
        runner.run(_hub(config, parent, spare))


def _loop_factory() -> Callable[[], asyncio.AbstractEventLoop] | None:
    """uvloop where there is one (there is none for Windows)."""
    try:
        import uvloop
    except ImportError:
        return None
    return uvloop.new_event_loop


async def _hub(config: Config, parent: int | None, spare: Process | None) -> None:
    folder = config.path(config.hub.data)
    database = await open_folder(folder)
    try:
        with contextlib.ExitStack() as sockets:
            web = sockets.enter_context(_listening("hub.port", config.hub.host, config.hub.port))
            rtmp = None
            if any(isinstance(camera, RtmpCamera) for camera in config.cameras):
                rtmp = sockets.enter_context(_listening("rtmp.port", config.rtmp.host, config.rtmp.port))
            recordings = await Recordings.open_(database, folder, config.hub.objects)
            ingest = await Ingest.open(database, config)
            gauges = connectors(config, lambda: datetime.now(UTC))
            signs = signing.signatory(config, datetime.now(UTC))
            async with _client(config) as client, _stoppable() as tasks:
                ledger = await Ledger.open(database, signing.open_keys(config), config, client)
                hub = Hub(
                    config=config,
                    database=database,
                    recordings=recordings,
                    ingest=ingest,
                    ledger=ledger,
                    replays=Replays(database, recordings),
                    connectors=gauges,
                    tasks=tasks,
                    operator_token=operator_token(folder),
                    rtmp=rtmp,
                    signatory=signs,
                    spares=Spares(spare, rtmp),
                )
                tasks.create_task(hub.spares.run(), name="spares")
                tasks.create_task(ingest.run(), name="ingest")
                tasks.create_task(ledger.run(), name="log")
                if config.signing.timestamp:
                    from quality_creator.actions.timestamps import Timestamps

                    assert client is not None
                    stamps = Timestamps(ledger, client, config.signing.timestamp)
                    tasks.create_task(stamps.run(), name="time stamps")
                for connector in gauges:
                    tasks.create_task(connector.run(ingest.take), name="gauge")
                for episode in await database.episodes.in_states("on-air"):
                    await episodes.put_on_air(hub, episode)
                if not await people.everybody(hub):
                    log.info("nobody has an account yet; `qc people admin-code` lets the first one in")
                tasks.create_task(_serve(hub, web), name="web")
                tasks.create_task(progress.keep(hub), name="progress")
                tasks.create_task(hub.challenges.keep(hub), name="challenges")
                tasks.create_task(_watch_clock(), name="clock")
                if parent is not None:
                    tasks.create_task(_watch_parent(parent), name="parent")
                tasks.create_task(follow.keep(hub), name="follow the speaker")
                tasks.create_task(abilities.keep(hub), name="abilities")
                tasks.create_task(_warm(), name="warm")
    finally:
        await database.close()


@contextlib.asynccontextmanager
async def _client(config: Config) -> AsyncIterator["httpx.AsyncClient | None"]:
    """What asks witnesses and time-stamp authorities; None where there are none: it takes long to load."""
    if not (config.log.policy or config.signing.timestamp):
        yield None
        return
    import httpx

    async with httpx.AsyncClient() as client:
        yield client


async def _warm() -> None:
    """Load what first visitors need, and what charts are studied with, once nobody waits for the start."""
    await asyncio.sleep(WARM_S)
    await asyncio.to_thread(_load)
    # What is loaded stays: looking through it for garbage would only keep the event loop from its work.
    gc.collect()
    gc.freeze()
    gc.enable()


def _load() -> None:
    with contextlib.suppress(Unavailable):  # without a built front end there are no pages
        pages.warm()
    for name in ("webauthn", "argon2", "scipy.special", "segno"):
        importlib.import_module(name)


@contextlib.asynccontextmanager
async def _stoppable() -> AsyncIterator[asyncio.TaskGroup]:
    """A task group that SIGINT and SIGTERM end without noise; a bug in a task ends it loudly."""
    stop = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(number, stop.set)
    try:
        async with asyncio.TaskGroup() as tasks:
            yield tasks
            await stop.wait()
            raise Stopped
    except* Stopped:
        log.info("stopped")


async def _serve(hub: Hub, listening: socket.socket) -> None:
    server = _Server(
        uvicorn.Config(
            Express(app.build(hub), hub),
            http="httptools",
            ws="none",
            log_config=None,
            access_log=False,
            proxy_headers=True,
            timeout_keep_alive=30,
            timeout_graceful_shutdown=2,
            lifespan="off",
        )
    )
    log.info("hub", address=f"http://{hub.config.hub.host}:{hub.config.hub.port}")
    try:
        await server.serve(sockets=[listening])
    except asyncio.CancelledError:
        server.should_exit = True
        raise


class _Server(uvicorn.Server):
    """Signals are the hub's, not the web server's."""

    @contextlib.contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


async def _watch_parent(parent: int) -> None:
    """Stop as by SIGTERM when whoever started us has left without saying so."""
    while os.getppid() == parent:  # noqa: ASYNC110 - the system tells nobody; it can only be asked
        await asyncio.sleep(PARENT_LOOK_S)
    signal.raise_signal(signal.SIGTERM)


async def _watch_clock() -> None:
    """Say it in one line when the wall clock jumps; nothing that is on air depends on it."""
    before = datetime.now(UTC).timestamp() - asyncio.get_running_loop().time()
    while True:
        await asyncio.sleep(CLOCK_LOOK_S)
        now = datetime.now(UTC).timestamp() - asyncio.get_running_loop().time()
        if abs(now - before) > CLOCK_JUMP_S:
            log.warning("the clock jumped", seconds=round(now - before, 3))
        before = now


def operator_token(folder: Path) -> str:
    """The operator's token, made at the first start; only its owner may read the file.

    Raises:
        BadInput: it can't be read or written.
    """
    path = folder / "operator.token"
    try:
        with contextlib.suppress(FileExistsError):
            descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
            with os.fdopen(descriptor, "w") as file:
                file.write(secrets.token_urlsafe(32))
        token = path.read_text(encoding="ascii").strip()
    except OSError as error:
        raise BadInput(f"{path}: {error.strerror}") from error
    if len(token) < 16:
        raise BadInput(f"{path}: too short to be a token; delete it, and the next start makes another")
    return token


@contextlib.contextmanager
def _listening(key: str, host: str, port: int) -> Iterator[socket.socket]:
    """A socket that listens. Raises BadInput that names the key."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as listening:
        listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            listening.bind((host, port))
            listening.listen(BACKLOG)
        except OSError as error:
            raise BadInput(f"{key}: can't listen at {host}:{port}: {error.strerror}") from error
        listening.setblocking(False)
        yield listening
