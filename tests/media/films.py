"""Films for file cameras: ordinary and odd ones, made by the libraries' own encoders."""

import subprocess
from collections.abc import Iterator
from fractions import Fraction
from pathlib import Path

import av
import numpy as np

RATE = 48_000


def ffmpeg(target: Path, inputs: str, options: str = "") -> Path:
    """A film by the ffmpeg command; `inputs` is a list of `-f lavfi -i ...` and the like."""
    command = f"ffmpeg -hide_banner -loglevel error -y {inputs} -c:v libx264 -preset ultrafast {options}"
    subprocess.run([*command.split(), str(target)], check=True, timeout=60)
    return target


def pulses(target: Path, *, seconds: int = 4, rate: int = 25) -> Path:
    """A dark and silent film that flashes and beeps for 80 ms at the same instant, once a second."""

    def bright(second: float) -> bool:
        return 0.4 <= (second + 1e-6) % 1 < 0.48

    with av.open(str(target), "w") as container:
        picture = container.add_stream("libx264", rate=rate, options={"preset": "ultrafast", "g": "10"})
        picture.width, picture.height, picture.pix_fmt = 320, 180, "yuv420p"
        sound = container.add_stream("aac", rate=RATE, layout="mono")
        for number in range(seconds * rate):
            luma = 220 if bright(number / rate) else 30
            plane = np.full((270, 320), 128, np.uint8)
            plane[:180] = luma
            frame = av.VideoFrame.from_ndarray(plane, "yuv420p")
            frame.pts, frame.time_base = number, Fraction(1, rate)
            container.mux(picture.encode(frame))
        for at in range(0, seconds * RATE, 1024):
            times = np.arange(at, at + 1024)
            loud = np.array([bright(t) for t in times / RATE])
            wave = (0.5 * np.sin(2 * np.pi * 1000 / RATE * times) * loud).astype(np.float32)
            block = av.AudioFrame.from_ndarray(wave[None], "fltp", "mono")
            block.sample_rate, block.pts, block.time_base = RATE, at, Fraction(1, RATE)
            container.mux(sound.encode(block))
        container.mux(picture.encode())
        container.mux(sound.encode())
    return target


def onsets(levels: Iterator[float], threshold: float) -> list[int]:
    """Where levels rise above a threshold."""
    found, before = [], True
    for index, level in enumerate(levels):
        now = level > threshold
        if now and not before:
            found.append(index)
        before = now
    return found
