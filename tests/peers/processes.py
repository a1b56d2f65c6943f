"""Processes and their descendants: found, stopped and let go on, and how much they have cost."""

import os
import signal
from collections.abc import Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path


def having(word: str) -> int:
    """The process with a word in its command line."""
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            if word.encode() in (folder / "cmdline").read_bytes().split(b"\0"):
                return int(folder.name)
    raise AssertionError(f"no process has {word} in its command line")


def family(pid: int) -> list[int]:
    """A process and its descendants, parents first."""
    parents: dict[int, int] = {}
    for folder in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            parents[int(folder.name)] = int(_fields(folder)[1])
    found = [pid]
    for one in found:
        found += [child for child, parent in parents.items() if parent == one]
    return found


def cpu_s(pids: Sequence[int]) -> float:
    """Processor seconds that processes have used so far, without those of children that have ended."""
    ticks = 0
    for pid in pids:
        with suppress(OSError):
            ticks += sum(int(field) for field in _fields(Path(f"/proc/{pid}"))[11:13])
    return ticks / os.sysconf("SC_CLK_TCK")


@contextmanager
def stopped(pid: int) -> Iterator[None]:
    """As when a computer falls asleep: a process and its descendants stand still until the end."""
    pids = family(pid)
    _send(pids, signal.SIGSTOP)
    try:
        yield
    finally:
        _send(pids, signal.SIGCONT)


def _fields(folder: Path) -> list[str]:
    """Of `stat`, from the state on: the name before it stands in brackets and may hold anything."""
    return (folder / "stat").read_text().rpartition(")")[2].split()


def _send(pids: list[int], what: signal.Signals) -> None:
    for pid in pids:
        with suppress(ProcessLookupError):
            os.kill(pid, what)
