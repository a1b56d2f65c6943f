"""A child process of the demonstration: its log in a file, its end expected or explained."""

import contextlib
import signal
import subprocess
import sys
import time
from collections.abc import Sequence
from pathlib import Path

_PATIENCE_S = 10.0
"""How long a child may take to leave when it is asked to."""


class Child:
    """A program in a session of its own, so that Ctrl-C reaches the parent alone."""

    def __init__(self, program: Sequence[str], log: Path) -> None:
        self.program, self.log = tuple(program), log
        self.began = time.monotonic()
        with log.open("ab") as file:
            self._process = subprocess.Popen(
                self.program,
                stdin=subprocess.DEVNULL,
                stdout=file,
                stderr=subprocess.STDOUT,
                start_new_session=True,
            )

    def again(self) -> "Child":
        """The same once more, after it has left."""
        return Child(self.program, self.log)

    @property
    def pid(self) -> int:
        """Its process id."""
        return self._process.pid

    @property
    def left(self) -> int | None:
        """Its exit code once it has left."""
        return self._process.poll()

    def last_words(self, lines: int = 12) -> str:
        """The end of its log."""
        with contextlib.suppress(OSError):
            return "\n".join(self.log.read_text(encoding="utf-8", errors="replace").splitlines()[-lines:])
        return ""

    def end(self) -> None:
        """Ask it to leave, and make it leave when it does not."""
        if self.left is not None:
            return
        self._process.send_signal(signal.SIGTERM)
        try:
            self._process.wait(_PATIENCE_S)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()


def qc(*arguments: str) -> list[str]:
    """The program that runs our own command with these arguments."""
    return [sys.executable, "-m", "quality_creator", *arguments]
