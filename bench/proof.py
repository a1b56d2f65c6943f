"""Checking a one-hour episode: seconds, and the share of the speed at which the machine digests plain bytes.

The evidence is a folder with 1.35 GB of segments in two renditions, each signed as on air, doubly endorsed;
`qc verify` is the command as people run it, its start included, against SHA-256 of the same files by
one thread in the same run. Then the bundle's size, and what the log does in a second: appends (entered,
added to the tiles, signed), proofs made, proofs verified.
"""

import hashlib
import os
import shutil
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path

from bench.row import Row
from quality_creator.actions import bundling, evidence_source
from quality_creator.trust import evidence
from quality_creator.trust.log import checkpoint, leaf, merkle, proof, tile
from quality_creator.trust.log.checkpoint import Checkpoint
from tests.actions.evidence_files import Episode
from tests.actions.shown_charts import PLANS, Charts
from tests.trust.authorities import NOW, World

SEGMENTS = 1_875
"""Of 1.92 s: an hour."""

SIZES = (568_000, 152_000)
"""Bytes of a segment in each rendition: 1.35 GB together."""

ROUNDS = 3
ENTRIES = 4_096
AT_ONCE = 16


KEPT = Path(__file__).parent / "out" / "proof-episode"
"""The episode between runs: it takes minutes to make. Delete it to have it made anew."""


def run() -> list[Row]:
    """Measure."""
    made = KEPT / "made"
    if not made.exists() or made.read_text() != _recipe():
        shutil.rmtree(KEPT, ignore_errors=True)
        _write(KEPT / "episode")
        made.write_text(_recipe())
    # A day later the kept ones are too old.
    for number, listed in enumerate(World().lists(datetime.now(UTC)).values(), 1):
        (KEPT / "episode" / evidence.numbered("status", number)).write_bytes(listed)
    with tempfile.TemporaryDirectory() as name:
        rows = _verify(KEPT / "episode")
        rows += _bundle(KEPT / "episode", Path(name))
    return rows + _log()


def _recipe() -> str:
    """What the kept episode was made by."""
    root = Path(__file__).parent.parent
    files = [Path(__file__), *sorted((root / "tests/actions").glob("[es]*_*s.py"))]
    files += [*sorted((root / "src/quality_creator/trust").rglob("*.py"))]
    return hashlib.sha256(b"".join(path.read_bytes() for path in files)).hexdigest()


def _write(folder: Path) -> None:
    """An hour's evidence: every kind of chart, each with a measurement a second."""
    charts = Charts(plans=dict(PLANS), a_segment=2, count=SEGMENTS, earlier=2_200, reckoned=5)
    episode = Episode(at=datetime.now(UTC), count=SEGMENTS, sizes=SIZES, signed=True, charts=charts)
    for one in episode.world.signers[:2]:
        episode.endorse(one)
    for second in range(5, 3_600, 5):
        episode.tell(min(second * SEGMENTS // 3_600 + 1, SEGMENTS))
    for name, data in episode.files().items():
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(data)


def _verify(folder: Path) -> list[Row]:
    files = sorted((folder / "media").rglob("*.m4s"))
    total = sum(path.stat().st_size for path in files)

    def plain() -> None:
        for path in files:
            hashlib.sha256(path.read_bytes()).digest()

    def verify() -> None:
        command = [sys.executable, "-m", "quality_creator", "verify", str(folder), "--json"]
        done = subprocess.run(command, capture_output=True, check=False)
        assert done.returncode == 0, done.stdout.decode()[-2_000:]

    plain()  # from here on the files are in the machine's memory
    digesting = min(_seconds(plain) for _ in range(ROUNDS))
    checking = min(_seconds(verify) for _ in range(ROUNDS))
    before = os.times()
    verify()
    after = os.times()
    spent = after.children_user + after.children_system - before.children_user - before.children_system
    note = f"{total / 1e9:.2f} GB in {len(files)} segments; {os.cpu_count()} cores; the best of {ROUNDS}"
    return [
        Row(name="SHA-256 of the same files, one thread", value=digesting, unit="s", note=note),
        Row(
            name="qc verify, one-hour episode",
            value=checking,
            unit="s",
            ratio=digesting / checking,
            against="the speed of plain SHA-256",
            note="digests, C2PA signatures, numbers, charts, log, endorsements; its start included",
        ),
        Row(name="qc verify, processor time", value=spent, unit="s", note="of all cores, of one run"),
    ]


def _bundle(folder: Path, out: Path) -> list[Row]:
    with evidence_source.opened(str(folder)) as source:
        seconds = _seconds(lambda: bundling.write(source, out / "bundle.zip", with_media=False))
    size = (out / "bundle.zip").stat().st_size
    note = f"of an hour, without pictures; written in {seconds:.1f} s"
    return [Row(name="bundle", value=size / 1e6, unit="MB", note=note)]


def _log() -> list[Row]:
    """What the log's core does: entries to tiles and a signed checkpoint, proofs, their verification."""
    world = World()
    entries = [
        leaf.leaf_of(b"%d" % n, type="progress/1", id=f"urn:uuid:{n}", issuer="x", subject="urn:uuid:e")
        for n in range(ENTRIES)
    ]
    data = [one.encode() for one in entries]

    def append() -> None:
        tree = tile.Tree()
        for start in range(0, ENTRIES, AT_ONCE):
            tree, _ = tile.grow(tree, data[start : start + AT_ONCE])
            checkpoint.sign(Checkpoint(world.log.origin, tree.size, tree.root), world.log.key)

    appending = _seconds(append)
    world.log.entries = data
    hashes = merkle.in_memory([merkle.leaf_hash(one) for one in data])
    note = world.log.checkpoint(world.signers, NOW)
    made: list[bytes] = []
    making = _seconds(
        lambda: made.extend(proof.make(n, ENTRIES, hashes, note).encode() for n in range(ENTRIES))
    )
    believed = world.log.policy(world.committee, world.institutions, 2)
    verifying = _seconds(lambda: [proof.verify(made[n], entries[n], believed) for n in range(0, ENTRIES, 8)])
    return [
        Row(
            name="log appends",
            value=ENTRIES / appending,
            unit="entries/s",
            note=f"a checkpoint for {AT_ONCE}",
        ),
        Row(name="proofs made", value=ENTRIES / making, unit="proofs/s", note=f"in a tree of {ENTRIES}"),
        Row(
            name="proofs verified",
            value=ENTRIES / 8 / verifying,
            unit="proofs/s",
            note="with the log's signature and four cosignatures",
        ),
    ]


def _seconds(act: Callable[[], object]) -> float:
    began = time.perf_counter()
    act()
    return time.perf_counter() - began
