"""What a target of the programme costs the hub: processor time for each second that goes out.

Parts of a 720p rendition's size go through remux, chunks and a socket to FFmpeg, which listens in a process
of its own; what is counted is this process.
"""

import asyncio
import os
import tempfile
import time
from pathlib import Path

from bench.row import Row
from quality_creator.media import cmaf
from quality_creator.media.encode import Encoder
from quality_creator.media.restream import Address, Restream, verifying
from quality_creator.media.rtmp.remux import Piece
from quality_creator.model.clock import MediaTime, Micros
from quality_creator.model.stream import PART_AUDIO_FRAMES, PART_FRAMES, PART_TICKS, RENDITIONS, SEGMENT_PARTS
from tests.peers.receiver import Receiver

PARTS = 30 * SEGMENT_PARTS
TARGETS = 4


def run() -> list[Row]:
    """Measure with none and with several targets; the difference is theirs."""
    pieces = programme()
    idle, busy = asyncio.run(cpu(pieces, 0)), asyncio.run(cpu(pieces, TARGETS))
    seconds = PARTS * PART_TICKS / 90_000
    return [
        Row(
            name="restreaming at 3.1 Mb/s, processor of the hub for each target",
            value=(busy - idle) / TARGETS / seconds * 1e3,
            unit="ms/s",
        )
    ]


def programme() -> list[Piece]:
    """Parts whose pictures are noise of the right size."""
    one = RENDITIONS[0]
    init = Encoder((one,), msn=0, part=0, position=MediaTime(0)).inits()[one.name][0]
    pieces = []
    for number in range(PARTS):
        starts = number % SEGMENT_PARTS == 0
        pictures = []
        for at in range(PART_FRAMES):
            unit = (b"\x65" if starts and at == 0 else b"\x41") + os.urandom(one.video_bitrate // 8 // 25)
            pictures.append(len(unit).to_bytes(4, "big") + unit)
        data = cmaf.part(
            sequence=number,
            position=MediaTime(number * PART_TICKS),
            pictures=pictures,
            sound=[os.urandom(one.audio_bitrate // 8 * 1024 // 48_000) for _ in range(PART_AUDIO_FRAMES)],
            starts_segment=starts,
        )
        pieces.append(Piece(init, data, starts))
    return pieces


async def cpu(pieces: list[Piece], count: int) -> float:
    """Processor seconds of handing all pieces to so many targets."""
    with tempfile.TemporaryDirectory() as folder:
        receivers = [Receiver(Path(folder) / f"{number}.flv") for number in range(count)]
        targets = [
            Restream(
                f"target {number}",
                Address.read(f"rtmp://127.0.0.1:{receiver.port}/live"),
                "KEY",
                rendition="720p",
                tls=verifying(None),
                utc=lambda: Micros(time.time_ns() // 1000),
            )
            for number, receiver in enumerate(receivers)
        ]
        tasks = [asyncio.create_task(one.run()) for one in targets]
        while any(one.health().condition != "live" for one in targets):  # noqa: ASYNC110 - it is only measured
            await asyncio.sleep(0.01)
        began = time.process_time()
        for piece in pieces:
            for one in targets:
                one.feed(piece)
            await asyncio.sleep(0.05)
        used = time.process_time() - began
        assert all(one.health().dropped == 0 for one in targets), "a target was too slow for this"
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        for receiver in receivers:
            receiver.kill()
    return used
