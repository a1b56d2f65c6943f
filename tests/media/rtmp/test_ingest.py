"""The pipe between the network's thread and a camera's."""

import threading
import time
from collections import Counter

from quality_creator.media.rtmp.ingest import Pipe


class Ends:
    """Counts what a pipe calls."""

    def __init__(self) -> None:
        self.room = 0
        self.closed: list[str] = []

    def pipe(self, limit: int = 100) -> Pipe:
        def room() -> None:
            self.room += 1

        return Pipe(limit, on_room=room, on_close=self.closed.append)


def test_reading_gives_what_there_is_and_at_most_what_was_asked_for() -> None:
    pipe = Ends().pipe()
    pipe.write(b"hello")
    pipe.write(b" world")
    assert pipe.read(2) == b"he"
    assert pipe.read(6) == b"llo wo"
    assert pipe.read() == b"rld"
    pipe.finish("the publisher stopped")
    assert (pipe.read(10), pipe.read()) == (b"", b"")


def test_a_full_pipe_says_so_and_calls_once_when_half_of_it_is_free() -> None:
    ends = Ends()
    pipe = ends.pipe(100)
    assert pipe.write(b"x" * 99)
    assert not pipe.write(b"x")
    assert not pipe.write(b"x" * 20)
    pipe.read(69)
    assert ends.room == 0
    assert not pipe.write(b"")
    pipe.read(1)
    assert ends.room == 1
    assert pipe.write(b"x")
    pipe.read()
    assert ends.room == 1


def test_what_was_written_before_the_end_can_be_read_after_it() -> None:
    ends = Ends()
    pipe = ends.pipe()
    pipe.write(b"last words")
    pipe.finish("the publisher stopped")
    pipe.write(b"too late")
    assert (pipe.read(100), pipe.read(100), pipe.ended) == (b"last words", b"", "the publisher stopped")
    pipe.close()
    assert (pipe.ended, ends.closed) == ("the publisher stopped", [])


def test_closing_drops_what_is_left_and_tells_the_writer_once() -> None:
    ends = Ends()
    pipe = ends.pipe()
    pipe.write(b"unread")
    pipe.close("the picture can't be decoded")
    pipe.close("again")
    pipe.finish("later")
    assert (pipe.read(10), pipe.ended) == (b"", "the picture can't be decoded")
    assert ends.closed == ["the picture can't be decoded"]


def test_whoever_waits_for_bytes_is_woken_by_them_and_by_either_end() -> None:
    for wake, expected in [
        (lambda pipe: pipe.write(b"x"), b"x"),
        (lambda pipe: pipe.finish("over"), b""),
        (lambda pipe: pipe.close(), b""),
    ]:
        pipe = Ends().pipe()
        found: list[bytes] = []
        reader = threading.Thread(target=lambda pipe=pipe, found=found: found.append(pipe.read(10)))
        reader.start()
        time.sleep(0.02)
        assert found == []
        wake(pipe)
        reader.join(5)
        assert found == [expected]


def test_a_writer_that_waits_for_room_and_a_slow_reader_lose_nothing() -> None:
    may_write = threading.Event()
    may_write.set()
    pipe = Pipe(5000, on_room=may_write.set, on_close=lambda _: None)
    pieces = [bytes([number % 256]) * (number % 700) for number in range(2000)]

    def write() -> None:
        for piece in pieces:
            may_write.wait(10)
            may_write.clear()
            if pipe.write(piece):
                may_write.set()
        pipe.finish("done")

    writer = threading.Thread(target=write)
    writer.start()
    read = bytearray()
    while data := pipe.read(321):
        read += data
    writer.join(10)
    assert Counter(read) == Counter(b"".join(pieces))
    assert bytes(read) == b"".join(pieces)
