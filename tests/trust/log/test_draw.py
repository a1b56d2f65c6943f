import contextlib
import hashlib
import itertools
from collections import Counter

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import checkpoint, draw, merkle
from quality_creator.trust.log.draw import Draw, Lot
from quality_creator.trust.log.leaf import Leaf, leaf_of
from tests.trust.log.strategies import ORIGIN, WITNESSES, leaf, signed, the_policy

POLICY = the_policy()
KEYS = {name: str(checkpoint.witness_key(f"{name}.example", key)) for name, key in WITNESSES.items()}
COSIGNED = {"committee": 1_700_000_010, "inst01": 1_700_000_010, "inst02": 1_700_000_011}
LOT = Lot(
    id="urn:uuid:lot",
    episode="urn:uuid:episode",
    what="doors",
    count=250,
    drawn=8,
    witnesses=(KEYS["committee"], KEYS["inst01"]),
)
BEFORE = [leaf(number).encode() for number in range(5)]


def entry_of(lot: Lot) -> Leaf:
    return leaf_of(lot.encode(), type="lot/1", id=lot.id, issuer=ORIGIN, subject=lot.episode)


def drawn(
    lot: Lot = LOT, mark: bytes = leaf(99).encode(), first: int = 1_700_000_000
) -> tuple[Draw, list[bytes]]:
    """A draw, and the log's entries with it."""
    entries = [*BEFORE, entry_of(lot).encode(), mark]
    announced = signed(entries[:-1], dict.fromkeys(COSIGNED, first)).encode()
    decided = signed(entries, COSIGNED).encode()
    made = draw.draw(lot, entry_of(lot), announced, decided, policy=POLICY, id="urn:uuid:draw", index=5)
    return made, entries


def roots(entries: list[bytes]):  # type: ignore[no-untyped-def]
    return lambda size: merkle.root_of([merkle.leaf_hash(entry) for entry in entries[:size]])


def test_a_draw_is_repeated_from_the_log() -> None:
    made, entries = drawn()
    assert len(set(made.units)) == 8
    assert all(0 <= unit < 250 for unit in made.units)
    assert draw.decode_draw(made.encode()) == made
    draw.check(made, LOT, entry_of(LOT), POLICY, roots(entries))


def test_what_was_drawn_follows_from_every_one_of_its_causes() -> None:
    made, _ = drawn()
    other_lot, _ = drawn(msgspec.structs.replace(LOT, id="urn:uuid:other"))
    other_root, _ = drawn(mark=leaf(98).encode())
    fewer, _ = drawn(msgspec.structs.replace(LOT, witnesses=LOT.witnesses[:1]))
    assert len({made.units, other_lot.units, other_root.units, fewer.units}) == 4
    later = signed(
        [*BEFORE, entry_of(LOT).encode(), leaf(99).encode()], {**COSIGNED, "committee": 1_700_000_012}
    )
    again = draw.draw(
        LOT, entry_of(LOT), made.announced.encode(), later.encode(), policy=POLICY, id="x", index=5
    )
    assert again.units != made.units


def test_a_draw_of_other_units_is_found_out() -> None:
    made, entries = drawn()
    for units in ((0, *made.units[1:]), made.units[::-1], made.units[:-1]):
        with pytest.raises(BadPayload, match="other units"):
            draw.check(msgspec.structs.replace(made, units=units), LOT, entry_of(LOT), POLICY, roots(entries))


def test_no_checkpoint_that_existed_when_the_lot_was_announced_can_decide() -> None:
    made, _ = drawn()
    entries = [*BEFORE, entry_of(LOT).encode(), leaf(99).encode()]
    for size in (1, 5, 6):
        old = signed(entries[:size], COSIGNED).encode()
        with pytest.raises(BadPayload, match="decided by that of 7"):
            draw.draw(LOT, entry_of(LOT), made.announced.encode(), old, policy=POLICY, id="x", index=5)


def test_no_later_checkpoint_can_decide_so_that_nobody_waits_for_one_that_suits() -> None:
    made, _ = drawn()
    later = signed([*BEFORE, entry_of(LOT).encode(), leaf(99).encode(), leaf(98).encode()], COSIGNED).encode()
    with pytest.raises(BadPayload, match="decided by that of 7"):
        draw.draw(LOT, entry_of(LOT), made.announced.encode(), later, policy=POLICY, id="x", index=5)


def test_what_decides_is_not_older_than_the_announcement_by_the_witnesses_clocks() -> None:
    with pytest.raises(BadPayload, match="before the announcement"):
        drawn(first=1_700_000_020)


