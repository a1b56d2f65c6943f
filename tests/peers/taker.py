"""A child process that takes readings in until it is killed: `python -m tests.peers.taker FOLDER [PORT]`.

With the port of a broker it takes what comes on `board/moisture`, as a hub does. Without one it makes
readings itself, several senders at once, and writes the sequences that were acknowledged to its
standard output, a line each. With `--panels` in
the place of the port one sender makes panels whose characteristics are judged together.
"""

import asyncio
import itertools
import sys
from datetime import UTC, datetime
from pathlib import Path

from quality_creator.actions.ingest import Ingest
from quality_creator.factory.connectors import connectors
from quality_creator.factory.intake import Batch
from quality_creator.model.clock import micros
from quality_creator.model.ids import CharacteristicId, GaugeId
from quality_creator.model.reading import Measurement
from quality_creator.store.database import open_folder
from tests.actions.floor import FLOOR, config
from tests.peers.mqtt import PASSWORD, USERNAME

MQTT = """
[[gauges]]
kind = "mqtt"
id = "press"
host = "127.0.0.1"
port = {port}
username = "{username}"
password = "{password}"
client_id = "taker"
tags = [{{ tag = "board/moisture", characteristic = "moisture" }}]
"""


async def take_from_broker(folder: Path, port: int) -> None:
    """As a hub does."""
    one = config(FLOOR + MQTT.format(port=port, username=USERNAME, password=PASSWORD))
    ingest = await Ingest.open(await open_folder(folder), one)
    [connector] = connectors(one, lambda: datetime.now(UTC))
    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ingest.run())
        tasks.create_task(connector.run(ingest.take))


async def take_own(folder: Path) -> None:
    """Several senders, each of which goes on when its batch was acknowledged."""
    ingest = await Ingest.open(await open_folder(folder), config())
    start = micros(datetime.now(UTC))
    numbers = itertools.count(start)

    async def send() -> None:
        while True:
            sequences = [next(numbers) for _ in range(7)]
            measurements = [
                Measurement(
                    characteristic=CharacteristicId("moisture"),
                    value=8.0 + n % 10 / 10,
                    time=micros(datetime.now(UTC)),
                    gauge=GaugeId("press"),
                    sequence=n,
                )
                for n in sequences
            ]
            await ingest.take(Batch(GaugeId("press"), measurements, range(len(measurements))))
            print(*sequences, sep="\n", flush=True)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ingest.run())
        for _ in range(8):
            tasks.create_task(send())


async def take_panels(folder: Path) -> None:
    """Panels, a few at a time, going on behind what is kept."""
    from tests.actions.panels import arrivals
    from tests.actions.test_joint_live import batches, floor_of

    ingest = await Ingest.open(await open_folder(folder), floor_of("t2"))

    async def send() -> None:
        for one in batches(arrivals(5_000)):
            await ingest.take(one)
            print(len(one.measurements), flush=True)

    async with asyncio.TaskGroup() as tasks:
        tasks.create_task(ingest.run())
        tasks.create_task(send())


if __name__ == "__main__":
    if sys.argv[2:] == ["--panels"]:
        asyncio.run(take_panels(Path(sys.argv[1])))
    elif len(sys.argv) > 2:
        asyncio.run(take_from_broker(Path(sys.argv[1]), int(sys.argv[2])))
    else:
        asyncio.run(take_own(Path(sys.argv[1])))
