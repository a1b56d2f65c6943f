"""What a person changes on a running chart: judged by from the next point on, and there after a restart."""

import asyncio
from collections.abc import Sequence
from pathlib import Path

import pytest

from quality_creator import quality
from quality_creator.actions import courses, standings
from quality_creator.actions.seen import Seen, Shown
from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.event import Definitions, Signal
from quality_creator.model.ids import CharacteristicId, EpisodeId
from quality_creator.model.reading import Measurement
from quality_creator.store import charts, tables
from quality_creator.store.database import Transaction
from tests.actions.floor import FLOOR, Name, batch, config, measured, running

MOISTURE = CharacteristicId("moisture")
PEEL = CharacteristicId("peel")


def series(count: int, start: int = 0, *, of: Name = "moisture") -> list[Measurement]:
    return [measured(n, 8.0 + (n * 7 % 10) / 10, of=of) for n in range(start, start + count)]


def estimation(values: Sequence[float], kind: quality.Kind = "i-mr", size: int = 1) -> quality.Estimation:
    return quality.estimate(quality.Plan(kind=kind, size=size), values, by="Lin")


def test_frozen_limits_judge_from_the_next_point_on_and_after_a_restart(tmp_path: Path) -> None:
    chosen = estimation([1.0, 1.1, 0.9, 1.0, 1.05])

    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(7)))
            [before] = floor.ingest.definitions().characteristics
            assert (await floor.ingest.freeze(MOISTURE, chosen)).state.limits == chosen.limits
            [after] = floor.ingest.definitions().characteristics
            assert before.location is not None
            assert after.location is not None
            assert after.location.center == pytest.approx(1.01)
            assert before.location.center != after.location.center
            await floor.ingest.take(batch(*series(1, 7)))
            point = floor.points[-1]
            assert (point.index, point.plotted) == (7, 7)
            # The collected points lie far above the new centre: the run over them goes on, and is not new.
            assert Signal(rule="nelson-1", continuing=True) in point.signals
            rows = await floor.database.look(charts.estimations_of, MOISTURE)
            assert [row.by for row in rows] == ["the first points", "Lin"]
        async with running(tmp_path) as floor:
            assert floor.ingest.definitions().characteristics == (after,)
            await floor.ingest.take(batch(*series(1, 8)))
            assert floor.points[-1].plotted == 8

    asyncio.run(check())


def test_a_subgroup_that_was_filling_goes_on_filling(tmp_path: Path) -> None:
    chosen = estimation([3.0, 3.1, 2.9, 3.2, 3.0, 2.8], "xbar-r", 3)

    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(5, of="peel")))
            after = await floor.ingest.freeze(PEEL, chosen)
            assert (len(after.state.pending), after.state.plotted) == (2, 1)
            await floor.ingest.take(batch(*series(1, 5, of="peel")))
            assert floor.points[-1].plotted == 1

    asyncio.run(check())


def test_a_persons_limits_stay_until_the_configuration_gives_other_ones(tmp_path: Path) -> None:
    chosen = estimation([4.0, 4.1, 3.9, 4.2, 4.0, 3.8], "xbar-r", 3)

    async def center(text: str) -> float:
        async with running(tmp_path, config(text)) as floor:
            limits = floor.ingest.chart(PEEL).state.limits
            assert isinstance(limits, quality.Limits)
            return limits.center

    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.freeze(PEEL, chosen)
        assert await center(FLOOR) == pytest.approx(4.0)
        more_rules = FLOOR.replace('kind = "xbar-r"', 'kind = "xbar-r"\nrules = ["nelson-1"]')
        assert await center(more_rules) == pytest.approx(4.0)
        assert await center(FLOOR.replace("center = 3.0", "center = 3.5")) == 3.5

    asyncio.run(check())


def test_chosen_rules_judge_with_the_limits_that_there_are_until_taken_back(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(7)))
            before = floor.ingest.chart(MOISTURE).state.limits
            await floor.ingest.choose_rules(MOISTURE, ("nelson-3",), by="Lin")
            await floor.ingest.take(batch(*(measured(10 + n, 8.0 + n / 100) for n in range(6))))
            assert floor.points[-1].signals == (Signal(rule="nelson-3"),)
            assert floor.ingest.chart(MOISTURE).state.limits == before
            assert floor.ingest.definitions().characteristics[0].rules == ("nelson-3",)
        async with running(tmp_path) as floor:
            assert floor.ingest.definitions().characteristics[0].rules == ("nelson-3",)
            await floor.ingest.choose_rules(MOISTURE, None, by="Lin")
            assert floor.ingest.definitions().characteristics[0].rules == ("nelson-1", "nelson-2")
            assert floor.ingest.chart(MOISTURE).state.limits == before

    asyncio.run(check())


