"""Charts of several characteristics on a real database: durable, restarted, killed, told, retraced."""

import asyncio
import random
import sqlite3
import subprocess
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
import pytest

from quality_creator.actions import courses, joint, joint_retracing, retracing, standings, summary
from quality_creator.actions import seen as seeing
from quality_creator.actions.ingest import Ingest
from quality_creator.actions.joining import Arrival
from quality_creator.actions.joint_retracing import RetracedJoint
from quality_creator.config import Config
from quality_creator.factory.intake import Batch
from quality_creator.media import stamp
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.event import Definitions, FrameData, JointDefinition, JointPoint, TimedMessage
from quality_creator.model.ids import CharacteristicId, ChartId, EpisodeId, GaugeId
from quality_creator.model.joint_row import JointRow
from quality_creator.store import charts, joints, tables
from quality_creator.store.database import FILE
from tests.actions.floor import Running, config, running
from tests.actions.panels import CHARTS, NAMES, arrivals

ROOT = Path(__file__).resolve().parents[2]
PANEL = ChartId("panel")
EPISODE = EpisodeId("e1")
LINE = '[[lines]]\nid = "board"\nname = { zh-Hans = "板材线", en = "Board line" }\n'


def floor_of(kind: str, public: str = "true", *, without: str = "") -> Config:
    """Three characteristics and their chart; without the chart, or without the characteristics too."""
    one = CHARTS[kind]
    members = "".join(
        f'[[characteristics]]\nid = "{name}"\nname = {{ zh-Hans = "{name}", en = "{name}" }}\nunit = "mm"\n'
        'line = "board"\nchart = { kind = "i-mr", estimate_from = 5 }\n'
        for name in NAMES
        if without != "all"
    )
    if without:
        return config(LINE + members)
    joined = f"tolerance_s = {one.tolerance_s}" if one.join == "time" else 'join = "sequence"'
    return config(
        LINE + members + "[[charts]]\n"
        f'id = "panel"\nname = {{ zh-Hans = "板件", en = "Panel" }}\nkind = "{one.kind}"\n'
        f"characteristics = {list(NAMES)}\n{joined}\nsize = {one.size}\n"
        f"estimate_from = {one.estimate_from}\npublic = {public}\n"
    )


def batches(arrived: Sequence[Arrival], seed: int = 1) -> Iterable[Batch]:
    """As messages, each of a few measurements of one characteristic or of several."""
    chance = random.Random(seed)
    rest = [one for _, one in arrived]
    while rest:
        count = chance.randint(1, 5)
        part, rest = rest[:count], rest[count:]
        yield Batch(GaugeId("saw"), part, range(len(part)))


def told(floor: Running) -> list[JointPoint]:
    """Every observation told, in order."""
    return [seen.point for judged in floor.told for seen in judged.joint]


async def take(ingest: Ingest, arrived: Sequence[Arrival]) -> None:
    """One message after the other."""
    for one in batches(arrived):
        await ingest.take(one)


@pytest.mark.parametrize("kind", CHARTS)
def test_a_hub_that_is_started_again_goes_on_where_the_charts_were(tmp_path: Path, kind: str) -> None:
    arrived = arrivals(150)
    once = joint.judge(joint.fresh(floor_of(kind).charts[0], (0, 0, 0)), arrived)

    async def check() -> None:
        points: list[JointPoint] = []
        for first, last in [(0, 31), (31, 32), (32, 200), (200, len(arrived))]:
            async with running(tmp_path, floor_of(kind)) as floor:
                await take(floor.ingest, arrived[first:last])
                points += told(floor)
        assert points == list(once.points)
        async with running(tmp_path, floor_of(kind)) as floor:
            assert floor.ingest.joint(PANEL).row() == once.joint.row()
            kept = await floor.database.look(joints.newest, PANEL, 10_000)
            assert [one.point for one in kept] == points
            assert [one.values for one in kept] == [one.values for one in once.observations]
            [estimation] = await floor.database.look(charts.estimations_of, CharacteristicId(PANEL))
            assert estimation.by == "the first points"
            # What was told lately is told again to who comes after a restart.
            again = [seen.point for judged in floor.ingest.recent() for seen in judged.joint]
            assert again == points

    asyncio.run(check())


