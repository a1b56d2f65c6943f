import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.skipif(sys.platform == "win32", reason="needs fork")
def test_after_a_fault_at_any_call_of_an_append_the_log_is_whole_and_goes_on() -> None:
    # In memory where there is such a place: nothing here depends on when a disk writes.
    memory = Path("/dev/shm")
    folder = Path(tempfile.mkdtemp(dir=memory if memory.is_dir() else None))
    try:
        command = [sys.executable, "-m", "tests.peers.log_fault", str(folder)]
        answer = subprocess.run(command, check=False, cwd=ROOT, capture_output=True, text=True, timeout=590)
    finally:
        shutil.rmtree(folder)
    lines = answer.stdout.split("\n")
    assert answer.returncode == 0, "\n".join([*lines[-5:], answer.stderr])
    # Every way of going wrong was really met, at many places.
    assert sum(line.startswith("kill") for line in lines) > 40
    assert sum(line.startswith("error") and " 7 " in line for line in lines) > 40
