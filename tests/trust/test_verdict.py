"""The rule, row by row: each attack that it answers is made here, and must not pass."""

import dataclasses
import itertools
import random
from datetime import timedelta

import pytest

from quality_creator.model.errors import BadPayload
from quality_creator.trust import dissent, dossier, endorsement, jcs, proof, register, status_list, verdict
from quality_creator.trust.verdict import Presented, Verdict
from tests.trust.authorities import ADDRESS, NOW, World, a_dossier, doubly_endorsed, key, signer


def _reasons(found: Verdict) -> set[str]:
    return {finding.reason for one in found.judged for finding in one.findings}


def test_it_stands_when_the_committee_and_an_institution_endorse() -> None:
    found = doubly_endorsed().judge()
    assert found.state == "stands"
    assert [name.en for name in found.names] == ["committee.example", "inst1.example"]
    assert _reasons(found) == set()


# --- proof stripping: both halves are needed, and each is a credential of its own -------------------


def test_one_half_alone_does_not_stand() -> None:
    for half in (0, 1):
        world = doubly_endorsed()
        del world.endorsements[half]
        assert world.judge().state == "fails"


def test_two_institutions_do_not_make_a_committee() -> None:
    world = World()
    for institution in world.institutions[:2]:
        world.log_endorsement(institution.endorse(world.dossier))
    found = world.judge()
    assert (found.of("inspection"), found.of("committee"), found.state) == ("stands", "fails", "fails")


def test_a_second_proof_in_one_document_is_refused() -> None:
    world = doubly_endorsed()
    document = jcs.decode_object(world.endorsements[0].document)
    document["proof"] = [document["proof"], document["proof"]]
    world.endorsements[0] = Presented(jcs.encode(document), world.endorsements[0].proof)
    assert _reasons(world.judge()) == {"malformed"}


# --- another dossier: measurements or segments replaced later ---------------------------------------


def test_an_endorsement_of_another_dossier_does_not_count() -> None:
    world = doubly_endorsed()
    other = a_dossier(factory="did:web:maker.example").encode()
    found = world.judge(dossier=other)
    assert found.state == "fails"
    assert _reasons(found) == {"other-dossier"}


# --- whose key ---------------------------------------------------------------------------------------


def test_who_is_not_in_the_register_does_not_count() -> None:
    world = doubly_endorsed()
    stranger = signer("stranger")
    del world.endorsements[1]
    world.log_endorsement(stranger.endorse(world.dossier))
    lists = world.evidence().lists | stranger.status_lists()
    found = world.judge(lists=lists)
    assert found.state == "fails"
    assert "unknown-issuer" in _reasons(found)


def test_a_key_that_the_register_does_not_give_to_the_issuer_does_not_count() -> None:
    world = doubly_endorsed()
    del world.endorsements[1]
    thief = dataclasses.replace(world.institutions[0], key=key("thief"))
    world.log_endorsement(thief.endorse(world.dossier))
    found = world.judge()
    assert found.state == "fails"
    assert "wrong-key" in _reasons(found)


def test_a_signature_by_another_key_under_the_register_keys_name_does_not_count() -> None:
    world = doubly_endorsed()
    institution = world.institutions[0]
    document = jcs.decode_object(institution.endorse(world.dossier))
    document.pop("proof")
    forged = proof.sign(document, key("thief"), method=institution.method, created=NOW)
    del world.endorsements[1]
    world.log_endorsement(jcs.encode(forged))
    found = world.judge()
    assert found.state == "fails"
    assert _reasons(found) == {"bad-signature"}


@pytest.mark.parametrize(
    "period",
    [("2026-09-01T10:00:04Z", None), ("2026-01-01T00:00:00Z", "2026-09-01T10:00:03Z")],
)
def test_a_key_that_did_not_count_when_it_was_logged_does_not_count(period: tuple[str, str | None]) -> None:
    world = doubly_endorsed()
    institution = world.institutions[0]
    keys = (register.Key(multikey=institution.multikey, since=period[0], until=period[1]),)
    others = [one.authority() for one in world.signers if one is not institution]
    found = world.judge(register=register.first(world.register(*others, institution.authority(keys=keys))))
    assert found.state == "fails"
    assert "key-not-valid" in _reasons(found)