def test_nothing_is_lost_or_doubled_when_the_hub_is_killed(tmp_path: Path) -> None:
    """`kill -9` again and again: the chart stands where one stands that saw all in the order of arrival."""
    chance = random.Random(2)
    for _ in range(4):
        command = [sys.executable, "-m", "tests.peers.taker", str(tmp_path), "--panels"]
        child = subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)
        assert child.stdout is not None
        for _ in range(chance.randint(20, 200)):
            child.stdout.readline()
        child.kill()
        child.stdout.read()
        child.wait()
    one = floor_of("t2").charts[0]
    with sqlite3.connect(tmp_path / FILE) as connection:
        rows = connection.execute(
            "SELECT characteristic, sequence, time, value, status FROM measurements m "
            "JOIN streams s ON stream = s.id ORDER BY m.id"
        ).fetchall()
        [(data,)] = connection.execute("SELECT data FROM joint_charts").fetchall()
        numbers = [number for (number,) in connection.execute("SELECT number FROM observations")]
    arrived = [
        (NAMES.index(name), courses.measurement(name, courses.Value(sequence, time, value, status)))
        for name, sequence, time, value, status in rows
    ]
    expected = joint.judge(joint.fresh(one, (0, 0, 0)), arrived)
    assert msgspec.msgpack.decode(data, type=JointRow) == expected.joint.row()
    assert sorted(numbers) == list(range(expected.joint.points))
    assert expected.joint.frozen


# --- what a person changes -----------------------------------------------------------------------


def test_limits_of_a_person_judge_from_the_next_point_on_and_stay(tmp_path: Path) -> None:
    arrived = arrivals(120)

    async def check() -> None:
        async with running(tmp_path, floor_of("mewma")) as floor:
            await take(floor.ingest, arrived[:150])
            stood = floor.ingest.joint(PANEL)
            assert stood.limits is not None
            rows = await floor.database.look(joints.newest, PANEL, 15)
            values = [value for row in rows for value in row.values]
            found = joint.estimate(stood.chart, values, by="Lin")
            after = await floor.ingest.freeze_joint(PANEL, found)
            assert after == joint.under(stood, found.limits)
            await take(floor.ingest, arrived[150:])
            assert told(floor)[stood.points :] == list(joint.judge(after, arrived[150:]).points)
            with pytest.raises(NotFound):
                await floor.ingest.freeze_joint(ChartId("nothing"), found)
            with pytest.raises(Conflict):
                await floor.ingest.freeze_joint(PANEL, msgspec.structs.replace(found, kind="t2"))
        async with running(tmp_path, floor_of("mewma")) as floor:
            assert floor.ingest.joint(PANEL).limits == found.limits

    asyncio.run(check())


