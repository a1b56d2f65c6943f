"""Machines that post: what they are answered, item by item."""

import asyncio
import random
from typing import Any

import msgspec
import pytest

from quality_creator.factory import http
from quality_creator.factory.connectors import connectors
from quality_creator.factory.http import Answer, HttpConnector, RefusedItem
from quality_creator.factory.intake import Batch, Outcome
from quality_creator.factory.routes import mappings
from quality_creator.model.errors import BadInput, Unavailable
from tests.factory.plant import NOW, Remembering, config

GAUGES = """
[[gauges]]
kind = "http"
id = "bench"
token = "the-token-of-the-bench"
tags = [
  { tag = "moisture", characteristic = "moisture" },
  { tag = "film", characteristic = "thickness", unit = "µm" },
  { tag = "film", characteristic = "oven", value = "oven" },
]
counters = [{ tag = "line", line = "board" }]
states = [{ tag = "line", line = "board", running = ["AUTO", "RUN"] }]
traces = [{ tag = "slide", test = "slide", y = "force" }]

[[gauges]]
kind = "http"
id = "press"
token = "the-token-of-the-press"
"""

READING: dict[str, Any] = {"tag": "moisture", "value": 8.1, "time": "2026-05-04T08:29:59Z", "sequence": 1}
COUNTER: dict[str, Any] = {"tag": "line", "total": 9, "rejected": 1, "time": "2026-05-04T08:29:59Z"}


def bench() -> HttpConnector:
    """The first gauge's connector."""
    one = connectors(config(GAUGES), lambda: NOW)[0]
    assert isinstance(one, HttpConnector)
    return one


def post(body: object, sink: Remembering | None = None) -> Answer:
    """What a body is answered."""

    async def check() -> Answer:
        one = bench()
        task = asyncio.create_task(one.run(sink or Remembering()))
        await asyncio.sleep(0)
        try:
            return await one.post(body if isinstance(body, bytes) else msgspec.json.encode(body))
        finally:
            task.cancel()

    return asyncio.run(check())


def test_good_items_are_taken_and_bad_ones_named() -> None:
    sink = Remembering()
    body = {
        "readings": [
            READING,
            {**READING, "value": "8.1"},
            {**READING, "tag": "wet"},
            {"tag": "film", "value": 120, "oven": "hot", "time": READING["time"], "sequence": 2},
            7,
        ],
        "counters": [{**COUNTER, "rejected": 10}, COUNTER, {**COUNTER, "tag": "moisture"}],
    }
    answer = post(body, sink)
    assert answer == Answer(
        accepted=3,
        duplicates=(),
        refusals=(
            RefusedItem(
                list="readings",
                index=1,
                reason="bad-value",
                detail="received '8.1'; allowed: a number, without quotes",
            ),
            RefusedItem(
                list="readings",
                index=2,
                reason="unknown-tag",
                detail="`tag`: received 'wet'; allowed: 'moisture', 'film'",
            ),
            RefusedItem(
                list="readings",
                index=3,
                reason="bad-value",
                detail="received 'hot'; allowed: a number, without quotes",
            ),
            RefusedItem(
                list="readings",
                index=4,
                reason="missing-field",
                detail="the field `tag` is missing; received 7",
            ),
            RefusedItem(
                list="counters",
                index=0,
                reason="bad-count",
                detail="received 10 rejected of 9 in total; allowed: at most all",
            ),
            RefusedItem(
                list="counters",
                index=2,
                reason="unknown-tag",
                detail="`tag`: received 'moisture'; allowed: 'line'",
            ),
        ),
    )
    assert answer.http_status == 200
    assert [(m.characteristic, m.value) for m in sink.measurements] == [
        ("moisture", 8.1),
        ("thickness", 0.12),
    ]


@pytest.mark.parametrize(
    ("body", "reason", "detail"),
    [
        (b"", "bad-json", "Input data was truncated; received ''"),
        (b"{", "bad-json", "Input data was truncated; received '{'"),
        (
            [READING],
            "bad-json",
            "received [{'sequence': 1, 'tag': 'moisture', 'time': '2026-05-04T08:29:59Z', ",
        ),
        (
            {"reading": []},
            "bad-json",
            'received the field \'reading\'; allowed: {"readings": [...], "counters"',
        ),
        ({"readings": READING}, "bad-json", "`readings`: received {"),
        ({}, "missing-field", 'received an empty object; allowed: {"readings": [...], "counters": [...], '),
    ],
)
def test_a_body_that_is_no_batch_is_refused_whole(body: object, reason: str, detail: str) -> None:
    sink = Remembering()
    answer = post(body, sink)
    assert (answer.accepted, answer.http_status, len(answer.refusals)) == (0, 400, 1)
    [refusal] = answer.refusals
    assert (refusal.list, refusal.index, refusal.reason) == (None, None, reason)
    assert refusal.detail.startswith(detail)
    assert [len(batch.refusals) for batch in sink.batches] == [1]  # it is counted for the operator


def test_the_status_says_whether_sending_again_makes_sense() -> None:
    bad = RefusedItem(list="readings", index=0, reason="bad-value", detail="")
    whole = RefusedItem(reason="bad-json", detail="")
    assert Answer(accepted=0, duplicates=(), refusals=()).http_status == 200
    assert Answer(accepted=0, duplicates=(0,), refusals=(bad,)).http_status == 200
    assert Answer(accepted=1, duplicates=(), refusals=(bad,)).http_status == 200
    assert Answer(accepted=0, duplicates=(), refusals=(bad,)).http_status == 422
    assert Answer(accepted=0, duplicates=(), refusals=(whole,)).http_status == 400


