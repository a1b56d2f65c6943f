"""How the tests are run: both halves whatever becomes of one, and a second try from clean ground."""

import re
import subprocess
import sys
from pathlib import Path

import pytest

from tests import conftest

SUITE = '''
import pytest

made = []

@pytest.fixture(scope="module")
def hub():
    """What a first try changes for good."""
    made.append({"accounts": []})
    yield made[-1]
    made[-1]["ended"] = True

def test_before(hub):
    hub["accounts"].append("before")

def test_stops_in_the_middle_of_its_first_try(hub):
    assert "boss" not in hub["accounts"]
    hub["accounts"].append("boss")
    assert len(made) == 2, "the machine was busy"

def test_after(hub):
    assert [one.get("ended") for one in made] == [True, None]
    assert hub["accounts"] == ["boss"]

def test_stops_as_the_last_of_its_module(hub):
    hub["accounts"].append("last")
    assert hub["accounts"] == ["last"], "the machine was still busy"
'''


HERE = Path(conftest.__file__).parent


def ran(folder: Path, module: str, *arguments: str, **suites: str) -> subprocess.CompletedProcess[str]:
    """What comes of suites under our conftest; `e2e` and `model` are the folders that they are in."""
    (folder / "tests").mkdir()
    (folder / "tests/conftest.py").write_text((HERE / "conftest.py").read_text("utf-8"), "utf-8")
    for name, text in suites.items():
        (folder / "tests" / name).mkdir()
        (folder / "tests" / name / f"test_{name}.py").write_text(text, "utf-8")
    place = ["-c", HERE.parent / "pyproject.toml", "--rootdir", folder, folder / "tests"]
    command = [sys.executable, "-m", module, *place, *arguments]
    return subprocess.run(command, cwd=HERE.parent, capture_output=True, text=True, check=False)


def test_a_second_try_has_fixtures_of_its_own_and_what_stopped_the_first_is_printed(tmp_path: Path) -> None:
    words = ran(tmp_path, "pytest", e2e=SUITE).stdout
    assert "4 passed, 2 rerun" in words, words
    assert "AssertionError: the machine was busy" in words
    assert "AssertionError: the machine was still busy" in words
    assert 'assert len(made) == 2, "the machine was busy"' in words  # with its place in the source


FINE, WRONG = "def test_fine(): pass", "def test_wrong(): assert False"


@pytest.mark.parametrize(
    ("computing", "real_time", "chosen", "code"),
    [
        (WRONG, FINE, "test", 1),
        (FINE, FINE, "e2e", 0),
    ],
)
def test_both_halves_run_and_one_that_fails_fails_the_whole(
    tmp_path: Path, computing: str, real_time: str, chosen: str, code: int
) -> None:
    done = ran(tmp_path, "tests.run", "-k", chosen, model=computing, e2e=real_time)
    assert done.returncode == code, done.stdout + done.stderr
    assert len(re.findall(r" in [\d.]+s", done.stdout)) == 2
