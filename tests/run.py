"""Run the tests: what only computes on all cores at once, then what runs in real time, one after the other.

`python -m tests.run ARGUMENTS` hands its arguments to pytest twice. Both halves run, whatever becomes of the
first; one that nothing was chosen from counts for nothing.
"""

import subprocess
import sys
from collections.abc import Sequence

COMPUTING = ("--half=computing", "--numprocesses=auto", "--dist=loadscope", "--no-loadscope-reorder")
REAL_TIME = ("--half=real-time",)

NOTHING_CHOSEN = 5


def both(arguments: Sequence[str]) -> int:
    """The exit code: of the first half that was not right, or pytest's for no test at all."""
    codes = []
    for half in (COMPUTING, REAL_TIME):
        done = subprocess.run([sys.executable, "-m", "pytest", *half, *arguments], check=False)
        codes.append(done.returncode)
    return next((code for code in codes if code not in (0, NOTHING_CHOSEN)), min(codes))


if __name__ == "__main__":
    sys.exit(both(sys.argv[1:]))
