"""How readings reach the hub: posted or published through a broker, until it says that it has them."""

import asyncio
import logging
import ssl
import threading
from typing import Final

import aiomqtt
import httpx
import msgspec

from quality_creator.config import MqttGauge
from quality_creator.demo.outbox import (
    CounterMessage,
    CountMessage,
    Message,
    Outbox,
    ReadingMessage,
    StateMessage,
    TraceMessage,
)

log = logging.getLogger(__name__)

_BATCH: Final = 500
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 0.2, 2.0
_IDLE_S = 0.5


class Posts:
    """Posts a gauge's readings to `/api/readings` over one connection that stays open."""

    def __init__(self, address: str, token: str, outbox: Outbox) -> None:
        self._url = f"{address}/api/readings"
        self._headers = {"authorization": f"Bearer {token}", "content-type": "application/json"}
        self._outbox = outbox
        self._reached = True

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop."""
        pause_s = _FIRST_PAUSE_S
        with httpx.Client(headers=self._headers, timeout=5.0) as client:
            while not stop.is_set():
                batch = self._outbox.batch(_BATCH, _IDLE_S)
                if not batch:
                    continue
                if self._post(client, batch):
                    self._outbox.sent(batch)
                    pause_s = _FIRST_PAUSE_S
                else:
                    stop.wait(pause_s)
                    pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    def _post(self, client: httpx.Client, batch: list[Message]) -> bool:
        """Whether the hub has answered for the batch, be it with a refusal."""
        try:
            answer = client.post(self._url, content=msgspec.json.encode(body(batch)))
        except httpx.HTTPError as error:
            if self._reached:
                log.info("no hub at %s: %s; trying again", self._url, error)
            self._reached = False
            return False
        self._reached = True
        if answer.status_code in _UNREADABLE:
            log.error("the hub refuses %d messages: %s", len(batch), answer.text)
            return True
        if answer.is_error:
            log.warning("the hub answers %d: %s", answer.status_code, answer.text)
            return False
        return True


_UNREADABLE = (400, 413, 422)
"""Answers that stay the same however often the same is sent."""


def body(batch: list[Message]) -> dict[str, list[Message]]:
    """A batch as the API wants it."""
    return {
        "readings": [one for one in batch if isinstance(one, ReadingMessage | CountMessage)],
        "counters": [one for one in batch if isinstance(one, CounterMessage)],
        "states": [one for one in batch if isinstance(one, StateMessage)],
        "traces": [one for one in batch if isinstance(one, TraceMessage)],
    }


class Publications:
    """Publishes a gauge's readings to a broker with QoS 1, each on the topic of its tag."""

    def __init__(self, gauge: MqttGauge, host: str, outbox: Outbox) -> None:
        self._gauge, self._host, self._outbox = gauge, host, outbox

    def run(self, stop: threading.Event) -> None:
        """Send until told to stop."""
        pause_s = _FIRST_PAUSE_S
        while not stop.is_set():
            try:
                asyncio.run(self._connected(stop))
            except aiomqtt.MqttError as error:
                log.info("no broker at %s:%d yet: %s", self._host, self._gauge.port, error)
                stop.wait(pause_s)
                pause_s = min(pause_s * 2, _LONGEST_PAUSE_S)

    async def _connected(self, stop: threading.Event) -> None:
        gauge = self._gauge
        async with aiomqtt.Client(
            self._host,
            gauge.port,
            username=gauge.username or None,
            password=gauge.password or None,
            tls_context=ssl.create_default_context(cafile=gauge.ca_file or None) if gauge.tls else None,
        ) as client:
            while not stop.is_set():
                batch = await asyncio.to_thread(self._outbox.batch, _BATCH, _IDLE_S)
                for message in batch:
                    await client.publish(message.tag, msgspec.json.encode(message), qos=1)
                    self._outbox.sent([message])
