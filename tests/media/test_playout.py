"""What of a source is on air at a tick, with times that are given rather than waited for."""

import random
from collections.abc import Callable

import av
import numpy as np
import pytest

from quality_creator.media.capture.source import Feed, Picture
from quality_creator.media.playout import Player
from quality_creator.media.scale import Raw, Scaler, Tile
from quality_creator.media.scene import WHOLE, Rectangle, places
from quality_creator.media.timing import Steady
from quality_creator.media.wallclock import WallClock
from quality_creator.model.clock import Micros

FRAME = av.VideoFrame(320, 180, "yuv420p")
SMALL = places("picture-in-picture")[1]


def picture(
    due: float, *, ready: float | None = None, tile: Tile | None = None, taken: int | None = None
) -> Picture:
    return Picture(
        due=due,
        ready=due if ready is None else ready,
        taken=Micros(round(due * 1e6) if taken is None else taken),
        raw=Raw(FRAME, 16 / 9),
        tile=tile,
    )


class Screen:
    """A player, ticked by hand."""

    def __init__(self, *, remote: bool = True) -> None:
        self.feed = Feed(WallClock(), 0.0)
        self.feed.begin(remote=remote)
        self.player = Player(self.feed)
        self.player.place(WHOLE)

    def tick(
        self, at: float, *, now: float | None = None, place: Rectangle = WHOLE
    ) -> tuple[str, int | None]:
        self.player.advance(at, at if now is None else now)
        shown = self.player.show(place)
        return self.player.condition, shown.taken if shown else None


def test_a_source_is_live_frozen_a_slate_and_live_again() -> None:
    screen = Screen()
    assert screen.tick(99.0) == ("connecting", None)
    for number in range(10):
        screen.feed.put(picture(100 + number / 25))
        assert screen.tick(100.01 + number / 25) == ("live", 100_000_000 + number * 40_000)
    last = 100_360_000
    seen = [screen.tick(100.37 + number / 25) for number in range(1, 14)]
    assert seen[:4] == [("live", last)] * 4
    assert seen[4:10] == [("frozen", last)] * 6
    # Within half a second of the last picture.
    assert seen[11:] == [("slate", None)] * 2
    screen.feed.put(picture(102.0))
    assert screen.tick(102.01) == ("live", 102_000_000)


def test_a_camera_with_one_picture_a_second_is_not_a_slate_in_between() -> None:
    screen = Screen()
    for second in range(10):
        screen.feed.put(picture(100 + second))
        seen = [screen.tick(100 + second + tick / 25)[0] for tick in range(25)]
        if second >= 1:
            assert set(seen) == {"live"}
    assert screen.tick(114.0)[0] == "slate"


def test_an_outage_does_not_make_the_next_one_count_less() -> None:
    screen = Screen()
    for begin in (100.0, 104.0, 108.0):
        for number in range(30):
            screen.feed.put(picture(begin + number / 25))
            screen.tick(begin + number / 25)
        assert screen.tick(begin + 29 / 25 + 0.46)[0] == "slate"


def test_pictures_that_are_decoded_ahead_are_shown_when_they_are_due_and_not_before() -> None:
    screen = Screen(remote=False)
    for number in range(8):
        screen.feed.put(picture(100 + number / 25, ready=99.7))
    assert [screen.tick(100 + n / 25)[1] for n in range(8)] == [100_000_000 + n * 40_000 for n in range(8)]


def test_the_newest_of_several_that_are_due_is_shown() -> None:
    screen = Screen()
    for number in range(5):
        screen.feed.put(picture(100 + number / 100))
    assert screen.tick(100.06) == ("live", 100_040_000)


def test_time_that_is_caught_up_shows_the_first_picture_that_came() -> None:
    screen = Screen()
    screen.feed.put(picture(105.0))
    screen.feed.put(picture(105.04))
    assert screen.tick(100.0, now=105.05) == ("live", 105_000_000)
    assert screen.tick(104.9, now=105.2) == ("live", 105_000_000)
    assert screen.tick(105.04, now=105.3) == ("live", 105_040_000)