def test_viewers_see_it_while_they_see_all_its_characteristics(tmp_path: Path) -> None:
    async def check() -> None:
        async with running(tmp_path, floor_of("t2")) as floor:
            ingest = floor.ingest
            [definition] = ingest.definitions().charts or ()
            assert (definition.chart, definition.line, definition.estimate_from) == ("panel", "board", 20)
            await ingest.choose_public(NAMES[1], False, by="Lin")
            assert (ingest.joint_public(PANEL), ingest.definitions().charts) == (False, msgspec.UNSET)
            await ingest.choose_public(NAMES[1], None, by="Lin")
            await ingest.choose_joint_public(PANEL, False, by="Lin")
            assert not ingest.joint_public(PANEL)
        async with running(tmp_path, floor_of("t2")) as floor:
            assert not floor.ingest.joint_public(PANEL)
            await floor.ingest.choose_joint_public(PANEL, None, by="Lin")
            assert floor.ingest.joint_public(PANEL)

    asyncio.run(check())


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ('characteristics = ["width"]', "2 or more"),
        ('characteristics = ["width", "depth"]', "'depth' is not in `characteristics`"),
        ('characteristics = ["width", "width"]', "named twice"),
        ('characteristics = ["width", "length"]\nlags_s = [1.0]', "lags_s: 1 for 2"),
        ('characteristics = ["width", "length"]\njoin = "sequence"\ntolerance_s = 1.0', "mean nothing"),
        ('characteristics = ["width", "length"]\nkind = "mewma"\nsize = 2', "one observation"),
        (
            'characteristics = ["width", "length"]\nlimits = { center = [1.0], covariance = [[1.0]] }',
            "2 rows",
        ),
    ],
)
def test_a_chart_that_can_not_be_is_refused_by_its_key(wrong: str, words: str) -> None:
    text = (
        '[[lines]]\nid = "board"\nname = { zh-Hans = "板", en = "Board" }\n'
        + "".join(
            f'[[characteristics]]\nid = "{name}"\nname = {{ zh-Hans = "x", en = "x" }}\n'
            'unit = "mm"\nline = "board"\n'
            for name in NAMES
        )
        + f'[[charts]]\nid = "panel"\nname = {{ zh-Hans = "x", en = "x" }}\n{wrong}\n'
    )
    with pytest.raises(BadInput, match=words) as error:
        config(text)
    assert str(error.value).startswith("charts[0]")


# --- an episode, and all of it computed again ----------------------------------------------------

Lie = Callable[[JointPoint | JointDefinition], JointPoint | JointDefinition | None]


async def _episode(
    folder: Path,
    kind: str,
    lie: Lie,
    *,
    earlier: int = 100,
    restart: bool = False,
    freeze: bool = False,
    without: str = "",
) -> tuple[list[list[TimedMessage]], bytes, bytes]:
    """What a hub stamps of an episode, and its evidence of it."""
    arrived = arrivals(220)
    stamped: list[list[TimedMessage]] = []
    state, clock = stamp.State(), 0
    parts = [arrived[n : n + 40] for n in range(earlier, len(arrived), 40)]

    async def follow(floor: Running, parts: Sequence[Sequence[Arrival]]) -> None:
        nonlocal state, clock
        ingest = floor.ingest
        await ingest.write_down(EPISODE, ingest.charts(), ingest.joints())
        for number, part in enumerate(parts):
            if freeze and number == 1:
                one = ingest.joint(PANEL)
                rows = await floor.database.look(joints.newest, PANEL, 18)
                values = [value for row in rows for value in row.values]
                await ingest.freeze_joint(PANEL, joint.estimate(one.chart, values, by="Lin"))
            heard = len(floor.told)
            await take(ingest, part)
            definitions = ingest.definitions()
            for judged in floor.told[heard:]:
                points: list[tuple[stamp.AnyPoint, None]] = [(point, None) for _, point in judged.points]
                state = stamp.add(state, [*points, *((o.point, None) for o in judged.joint)])
            for _ in range(12):  # as many as one part can take at a time
                interval = stamp.Interval(start=MediaTime(clock), utc=Micros(10**9 + clock))
                state, messages = stamp.step(state, interval, definitions)
                clock, definitions = clock + 28_800, ingest.definitions()
                stamped.append([_lied(timed, lie) for timed in messages])

    async with running(folder, floor_of(kind)) as floor:
        await floor.database.transact(_plan)
        await take(floor.ingest, arrived[:earlier])
        half = 2 if restart or without else len(parts)
        await follow(floor, parts[:half])
    if without:
        async with running(folder, floor_of(kind, without=without)) as floor:
            await follow(floor, [] if without == "all" else parts[half : half + 1])
        async with running(folder, floor_of(kind, without=without)) as floor:
            await follow(floor, [] if without == "all" else parts[half + 1 : half + 2])
        half += 0 if without == "all" else 2
    if half < len(parts):
        async with running(folder, floor_of(kind)) as floor:
            await follow(floor, parts[half:])
    async with running(folder, floor_of(kind)) as floor:
        opening = await floor.database.look(standings.opening, EPISODE)
        course = await floor.database.look(standings.course, EPISODE, seeing.shown(stamped))
    return stamped, opening, course