def test_what_a_thief_signs_after_the_key_is_reported_does_not_count_and_what_was_before_does() -> None:
    world = doubly_endorsed()
    institution = world.institutions[0]
    before = world.judge()
    stolen_from = len(world.log.entries)
    notice = endorsement.issue_stolen(
        world.committee.key,
        id="urn:uuid:1",
        issuer=world.committee.did,
        method=institution.method,
        index=stolen_from,
        now=NOW,
    )
    world.log_document(notice, endorsement.KEY_LEAF, world.committee.did, institution.method)
    new = dataclasses.replace(institution, key=key("new key of inst1"))
    keys = (*institution.authority().keys, *new.authority().keys)
    others = [one.authority() for one in world.signers if one is not institution]
    renewed = register.first(world.register(*others, institution.authority(keys=keys)))
    lists = world.evidence().lists | new.status_lists()
    assert before.state == world.judge(register=renewed, lists=lists).state == "stands"

    del world.endorsements[1]
    world.log_endorsement(institution.endorse(world.dossier))
    found = world.judge(register=renewed, lists=lists)
    assert found.state == "fails"
    assert "key-stolen" in _reasons(found)


def test_a_thief_can_not_clear_a_revocation_with_a_list_of_their_own() -> None:
    world = doubly_endorsed()
    institution = world.institutions[0]
    notice = endorsement.issue_stolen(
        institution.key,
        id="urn:uuid:1",
        issuer=institution.did,
        method=institution.method,
        index=len(world.log.entries),
        now=NOW,
    )
    world.log_document(notice, endorsement.KEY_LEAF, institution.did, institution.method)
    assert "status-wrong" in _reasons(world.judge())


def test_whoever_writes_the_log_can_not_declare_a_key_stolen() -> None:
    world = doubly_endorsed()
    operator = signer("operator")
    notice = endorsement.issue_stolen(
        operator.key, id="u", issuer=operator.did, method=world.committee.method, index=0, now=NOW
    )
    world.log_document(notice, endorsement.KEY_LEAF, operator.did, world.committee.method)
    world.log_document(notice, endorsement.KEY_LEAF, world.committee.did, world.committee.method)
    assert world.judge().state == "stands"


# --- the log: split view, back-dating ---------------------------------------------------------------


def test_what_is_not_in_the_log_does_not_count() -> None:
    world = doubly_endorsed()
    world.endorsements[1] = Presented(world.endorsements[1].document, world.endorsements[0].proof)
    assert _reasons(world.judge()) == {"not-logged"}
    world.endorsements[1] = Presented(world.endorsements[1].document, b"")
    assert _reasons(world.judge()) == {"not-logged"}


@pytest.mark.parametrize("present", list(itertools.product([False, True], repeat=4)))
def test_the_log_counts_when_committee_and_quorum_have_seen_it(present: tuple[bool, ...]) -> None:
    world = World()
    witnesses = [one for one, there in zip(world.signers, present, strict=True) if there]
    for one in (world.committee, world.institutions[0]):
        world.log_endorsement(one.endorse(world.dossier), witnesses=witnesses)
    enough = present[0] and sum(present[1:]) >= 2
    assert world.judge().state == ("stands" if enough else "fails")


@pytest.mark.parametrize(
    ("seconds", "counts"), [(-61, False), (-60, True), (0, True), (900, True), (901, False)]
)
def test_an_endorsement_can_not_be_dated_back(seconds: int, counts: bool) -> None:
    world = World()
    for one in (world.committee, world.institutions[0]):
        world.log_endorsement(one.endorse(world.dossier), seen=NOW + timedelta(seconds=seconds))
    found = world.judge(NOW + timedelta(hours=1))
    assert (found.state == "stands") is counts
    assert _reasons(found) == (set() if counts else {"back-dated"})


def test_the_time_is_when_the_quorum_was_first_met_not_the_earliest_clock() -> None:
    world = World()
    committee, first, second, _ = world.signers
    document = committee.endorse(world.dossier)
    index = world.log.add(verdict.entry_of(endorsement.read(document)))
    parts = [
        world.log.checkpoint([who], NOW + timedelta(seconds=at))
        for who, at in ((committee, 5), (first, 7), (second, 2000))
    ]
    head, _, own = parts[0].partition(b"\n\n")
    lines = [own.split(b"\n")[0], *(part.partition(b"\n\n")[2].split(b"\n")[1] for part in parts)]
    checkpoint = head + b"\n\n" + b"\n".join(lines) + b"\n"
    made = world.log.prove(index, [], NOW)
    body = made[: made.index(b"\n\n")] + b"\n\n" + checkpoint
    world.endorsements.append(Presented(document, body))
    assert _reasons(world.judge(NOW + timedelta(hours=1))) == {"back-dated"}


