"""A witness whose calls fail, fall short or are its last: `python -m tests.peers.witness_fault FOLDER`.

For every call that a cosignature makes, and every way in which it can go wrong, a process of its own answers
a log; what it answered is in a pipe. Another one then is asked to cosign a fork, and the same tree once more.
One line is printed for each; the first that is not right ends it with the exit code 1.
"""

import asyncio
import os
import shutil
import sys
from pathlib import Path

from quality_creator.actions.witness import Witness
from quality_creator.store.objects import open_objects
from quality_creator.trust.log import merkle
from quality_creator.trust.log.note import Signature
from quality_creator.trust.log.witnessing import Refusal
from tests.actions.test_witness import LEAVES, request, witness
from tests.peers.log_fault import FAULT, KILLED, NOT_REACHED, Faults, apart

OLD, NEW = 5, 9
FORK = [merkle.leaf_hash(b"!" + number.to_bytes(2)) for number in range(20)]
FORK[:OLD] = [merkle.leaf_hash(number.to_bytes(2)) for number in range(OLD)]


def ask(one: Witness, *, fork: bool) -> Signature | Refusal:
    """To follow the log, or a fork of it that has the same beginning."""
    leaves = FORK if fork else LEAVES
    made = asyncio.run(one.add_checkpoint(request(OLD, NEW, leaves).encode()))
    if isinstance(made, Refusal) and made.words == f"{NEW}\n":  # it has seen more: the log begins there
        return asyncio.run(one.add_checkpoint(request(NEW, NEW, leaves).encode()))
    return made


def cosign(folder: Path, answer: int, faults: Faults) -> int:
    """0, or `NOT_REACHED` when there are fewer calls than that; what leaves the house goes into `answer`."""
    one = witness(folder)
    open_objects("", folder)  # whatever is made once is there
    faults.install()
    faults.armed = True
    made = ask(one, fork=False)
    faults.armed = False
    assert isinstance(made, Signature)
    os.write(answer, made.line.encode())
    return 0 if faults.reached else NOT_REACHED


def look(folder: Path, answered: bytes) -> None:
    """That what was answered binds, and that nothing else does."""
    forked = ask(witness(folder), fork=True)
    same = ask(witness(folder), fork=False)
    if answered:
        assert isinstance(forked, Refusal), "a fork of what was cosigned was cosigned, too"
        assert isinstance(same, Signature), "what was cosigned is not cosigned again"
        assert same.line.encode() == answered, "the same tree has two cosignatures"
    else:
        # Nobody has heard anything: either tree may be the one, and one of them is.
        assert isinstance(forked, Refusal) != isinstance(same, Refusal), (forked, same)


def main(folder: Path) -> int:
    base, trial = folder / "base", folder / "trial"

    def begin() -> None:
        assert isinstance(asyncio.run(witness(base).add_checkpoint(request(0, OLD).encode())), Signature)

    if apart(begin) != 0:
        return 1
    for kind in ("kill", "error"):
        code = number = 0
        while code != NOT_REACHED:
            number += 1
            shutil.rmtree(trial, ignore_errors=True)
            shutil.copytree(base, trial)
            reading, writing = os.pipe()
            faults = Faults(number, kind)
            code = apart(lambda faults=faults, writing=writing: cosign(trial, writing, faults))
            os.close(writing)
            with os.fdopen(reading, "rb") as pipe:
                answered = pipe.read()
            left = apart(lambda answered=answered: look(trial, answered))
            print(kind, number, code, left, len(answered), flush=True)
            allowed = (NOT_REACHED, KILLED) if kind == "kill" else (NOT_REACHED, FAULT, 0)
            if left != 0 or code not in allowed:
                return 1
    return 0


if __name__ == "__main__":
    sys.exit(main(Path(sys.argv[1])))
