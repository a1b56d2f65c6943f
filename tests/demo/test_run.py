"""`qc demo` as a person runs it: with a hub, cameras and gauges of its own."""

import contextlib
import json
import os
import pty
import re
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest

from quality_creator.demo.run import SLUG
from tests.peers.hub import free_port

PATIENCE_S = 150.0


class Demo:
    """A running demonstration and what it has printed."""

    def __init__(self, folder: Path, *arguments: str, stdin: int = subprocess.DEVNULL) -> None:
        self.folder = folder
        self.printed = folder.parent / f"{time.monotonic_ns()}.txt"
        command = [sys.executable, "-m", "quality_creator", "demo", "--no-browser", "--data", str(folder)]
        with self.printed.open("wb") as out:
            self.child = subprocess.Popen(
                [*command, "--port", str(free_port()), *arguments],
                stdin=stdin, stdout=out, stderr=subprocess.STDOUT,
            )  # fmt: skip

    def words(self) -> str:
        return self.printed.read_text(encoding="utf-8")

    def address(self) -> str:
        """The page's address, once it is printed."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.child.poll() is None:
            if found := re.search(r"http://\S+/episodes/\S+", self.words()):
                return found[0]
            time.sleep(0.05)
        raise AssertionError(self.words())

    def wait_for(self, words: str) -> None:
        """Until it has said that."""
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and self.child.poll() is None:
            if words in self.words():
                return
            time.sleep(0.05)
        raise AssertionError(self.words())

    def processes(self) -> list[int]:
        """Its own and its children's ids, as it has written them down."""
        lines = (self.folder / "running.txt").read_text(encoding="utf-8").splitlines()
        return [int(line.split()[1]) for line in lines]


@contextmanager
def demo(folder: Path, *arguments: str, stdin: int = subprocess.DEVNULL) -> Iterator[Demo]:
    running = Demo(folder, *arguments, stdin=stdin)
    try:
        yield running
    finally:
        if running.child.poll() is None:
            running.child.send_signal(signal.SIGINT)
            with contextlib.suppress(subprocess.TimeoutExpired):
                running.child.wait(PATIENCE_S)
            running.child.kill()


def alive(pid: int) -> bool:
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    return True


@pytest.mark.slow
def test_an_episode_is_on_air_until_ctrl_c_and_the_next_run_keeps_it(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with demo(folder) as first:
        page = first.address()
        assert page.endswith(f"/episodes/{SLUG}-1")
        assert httpx.get(page, headers={"accept-language": "zh-CN"}).is_success
        children = first.processes()
        assert len(children) == 5
        assert all(alive(pid) for pid in children)

        second = subprocess.run(
            [sys.executable, "-m", "quality_creator", "demo", "--no-browser", "--data", str(folder)],
            capture_output=True, text=True, check=False, timeout=PATIENCE_S,
        )  # fmt: skip
        assert second.returncode == 2
        assert "another demonstration runs here" in second.stderr

        first.child.send_signal(signal.SIGINT)
        assert first.child.wait(PATIENCE_S) == 0
        assert "Ended" in first.words()
        assert not any(alive(pid) for pid in children)
    with demo(folder, "--for", "2") as again:
        page = again.address()
        assert page.endswith(f"/episodes/{SLUG}-2")
        past = page.removesuffix("2") + "1"
        assert httpx.get(past).is_success
        assert again.child.wait(PATIENCE_S) == 0
    assert again.words().count(f"{page}\n") >= 2, "the replay's address is said at the end"


@pytest.mark.slow
def test_a_demonstration_that_is_killed_leaves_nothing_running(tmp_path: Path) -> None:
    with demo(tmp_path / "data") as running:
        running.address()
        children = running.processes()
        running.child.kill()
        deadline = time.monotonic() + PATIENCE_S
        while time.monotonic() < deadline and any(alive(pid) for pid in children[1:]):
            time.sleep(0.2)
        assert not any(alive(pid) for pid in children[1:])


@pytest.mark.slow
def test_readings_of_every_gauge_arrive_through_posts_and_through_a_broker(tmp_path: Path) -> None:
    folder = tmp_path / "data"
    with demo(folder, "--mqtt") as running:
        address, _, _ = running.address().partition("/episodes/")
        token = (folder / "hub" / "operator.token").read_text(encoding="ascii").strip()
        with httpx.Client(base_url=address, headers={"authorization": f"Bearer {token}"}) as client:
            accepted: dict[str, int] = {}
            deadline = time.monotonic() + PATIENCE_S
            while time.monotonic() < deadline and not (accepted and all(n > 3 for n in accepted.values())):
                time.sleep(0.3)
                status = client.get("/api/status").json()
                accepted = {gauge["gauge"]: gauge["accepted"] for gauge in status["gauges"]}
            assert set(accepted) == {"line", "laboratory"}
            assert all(n > 3 for n in accepted.values()), status
            assert status["refusals"] == []


@pytest.mark.slow
def test_an_episode_ends_published_and_doubly_endorsed_by_authorities_that_are_marked_as_made_up(
    tmp_path: Path,
) -> None:
    folder = tmp_path / "data"
    with demo(folder, "--for", "12") as running:
        page = running.address()
        assert running.child.wait(2 * PATIENCE_S) == 0
    words = running.words()
    assert words.count("The double endorsement stands") == 2, words  # online, and from the bundle
    assert words.count("Demonstration: these authorities are made up") == 2
    assert f"{page}/proof" in words
    offline = subprocess.run(
        [sys.executable, "-m", "quality_creator", "verify", str(folder / f"{SLUG}-1.zip"), "--json"],
        capture_output=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert offline.returncode == 0
    assert json.loads(offline.stdout)["demonstration"] is True


@pytest.mark.slow
def test_whoever_ends_it_at_a_keyboard_can_look_at_the_proof_until_they_leave(tmp_path: Path) -> None:
    keyboard, screen = pty.openpty()
    try:
        with demo(tmp_path / "data", stdin=screen) as running:
            page = running.address()
            children = running.processes()
            time.sleep(8.0)  # something to vouch for
            running.child.send_signal(signal.SIGINT)
            running.wait_for("Ctrl-C once more leaves")
            proof = httpx.get(f"{page}/proof", headers={"accept-language": "en"})
            assert "Endorsed by the committee" in proof.text
            running.child.send_signal(signal.SIGINT)
            assert running.child.wait(PATIENCE_S) == 0
            assert running.words().count("The double endorsement stands") == 2, running.words()
            assert not any(alive(pid) for pid in children)
    finally:
        os.close(keyboard)
        os.close(screen)


def test_a_folder_that_can_not_be_made_is_one_clear_line(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")
    done = subprocess.run(
        [sys.executable, "-m", "quality_creator", "demo", "--data", str(tmp_path / "file" / "x")],
        capture_output=True, text=True, check=False, timeout=PATIENCE_S,
    )  # fmt: skip
    assert done.returncode == 2
    assert done.stderr.startswith("qc: --data: ")
    assert len(done.stderr.splitlines()) == 1
