"""The guests' process: a thousand packets a second, with an interpreter of its own.

In the worker each of their many small steps would wait for the lock that decoding and mixing want too, and
the sum of those waits is longer than the time between two packets.
"""

import argparse
import asyncio
import os
import signal
import threading
from collections.abc import Iterator, Sequence

from quality_creator.media.parent import die_with_parent
from quality_creator.media.webrtc import words
from quality_creator.media.webrtc.network import Loop
from quality_creator.media.webrtc.pipe import Mouth, heard
from quality_creator.media.webrtc.room import Room
from quality_creator.model.errors import BadPayload


def main(argv: Sequence[str] | None = None) -> None:
    """Run the room on two pipes that the worker gave us, until it closes them. Raises BadPayload."""
    parser = argparse.ArgumentParser(prog="quality-creator guests", description=__doc__)
    parser.add_argument("--up", type=int, required=True, help="descriptor on which news go to the worker")
    parser.add_argument("--down", type=int, required=True, help="descriptor on which its orders come")
    options = parser.parse_args(argv)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the hub's to answer
    die_with_parent()  # the worker starts us from a thread that lives as long as itself
    messages = heard(os.fdopen(options.down, "rb"))
    begin = words.down(next(messages))
    if not isinstance(begin, words.Begin):
        raise BadPayload(f"the worker's first message is {type(begin).__name__}, not Begin")
    loop = Loop(begin.options.ports)
    asyncio.set_event_loop(loop)
    room = Room(begin.options, Mouth(options.up).say)
    threading.Thread(target=_listen, args=(messages, loop, room), name="listen", daemon=True).start()
    loop.run_until_complete(room.watch())


def _listen(messages: Iterator[bytes], loop: Loop, room: Room) -> None:
    try:
        for body in messages:
            loop.call_soon_threadsafe(room.hear, words.down(body))
    finally:
        os._exit(0)  # the worker is gone: nobody takes what guests send, nor sends anything


if __name__ == "__main__":
    main()
