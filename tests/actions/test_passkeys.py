"""Passkeys: an authenticator made of a key and bytes, and every way in which an answer can be wrong."""

import base64
import hashlib
import json
import random
from collections.abc import Callable
from pathlib import Path
from typing import Any

import cbor2
import pytest
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec

from quality_creator.actions.passkeys import LASTS_S, Ceremonies, NewKey, RelyingParty, relying_party
from quality_creator.config.load import loads
from quality_creator.model.errors import BadInput, BadPayload, Forbidden, Unavailable
from quality_creator.model.ids import PersonId

PARTY = RelyingParty("hub.example", "https://hub.example", ("https://hub.example",))
FLAGS = 0x45  # present, verified, with a credential


def b64(data: bytes) -> str:
    return base64.urlsafe_b64encode(data).rstrip(b"=").decode()


class Authenticator:
    """As WebAuthn Level 3 has it (6.1, 6.5.1, 7), for ES256."""

    def __init__(self, origin: str = "https://hub.example", domain: str = "hub.example") -> None:
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = b"credential-of-a-test"
        self.origin, self.domain, self.count = origin, domain, 0

    def data(self, flags: int, rest: bytes = b"") -> bytes:
        self.count += 1
        digest = hashlib.sha256(self.domain.encode()).digest()
        return digest + bytes([flags]) + self.count.to_bytes(4, "big") + rest

    def client(self, kind: str, question: str) -> bytes:
        challenge = json.loads(question)["challenge"]
        return json.dumps({"type": kind, "challenge": challenge, "origin": self.origin}).encode()

    def create(self, order: str, flags: int = FLAGS) -> dict[str, Any]:
        numbers = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: numbers.x.to_bytes(32, "big"), -3: numbers.y.to_bytes(32, "big")}
        attested = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        found = {"fmt": "none", "attStmt": {}, "authData": self.data(flags, attested)}
        response = {
            "clientDataJSON": b64(self.client("webauthn.create", order)),
            "attestationObject": b64(cbor2.dumps(found)),
        }
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response}

    def get(self, question: str, flags: int = 0x05) -> dict[str, Any]:
        client, data = self.client("webauthn.get", question), self.data(flags)
        signature = self.key.sign(data + hashlib.sha256(client).digest(), ec.ECDSA(hashes.SHA256()))
        response = {
            "clientDataJSON": b64(client),
            "authenticatorData": b64(data),
            "signature": b64(signature),
        }
        return {"id": b64(self.id), "rawId": b64(self.id), "type": "public-key", "response": response}


def order(ceremonies: Ceremonies, purpose: str = "enrol 1", now: float = 0.0) -> str:
    return ceremonies.registration(
        purpose, now, person=PersonId("p"), account="lin", name="Lin", known=[b"known"]
    )


def enrolled() -> tuple[Ceremonies, Authenticator, NewKey]:
    ceremonies, device = Ceremonies(PARTY), Authenticator()
    return ceremonies, device, ceremonies.registered("enrol 1", device.create(order(ceremonies)), 1.0)


def test_a_passkey_is_made_and_signs_in_and_its_count_goes_up() -> None:
    ceremonies, device, key = enrolled()
    assert (key.credential, key.sign_count, key.synced) == (device.id, 1, False)
    count = ceremonies.signed(device.get(ceremonies.question(2.0)), key.public_key, key.sign_count, 3.0)
    assert count == 2


def test_the_question_demands_a_passkey_that_names_its_owner_and_checks_who_holds_it() -> None:
    asked = json.loads(order(Ceremonies(PARTY)))
    assert asked["authenticatorSelection"]["residentKey"] == "required"
    assert asked["authenticatorSelection"]["userVerification"] == "required"
    assert asked["excludeCredentials"][0]["id"] == b64(b"known")
    assert json.loads(Ceremonies(PARTY).question(0.0))["userVerification"] == "required"


def test_an_answer_counts_once_and_in_time_and_for_its_own_question_only() -> None:
    ceremonies, device, key = enrolled()
    answer = device.get(ceremonies.question(0.0))
    ceremonies.signed(answer, key.public_key, 0, 1.0)
    with pytest.raises(Forbidden, match="given before"):
        ceremonies.signed(answer, key.public_key, 0, 2.0)
    late = device.get(ceremonies.question(0.0))
    with pytest.raises(Forbidden, match="took too long"):
        ceremonies.signed(late, key.public_key, 0, LASTS_S + 1.0)
    for other in (order(ceremonies, "enrol 2"), Ceremonies(PARTY).question(0.0)):
        with pytest.raises(BadPayload, match="answers another question"):
            ceremonies.signed(device.get(other), key.public_key, 0, 1.0)
    with pytest.raises(BadPayload, match="answers another question"):
        ceremonies.registered("enrol 2", device.create(order(ceremonies)), 1.0)


