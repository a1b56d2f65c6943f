"""Control charts: a million readings against the packages that are on PyPI, and many charts at once.

All eight Nelson rules, estimation included, the same readings for everyone, one after the other on
the same machine. The peers live in build/bench-venv (requirements/bench.txt) and nowhere else.
Streaming goes through the public API, one call a row or a hundred rows, signals read each time.
"""

import json
import resource
import shutil
import subprocess
import sys
import time
import venv
from hashlib import sha256
from pathlib import Path

import numpy as np

from bench.quality_peers import PEERS, values
from bench.row import Row
from quality_creator.quality import Kind, Plan, analyse, given, start_bank, step_bank
from quality_creator.quality.rules import NELSON

ROOT = Path(__file__).parents[1]
LOCK = ROOT / "requirements" / "bench.txt"
VENV = ROOT / "build" / "bench-venv"

READINGS = 1_000_000
SMALL = 100_000
"""All peers are timed with so many first; those that would take long are scaled from it."""
LONG_S = 60.0

CHARTS: tuple[tuple[Kind, int, str], ...] = (("xbar-r", 5, "Xbar-R of 5"), ("i-mr", 1, "I-MR"))

QCC = """
suppressMessages(library(qcc)); x <- as.numeric(readLines("stdin")); size <- {size}
g <- if (size > 1) matrix(x, ncol = size, byrow = TRUE) else x
cat(system.time(qcc(g, type = "{type}", rules = 1:8, plot = FALSE))[["elapsed"]])
"""


def run() -> list[Row]:
    """Time everything once."""
    python = peers_python()
    rows: list[Row] = []
    for kind, size, name in CHARTS:
        ours = ours_s(kind, size)
        peers = {peer: peer_s(python, peer, kind) for peer in PEERS}
        fastest = min(peers, key=lambda peer: peers[peer][0])
        seconds = peers[fastest][0]
        rows.append(
            Row(
                name=f"{name}, 10^6 readings, Nelson 1-8, estimation included",
                value=ours * 1e3,
                unit="ms",
                ratio=seconds / ours,
                against=f"{fastest}, {seconds:.2f} s; aim 300",
                note="how many times faster than the fastest package",
            )
        )
        rows += [
            Row(name=f"  {peer}", value=taken, unit="s", note=note) for peer, (taken, note) in peers.items()
        ]
        rows.append(qcc_row(kind, size, ours))
        rows.append(memory_row(kind, size, name))
    for count, each, aim in ((1_000, 1, 10.0), (1_000, 10, None), (1_000, 100, 80.0), (10_000, 1, 10.0)):
        speed = streaming_millions(count, each)
        rows.append(
            Row(
                name=f"streaming, {count:,} characteristics, {each} rows a call, Nelson 1-8",
                value=speed,
                unit="M readings/s",
                ratio=None if aim is None else speed / aim,
                against="" if aim is None else f"aim {aim:.0f}",
            )
        )
    return rows


def ours_s(kind: Kind, size: int, runs: int = 15) -> float:
    """The best of some analyses of a million readings."""
    plan, data = Plan(kind=kind, size=size, rules=NELSON), values(READINGS)
    best = float("inf")
    for _ in range(runs):
        began = time.perf_counter()
        _, _, points = analyse(plan, data)
        assert len(points.signals)
        best = min(best, time.perf_counter() - began)
    return best


def peer_s(python: Path, peer: str, kind: str) -> tuple[float, str]:
    """A peer's seconds for a million readings, and how they were found."""
    small = measure(python, peer, kind, SMALL, 1)
    if small * READINGS / SMALL > LONG_S:
        return small * READINGS / SMALL, f"scaled from {SMALL:,} readings"
    return measure(python, peer, kind, READINGS, 3), ""


def measure(python: Path, peer: str, kind: str, count: int, runs: int) -> float:
    """Seconds of the best run in a process of its own."""
    script = Path(__file__).with_name("quality_peers.py")
    done = subprocess.run(
        [python, script, peer, kind, str(count), str(runs)], capture_output=True, check=True, timeout=600
    )
    return float(json.loads(done.stdout)["seconds"])


def qcc_row(kind: Kind, size: int, ours: float) -> Row:
    """R qcc, where it is installed."""
    name = "  R qcc"
    if shutil.which("Rscript") is None:
        return Row(name=name, value=None, unit="s", note="R is not installed here")
    script = QCC.format(size=size, type="xbar" if size > 1 else "xbar.one")
    text = "\n".join(map(repr, values(READINGS).tolist()))
    done = subprocess.run(
        ["Rscript", "-e", script], input=text, capture_output=True, text=True, check=False, timeout=600
    )
    if done.returncode:
        return Row(name=name, value=None, unit="s", note="R has no package qcc here")
    seconds = float(done.stdout)
    return Row(name=name, value=seconds, unit="s", ratio=seconds / ours, against="ours")


def memory_row(kind: Kind, size: int, name: str) -> Row:
    """What an analysis needs beside the readings, in a process of its own."""
    done = subprocess.run(
        [sys.executable, "-m", "bench.quality", kind, str(size)], capture_output=True, check=True, cwd=ROOT
    )
    return Row(
        name=f"  peak memory beside the data, {name}",
        value=float(done.stdout),
        unit="MB",
        ratio=float(done.stdout) / (8 * READINGS / 1e6),
        against="8 MB of readings",
        note="points and signals included",
    )


def streaming_millions(count: int, each: int) -> float:
    """Million readings a second through `step_bank`; the best of some seconds."""
    plan = Plan(kind="i-mr", rules=NELSON)
    bank = start_bank(plan, [given(plan, center=0.0, sigma=1.0)] * count)
    blocks = np.random.default_rng(1).normal(size=(max(4, 400_000 // (count * each)), each, count))
    best, until = 0.0, time.perf_counter() + 4.0
    while time.perf_counter() < until:
        began = time.perf_counter()
        for block in blocks:
            bank, points = step_bank(bank, block)
            _ = points.signals.row
        best = max(best, blocks.size / (time.perf_counter() - began) / 1e6)
    return best


def peers_python() -> Path:
    """The Python of the peers' environment, which is made when it is not there or out of date."""
    python, stamp = VENV / "bin" / "python", VENV / "lock.sha256"
    digest = sha256(LOCK.read_bytes()).hexdigest()
    if not stamp.exists() or stamp.read_text() != digest:
        venv.create(VENV, with_pip=True, clear=True)
        subprocess.run([python, "-m", "pip", "install", "-q", "--require-hashes", "-r", LOCK], check=True)
        stamp.write_text(digest)
    return python


def _peak_mb(kind: str, size: int) -> float:
    plan, data = Plan(kind=kind, size=size, rules=NELSON), values(READINGS)  # type: ignore[arg-type]
    analyse(plan, data[:5000])
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    _ = analyse(plan, data)
    return (resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before) / 1024


if __name__ == "__main__":
    print(_peak_mb(sys.argv[1], int(sys.argv[2])))
