"""`qc demo`: a hub, the made-up factory that it visits, and a director, until somebody ends it."""

import contextlib
import os
import shutil
import signal
import socket
import subprocess
import sys
import time
import webbrowser
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from types import FrameType
from typing import Final

from quality_creator.config import Config, MqttGauge, load
from quality_creator.demo import authorities, broker, config
from quality_creator.demo.child import Child, qc
from quality_creator.demo.director import OPENING, scene_at
from quality_creator.demo.hub_api import Operator
from quality_creator.demo.texts import BRAND, SUMMARY, TITLE
from quality_creator.model.errors import BadInput, Conflict, Unavailable
from quality_creator.model.scene import Scene

SLUG: Final = "tingyan"
_READY_S = 30.0
_STEADY_S = 5.0
"""A child that leaves sooner is not started again: it would only leave once more."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Options:
    """What a person may ask of the demonstration."""

    data: Path
    port: int
    """Where the page is; when it is taken, the next free one."""
    seconds: float | None
    """How long the episode is on air; None is until Ctrl-C."""
    browser: bool
    mqtt: bool
    barcode: bool


def run(options: Options) -> None:
    """Put an episode on air and keep it there.

    Raises:
        BadInput: the folder can't be used, or a demonstration runs in it already.
        Unavailable: the hub does not come up; its last words.
    """
    folder = _folder(options.data)
    with ExitStack() as stack:
        stack.enter_context(_alone(folder))
        stack.enter_context(_terminable())
        witness_ports = _free(8090), _free(8190)
        authorities.write_policy(folder, folder / config.DATA, witness_ports)
        settings = _settings(folder, options)
        address = f"http://{settings.hub.host}:{settings.hub.port}"
        operator = Operator(address, settings.path(settings.hub.data) / "operator.token")
        stack.callback(operator.close)
        children = stack.enter_context(_children(folder, settings, options, witness_ports))
        _await(operator, children["hub"])
        slug = _episode(operator, folder)
        page = f"{address}/episodes/{slug}"
        _say(f"On air · 正在直播:  {page}")
        _say("  The page speaks Chinese or English, as your browser asks, and can be switched.")
        _say("  页面按浏览器的语言显示中文或英文，也可在页面上切换。")
        _say("  Brand, pictures and figures are simulated · 品牌、画面与数据均为模拟")
        _say("  Ctrl-C ends the episode · 按 Ctrl-C 结束")
        if options.browser and _has_screen():
            webbrowser.open(page)
        with contextlib.suppress(KeyboardInterrupt):
            _direct(operator, children, slug, options.seconds)
        operator.end(slug)
        _say(f"Ended · 已结束。Replay · 回看:  {page}")
        bundle = _prove(operator, folder, slug, page)
        if bundle is not None and options.seconds is None and sys.stdin.isatty():
            _stay(children["simulator"], page)
    if bundle is not None:
        _say(f"The same without a hub and without a network · 断网核验:  {_program()} verify {bundle}")
        _qc("verify", str(bundle))
    _say(f"  The replay is served as long as a hub runs: {_command(folder)}, or the next demonstration.")


def _prove(operator: Operator, folder: Path, slug: str, page: str) -> Path | None:
    """Publish the episode, let the made-up authorities endorse it, and check all that as anyone can."""
    try:
        authorities.vouch(operator, folder, slug, page)
    except (BadInput, Unavailable) as error:
        _say(f"  Not published: {error}")
        return None
    _say(f"Published, endorsed by two made-up authorities · 已发布，两家虚构机构已背书:  {page}/proof")
    _say(f"Anyone can check it · 人人可核验:  {_program()} verify {page}")
    _qc("verify", page)
    bundle = _from_here(folder / f"{slug}.zip")
    _qc("bundle", page, str(bundle), "--with-media")
    return bundle


def _stay(simulator: Child, page: str) -> None:
    """Whoever ended the episode at a keyboard can look at what became of it, until they have seen enough."""
    simulator.end()
    with contextlib.suppress(KeyboardInterrupt):
        _say(f"See who vouches for it · 查看背书:  {page}/proof")
        _say("  Ctrl-C once more leaves, and checks the bundle without the hub.")
        _say("  再按一次 Ctrl-C 退出，并断网核验。")
        while True:
            time.sleep(3600)


def _qc(*arguments: str) -> None:
    """One of our own commands, as a person would type it."""
    subprocess.run(qc(*arguments), check=False)


def _direct(operator: Operator, children: dict[str, Child], slug: str, seconds: float | None) -> None:
    """Change scenes by the script, and start children again that leave."""
    began = time.monotonic()
    shown: Scene = OPENING
    while (elapsed := time.monotonic() - began) < (seconds if seconds is not None else float("inf")):
        for name, child in children.items():
            if child.left is not None:
                children[name] = _again(name, child)
                _note(children)
        wanted = scene_at(elapsed)
        if wanted != shown:
            # While hub or worker starts again it can't be taken; the next round tries again.
            with contextlib.suppress(Unavailable, Conflict):
                operator.take(slug, wanted)
                shown = wanted
        time.sleep(0.25)


def _again(name: str, child: Child) -> Child:
    if time.monotonic() - child.began < _STEADY_S:
        raise Unavailable(
            f"{name} left with {child.left}; its last words ({child.log}):\n{child.last_words()}"
        )
    _say(f"  {name} left with {child.left}; started again (its log: {child.log})")
    return child.again()


@contextmanager
def _children(
    folder: Path, settings: Config, options: Options, witness_ports: Sequence[int]
) -> Iterator[dict[str, Child]]:
    """Hub, simulator, witnesses and, where asked for, a broker; all of them leave with the block."""
    file = str(folder / config.FILE)
    own = str(os.getpid())
    children: dict[str, Child] = {}
    try:
        for gauge in settings.gauges:
            if isinstance(gauge, MqttGauge):
                program = broker.program(folder, gauge.port, gauge.username, gauge.password)
                children["broker"] = Child(program, folder / "broker.log")
        data = settings.path(settings.hub.data)
        for name, program in authorities.witnesses(folder, data, witness_ports).items():
            children[name] = Child(program, folder / f"{name}.log")
        children["hub"] = Child(qc("hub", "--config", file, "--parent", own), folder / "hub.log")
        arguments = ["simulate", "--config", file, "--parent", own]
        arguments += ["--seed", str(len(_past(folder)) + 1)]
        arguments += ["--barcode"] if options.barcode else []
        children["simulator"] = Child(qc(*arguments), folder / "simulator.log")
        _note(children)
        yield children
    finally:
        for name in ("simulator", "hub", *(name for name in children if name not in ("simulator", "hub"))):
            if name in children:
                children[name].end()


def _await(operator: Operator, hub: Child) -> None:
    deadline = time.monotonic() + _READY_S
    while not operator.ready():
        if hub.left is not None:
            raise Unavailable(
                f"the hub left with {hub.left}; its last words ({hub.log}):\n{hub.last_words()}"
            )
        if time.monotonic() > deadline:
            raise Unavailable(f"the hub does not answer within {_READY_S:.0f} s; its log is {hub.log}")
        time.sleep(0.05)


def _episode(operator: Operator, folder: Path) -> str:
    """A new episode on air; one that an earlier demonstration left there is ended first."""
    for slug in operator.slugs_on_air():
        operator.end(slug)
    number = len(_past(folder)) + 1
    while True:
        slug = f"{SLUG}-{number}"
        try:
            operator.plan(slug, title=TITLE, summary=SUMMARY, brand=BRAND, scene=OPENING)
            break
        except Conflict:
            number += 1
    operator.start(slug)
    with (folder / _EPISODES).open("a", encoding="utf-8") as file:
        file.write(f"{slug}\n")
    return slug


# --- the folder --------------------------------------------------------------------------------------

_EPISODES: Final = "episodes.txt"
_RUNNING: Final = "running.txt"


def _folder(data: Path) -> Path:
    try:
        data.mkdir(mode=0o700, parents=True, exist_ok=True)
    except OSError as error:
        raise BadInput(f"--data: {data}: {error.strerror}") from error
    return data.resolve()


def _past(folder: Path) -> list[str]:
    """The slugs of all episodes of this folder."""
    with contextlib.suppress(FileNotFoundError):
        return (folder / _EPISODES).read_text(encoding="utf-8").split()
    return []


@contextmanager
def _alone(folder: Path) -> Iterator[None]:
    """Two hubs on one folder would spoil it: whoever comes second is told."""
    note = folder / _RUNNING
    with contextlib.suppress(FileNotFoundError):
        for line in note.read_text(encoding="utf-8").splitlines():
            name, _, pid = line.partition(" ")
            if pid.isdecimal() and _alive(int(pid)):
                raise BadInput(
                    f"{folder}: {name} of another demonstration runs here (process {pid}); end it, "
                    f"or give another folder with --data; if it is something else, delete {note}"
                )
    note.write_text(f"demo {os.getpid()}\n", encoding="utf-8")
    try:
        yield
    finally:
        note.unlink(missing_ok=True)


def _note(children: dict[str, Child]) -> None:
    """Who runs in the folder, for whoever comes second."""
    lines = [f"demo {os.getpid()}", *(f"{name} {child.pid}" for name, child in children.items())]
    folder = next(iter(children.values())).log.parent
    (folder / _RUNNING).write_text("\n".join([*lines, ""]), encoding="utf-8")


def _alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


# --- ports, signals, words ---------------------------------------------------------------------------


def _settings(folder: Path, options: Options) -> Config:
    port = _free(options.port)
    if port != options.port:
        _say(f"  Port {options.port} is taken; using {port}.")
    file = config.write(
        folder,
        port=port,
        rtmp_port=_free(1935),
        broker_port=_free(1883) if options.mqtt else None,
        log=authorities.LOG,
    )
    return load(file)


def _free(wanted: int) -> int:
    """This port or the next one that is free."""
    for port in range(wanted, min(wanted + 100, 65_536)):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return port
    raise BadInput(f"no port from {wanted} on is free; give another with --port")


@contextmanager
def _terminable() -> Iterator[None]:
    """SIGTERM ends it as Ctrl-C does."""

    def interrupt(_number: int, _frame: FrameType | None) -> None:
        raise KeyboardInterrupt

    before = signal.signal(signal.SIGTERM, interrupt)
    try:
        yield
    except KeyboardInterrupt:
        _say("Ended before it was on air.")
    finally:
        signal.signal(signal.SIGTERM, before)


def _has_screen() -> bool:
    """Whether a browser would show a window; in a terminal it would take the terminal over."""
    if sys.platform in ("darwin", "win32"):
        return True
    return any(os.environ.get(name) for name in ("DISPLAY", "WAYLAND_DISPLAY"))


def _command(folder: Path) -> str:
    return f"`{_program()} hub --config {_from_here(folder / config.FILE)}`"


def _program() -> str:
    """`qc` as it can be typed here: a first run has it in a folder that no shell looks into."""
    started = Path(sys.argv[0])
    if started.name != "qc" or shutil.which("qc") is not None:
        return "qc"
    return str(_from_here(started.absolute()))


def _from_here(path: Path) -> Path:
    with contextlib.suppress(ValueError):
        return path.relative_to(Path.cwd())
    return path


def _say(words: str) -> None:
    print(words, flush=True)