def _plan(transaction: object) -> None:
    row = {"id": EPISODE, "slug": "one", "title": {}, "summary": {}, "brand": {}, "state": "on-air"}
    transaction.execute(tables.episodes.insert().values(**row, sources=[], scene={}))  # type: ignore[attr-defined]


def _lied(timed: TimedMessage, lie: Lie) -> TimedMessage:
    message = timed.message
    if isinstance(message, Definitions):
        charts = tuple(one for one in map(lie, message.charts or ()) if isinstance(one, JointDefinition))
        message = msgspec.structs.replace(message, charts=charts or msgspec.UNSET)
    else:
        points = tuple(one for one in map(lie, message.joint or ()) if isinstance(one, JointPoint))
        message = msgspec.structs.replace(message, joint=points or msgspec.UNSET)
    return TimedMessage(at=timed.at, message=message)


def honest(one: JointPoint | JointDefinition) -> JointPoint | JointDefinition | None:
    """As it is."""
    return one


def _retraced(
    folder: Path, kind: str, lie: Lie = honest, **how: int
) -> tuple[RetracedJoint, list[list[TimedMessage]]]:
    stamped, opening, course = asyncio.run(_episode(folder, kind, lie, **how))  # type: ignore[arg-type]
    return joint_retracing.retrace_all(seeing.shown(stamped), opening, course)[PANEL], stamped


@pytest.mark.parametrize("kind", CHARTS)
@pytest.mark.parametrize("how", [{}, {"earlier": 0}, {"earlier": 31}, {"restart": True}, {"freeze": True}])
def test_what_was_shown_follows_whenever_the_episode_began(
    tmp_path: Path, kind: str, how: dict[str, int]
) -> None:
    found, stamped = _retraced(tmp_path, kind, **how)
    points = [p for batch in stamped for timed in batch for p in _joint(timed)]
    assert found.wrong == []
    assert (found.points, found.changes) == (len(points), int("freeze" in how))
    assert found.points > 50
    assert found.limits >= 1
    assert any(point.signals for point in points), "the process went wrong and nothing signalled"
    assert sum(found.alone) > 0


@pytest.mark.parametrize("kind", CHARTS)
def test_a_chart_that_was_taken_out_and_put_back_is_followed_and_what_it_did_not_see_is_counted(
    tmp_path: Path, kind: str
) -> None:
    stamped, opening, course = asyncio.run(_episode(tmp_path, kind, honest, earlier=31, without="chart"))
    seen = seeing.shown(stamped)
    found = joint_retracing.retrace_all(seen, opening, course)[PANEL]
    assert (found.wrong, found.changes, found.passed) == ([], 0, 80)
    assert found.points == len(seen.several[PANEL].points) > 15
    single = retracing.retrace_all(seen.one, opening, course, capabilities=1)
    assert [one.wrong for one in single.values()] == [[], [], []]
    # That it was not there must be said: a hub that leaves it out is found.
    told = courses.decode_course(course)
    kept = tuple(one for one in told.charts[0].changes if one.cause != "removed")
    hidden = courses.encode_course(
        told.characteristics, [msgspec.structs.replace(told.charts[0], changes=kept)]
    )
    assert joint_retracing.retrace_all(seen, opening, hidden)[PANEL].wrong


def test_characteristics_that_were_taken_out_and_put_back_are_followed(tmp_path: Path) -> None:
    stamped, opening, course = asyncio.run(_episode(tmp_path, "t2", honest, without="all"))
    seen = seeing.shown(stamped)
    found = joint_retracing.retrace_all(seen, opening, course)[PANEL]
    assert (found.wrong, found.passed) == ([], 0)
    single = retracing.retrace_all(seen.one, opening, course, capabilities=1)
    assert {name: (one.wrong, one.points) for name, one in single.items()} == {
        name: ([], len(seen.one[name].points)) for name in NAMES
    }


def _joint(timed: TimedMessage) -> Sequence[JointPoint]:
    return timed.message.joint or () if isinstance(timed.message, FrameData) else ()


