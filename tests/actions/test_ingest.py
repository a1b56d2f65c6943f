"""Taking in, on a real database: once, durably, judged, told; and going on after a stop."""

import asyncio
import sqlite3
from collections.abc import Sequence
from datetime import timedelta
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from quality_creator.actions import ingest as module
from quality_creator.actions.ingest import GaugeCounts, Ingest
from quality_creator.factory.intake import Outcome
from quality_creator.model.clock import Micros, micros
from quality_creator.model.errors import BadPayload, Unavailable
from quality_creator.model.event import Counters, Point
from quality_creator.model.reading import Count, Measurement, Refusal
from quality_creator.store import charts, measurements
from quality_creator.store.database import FILE, open_folder
from tests.actions.floor import FLOOR, NOW, batch, config, measured, running


def series(count: int, start: int = 0) -> list[Measurement]:
    """Moisture that varies."""
    return [measured(n, 8.0 + (n * 7 % 10) / 10) for n in range(start, start + count)]


def kept(folder: Path) -> list[tuple[str, int, float]]:
    """What lies in the database, in the order of arrival, seen from outside."""
    with sqlite3.connect(folder / FILE) as connection:
        return connection.execute(
            "SELECT characteristic, sequence, value FROM measurements m "
            "JOIN streams s ON stream = s.id ORDER BY m.id"
        ).fetchall()


