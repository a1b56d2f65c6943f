"""Readings a second through HTTP and MQTT, stored and charted, and how soon a point is judged.

The hub is a real one (`qc hub`) on one core, with eight characteristics on I-MR charts and a SQLite
database that is synced at every commit; senders and the broker have the other cores. Two figures of
throughput are told: by the clock, and by the hub's own CPU seconds, which other work on the machine
does not touch. The time to a judged point is measured from the moment at which the sender stamps a
reading to the moment at which the subscribers are told of its point, over a real broker.
"""

import asyncio
import contextlib
import os
import sqlite3
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

import aiomqtt
import msgspec

from bench.row import Row
from quality_creator.actions.ingest import Ingest, Judged
from quality_creator.config import loads
from quality_creator.factory.connectors import connectors
from quality_creator.store.database import FILE, open_folder
from tests.peers.hub import HubProcess, running_hub
from tests.peers.mqtt import PASSWORD, USERNAME, Mosquitto, mosquitto

CHARACTERISTICS = 8
SECONDS = 6.0
LOADS_S = 6.0
"""After its start a hub begins to load what it needs now and then (docs/adr/0021)."""
TOKEN = "a-token-for-the-bench"

HTTP = f"""
[[gauges]]
kind = "http"
id = "bench"
token = "{TOKEN}"
tags = [{", ".join(f'{{ tag = "t{n}", characteristic = "c{n}" }}' for n in range(CHARACTERISTICS))}]
"""

MQTT = """
[[gauges]]
kind = "mqtt"
id = "plant"
host = "127.0.0.1"
port = {port}
username = "{username}"
password = "{password}"
client_id = "bench"
tags = [{tags}]
"""


def lines() -> str:
    """A line and its characteristics."""
    name = 'name = { zh-Hans = "测", en = "Bench" }'
    return f'[[lines]]\nid = "line"\n{name}\n' + "".join(
        f'[[characteristics]]\nid = "c{n}"\n{name}\nunit = "%"\nline = "line"\n'
        for n in range(CHARACTERISTICS)
    )


def mqtt(broker: Mosquitto) -> str:
    """The gauge behind a broker."""
    tags = ", ".join(f'{{ tag = "t{n}", characteristic = "c{n}" }}' for n in range(CHARACTERISTICS))
    return MQTT.format(port=broker.port, username=USERNAME, password=PASSWORD, tags=tags)


# --- senders -------------------------------------------------------------------------------------


def readings(count: int, first: int, *, tagged: bool) -> list[dict[str, object]]:
    """Readings of now, numbered on from `first`."""
    now = datetime.now(UTC).isoformat()
    values = (
        {"value": 8.0 + n * 7919 % 100 / 100, "time": now, "sequence": n} for n in range(first, first + count)
    )
    if not tagged:
        return list(values)
    return [{"tag": f"t{one['sequence'] % CHARACTERISTICS}", **one} for one in values]


def request(count: int, first: int) -> bytes:
    """One POST of so many readings."""
    body = msgspec.json.encode({"readings": readings(count, first, tagged=True)})
    head = (
        f"POST /api/readings HTTP/1.1\r\nHost: hub\r\nAuthorization: Bearer {TOKEN}\r\n"
        f"Content-Length: {len(body)}\r\n\r\n"
    )
    return head.encode() + body


async def post(reader: asyncio.StreamReader, writer: asyncio.StreamWriter, body: bytes) -> int:
    """Send one request over an open connection; how many readings were accepted."""
    writer.write(body)
    head = await reader.readuntil(b"\r\n\r\n")
    length = int(head.lower().partition(b"content-length:")[2].split(b"\r\n")[0])
    answer = msgspec.json.decode(await reader.readexactly(length))
    return int(answer["accepted"])


async def post_all(port: int, requests: Iterator[bytes], connections: int) -> int:
    """Send requests over several connections, each of which waits for its answers."""

    async def connection() -> int:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        accepted = 0
        for one in requests:
            accepted += await post(reader, writer, one)
        writer.close()
        return accepted

    return sum(await asyncio.gather(*(connection() for _ in range(connections))))


