"""What cameras cost: the media worker's CPU with three and with eight, and how soon a picture is there.

The cameras are films of 720p25 in H.264 with AAC, which cost what a camera's stream costs to decode; all of
them are decoded all the time, three are in the picture. The CPU is the worker's own count of its process:
decode, scale, mix, two encodings, packaging.
"""

import io
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import av

from bench.row import Row
from quality_creator.config import FileCamera
from quality_creator.media import wire
from quality_creator.model.ids import SourceId
from tests.media.broadcast import broadcast, name, scene, start
from tests.peers.hub import CAMERA, running_hub

WARM_S, MEASURED_S = 5.0, 15.0
KNOWN = {3: 0.56, 8: 0.96}
"""CPU-seconds a second of the trial that the design rests on."""

LEAST_S = 3.0
"""The aim from the command to the first picture."""


def run() -> list[Row]:
    """Worker with three and with eight cameras, then a hub from its command to a picture."""
    with tempfile.TemporaryDirectory() as folder:
        path = film(Path(folder) / "film.mp4")
        rows = [row for cameras in (3, 8) for row in _cpu(path, cameras)]
        rows.append(_worker_start(path))
        rows.append(_hub_start(Path(folder) / "hub"))
    return rows


def film(target: Path) -> Path:
    """Ten seconds with motion and grain, at the rate of a usual camera."""
    command = (
        "ffmpeg -hide_banner -loglevel error -f lavfi -i testsrc2=size=1280x720:rate=25,noise=alls=6:allf=t"
        " -f lavfi -i sine=frequency=440:sample_rate=48000 -t 10"
        " -c:v libx264 -preset veryfast -pix_fmt yuv420p -b:v 3M -maxrate 3M -bufsize 3M -bf 0 -g 50"
        " -c:a aac -b:a 128k"
    )
    subprocess.run([*command.split(), str(target)], check=True, timeout=120)
    return target


def _cameras(film: Path, count: int) -> list[FileCamera]:
    return [
        FileCamera(id=SourceId(f"camera-{n}"), name=name(f"Camera {n}"), path=str(film)) for n in range(count)
    ]


def _cpu(film: Path, count: int) -> list[Row]:
    shown = scene("three-up", "camera-0", "camera-1", "camera-2")
    with broadcast(start(_cameras(film, count), shown)) as running:
        running.wait(lambda: running.parts, 30)
        time.sleep(WARM_S + MEASURED_S)
        parts = running.parts
    measured = parts[-round(MEASURED_S / 0.32) :]
    first, last = measured[0], measured[-1]
    used = (last.cpu_s - first.cpu_s) / ((last.utc - first.utc) / 1e6)
    late = [part.late_ms for part in measured]
    return [
        Row(
            name=f"media worker, {count} cameras",
            value=used,
            unit="CPU-s/s",
            ratio=used / KNOWN[count],
            against=f"a trial's {KNOWN[count]}",
            note="decode, mix, 720p25 and 360p25",
        ),
        Row(
            name=f"worst tick of a part, {count} cameras",
            value=statistics.quantiles(late, n=20)[-1],
            unit="ms late, p95",
            note=f"median {statistics.median(late):.1f} ms; a tick is 40 ms",
        ),
    ]


def _worker_start(film: Path) -> Row:
    began = time.monotonic()
    with broadcast(start(_cameras(film, 3))) as running:
        running.wait(lambda: running.parts, 30)
        _decode(running.file())
        took = time.monotonic() - began
        init = next(at for at, message in running.messages if isinstance(message, wire.Init))
    return Row(
        name="media worker, from its command to a decoded picture",
        value=took,
        unit="s",
        note=f"of which {init - began:.2f} s until its encoders stood",
    )


def _hub_start(folder: Path) -> Row:
    began = time.monotonic()
    with running_hub(folder, CAMERA.format(id="cam")) as hub:
        hub.on_air()
        while "EXT-X-PART:" not in (playlist := _playlist(hub.client.get("/live/visit/720p/index.m3u8"))):
            if time.monotonic() - began > 60:
                return Row(
                    name="from the hub's command to a decoded picture", value=None, unit="s", note="none came"
                )
            time.sleep(0.02)
        pieces = [line.split('URI="')[1].split('"')[0] for line in playlist.splitlines() if 'URI="' in line]
        init, part = pieces[0], next(p for p in pieces if p.endswith(".m4s"))
        _decode(b"".join(hub.client.get(f"/live/visit/720p/{piece}").content for piece in (init, part)))
        took = time.monotonic() - began
    return Row(
        name="from the hub's command to a decoded picture",
        value=took,
        unit="s",
        ratio=took / LEAST_S,
        against=f"{LEAST_S:g} s, the aim",
        note="start the hub, plan an episode, put it on air, fetch a part, decode it",
    )


def _playlist(answer: object) -> str:
    return answer.text if getattr(answer, "is_success", False) else ""  # type: ignore[attr-defined]


def _decode(file: bytes) -> None:
    with av.open(io.BytesIO(file), "r") as container:
        next(iter(container.decode(video=0)))
