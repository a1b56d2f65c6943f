"""Channels: gain, mute, solo, delay, high-pass and ducking, without clicks."""

import numpy as np
import pytest

from quality_creator.config import GeneratedCamera
from quality_creator.media import wire
from quality_creator.media.sound import TICK, Samples
from quality_creator.media.strip import DUCKED, Faders, Strip
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import Channel
from quality_creator.model.stream import AUDIO_RATE
from tests.media.broadcast import broadcast, name, scene, sound, start

ONE, TWO, THREE = (SourceId(n) for n in ("one", "two", "three"))
ALL = (ONE, TWO, THREE)


def wave(hertz: float, ticks: int, level: float = 0.5) -> Samples:
    line = level * np.sin(2 * np.pi * hertz / AUDIO_RATE * np.arange(ticks * TICK))
    both: Samples = np.stack((line, line)).astype(np.float32)
    return both


def through(strip: Strip, samples: Samples, *channels: Channel) -> Samples:
    """A tick by each channel, then the rest by the last."""
    ticks = [samples[:, at : at + TICK] for at in range(0, samples.shape[1], TICK)]
    done = [strip.work(tick, channels[min(n, len(channels) - 1)]) for n, tick in enumerate(ticks)]
    both: Samples = np.concatenate(done, axis=1)
    return both


def test_a_channel_as_it_is_made_changes_nothing() -> None:
    samples = wave(440, 5)
    assert through(Strip(), samples, Channel()) is not None
    assert (through(Strip(), samples, Channel()) == samples).all()


@pytest.mark.parametrize("delay_ms", [1, 40, 333, 1000])
def test_a_delay_is_exact(delay_ms: int) -> None:
    samples = wave(440, 40)
    out = through(Strip(), samples, Channel(delay_ms=delay_ms))
    late = delay_ms * AUDIO_RATE // 1000
    assert out[:, TICK + late :] == pytest.approx(samples[:, TICK:-late], abs=1e-6)


def test_the_high_pass_takes_hum_away_and_leaves_speech() -> None:
    def left(hertz: float) -> float:
        out = through(Strip(), wave(hertz, 50), Channel(high_pass=True))
        return float(np.abs(out[:, 20 * TICK :]).max() / 0.5)

    assert left(25) < 0.11
    assert left(80) == pytest.approx(0.707, abs=0.01)
    assert left(1000) == pytest.approx(1.0, abs=0.01)


@pytest.mark.parametrize(
    "channels",
    [
        (Channel(), Channel(delay_ms=7), Channel()),
        (Channel(), Channel(high_pass=True), Channel()),
        (Channel(delay_ms=500), Channel(delay_ms=20, high_pass=True)),
    ],
)
def test_changes_do_not_click(channels: tuple[Channel, ...]) -> None:
    samples = wave(200, 12)
    out = through(Strip(), samples, Channel(), *channels)
    assert np.abs(np.diff(out)).max() < 2.5 * np.abs(np.diff(samples)).max()


SEEN = {ONE: 1.0, TWO: 0.5}
QUIET = dict.fromkeys(ALL, np.zeros((2, TICK), np.float32))


def gains(channels: dict[SourceId, Channel]) -> dict[SourceId, float]:
    return Faders(channels).gains(SEEN, ALL, QUIET)


def test_who_is_seen_is_heard_as_long_as_nobody_says_otherwise() -> None:
    assert gains({}) == {ONE: 1.0, TWO: 0.5}
    assert gains({THREE: Channel(heard="always"), ONE: Channel(heard="never")}) == {TWO: 0.5, THREE: 1.0}
    assert gains({ONE: Channel(gain_db=-6.0206)})[ONE] == pytest.approx(0.5, abs=1e-4)
    assert gains({ONE: Channel(gain_db=-60)}) == {TWO: 0.5}
    assert gains({ONE: Channel(mute=True)}) == {TWO: 0.5}
    assert gains({TWO: Channel(solo=True)}) == {TWO: 0.5}
    assert gains({TWO: Channel(solo=True, mute=True)}) == {}


def test_a_bed_goes_down_while_a_voice_speaks_and_comes_up_again() -> None:
    faders = Faders({ONE: Channel(duck="voice"), TWO: Channel(duck="bed", heard="always")})
    speaking = {**QUIET, ONE: wave(300, 1, 0.1)}
    beds = [faders.gains(SEEN, ALL, speaking)[TWO] for _ in range(12)]
    assert beds == sorted(beds, reverse=True)
    assert beds[4] < 0.4
    assert beds[-1] == pytest.approx(DUCKED, abs=0.02)
    back = [faders.gains(SEEN, ALL, QUIET)[TWO] for _ in range(150)]
    assert back == sorted(back)
    assert back[5] < 0.6 < back[40]
    assert back[-1] == 1.0
    # A voice that is muted says nothing.
    faders.channels = {**faders.channels, ONE: Channel(duck="voice", mute=True)}
    assert faders.gains(SEEN, ALL, speaking)[TWO] == 1.0


def test_channels_are_heard_in_the_programme_and_told_by_the_meters() -> None:
    cameras = [
        GeneratedCamera(id=ONE, name=name("One"), tone_hz=440),
        GeneratedCamera(id=TWO, name=name("Two"), tone_hz=1000),
    ]
    with broadcast(start(cameras, scene("full", "one"))) as running:
        running.wait_for("two", "live")
        running.wait_parts(2)
        running.say(wire.Watch(seconds=60))
        channels = {ONE: Channel(mute=True), TWO: Channel(heard="always", gain_db=-6.0206)}
        running.say(wire.Change(number=1, channels=channels))
        running.wait_parts(14)
    (change,) = running.heard(wire.Changed)
    _, samples = sound(running.file())
    cut = change.position * 8 // 15
    piece = samples[0, cut + 10_000 : cut + 100_000].astype(np.float64)

    def strength(hertz: float) -> float:
        times = np.arange(len(piece)) / AUDIO_RATE
        return float(abs(piece @ np.exp(2j * np.pi * hertz * times)) * 2 / len(piece))

    assert strength(440) < 0.001
    assert strength(1000) == pytest.approx(0.05, rel=0.05)
    meters = running.heard(wire.Meters)[-1]
    # Before the faders: a sine at -20 dBFS, whose mean is 3 dB lower.
    for source in (ONE, TWO):
        assert meters.sources[source] == pytest.approx((-20.0, -23.0), abs=0.3)
    assert meters.momentary == pytest.approx(-26.0, abs=0.5)
    # Pictures came, too, since somebody looked.
    shown = running.heard(wire.Pictures)[-1]
    assert shown.sources.keys() == {ONE, TWO}
    assert all(data.startswith(b"\xff\xd8") for data in (*shown.sources.values(), shown.program))
