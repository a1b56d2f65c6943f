"""From a machine's words to ours: what is taken, what is refused, and in which words."""

import json
import random
from datetime import timedelta
from typing import Any

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.factory import mapping, routes
from quality_creator.factory.intake import Batch
from quality_creator.factory.routes import GaugeMapping
from quality_creator.model.clock import micros
from quality_creator.model.errors import BadInput
from quality_creator.model.reading import Count, Measurement
from tests.factory.plant import NOW, config

GAUGE = """
[[gauges]]
kind = "http"
id = "press"
token = "0123456789abcdef"
tags = [
  { tag = "moisture", characteristic = "moisture" },
  { tag = "film", characteristic = "thickness", unit = "µm", value = "data.film", @ },
  { tag = "film", characteristic = "oven", unit = "°F", value = "data.oven", @ },
]
counters = [{ tag = "line", line = "board", total = "made" }]
""".replace("@", 'time = "data.at", time_format = "unix-ms"')

GOOD: dict[str, Any] = {"value": 8.25, "time": "2026-05-04T08:29:59.250Z", "sequence": 17}


def press(gauge: str = GAUGE) -> GaugeMapping:
    return routes.mappings(config(gauge))["press"]


def read(item: object, tag: str = "moisture", gauge: str = GAUGE) -> Batch:
    one = press(gauge)
    payload = item if isinstance(item, bytes) else json.dumps(item).encode()
    return mapping.read_payload(one, one.tags.get(tag), tag, payload, NOW)


def refusal(item: object, tag: str = "moisture", gauge: str = GAUGE) -> tuple[str, str]:
    batch = read(item, tag, gauge)
    assert (batch.measurements, batch.counts) == ([], []) or batch.measurements == ()
    assert len(batch.refusals) == 1
    return batch.refusals[0].reason, batch.refusals[0].detail


def test_a_reading_becomes_a_measurement() -> None:
    assert read(GOOD) == Batch(
        gauge="press",
        measurements=[
            Measurement(
                characteristic="moisture",
                value=8.25,
                time=micros(NOW - timedelta(seconds=0.75)),
                gauge="press",
                sequence=17,
                tag="moisture",
            )
        ],
        items=[0],
        counts=[],
        count_items=[],
        refusals=[],
        states=[],
        traces=[],
    )


def test_an_array_is_many_readings_and_one_that_is_wrong_leaves_the_others() -> None:
    batch = read([GOOD, {**GOOD, "value": "8.3"}, {**GOOD, "sequence": 18, "status": "uncertain"}])
    assert [(one.sequence, one.status) for one in batch.measurements] == [(17, "good"), (18, "uncertain")]
    assert list(batch.items) == [0, 2]
    assert [(one.reason, one.index) for one in batch.refusals] == [("bad-value", 1)]