def test_what_is_taken_is_kept_judged_and_told_before_take_returns(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            assert await floor.ingest.take(batch(*series(6))) == Outcome(6, [], [], [])
            assert kept(tmp_path) == [("moisture", m.sequence, m.value) for m in series(6)]
            assert [(p.index, p.plotted, p.value) for p in floor.points] == [
                (n, n, m.value) for n, m in enumerate(series(6))
            ]
            assert [one.id for judged in floor.told for one, _ in judged.points] == ["moisture"] * 6

    asyncio.run(check())


def test_many_senders_share_a_transaction_and_each_hears_of_its_own(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            outcomes = await asyncio.gather(
                floor.ingest.take(batch(measured(1), measured(2))),
                floor.ingest.take(batch(measured(2), measured(3))),
                floor.ingest.take(batch(measured(1, gauge="other"))),
            )
            assert outcomes == [Outcome(2, [], [], []), Outcome(1, [0], [], []), Outcome(1, [], [], [])]
            assert floor.ingest.status().transactions == 1
            assert [p.index for p in floor.points] == [0, 1, 2, 3]
            assert floor.ingest.counts() == {"press": GaugeCounts(accepted=4, duplicates=1)}

    asyncio.run(check())


def test_two_tags_of_one_characteristic_count_their_sequences_apart(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            both = batch(measured(1, tag="north"), measured(1, tag="south", at=5))
            assert (await floor.ingest.take(both)).accepted == 2
        async with running(tmp_path) as floor:
            assert await floor.ingest.take(both) == Outcome(0, [0, 1], [], [])
            assert (await floor.ingest.take(batch(measured(2, tag="south")))).accepted == 1
            name = measured(1).characteristic
            for found in (measurements.arrived, measurements.newest):
                kept = await floor.database.look(found, name, 2)
                assert [(m.tag, m.sequence) for m in kept] == (
                    [("south", 1), ("south", 2)]
                    if found is measurements.arrived
                    else [("south", 2), ("south", 1)]
                )

    asyncio.run(check())


SENDING = st.lists(
    st.tuples(st.lists(st.integers(0, 15), min_size=1, max_size=6), st.booleans(), st.booleans()),
    min_size=1,
    max_size=8,
)


@settings(max_examples=25, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(SENDING)
def test_whatever_is_sent_again_and_whenever_we_restart_each_is_taken_once(
    tmp_path_factory: pytest.TempPathFactory, sendings: list[tuple[list[int], bool, bool]]
) -> None:
    folder = tmp_path_factory.mktemp("floor")

    async def check() -> None:
        told: list[Point] = []
        taken: list[int] = []
        rest = list(sendings)
        while rest:
            async with running(folder) as floor:
                while rest:
                    sequences, twice, restart = rest.pop(0)
                    sent = batch(*(measured(n, 8.0 + n / 10) for n in sequences))
                    await asyncio.gather(*[floor.ingest.take(sent) for _ in range(1 + twice)])
                    new = sorted(set(sequences) - set(taken))
                    taken += new
                    if restart:
                        break
                told += floor.points
        assert [n for _, n, _ in kept(folder)] == taken
        assert [p.index for p in told] == list(range(len(taken)))
        assert [p.value for p in told] == [8.0 + n / 10 for n in taken]

    asyncio.run(check())


def test_a_chart_goes_on_after_a_restart_as_if_there_had_been_none(tmp_path: Path) -> None:
    async def check(folder: Path, pieces: Sequence[int]) -> list[Point]:
        points: list[Point] = []
        start = 0
        for end in pieces:
            async with running(folder) as floor:
                await floor.ingest.take(batch(*series(end - start, start)))
                points += floor.points
            start = end
        return points

    whole = asyncio.run(check(tmp_path / "one", [40]))
    assert any(p.signals for p in whole) or len(whole) == 40
    assert asyncio.run(check(tmp_path / "three", [3, 4, 5, 22, 40])) == whole


def test_limits_are_estimated_once_with_a_record(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            [definition] = floor.ingest.definitions().characteristics
            assert (definition.characteristic, definition.location) == ("moisture", None)
            await floor.ingest.take(batch(*series(12)))
            [definition] = floor.ingest.definitions().characteristics
            assert definition.location is not None
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(20, 12)))
            assert floor.ingest.definitions().characteristics == (definition,)
            [record] = await floor.database.look(charts.estimations_of, definition.characteristic)
        assert (record.made, record.by) == (NOW, "the first points")
        assert record.record["limits"]["center"] == definition.location.center
        assert (record.record["method"], record.record["span"]) == ("mrbar", [0, 5])

    asyncio.run(check())


def test_characteristics_that_are_not_public_are_charted_but_not_defined(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*(measured(n, 3.0, of="peel") for n in range(3))))
            assert [(one.public, p.plotted) for one, p in floor.told[0].points] == [
                (False, None),
                (False, None),
                (False, 0),
            ]
            assert [one.characteristic for one in floor.ingest.definitions().characteristics] == ["moisture"]

    asyncio.run(check())


def test_a_bad_reading_is_kept_numbered_and_told(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(
                batch(measured(1, 8.0), measured(2, 99.0, status="bad"), measured(3, 8.1))
            )
            assert len(kept(tmp_path)) == 3
            assert [(p.index, p.status, p.plotted) for p in floor.points] == [
                (0, "good", 0),
                (1, "bad", None),
                (2, "good", 1),
            ]

    asyncio.run(check())


def test_counters_are_told_and_outlive_a_restart(tmp_path: Path) -> None:
    newest = Count(line="board", time=micros(NOW), total=100, rejected=2)
    older = Count(line="board", time=Micros(micros(NOW) - 1), total=99, rejected=2)
    event = Counters(line=newest.line, time=newest.time, total=100, rejected=2)  # type: ignore[arg-type]

    async def check() -> None:
        async with running(tmp_path) as floor:
            assert await floor.ingest.take(batch(counts=[newest])) == Outcome(1, [], [], [])
            assert floor.told[0].counters == (event,)
            assert await floor.ingest.take(batch(counts=[older])) == Outcome(0, [], [0], [])
            assert len(floor.told) == 1
        async with running(tmp_path) as floor:
            assert floor.ingest.counters() == (event,)
            assert await floor.ingest.take(batch(counts=[newest])) == Outcome(0, [], [0], [])

    asyncio.run(check())


def test_refusals_are_counted_by_reason_for_good(tmp_path: Path) -> None:
    refusals = [
        Refusal(gauge=batch().gauge, reason="bad-value", detail=f"number {n}", index=n) for n in range(3)
    ]

    async def check() -> None:
        for _ in range(2):
            async with running(tmp_path) as floor:
                outcome = await floor.ingest.take(batch(measured(1), refusals=refusals))
                assert outcome.refusals == refusals
                await floor.ingest.take(batch(measured(1, at=99)))
        async with running(tmp_path) as floor:
            found = await floor.ingest.refusals()
        assert {(one.reason, one.count) for one in found} == {("bad-value", 6), ("bad-sequence", 2)}
        assert {one.detail for one in found if one.reason == "bad-value"} == {"number 2"}

    asyncio.run(check())


def test_what_can_not_be_written_is_not_taken_and_nothing_moves(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("quality_creator.store.database.BUSY_MS", 20)

    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(4)))
            other = sqlite3.connect(tmp_path / FILE, isolation_level=None)
            other.execute("BEGIN IMMEDIATE")
            with pytest.raises(Unavailable, match="database is locked"):
                await floor.ingest.take(batch(*series(4, 4)))
            assert "database is locked" in floor.ingest.status().last_error
            other.execute("ROLLBACK")
            assert await floor.ingest.take(batch(*series(4, 4))) == Outcome(4, [], [], [])
            assert [p.index for p in floor.points] == list(range(8))
            assert floor.ingest.status().waiting == 0

    asyncio.run(check())


def test_a_full_queue_makes_senders_wait_and_loses_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(module, "ROOM", 20)
    monkeypatch.setattr(module, "AT_ONCE", 10)

    async def check() -> None:
        async with running(tmp_path) as floor:
            most = 0

            async def send(start: int) -> None:
                nonlocal most
                await floor.ingest.take(batch(*series(5, start)))
                most = max(most, floor.ingest.status().waiting)

            await asyncio.gather(*(send(start) for start in range(0, 500, 5)))
            assert most < 25
            assert len(kept(tmp_path)) == 500
            assert floor.ingest.status().transactions >= 50

    asyncio.run(check())


def test_one_huge_batch_is_one_transaction(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            assert (await floor.ingest.take(batch(*series(10_000)))).accepted == 10_000
            assert floor.ingest.status().transactions == 1
            assert [p.index for p in floor.points] == list(range(10_000))

    asyncio.run(check())


def test_a_sender_that_goes_away_does_not_disturb_the_others(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            gone = asyncio.create_task(floor.ingest.take(batch(measured(1))))
            stays = asyncio.create_task(floor.ingest.take(batch(measured(2))))
            await asyncio.sleep(0.0005)
            gone.cancel()
            assert await stays == Outcome(1, [], [], [])
            assert len(kept(tmp_path)) == 2

    asyncio.run(check())


def test_who_still_waits_when_the_hub_stops_is_told_so(tmp_path: Path) -> None:
    async def check() -> None:
        database = await open_folder(tmp_path)
        ingest = await Ingest.open(database, config())
        runs = asyncio.create_task(ingest.run())
        await asyncio.sleep(0.01)
        waiting = [asyncio.create_task(ingest.take(batch(*series(3, 3 * n)))) for n in range(5)]
        await asyncio.sleep(0.0005)
        runs.cancel()
        found = await asyncio.gather(*waiting, return_exceptions=True)
        assert {str(one) for one in found} == {"the hub is stopping; send the same again later"}
        with pytest.raises(Unavailable, match="the hub is stopping"):
            await ingest.take(batch(measured(1)))
        await database.close()
        assert kept(tmp_path) == []

    asyncio.run(check())


def test_a_subscriber_can_leave(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            heard: list[int] = []
            leave = floor.ingest.subscribe(lambda judged: heard.append(len(judged.points)))
            await floor.ingest.take(batch(measured(1)))
            leave()
            await floor.ingest.take(batch(measured(2)))
            assert heard == [1]

    asyncio.run(check())


def test_what_was_told_lately_can_be_heard_again_also_after_a_restart(tmp_path: Path) -> None:
    count = Count(line="board", time=micros(NOW), total=100, rejected=2)

    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(8)))
            await floor.ingest.take(batch(counts=[count]))
            assert floor.ingest.recent() == floor.told
            before = floor.told
        async with running(tmp_path) as floor:
            assert floor.ingest.recent() == before
            await floor.ingest.take(batch(*series(2, 8)))
            assert floor.ingest.recent() == [*before, *floor.told]

    asyncio.run(check())


def test_what_was_told_before_a_long_stop_can_be_heard_again_though_new_values_come_first(
    tmp_path: Path,
) -> None:
    now = NOW

    async def check() -> None:
        nonlocal now
        database = await open_folder(tmp_path)

        async def told(*values: int) -> list[Micros]:
            ingest = await Ingest.open(database, config(), clock=lambda: now)
            runs = asyncio.create_task(ingest.run())
            for value in values:
                await ingest.take(batch(measured(value)))
            runs.cancel()
            await asyncio.gather(runs, return_exceptions=True)
            return [point.time for judged in ingest.recent() for _, point in judged.points]

        await told(0, 1)
        now += timedelta(hours=1)
        expected = [measured(value).time for value in (0, 1, 3600)]
        assert await told(3600) == expected
        now += timedelta(seconds=5)  # and stopped again at once
        assert await told() == expected
        await database.close()

    asyncio.run(check())


def test_what_is_no_longer_recent_is_forgotten(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    now = NOW

    async def check() -> None:
        nonlocal now
        database = await open_folder(tmp_path)
        ingest = await Ingest.open(database, config(), clock=lambda: now)
        runs = asyncio.create_task(ingest.run())
        for second in (0, 20, 40):
            now = NOW + timedelta(seconds=second)
            await ingest.take(batch(measured(second)))
        assert [p.time for judged in ingest.recent() for _, p in judged.points] == [
            measured(20).time,
            measured(40).time,
        ]
        again = await Ingest.open(database, config())
        assert again.recent() == ingest.recent()
        monkeypatch.setattr("quality_creator.actions.telling.RECENT_POINTS", 3)
        await ingest.take(batch(*series(3, 100)))
        assert [len(judged.points) for judged in ingest.recent()] == [3]
        await ingest.take(batch(*series(4, 200)))  # more at once than is remembered
        assert ingest.recent() == []
        runs.cancel()
        await asyncio.gather(runs, return_exceptions=True)
        await database.close()

    asyncio.run(check())


def test_a_chart_that_was_damaged_stops_the_start_with_its_name(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(3)))
        with sqlite3.connect(tmp_path / FILE) as connection:
            connection.execute("UPDATE charts SET state = x'00'")
        with pytest.raises(BadPayload, match=r"^the chart of 'moisture' in the database: "):
            async with running(tmp_path):
                pass

    asyncio.run(check())


def test_new_rules_of_the_configuration_keep_limits_and_numbers(tmp_path: Path) -> None:
    other = config(FLOOR.replace("estimate_from = 5", 'estimate_from = 5\nrules = ["nelson-1"]'))

    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(10)))
            [before] = floor.ingest.definitions().characteristics
        async with running(tmp_path, other) as floor:
            [after] = floor.ingest.definitions().characteristics
            assert (after.location, after.spread, after.rules) == (
                before.location,
                before.spread,
                ("nelson-1",),
            )
            await floor.ingest.take(batch(*series(1, 10)))
            assert [(p.index, p.plotted) for p in floor.points] == [(10, 10)]

    asyncio.run(check())


def test_measurements_are_found_by_characteristic_and_time(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(10), measured(3, 3.0, of="peel")))
            name = series(1)[0].characteristic
            look, start, end = floor.database.look, series(10)[2].time, series(10)[5].time
            assert await look(measurements.between, name, start, end) == series(3, 2)
            assert await look(measurements.newest, name, 2) == series(2, 8)
            assert await look(measurements.total, name) == 10

    asyncio.run(check())
