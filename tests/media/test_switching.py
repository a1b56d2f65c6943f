"""The worker as a switcher: mixes, wipes, the T-bar and the fade to black, as they were encoded."""

import numpy as np
import numpy.typing as npt

from quality_creator.config import GeneratedCamera
from quality_creator.media import wire
from quality_creator.media.scene import places
from quality_creator.model.ids import SourceId
from quality_creator.model.scene import Inset, Scene, Transition
from quality_creator.model.stream import FRAME_TICKS
from tests.media.broadcast import Broadcast, broadcast, name, number, pictures, scene, start
from tests.media.test_worker import continuous

ONE = GeneratedCamera(id=SourceId("one"), name=name("One"))
TWO = GeneratedCamera(id=SourceId("two"), name=name("Two"), tone_hz=880)
FULL = places("full")[0]
Film = list[tuple[int, npt.NDArray[np.uint8]]]


def begins(running: Broadcast) -> list[int]:
    """At which picture each change began."""
    return [change.position // FRAME_TICKS for change in running.heard(wire.Changed)]


def code(film: Film, index: int) -> int | None:
    return number(film[index][1], FULL, (1280, 720))


def brightness(film: Film, index: int) -> float:
    """Of the white bar, which both sources have at the same place."""
    return float(film[index][1][600:700, 20:160].mean())


def test_a_mix_begins_and_ends_at_the_pictures_that_were_asked_for() -> None:
    with broadcast(start([ONE, TWO], scene("full", "one"))) as running:
        running.wait_for("two", "live")
        running.wait_parts(2)
        mix = Transition(kind="mix", frames=12)
        running.say(wire.Change(scene=scene("full", "two"), transition=mix, number=7))
        running.wait_parts(5)
    continuous(running)
    (begin,), film = begins(running), pictures(running.file())
    one, two = running.shown("one"), running.shown("two")
    for index in range(begin - 8, begin + 24):
        if index < begin:
            assert (code(film, index), two[index]) == (one[index], 0)
        elif index < begin + 11:
            assert one[index] > 0 < two[index]  # both are in the picture
        else:
            assert (code(film, index), one[index]) == (two[index], 0)
    assert running.heard(wire.Changed)[0].number == 7


def test_a_wipe_half_way_shows_the_next_scene_at_the_left() -> None:
    with broadcast(start([ONE, TWO], scene("full", "one"))) as running:
        running.wait_for("two", "live")
        running.wait_parts(2)
        running.say(wire.Tbar(scene=scene("full", "two"), kind="wipe", position=0.6))
        running.wait_parts(4)
        held = len(running.parts) * 8 - 1
        running.say(wire.Change(scene=scene("full", "two"), transition=Transition(kind="wipe", frames=10)))
        running.wait_parts(3)
    continuous(running)
    film = pictures(running.file())
    # The bar code lies in the left half: it is the next scene's while the T-bar stands at 0.6.
    assert code(film, held) == running.shown("two")[held] > 0
    assert running.shown("one")[held] > 0
    (begin,) = begins(running)
    assert running.shown("one")[begin + 3 :] == [0] * (len(film) - begin - 3)


def test_a_t_bar_that_goes_back_leaves_what_was_on_air() -> None:
    with broadcast(start([ONE, TWO], scene("full", "one"))) as running:
        running.wait_for("two", "live")
        running.wait_parts(2)
        for position in (0.2, 0.7, 0.0):
            running.say(wire.Tbar(scene=scene("full", "two"), kind="mix", position=position))
            running.wait_parts(2)
        running.wait_parts(2)
    continuous(running)
    film = pictures(running.file())
    assert any(running.shown("two"))
    assert not any(running.shown("two")[-8:])
    assert code(film, len(film) - 1) == running.shown("one")[-1]


def test_a_fade_to_black_and_back_takes_picture_and_sound_along() -> None:
    fade = Transition(kind="mix", frames=10)
    with broadcast(start([ONE, TWO], scene("full", "one"))) as running:
        running.wait_for("one", "live")
        running.wait_parts(2)
        running.say(wire.Change(black=True, transition=fade, number=1))
        running.wait_parts(4)
        running.say(wire.Change(black=False, transition=fade, number=2))
        running.wait_parts(4)
    continuous(running)
    film = pictures(running.file())
    dark, light = begins(running)
    bright = brightness(film, dark - 1)
    falling = [brightness(film, dark + n) for n in range(10)]
    assert falling == sorted(falling, reverse=True)
    assert falling[-1] < 18 < bright
    assert all(brightness(film, n) < 18 for n in range(dark + 9, light))
    # Nothing that can't be seen is called shown: what is measured there goes by the clock.
    assert running.shown("one")[dark + 9 : light] == [0] * (light - dark - 9)
    assert abs(brightness(film, light + 10) - bright) < 3
    assert code(film, light + 12) == running.shown("one")[light + 12]


def test_an_inset_stands_where_it_was_dragged() -> None:
    dragged = Scene(
        layout="picture-in-picture",
        sources=(SourceId("one"), SourceId("two")),
        inset=Inset(x=0.05, y=0.6, width=0.35),
    )
    with broadcast(start([ONE, TWO], dragged)) as running:
        running.wait_for("two", "live")
        running.wait_parts(3)
    film = pictures(running.file())
    inset = places(dragged.layout, dragged.inset)[1]
    assert (inset.x, inset.y, inset.width) == (64, 432, 448)
    assert number(film[-1][1], inset, (1280, 720)) == running.shown("two")[-1] > 0


def test_a_second_take_in_the_middle_of_the_first_goes_to_its_own_scene() -> None:
    long = Transition(kind="mix", frames=100)
    with broadcast(start([ONE, TWO], scene("full", "one"))) as running:
        running.wait_for("two", "live")
        running.wait_parts(2)
        running.say(wire.Change(scene=scene("full", "two"), transition=long, number=1))
        running.wait_parts(2)
        running.say(wire.Change(scene=scene("full", "one"), number=2))
        running.wait_parts(2)
    continuous(running)
    film = pictures(running.file())
    _, second = begins(running)
    assert code(film, second) == running.shown("one")[second]
    assert not any(running.shown("two")[second:])
