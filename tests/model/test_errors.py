"""Words of errors: English by themselves, and another language where a catalogue has it."""

import pickle

import msgspec
import pytest

from quality_creator.model.decoding import explained
from quality_creator.model.errors import BadInput, Conflict, Words
from quality_creator.model.text import Text

CHINESE = {
    "there is no {what} in {name!r}; there are: {there}": "“{name}”里没有{what}；现有：{there}",
    "scene": "场景",
    "item {id}: {error}": "条目 {id}：{error}",
    "Invalid enum value {value}": "不可用的值 {value}",
    "{what} - at {place}": "{what}，位于 {place}",
}


def chinese(words: Words) -> str:
    return words.told("zh-Hans", lambda message: CHINESE.get(message, message))


def test_an_error_is_english_by_itself_and_chinese_with_a_catalogue() -> None:
    error = BadInput(
        "there is no {what} in {name!r}; there are: {there}",
        what=Words("scene"),
        name="visit",
        there=("a", "b"),
    )
    assert str(error) == "there is no scene in 'visit'; there are: a, b"
    assert chinese(error.words) == "“visit”里没有场景；现有：a、b"


def test_an_error_within_an_error_is_told_in_the_same_language() -> None:
    inner = BadInput("{name}", name=Text(zh="总装车间", en="Assembly hall"))
    outer = Conflict("item {id}: {error}", id="a", error=inner)
    assert (str(outer), chinese(outer.words)) == ("item a: Assembly hall", "条目 a：总装车间")


def test_braces_that_people_type_are_no_places() -> None:
    assert str(BadInput("a {scene} as it was typed")) == "a {scene} as it was typed"
    assert str(BadInput("{name} is taken", name="{0.__class__}")) == "{0.__class__} is taken"


def test_an_error_goes_from_one_process_to_another_whole() -> None:
    error = pickle.loads(pickle.dumps(BadInput("there is no scene {name!r}", name="a")))
    assert (type(error), str(error)) == (BadInput, "there is no scene 'a'")


class Two(msgspec.Struct, forbid_unknown_fields=True):
    count: int
    name: str


@pytest.mark.parametrize(
    "data",
    [b'{"count": "x", "name": ""}', b'{"count": 1}', b'{"count": 1, "name": "", "more": 1}', b'{"count" 1}'],
)
def test_what_a_decoder_says_stays_word_for_word_in_english(data: bytes) -> None:
    with pytest.raises(msgspec.MsgspecError) as caught:
        msgspec.json.decode(data, type=Two)
    words = explained(caught.value)
    assert str(words) == str(caught.value)
    assert words.values, "its template is known"


def test_the_place_of_a_wrong_value_is_kept() -> None:
    words = explained(ValueError("Invalid enum value 'fourm' - at `$.items[0].kind`"))
    assert chinese(words) == "不可用的值 'fourm'，位于 `$.items[0].kind`"
