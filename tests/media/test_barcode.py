"""The strip through what a camera's picture goes through on its way to a viewer."""

import base64
import json
from fractions import Fraction
from pathlib import Path

import av
import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality_creator.media import barcode
from quality_creator.media.barcode import Image, Strip

DATA = Path(__file__).parents[1] / "data"

numbers = st.integers(0, 2**64 - 1)


def luma(frame: av.VideoFrame) -> Image:
    """A writable view of a frame's luma plane."""
    plane = frame.planes[0]
    return np.frombuffer(plane, np.uint8).reshape(-1, plane.line_size)[: plane.height, : plane.width]


def filmed(width: int, height: int, noise: float, values: list[int]) -> list[av.VideoFrame]:
    """Frames of a moving, grainy pattern that is hard to encode, each with its number."""
    rng = np.random.default_rng(7)
    pattern = rng.integers(0, 255, (height // 8, width // 8)).repeat(8, 0).repeat(8, 1)
    frames = []
    for index, value in enumerate(values):
        frame = av.VideoFrame(width, height, "yuv420p")
        for chroma in frame.planes[1:]:
            np.frombuffer(chroma, np.uint8)[:] = 128
        grain = rng.normal(0, noise, (height, width))
        luma(frame)[:] = np.clip(np.roll(pattern, 5 * index, axis=1) + grain, 0, 255)
        barcode.draw(luma(frame), value)
        frame.pts = index
        frames.append(frame)
    return frames


def through_x264(frames: list[av.VideoFrame], bitrate: int) -> list[av.VideoFrame]:
    """Encode as the programme is encoded, and decode again."""
    encoder = av.CodecContext.create("libx264", "w")
    encoder.width, encoder.height, encoder.pix_fmt = frames[0].width, frames[0].height, "yuv420p"
    encoder.time_base, encoder.framerate = Fraction(1, 25), Fraction(25)
    encoder.bit_rate, encoder.thread_count = bitrate, 1
    rate = f"vbv-maxrate={bitrate // 1000}:vbv-bufsize={bitrate // 1000}"
    encoder.options = {
        "preset": "superfast",
        "tune": "zerolatency",
        "x264-params": f"keyint=48:scenecut=0:sliced-threads=0:{rate}",
    }
    decoder = av.CodecContext.create("h264", "r")
    packets = [packet for frame in [*frames, None] for packet in encoder.encode(frame)]
    return [
        picture
        for packet in [*packets, None]
        for picture in decoder.decode(packet and av.Packet(bytes(packet)))
    ]


def in_a_corner(frame: av.VideoFrame) -> av.VideoFrame:
    """A picture of the same size with the frame at half size at its right, as in a scene."""
    small = luma(frame.reformat(frame.width // 2, frame.height // 2))
    scene = av.VideoFrame(frame.width, frame.height, "yuv420p")
    for plane in scene.planes:
        np.frombuffer(plane, np.uint8)[:] = 128
    luma(scene)[frame.height // 4 :, frame.width // 2 :][: small.shape[0]] = small
    scene.pts = frame.pts
    return scene


@pytest.mark.parametrize(
    ("width", "height", "bitrate", "noise"),
    [(640, 360, 3_000_000, 60), (640, 360, 300_000, 20), (1280, 720, 3_000_000, 60)],
)
def test_every_number_survives_the_camera_the_scene_and_the_programme(
    width: int, height: int, bitrate: int, noise: float
) -> None:
    rng = np.random.default_rng(1)
    values = [int(value) for value in rng.integers(0, 2**64 - 1, 20, np.uint64)]
    from_camera = through_x264(filmed(width, height, noise, values), bitrate)
    assert [barcode.read(luma(frame)) for frame in from_camera] == values

    on_air = through_x264([in_a_corner(frame) for frame in from_camera], bitrate)
    strip = Strip.of(width, height).through((width, height), (width / 2, height / 4, width / 2, height / 2))
    assert [barcode.read(luma(frame), strip) for frame in on_air] == values
    assert [barcode.read(frame.to_ndarray(format="rgb24"), strip) for frame in on_air] == values

    # The small rendition: half of the half.
    small = [luma(frame.reformat(width // 2, height // 2)) for frame in on_air]
    assert [barcode.read(plane, strip.through((2, 2), (0, 0, 1, 1))) for plane in small] == values


@given(numbers, st.integers(160, 700), st.integers(90, 400))
def test_what_is_drawn_is_read(number: int, width: int, height: int) -> None:
    plane = np.full((height, width), 90, np.uint8)
    barcode.draw(plane, number)
    assert barcode.read(plane) == number


@given(numbers, st.floats(-1.9, 1.9), st.floats(-0.9, 0.9))
def test_a_strip_that_is_a_little_aside_is_read_all_the_same(number: int, aside: float, down: float) -> None:
    plane = np.full((180, 320), 90, np.uint8)
    barcode.draw(plane, number, Strip(40, 40, 160, 16))
    assert barcode.read(plane, Strip(40 + aside, 40 + down, 160, 16)) == number


@given(numbers, st.sets(st.integers(0, 71), min_size=1, max_size=3))
def test_up_to_three_wrong_cells_give_nothing_rather_than_another_number(
    number: int, wrong: set[int]
) -> None:
    strip = Strip(0, 0, 160, 16)
    plane = np.zeros((16, 160), np.uint8)
    barcode.draw(plane, number, strip)
    for bit in wrong:
        row, column = divmod(bit, 18)
        cell = plane[row * 4 : row * 4 + 4, column * 8 + 8 : column * 8 + 16]
        cell[:] = barcode.BLACK + barcode.WHITE - cell
    assert barcode.read(plane, strip) is None


@given(numbers, numbers, st.floats(0.35, 0.65))
def test_a_dissolve_between_two_numbers_gives_one_of_them_or_nothing(
    first: int, second: int, mix: float
) -> None:
    planes = [np.zeros((16, 160), np.uint8) for _ in range(2)]
    for plane, number in zip(planes, (first, second), strict=True):
        barcode.draw(plane, number, Strip(0, 0, 160, 16))
    blend = (planes[0] * mix + planes[1] * (1 - mix)).astype(np.uint8)
    assert barcode.read(blend, Strip(0, 0, 160, 16)) in {None, first, second}


def test_pictures_without_a_strip_give_nothing() -> None:
    rng = np.random.default_rng(3)
    noise = [rng.integers(0, 255, (16, 160), np.uint8) for _ in range(500)]
    cells = [rng.choice(np.array([16, 235], np.uint8), (4, 20)).repeat(4, 0).repeat(8, 1) for _ in range(500)]
    flat = [np.full((16, 160), level, np.uint8) for level in (0, 128, 255)]
    found = [barcode.read(plane, Strip(0, 0, 160, 16)) for plane in [*noise, *cells, *flat]]
    assert found == [None] * len(found)


def test_a_strip_outside_of_the_picture_gives_nothing() -> None:
    plane = np.zeros((90, 160), np.uint8)
    assert barcode.read(plane, Strip(10, 80, 160, 16)) is None
    assert barcode.read(plane, Strip(-20, 0, 160, 16)) is None


def test_what_cannot_be_drawn_is_refused() -> None:
    plane = np.zeros((90, 160), np.uint8)
    with pytest.raises(ValueError, match="not a number of 64 bits"):
        barcode.draw(plane, 1 << 64)
    with pytest.raises(ValueError, match="does not lie in a picture of 160x90"):
        barcode.draw(plane, 1, Strip(1, 0, 160, 16))
    with pytest.raises(ValueError, match="150x90 is too small"):
        barcode.draw(plane[:, :150], 1)


def test_the_recorded_strips_that_the_browsers_reader_is_held_to_are_read() -> None:
    """`frontend/src/barcode.test.ts` reads the same file."""
    recorded = json.loads((DATA / "barcode/strips.json").read_text())
    found = []
    for entry in recorded:
        plane = np.frombuffer(base64.b64decode(entry["luma"]), np.uint8)
        found.append(barcode.read(plane.reshape(entry["height"], entry["width"]), Strip(**entry["strip"])))
    assert found == [entry["number"] and int(entry["number"]) for entry in recorded]
