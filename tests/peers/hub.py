"""A real hub as a child process, started, killed and started again as an operator would."""

import contextlib
import random
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import httpx
import msgspec

CAMERA = """
[[cameras]]
kind = "generated"
id = "{id}"
name = {{ zh-Hans = "测试画面", en = "Test picture" }}
"""

FACTORY = """
[[lines]]
id = "taps"
name = { zh-Hans = "水龙头线", en = "Taps" }

[[gauges]]
kind = "http"
id = "bench"
token = "a-token-for-the-tests"
[[gauges.tags]]
tag = "leak"
characteristic = "leak-pressure"
[[gauges.counters]]
tag = "line"
line = "taps"

[[characteristics]]
id = "leak-pressure"
name = { zh-Hans = "泄漏压降", en = "Leak pressure drop" }
unit = "kPa/min"
line = "taps"
camera = "cam"
[characteristics.specification]
upper = 2.0
[characteristics.chart.limits]
center = 1.0
sigma = 0.2
"""

TOKEN = "a-token-for-the-tests"


def free_port() -> int:
    """A port that nobody listens on now, and that no connection that goes out is given meanwhile."""
    while True:
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", random.randrange(12_000, 32_000)))
            return int(probe.getsockname()[1])


class HubProcess:
    """One data folder and the hub that runs on it."""

    def __init__(self, folder: Path, text: str, hub_keys: str = "", prelude: str = "") -> None:
        self.folder = folder
        self._begin = ["-m", "quality_creator"]
        if prelude:  # what is otherwise to it, said in Python before it starts
            self._begin = ["-c", f"{prelude}\nfrom quality_creator.cli import main\nmain()"]
        self.port = free_port()
        self.rtmp_port = free_port()
        self.config = folder / "qc.toml"
        self.config.write_text(
            f"[hub]\nport = {self.port}\n{hub_keys}\n"
            f"[rtmp]\nhost = '127.0.0.1'\nport = {self.rtmp_port}\n{text}",
            encoding="utf-8",
        )
        self.address = f"http://127.0.0.1:{self.port}"
        self.log = folder / "hub.log"
        self.child: subprocess.Popen[bytes] | None = None
        self.client = httpx.Client(base_url=self.address, timeout=20)

    def start(self, *, wait_s: float = 150.0) -> None:
        """Start it and wait until it answers."""
        with self.log.open("ab") as log:
            self.child = subprocess.Popen(
                [sys.executable, *self._begin, "hub", "--config", str(self.config)],
                stdout=log,
                stderr=log,
                cwd=self.folder,
            )
        deadline = time.monotonic() + wait_s
        while time.monotonic() < deadline:
            if self.child.poll() is not None:
                raise AssertionError(f"the hub left with {self.child.returncode}:\n{self.words()}")
            try:
                # Any answer will do; for a page it would first load what pages are made with.
                self.client.get("/api/status", timeout=1)
                return
            except httpx.TransportError:
                time.sleep(0.02)
        raise AssertionError(f"the hub did not answer within {wait_s} s:\n{self.words()}")

    def kill(self) -> None:
        """`kill -9`: nothing is tidied up."""
        assert self.child is not None
        self.child.kill()
        self.child.wait()

    def stop(self) -> int:
        """SIGTERM, as a service manager does; the exit code."""
        if self.child is None:
            return 0
        if self.child.poll() is None:
            self.child.send_signal(signal.SIGTERM)
        return self.child.wait(90)

    def words(self) -> str:
        """Its log so far."""
        return self.log.read_text(encoding="utf-8", errors="replace")[-8000:]

    def api(self, method: str, path: str, body: object = None) -> Any:
        """One request as the operator; the answer decoded."""
        token = (self.folder / "data" / "operator.token").read_text().strip()
        answer = self.client.request(
            method,
            path,
            content=None if body is None else msgspec.json.encode(body),
            headers={"authorization": f"Bearer {token}"},
        )
        assert answer.is_success, f"{method} {path}: {answer.status_code} {answer.text}\n{self.words()}"
        return answer.json()

    def qc(self, *arguments: str) -> str:
        """What a command prints; it must succeed."""
        done = subprocess.run(
            [sys.executable, "-m", "quality_creator", *arguments, "--config", str(self.config)],
            capture_output=True,
            text=True,
            check=False,
        )
        assert done.returncode == 0, done.stderr
        return done.stdout

    def on_air(self, slug: str = "visit", **draft: object) -> None:
        """Plan an episode and put it on air."""
        plan = {"slug": slug, "title": {"zh-Hans": "工厂探访", "en": "A visit"}, **draft}
        self.api("POST", "/api/episodes", plan)
        self.api("POST", f"/api/episodes/{slug}/start")

    def post(self, readings: list[dict[str, object]], counters: list[dict[str, object]] | None = None) -> Any:
        """Readings as a machine sends them."""
        body = {"readings": readings, "counters": counters or []}
        headers = {"authorization": f"Bearer {TOKEN}"}
        answer = self.client.post("/api/readings", content=msgspec.json.encode(body), headers=headers)
        return answer.json()

    def playlist(self, slug: str = "visit", rendition: str = "720p", **query: object) -> str:
        """A media playlist as text."""
        answer = self.client.get(
            f"/live/{slug}/{rendition}/index.m3u8", params={k: str(v) for k, v in query.items()}
        )
        assert answer.is_success, f"{answer.status_code} {answer.text}"
        return answer.text

    def wait_for_segment(self, msn: int, slug: str = "visit", within_s: float = 90.0) -> None:
        """Wait until a segment is complete."""
        deadline = time.monotonic() + within_s
        while time.monotonic() < deadline:
            answer = self.client.get(f"/live/{slug}/720p/index.m3u8")
            if answer.is_success and f"\n{msn}.m4s\n" in answer.text:
                return
            time.sleep(0.1)
        raise AssertionError(f"no segment {msn} within {within_s} s:\n{self.words()}")


@contextmanager
def running_hub(folder: Path, text: str, hub_keys: str = "", prelude: str = "") -> Iterator[HubProcess]:
    """A hub that is stopped at the end, whatever happens."""
    folder.mkdir(parents=True, exist_ok=True)
    hub = HubProcess(folder, text, hub_keys, prelude)
    try:
        hub.start()
        yield hub
    finally:
        if hub.child is not None and hub.child.poll() is None:
            hub.stop()
        hub.client.close()
