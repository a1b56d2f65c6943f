"""Enrolments: only the institution itself speaks for itself, and what is revoked stays so."""

import random
from datetime import timedelta

import pytest

from quality_creator.model.errors import BadPayload
from quality_creator.trust import enrolment, jcs, register
from quality_creator.trust.enrolment import Enrolment, State, Told
from tests.trust.authorities import NOW, World, key
from tests.trust.test_remark import DID

WORLD = World()
REGISTER = register.first(WORLD.register())
LAB = WORLD.institutions[0]


def told(state: State = "approved", *, by: str = "", institution: str = LAB.did) -> Told:
    made = Enrolment(id="urn:uuid:1", expert=DID, institution=institution, name="Wang", state=state)
    if not by:
        return enrolment.decode(enrolment.encode(made))
    private = LAB.key if by == "institution" else key(by)
    return enrolment.decode(enrolment.sign(made, private, created=NOW + timedelta(minutes=1)))


@pytest.mark.parametrize(
    ("said", "standing"),
    [
        ([], "unknown"),
        ([told()], "operator"),
        ([told(by="somebody")], "operator"),
        ([told(by="institution")], "institution"),
        ([told(), told(by="institution")], "institution"),
        ([told(by="institution"), told()], "institution"),
        ([told(by="institution"), told("revoked")], "revoked"),
        ([told(by="institution"), told("revoked", by="institution"), told(by="institution")], "revoked"),
        ([told(institution="did:web:other.example")], "unknown"),
    ],
)
def test_who_vouches_for_a_key_follows_from_what_the_log_says(said: list[Told], standing: str) -> None:
    assert enrolment.standing(said, LAB.did, REGISTER) == standing


def test_without_a_register_nobody_but_the_operator_vouches() -> None:
    assert enrolment.standing([told(by="institution")], LAB.did, None) == "operator"


@pytest.mark.parametrize("seed", range(3))
def test_any_damage_is_refused_or_unsigned_and_raises_nothing_else(seed: int) -> None:
    chance = random.Random(seed)
    data = told(by="institution").data
    for _ in range(150):
        mutant = bytearray(data)
        mutant[chance.randrange(len(mutant))] ^= 1 << chance.randrange(8)
        with pytest.raises(BadPayload):
            enrolment.decode(bytes(mutant)).verify(REGISTER)


def test_what_is_not_canonical_or_of_another_key_is_no_enrolment() -> None:
    document = jcs.decode_object(told().data)
    for changes in (
        {"expert": "did:web:lab.example"},
        {"expert": DID[:-1]},
        {"state": "dismissed"},
        {"x": 1},
    ):
        with pytest.raises(BadPayload):
            enrolment.decode(jcs.encode(document | changes))
    with pytest.raises(BadPayload):
        enrolment.decode(b" " + told().data)
