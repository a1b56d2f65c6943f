"""Write down where the charts stand when an episode goes on air, and make the evidence of it at the end."""

from collections.abc import Collection, Iterable, Sequence
from typing import Any

import msgspec

from quality_creator.actions import courses
from quality_creator.actions.courses import Course, JointCourse, JointStanding, Opening, Standing, Value
from quality_creator.actions.joint import Joint
from quality_creator.actions.judging import Chart
from quality_creator.actions.seen import Seen, Shown, ShownJoint
from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId, ChartId, EpisodeId
from quality_creator.store import charts, measurements, standings
from quality_creator.store import joints as store_joints
from quality_creator.store.database import Transaction
from quality_creator.store.standings import StandingRow


def write_down(
    transaction: Transaction,
    episode: EpisodeId,
    snapshot: Iterable[Chart],
    joints: Iterable[Joint],
    now: Micros,
) -> None:
    """Keep where charts stand when an episode goes on air, or is taken up again.

    Args:
        transaction: In which it is kept.
        episode: Which one.
        snapshot: The charts before the first measurement that the episode was told; since then they may
            have gone on.
        joints: The charts of several characteristics, at the same moment.
        now: When that was.
    """
    earlier = standings.of_episode(transaction, episode)
    cause: courses.Cause = "restart" if earlier else "start"
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
    there = {one.chart.id: courses.joint_standing(one, cause, now) for one in joints}
    for one in [*there.values(), *_removed(transaction, earlier, there.keys(), now)]:
        members = zip(one.chart.characteristics, one.row.waiting.seen, strict=True)
        standings.add(
            transaction,
            episode,
            CharacteristicId(one.chart.id),
            points=one.place,
            newest=max(_place(transaction, name, seen) for name, seen in members),
            data=msgspec.json.encode(one),
        )


def _removed(
    transaction: Transaction, earlier: Sequence[StandingRow], there: Collection[ChartId], now: Micros
) -> list[JointStanding]:
    """Where the charts of several stood that the configuration has no more; each is said once."""
    newest = {row.characteristic: row for row in earlier if _is_joint(row)}
    last = [msgspec.json.decode(row.data, type=JointStanding) for row in newest.values()]
    gone = [one for one in last if one.chart.id not in there and one.cause != "removed"]
    kept = store_joints.load(transaction) if gone else {}
    # One that never had a value is not kept; it stands where it was written down.
    rows = [kept.get(one.chart.id, one.row) for one in gone]
    return [JointStanding(cause="removed", chart=row.plan, row=row, made=now) for row in rows]


def _place(transaction: Transaction, name: CharacteristicId, seen: int) -> int:
    """What stands for a characteristic's last measurement of so many."""
    row = charts.one(transaction, name)
    return 0 if row is None else measurements.place(transaction, name, row.points - seen)


def opening(transaction: Transaction, episode: EpisodeId) -> bytes:
    """The document of where the charts stood in the beginning; empty when nobody wrote it down."""
    rows = standings.of_episode(transaction, episode)
    one = [msgspec.Raw(row.data) for row in _openings(rows)]
    several = [joint for _, joint in _joint_openings(rows)]
    return courses.encode_opening(one, several) if one or several else b""


