"""What a person changes on a chart while it runs: its limits, its rules, whether viewers see it.

Each function works inside the transaction in which it is kept; `Ingest` calls them between two
batches, so that a chart is never changed under a point that is being judged.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec

from quality_creator import quality
from quality_creator.actions import courses, joint, judging
from quality_creator.actions.joint import Joint
from quality_creator.actions.judging import Chart
from quality_creator.model.characteristic import WEIGHTED, Characteristic
from quality_creator.model.clock import micros
from quality_creator.model.errors import Conflict
from quality_creator.model.ids import CharacteristicId
from quality_creator.model.joint import JointChart
from quality_creator.store import charts, joints, measurements, standings
from quality_creator.store.charts import Choice
from quality_creator.store.database import Transaction


def effective(configured: Characteristic, choice: Choice | None) -> Characteristic:
    """The characteristic as configured, with what a person chose in its place."""
    if choice is None:
        return configured
    plan = configured.chart
    if choice.rules is not None and plan.kind not in WEIGHTED:
        plan = msgspec.structs.replace(plan, rules=choice.rules)
    public = configured.public if choice.public is None else choice.public
    return msgspec.structs.replace(configured, chart=plan, public=public)


def freeze(transaction: Transaction, chart: Chart, estimation: quality.Estimation, now: datetime) -> Chart:
    """Let these limits judge from the next point on, and keep how they came to be.

    Raises:
        Conflict: they were estimated for another chart.
    """
    plan = chart.characteristic.chart
    if estimation.kind != plan.kind:
        raise Conflict(
            "these limits are of a chart of kind {then}, but this is one of kind {now} now",
            then=estimation.kind,
            now=plan.kind,
        )
    after = judging.under(chart, chart.characteristic, estimation.limits, recent(transaction, chart))
    charts.add_estimation(
        transaction, chart.characteristic.id, estimation, by=estimation.by or "unknown", made=now
    )
    charts.save(transaction, [after.row()])
    _write_down(transaction, after, "limits", now)
    return after


def choose(transaction: Transaction, chart: Chart, configured: Characteristic, choice: Choice) -> Chart:
    """Keep a choice; other rules judge from the next point on, by the limits that there are.

    Raises:
        BadInput: a rule does not exist, or does not fit the chart.
    """
    characteristic = effective(configured, choice)
    if chart.frozen and characteristic.chart != chart.characteristic.chart:
        limits = chart.state.limits
        assert isinstance(limits, quality.Limits)  # a characteristic's chart judges it alone
        after = judging.under(chart, characteristic, limits, recent(transaction, chart))
    else:
        judging.check(characteristic)
        after = judging.renamed(chart, characteristic)
    charts.choose(transaction, choice)
    charts.save(transaction, [after.row()])
    _write_down(transaction, after, "rules", choice.made)
    return after


def effective_joint(configured: JointChart, choice: Choice | None) -> JointChart:
    """The chart of several as configured, with what a person chose in its place."""
    if choice is None or choice.public is None:
        return configured
    return msgspec.structs.replace(configured, public=choice.public)


def freeze_joint(
    transaction: Transaction, one: Joint, estimation: quality.MultivariateEstimation, now: datetime
) -> Joint:
    """As `freeze`, of a chart of several characteristics. Raises Conflict."""
    chart = one.chart
    if (estimation.kind, len(estimation.limits.center)) != (chart.kind, len(chart.characteristics)):
        raise Conflict("these limits are of another chart than this is now")
    after = joint.under(one, estimation.limits)
    name = CharacteristicId(chart.id)
    charts.add_estimation(transaction, name, estimation, by=estimation.by or "unknown", made=now)
    _keep_joint(transaction, after, "limits", now)
    return after


def choose_joint(transaction: Transaction, one: Joint, configured: JointChart, choice: Choice) -> Joint:
    """Keep whether viewers see a chart of several; it is judged as before."""
    after = joint.renamed(one, effective_joint(configured, choice))
    charts.choose(transaction, choice)
    _keep_joint(transaction, after, "public", choice.made)
    return after


def _keep_joint(transaction: Transaction, after: Joint, cause: courses.Cause, now: datetime) -> None:
    joints.save(transaction, [after.row()])
    found = courses.joint_standing(after, cause, micros(now))
    standings.add(
        transaction,
        None,
        CharacteristicId(after.chart.id),
        points=after.place,
        newest=0,
        data=msgspec.json.encode(found),
    )


def recent(transaction: Transaction, chart: Chart) -> Sequence[float]:
    """What the chart's last points were made of, as far back as any rule looks, oldest first."""
    rows = measurements.arrived(transaction, chart.characteristic.id, judging.recent_rows(chart))
    return judging.recent(chart, rows)


def _write_down(transaction: Transaction, chart: Chart, cause: courses.Cause, now: datetime) -> None:
    """Keep where the chart stands behind a change, for the evidence of the episodes on air."""
    found = courses.standing(chart, cause, micros(now))
    standings.add(
        transaction,
        None,
        chart.characteristic.id,
        points=chart.points,
        newest=0,
        data=msgspec.json.encode(found),
    )