async def publish(port: int, messages: int, size: int, pause_s: float) -> None:
    """Publish messages of so many readings each with QoS 1, stamped as they are sent."""
    async with aiomqtt.Client(
        "127.0.0.1", port, username=USERNAME, password=PASSWORD, max_inflight_messages=200
    ) as client:
        client.pending_calls_threshold = 1_000  # it would warn of what is meant
        room = asyncio.Semaphore(200)

        async def send(number: int) -> None:
            payload = msgspec.json.encode(readings(size, number * size, tagged=False))
            await client.publish(f"t{number % CHARACTERISTICS}", payload, qos=1)
            room.release()

        async with asyncio.TaskGroup() as tasks:
            for number in range(messages):
                await room.acquire()
                tasks.create_task(send(number))
                if pause_s:
                    await asyncio.sleep(pause_s)


@contextlib.contextmanager
def publisher(port: int, messages: int, size: int, pause_s: float = 0.0) -> Iterator[None]:
    """A process that publishes, so that it takes nothing from the one that is measured."""
    arguments = map(str, (port, messages, size, pause_s))
    child = subprocess.Popen([sys.executable, "-m", "bench.ingest", *arguments])
    try:
        yield
    finally:
        child.kill()
        child.wait()


# --- what is measured ----------------------------------------------------------------------------


@contextlib.contextmanager
def hub_on_one_core(folder: Path, gauges: str) -> Iterator[HubProcess]:
    """A real hub on the first core; everything that this process starts has the others."""
    cores = os.sched_getaffinity(0)
    one, others = {min(cores)}, cores - {min(cores)} or cores
    with running_hub(folder, lines() + gauges) as hub:
        assert hub.child is not None
        for task in Path(f"/proc/{hub.child.pid}/task").iterdir():
            os.sched_setaffinity(int(task.name), one)
        os.sched_setaffinity(0, others)
        _settle(hub)
        try:
            yield hub
        finally:
            os.sched_setaffinity(0, cores)


def _settle(hub: HubProcess) -> None:
    """Wait until the hub has loaded what it loads once it stands: it comes only once."""
    time.sleep(LOADS_S)
    while True:
        used = cpu_s(hub)
        time.sleep(1.0)
        if cpu_s(hub) - used < 0.1:
            return


def cpu_s(hub: HubProcess) -> float:
    """CPU seconds that the hub has used."""
    assert hub.child is not None
    fields = Path(f"/proc/{hub.child.pid}/stat").read_text().rpartition(")")[2].split()
    return (int(fields[11]) + int(fields[12])) / os.sysconf("SC_CLK_TCK")


@dataclass(frozen=True, slots=True)
class Rate:
    """How fast readings were taken in."""

    by_clock: float
    """Readings a second."""
    by_cpu: float
    """Readings a CPU second of the hub."""


def http_rate(folder: Path, size: int) -> Rate:
    """POSTs of `size` readings over eight connections."""
    count = round(SECONDS * 40_000 / size) if size > 1 else round(SECONDS * 800)
    with hub_on_one_core(folder, HTTP) as hub:
        requests = [request(size, 1 + n * size) for n in range(count)]
        began, used = time.perf_counter(), cpu_s(hub)
        accepted = asyncio.run(post_all(hub.port, iter(requests), 8))
        assert accepted == count * size
        return Rate(accepted / (time.perf_counter() - began), accepted / (cpu_s(hub) - used))


def mqtt_rate(folder: Path, size: int) -> Rate:
    """Messages of `size` readings through mosquitto as Debian configures it."""
    messages = round(SECONDS * 30_000 / size) if size > 1 else round(SECONDS * 1_500)
    with (
        mosquitto(folder / "broker", "max_queued_messages 0") as broker,
        hub_on_one_core(folder, mqtt(broker)) as hub,
    ):
        while hub.api("GET", "/api/status")["gauges"][0]["state"] != "live":
            time.sleep(0.05)
        with publisher(broker.port, messages, size):
            taken = 0
            began, used = time.perf_counter(), cpu_s(hub)
            while taken < messages * size:
                time.sleep(0.1)
                before, taken = taken, hub.api("GET", "/api/status")["ingest"]["measurements"]
                if before == 0:  # the publisher takes a moment to start
                    began, used, first = time.perf_counter(), cpu_s(hub), taken
            new = taken - first
            return Rate(new / (time.perf_counter() - began), new / (cpu_s(hub) - used))


