import contextlib
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import policy, proof
from quality_creator.trust.log.proof import Proof
from tests.trust.log.strategies import ORIGIN, leaf, policy_text, proven, the_policy

COSIGNED = {"committee": 1_700_000_000, "inst01": 1_700_000_003, "inst02": 1_700_000_009}
POLICY = the_policy()


@given(st.integers(1, 40), st.data())
def test_a_proof_proves_its_entry_and_no_other(size: int, data: st.DataObject) -> None:
    index = data.draw(st.integers(0, size - 1))
    text = proven(index, size, COSIGNED).encode()
    logged = proof.verify(text, leaf(index), POLICY)
    assert (logged.origin, logged.index, logged.size) == (ORIGIN, index, size)
    assert logged.time == datetime.fromtimestamp(1_700_000_009, UTC)
    assert logged.witnesses == ("committee", "inst01", "inst02")
    with pytest.raises(BadPayload):
        proof.verify(text, leaf(index + 1), POLICY)


def test_a_proof_without_a_quorum_is_refused() -> None:
    text = proven(1, 3, {"committee": 5, "inst01": 6}).encode()
    with pytest.raises(BadPayload, match=r"quorum .* cosigned by committee, inst01"):
        proof.verify(text, leaf(1), POLICY)
    assert proof.verify(text, leaf(1), the_policy("committee")).witnesses == ("committee", "inst01")
    assert proof.verify(proven(1, 3, {}).encode(), leaf(1), the_policy("none")).time is None


def test_a_proof_of_another_log_is_refused() -> None:
    text = proven(1, 3, COSIGNED).encode()
    other = policy.parse(policy_text().replace(f"log {ORIGIN}".encode(), b"# log "))
    with pytest.raises(BadPayload, match="believed"):
        proof.verify(text, leaf(1), other)


@given(
    st.builds(
        Proof,
        st.integers(0, 2**63 - 1),
        st.lists(st.binary(min_size=32, max_size=32), max_size=63).map(tuple),
        st.binary(max_size=99),
        st.binary(max_size=99),
    )
)
def test_a_proof_is_read_as_it_was_written(one: Proof) -> None:
    assert proof.decode(one.encode()) == one


@given(st.data())
def test_a_proof_with_bytes_changed_is_never_accepted_for_more_than_it_proves(data: st.DataObject) -> None:
    text = proven(5, 11, COSIGNED).encode()
    at = data.draw(st.integers(0, len(text) - 1))
    cut = data.draw(st.integers(0, 3))
    changed = text[:at] + data.draw(st.binary(max_size=3)) + text[at + cut :]
    with contextlib.suppress(BadPayload):
        logged = proof.verify(changed, leaf(5), POLICY)
        assert logged == proof.verify(text, leaf(5), POLICY)


@given(st.binary(max_size=200))
def test_any_bytes_are_a_proof_or_are_refused(data: bytes) -> None:
    for mutated in (data, b"c2sp.org/tlog-proof@v1\n" + data, b"c2sp.org/tlog-proof@v1\nindex 1\n" + data):
        with contextlib.suppress(BadPayload):
            assert proof.decode(proof.decode(mutated).encode()) == proof.decode(mutated)