def test_a_mixer_that_is_far_behind_keeps_no_more_than_a_second_of_pictures_and_shows_them_early() -> None:
    screen = Screen()
    for number in range(500):
        screen.feed.put(picture(100 + number / 25))
        if number % 20 == 19:
            condition, taken = screen.tick(100 + number / 250, now=100 + number / 25)
            assert condition == "live"
    assert taken == 100_000_000 + (499 - 24) * 40_000


def test_a_picture_that_was_made_for_another_place_is_made_anew() -> None:
    screen = Screen()
    old = Scaler().tile(Raw(FRAME, 16 / 9), SMALL)
    screen.feed.put(picture(100, tile=old))
    screen.player.advance(100, 100)
    shown = screen.player.show(WHOLE)
    assert shown is not None
    assert shown.tile.planes.size == (1280, 720)
    again = screen.player.show(WHOLE)
    assert again is not None
    assert again.tile is shown.tile


def test_jitter_delays_the_pictures_of_a_network_and_not_our_own() -> None:
    delays = []
    for remote in (True, False):
        screen = Screen(remote=remote)
        for number in range(200):
            screen.feed.put(picture(100 + number / 25, ready=100 + number / 25 + number % 3 * 0.01))
            screen.tick(100.03 + number / 25)
        delays.append(screen.player.delay_s)
    assert delays == [pytest.approx(0.02, abs=0.005), 0.0]


@pytest.mark.parametrize("ppm", [0, 20, 200])
@pytest.mark.parametrize(
    "jitter",
    [lambda c: c.expovariate(1 / 0.001), lambda c: c.expovariate(1 / 0.004), lambda c: abs(c.gauss(0, 0.01))],
    ids=["a wire", "a busy wire", "a crowded network"],
)
def test_a_small_delay_makes_motion_smooth(jitter: Callable[[random.Random], float], ppm: float) -> None:
    # The worst phase: pictures come right when the tick does. Without any of this hundreds stumble.
    chance, steady, screen = random.Random(1), Steady(), Screen()
    latest, late, number = 0.0, 0.0, 0
    tile = Scaler().tile(Raw(FRAME, 16 / 9), WHOLE)
    seen: list[int | None] = []
    delays: list[float] = []
    for tick in range(3000):
        now = 100.032 + tick / 25
        while True:
            stamp = number / 25
            at = max(latest, 100.03 + stamp * (1 - ppm * 1e-6) + late)
            if at > now:
                break
            screen.feed.put(picture(steady.due(stamp, at), ready=at, tile=tile, taken=number))
            latest, number, late = at, number + 1, jitter(chance)
        seen.append(screen.tick(now)[1])
        delays.append(screen.player.delay_s)
    steps = np.diff([n for n in seen[250:] if n is not None])
    # A clock that runs 200 millionths fast gains a picture every 200 s: one may be left out.
    assert (steps != 1).sum() <= 2
    assert np.mean(delays) < 0.03


def test_sound_that_comes_late_is_played_as_late_as_it_must_and_then_without_a_hole() -> None:
    screen = Screen()
    screen.feed.offset = 100.0
    heard = []
    for tick in range(50):
        # A camera's sound comes in pieces of 20 ms, each when it is over.
        for piece in range(tick * 2, tick * 2 + 2):
            screen.feed.ring.write(piece * 960, np.full((2, 960), 0.5, np.float32))
        screen.player.advance(100.04 + tick / 25, 100.04 + tick / 25)
        heard.append(screen.player.hear(100.04 + tick / 25, 2048))
    assert np.concatenate(heard[10:], axis=1).min() == 0.5
    # Two looks ahead of 1,024 samples and a tick are what it needs, and what pictures wait for less 40 ms.
    assert 0.03 < screen.player.delay_s < 0.08


def test_a_source_whose_sound_ends_no_longer_waits_for_it() -> None:
    screen = Screen()
    screen.feed.offset = 100.0
    screen.feed.ring.write(0, np.ones((2, 1_920), np.float32))
    for tick in range(40):
        screen.player.hear(100 + tick / 25, 2048)
    assert screen.player.delay_s == 0
    assert not screen.player.hear(102, 2048).any()
