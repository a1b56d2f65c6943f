"""Gauges behind real brokers: nothing is acknowledged before it is durable, and everything comes back."""

import asyncio
import time
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from quality_creator.config import MqttGauge
from quality_creator.factory.intake import Batch, Outcome
from quality_creator.factory.mqtt import MqttConnector
from quality_creator.factory.routes import mappings
from quality_creator.model.errors import BadInput
from tests.factory.plant import Remembering, clock, config
from tests.peers.hub import free_port
from tests.peers.mqtt import PASSWORD, USERNAME, Mosquitto, amqtt, mosquitto, publish

TAGS = """tags = [
  { tag = "board/+/moisture", characteristic = "moisture" },
  { tag = "lacquer/#", characteristic = "thickness", unit = "µm", value = "film.mean" },
]
"""


def connector(keys: str, tags: str = TAGS) -> MqttConnector:
    """A connector with these keys of its gauge."""
    gauges = f'[[gauges]]\nkind = "mqtt"\nid = "plant"\nhost = "127.0.0.1"\n{keys}\n{tags}'
    one = config(gauges)
    [gauge] = one.gauges
    assert isinstance(gauge, MqttGauge)
    ca_file = one.path(gauge.ca_file) if gauge.ca_file else None
    return MqttConnector(gauge, mappings(one)[gauge.id], clock, ca_file=ca_file)


def login(broker: Mosquitto, client_id: str = "hub") -> str:
    """The keys that the broker wants."""
    return (
        f'port = {broker.port}\nusername = "{USERNAME}"\npassword = "{PASSWORD}"\nclient_id = "{client_id}"'
    )


def reading(sequence: int, value: float = 8.0) -> dict[str, object]:
    """One reading of now."""
    return {"value": value, "time": datetime.now(UTC).isoformat(), "sequence": sequence}


def moisture(*sequences: int) -> list[tuple[str, bytes]]:
    """A message a sequence."""
    return [("board/3/moisture", msgspec.json.encode(reading(sequence))) for sequence in sequences]


async def until(holds: Callable[[], bool], within_s: float = 15.0) -> None:
    """Wait until something holds."""
    deadline = time.monotonic() + within_s
    while not holds():
        assert time.monotonic() < deadline, "it never held"
        await asyncio.sleep(0.01)


async def running(one: MqttConnector, sink: Remembering, test: Callable[[], Awaitable[None]]) -> None:
    """Run a connector beside a test."""
    task = asyncio.create_task(one.run(sink))
    try:
        await until(lambda: one.status().state == "live")
        await test()
    finally:
        task.cancel()
        await asyncio.gather(task, return_exceptions=True)


def sequences(sink: Remembering) -> list[int]:
    return [one.sequence for one in sink.measurements]


def test_readings_come_from_mosquitto_by_password_and_topic_filter(tmp_path: Path) -> None:
    async def check(broker: Mosquitto) -> None:
        one, sink = connector(login(broker)), Remembering()

        async def test() -> None:
            film = {"film": {"mean": 120.0}, "time": datetime.now(UTC).isoformat(), "sequence": 5}
            await publish(
                broker.port,
                [
                    *moisture(1, 2),
                    ("lacquer", msgspec.json.encode(film)),
                    ("lacquer/north/2", msgspec.json.encode([{**film, "sequence": 6}, {**film, "film": 1}])),
                    ("board/3/humidity", b"nobody asked"),
                    ("board/3/moisture", b"8.25"),
                ],
            )
            await until(lambda: len(sink.batches) == 5)
            assert [(m.characteristic, m.value, m.sequence) for m in sink.measurements] == [
                ("moisture", 8.0, 1),
                ("moisture", 8.0, 2),
                ("thickness", 0.12, 5),
                ("thickness", 0.12, 6),
            ]
            status = one.status()
            assert (status.gauge, status.kind, status.state) == ("plant", "mqtt", "live")
            assert (status.accepted, status.refused, status.duplicates) == (4, 2, 0)
            assert status.last_reading is not None
            assert status.last_error.startswith("missing-field: the field `value` is missing; received 8.25")

        await running(one, sink, test)

    with mosquitto(tmp_path) as broker:
        asyncio.run(check(broker))


def test_readings_come_from_amqtt() -> None:
    async def check() -> None:
        async with amqtt() as port:
            one, sink = connector(f"port = {port}"), Remembering()

            async def test() -> None:
                await publish(port, moisture(1, 2, 3), password=False)
                await until(lambda: sequences(sink) == [1, 2, 3])

            await running(one, sink, test)

    asyncio.run(check())


def test_readings_come_over_tls_when_the_ca_vouches(tmp_path: Path) -> None:
    async def check(broker: Mosquitto) -> None:
        tls = login(broker).replace(str(broker.port), str(broker.tls_port)) + "\ntls = true\n"
        one, sink = connector(tls + f'ca_file = "{broker.ca_file}"'), Remembering()

        async def test() -> None:
            await publish(broker.port, moisture(1))
            await until(lambda: sequences(sink) == [1])

        await running(one, sink, test)

        stranger = connector(tls)  # without the CA's file, the system's CAs must vouch
        task = asyncio.create_task(stranger.run(sink))
        await until(lambda: stranger.status().last_error != "")
        task.cancel()
        assert stranger.status().state == "connecting"
        assert "certificate verify failed" in stranger.status().last_error

    with mosquitto(tmp_path) as broker:
        asyncio.run(check(broker))


def test_a_wrong_password_is_told_in_the_brokers_words(tmp_path: Path) -> None:
    async def check(broker: Mosquitto) -> None:
        one = connector(login(broker).replace(PASSWORD, "guess"))
        task = asyncio.create_task(one.run(Remembering()))
        await until(lambda: one.status().last_error != "")
        task.cancel()
        assert one.status().state == "connecting"
        assert "Not authorized" in one.status().last_error

    with mosquitto(tmp_path) as broker:
        asyncio.run(check(broker))