def course(transaction: Transaction, episode: EpisodeId, seen: Seen) -> bytes:
    """The document of what became of the charts up to the last measurement that was shown."""
    rows = standings.of_episode(transaction, episode)
    jointly = [
        (row, joint, seen.several[joint.chart.id])
        for row, joint in _joint_openings(rows)
        if joint.chart.id in seen.several and seen.several[joint.chart.id].points
    ]
    arrivals = [_arrivals(transaction, row, joint, shown) for row, joint, shown in jointly]
    # What a chart of several went by counts, even where it was not shown itself.
    needed: dict[CharacteristicId, int] = {}
    for (_, joint, _), arrived in zip(jointly, arrivals, strict=True):
        for place, name in enumerate(joint.chart.characteristics):
            last = joint.row.waiting.seen[place] + sum(which == place for _, which, _ in arrived) - 1
            needed[name] = max(needed.get(name, -1), last)
    found = []
    for row in _openings(rows):
        one = seen.one.get(row.characteristic, Shown())
        last = max((point.index for point in one.points), default=-1)
        last = max(last, needed.get(row.characteristic, -1))
        if last < 0:
            continue
        again = (
            msgspec.json.decode(other.data, type=Opening).standing
            for other in rows
            if other.characteristic == row.characteristic and other is not row and other.points <= last + 1
        )
        changed = (
            msgspec.json.decode(other.data, type=Standing)
            for other in standings.changes(transaction, row, last + 1)
        )
        changes = sorted((*again, *changed), key=lambda one: (one.row.points, one.made))
        unshown = tuple(_unshown(transaction, row, one, last))
        found.append(Course(characteristic=row.characteristic, changes=tuple(changes), unshown=unshown))
    several = [
        _joint_course(transaction, rows, row, joint, arrived)
        for (row, joint, _), arrived in zip(jointly, arrivals, strict=True)
    ]
    return courses.encode_course(found, several)


_Arrived = tuple[int, int, int]
"""What stands for a measurement, its characteristic's place in the chart, and its sequence."""


def _arrivals(
    transaction: Transaction, row: StandingRow, beginning: JointStanding, seen: ShownJoint
) -> list[_Arrived]:
    """All that came of a chart's characteristics until the last observation shown was complete, in order."""
    members = list(enumerate(beginning.chart.characteristics))
    begun = beginning.row.waiting.seen
    end = max(
        measurements.place_of(
            transaction, name, row.newest, max(max(p.of[place] for p in seen.points) + 1 - begun[place], 0)
        )
        for place, name in members
    )
    return sorted(
        (number, place, sequence)
        for place, name in members
        for number, sequence in measurements.placed_between(transaction, name, row.newest, end)
    )


def _joint_course(
    transaction: Transaction,
    rows: Sequence[StandingRow],
    row: StandingRow,
    beginning: JointStanding,
    arrived: Sequence[_Arrived],
) -> JointCourse:
    last = beginning.place + len(arrived)
    again = [other for other in rows if other.characteristic == row.characteristic and other is not row]
    changed = standings.changes(transaction, row, last)
    changes = [
        msgspec.json.decode(other.data, type=JointStanding)
        for other in (*again, *changed)
        if other.points <= last
    ]
    return JointCourse(
        chart=beginning.chart.id,
        changes=tuple(sorted(changes, key=lambda one: (one.place, one.made))),
        arrivals=tuple(place for _, place, _ in arrived),
        keys=tuple(sequence for *_, sequence in arrived) if beginning.chart.join == "sequence" else (),
    )


class _Any(msgspec.Struct):
    """Whatever was written down."""

    chart: dict[str, Any] | None = None
    """Of a chart of several characteristics alone."""


def _openings(rows: Iterable[StandingRow]) -> list[StandingRow]:
    return [
        row
        for row in rows
        if not _is_joint(row) and msgspec.json.decode(row.data, type=Opening).standing.cause == "start"
    ]


def _joint_openings(rows: Iterable[StandingRow]) -> list[tuple[StandingRow, JointStanding]]:
    found = [(row, msgspec.json.decode(row.data, type=JointStanding)) for row in rows if _is_joint(row)]
    return [(row, one) for row, one in found if one.cause == "start"]


def _is_joint(row: StandingRow) -> bool:
    return msgspec.json.decode(row.data, type=_Any).chart is not None


def _unshown(transaction: Transaction, row: StandingRow, seen: Shown, last: int) -> Iterable[Value]:
    shown = {point.index for point in seen.points}
    if len(shown) == last + 1 - row.points:
        return
    count = last + 1 - row.points
    arrived = measurements.arrived_behind(transaction, row.characteristic, row.newest, count)
    for index, one in enumerate(arrived, row.points):
        if index not in shown:
            yield courses.value_of(index, one)
