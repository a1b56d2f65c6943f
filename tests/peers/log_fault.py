"""A log's writer whose calls fail, fall short or are its last: `python -m tests.peers.log_fault FOLDER`.

For every call that an append makes, and every way in which it can go wrong, a process of its own appends to
a copy of the same log; another one then looks at what is left, goes on, and looks again. One line is printed
for each; the first that is not right ends it with the exit code 1.
"""

import asyncio
import io
import os
import shutil
import sqlite3
import sys
import traceback
from collections.abc import Callable
from pathlib import Path
from typing import Any

from quality_creator.model.errors import QualityCreatorError
from quality_creator.store import ledger
from quality_creator.trust.log import checkpoint, merkle
from quality_creator.trust.log.checkpoint import Checkpoint, Signed
from tests.actions.logs import check, enter, writing

BEFORE = 255
"""Entries of the log; one more fills a tile, and with it begins one above."""

NOT_REACHED, FAULT, KILLED = 3, 7, 9


class Faults:
    """Counts calls, and lets one of them go wrong."""

    def __init__(self, number: int, kind: str) -> None:
        self._left = number
        self._kind = kind
        self.armed = self.reached = False

    def hit(self) -> bool:
        """Whether this is the call; for `kill` it does not return."""
        if not self.armed:
            return False
        self._left -= 1
        if self._left:
            return False
        self.reached = True
        if self._kind == "kill":
            os._exit(KILLED)
        return True

    def install(self) -> None:
        for name in ("fsync", "link", "replace", "unlink", "open", "mkdir"):
            setattr(os, name, self._wrapped(getattr(os, name)))
        opened = io.open
        io.open = lambda *given, **more: self._file(opened, *given, **more)  # type: ignore[assignment]
        faults = self

        class Connection(sqlite3.Connection):
            def commit(self) -> None:
                if faults.hit():
                    raise sqlite3.OperationalError("disk I/O error")
                super().commit()
                if faults.hit():
                    raise sqlite3.OperationalError("disk I/O error")

        connect = sqlite3.connect
        sqlite3.dbapi2.connect = lambda *given, **more: connect(*given, factory=Connection, **more)  # type: ignore[attr-defined]

    def _wrapped(self, real: Callable[..., Any]) -> Callable[..., Any]:
        def call(*given: Any, **more: Any) -> Any:
            if self.hit():
                raise OSError(28, "No space left on device")
            return real(*given, **more)

        return call

    def _file(self, real: Callable[..., Any], path: Any, mode: str = "r", *given: Any, **more: Any) -> Any:
        file = real(path, mode, *given, **more)
        return _Short(file, self) if "x" in mode else file


class _Short:
    """A file whose write may end in the middle."""

    def __init__(self, file: Any, faults: Faults) -> None:
        self._file = file
        self._faults = faults

    def write(self, data: bytes) -> int:
        half = len(data) // 2
        self._file.write(data[:half])
        self._file.flush()
        if self._faults.hit():
            raise OSError(28, "No space left on device")
        return half + int(self._file.write(data[half:]))

    def __getattr__(self, name: str) -> Any:
        return getattr(self._file, name)

    def __enter__(self) -> "_Short":
        return self

    def __exit__(self, *_: object) -> None:
        self._file.close()


def note_what_is_signed(folder: Path) -> None:
    """Every signature is written down before it is made."""
    real = checkpoint.sign

    def sign(one: Checkpoint, private: Any) -> Signed:
        with (folder / "signed").open("a", encoding="ascii") as file:
            file.write(f"{one.size} {one.root.hex()}\n")
        return real(one, private)

    checkpoint.sign = sign


async def begin(folder: Path) -> None:
    async with writing(folder) as (database, writer):
        for number in range(BEFORE):
            await enter(database, number)
        await writer.step()


async def append(folder: Path, faults: Faults) -> int:
    """0, or `NOT_REACHED` when there are fewer calls than that."""
    faults.install()
    note_what_is_signed(folder)
    async with writing(folder) as (database, writer):
        faults.armed = True
        await enter(database, BEFORE)
        while await writer.step():
            pass
        faults.armed = False
    return 0 if faults.reached else NOT_REACHED


async def look_and_go_on(folder: Path) -> None:
    found = await check(folder)
    assert found.wrong == (), found.wrong
    assert found.size >= BEFORE
    async with writing(folder) as (database, writer):
        entered = await database.look(ledger.count)
        await enter(database, entered)
        while await writer.step():
            pass
        leaves = [merkle.leaf_hash(e.leaf) for e in await database.look(ledger.entries, 0, 1_000)]
    after = await check(folder)
    assert (after.size, after.wrong) == (entered + 1, ()), after
    if (folder / "signed").exists():
        for line in (folder / "signed").read_text(encoding="ascii").splitlines():
            size, root = line.split()
            assert merkle.root_of(leaves[: int(size)]).hex() == root, f"a fork was signed at {size}"


def apart(act: Callable[[], int | None]) -> int:
    """Do something in a process of its own; its exit code."""
    pid = os.fork()
    if pid == 0:
        code = 1
        try:
            code = act() or 0
        except (QualityCreatorError, OSError):
            code = FAULT
        except BaseException:  # noqa: BLE001 - whatever it is, the parent must hear of it
            traceback.print_exc()
        finally:
            sys.stdout.flush()
            os._exit(code)
    return os.waitstatus_to_exitcode(os.waitpid(pid, 0)[1])


def main(folder: Path) -> int:
    base, trial = folder / "base", folder / "trial"
    if apart(lambda: asyncio.run(begin(base))) != 0:
        return 1
    for kind in ("kill", "error"):
        code = 0
        number = 0
        while code != NOT_REACHED:
            number += 1
            shutil.rmtree(trial, ignore_errors=True)
            shutil.copytree(base, trial)
            faults = Faults(number, kind)
            code = apart(lambda faults=faults: asyncio.run(append(trial, faults)))
            left = apart(lambda: asyncio.run(look_and_go_on(trial)))
            print(kind, number, code, left, flush=True)
            if left != 0 or code not in (
                (NOT_REACHED, KILLED) if kind == "kill" else (NOT_REACHED, FAULT, 0)
            ):
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
