"""The switching rules do what the clauses say, lot by lot, and go on after a restart."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput, BadPayload, Conflict
from quality_creator.quality.sampling import single_plan
from quality_creator.quality.switching import (
    Conditions,
    Lot,
    Switch,
    SwitchingState,
    decode,
    encode,
    lot,
    resume,
    start,
    step,
)
from tests.quality.cases import case

WISHED = Conditions(reduced_authorised=True)


def run(
    state: SwitchingState, lots: list[Lot], conditions: Conditions | None = None
) -> tuple[SwitchingState, list[Switch]]:
    switches = []
    for one in lots:
        state, switch = step(state, one, conditions)
        switches.append(switch)
    return state, switches


def lots(pattern: str, accept: int = 0) -> list[Lot]:
    return [
        Lot(
            accepted=mark in "+t",
            accept=accept,
            accepted_one_step_tighter=mark == "t" if accept > 1 else None,
        )
        for mark in pattern
    ]


def test_two_of_five_lots_tighten_as_in_the_published_sequence() -> None:
    one = case("switch_normal_to_tightened_2of5")
    _, switches = run(start(), [Lot(accepted=accepted) for accepted in one["inputs"]["lots"]])
    expected = one["expected"]
    assert [switch.severity_used for switch in switches] == expected["severity_used"]
    assert [switch.severity_after for switch in switches] == expected["severity_after"]
    assert [switch.score for switch in switches] == expected["switching_score"]


def test_two_failures_that_are_five_lots_apart_do_not_tighten() -> None:
    state, _ = run(start(), lots("-++++-"))
    assert state.severity == "normal"
    state, _ = run(start(), lots("-+++-"))
    assert state.severity == "tightened"
    state, _ = run(start(), lots("--"))
    assert state.severity == "tightened"


def test_five_accepted_in_a_row_return_to_normal_and_failures_before_are_forgotten() -> None:
    state, switches = run(start(severity="tightened"), lots("+-+++++"))
    assert [switch.severity_after for switch in switches] == ["tightened"] * 6 + ["normal"]
    assert state == start()


def test_five_failures_on_tightened_inspection_discontinue_it_whatever_lies_between() -> None:
    state, switches = run(start(severity="tightened"), lots("-+-++-+-++++-"))
    assert state.severity == "discontinued"
    assert switches[-1].reason == "5 lots on tightened inspection were not accepted"
    with pytest.raises(Conflict, match="resume"):
        step(state, Lot(accepted=True))
    again = resume(state)
    assert (again.severity, again.failed) == ("tightened", 0)
    with pytest.raises(Conflict, match="nothing to resume"):
        resume(again)


def test_the_score_of_small_acceptance_numbers_reaches_thirty_with_fifteen_lots() -> None:
    state, switches = run(start(), lots("+" * 15), WISHED)
    assert [switch.score for switch in switches] == [*range(2, 31, 2)]
    assert state.severity == "reduced"


def test_the_score_of_larger_acceptance_numbers_reaches_thirty_with_ten_lots() -> None:
    state, switches = run(start(), lots("t" * 10, accept=3), WISHED)
    assert [switch.score for switch in switches] == [*range(3, 31, 3)]
    assert state.severity == "reduced"
    _, switches = run(start(), lots("tt+tt", accept=3), WISHED)
    assert [switch.score for switch in switches] == [3, 6, 0, 3, 6]


def test_reduced_inspection_waits_for_a_steady_process_and_the_authority() -> None:
    assert run(start(), lots("+" * 20))[0].severity == "normal"
    unsteady = Conditions(reduced_authorised=True, steady=False)
    state, switches = run(start(), lots("+" * 20), unsteady)
    assert (state.severity, switches[-1].score) == ("normal", 40)
    assert step(state, Lot(accepted=True), WISHED)[0].severity == "reduced"


@pytest.mark.parametrize(
    ("bad_lot", "conditions", "reason"),
    [
        (Lot(accepted=False), WISHED, "a lot was not accepted"),
        (Lot(accepted=True), Conditions(steady=False), "production is irregular or delayed"),
        (Lot(accepted=True), Conditions(other=True), "other conditions warrant normal inspection"),
    ],
)
def test_reduced_inspection_ends_with_the_first_doubt(
    bad_lot: Lot, conditions: Conditions, reason: str
) -> None:
    state, _ = run(start(severity="reduced"), lots("+++"))
    assert state.severity == "reduced"
    state, switch = step(state, bad_lot, conditions)
    assert (state, switch.reason) == (start(), reason)


def test_z14_asks_for_ten_lots_and_a_limit_number_instead_of_a_score() -> None:
    good = [Lot(accepted=True, nonconforming=1)] * 10
    state, switches = run(start("z1.4"), good, WISHED)
    assert state.severity == "reduced"
    assert [switch.score for switch in switches] == [None] * 10
    strict = Conditions(reduced_authorised=True, limit_number=9)
    assert run(start("z1.4"), good, strict)[0].severity == "normal"
    assert (
        run(start("z1.4"), good, Conditions(reduced_authorised=True, limit_number=10))[0].severity
        == "reduced"
    )
    # Ten that were accepted, not ten out of more.
    broken = [*good[:9], Lot(accepted=False), *good[:9]]
    assert run(start("z1.4"), broken, WISHED)[0].severity == "normal"


def test_z14_leaves_reduced_inspection_after_a_marginal_lot() -> None:
    plan = single_plan(1000, 1.0, severity="reduced", standard="z1.4")
    state, switch = step(start("z1.4", "reduced"), lot(plan, 2))
    assert (state.severity, switch.reason) == ("normal", "a lot fell between Ac and Re")
    assert step(start("z1.4", "reduced"), lot(plan, 1))[0].severity == "reduced"


def test_samples_by_a_plan_feed_the_score() -> None:
    plan = single_plan(1000, 1.0)  # 80 with 2; one step tighter 80 with 1
    state, scores = start(), []
    for found in (0, 1, 2, 1, 3):
        state, switch = step(state, lot(plan, found))
        scores.append(switch.score)
    assert scores == [3, 6, 0, 3, 0]


def test_the_score_of_a_larger_plan_can_not_be_guessed() -> None:
    with pytest.raises(BadInput, match="next tighter AQL"):
        step(start(), Lot(accepted=True, accept=2))


@given(st.lists(st.booleans(), max_size=60), st.integers(0, 60), st.sampled_from(["iso2859-1", "z1.4"]))
def test_a_restart_between_lots_changes_nothing(marks: list[bool], cut: int, rules: str) -> None:
    state = restarted = start(rules)  # type: ignore[arg-type]
    for i, accepted in enumerate(marks):
        if state.severity == "discontinued":
            break
        if i == cut:
            restarted = decode(encode(restarted))
        state, first = step(state, Lot(accepted=accepted), WISHED)
        restarted, second = step(restarted, Lot(accepted=accepted), WISHED)
        assert first == second
    assert state == restarted
    assert len(state.recent) <= 5
    assert len(state.found) <= 10


@given(st.lists(st.booleans(), min_size=1, max_size=80))
def test_the_severity_is_the_one_that_a_reading_of_the_whole_history_gives(marks: list[bool]) -> None:
    """Brute force: look back over all lots at each step instead of keeping counters."""
    state = start()
    severity, since = "normal", 0
    for i, accepted in enumerate(marks):
        state, _ = step(state, Lot(accepted=accepted), WISHED)
        span = marks[since : i + 1]
        if severity == "normal":
            good = 0
            for mark in span:
                good = good + 2 if mark else 0
            if span[-5:].count(False) >= 2:
                severity, since = "tightened", i + 1
            elif good >= 30:
                severity, since = "reduced", i + 1
        elif severity == "tightened":
            if span.count(False) >= 5:
                severity, since = "discontinued", i + 1
            elif len(span) >= 5 and all(span[-5:]):
                severity, since = "normal", i + 1
        elif severity == "reduced" and not accepted:
            severity, since = "normal", i + 1
        assert state.severity == severity
        if severity == "discontinued":
            return


def test_a_start_that_no_rule_knows_is_refused() -> None:
    with pytest.raises(BadInput, match="no switching rules"):
        start("jis")  # type: ignore[arg-type]
    with pytest.raises(BadInput, match="not 'discontinued'"):
        start("iso2859-1", "discontinued")


@given(st.integers(0, 10**6), st.integers(1, 255), st.integers(0, 40))
def test_changed_or_cut_bytes_of_a_state_are_refused(position: int, change: int, cut: int) -> None:
    state, _ = run(start(), lots("++-+"))
    data = bytearray(encode(state))
    assert decode(bytes(data)) == state
    data[position % len(data)] ^= change
    with pytest.raises(BadPayload):
        decode(bytes(data))
    with pytest.raises(BadPayload):
        decode(encode(state)[:cut])
