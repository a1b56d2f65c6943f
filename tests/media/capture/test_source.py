import time

from quality_creator.media.capture.source import FIRST_WAIT_S, Feed
from quality_creator.model.errors import Unavailable
from tests.media.capture.watch import ANY, watched


class Never:
    """A camera that can't be had, in one way or another."""

    def __init__(self, error: Exception) -> None:
        self.error = error
        self.attempts: list[float] = []

    def play(self, feed: Feed) -> None:
        self.attempts.append(time.monotonic())
        raise self.error


def test_attempts_come_at_growing_distances() -> None:
    never = Never(Unavailable("the camera is asleep"))
    with watched(ANY, never) as running:
        running.wait(lambda: len(never.attempts) == 4)
        assert running.feed.trouble == "the camera is asleep"
    waits = [b - a for a, b in zip(never.attempts, never.attempts[1:], strict=False)]
    assert all(wait >= FIRST_WAIT_S * 2**n for n, wait in enumerate(waits))


def test_a_bug_that_one_source_hits_is_logged_and_the_source_tried_again(capsys: object) -> None:
    never = Never(ZeroDivisionError("a bug"))
    with watched(ANY, never) as running:
        running.wait(lambda: len(never.attempts) == 2)
        assert running.feed.trouble == "an error in our own code: ZeroDivisionError; the log has more"
    assert "a bug" in capsys.readouterr().err  # type: ignore[attr-defined]