def test_one_payload_serves_several_characteristics_each_in_its_unit() -> None:
    batch = read({"data": {"film": 120, "oven": 356.0, "at": micros(NOW) // 1000}, "sequence": 4}, "film")
    assert [(one.characteristic, one.value, one.time) for one in batch.measurements] == [
        ("thickness", 0.12, micros(NOW)),
        ("oven", pytest.approx(180.0), micros(NOW)),
    ]
    assert list(batch.items) == [0, 0]


COUNTED = """
[[characteristics]]
id = "defects"
name = { zh-Hans = "缺陷", en = "Defects" }
unit = "pcs"
line = "board"
chart = { kind = "KIND" }
[[gauges]]
kind = "http"
id = "press"
token = "0123456789abcdef"
tags = [{ tag = "defects", characteristic = "defects", found_in = "inspected.pieces" }]
"""


@pytest.mark.parametrize(
    ("kind", "value", "pieces", "complaint"),
    [
        ("p", 3, 50, None),
        ("p", 0, 1, None),
        ("u", 7, 2.5, None),
        ("c", 7, None, None),
        ("p", 3, None, "the field `inspected.pieces` is missing"),
        ("p", 3.5, 50, "received 3.5; allowed: a whole number from 0"),
        ("c", -1, None, "received -1; allowed: a whole number from 0"),
        ("p", 51, 50, "received 51 of 50 inspected; allowed: at most all"),
        ("p", 3, 50.5, "allowed: a whole number above 0"),
        ("laney-p", 0, 0, "`inspected.pieces`: received 0; allowed: a number above 0"),
        ("u", 1, True, "`inspected.pieces`: received True; allowed: a number above 0"),
        ("u", 1, "4", "allowed: a number above 0"),
        ("u", 1, 10**400, "allowed: a number above 0"),
    ],
)
def test_a_count_comes_with_what_it_was_found_in(
    kind: str, value: float, pieces: object, complaint: str | None
) -> None:
    item: dict[str, object] = {**GOOD, "value": value}
    if pieces is not None:
        item["inspected"] = {"pieces": pieces}
    gauge = COUNTED.replace("KIND", kind)
    if complaint is not None:
        reason, detail = refusal(item, "defects", gauge)
        assert complaint in detail
        assert reason in ("bad-count", "missing-field")
        return
    [one] = read(item, "defects", gauge).measurements
    assert (one.value, one.found_in) == (value, pieces)


def test_counters_are_counted() -> None:
    batch = read({"made": 1204, "rejected": 7, "time": "2026-05-04T16:30:00+08:00"}, "line")
    assert batch.counts == [Count(line="board", time=micros(NOW), total=1204, rejected=7)]


def test_without_a_mapped_sequence_the_time_is_the_number() -> None:
    gauge = GAUGE.replace('characteristic = "moisture" }', 'characteristic = "moisture", sequence = "" }')
    [one] = read({"value": 1.0, "time": GOOD["time"]}, gauge=gauge).measurements
    assert one.sequence == one.time == micros(NOW) - 750_000


REFUSED: list[tuple[object, str, str]] = [
    ({**GOOD, "value": "8.25"}, "bad-value", "received '8.25'; allowed: a number, without quotes"),
    ({**GOOD, "value": True}, "bad-value", "received True; allowed: a number, without quotes"),
    ({**GOOD, "value": None}, "bad-value", "received None; allowed: a number, without quotes"),
    ({**GOOD, "value": [8.25]}, "bad-value", "received [8.25]; allowed: a number, without quotes"),
    ({**GOOD, "value": float("nan")}, "bad-value", "received nan; allowed: a finite number"),
    ({**GOOD, "value": float("-inf")}, "bad-value", "received -inf; allowed: a finite number"),
    (
        b'{"value": 1e999, "time": "2026-05-04T08:30:00Z", "sequence": 1}',
        "bad-value",
        "received inf; allowed: a",
    ),
    (
        {**GOOD, "time": "2026-05-04T08:30:05.001Z"},
        "time-in-future",
        "received '2026-05-04T08:30:05.001Z', 5.001 s ahead of our clock; allowed: 5 s; set the machine's",
    ),
    ({**GOOD, "sequence": 1.0}, "bad-sequence", "received 1.0; allowed: a whole number from 0 to 2^63-1"),
    ({**GOOD, "sequence": -1}, "bad-sequence", "received -1; allowed: a whole number from 0 to 2^63-1"),
    ({**GOOD, "sequence": True}, "bad-sequence", "received True; allowed: a whole number from 0 to 2^63-1"),
    ({**GOOD, "sequence": 2**63}, "bad-sequence", "received 9223372036854775808; allowed: a whole number"),
    ({**GOOD, "status": "ok"}, "bad-status", "received 'ok'; allowed: good, uncertain, bad"),
    ({**GOOD, "status": 0}, "bad-status", "received 0; allowed: good, uncertain, bad"),
    ({**GOOD, "unit": "ppm"}, "wrong-unit", "received 'ppm'; allowed: '%'"),
    ({**GOOD, "unit": None}, "wrong-unit", "received None; allowed: '%'"),
    (
        {"time": GOOD["time"], "sequence": 1},
        "missing-field",
        "the field `value` is missing; received an object with 'time', 'sequence'",
    ),
    ({}, "missing-field", "the field `value` is missing; received an object with no fields"),
    (8.25, "missing-field", "the field `value` is missing; received 8.25"),
    ([[]], "missing-field", "the field `value` is missing; received []"),
    (b"", "bad-json", "on 'moisture': Input data was truncated; received ''"),
    (b"moisture=8.25", "bad-json", "on 'moisture': JSON is malformed"),
    (b'{"value": 8.25', "bad-json", "on 'moisture': Input data was truncated; received '{\"value\": 8.25'"),
    (b"\xff\xfe8", "bad-json", "on 'moisture': JSON is malformed"),
    (b"[" * 100_000, "bad-json", "on 'moisture': "),
]


@pytest.mark.parametrize(("item", "reason", "detail"), REFUSED)
def test_a_refusal_says_what_came_and_what_is_allowed(item: object, reason: str, detail: str) -> None:
    got = refusal(item)
    assert got[0] == reason
    assert got[1].startswith(detail)


@pytest.mark.parametrize(
    "time",
    [
        "2026-05-04T08:30:00",
        "2026-05-04T08:30:00.000000",
        "2026-05-04",
        "20260504T083000.000Z",
        "2026-W19-1T08:30:00Z",
        "2026-02-30T08:30:00Z",
        "2026-05-04T08:30:60Z",
        "1969-12-31T23:59:59Z",
        "now",
        1777883400,
        None,
    ],
)
def test_a_time_that_is_no_instant_is_refused(time: object) -> None:
    assert refusal({**GOOD, "time": time}) == (
        "bad-time",
        f"received {time!r}; allowed: RFC 3339 with Z or an offset, such as 2026-05-04T08:30:00.250Z",
    )


@pytest.mark.parametrize(
    "time", ["2026-05-04T08:29:00Z", "2026-05-04t16:29:00.000+08:00", "2026-05-04 03:29:00-05:00"]
)
def test_an_instant_may_be_written_in_any_zone(time: str) -> None:
    [one] = read({**GOOD, "time": time}).measurements
    assert one.time == micros(NOW) - 60_000_000


@pytest.mark.parametrize(
    ("time", "taken"),
    [
        (1777883400000, True),
        (1777883400000.5, True),
        (-1, False),
        ("1777883400000", False),
        (True, False),
        (1e300, False),
        (float("nan"), False),
        (10**30, False),
    ],
)
def test_a_time_in_milliseconds_is_a_number(time: object, taken: bool) -> None:
    item = {"data": {"film": 1, "oven": 1, "at": time}, "sequence": 1}
    assert [one.reason for one in read(item, "film").refusals] == ([] if taken else ["bad-time"] * 2)


def test_a_value_that_leaves_the_floats_when_converted_is_refused() -> None:
    gauge = GAUGE.replace('unit = "µm"', 'unit = "m"')
    item = {"data": {"film": 1.7e308, "oven": 1, "at": 0}, "sequence": 1}
    assert [one.reason for one in read(item, "film", gauge).refusals] == ["bad-value"]


@pytest.mark.parametrize(
    ("item", "reason", "detail"),
    [
        ({"made": 5, "rejected": 6}, "bad-count", "received 6 rejected of 5 in total; allowed: at most all"),
        ({"made": 5.0, "rejected": 1}, "bad-count", "`made`: received 5.0; allowed: a whole number from 0"),
        ({"made": 5, "rejected": -1}, "bad-count", "`rejected`: received -1; allowed: a whole number from 0"),
        (
            {"rejected": 1},
            "missing-field",
            "the field `made` is missing; received an object with 'rejected', 'time'",
        ),
    ],
)
def test_counters_that_can_not_be_are_refused(item: dict[str, object], reason: str, detail: str) -> None:
    assert refusal({**item, "time": GOOD["time"]}, "line") == (reason, detail)


def test_a_topic_that_nobody_configured_is_refused() -> None:
    assert refusal(GOOD, "humidity") == (
        "unknown-topic",
        "received on 'humidity'; allowed: 'moisture', 'film', 'line'",
    )


@pytest.mark.parametrize(
    ("old", "new", "complaint"),
    [
        ('unit = "µm"', 'unit = "furlong"', "tags[1].unit: the unit 'furlong' is not known; there are: mm"),
        (
            'unit = "µm"',
            'unit = "bar"',
            "tags[1].unit: 'bar' measures pressure, 'mm' measures length; allowed: mm",
        ),
        ('"data.film"', '"data..film"', "tags[1].value: 'data..film'; a field's name, with dots between"),
        ('"oven", unit = "°F"', '"thickness"', "tags[2]: 'film' already brings 'thickness' in tags[1]"),
    ],
)
def test_a_mapping_that_can_not_be_names_its_key(old: str, new: str, complaint: str) -> None:
    assert old in GAUGE
    with pytest.raises(BadInput) as raised:
        press(GAUGE.replace(old, new))
    assert str(raised.value).startswith(f"gauges[0].{complaint}")


# --- any bytes at all ----------------------------------------------------------------------------

SEEDS = [
    ("moisture", msgspec.json.encode([GOOD, {**GOOD, "status": "bad", "unit": "%"}])),
    (
        "film",
        msgspec.json.encode({"data": {"film": 120.5, "oven": -3, "at": micros(NOW) // 1000}, "sequence": 9}),
    ),
    ("line", msgspec.json.encode({"made": 4, "rejected": 0, "time": GOOD["time"]})),
]
PIECES = [
    b"NaN",
    b"-Infinity",
    b"1e999",
    b"9" * 5000,
    b"true",
    b'"\\ud800"',
    b"[[[[",
    b"\xff",
    b"\0",
    b"{}",
    b"-0",
    b'"',
    b"1969-01-01T00:00:00Z",
    b"9999-12-31T23:59:59.999999-23:59",
]


def mutated(seed: bytes, chance: random.Random) -> bytes:
    data = bytearray(seed)
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(4):
            case 0:
                data[at : at + chance.choice([0, 1, 8])] = chance.choice(PIECES)
            case 1:
                del data[at : at + chance.randint(1, 8)]
            case 2:
                data[at : at + 1] = str(chance.randrange(10)).encode()
            case _:
                data[at : at + 1] = bytes([chance.randrange(256)])
    return bytes(data)


def test_mutated_payloads_give_measurements_or_refusals_and_nothing_else() -> None:
    chance = random.Random(7)
    one = press()
    outcomes = {"taken": 0, "refused": 0}
    for _ in range(15_000):
        tag, seed = chance.choice(SEEDS)
        batch = mapping.read_payload(one, one.tags[tag], tag, mutated(seed, chance), NOW)
        for taken in batch.measurements:
            assert taken.value - taken.value == 0
            assert 0 <= taken.time <= micros(NOW) + 5_000_000
        msgspec.json.encode(batch.refusals)  # what is told to a sender can be told
        outcomes["taken"] += bool(batch.measurements or batch.counts)
        outcomes["refused"] += bool(batch.refusals)
    assert min(outcomes.values()) > 1000, outcomes


FIELDS = st.sampled_from(["value", "time", "sequence", "data"]) | st.text()
JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(FIELDS, inner, max_size=4),
    max_leaves=12,
)


@settings(max_examples=300, deadline=None)
@given(JSON)
def test_any_value_is_taken_or_refused(value: object) -> None:
    for tag in ("moisture", "film", "line"):
        batch = read(json.dumps(value).encode(), tag)
        items = value if isinstance(value, list) else [value]
        routes = 2 if tag == "film" else 1
        assert len(batch.measurements) + len(batch.counts) + len(batch.refusals) == routes * len(items)