def test_a_policy_that_asks_for_nobody_gives_no_time() -> None:
    world = doubly_endorsed()
    log = str(world.evidence().policy.logs[0])
    from quality_creator.trust.log import policy

    alone = policy.parse(f"log {log}\nquorum none\n".encode())
    found = world.judge(policy=alone)
    assert found.state == "fails"
    assert _reasons(found) == {"no-time"}


# --- validity ----------------------------------------------------------------------------------------


def test_it_counts_from_valid_from_to_before_valid_until() -> None:
    world = World()
    for one in (world.committee, world.institutions[0]):
        world.log_endorsement(one.endorse(world.dossier, days=1))

    def state(**after: int) -> str:
        now = NOW + timedelta(**after)
        return world.judge(now, lists=world.lists(now)).state

    assert [state(seconds=-1), state(seconds=0), state(hours=23), state(days=1)] == [
        "fails",
        "stands",
        "stands",
        "fails",
    ]


# --- silent withdrawal -------------------------------------------------------------------------------


def test_revoking_one_endorsement_turns_the_verdict() -> None:
    world = doubly_endorsed()
    institution = world.institutions[0]
    assert world.judge().state == "stands"
    institution.revoked.add(1)
    assert _reasons(world.judge()) == {"revoked"}
    assert world.judge().state == "fails"


def test_a_withheld_list_does_not_keep_an_endorsement_alive() -> None:
    world = doubly_endorsed()
    lists = dict(world.evidence().lists)
    del lists[world.institutions[0].list_address]
    found = world.judge(lists=lists)
    assert (found.state, _reasons(found)) == ("fails", {"status-missing"})
    lists = {where: data for where, data in world.lists().items() if not where.endswith("/suspension")}
    assert (world.judge(lists=lists).state, _reasons(world.judge(lists=lists))) == (
        "fails",
        {"status-missing"},
    )


@pytest.mark.parametrize(
    ("hours", "state"), [(-1, "unknown"), (0, "stands"), (23, "stands"), (24, "unknown")]
)
def test_a_list_past_its_day_leaves_it_open(hours: int, state: str) -> None:
    world = doubly_endorsed()
    found = world.judge(
        NOW + timedelta(hours=max(hours, 0)),
        lists=world.lists(NOW + timedelta(hours=1 if hours < 0 else 0)),
    )
    assert found.state == state


def test_an_old_list_that_revokes_still_revokes() -> None:
    world = doubly_endorsed()
    world.institutions[0].revoked.add(1)
    found = world.judge(NOW + timedelta(days=30))
    assert (found.state, _reasons(found)) == ("fails", {"revoked", "status-old"})


def test_a_list_of_suspensions_suspends_until_its_bit_is_clear_again() -> None:
    world = doubly_endorsed()
    world.institutions[0].suspended.add(1)
    assert (world.judge().state, _reasons(world.judge())) == ("fails", {"suspended"})
    world.institutions[0].suspended.clear()
    assert world.judge().state == "stands"


def test_a_list_of_somebody_else_or_another_list_of_the_issuer_does_not_do() -> None:
    world = doubly_endorsed()
    one, two = world.institutions[:2]
    others = status_list.issue(
        two.key, address=one.list_address, issuer=two.did, purpose="revocation", indices=(), now=NOW
    )
    suspension = status_list.issue(
        one.key, address=one.list_address, issuer=one.did, purpose="suspension", indices=(), now=NOW
    )
    forged = status_list.issue(
        key("thief"), address=one.list_address, issuer=one.did, purpose="revocation", indices=(), now=NOW
    )
    for data in (others, suspension, forged, two.status_list(), b"{}", b""):
        found = world.judge(lists={**world.evidence().lists, one.list_address: data})
        assert (found.state, _reasons(found)) == ("fails", {"status-wrong"})


def _change(world: World, status: str, signed_by: str = "", *, after_s: int = 0) -> bytes:
    institution = world.institutions[0]
    return endorsement.issue_change(
        key(signed_by) if signed_by else institution.key,
        id="urn:uuid:c",
        issuer=institution.did,
        endorsement=endorsement.read(world.endorsements[1].document).id,
        status=status,  # type: ignore[arg-type]
        reason="an instrument was not calibrated",
        now=NOW + timedelta(seconds=after_s),
    )