def test_rules_are_chosen_before_there_are_limits_too(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(3)))
            await floor.ingest.choose_rules(MOISTURE, ("nelson-1",), by="Lin")
            await floor.ingest.take(batch(*series(2, 3)))
            chart = floor.ingest.chart(MOISTURE)
            assert chart.frozen
            assert chart.state.plan.rules == ("nelson-1",)

    asyncio.run(check())


def test_public_or_not_is_chosen_over_the_configuration_and_given_back(tmp_path: Path) -> None:
    def shown(definitions: Definitions) -> list[str]:
        return [one.characteristic for one in definitions.characteristics]

    async def check() -> None:
        async with running(tmp_path) as floor:
            assert shown(floor.ingest.definitions()) == ["moisture"]
            await floor.ingest.choose_public(PEEL, True, by="Lin")
            await floor.ingest.choose_public(MOISTURE, False, by="Lin")
            assert shown(floor.ingest.definitions()) == ["peel"]
            await floor.ingest.take(batch(measured(1), measured(1, of="peel")))
            assert [(one.id, one.public) for one, _ in floor.told[-1].points] == [
                ("moisture", False),
                ("peel", True),
            ]
        async with running(tmp_path) as floor:
            assert shown(floor.ingest.definitions()) == ["peel"]
            await floor.ingest.choose_public(PEEL, None, by="Lin")
            await floor.ingest.choose_public(MOISTURE, None, by="Lin")
            assert shown(floor.ingest.definitions()) == ["moisture"]

    asyncio.run(check())


def test_what_does_not_fit_is_refused_and_nothing_changes(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.ingest.take(batch(*series(7)))
            before = floor.ingest.chart(MOISTURE)
            with pytest.raises(Conflict, match="xbar-r"):
                await floor.ingest.freeze(MOISTURE, estimation([1.0, 2.0, 3.0, 4.0], "xbar-r", 2))
            with pytest.raises(BadInput, match="no rule 'nelson-9'"):
                await floor.ingest.choose_rules(MOISTURE, ("nelson-9",), by="Lin")
            with pytest.raises(NotFound, match="nothing"):
                await floor.ingest.choose_public(CharacteristicId("nothing"), True, by="Lin")
            assert floor.ingest.chart(MOISTURE) == before
            assert await floor.database.look(charts.chosen) == {}

    asyncio.run(check())


def test_what_was_changed_before_an_episode_is_in_its_beginning_and_not_in_its_course(tmp_path: Path) -> None:
    episode = EpisodeId("11111111-2222-4333-8444-555555555555")

    def plan(transaction: Transaction) -> None:
        row = {"id": episode, "slug": "one", "title": {}, "summary": {}, "brand": {}, "state": "on-air"}
        transaction.execute(tables.episodes.insert().values(**row, sources=[], scene={}))

    async def check() -> None:
        async with running(tmp_path) as floor:
            await floor.database.transact(plan)
            await floor.ingest.take(batch(*series(7)))
            await floor.ingest.choose_rules(MOISTURE, ("nelson-3",), by="Lin")
            await floor.ingest.freeze(MOISTURE, estimation([1.0, 1.1, 0.9, 1.0, 1.05]))
            # No measurement lies between the changes and the beginning: their numbers are the same.
            await floor.ingest.write_down(episode, floor.ingest.charts(), ())
            await floor.ingest.choose_rules(MOISTURE, None, by="Lin")
            await floor.ingest.take(batch(*series(2, 7)))
            seen = Seen(one={MOISTURE: Shown(points=list(floor.points[-2:]))})
            data = await floor.database.look(standings.course, episode, seen)
            [course] = courses.decode_course(data).characteristics
            assert [one.cause for one in course.changes] == ["rules"]
            assert course.changes[0].row.plan.rules == ("nelson-1", "nelson-2")

    asyncio.run(check())