def test_duplicates_are_named_by_the_index_of_their_item() -> None:
    mapping = mappings(config(GAUGES))["bench"]
    film = {"tag": "film", "value": 1, "oven": 2, "time": READING["time"], "sequence": 2}
    batch = http.read_body(mapping, msgspec.json.encode({"readings": [7, READING, film]}), NOW)
    outcome = Outcome(1, duplicates=[1, 2], refusals=batch.refusals)
    assert http.answer(batch, outcome).duplicates == (2,)


def test_an_answer_is_json_that_leaves_out_what_is_absent() -> None:
    answer = Answer(accepted=1, duplicates=(3,), refusals=(RefusedItem(reason="bad-json", detail="x"),))
    assert answer.encode() == (
        b'{"accepted":1,"duplicates":[3],"refusals":[{"reason":"bad-json","detail":"x"}]}'
    )


def test_a_hub_that_can_not_take_readings_says_so() -> None:
    with pytest.raises(Unavailable, match="the disk is full"):
        post({"readings": [READING]}, Remembering(absent=1))
    with pytest.raises(Unavailable, match="send the same again later"):
        asyncio.run(bench().post(b"{}"))


def test_a_token_belongs_to_one_gauge() -> None:
    both = [one for one in connectors(config(GAUGES), lambda: NOW) if isinstance(one, HttpConnector)]
    names = [
        None if found is None else found.status().gauge
        for token in ("the-token-of-the-press", "the-token-of-the-bench", "the-token", "", "é")
        for found in [http.with_token(both, token)]
    ]
    assert names == ["press", "bench", None, None, None]


def test_two_gauges_can_not_share_a_token() -> None:
    same = GAUGES.replace("the-token-of-the-press", "the-token-of-the-bench")
    with pytest.raises(
        BadInput, match=r"^gauges\[1\].token: gauges\[0\] has the same; a token says who posts"
    ):
        connectors(config(same), lambda: NOW)


def test_the_operator_sees_how_the_gauge_stands() -> None:
    async def check() -> None:
        one = bench()
        task = asyncio.create_task(one.run(Remembering()))
        await asyncio.sleep(0)
        assert one.status().state == "connecting"
        await one.post(b"garbage")
        assert one.status().state == "connecting"
        await one.post(msgspec.json.encode({"readings": [READING, 7]}))
        status = one.status()
        assert (status.state, status.accepted, status.refused, status.last_reading) == ("live", 1, 2, NOW)
        assert status.last_error == "missing-field: the field `tag` is missing; received 7"
        task.cancel()

    asyncio.run(check())


def test_mutated_bodies_give_a_batch_and_nothing_else() -> None:
    chance = random.Random(3)
    mapping = mappings(config(GAUGES))["bench"]
    seed = msgspec.json.encode({"readings": [READING, {**READING, "sequence": 2}], "counters": [COUNTER]})
    good = 0
    for _ in range(10_000):
        body = bytearray(seed)
        for _ in range(chance.randint(1, 3)):
            body[chance.randrange(len(body))] = chance.randrange(256)
        batch = http.read_body(mapping, bytes(body), NOW)
        assert isinstance(batch, Batch)
        http.answer(batch, Outcome(0, refusals=batch.refusals)).encode()
        good += bool(batch.measurements)
    assert 500 < good < 9500


STATE: dict[str, Any] = {"tag": "line", "state": "RUN", "time": "2026-05-04T08:29:59Z"}
TRACE: dict[str, Any] = {
    "tag": "slide",
    "sequence": 4,
    "time": "2026-05-04T08:29:59Z",
    "specimen": "A-4",
    "x": [0, 10, 20],
    "force": [1, None, 2.5],
}


def test_states_and_traces_come_in_lists_of_their_own() -> None:
    sink = Remembering()
    post({"states": [STATE], "traces": [TRACE], "readings": [READING]}, sink)
    [batch] = sink.batches
    assert [(one.line, one.state) for one in batch.states] == [("board", "running")]
    [trace] = batch.traces
    assert (trace.test, trace.sequence, trace.specimen) == ("slide", 4, "A-4")
    assert (trace.x, trace.y) == ((0.0, 10.0, 20.0), (1.0, None, 2.5))


@pytest.mark.parametrize(
    ("changes", "reason", "detail"),
    [
        ({"state": "running"}, "bad-state", "received 'running'; allowed: 'AUTO', 'RUN', 'stopped'"),
        ({"state": 1}, "bad-state", "received 1"),
        ({"force": [1, 2]}, "bad-trace", "received 3 of x and 2 of y"),
        ({"force": [1, "2", 3]}, "bad-trace", "`force`: received '2'; allowed: finite numbers"),
        ({"force": [1, True, 3]}, "bad-trace", "received True"),
        ({"force": [1, 10**400, 3]}, "bad-trace", "received 1000"),
        ({"x": [0, None, 20]}, "bad-trace", "`x` has a null"),
        ({"x": 5}, "bad-trace", "a list of 2 to 20000 numbers"),
        ({"x": [1]}, "bad-trace", "a list of 2 to 20000 numbers"),
        ({"specimen": 3}, "bad-trace", "the specimen: received 3"),
        ({"tag": "other"}, "unknown-tag", "`tag`: received 'other'"),
    ],
)
def test_a_state_or_a_trace_that_can_not_be_is_named(
    changes: dict[str, object], reason: str, detail: str
) -> None:
    name, item = ("states", STATE) if "state" in changes else ("traces", TRACE)
    [refusal] = post({name: [{**item, **changes}]}, Remembering()).refusals
    assert (refusal.list, refusal.index, refusal.reason) == (name, 0, reason)
    assert detail in refusal.detail