@pytest.mark.parametrize("kind", CHARTS)
def test_a_lie_is_found(tmp_path: Path, kind: str) -> None:
    done: list[int] = []

    def suppress(one: JointPoint | JointDefinition) -> JointPoint | JointDefinition:
        if isinstance(one, JointPoint) and one.signals and not done:
            done.append(one.index)
            return msgspec.structs.replace(one, signals=())
        return one

    def widen(one: JointPoint | JointDefinition) -> JointPoint | JointDefinition:
        if isinstance(one, JointDefinition) and one.location is not None and one.location.upper is not None:
            location = msgspec.structs.replace(one.location, upper=one.location.upper * 1.01)
            return msgspec.structs.replace(one, location=location)
        return one

    def calm(one: JointPoint | JointDefinition) -> JointPoint | JointDefinition:
        if isinstance(one, JointPoint) and one.index == 60:
            return msgspec.structs.replace(one, location=(one.location or 1.0) * 0.9)
        return one

    def blame(one: JointPoint | JointDefinition) -> JointPoint | JointDefinition:
        if isinstance(one, JointPoint) and one.parts:
            return msgspec.structs.replace(one, parts=one.parts[::-1])
        return one

    def swap(one: JointPoint | JointDefinition) -> JointPoint | JointDefinition:
        if isinstance(one, JointPoint) and one.index == 60:
            return msgspec.structs.replace(one, of=(one.of[0] + 1, *one.of[1:]))
        return one

    found = {}
    for lie in (suppress, widen, calm, blame, swap):
        result, _ = _retraced(tmp_path / lie.__name__, kind, lie)
        assert result.wrong, f"{lie.__name__} was not found"
        found[lie.__name__] = result.wrong[0]
    assert f"observation {done[0]} was shown with the signals []" in found["suppress"]
    assert "location was shown as" in found["widen"]
    assert "with location" in found["calm"]
    assert "with parts" in found["blame"]
    assert "with of" in found["swap"]


def test_an_observation_that_is_kept_from_viewers_is_counted_with_its_signal(tmp_path: Path) -> None:
    hidden: list[int] = []

    def hide(one: JointPoint | JointDefinition) -> JointPoint | JointDefinition | None:
        if isinstance(one, JointPoint) and any(not s.continuing for s in one.signals) and not hidden:
            hidden.append(one.index)
            return None
        return one

    found, _ = _retraced(tmp_path, "t2", hide)
    assert (found.wrong, found.hidden, found.hidden_signals) == ([], 1, 1)


def test_a_value_of_a_characteristic_that_was_altered_is_found_in_the_observation(tmp_path: Path) -> None:
    stamped, opening, course = asyncio.run(_episode(tmp_path, "t2", honest))
    seen = seeing.shown(stamped)
    shown = seen.one[NAMES[1]].points
    shown[20] = msgspec.structs.replace(shown[20], value=shown[20].value + 0.5)
    found = joint_retracing.retrace_all(seen, opening, course)[PANEL]
    assert "with location" in found.wrong[0]
    del shown[20]
    missing = joint_retracing.retrace_all(seen, opening, course)[PANEL]
    assert "of length is not there" in missing.wrong[0]


def test_the_verdict_names_what_was_computed_and_what_found_no_partner(tmp_path: Path) -> None:
    stamped, opening, course = asyncio.run(_episode(tmp_path, "t2", honest))
    *_, verdict = summary.summarise(stamped, opening, course)
    assert isinstance(verdict, summary.JointSummary)
    assert (verdict.chart, verdict.characteristic, verdict.differing) == ("t2", "panel", 0)
    assert verdict.computed == verdict.observations > 50
    assert verdict.signals["t2-limit"] >= 1
    assert sum(verdict.alone) > 0
    for one in summary.summarise(stamped, opening, course):
        assert summary.decode_verdict(msgspec.json.encode(one)) == one
    unknown = summary.summarise(stamped)[-1]
    assert isinstance(unknown, summary.JointSummary)
    assert unknown.computed == 0
