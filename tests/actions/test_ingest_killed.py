"""`kill -9` of a process that takes readings in: nothing acknowledged is lost, nothing is doubled."""

import asyncio
import random
import sqlite3
import subprocess
import sys
import time
from datetime import UTC, datetime
from pathlib import Path

import msgspec

from quality_creator import quality
from quality_creator.actions import judging
from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId, GaugeId
from quality_creator.model.reading import Measurement
from quality_creator.store.database import FILE
from tests.actions.floor import config
from tests.peers.mqtt import mosquitto, publish

ROOT = Path(__file__).resolve().parents[2]


def start(folder: Path, *arguments: str) -> "subprocess.Popen[str]":
    """A process that takes readings in."""
    command = [sys.executable, "-m", "tests.peers.taker", str(folder), *arguments]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True, cwd=ROOT)


def kept(folder: Path) -> list[Measurement]:
    """Everything in the database, in the order of its arrival."""
    if not (folder / FILE).exists():
        return []
    with sqlite3.connect(folder / FILE) as connection:
        rows = connection.execute("SELECT sequence, time, value FROM measurements ORDER BY id").fetchall()
    return [
        Measurement(
            characteristic=CharacteristicId("moisture"),
            value=value,
            time=Micros(at),
            gauge=GaugeId("press"),
            sequence=sequence,
        )
        for sequence, at, value in rows
    ]


def assert_charted_once(folder: Path) -> None:
    """The chart stands where an uninterrupted one over the kept measurements stands."""
    expected = judging.judge(judging.fresh(config().characteristics[0]), kept(folder)).chart
    with sqlite3.connect(folder / FILE) as connection:
        [(state, points)] = connection.execute("SELECT state, points FROM charts").fetchall()
    assert (quality.decode(state), points) == (expected.state, expected.points)


def test_what_was_acknowledged_is_there_after_every_kill(tmp_path: Path) -> None:
    chance = random.Random(11)
    acknowledged: list[int] = []
    for _ in range(4):
        child = start(tmp_path)
        assert child.stdout is not None
        first = [int(child.stdout.readline()) for _ in range(chance.randint(20, 300))]
        child.kill()
        rest = child.stdout.read()
        child.wait()
        whole = rest[: rest.rfind("\n") + 1]  # the last line may have been cut
        acknowledged += [*first, *map(int, whole.split())]
        sequences = [one.sequence for one in kept(tmp_path)]
        assert len(sequences) == len(set(sequences))
        assert set(acknowledged) <= set(sequences)
        assert_charted_once(tmp_path)


def test_a_broker_and_a_hub_that_is_killed_lose_and_double_nothing(tmp_path: Path) -> None:
    count, chance = 2000, random.Random(5)
    now = datetime.now(UTC).isoformat()

    def message(number: int) -> tuple[str, bytes]:
        value = round(8.0 + chance.gauss(0, 0.3), 3)
        return "board/moisture", msgspec.json.encode({"value": value, "time": now, "sequence": number})

    with mosquitto(tmp_path / "broker", "max_queued_messages 0") as broker:
        child = start(tmp_path / "data", str(broker.port))
        deadline = time.monotonic() + 60
        while "SUBSCRIBE" not in broker.log.read_text():  # from here on the broker keeps messages for it
            assert time.monotonic() < deadline
            time.sleep(0.02)

        async def send() -> None:
            for first in range(0, count, 100):
                await publish(broker.port, map(message, range(first, first + 100)))

        async def kill_now_and_then() -> None:
            nonlocal child
            for _ in range(3):
                await asyncio.sleep(chance.uniform(0.3, 0.9))
                child.kill()
                await asyncio.to_thread(child.wait)
                child = start(tmp_path / "data", str(broker.port))

        async def both() -> None:
            await asyncio.gather(send(), kill_now_and_then())

        asyncio.run(both())
        while len(kept(tmp_path / "data")) < count:
            assert time.monotonic() < deadline + 30, len(kept(tmp_path / "data"))
            time.sleep(0.05)
        time.sleep(0.3)  # what would be doubled comes now
        child.kill()
        child.wait()
    assert sorted(one.sequence for one in kept(tmp_path / "data")) == list(range(count))
    assert_charted_once(tmp_path / "data")