def _log_change(world: World, data: bytes) -> None:
    made = endorsement.read(world.endorsements[1].document)
    world.log_document(data, endorsement.STATUS_LEAF, made.issuer, made.id)


def test_a_logged_revocation_counts_before_any_list_says_so() -> None:
    world = doubly_endorsed()
    _log_change(world, _change(world, "revoked"))
    found = world.judge()
    assert (found.state, _reasons(found)) == ("fails", {"withdrawal-logged"})
    _log_change(world, _change(world, "reinstated"))
    assert world.judge().state == "fails"  # what is revoked stays so


def test_a_suspension_ends_when_it_is_taken_back() -> None:
    world = doubly_endorsed()
    _log_change(world, _change(world, "suspended"))
    assert (world.judge().state, _reasons(world.judge())) == ("fails", {"suspension-logged"})
    _log_change(world, _change(world, "reinstated"))
    assert world.judge().state == "stands"


def test_an_old_reinstatement_that_is_logged_again_ends_no_newer_suspension() -> None:
    world = doubly_endorsed()
    reinstated = _change(world, "reinstated", after_s=10)
    _log_change(world, _change(world, "suspended"))
    _log_change(world, reinstated)
    _log_change(world, _change(world, "suspended", after_s=20))
    _log_change(world, reinstated)
    assert _reasons(world.judge()) == {"suspension-logged"}
    _log_change(world, _change(world, "reinstated", after_s=30))
    assert world.judge().state == "stands"


def test_a_reinstatement_behind_a_change_whose_words_are_withheld_undoes_nothing() -> None:
    world = doubly_endorsed()
    _log_change(world, _change(world, "revoked"))
    world.entries = [dataclasses.replace(one, document=None) for one in world.entries]
    _log_change(world, _change(world, "reinstated", after_s=10))
    assert _reasons(world.judge()) == {"withdrawal-logged"}


def test_whoever_writes_the_log_can_not_revoke_for_the_issuer() -> None:
    world = doubly_endorsed()
    _log_change(world, _change(world, "revoked", signed_by="operator"))
    assert world.judge().state == "stands"


def test_a_logged_change_whose_words_are_withheld_counts_against() -> None:
    world = doubly_endorsed()
    _log_change(world, _change(world, "revoked"))
    world.entries = [dataclasses.replace(one, document=None) for one in world.entries]
    assert _reasons(world.judge()) == {"withdrawal-logged"}


# --- dissent -----------------------------------------------------------------------------------------


def _dissent(world: World, who: int, *, signed_by: str = "", after_s: int = 0) -> bytes:
    one = world.institutions[who]
    return dissent.issue(
        key(signed_by) if signed_by else one.key,
        id="urn:uuid:d",
        issuer=one.did,
        subject=ADDRESS,
        digest=dossier.digest_sri(world.dossier),
        reason="the gauge at station 3 was not calibrated",
        now=NOW + timedelta(seconds=after_s),
    )


def _log_dissent(world: World, data: bytes) -> None:
    said = dissent.read(data)
    world.log_document(data, dissent.LEAF, said.issuer, said.digest)


def test_a_dissent_is_said_beside_the_verdict_and_topples_nothing() -> None:
    world = doubly_endorsed()
    _log_dissent(world, _dissent(world, 1))
    found = world.judge()
    assert found.state == "stands"
    [one] = found.dissents
    assert one.said is not None
    assert (one.authority.id, one.endorsed_since) == (world.institutions[1].did, False)
    assert one.said.reason == "the gauge at station 3 was not calibrated"


def test_who_dissents_after_an_endorsement_endorses_no_more_and_the_other_way_round() -> None:
    world = doubly_endorsed()
    _log_dissent(world, _dissent(world, 0, after_s=5))
    assert (world.judge().state, _reasons(world.judge())) == ("fails", {"dissented"})
    later = world.institutions[0].endorse(world.dossier, now=NOW + timedelta(seconds=8))
    world.log_endorsement(later, seen=NOW + timedelta(seconds=9))
    found = world.judge()
    assert (found.state, found.dissents[0].endorsed_since) == ("stands", True)


def test_nobody_dissents_for_an_authority_and_withheld_words_are_told() -> None:
    world = doubly_endorsed()
    _log_dissent(world, _dissent(world, 1, signed_by="operator"))
    assert world.judge().dissents == ()
    _log_dissent(world, _dissent(world, 1))
    world.entries[-1] = dataclasses.replace(world.entries[-1], document=None)
    [one] = world.judge().dissents
    assert (one.said, world.judge().state) == (None, "stands")