def _elsewhere(device: Authenticator) -> None:
    device.origin = "https://hub.example.evil"


def _other_domain(device: Authenticator) -> None:
    device.domain = "evil.example"


def _other_key(device: Authenticator) -> None:
    device.key = ec.generate_private_key(ec.SECP256R1())


def _copied(device: Authenticator) -> None:
    device.count = 0


@pytest.mark.parametrize("wrong", [_elsewhere, _other_domain, _other_key, _copied])
def test_another_origin_domain_or_key_and_a_copy_that_lags_behind_do_not_open(
    wrong: Callable[[Authenticator], None],
) -> None:
    ceremonies, device, key = enrolled()
    count = ceremonies.signed(device.get(ceremonies.question(0.0)), key.public_key, key.sign_count, 1.0)
    wrong(device)
    with pytest.raises(BadPayload, match="does not open the door"):
        ceremonies.signed(device.get(ceremonies.question(0.0)), key.public_key, count, 1.0)


def test_without_a_finger_a_face_or_a_pin_nothing_opens() -> None:
    ceremonies, device, key = enrolled()
    with pytest.raises(BadPayload):
        ceremonies.signed(device.get(ceremonies.question(0.0), flags=0x01), key.public_key, 0, 1.0)
    with pytest.raises(BadPayload):
        ceremonies.registered("enrol 1", Authenticator().create(order(ceremonies), flags=0x41), 1.0)


def test_no_mutation_of_an_answer_is_accepted_or_breaks_anything_else() -> None:
    ceremonies, device, key = enrolled()
    chance = random.Random(7)
    for round_ in range(400):
        signing = round_ % 2 == 0
        good = device.get(ceremonies.question(0.0)) if signing else device.create(order(ceremonies))
        field = chance.choice(
            [name for name in good["response"] if signing or name == "clientDataJSON"] or [""]
        )
        if not signing:
            field = chance.choice(["clientDataJSON", "attestationObject"])
        raw = bytearray(base64.urlsafe_b64decode(good["response"][field] + "=="))
        match chance.randrange(3):
            case 0:
                raw[chance.randrange(len(raw))] ^= 1 << chance.randrange(8)
            case 1:
                del raw[chance.randrange(len(raw)) :]
            case _:
                at = chance.randrange(len(raw))
                raw[at:at] = chance.randbytes(chance.randrange(1, 9))
        good["response"][field] = b64(bytes(raw))
        try:
            if signing:
                ceremonies.signed(good, key.public_key, 0, 1.0)
            else:
                ceremonies.registered("enrol 1", good, 1.0)
        except (BadPayload, Forbidden):
            continue
        # A registration is not signed: a mutated one may bring another key, but never another's account.
        assert not signing


@pytest.mark.parametrize(
    "body",
    [
        {},
        {"rawId": 1, "response": {}},
        {"rawId": "é", "response": {}},
        {"rawId": "AA", "response": {"clientDataJSON": "W10"}},
    ],
)
def test_what_is_no_answer_is_the_senders_error(body: dict[str, object]) -> None:
    ceremonies, _, key = enrolled()
    with pytest.raises(BadPayload):
        ceremonies.signed(body, key.public_key, 0, 0.0)


@pytest.mark.parametrize(
    ("keys", "domain", "usable"),
    [
        ("", "localhost", True),
        ('address = "https://qc.example/"', "qc.example", True),
        ('address = "https://studio.qc.example"\npasskey_domain = "qc.example"', "qc.example", True),
        ('address = "http://qc.example"', "qc.example", False),
        ('address = "https://192.0.2.1"', "192.0.2.1", False),
    ],
)
def test_the_configuration_says_to_whom_passkeys_belong(keys: str, domain: str, usable: bool) -> None:
    party = relying_party(loads(f"[hub]\n{keys}\n", folder=Path(), environment={}))
    assert (party.domain, party.usable) == (domain, usable)
    if not usable:
        with pytest.raises(Unavailable, match="browsers give no passkeys"):
            Ceremonies(party).question(0.0)


@pytest.mark.parametrize(
    "keys",
    [
        'address = "qc.example"',
        'address = "https://qc.example/x"',
        'address = "https://qc.example"\npasskey_domain = "example.org"',
        'address = "https://qc.example"\norigins = ["https://evil.example"]',
        'address = "https://qc.example"\norigins = ["https://evilqc.example"]',
    ],
)
def test_addresses_that_can_not_be_are_refused_at_the_start(keys: str) -> None:
    with pytest.raises(BadInput, match=r"hub\.(address|origins)"):
        loads(f"[hub]\n{keys}\n", folder=Path(), environment={})
