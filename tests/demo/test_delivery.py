"""Readings on their way to the hub: nothing lost, nothing twice, whatever the hub does meanwhile."""

import asyncio
import http.server
import json
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import datetime
from pathlib import Path
from typing import Any

import aiomqtt
import msgspec
import pytest

from quality_creator.config import HttpGauge, MqttGauge, load
from quality_creator.demo import config
from quality_creator.demo.delivery import Posts, Publications, body
from quality_creator.demo.outbox import MOST, Message, Outbox, counter, reading, rfc3339
from quality_creator.factory.http import read_body
from quality_creator.factory.routes import mappings
from quality_creator.model.clock import Micros, utc
from quality_creator.model.ids import GaugeId
from tests.demo.day import Day
from tests.peers.hub import free_port
from tests.peers.mqtt import PASSWORD, USERNAME, Mosquitto, mosquitto


def messages(seconds: float) -> list[Message]:
    day = Day.of(1, seconds)
    return [*map(reading, day.samples), *map(counter, day.tallies)]


class Desk(http.server.ThreadingHTTPServer):
    """A receiver that answers as it is told to and keeps what it took."""

    def __init__(self, port: int, answers: list[int]) -> None:
        super().__init__(("127.0.0.1", port), _Handler)
        self.answers = answers
        self.taken: list[dict[str, Any]] = []
        self.asked = 0
        self.authorizations: set[str | None] = set()


class _Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Desk

    def do_POST(self) -> None:
        received = json.loads(self.rfile.read(int(self.headers["content-length"])))
        self.server.asked += 1
        self.server.authorizations.add(self.headers["authorization"])
        answer = self.server.answers.pop(0) if self.server.answers else 200
        if answer == 200:
            self.server.taken += received["readings"] + received["counters"]
        self.send_response(answer)
        self.send_header("content-length", "0")
        self.end_headers()

    def log_message(self, format: str, *args: object) -> None:  # noqa: A002
        """Say nothing."""


@contextmanager
def desk(port: int = 0, answers: list[int] | None = None) -> Iterator[Desk]:
    with Desk(port, answers or []) as server:
        thread = threading.Thread(target=server.serve_forever, args=(0.02,))
        thread.start()
        try:
            yield server
        finally:
            server.shutdown()
            thread.join()


@contextmanager
def running(job: Callable[[threading.Event], None]) -> Iterator[None]:
    stop = threading.Event()
    thread = threading.Thread(target=job, args=(stop,))
    thread.start()
    try:
        yield
    finally:
        stop.set()
        thread.join(10)
        assert not thread.is_alive()


def until(met: Callable[[], bool]) -> None:
    waiting = threading.Event()
    for _ in range(1000):
        if met():
            return
        waiting.wait(0.01)
    raise AssertionError("it did not happen within 10 s")


def keys(items: list[dict[str, Any]]) -> list[tuple[str, str]]:
    return [(item["tag"], item["time"]) for item in items]


def sent(batch: list[Message]) -> list[tuple[str, str]]:
    return [(message.tag, message.time) for message in batch]


def test_what_the_hub_could_not_take_is_sent_again_and_in_order() -> None:
    box = Outbox()
    everything = messages(40)
    with desk(answers=[503, 500, 401]) as server:
        address = f"http://127.0.0.1:{server.server_address[1]}"
        with running(Posts(address, "a-token", box).run):
            box.put(everything[:7])
            until(lambda: len(box) == 0)
            box.put(everything[7:])
            until(lambda: len(box) == 0)
        assert server.authorizations == {"Bearer a-token"}
        assert sorted(keys(server.taken)) == sorted(sent(everything))
        times = [item["time"] for item in server.taken if "sequence" in item]
        assert times == sorted(times)