def test_a_dissent_of_another_dossier_or_by_a_stranger_is_none_of_this_one() -> None:
    world = doubly_endorsed()
    data = _dissent(world, 1)
    world.log_document(data, dissent.LEAF, world.institutions[1].did, dossier.digest_sri(b"another"))
    world.log_document(data, dissent.LEAF, "did:web:stranger.example", dossier.digest_sri(world.dossier))
    world.log_document(data, dissent.LEAF, world.institutions[2].did, dossier.digest_sri(world.dossier))
    assert world.judge().dissents == ()


# --- any bytes ---------------------------------------------------------------------------------------


@pytest.mark.parametrize("seed", range(6))
def test_a_changed_byte_is_never_accepted_and_never_a_crash(seed: int) -> None:
    chance = random.Random(seed)
    world = doubly_endorsed()
    document, logged = world.endorsements[1].document, world.endorsements[1].proof
    listed = world.institutions[0].status_list()
    # What the second half rests on; cosignatures beyond the quorum may go without harm.
    for _ in range(60):
        which = chance.randrange(3)
        mutant = bytearray((document, logged, listed)[which])
        at = chance.randrange(logged.index(b"\n\xe2\x80\x94") if which == 1 else len(mutant))
        mutant[at] ^= 1 << chance.randrange(8)
        parts = [document, logged, listed]
        parts[which] = bytes(mutant)
        world.endorsements[1] = Presented(parts[0], parts[1])
        lists = {**world.evidence().lists, world.institutions[0].list_address: parts[2]}
        assert world.judge(lists=lists).state == "fails"


# --- the dossier -------------------------------------------------------------------------------------


def test_a_dossier_is_read_as_it_was_written() -> None:
    made = a_dossier(
        started=dossier.Seen(size=3, root=dossier.tree_root([])),
        as_run=dossier.AsRun(digest=dossier.digest_sri(b"run")),
        remarks=(dossier.Remark(expert="did:key:z6Mk", digest=dossier.digest_sri(b"remark")),),
    )
    assert dossier.decode(made.encode()) == made
    assert b'"asRun":{"digestSRI":"sha256-' in made.encode()


@pytest.mark.parametrize(
    "change",
    [
        {"episode": "urn:uuid:1"},
        {"type": "dossier/2"},
        {"factory": "maker"},
        {"extra": 1},
        {"remarks": []},
        {"segments": {}},
        {"verdicts": [{"chart": "i-mr", "characteristic": "x", "digestSRI": "sha256-AAAA"}]},
        {"started": {"size": 1, "root": "AAAA"}},
        {"started": {"size": -1, "root": dossier.tree_root([])}},
        {"software": None},
    ],
)
def test_a_dossier_with_what_means_nothing_is_refused(change: dict[str, object]) -> None:
    document = jcs.decode_object(a_dossier().encode()) | change
    with pytest.raises(BadPayload):
        dossier.decode(jcs.encode(document))


def test_a_root_over_the_first_segments_is_a_root_over_the_same_leaves() -> None:
    assert dossier.tree_root([b"\1" * 32]) != dossier.tree_root([b"\2" * 32])
    assert dossier.tree_root([]) == "47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU="


def test_an_endorsement_is_of_one_resource_and_says_until_when() -> None:
    institution = signer("inst1")
    document = jcs.decode_object(institution.endorse(a_dossier().encode()))
    document.pop("proof")
    resource = document["relatedResource"][0]
    for change in (
        {"relatedResource": [resource, resource]},
        {"relatedResource": []},
        {"relatedResource": [resource | {"id": "https://elsewhere.example"}]},
        {"relatedResource": [resource | {"digestSRI": "sha384-x"}]},
        {"credentialStatus": None},
        {"evidence": []},
        {"type": ["VerifiableCredential"]},
        {"@context": document["@context"][:1]},
        {"id": ""},
        {"issuer": institution.did},
        {"credentialSubject": {"id": ADDRESS}},
    ):
        signed = proof.sign(document | change, institution.key, method=institution.method, created=NOW)
        with pytest.raises(BadPayload):
            endorsement.read(jcs.encode(signed))
    document.pop("validUntil")
    signed = proof.sign(document, institution.key, method=institution.method, created=NOW)
    with pytest.raises(BadPayload):
        endorsement.read(jcs.encode(signed))