class NeverDurable(Remembering):
    """A sink whose transaction never ends."""

    async def __call__(self, batch: Batch) -> Outcome:
        self.batches.append(batch)
        await asyncio.Event().wait()
        raise AssertionError


def test_what_was_not_durable_is_sent_again(tmp_path: Path) -> None:
    async def check(broker: Mosquitto) -> None:
        hanging, sink = NeverDurable(), Remembering()

        async def hang() -> None:
            await publish(broker.port, moisture(*range(30)))
            await until(lambda: len(hanging.batches) > 0)

        async def take() -> None:
            await until(lambda: len(sequences(sink)) >= 30)

        await running(connector(login(broker)), hanging, hang)
        await running(connector(login(broker)), sink, take)
        assert sequences(sink) == list(range(30))

    with mosquitto(tmp_path) as broker:
        asyncio.run(check(broker))


def test_what_was_durable_is_not_sent_again(tmp_path: Path) -> None:
    async def check(broker: Mosquitto) -> None:
        first, sink = connector(login(broker)), Remembering()

        async def take() -> None:
            await publish(broker.port, moisture(*range(50)))
            await until(lambda: len(sequences(sink)) == 50)
            await asyncio.sleep(0.2)

        await running(first, sink, take)
        second, later = connector(login(broker)), Remembering()

        async def look() -> None:
            await publish(broker.port, moisture(50))
            await until(lambda: len(sequences(later)) > 0)
            await asyncio.sleep(0.2)
            assert sequences(later) == [50]

        await running(second, later, look)

    with mosquitto(tmp_path) as broker:
        asyncio.run(check(broker))


def test_what_arrives_while_we_are_away_is_kept_for_our_client_id(tmp_path: Path) -> None:
    async def check(broker: Mosquitto) -> None:
        async def nothing() -> None:
            pass

        await running(connector(login(broker)), Remembering(), nothing)
        await publish(broker.port, moisture(1, 2, 3))
        sink = Remembering()

        async def test() -> None:
            await until(lambda: sequences(sink) == [1, 2, 3])

        await running(connector(login(broker)), sink, test)

    with mosquitto(tmp_path) as broker:
        asyncio.run(check(broker))


def test_a_broker_that_dies_is_lost_and_found_again(tmp_path: Path) -> None:
    async def check(broker: Mosquitto) -> None:
        one, sink = connector(login(broker)), Remembering()

        async def test() -> None:
            await publish(broker.port, moisture(1))
            await until(lambda: sequences(sink) == [1])
            began = time.monotonic()
            broker.kill()
            await until(lambda: one.status().state == "lost")
            assert time.monotonic() - began < 5
            assert one.status().last_error != ""
            await asyncio.to_thread(broker.start)
            await until(lambda: one.status().state == "live")
            await publish(broker.port, moisture(2))
            await until(lambda: sequences(sink)[-1] == 2)

        await running(one, sink, test)

    with mosquitto(tmp_path) as broker:
        asyncio.run(check(broker))


def test_a_hub_that_can_not_take_readings_holds_them_back_and_loses_none(tmp_path: Path) -> None:
    async def check(broker: Mosquitto) -> None:
        one, sink = connector(login(broker, client_id="")), Remembering(absent=2)

        async def test() -> None:
            await publish(broker.port, moisture(1))
            await until(lambda: sequences(sink) == [1])
            assert one.status().last_error == "the disk is full"

        await running(one, sink, test)

    with mosquitto(tmp_path) as broker:
        asyncio.run(check(broker))


def test_a_peer_that_is_no_broker_is_told_and_asked_again(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("quality_creator.factory.mqtt.TIMEOUT_S", 0.3)

    async def check() -> None:
        async def garbage(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
            await reader.read(10)
            writer.write(b"HTTP/1.1 400 Bad Request\r\n\r\n" * 20)
            await writer.drain()
            writer.close()

        server = await asyncio.start_server(garbage, "127.0.0.1", 0)
        port = server.sockets[0].getsockname()[1]
        one = connector(f"port = {port}")
        task = asyncio.create_task(one.run(Remembering()))
        await until(lambda: one.status().last_error != "")
        assert not task.done()
        assert one.status().state == "connecting"
        task.cancel()
        server.close()

    asyncio.run(check())


def test_nobody_at_the_address_is_told_in_the_systems_words() -> None:
    async def check() -> None:
        one = connector(f"port = {free_port()}")
        task = asyncio.create_task(one.run(Remembering()))
        await until(lambda: one.status().last_error != "")
        task.cancel()
        assert one.status().last_error == "[Errno 111] Connection refused"

    asyncio.run(check())


@pytest.mark.parametrize("bad", ["", "a/#/b", "a+/b", "#b", "a/b#"])
def test_a_topic_filter_that_is_none_is_refused_at_the_start(bad: str) -> None:
    with pytest.raises(BadInput, match="is not a topic filter"):
        connector("", tags=f'tags = [{{ tag = "{bad}", characteristic = "moisture" }}]')


def test_a_ca_file_that_is_none_is_refused_at_the_start(tmp_path: Path) -> None:
    (tmp_path / "ca.pem").write_text("not a certificate", encoding="utf-8")
    with pytest.raises(BadInput, match=r"^gauge 'plant': ca_file: .*ca.pem: .*; a file of PEM certificates$"):
        connector(f'tls = true\nca_file = "{tmp_path / "ca.pem"}"')
    with pytest.raises(BadInput, match="No such file or directory"):
        connector(f'tls = true\nca_file = "{tmp_path / "absent.pem"}"')
