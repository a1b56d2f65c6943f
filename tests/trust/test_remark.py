"""Remarks: what the key signed is what is read, whatever anybody changes in it."""

import json
import random
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import dossier, jcs, multikey, proof, remark
from quality_creator.trust.remark import About, Frame, Remark, Result, Span
from tests.trust.test_foreign import foreign

KEY = Ed25519PrivateKey.from_private_bytes(bytes(range(32)))
DID = multikey.did_key(KEY.public_key())
NOW = datetime(2026, 9, 1, 10, 0, tzinfo=UTC)
EPISODE = "urn:uuid:11111111-2222-4333-8444-555555555555"
LOT = "urn:uuid:22222222-2222-4333-8444-555555555555"


def made(**changes: Any) -> Remark:
    """A remark on a frame, or one that differs from it."""
    settings = {
        "type": "remark/1",
        "id": "urn:uuid:33333333-2222-4333-8444-555555555555",
        "episode": EPISODE,
        "expert": DID,
        "institution": "did:web:lab.example",
        "name": "王工",
        "kind": "remark",
        "words": "The seam is open here.",
        "language": "en",
        "span": Span(start=90_000, to=270_000),
        "about": About(frame=Frame(at=180_000, segment=1, sha256="ab" * 32, strokes=((100, 200, 300, 400),))),
        "seen": dossier.Seen(size=3, root=dossier.root_text(bytes(32))),
    }
    return Remark(**(settings | changes))


def measured(*results: Result, **changes: Any) -> Remark:
    return made(kind="measurements", words="", about=About(lot=LOT), results=results, **changes)


GOOD = [
    made(),
    made(about=None),
    made(kind="open-limits", about=About(characteristic="line.force")),
    made(kind="measure-again", about=About(lot=LOT, unit="17")),
    made(kind="withdrawal", words="", span=None, about=None, withdraws=LOT),
    measured(
        Result(unit="17", conforming=True),
        Result(unit="17", characteristic="line.force", value="-12.30", unit_of_measure="N", conforming=False),
    ),
]


@pytest.mark.parametrize("one", GOOD, ids=lambda one: one.kind)
def test_what_was_signed_is_read(one: Remark) -> None:
    found = remark.decode(remark.sign(one, KEY, created=NOW))
    assert (found.remark, found.created) == (one, NOW)
    assert found.public.public_bytes_raw() == KEY.public_key().public_bytes_raw()


@pytest.mark.parametrize(
    ("one", "words"),
    [
        (made(words=" "), "words"),
        (made(span=None), "span"),
        (made(span=Span(start=5, to=4)), "span"),
        (made(institution="lab.example"), "did:web"),
        (made(kind="withdrawal", span=None, about=None), "withdraw"),
        (made(withdraws=LOT), "withdraw"),
        (made(kind="withdrawal", withdraws=LOT), "withdraw"),
        (made(kind="withdrawal", span=None, about=None, withdraws=made().id), "itself"),
        (made(about=About()), "one of"),
        (made(about=About(characteristic="a", lot=LOT, unit="1")), "one of"),
        (made(about=About(lot=LOT)), "drawn unit"),
        (made(about=About(characteristic="a", unit="1")), "drawn unit"),
        (made(about=About(frame=Frame(at=1, segment=0, sha256="ab" * 32, strokes=((1, 2, 3),)))), "strokes"),
        (made(results=(Result(unit="1", conforming=True),)), "results"),
        (measured(), "results"),
        (measured(Result(unit="1", conforming=True), Result(unit="1", conforming=False)), "twice"),
        (measured(Result(unit="1", value="1e3", conforming=True)), "decimal"),
        (made(kind="measurements", about=None, results=(Result(unit="1", conforming=True),)), "lot"),
        (made(expert=DID[:-1]), "base58|Multikey|Ed25519|key"),
        (made(expert="did:web:lab.example"), "did:key"),
        (made(seen=dossier.Seen(size=1, root="AA==")), "SHA-256"),
    ],
)
def test_what_contradicts_itself_is_signed_by_nobody(one: Remark, words: str) -> None:
    with pytest.raises(BadPayload, match=words):
        remark.sign(one, KEY, created=NOW)


