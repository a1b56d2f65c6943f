"""A second try starts from clean ground, and what stopped the first one is printed."""

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


@pytest.fixture
def ran(tmp_path: Path) -> str:
    """What pytest prints of such a suite under our conftest."""
    (tmp_path / "tests/e2e").mkdir(parents=True)
    (tmp_path / "tests/conftest.py").write_text(Path(conftest.__file__).read_text("utf-8"), "utf-8")
    (tmp_path / "tests/e2e/test_desk.py").write_text(SUITE, "utf-8")
    configuration = Path(conftest.__file__).parents[1] / "pyproject.toml"
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-c", configuration, "--rootdir", tmp_path, tmp_path / "tests"],
        cwd=tmp_path,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.stdout + done.stderr


def test_a_second_try_has_fixtures_of_its_own_and_what_stopped_the_first_is_printed(ran: str) -> None:
    assert "4 passed, 2 rerun" in ran, ran
    assert "AssertionError: the machine was busy" in ran
    assert "AssertionError: the machine was still busy" in ran
    assert 'assert len(made) == 2, "the machine was busy"' in ran  # with its place in the source
