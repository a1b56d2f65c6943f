"""One line of time for picture and sound, whatever their stamps count from."""

import pytest

from quality_creator.media.webrtc.stamps import Stamps, follow

NTP_1970 = 2_208_988_800


def ntp(seconds: float) -> int:
    return round((seconds + NTP_1970) * (1 << 32))


def test_stamps_go_on_over_their_wrap_and_backwards() -> None:
    stamps = Stamps(90_000)
    first = (1 << 32) - 3_000
    assert stamps.seconds(first, 100.0) == 100.0
    assert stamps.seconds(first + 6_000 & 0xFFFFFFFF, 100.1) == pytest.approx(100 + 6_000 / 90_000)
    assert stamps.seconds(first, 100.1) == pytest.approx(100.0)


def test_a_sender_that_began_anew_is_followed() -> None:
    stamps = Stamps(90_000)
    stamps.seconds(1_000_000, 10.0)
    assert stamps.seconds(5, 10.04) == 10.04
    assert stamps.seconds(3_605, 10.08) == pytest.approx(10.08)


def test_sound_is_moved_to_where_its_sender_says_without_a_jump() -> None:
    picture, sound = Stamps(90_000), Stamps(48_000)
    # Both were taken at the same moments; pictures need 40 ms more on their way.
    taken = 1_700_000_000.0
    before = None
    for number in range(500):
        at = number * 0.02
        heard = sound.seconds(7_000 + round(at * 48_000), at + 0.01)
        shown = picture.seconds(9_000 + round(at * 90_000), at + 0.05)
        if number == 10:
            picture.report(9_000, ntp(taken))
            sound.report(7_000, ntp(taken))
        follow(sound, picture)
        if before is not None:
            assert abs(heard - before - 0.02) < 0.000_2
        before = heard
    assert heard == pytest.approx(shown, abs=0.001)
    assert picture.sender_time(shown) == pytest.approx(taken + at, abs=0.001)


def test_clocks_that_differ_by_seconds_say_nothing() -> None:
    picture, sound = Stamps(90_000), Stamps(48_000)
    picture.seconds(0, 1.0)
    sound.seconds(0, 1.0)
    picture.report(0, ntp(1_700_000_000))
    sound.report(0, ntp(1_700_000_060))
    follow(sound, picture)
    assert sound.seconds(960, 1.02) == pytest.approx(1.02)
