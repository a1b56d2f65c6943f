"""Commands for the demonstration: a made-up factory on air, or the factory alone."""

import logging
import os
import signal
import threading
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter
from cyclopts.validators import Number

from quality_creator.cli import app
from quality_creator.config import load


@app.command
def demo(
    *,
    seconds: Annotated[float | None, Parameter(name="--for", validator=Number(gt=0))] = None,
    port: Annotated[int, Parameter(validator=Number(gte=1, lte=65535))] = 8080,
    data: Path = Path("demo-data"),
    browser: bool = True,
    mqtt: bool = False,
    barcode: bool = False,
) -> None:
    """Put a made-up factory on air and print the address of its page.

    A hub, three cameras and their gauges start as programs of their own and use the same doors as a
    real factory. Brand, pictures and figures are simulated. Episodes that have ended stay as replays.

    Args:
        seconds: End the episode after so many seconds; without it Ctrl-C does.
        port: Where the page is; when it is taken, the next free one.
        data: Folder for everything that is kept; it is made when it is not there.
        browser: Open the page, where there is a screen.
        mqtt: The laboratory publishes through a broker instead of posting; needs mosquitto.
        barcode: Draw each frame's reading into the picture as a bar code.
    """
    from quality_creator.demo.run import Options, run

    run(Options(data=data, port=port, seconds=seconds, browser=browser, mqtt=mqtt, barcode=barcode))


@app.command
def simulate(
    *,
    config: Annotated[Path, Parameter(name=["--config", "-c"])],
    host: str = "127.0.0.1",
    seed: int = 1,
    barcode: bool = False,
    parent: Annotated[int | None, Parameter(show=False)] = None,
) -> None:
    """Run the made-up factory alone: it pushes its cameras and sends its readings to a hub.

    Args:
        config: The hub's configuration, which says what to send and with which keys.
        host: Where the hub is.
        seed: Another number is another day in the factory.
        barcode: Draw each frame's reading into the picture as a bar code.
        parent: Leave when this process, which started us, has left.
    """
    from quality_creator.demo.simulator import simulate as run

    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
    logging.getLogger("httpx").setLevel(logging.WARNING)
    stop = threading.Event()
    for number in (signal.SIGINT, signal.SIGTERM):
        signal.signal(number, lambda *_: stop.set())
    if parent is not None:
        threading.Thread(target=_watch, args=(parent, stop), daemon=True).start()
    run(load(config), host, seed=seed, stop=stop, with_barcode=barcode)


def _watch(parent: int, stop: threading.Event) -> None:
    """A factory without its demonstration would send for ever."""
    while not stop.wait(1.0):
        if os.getppid() != parent:
            stop.set()
