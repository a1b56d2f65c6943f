"""Machines that post: what a body says, what they are answered, and how such a gauge stands.

    POST /api/readings
    {"readings": [{"tag": "moisture", "value": 8.1, "time": "2026-05-04T08:30:00.25Z", "sequence": 17,
                   "status": "good", "unit": "%"}],
     "counters": [{"tag": "line-1", "total": 1204, "rejected": 7, "time": "2026-05-04T08:30:00Z"}],
     "states": [{"tag": "line-1", "state": "running", "time": "2026-05-04T08:30:00Z"}]}

    POST /api/traces
    {"traces": [{"tag": "slide", "sequence": 3, "time": "2026-05-04T08:30:00Z", "specimen": "A-117",
                 "x": [0, 10, 20], "y": [0.0, 12.5, 11.9]}]}

What is good is taken in and what is bad is named by list and index; what was taken in before
does nothing, so a sender that got no answer sends the same again. The answer comes when all of
it is durable.
"""

import asyncio
import hmac
from collections.abc import Callable, Iterable, Iterator
from dataclasses import replace
from datetime import datetime
from typing import Any, get_args

import msgspec

from quality_creator.config import HttpGauge
from quality_creator.factory.intake import Batch, ConnectorStatus, Outcome, Sink, Tally
from quality_creator.factory.mapping import Item, Refused, decode, read_items, refused, shown
from quality_creator.factory.routes import GaugeMapping
from quality_creator.model.errors import Unavailable
from quality_creator.model.reading import Among, Reason, Refusal

LISTS: tuple[Among, ...] = get_args(Among)

QUICK_BODY = 256 << 10
"""Bytes that are read at once, on the event loop: about 2,000 readings, some 10 ms."""


class RefusedItem(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One refusal, as the sender reads it."""

    list: Among | None = None
    index: int | None = None
    """Both absent when the body as a whole was refused."""
    reason: Reason
    detail: str


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """What the sender of a body is told."""

    accepted: int
    """Values that are new: a reading that serves two characteristics counts twice."""
    duplicates: tuple[int, ...]
    """Indices of readings that had been taken in before; they are as good as accepted."""
    refusals: tuple[RefusedItem, ...]

    @property
    def http_status(self) -> int:
        """200, even in part; 400 when the body can't be read; 422 when nothing in it was good."""
        if any(refusal.index is None for refusal in self.refusals):
            return 400
        return 422 if self.refusals and not self.accepted and not self.duplicates else 200

    def encode(self) -> bytes:
        """As JSON."""
        return msgspec.json.encode(self)


# --- pure: what a body says ----------------------------------------------------------------------


def read_body(mapping: GaugeMapping, body: bytes, now: datetime) -> Batch:
    """The batch in a body; a body that can't be read is a batch of one refusal."""
    try:
        decoded = decode(body)
        lists = _lists(decoded)
    except Refused as error:
        return refused(mapping.gauge, error.reason, error.detail)
    unknown: list[Refusal] = []
    items = [item for name in LISTS for item in _routed(mapping, name, lists.get(name, []), unknown)]
    batch = read_items(mapping, items, now)
    return replace(
        batch,
        refusals=sorted(
            [*unknown, *batch.refusals], key=lambda refusal: (LISTS.index(refusal.among), refusal.index)
        ),
    )


def _lists(decoded: Any) -> dict[str, list[Any]]:
    lists = ", ".join(f'"{name}": [...]' for name in LISTS)
    shape = f"allowed: {{{lists}}}, one of them or several"
    if type(decoded) is not dict:
        raise Refused("bad-json", f"received {shown(decoded)}; {shape}")
    for name, value in decoded.items():
        if name not in LISTS:
            raise Refused("bad-json", f"received the field {shown(name)}; {shape}")
        if type(value) is not list:
            raise Refused("bad-json", f"`{name}`: received {shown(value)}; {shape}")
    if not decoded:
        raise Refused("missing-field", f"received an empty object; {shape}")
    return decoded


def _routed(mapping: GaugeMapping, among: Among, items: list[Any], unknown: list[Refusal]) -> Iterator[Item]:
    """Each item with the routes of its tag; those without go to `unknown`."""
    tags = {
        "readings": mapping.reading_tags,
        "counters": mapping.counter_tags,
        "states": mapping.state_tags,
        "traces": mapping.trace_tags,
    }[among]
    for index, item in enumerate(items):
        tag = item.get("tag") if type(item) is dict else None
        routes = tags.get(tag) if type(tag) is str else None
        if routes is not None and tag is not None:
            yield index, tag, routes, item
        else:
            unknown.append(_unrouted(item, tags).refusal(mapping.gauge, index, among))


def _unrouted(item: Any, tags: Iterable[str]) -> Refused:
    if type(item) is dict and "tag" in item:
        known = ", ".join(map(repr, tags)) or "none"
        return Refused("unknown-tag", f"`tag`: received {shown(item['tag'])}; allowed: {known}")
    return Refused("missing-field", f"the field `tag` is missing; received {shown(item)}")


def answer(batch: Batch, outcome: Outcome) -> Answer:
    """What to tell the sender of a batch."""
    return Answer(
        accepted=outcome.accepted,
        duplicates=tuple(sorted({batch.items[position] for position in outcome.duplicates})),
        refusals=tuple(
            RefusedItem(
                list=None if refusal.index is None else refusal.among,
                index=refusal.index,
                reason=refusal.reason,
                detail=refusal.detail,
            )
            for refusal in outcome.refusals
        ),
    )


# --- the gauge -----------------------------------------------------------------------------------


class HttpConnector:
    """A gauge that posts to us; the route in `web` gives it the bodies."""

    def __init__(self, gauge: HttpGauge, mapping: GaugeMapping, clock: Callable[[], datetime]) -> None:
        self._token = gauge.token.encode()
        self._mapping = mapping
        self._clock = clock
        self._sink: Sink | None = None
        self._tally = Tally(gauge.id, "http", clock())

    async def run(self, sink: Sink) -> None:
        """Answer posts until cancelled."""
        self._sink = sink
        try:
            await asyncio.Event().wait()
        finally:
            self._sink = None

    def status(self) -> ConnectorStatus:
        """How it stands now; live since the first body that could be read."""
        return self._tally.status()

    def allows(self, token: str) -> bool:
        """Whether this is the gauge's token; takes as long for a wrong one."""
        return hmac.compare_digest(self._token, token.encode())

    async def post(self, body: bytes) -> Answer:
        """Take a body in; when this returns, it is durable.

        Raises:
            Unavailable: nothing was taken in; the sender sends the same again later.
        """
        if self._sink is None:
            raise Unavailable("readings are not taken in at the moment; send the same again later")
        if len(body) > QUICK_BODY:
            # Half a second of work must not keep the players of the same loop waiting.
            batch = await asyncio.to_thread(read_body, self._mapping, body, self._clock())
        else:
            batch = read_body(self._mapping, body, self._clock())
        outcome = await self._sink(batch)
        now = self._clock()
        self._tally.add(outcome, now)
        result = answer(batch, outcome)
        if result.http_status != 400:
            self._tally.enter("live", now)
        return result


def with_token(connectors: Iterable[HttpConnector], token: str) -> HttpConnector | None:
    """The gauge that this token belongs to. Every token is compared, so that time tells nothing."""
    found = [connector for connector in connectors if connector.allows(token)]
    return found[0] if found else None
