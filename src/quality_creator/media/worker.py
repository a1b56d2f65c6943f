"""The media worker: cameras in, parts out, in a process of its own that the hub starts and judges.

It mixes on the monotonic clock: tick by tick it takes what the sources have and never waits for one. Time
that passed before it came on air is caught up faster than it runs, so that the stream has no hole. It has
no key and no database; it leaves when the hub does.
"""

import argparse
import contextlib
import os
import signal
import sys
from collections.abc import Sequence
from pathlib import Path

from quality_creator.media.parent import die_with_parent

_NICE = -15


def main(argv: Sequence[str] | None = None) -> int:
    """Run a worker on two pipes that the hub gave us."""
    parser = argparse.ArgumentParser(prog="quality-creator media worker", description=__doc__)
    parser.add_argument("--up", type=int, required=True, help="descriptor on which parts go to the hub")
    parser.add_argument("--down", type=int, required=True, help="descriptor on which the hub's settings come")
    parser.add_argument("--spare", action="store_true", help="wait without haste: nothing is on air by it")
    options = parser.parse_args(argv)
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # the terminal's Ctrl-C is the hub's to answer
    die_with_parent()
    if not options.spare:
        # First of all: on a busy machine loading the libraries is most of a restart.
        _hurry()
    import av

    from quality_creator.media.broadcast import Broadcast
    from quality_creator.media.pipes import Inbox, Outbox

    # Errors keep the libraries' words; nothing below them is wanted.
    av.logging.set_level(av.logging.ERROR)
    inbox = Inbox(options.down)
    try:
        start = inbox.start()
    except EOFError:
        return 0  # it was not needed
    if options.spare:
        _hurry()
    Broadcast(start, inbox, Outbox(options.up)).run()
    return 0


def _hurry() -> None:
    """Go before other programs where that is allowed: a late picture is lost, a late page is not."""
    with contextlib.suppress(OSError):
        # Linux with autogroups weighs sessions against each other, and niceness only within one.
        os.setsid()
        Path("/proc/self/autogroup").write_text(str(_NICE), encoding="ascii")
    with contextlib.suppress(OSError):
        os.nice(_NICE)


if __name__ == "__main__":
    sys.exit(main())
