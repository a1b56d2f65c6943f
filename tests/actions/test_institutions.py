"""Experts' keys: only whoever has one enrols it, for themselves, once; and somebody approves it."""

import asyncio
import base64
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.actions import audit, institutions, people, sessions
from quality_creator.actions.institutions import KeyAnswer, KeyQuestion
from quality_creator.actions.passkeys import Ceremonies, relying_party
from quality_creator.model.errors import BadInput, BadPayload, Conflict, Forbidden
from quality_creator.model.ids import InstitutionId
from quality_creator.model.person import Person, Role, Visitor
from quality_creator.model.text import Text
from quality_creator.store.people import Way
from quality_creator.trust import jcs, multikey
from tests.web.house import House, house

BOSS = sessions.operator("")
LAB = InstitutionId("lab")


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


def answer(question: KeyQuestion, key: Ed25519PrivateKey, **changed: str) -> KeyAnswer:
    """As the browser makes it; `changed` is what was signed instead."""
    raw = b64(key.public_key().public_bytes_raw())
    statement = msgspec.to_builtins(question) | {"key": raw} | changed
    return KeyAnswer(challenge=question.challenge, key=raw, signature=b64(key.sign(jcs.encode(statement))))


async def expert(one: House, way: Way = "passkey") -> Visitor:
    """Wang of the laboratory, signed in."""
    wanted = people.Invitation(account="wang", name="Wang", roles=frozenset({Role.EXPERT}), institution=LAB)
    person, _ = await people.invite(one.hub, BOSS, wanted)
    return await signed_in(one, person, way)


async def signed_in(one: House, person: Person, way: Way) -> Visitor:
    secret, _ = await one.hub.database.transact(
        lambda t: sessions.begin(t, sessions.of_person(person, ""), way, device="a test", before="")
    )
    found = await sessions.visitor(one.hub, secret, "")
    assert found is not None
    return found


def check(tmp_path: Path, act: Callable[[House, Ceremonies], Awaitable[None]]) -> None:
    async def inside() -> None:
        async with house(tmp_path) as one:
            name = Text(zh="检验所", en="Laboratory")
            await institutions.add(
                one.hub, BOSS, id_="lab", name=name, did="did:web:lab.example", role="inspection"
            )
            await act(one, Ceremonies(relying_party(one.hub.config)))

    asyncio.run(inside())


def test_a_key_is_enrolled_by_its_owner_approved_and_revoked_for_good(tmp_path: Path) -> None:
    async def act(one: House, ceremonies: Ceremonies) -> None:
        wang, key = await expert(one), Ed25519PrivateKey.generate()
        question = await institutions.key_question(one.hub, ceremonies, wang)
        made = await institutions.enrol_key(
            one.hub, ceremonies, wang, answer(question, key), "Chrome/1 Linux"
        )
        assert (made.state, made.key) == ("waiting", multikey.encode(key.public_key()))
        approved = await institutions.decide(one.hub, BOSS, made.id, "approved")
        assert (approved.state, approved.by) == ("approved", "operator")
        await institutions.decide(one.hub, BOSS, made.id, "revoked")
        for state in ("approved", "revoked"):
            with pytest.raises(Conflict, match="is revoked"):
                await institutions.decide(one.hub, BOSS, made.id, state)  # type: ignore[arg-type]
        acts = [deed.act for deed in await audit.newest(one.hub)]
        assert acts[:3] == ["key.revoke", "key.approve", "key.enrol"]

    check(tmp_path, act)


def test_another_key_statement_session_or_an_old_answer_enrols_nothing(tmp_path: Path) -> None:
    async def act(one: House, ceremonies: Ceremonies) -> None:
        wang, key, other = await expert(one), Ed25519PrivateKey.generate(), Ed25519PrivateKey.generate()
        assert wang.person is not None
        question = await institutions.key_question(one.hub, ceremonies, wang)
        good = answer(question, key)
        stolen = msgspec.structs.replace(good, key=b64(other.public_key().public_bytes_raw()))
        weak = msgspec.structs.replace(good, key=b64(b"\1" + bytes(31)))  # the identity: any message verifies
        short = msgspec.structs.replace(good, key="AA")
        wrong = [
            answer(question, key, **{field: "x"}) for field in ("person", "institution", "type", "challenge")
        ]
        for bad in (stolen, weak, short, *wrong):
            with pytest.raises(BadPayload):
                await institutions.enrol_key(one.hub, ceremonies, wang, bad, "")
        elsewhere = await signed_in(one, wang.person, "passkey")
        with pytest.raises(BadPayload, match="another question"):
            await institutions.enrol_key(one.hub, ceremonies, elsewhere, good, "")
        await institutions.enrol_key(one.hub, ceremonies, wang, good, "")
        with pytest.raises(Forbidden, match="given before"):
            await institutions.enrol_key(one.hub, ceremonies, wang, good, "")
        again = await institutions.key_question(one.hub, ceremonies, wang)
        with pytest.raises(Conflict, match="known already"):
            await institutions.enrol_key(one.hub, ceremonies, wang, answer(again, key), "")
        assert len(await institutions.keys(one.hub)) == 1

    check(tmp_path, act)


def test_a_recovery_code_is_not_enough_for_a_key_and_neither_is_no_institution(tmp_path: Path) -> None:
    async def act(one: House, ceremonies: Ceremonies) -> None:
        with pytest.raises(Forbidden, match="by passkey first"):
            await institutions.key_question(one.hub, ceremonies, await expert(one, "recovery"))
        for visitor in (BOSS, await signed_in(one, await one.person("lin", Role.VIEWER), "passkey")):
            with pytest.raises(Forbidden, match="only an expert"):
                await institutions.key_question(one.hub, ceremonies, visitor)

    check(tmp_path, act)


def test_an_expert_belongs_to_an_institution_that_is_known(tmp_path: Path) -> None:
    async def act(one: House, _: Ceremonies) -> None:
        for institution, words in (
            (None, "speaks for one"),
            (InstitutionId("nowhere"), "there is no 'nowhere'"),
        ):
            wanted = people.Invitation(
                account="li", name="Li", roles=frozenset({Role.EXPERT}), institution=institution
            )
            with pytest.raises(BadInput, match=words):
                await people.invite(one.hub, BOSS, wanted)
        assert [person.account for person in await people.everybody(one.hub)] == []

    check(tmp_path, act)


@pytest.mark.parametrize(
    ("id_", "english", "did", "words"),
    [
        ("Lab 2", "Lab", "did:web:b.example", "id"),
        ("lab2", " ", "did:web:b.example", "name"),
        ("lab2", "Lab", "lab.example", "did"),
    ],
)
def test_a_wrong_entry_is_refused_with_words(
    tmp_path: Path, id_: str, english: str, did: str, words: str
) -> None:
    async def act(one: House, _: Ceremonies) -> None:
        name = Text(zh="所", en=english)
        with pytest.raises(BadInput, match=f"^{words}: "):
            await institutions.add(one.hub, BOSS, id_=id_, name=name, did=did, role="inspection")
        with pytest.raises(Conflict):
            await institutions.add(
                one.hub,
                BOSS,
                id_="lab3",
                name=Text(zh="a", en="a"),
                did="did:web:lab.example",
                role="committee",
            )

    check(tmp_path, act)
