"""The thread that encodes: parts in order with what belongs to them, and no worker without an encoder."""

import subprocess
import sys

import numpy as np

from quality_creator.media.encode import Encoder
from quality_creator.media.encoding import Done, Encoding, Made
from quality_creator.media.scale import planes_of
from quality_creator.media.sound import TICK
from quality_creator.model.clock import MediaTime
from quality_creator.model.ids import SourceId
from quality_creator.model.stream import PART_TICKS, RENDITIONS

FAULT = """
import time
from quality_creator.media.encoding import Encoding, Made

class Broken:
    def encode(self, sound, sizes):
        raise ValueError("the encoder's own words")

encoding = Encoding(Broken(), print)
encoding.put(Made(None, None, {}, 0.0))
time.sleep(30)
"""


def test_each_part_has_what_was_shown_in_its_pictures_and_the_worst_tick() -> None:
    encoder = Encoder(RENDITIONS[1:], msn=0, part=0, position=MediaTime(0))
    y, _, _ = planes_of(encoder.canvas)
    done: list[Done] = []
    encoding = Encoding(encoder, done.append)
    a, b = SourceId("a"), SourceId("b")
    for number in range(16):
        y[...] = 16 + number  # the canvas is painted on while the picture before it is encoded
        taken = {a: 1000 + number} if number < 12 else {b: 2000 + number}
        encoding.put(Made(encoder.sizes(), np.zeros((2, TICK), np.float32), taken, number / 100))
    encoding.close()
    assert [one.part.start for one in done] == [0, PART_TICKS]
    assert done[0].shown == {a: tuple(range(1000, 1008))}
    assert done[1].shown == {a: (1008, 1009, 1010, 1011, 0, 0, 0, 0), b: (0, 0, 0, 0, 2012, 2013, 2014, 2015)}
    assert [one.late for one in done] == [0.07, 0.15]


def test_a_fault_of_the_encoder_ends_the_process_with_its_words() -> None:
    done = subprocess.run(
        [sys.executable, "-c", FAULT], capture_output=True, text=True, timeout=20, check=False
    )
    assert done.returncode == 1
    assert "the encoder's own words" in done.stderr
