"""Made-up authorities for the demonstration: a committee and an inspection institution, marked as such.

They do what real ones would do elsewhere: each has a key of its own for endorsements and another one for
its witness, which runs as a program of its own and cosigns the hub's log. The hub has none of these keys.
"""

import os
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import Final

from quality_creator.actions.evidence_source import opened
from quality_creator.actions.signers import Desk, sign_register
from quality_creator.demo.child import qc
from quality_creator.demo.config import POLICY
from quality_creator.demo.hub_api import Operator
from quality_creator.model.errors import Unavailable
from quality_creator.model.text import Text
from quality_creator.store.keys import FOLDER, Keys
from quality_creator.trust import evidence, jcs
from quality_creator.trust.log import checkpoint
from quality_creator.trust.log.note import Key
from quality_creator.trust.register import Role

LOG: Final = "tingyan.demonstration.invalid/log"
_LOG_KEY: Final = "log"
_END_S: Final = 60.0
"""How long the log may take to have an episode's end."""


@dataclass(frozen=True, slots=True)
class Authority:
    """One of them."""

    id: str
    role: Role
    name: Text
    comment: str

    @property
    def did(self) -> str:
        """`.invalid` can never be anybody's address (RFC 2606)."""
        return f"did:web:{self.id}.demonstration.invalid"

    @property
    def witness(self) -> str:
        """What its witness is called."""
        return f"{self.id}.demonstration.invalid/witness"


AUTHORITIES: Final = (
    Authority(
        "committee",
        "committee",
        Text(zh="演示组委会（虚构）", en="Demonstration committee (made up)"),
        "演示：未作任何审查。 Demonstration: nothing was reviewed.",
    ),
    Authority(
        "inspection",
        "inspection",
        Text(zh="演示检验机构（虚构）", en="Demonstration inspection institution (made up)"),
        "演示：未作任何检验。 Demonstration: nothing was inspected.",
    ),
)


def write_policy(folder: Path, data: Path, ports: Sequence[int]) -> None:
    """The log's policy: both witnesses must cosign. Keys are made at the first call.

    Args:
        folder: The demonstration's.
        data: The hub's data folder, where the log's key is.
        ports: Where each witness listens.
    """
    lines = [f"log {_log_key(data)}"]
    for one, port in zip(AUTHORITIES, ports, strict=True):
        private = Keys(_witness_folder(folder, one) / FOLDER).own_ed25519("witness")
        key = checkpoint.witness_key(one.witness, private)
        lines.append(f"witness {one.id} {key} http://127.0.0.1:{port}/")
    lines += [f"group double all {' '.join(one.id for one in AUTHORITIES)}", "quorum double", ""]
    path = folder / POLICY
    path.write_text("\n".join(lines), encoding="utf-8")


def witnesses(folder: Path, data: Path, ports: Sequence[int]) -> dict[str, list[str]]:
    """The program of each witness, by the name of its log file."""
    found = {}
    for one, port in zip(AUTHORITIES, ports, strict=True):
        where = ["run", str(_witness_folder(folder, one)), "--name", one.witness, "--port", str(port)]
        where += ["--log", str(_log_key(data)), "--parent", str(os.getpid())]
        found[f"witness-{one.id}"] = qc("witness", *where)
    return found


def vouch(operator: Operator, folder: Path, slug: str, page: str) -> None:
    """Publish an episode that has ended, and endorse it twice.

    Raises:
        Unavailable: the hub or the witnesses do not come to it.
    """
    desks = [(one, _desk(folder, one)) for one in AUTHORITIES]
    _in_time(lambda: operator.submit_new(_register(folder, desks)))
    _in_time(lambda: operator.publish(slug))
    with opened(f"{page}/proof") as source:
        dossier = source.read(evidence.DOSSIER)
    for one, desk in desks:
        now = datetime.now(UTC)
        made = desk.endorse(
            dossier, name=one.name.en, comment=one.comment, days=365, list_address=None, now=now
        )
        for document in (made, *desk.lists(now)):
            _in_time(partial(operator.submit_new, document))


def _in_time(act: Callable[[], None]) -> None:
    """Try again while the log has not what it needs, or its witnesses have not answered yet."""
    deadline = time.monotonic() + _END_S
    while True:
        try:
            return act()
        except Unavailable:
            if time.monotonic() > deadline:
                raise
            time.sleep(0.5)


def _register(folder: Path, desks: Sequence[tuple[Authority, Desk]]) -> bytes:
    """The register of both, signed once and kept."""
    path = _folder(folder) / "register.json"
    if not path.exists():
        draft = {
            "quorum": 1,
            "authorities": [
                {
                    "id": one.did,
                    "role": one.role,
                    "name": {"zh-Hans": one.name.zh, "en": one.name.en},
                    "keys": [{"multikey": desk.multikey, "from": "2026-01-01T00:00:00Z"}],
                    "demonstration": True,
                }
                for one, desk in desks
            ],
        }
        committee = next(desk for one, desk in desks if one.role == "committee")
        path.write_bytes(sign_register(committee, jcs.encode(draft), None, datetime.now(UTC)))
    return path.read_bytes()


def _desk(folder: Path, one: Authority) -> Desk:
    keys = Keys(_folder(folder) / one.id)
    keys.own_ed25519("endorsements")
    return Desk.open(one.did, keys.folder / "endorsements.key")


def _log_key(data: Path) -> Key:
    return checkpoint.log_key(LOG, Keys(data / FOLDER).own_ed25519(_LOG_KEY))


def _witness_folder(folder: Path, one: Authority) -> Path:
    return _folder(folder) / f"{one.id}-witness"


def _folder(folder: Path) -> Path:
    return folder / "authorities"