async def delays(folder: Path, size: int, every_s: float) -> list[float]:
    """Seconds from a reading's stamp to its judged point, for messages of `size` readings, so often."""
    found: list[float] = []

    def told(judged: Judged) -> None:
        now = time.time()
        found.extend(now - point.time / 1e6 for _, point in judged.points)

    with mosquitto(folder / "broker") as broker:
        config = loads(lines() + mqtt(broker), folder=folder, environment={})
        database = await open_folder(folder)
        ingest = await Ingest.open(database, config)
        ingest.subscribe(told)
        [connector] = connectors(config, lambda: datetime.now(UTC))
        tasks = [asyncio.create_task(ingest.run()), asyncio.create_task(connector.run(ingest.take))]
        while connector.status().state != "live":  # noqa: ASYNC110 - it has no event of its own
            await asyncio.sleep(0.01)
        messages = round(SECONDS / every_s)
        with publisher(broker.port, messages, size, every_s):
            deadline = time.monotonic() + 10 * SECONDS
            while len(found) < messages * size:
                assert time.monotonic() < deadline, (len(found), messages * size)
                await asyncio.sleep(0.05)
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await database.close()
    return sorted(found[len(found) // 10 :])  # the first tenth warms up


def sqlite_rate(folder: Path, size: int) -> float:
    """Rows a CPU second that SQLite alone keeps, in the same table and as safely: the ceiling."""
    asyncio.run(_make(folder))
    insertion = (
        "INSERT INTO measurements (stream, sequence, time, received, value, status) VALUES (?, ?, ?, ?, ?, ?)"
    )
    with contextlib.closing(sqlite3.connect(folder / FILE, isolation_level=None)) as connection:
        connection.execute("PRAGMA synchronous = FULL")
        first, began = 0, time.process_time()
        while time.process_time() - began < SECONDS / 2:
            numbers = range(first, first + size)
            rows = [(n % CHARACTERISTICS, n, n, n, 8.0, "good") for n in numbers]
            connection.execute("BEGIN IMMEDIATE")
            connection.executemany(insertion, rows)
            connection.execute("COMMIT")
            first += size
        return first / (time.process_time() - began)


async def _make(folder: Path) -> None:
    await (await open_folder(folder)).close()


# --- the table -----------------------------------------------------------------------------------

AIM = 50_000
"""Readings a second on one core, in batches."""

AIM_S = 0.050
"""To a judged point; the rest of the way is the part that it waits for."""


def run() -> list[Row]:
    """Every figure."""
    with tempfile.TemporaryDirectory(prefix="bench-ingest-") as name:
        folder = Path(name)
        alone = sqlite_rate(folder / "sqlite", 1000)
        rows = [_row("SQLite alone, 1,000 rows a transaction", alone, alone, "by CPU seconds")]
        for size in (1000, 100, 1):
            rows += _rates(f"HTTP, {size:,} a post", http_rate(folder / f"http-{size}", size), alone)
        for size in (1000, 100, 1):
            rows += _rates(f"MQTT, {size:,} a message", mqtt_rate(folder / f"mqtt-{size}", size), alone)
        for size, every_s in ((1, 0.02), (20, 0.01)):
            found = asyncio.run(delays(folder / f"delay-{size}", size, every_s))
            load = f"{size / every_s:,.0f} readings/s over mosquitto, nothing pinned"
            rows += [
                _delay(f"stamp to judged point, {label}", found[int(len(found) * share)], load)
                for label, share in (("median", 0.5), ("p99", 0.99))
            ]
    return rows


def _rates(name: str, rate: Rate, alone: float) -> list[Row]:
    return [
        _row(name, rate.by_cpu, alone, "by the hub's CPU seconds, web and all"),
        Row(
            name=name,
            value=rate.by_clock,
            unit="readings/s",
            ratio=rate.by_clock / AIM,
            against="the aim, 50,000",
            note="by the clock, the hub on one core",
        ),
    ]


def _row(name: str, value: float, alone: float, note: str) -> Row:
    return Row(
        name=name, value=value, unit="readings/s", ratio=value / alone, against="SQLite alone", note=note
    )


def _delay(name: str, seconds: float, note: str) -> Row:
    return Row(
        name=name, value=seconds * 1000, unit="ms", ratio=seconds / AIM_S, against="the aim, 50 ms", note=note
    )


if __name__ == "__main__":  # the publisher's process
    asyncio.run(publish(int(sys.argv[1]), int(sys.argv[2]), int(sys.argv[3]), float(sys.argv[4])))
