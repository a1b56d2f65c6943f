import contextlib

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadPayload
from quality_creator.trust import dossier
from quality_creator.trust.log import challenge, living
from quality_creator.trust.log.challenge import Challenge
from quality_creator.trust.log.tile import Tree
from tests.trust.log.strategies import leaf, signed, the_policy

ENTRIES = [leaf(number).encode() for number in range(3)]
COSIGNED = {"committee": 1_700_000_000, "inst01": 1_700_000_003, "inst02": 1_700_000_009}
EPISODE = "urn:uuid:00000000-0000-4000-8000-000000000000"


def progress(tree: Tree) -> living.Progress:
    return living.Progress(
        type="progress/1",
        id="urn:uuid:1",
        episode=EPISODE,
        at="2026-01-01T00:00:00.000Z",
        last=3,
        segments=living.served(tree),
        measurements=living.served(Tree()),
    )


@given(st.lists(st.binary(min_size=32, max_size=64), max_size=20), st.data())
def test_a_root_while_on_air_is_the_dossiers_root_over_as_many(
    digests: list[bytes], data: st.DataObject
) -> None:
    cut = data.draw(st.integers(0, len(digests)))
    tree = living.add(living.add(Tree(), digests[:cut]), digests[cut:])
    assert living.served(tree) == living.Served(count=len(digests), root=dossier.tree_root(digests))


def test_a_progress_is_read_as_it_was_written() -> None:
    made = progress(living.add(Tree(), [b"x" * 32]))
    assert living.decode(living.encode(made)) == made


@given(st.binary(max_size=120), st.integers(0, 300), st.integers(0, 40))
def test_any_bytes_are_a_document_of_an_episode_on_air_or_are_refused(data: bytes, at: int, cut: int) -> None:
    whole = living.encode(progress(Tree()))
    for mutated in (data, whole[:at] + data[:3] + whole[at + cut :]):
        with contextlib.suppress(BadPayload):
            assert living.encode(living.decode(mutated)) == mutated


def shown(code: str | None = None, cosigned: dict[str, int] = COSIGNED) -> Challenge:
    note = signed(ENTRIES, cosigned).encode()
    return Challenge(
        type="challenge/1",
        id="urn:uuid:2",
        episode=EPISODE,
        code=code or challenge.code(note),
        checkpoint=note.decode(),
        at="2026-01-01T00:00:00.000Z",
    )


def test_a_challenge_says_what_shows_it_is_not_older() -> None:
    found = challenge.check(challenge.decode(shown().encode()), the_policy())
    assert (len(found.code), found.size) == (8, 3)
    assert found.not_before is not None
    assert found.not_before.timestamp() == 1_700_000_009


def test_a_code_can_not_be_known_before_the_witnesses_have_signed() -> None:
    later = {**COSIGNED, "committee": 1_700_000_001}
    assert challenge.code(signed(ENTRIES, {}).encode()) != challenge.code(signed(ENTRIES, COSIGNED).encode())
    assert shown().code != shown(cosigned=later).code


def test_another_code_or_a_checkpoint_without_its_quorum_is_refused() -> None:
    with pytest.raises(BadPayload, match="the code of this checkpoint is"):
        challenge.check(shown("00000000"), the_policy())
    with pytest.raises(BadPayload, match="quorum"):
        challenge.check(shown(cosigned={"committee": 5}), the_policy())


@given(st.binary(max_size=120), st.integers(0, 900), st.integers(0, 40))
def test_any_bytes_are_a_challenge_or_are_refused(data: bytes, at: int, cut: int) -> None:
    whole = shown().encode()
    for mutated in (data, whole[:at] + data[:3] + whole[at + cut :]):
        with contextlib.suppress(BadPayload):
            assert challenge.decode(mutated).encode() == mutated
            assert challenge.check(challenge.decode(mutated), the_policy()).code == shown().code
