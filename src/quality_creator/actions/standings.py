"""Write down where the charts stand when an episode goes on air, and make the evidence of it at the end."""

from collections.abc import Iterable, Mapping

import msgspec

from quality_creator.actions import courses
from quality_creator.actions.courses import Course, Opening, Standing, Value
from quality_creator.actions.judging import Chart
from quality_creator.actions.retracing import Shown
from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId, EpisodeId
from quality_creator.store import charts, measurements, standings
from quality_creator.store.database import Transaction
from quality_creator.store.standings import StandingRow


def write_down(transaction: Transaction, episode: EpisodeId, snapshot: Iterable[Chart], now: Micros) -> None:
    """Keep where charts stand when an episode goes on air, or is taken up again.

    Args:
        transaction: In which it is kept.
        episode: Which one.
        snapshot: The charts before the first measurement that the episode was told; since then they may
            have gone on.
        now: When that was.
    """
    cause: courses.Cause = "restart" if standings.of_episode(transaction, episode) else "start"
    for chart in snapshot:
        name = chart.characteristic.id
        row = charts.one(transaction, name)
        further = 0 if row is None else row.points - chart.points
        before = []
        if cause == "start":
            rows = measurements.arrived(transaction, name, courses.looked_back(chart) + further)
            rows = rows[: len(rows) - further]
            first = chart.points - len(rows)
            before = [courses.value_of(first + n, one) for n, one in enumerate(rows)]
        opening = Opening(standing=courses.standing(chart, cause, now), before=tuple(before))
        standings.add(
            transaction,
            episode,
            name,
            points=chart.points,
            newest=measurements.place(transaction, name, further),
            data=msgspec.json.encode(opening),
        )


def opening(transaction: Transaction, episode: EpisodeId) -> bytes:
    """The document of where the charts stood in the beginning; empty when nobody wrote it down."""
    rows = _openings(standings.of_episode(transaction, episode))
    return b"[" + b",".join(row.data for row in rows) + b"]" if rows else b""


def course(transaction: Transaction, episode: EpisodeId, seen: Mapping[CharacteristicId, Shown]) -> bytes:
    """The document of what became of the charts up to the last measurement that was shown."""
    rows = standings.of_episode(transaction, episode)
    found = []
    for row in _openings(rows):
        one = seen.get(row.characteristic)
        if one is None or not one.points:
            continue
        last = max(point.index for point in one.points)
        again = (
            msgspec.json.decode(other.data, type=Opening).standing
            for other in rows
            if other.characteristic == row.characteristic and other is not row and other.points <= last + 1
        )
        changed = (
            msgspec.json.decode(other.data, type=Standing)
            for other in standings.changes(transaction, row.characteristic, row.points, last + 1)
        )
        changes = sorted((*again, *changed), key=lambda one: (one.row.points, one.made))
        unshown = tuple(_unshown(transaction, row, one, last))
        found.append(Course(characteristic=row.characteristic, changes=tuple(changes), unshown=unshown))
    return msgspec.json.encode(found)


def _openings(rows: Iterable[StandingRow]) -> list[StandingRow]:
    return [row for row in rows if msgspec.json.decode(row.data, type=Opening).standing.cause == "start"]


def _unshown(transaction: Transaction, row: StandingRow, seen: Shown, last: int) -> Iterable[Value]:
    shown = {point.index for point in seen.points}
    if len(shown) == last + 1 - row.points:
        return
    count = last + 1 - row.points
    arrived = measurements.arrived_behind(transaction, row.characteristic, row.newest, count)
    for index, one in enumerate(arrived, row.points):
        if index not in shown:
            yield courses.value_of(index, one)
