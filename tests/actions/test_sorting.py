"""What is new and what was taken in before, against a store that simply remembers everything."""

from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.actions.sorting import Before, Sorted, offered, sort_out, suspicious
from quality_creator.factory.intake import Batch, Outcome
from quality_creator.model.clock import Micros, micros
from quality_creator.model.reading import Count, Refusal
from quality_creator.store.measurements import Known, Stream
from tests.actions.floor import NOW, Name, batch, measured


class Remembering:
    """The plainest store: every key it ever took, and the time that came with it."""

    def __init__(self) -> None:
        self.times: dict[tuple[str, str, str, int], Micros] = {}

    def take(self, one: Batch) -> tuple[int, list[int], list[int]]:
        """How many are new, the positions of duplicates, and of sequences used again."""
        new, duplicates, again = 0, [], []
        for position, m in enumerate(one.measurements):
            key = (m.gauge, m.characteristic, m.tag, m.sequence)
            if key not in self.times:
                self.times[key] = m.time
                new += 1
            elif self.times[key] == m.time:
                duplicates.append(position)
            else:
                again.append(position)
        return new, duplicates, again

    def streams(self, batches: list[Batch]) -> dict[Stream, Known]:
        """As the database would say it."""
        streams = {(m.gauge, m.characteristic, m.tag) for one in batches for m in one.measurements}
        return {
            stream: Known(0, max((key[3] for key in self.times if key[:3] == stream), default=-1))
            for stream in streams
        }

    def known(self, asked: dict[Stream, list[int]]) -> dict[Stream, dict[int, Micros]]:
        """As the database would say it."""
        return {
            stream: {n: self.times[*stream, n] for n in numbers if (*stream, n) in self.times}
            for stream, numbers in asked.items()
        }


SENT = st.tuples(st.integers(0, 12), st.sampled_from(["moisture", "peel"]), st.integers(0, 1))
Rounds = list[list[list[tuple[int, Name, int]]]]


@settings(max_examples=200)
@given(st.lists(st.lists(st.lists(SENT, max_size=5), min_size=1, max_size=4), max_size=5))
def test_each_sequence_is_taken_once_whatever_is_sent_again(rounds: Rounds) -> None:
    store = Remembering()
    for transaction in rounds:
        batches = [
            batch(*(measured(n, of=of, at=n + 100 * late) for n, of, late in one)) for one in transaction
        ]
        asked = suspicious(offered(batches), store.streams(batches))
        found = sort_out(batches, store.known(asked), Before({}))
        expected = [store.take(one) for one in batches]
        assert [
            (outcome.accepted, outcome.duplicates, [refusal.index for refusal in outcome.refusals])
            for outcome in found.outcomes
        ] == expected
        assert len(found.measurements) == sum(new for new, _, _ in expected)


def alone(*batches: Batch, counts: dict[str, Count] | None = None) -> Sorted:
    """Sort out what comes to an empty store."""
    return sort_out(batches, {}, Before(counts or {}))


def test_only_streams_that_do_not_go_up_are_looked_up() -> None:
    up, down = [measured(n) for n in (5, 6, 9)], [measured(n, of="peel") for n in (3, 2)]
    streams = {("press", "moisture", ""): Known(1, 4), ("press", "peel", ""): Known(2, -1)}
    assert suspicious(offered([batch(*up), batch(*down)]), streams) == {("press", "peel", ""): [3, 2]}
    assert suspicious(offered([batch(*up), batch(measured(9))]), streams) == {
        ("press", "moisture", ""): [5, 6, 9, 9]
    }


def test_a_batch_is_charted_in_the_order_of_its_times_and_batches_in_that_of_their_arrival() -> None:
    found = alone(batch(measured(1, at=30), measured(2, at=10), measured(3, at=20)), batch(measured(4, at=0)))
    assert [m.sequence for m in found.measurements] == [2, 3, 1, 4]
    assert found.outcomes == [Outcome(3, [], [], []), Outcome(1, [], [], [])]


def test_a_sequence_that_is_used_again_is_refused_in_words() -> None:
    known = {("press", "moisture", ""): {7: micros(NOW)}}
    found = sort_out([batch(measured(7, at=250))], known, Before({}))
    assert found.outcomes[0].refusals == [
        Refusal(
            gauge=batch().gauge,
            reason="bad-sequence",
            detail="received the sequence 7 with the time 2026-05-04T08:30:00.250Z, but it was used with "
            "2026-05-04T08:30:00.000Z; allowed: a number that was never used. A source that begins again at "
            "0 is mapped with an empty `sequence`: then its time is the number",
            index=0,
        )
    ]


def count(time: int, line: str = "board") -> Count:
    """A line's counters at a time."""
    return Count(line=line, time=Micros(time), total=time, rejected=0)


def test_the_newest_counters_of_a_line_stand() -> None:
    found = alone(
        batch(counts=[count(5), count(3), count(1, "taps")]),
        batch(counts=[count(6), count(2, "taps"), count(6)]),
        counts={"board": count(4), "taps": count(2)},
    )
    assert found.counts == {"board": count(6)}
    assert found.outcomes == [Outcome(1, [], [1, 2], []), Outcome(1, [], [1, 2], [])]


def test_refusals_of_the_mapping_are_passed_on() -> None:
    refusal = Refusal(gauge=batch().gauge, reason="bad-value", detail="", index=4)
    assert alone(batch(measured(1), refusals=[refusal])).outcomes == [Outcome(1, [], [], [refusal])]