def test_another_key_can_not_speak_for_the_expert() -> None:
    other = Ed25519PrivateKey.generate()
    with pytest.raises(BadPayload, match="another key"):
        remark.sign(made(), other, created=NOW)
    # Somebody else's signature under the expert's name: what an operator could try.
    forged = proof.sign(jcs.decode_object(jcs.encode(_document())), other, method=_method(), created=NOW)
    with pytest.raises(BadPayload, match="not of this document"):
        remark.decode(jcs.encode(forged))


def _document() -> dict[str, Any]:
    signed: dict[str, Any] = json.loads(remark.sign(made(), KEY, created=NOW))
    return {name: part for name, part in signed.items() if name != "proof"}


def _method() -> str:
    return f"{DID}#{multikey.encode(KEY.public_key())}"


CHANGES: dict[str, Callable[[dict[str, Any]], object]] = {
    "words": lambda d: d.update(words="The seam is closed here."),
    "span": lambda d: d["span"].update(to=270_001),
    "frame": lambda d: d["about"]["frame"]["strokes"][0].append(1),
    "name": lambda d: d.update(name="Li"),
    "institution": lambda d: d.update(institution="did:web:other.example"),
    "episode": lambda d: d.update(episode=LOT),
    "another member": lambda d: d.update(note="x"),
    "a member less": lambda d: d.pop("seen"),
    "time of the proof": lambda d: d["proof"].update(created="2026-09-01T09:00:00Z"),
    "purpose": lambda d: d["proof"].update(proofPurpose="authentication"),
    "no proof": lambda d: d.pop("proof"),
    "two proofs": lambda d: d.update(proof=[d["proof"], d["proof"]]),
    "a fraction": lambda d: d["span"].update(to=270_000.5),
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=list(CHANGES))
def test_nothing_can_be_changed_afterwards(change: Callable[[dict[str, Any]], object]) -> None:
    document = json.loads(remark.sign(made(), KEY, created=NOW))
    change(document)
    text = json.dumps(document, ensure_ascii=False, separators=(",", ":"), sort_keys=True)
    with pytest.raises(BadPayload):
        remark.decode(text.encode())


def test_other_bytes_for_the_same_remark_are_refused() -> None:
    data = remark.sign(made(), KEY, created=NOW)
    with pytest.raises(BadPayload, match="canonical"):
        remark.decode(json.dumps(json.loads(data)).encode())


@pytest.mark.parametrize("seed", range(6))
def test_any_damage_is_refused_and_raises_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    data = remark.sign(GOOD[seed], KEY, created=NOW)
    for _ in range(150):
        mutant = bytearray(data)
        for _ in range(chance.randrange(1, 4)):
            at = chance.randrange(len(mutant))
            match chance.randrange(3):
                case 0:
                    mutant[at] ^= 1 << chance.randrange(8)
                case 1:
                    del mutant[at : at + chance.randrange(1, 20)]
                case _:
                    mutant[at:at] = chance.randbytes(chance.randrange(1, 4))
        if bytes(mutant) == data:
            continue
        with pytest.raises(BadPayload):
            remark.decode(bytes(mutant))


def test_digital_bazaar_verifies_every_kind_of_remark_and_refuses_what_was_changed() -> None:
    good = [json.loads(remark.sign(one, KEY, created=NOW)) for one in GOOD]
    changed = []
    for name in ("words", "span", "name", "time of the proof", "purpose", "no proof"):
        document = json.loads(json.dumps(good[0]))
        CHANGES[name](document)
        changed.append(document)
    answers = foreign("proof.mjs", [*good, *changed])
    assert [answer["verified"] for answer in answers] == [True] * len(good) + [False] * len(changed)
