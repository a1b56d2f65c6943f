"""The made-up factory as one process: it pushes its cameras and sends its readings to any hub."""

import logging
import threading
import time
from collections.abc import Callable, Sequence
from typing import Final

import cv2

from quality_creator.config import AnyGauge, Config, HttpGauge, MqttGauge, RtmpCamera
from quality_creator.demo import inspection
from quality_creator.demo.cameras import Camera, Scene
from quality_creator.demo.delivery import Posts, Publications
from quality_creator.demo.edge_banding import EdgeBanding
from quality_creator.demo.floor import PAUSE, Floor
from quality_creator.demo.laboratory import Laboratory
from quality_creator.demo.outbox import Outbox, counter, reading
from quality_creator.demo.plant import CHANNELS, Sample, Tally
from quality_creator.demo.tap_bench import TapBench
from quality_creator.model.clock import Micros
from quality_creator.model.errors import BadInput
from quality_creator.model.ids import SourceId

log = logging.getLogger(__name__)

SCENES: Final[dict[SourceId, type[Scene]]] = {
    SourceId("edge-banding"): EdgeBanding,
    SourceId("tap-bench"): TapBench,
    SourceId("laboratory"): Laboratory,
}
"""What a camera of this id in the configuration sees."""

_BEAT_S = 0.01
"""How often the factory runs on while no camera asks it: a reading leaves at most so late."""

_PARTING_S = 2.0


def simulate(
    config: Config, host: str, *, seed: int, stop: threading.Event, with_barcode: bool = False
) -> None:
    """Run the factory until told to stop.

    Args:
        config: The hub's; its cameras that push and its gauges say which keys and tokens to use.
        host: Where the hub is.

    Raises:
        BadInput: the configuration has no camera and no gauge of this factory.
    """
    cv2.setNumThreads(1)
    outboxes = [(gauge, Outbox()) for gauge in _gauges(config)]
    cameras = [camera for camera in config.cameras if isinstance(camera, RtmpCamera) and camera.id in SCENES]
    if not outboxes and not cameras:
        raise BadInput(
            f"no camera of the configuration is called {', '.join(SCENES)}, "
            f"and no gauge has a tag such as {CHANNELS[0].tag}"
        )
    began = said = _now()
    boxes = [(_tags(gauge), box) for gauge, box in outboxes]
    floor = Floor(seed, began, _dispatcher(boxes))
    jobs = [_delivery(gauge, box, config, host) for gauge, box in outboxes]
    rtmp = f"rtmp://{host}:{config.rtmp.port}/live"
    for one in cameras:
        jobs.append(_camera(SCENES[one.id], floor, f"{rtmp}/{one.key}", with_barcode))
    threads = [threading.Thread(target=job, args=(stop,), daemon=True) for job in jobs]
    for thread in threads:
        thread.start()
    while not stop.wait(_BEAT_S):
        now = _now()
        floor.at(now)
        if not 0 <= now - said <= PAUSE:  # the machine slept, or its clock was set: nothing is made up
            said = now
        for _, message in inspection.messages(seed, began, said, now):
            for tags, box in boxes:
                if message.tag in tags:
                    box.put([message])
        said = now
    # A camera whose peer takes nothing more hangs in its socket; it ends with the process.
    deadline = time.monotonic() + _PARTING_S
    for thread in threads:
        thread.join(timeout=max(deadline - time.monotonic(), 0.0))


def _now() -> Micros:
    return Micros(time.time_ns() // 1000)


def _camera(
    scene: Callable[[], Scene], floor: Floor, url: str, with_barcode: bool
) -> Callable[[threading.Event], None]:
    def run(stop: threading.Event) -> None:
        Camera(scene(), floor, url, with_barcode=with_barcode).run(stop)

    return run


def _delivery(
    gauge: HttpGauge | MqttGauge, box: Outbox, config: Config, host: str
) -> Callable[[threading.Event], None]:
    match gauge:
        case HttpGauge():
            return Posts(f"http://{host}:{config.hub.port}", gauge.token, box).run
        case MqttGauge():
            return Publications(gauge, gauge.host, box).run


def _gauges(config: Config) -> list[HttpGauge | MqttGauge]:
    """The gauges that have a tag of this factory."""
    ours = {channel.tag for channel in CHANNELS}
    return [
        gauge for gauge in config.gauges if isinstance(gauge, HttpGauge | MqttGauge) and _tags(gauge) & ours
    ]


def _tags(gauge: AnyGauge) -> set[str]:
    readings = {tag.tag for tag in gauge.tags} | {tag.tag for tag in gauge.counters}
    return readings | {tag.tag for tag in gauge.states} | {tag.tag for tag in gauge.traces}


def _dispatcher(
    boxes: Sequence[tuple[set[str], Outbox]],
) -> Callable[[tuple[Sample, ...], tuple[Tally, ...]], None]:
    """Puts what is made into the box of the gauge that sends it."""

    def made(samples: tuple[Sample, ...], tallies: tuple[Tally, ...]) -> None:
        for tags, box in boxes:
            box.put(
                [
                    *(reading(sample) for sample in samples if sample.channel.tag in tags),
                    *(counter(tally) for tally in tallies if tally.counter.tag in tags),
                ]
            )

    return made
