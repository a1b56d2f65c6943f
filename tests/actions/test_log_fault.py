import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


def _run(program: str) -> list[str]:
    """The lines of a program that was right to the end."""
    # In memory where there is such a place: nothing here depends on when a disk writes.
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    try:
        command = [sys.executable, "-m", program, str(folder)]
        answer = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=590)
    finally:
        shutil.rmtree(folder)
    lines = answer.stdout.split("\n")
    assert answer.returncode == 0, "\n".join([*lines[-5:], answer.stderr])
    return lines


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_after_a_fault_at_any_call_of_an_append_the_log_is_whole_and_goes_on() -> None:
    lines = _run("tests.peers.log_fault")
    # Every way of going wrong was really met, at many places.
    assert sum(line.startswith("kill") for line in lines) > 40
    assert sum(line.startswith("error") and " 7 " in line for line in lines) > 40


@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_a_witness_that_is_killed_anywhere_never_cosigns_a_fork_of_what_it_has_said() -> None:
    lines = _run("tests.peers.witness_fault")
    # Before it remembered and after, and between what it remembered and its answer.
    assert sum(line.startswith("kill") for line in lines) > 5
    assert sum(line.startswith("error") and " 7 " in line for line in lines) > 3