def test_a_witness_that_was_to_decide_can_not_be_left_out() -> None:
    with pytest.raises(BadPayload, match=r"inst03\.example was to decide"):
        drawn(msgspec.structs.replace(LOT, witnesses=(KEYS["inst03"],)))


def test_where_there_are_witnesses_one_of_them_decides() -> None:
    with pytest.raises(BadPayload, match="names no witness"):
        drawn(msgspec.structs.replace(LOT, witnesses=()))
    stranger = str(checkpoint.witness_key("stranger.example", WITNESSES["committee"]))
    with pytest.raises(BadPayload, match="no witness of the policy"):
        drawn(msgspec.structs.replace(LOT, witnesses=(stranger,)))


def test_a_draw_of_another_log_or_lot_is_found_out() -> None:
    made, entries = drawn()
    changed = msgspec.structs.replace(LOT, what="other doors")
    with pytest.raises(BadPayload, match="not the announcement"):
        draw.check(made, changed, entry_of(LOT), POLICY, roots(entries))
    with pytest.raises(BadPayload, match="not the announcement"):
        draw.check(made, LOT, leaf(3), POLICY, roots(entries))
    with pytest.raises(BadPayload, match="not of this log"):
        draw.check(made, LOT, entry_of(LOT), POLICY, roots([*BEFORE[:-1], *entries[4:]][::-1]))


@pytest.mark.parametrize(
    "change", [{"drawn": 251}, {"serials": ("a",)}, {"serials": ("a",) * 250}, {"witnesses": ("x",)}]
)
def test_a_lot_that_contradicts_itself_is_refused(change: dict[str, object]) -> None:
    with pytest.raises(BadPayload):
        msgspec.structs.replace(LOT, **change).encode()


def test_units_are_called_by_their_serials_or_positions() -> None:
    assert LOT.name(0) == "1"
    assert msgspec.structs.replace(LOT, count=2, drawn=1, serials=("A7", "A9")).name(1) == "A9"


@given(st.binary(max_size=32), st.integers(1, 300), st.data())
def test_units_are_different_and_of_the_lot(seed: bytes, count: int, data: st.DataObject) -> None:
    number = data.draw(st.integers(1, count))
    units = draw.choose(seed, count, number)
    assert len(set(units)) == len(units) == number
    assert set(units) <= set(range(count))


def test_all_of_a_lot_is_a_permutation() -> None:
    assert sorted(draw.choose(b"", 1_000, 1_000)) == list(range(1_000))


def test_every_unit_and_every_pair_is_drawn_equally_often() -> None:
    # 7 does not divide 2**64, nor any power of two: bias by wrapping round would fall on the first units.
    count, trials = 7, 7_000
    singles: Counter[int] = Counter()
    pairs: Counter[frozenset[int]] = Counter()
    orders: Counter[tuple[int, ...]] = Counter()
    for trial in range(trials):
        units = draw.choose(hashlib.sha256(trial.to_bytes(4)).digest(), count, 2)
        singles.update(units)
        pairs[frozenset(units)] += 1
        orders[units] += 1
    for found, cells in ((singles, 7), (pairs, 21), (orders, 42)):
        assert len(found) == cells
        assert stats.chisquare(list(found.values())).pvalue > 1e-3


def test_words_from_the_uneven_end_are_passed_over() -> None:
    whole = (1 << 64) // 6 * 6
    assert draw._below(6, iter([whole, 2**64 - 1, whole - 1])) == (whole - 1) % 6


@given(st.binary(max_size=200), st.integers(0, 400), st.integers(0, 40))
def test_any_bytes_are_a_lot_and_a_draw_or_are_refused(data: bytes, at: int, cut: int) -> None:
    for whole, decode in ((LOT.encode(), draw.decode_lot), (drawn()[0].encode(), draw.decode_draw)):
        for mutated in (data, whole[:at] + data[:3] + whole[at + cut :]):
            with contextlib.suppress(BadPayload):
                assert decode(mutated).encode() == mutated


@given(st.lists(st.sampled_from(["lot/1", "x/1"]), max_size=9), st.sampled_from(["", "lot/1", "x/1"]))
def test_an_announcement_is_the_last_of_its_checkpoint_and_the_next_entry_alone(
    types: list[str], before: str
) -> None:
    rest, cuts = list(types), []
    while rest:
        number = draw.together(rest, before)
        cuts.append(rest[:number])
        before, rest = rest[number - 1], rest[number:]
    assert [kind for group in cuts for kind in group] == types
    for group in cuts:
        assert "lot/1" not in group[:-1]
    for group, following in itertools.pairwise(cuts):
        assert group[-1] != "lot/1" or len(following) == 1
