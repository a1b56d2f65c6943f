"""`qc log`, `qc monitor`, `qc draw check` and `qc witness`, as programs of their own."""

import asyncio
import subprocess
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from functools import partial
from http.server import SimpleHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import httpx
import pytest

from quality_creator.actions.witnesses import Witnesses
from quality_creator.trust.log import policy
from tests.actions.logs import LOG, check, enter, grow, writing


def qc(*arguments: object) -> tuple[int, str]:
    """Exit code and output."""
    command = [sys.executable, "-m", "quality_creator", *map(str, arguments)]
    answer = subprocess.run(command, check=False, capture_output=True, text=True, timeout=60)
    return answer.returncode, answer.stdout + answer.stderr


class _Quiet(SimpleHTTPRequestHandler):
    def log_message(self, *_: object) -> None:
        pass


@contextmanager
def files_at(folder: Path) -> Iterator[str]:
    """A folder's files, as any web server gives them."""
    with ThreadingHTTPServer(("127.0.0.1", 0), partial(_Quiet, directory=str(folder))) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        try:
            yield f"http://127.0.0.1:{server.server_address[1]}"
        finally:
            server.shutdown()
            thread.join()


def test_a_log_is_looked_through_and_watched(tmp_path: Path) -> None:
    asyncio.run(grow(tmp_path, 1, 2, 3))
    log = tmp_path / "objects" / "log"
    memory = tmp_path / "memory"
    code, words = qc("log", "fsck", log, "--log", LOG)
    assert (code, words.split(",")[0]) == (0, "3 entries")
    code, words = qc("monitor", log, "urn:example:episode", "--memory", memory, "--log", LOG)
    assert (code, len(words.splitlines())) == (0, 3)
    assert qc("monitor", log, "--memory", memory, "--log", LOG) == (0, "")
    assert qc("draw", "check", log, "--log", LOG) == (0, "the log has no lots\n")
    with files_at(log) as address:
        assert qc("log", "fsck", address, "--log", LOG)[1] == qc("log", "fsck", log, "--log", LOG)[1]
        code, words = qc("log", "fsck", f"{address}/elsewhere", "--log", LOG)
        assert (code, words) == (2, f"qc: there is nothing at {address}/elsewhere/checkpoint\n")
    # Whom the log itself believes is nobody's business.
    code, words = qc("log", "fsck", log)
    assert (code, "whom do you believe" in words) == (2, True)
    (log / "tile" / "0" / "000.p" / "3").write_bytes(bytes(96))
    code, words = qc("log", "fsck", log, "--log", LOG)
    assert (code, words.splitlines()[0]) == (
        1,
        "not right: tile/0/000.p/3 does not follow from the entries",
    )
    (log / "checkpoint").write_bytes(b"")
    assert qc("monitor", log, "--memory", memory, "--log", LOG)[0] == 1


def test_the_key_of_a_hubs_log_can_be_had_before_it_runs(tmp_path: Path) -> None:
    config = tmp_path / "quality-creator.toml"
    config.write_text('[log]\nname = "log.example"\n', encoding="ascii")
    code, words = qc("log", "key", "-c", config)
    assert code == 0
    assert words.startswith("log.example+")
    assert qc("log", "key", "-c", config) == (0, words)


@contextmanager
def witness(folder: Path, name: str) -> Iterator[str]:
    """The witness' program; its address."""
    command = [sys.executable, "-m", "quality_creator", "witness", "run", str(folder), "--name", name]
    with subprocess.Popen(
        [*command, "--log", LOG, "--port", "0"], stdout=subprocess.PIPE, text=True
    ) as process:
        assert process.stdout is not None
        try:
            process.stdout.readline()
            yield process.stdout.readline().strip()
        finally:
            process.terminate()
            process.wait(20)


@pytest.mark.skipif(sys.platform == "win32", reason="ends it by a signal")
def test_a_witness_of_its_own_cosigns_over_http_and_remembers(tmp_path: Path) -> None:
    code, key = qc("witness", "key", tmp_path / "w", "--name", "inst01.example")
    assert (code, key.split("+")[0]) == (0, "inst01.example")

    async def step(address: str, number: int) -> None:
        text = f"log {LOG}\nwitness w {key.strip()} {address}\nquorum w\n"
        believed = policy.parse(text.encode())
        async with httpx.AsyncClient() as client:
            ask = Witnesses(believed, client).ask
            async with writing(tmp_path / "log", policy=believed, ask=ask) as (database, writer):
                await enter(database, number)
                await writer.step()
                assert writer.published is not None
                assert list(believed.open(writer.published.note).times) == ["w"]

    for number in range(2):
        with witness(tmp_path / "w", "inst01.example") as address:
            asyncio.run(step(address, number))
            again = qc("witness", "run", tmp_path / "w", "--name", "x", "--log", LOG, "--port", "0")
            assert (again[0], "another process" in again[1]) == (2, True)
    assert asyncio.run(check(tmp_path / "log")).wrong == ()
