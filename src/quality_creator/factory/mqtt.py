"""Gauges behind an MQTT broker: subscribed with QoS 1, acknowledged when durable.

What holds. The broker keeps a message until we acknowledge it, and we acknowledge it when the
store has it: a hub that dies in between is sent it again, and drops it if it had it. With a
`client_id` the session outlives the connection (clean session off), so the broker also keeps what
arrives while we are away: mosquitto 1,000 messages unless its `max_queued_messages` says more.
Without one, what is published while we are away is lost, as MQTT has it.

A broker sends only so many messages before it wants acknowledgements (mosquitto: 20, its
`max_inflight_messages`), so gauges that send often do well to put several readings into a
message: a JSON array in place of one object.

MQTT 3.1.1, which every broker speaks. aiomqtt does not pass on paho's manual acknowledgement
(https://github.com/empicano/aiomqtt/issues/345); `_Session` reaches through for it.
"""

import asyncio
import contextlib
import ssl
from collections.abc import Callable, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any

import aiomqtt

from quality_creator.config import MqttGauge
from quality_creator.factory import topics
from quality_creator.factory.intake import Batch, ConnectorStatus, Sink, Tally
from quality_creator.factory.mapping import read_payload
from quality_creator.factory.patience import offer, waits
from quality_creator.factory.routes import GaugeMapping, Routes
from quality_creator.model.errors import BadInput

KEEP_ALIVE_S = 10
"""A connection over which nothing comes is asked this often whether it is alive."""

TIMEOUT_S = 5.0

AT_ONCE = 500
"""Messages that are offered together."""

TOPICS = 10_000
"""Topics whose filters are remembered."""

_REFUSED = 0x80
"""In a SUBACK: the broker does not let us have this filter."""


class MqttConnector:
    """One broker, and the topics of one gauge on it."""

    def __init__(
        self,
        gauge: MqttGauge,
        mapping: GaugeMapping,
        clock: Callable[[], datetime],
        *,
        ca_file: Path | None = None,
    ) -> None:
        """Get ready without connecting.

        Raises:
            BadInput: a topic filter, the host, or the CA file can't be used.
        """
        if not gauge.host:
            raise BadInput(f"gauge {gauge.id!r}: host: it is empty; name the broker")
        for tag in mapping.tags:
            try:
                topics.check(tag)
            except BadInput as error:
                raise BadInput(f"gauge {gauge.id!r}: tag: {error}") from error
        self._gauge = gauge
        self._mapping = mapping
        self._clock = clock
        self._tls = _tls(gauge, ca_file)
        self._tally = Tally(gauge.id, "mqtt", clock())
        self._routes: dict[str, Routes | None] = {}

    async def run(self, sink: Sink) -> None:
        """Bring readings until cancelled; a broker that is away is asked again and again."""
        wait = waits()
        while True:
            try:
                async with _Session(self._gauge, self._tls) as session:
                    await self._subscribe(session)
                    self._tally.enter("live", self._clock())
                    wait = waits()
                    await self._serve(session, sink)
            except (aiomqtt.MqttError, OSError, UnicodeError) as error:
                self._tally.complain(_words(error))
            if self._tally.status().state == "live":
                self._tally.enter("lost", self._clock())
            await asyncio.sleep(next(wait))

    def status(self) -> ConnectorStatus:
        """How it stands now."""
        return self._tally.status()

    async def _subscribe(self, session: "_Session") -> None:
        filters = list(self._mapping.tags)
        granted = await session.subscribe([(name, 1) for name in filters])
        refused = [name for name, code in zip(filters, granted, strict=True) if _code(code) >= _REFUSED]
        if refused:
            raise aiomqtt.MqttError(f"the broker does not let us subscribe to {', '.join(refused)}")

    async def _serve(self, session: "_Session", sink: Sink) -> None:
        while True:
            messages = await session.next(AT_ONCE)
            now = self._clock()
            batches = [self._read(message, now) for message in messages]
            await asyncio.gather(*(offer(sink, batch, self._tally, self._clock) for batch in batches))
            session.acknowledge(messages)

    def _read(self, message: aiomqtt.Message, now: datetime) -> Batch:
        topic = message.topic.value
        if topic not in self._routes:
            if len(self._routes) >= TOPICS:
                self._routes.clear()
            self._routes[topic] = _routes(self._mapping, topic)
        return read_payload(self._mapping, self._routes[topic], topic, message.payload, now)


def _routes(mapping: GaugeMapping, topic: str) -> Routes | None:
    """Everything that the filters which let a topic through bring."""
    found = [routes for tag, routes in mapping.tags.items() if topics.matches(tag, topic)]
    if not found:
        return None
    return Routes(
        tuple(route for routes in found for route in routes.readings),
        tuple(route for routes in found for route in routes.counters),
        tuple(route for routes in found for route in routes.states),
        tuple(route for routes in found for route in routes.traces),
    )


def _tls(gauge: MqttGauge, ca_file: Path | None) -> ssl.SSLContext | None:
    if not gauge.tls:
        return None
    try:
        return ssl.create_default_context(cafile=ca_file)
    except (OSError, ssl.SSLError) as error:
        words = error.strerror or str(error)
        raise BadInput(
            f"gauge {gauge.id!r}: ca_file: {ca_file}: {words}; a file of PEM certificates"
        ) from error


def _code(granted: Any) -> int:
    return int(granted.value) if hasattr(granted, "value") else int(granted)


def _words(error: BaseException) -> str:
    """The peer's words; aiomqtt keeps them in the cause when a connection breaks."""
    cause = error.__cause__
    return f"{error}: {cause}" if cause is not None and str(cause) not in str(error) else str(error)


class _Inbox(asyncio.Queue[aiomqtt.Message]):
    """Messages that arrived and are not acknowledged; the broker's window bounds it."""


class _Session(aiomqtt.Client):
    """A connection whose messages wait for our acknowledgement."""

    def __init__(self, gauge: MqttGauge, tls: ssl.SSLContext | None) -> None:
        super().__init__(
            gauge.host,
            gauge.port,
            username=gauge.username or None,
            password=gauge.password or None,
            identifier=gauge.client_id or None,
            clean_session=not gauge.client_id,
            keepalive=KEEP_ALIVE_S,
            timeout=TIMEOUT_S,
            tls_context=tls,
            queue_type=_Inbox,
        )
        self._client.manual_ack_set(True)

    async def next(self, most: int) -> Sequence[aiomqtt.Message]:
        """What has arrived, at least one message.

        Raises:
            aiomqtt.MqttError: the connection is lost.
        """
        found = [await anext(self.messages)]
        with contextlib.suppress(asyncio.QueueEmpty):
            while len(found) < most:
                found.append(self._queue.get_nowait())
        return found

    def acknowledge(self, messages: Sequence[aiomqtt.Message]) -> None:
        """Tell the broker to forget these, in the order in which they came."""
        for message in messages:
            self._client.ack(message.mid, message.qos)
