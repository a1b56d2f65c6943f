"""The worker's end of the guests' process: starts it, starts it again, and tells it who may come."""

from __future__ import annotations

import os
import subprocess
import sys
import threading
import time
import traceback
from collections.abc import Callable

from quality_creator.config import Webrtc
from quality_creator.media import wire
from quality_creator.media.capture.guest import GuestCapture
from quality_creator.media.webrtc import words
from quality_creator.media.webrtc.pipe import Mouth, heard
from quality_creator.media.webrtc.returns import Encoded, Return, Returns
from quality_creator.model.ids import SourceId

_WAIT_S, _MOST_S, _WELL_S = 0.1, 5.0, 30.0
"""Before a process that died is replaced: at first, at most, and the life after which it is as at first."""

_OVER = "the guests' process ended; another one is starting, try again"


class Lobby:
    """Everything may be called from any thread, and nothing blocks.

    When the process dies, its guests' connections are over, which their pages notice by themselves.
    """

    def __init__(self, options: Webrtc, returns: Returns, send: Callable[[wire.Up], None]) -> None:
        """Start the process in a thread that stays with it.

        Args:
            options: How guests reach us.
            returns: Encodes what guests get.
            send: Says something to the hub.
        """
        self._options = options
        self._returns = returns
        self._send = send
        self._lock = threading.RLock()
        self._mouth: Mouth | None = None
        self._captures: dict[SourceId, GuestCapture] = {}
        self._program: frozenset[SourceId] = frozenset()
        self._senders: dict[str, GuestCapture] = {}
        self._receivers: set[str] = set()
        self._seated: set[SourceId] = set()
        self._asked: set[int] = set()
        threading.Thread(target=self._run, name="guests", daemon=True).start()

    def admit(self, guest: SourceId, capture: GuestCapture) -> None:
        """Somebody may come from now on."""
        with self._lock:
            self._captures[guest] = capture
            self._say(words.Admit(guest=guest))

    def dismiss(self, guest: SourceId) -> None:
        """Somebody may not come any more; who is there is let go."""
        with self._lock:
            self._captures.pop(guest, None)
            self._say(words.Dismiss(guest=guest))

    def order(self, order: words.Order) -> None:
        """Do what the hub asks."""
        with self._lock:
            if not isinstance(order, wire.Hangup):
                if self._mouth is None:
                    self._send(wire.Answer(number=order.number, refusal=_OVER))
                    return
                self._asked.add(order.number)
            self._say(order)

    def on_program(self, guests: frozenset[SourceId]) -> None:
        """Who is in the picture now: they may send a large one."""
        if guests != self._program:
            with self._lock:
                self._program = guests
                self._say(words.OnProgram(guests=tuple(guests)))

    def spoiled(self, connection: str) -> None:
        """Pictures of a connection can't be decoded without one that stands for itself."""
        with self._lock:
            self._say(words.Spoiled(connection=connection))

    def _say(self, message: words.Down) -> None:
        if self._mouth is not None:
            self._mouth.say(message)

    # --- the process -------------------------------------------------------------------------------------

    def _run(self) -> None:
        wait = _WAIT_S
        while True:
            began = time.monotonic()
            try:
                self._live()
            except Exception:  # noqa: BLE001 - whatever it is, guests must be able to come again
                traceback.print_exc()
            wait = _WAIT_S if time.monotonic() - began > _WELL_S else min(2 * wait, _MOST_S)
            self._send(wire.Note(words="the guests' process ended; guests come back by themselves"))
            time.sleep(wait)

    def _live(self) -> None:
        """One process from its start to its end."""
        up_read, up_write = os.pipe()
        down_read, down_write = os.pipe()
        command = (sys.executable, "-m", "quality_creator.media.webrtc")
        try:
            child = subprocess.Popen(
                [*command, "--up", str(up_write), "--down", str(down_read)],
                stdin=subprocess.DEVNULL,
                pass_fds=(up_write, down_read),
            )
        except OSError:
            os.close(up_read)
            os.close(down_write)
            raise
        finally:
            os.close(up_write)
            os.close(down_read)
        self._greet(Mouth(down_write))
        try:
            with os.fdopen(up_read, "rb") as pipe:
                for body in heard(pipe):
                    self._hear(words.up(body))
        finally:
            child.kill()
            child.wait()
            self._part()

    def _greet(self, mouth: Mouth) -> None:
        with self._lock:
            self._mouth = mouth
            mouth.say(words.Begin(options=self._options))
            for guest in self._captures:
                mouth.say(words.Admit(guest=guest))
            mouth.say(words.OnProgram(guests=tuple(self._program)))

    def _part(self) -> None:
        """Nobody is there any more."""
        with self._lock:
            assert self._mouth is not None
            self._mouth.close()
            self._mouth = None
            for connection, capture in self._senders.items():
                capture.tell(words.Gone(connection=connection, words=words.LOST))
            for connection in self._receivers:
                self._returns.remove(connection)
            for guest in self._seated:
                self._send(wire.Seat(guest=guest))
            for number in self._asked:
                self._send(wire.Answer(number=number, refusal=_OVER))
            for left in (self._senders, self._receivers, self._seated, self._asked):
                left.clear()

    def _hear(self, message: words.Up) -> None:
        match message:
            case words.Arrived() | words.Reported():
                capture = self._senders.get(message.connection)
                if capture is not None:
                    capture.tell(message)
            case words.Began():
                self._began(message)
            case words.Gone():
                with self._lock:
                    capture = self._senders.pop(message.connection, None)
                if capture is not None:
                    capture.tell(message)
            case words.Listens():
                with self._lock:
                    self._receivers.add(message.connection)
                    self._returns.add(message.connection, self._return(message))
            case words.Left():
                with self._lock:
                    self._receivers.discard(message.connection)
                    self._returns.remove(message.connection)
            case words.Refresh():
                self._returns.refresh(message.codec)
            case wire.Answer():
                with self._lock:
                    self._asked.discard(message.number)
                self._send(message)
            case wire.Seat():
                with self._lock:
                    self._seated.add(message.guest)
                self._send(message)

    def _began(self, message: words.Began) -> None:
        with self._lock:
            capture = self._captures.get(message.guest)
            if capture is not None:
                self._senders[message.connection] = capture
                capture.tell(message)

    def _return(self, listens: words.Listens) -> Return:
        with self._lock:
            mouth = self._mouth
        assert mouth is not None

        def deliver(picture: Encoded | None, sound: Encoded | None) -> None:
            packet = picture or sound
            assert packet is not None
            assert packet.pts is not None
            mouth.say(
                words.Deliver(
                    connection=listens.connection,
                    kind="audio" if picture is None else "video",
                    data=bytes(packet),
                    at=packet.pts,
                    rate=round(1 / packet.time_base),
                )
            )

        return Return(listens.guest, listens.codec, deliver)
