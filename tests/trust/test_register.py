"""The register: who may change it, and what it never contains."""

import pytest
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import endorsement, jcs, multikey, register
from tests.trust.authorities import NOW, World, signer


def _next(world: World, before: register.Accepted, *more: register.Authority, **changes: object) -> bytes:
    authorities = (*(one.authority() for one in world.signers), *more)
    return world.register(*authorities, version=2, previous=before.digest, **changes)


def test_the_first_register_is_signed_by_the_committee_that_it_names() -> None:
    world = World()
    accepted = register.first(world.register())
    assert accepted.register.committee.id == world.committee.did
    assert accepted.digest.startswith("sha256-")
    world.committee.key = world.institutions[0].key
    with pytest.raises(BadPayload):
        register.first(world.register(*(one.authority() for one in World().signers)))


@pytest.mark.parametrize("approvals", range(4))
def test_the_committee_can_not_invent_an_institution(approvals: int) -> None:
    world = World()
    before = register.first(world.register())
    invented = signer("invented")
    data = _next(world, before, invented.authority(), quorum=3)
    given = [one.endorse(data) for one in world.institutions[:approvals]]
    if approvals >= 2:
        assert register.following(before, data, given).register.authority(invented.did) is not None
        assert register.chain([before.data, data], given).register.version == 2
    else:
        with pytest.raises(BadPayload, match="approved by"):
            register.following(before, data, given)


def test_an_approval_counts_once_and_only_from_institutions_of_the_version_before() -> None:
    world = World()
    before = register.first(world.register())
    invented = signer("invented")
    data = _next(world, before, invented.authority(), quorum=3)
    one = world.institutions[0]
    for approvals in (
        [one.endorse(data), one.endorse(data)],
        [one.endorse(data), invented.endorse(data)],
        [one.endorse(data), world.committee.endorse(data)],
        [one.endorse(data), world.institutions[1].endorse(before.data)],
        [one.endorse(data), b"{}"],
    ):
        with pytest.raises(BadPayload, match="approved by 1"):
            register.following(before, data, approvals)


def test_a_later_register_names_the_one_before_and_is_signed_by_its_committee() -> None:
    world = World()
    before = register.first(world.register())
    approve = world.institutions
    for changes in ({"version": 3}, {"previous": "sha256-" + "A" * 43 + "="}, {"id": "urn:other"}):
        data = world.register(
            *(one.authority() for one in world.signers),
            **({"version": 2, "previous": before.digest} | changes),
        )
        with pytest.raises(BadPayload, match="follow"):
            register.following(before, data, [one.endorse(data) for one in approve])
    usurper = World(committee=signer("usurper", "committee"))
    data = usurper.register(*(one.authority() for one in usurper.signers), version=2, previous=before.digest)
    with pytest.raises(BadPayload, match="committee of the version before"):
        register.following(before, data, [one.endorse(data) for one in approve])


@pytest.mark.parametrize("quorum", [0, 1, 4])
def test_a_quorum_is_more_than_half(quorum: int) -> None:
    with pytest.raises(BadPayload):
        register.first(World().register(quorum=quorum))


def test_weak_keys_doubles_and_what_is_no_name_are_refused() -> None:
    world = World()
    one = world.institutions[0]
    weak = register.Key(
        multikey="z" + multikey.base58(b"\xed\x01\x01" + bytes(31)), since="2026-01-01T00:00:00Z"
    )
    for wrong in (
        one.authority(keys=(weak,)),
        one.authority(id="inst1.example"),
        one.authority(id=world.institutions[1].did),
        one.authority(keys=world.institutions[1].authority().keys),
        one.authority(keys=(register.Key(multikey=one.multikey, since="yesterday"),)),
        one.authority(role="committee"),
        one.authority(witness="inst1"),
    ):
        others = [other.authority() for other in world.signers if other is not one]
        with pytest.raises(BadPayload):
            world.register(*others, wrong)


def test_what_is_no_register_is_refused() -> None:
    document = jcs.decode_object(World().register())
    for data in (b"", b"{}", b"[]", jcs.encode(document | {"type": ["VerifiableCredential"]})):
        with pytest.raises(BadPayload):
            register.first(data)
    with pytest.raises(BadPayload):
        register.chain([], [])


def test_a_name_of_a_key_is_only_found_for_its_own_authority() -> None:
    world = World()
    accepted = register.first(world.register())
    one, two = world.institutions[:2]
    assert accepted.key_of(one.did, one.method, NOW)[0].id == one.did
    for issuer, method in ((one.did, two.method), (two.did, one.method), ("did:web:x.example", one.method)):
        with pytest.raises(BadPayload):
            accepted.key_of(issuer, method, NOW)


def test_a_change_of_an_endorsement_is_read_as_it_was_written() -> None:
    made = endorsement.read_change(
        endorsement.issue_change(
            Ed25519PrivateKey.generate(),
            id="urn:uuid:1",
            issuer="did:web:a.example",
            endorsement="urn:uuid:2",
            status="suspended",
            reason="因校准",
            now=NOW,
        )
    )
    assert (made.endorsement, made.status, made.reason) == ("urn:uuid:2", "suspended", "因校准")