def test_a_hub_that_is_not_there_yet_gets_everything_when_it_comes() -> None:
    port = free_port()
    box = Outbox()
    box.put(messages(20))
    with running(Posts(f"http://127.0.0.1:{port}", "a-token", box).run):
        threading.Event().wait(0.3)
        assert len(box) == len(messages(20))
        with desk(port) as server:
            until(lambda: len(box) == 0)
            assert len(server.taken) == len(messages(20))


def test_what_stays_unreadable_does_not_hold_up_the_rest() -> None:
    box = Outbox()
    with (
        desk(answers=[422]) as server,
        running(Posts(f"http://127.0.0.1:{server.server_address[1]}", "a-token", box).run),
    ):
        box.put(messages(5))
        until(lambda: len(box) == 0)
        box.put(messages(10))
        until(lambda: len(box) == 0)
        assert server.asked == 2


def test_a_full_box_lets_the_oldest_go_and_counts_them() -> None:
    box = Outbox()
    one = messages(5)[:1]
    box.put(one * MOST)
    box.put(messages(5)[1:3])
    assert (len(box), box.lost) == (MOST, 2)
    assert box.batch(MOST, 0)[-2:] == messages(5)[1:3]


def test_the_hubs_own_decoder_takes_every_message_with_its_very_instant(tmp_path: Path) -> None:
    settings = load(config.write(tmp_path, port=8080, rtmp_port=1935))
    day = Day.of(1, 60)
    for gauge in settings.gauges:
        assert isinstance(gauge, HttpGauge)
        tags = {tag.tag for tag in gauge.tags} | {tag.tag for tag in gauge.counters}
        samples = [sample for sample in day.samples if sample.channel.tag in tags]
        tallies = [tally for tally in day.tallies if tally.counter.tag in tags]
        text = json_text([*map(reading, samples), *map(counter, tallies)])
        batch = read_body(mappings(settings)[gauge.id], text, utc(day.plant.until))
        assert not batch.refusals
        assert [(m.value, m.time, m.sequence) for m in batch.measurements] == [
            (sample.value, sample.time, sample.time) for sample in samples
        ]
        assert [(c.total, c.rejected, c.time) for c in batch.counts] == [
            (tally.total, tally.rejected, tally.time) for tally in tallies
        ]


def json_text(batch: list[Message]) -> bytes:
    return msgspec.json.encode(body(batch))


def test_instants_are_written_to_the_microsecond() -> None:
    assert rfc3339(Micros(1_780_000_000_000_007)) == "2026-05-28T20:26:40.000007Z"
    assert datetime.fromisoformat(rfc3339(Micros(1_780_000_000_000_007))) == utc(1_780_000_000_000_007)


async def _collected(
    broker: Mosquitto, count: int, ready: threading.Event
) -> list[tuple[str, dict[str, Any]]]:
    found = []
    async with aiomqtt.Client("127.0.0.1", broker.port, username=USERNAME, password=PASSWORD) as client:
        await client.subscribe("tingyan/#", qos=1)
        ready.set()
        async for message in client.messages:
            assert isinstance(message.payload, bytes)
            found.append((str(message.topic), json.loads(message.payload)))
            if len(found) == count:
                return found
    raise AssertionError


@pytest.mark.timeout(40)
def test_through_a_broker_each_message_arrives_on_its_own_topic(tmp_path: Path) -> None:
    everything = messages(30)
    box = Outbox()
    box.put(everything)
    with mosquitto(tmp_path / "broker") as broker:
        gauge = MqttGauge(
            id=GaugeId("laboratory"),
            host="127.0.0.1",
            port=broker.port,
            username=USERNAME,
            password=PASSWORD,
        )
        ready = threading.Event()
        found: list[tuple[str, dict[str, Any]]] = []
        collector = threading.Thread(
            target=lambda: found.extend(asyncio.run(_collected(broker, len(everything), ready)))
        )
        collector.start()
        assert ready.wait(10)
        with running(Publications(gauge, "127.0.0.1", box).run):
            collector.join(15)
    assert [topic for topic, _ in found] == [message.tag for message in everything]
    assert keys([payload for _, payload in found]) == sent(everything)
