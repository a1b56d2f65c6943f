"""What a foreign program said, as `make interop` prints and counts it; and where the programs are."""

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Literal

Outcome = Literal["right", "wrong", "absent"]

BUILD = Path(__file__).resolve().parent.parent / "build"
"""Where programs may be put that are made for this."""


def find(name: str, *more: Path) -> str | None:
    """A program beside our Python, in one of the other places, or on the path."""
    places = [Path(sys.executable).parent, *more]
    return shutil.which(name, path=os.pathsep.join(map(str, places))) or shutil.which(name)


def say(who: str, outcome: Outcome, words: str) -> Outcome:
    """Print a line, and pass the outcome on."""
    print(f"interop: {who}: {words}")
    return outcome


def run(command: Sequence[str | Path], **options: str | Path) -> subprocess.CompletedProcess[str]:
    """Run a program to its end; what it prints is kept."""
    return subprocess.run(
        [str(one) for one in command], capture_output=True, text=True, check=False, timeout=300, **options
    )


def judge(who: str, *, good: bool, refused: Sequence[bool], words: str) -> Outcome:
    """Right when it takes what is right, and refuses everything that is not."""
    if not good:
        return say(who, "wrong", "IT REFUSES WHAT IS RIGHT")
    if not all(refused):
        return say(who, "wrong", f"IT TAKES WHAT IS NOT RIGHT ({refused.index(False) + 1} of {len(refused)})")
    return say(who, "right", f"{words}; {len(refused)} forged are refused")
