"""Rundowns as files: what goes out comes back, and what is wrong is named by line and column."""

import contextlib
import csv
import io

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality_creator.model.errors import BadInput
from quality_creator.model.ids import CharacteristicId
from quality_creator.model.mix import Graphic
from quality_creator.model.scene import Scene, Transition
from quality_creator.model.text import Text
from quality_creator.show.files import COLUMNS, from_csv, from_json, to_csv, to_json
from quality_creator.show.rundown import Item, ItemId
from tests.show.test_state import ONE, PAIR, TWO

HEAD = ",".join(COLUMNS[:5])
WORDS = st.text(st.characters(exclude_categories=["Cs", "Cc"]), max_size=30)
ITEMS = st.builds(
    Item,
    id=st.from_regex(r"[a-z0-9]([a-z0-9-]{0,10}[a-z0-9])?", fullmatch=True).map(ItemId),
    kind=st.sampled_from(["opening", "forum", "quality-control"]),
    title=st.builds(Text, zh=WORDS.map(str.strip), en=WORDS.map(str.strip)),
    planned_s=st.integers(0, 86_400),
    scene=st.none() | st.just(PAIR) | st.just(Scene(layout="full", sources=(ONE,))),
    transition=st.none() | st.just(Transition(kind="wipe", frames=12)),
    graphics=st.just(())
    | st.just((Graphic(id="a", template="title", fields={"t": Text(zh="“，;", en='"')}),)),
    panel=st.just(()) | st.just((CharacteristicId("glaze"), CharacteristicId("peel"))),
    microphones=st.just(()) | st.just((ONE, TWO)),
    notes=st.text(st.characters(exclude_categories=["Cs", "Cc"], include_characters="\n"), max_size=60),
    people=st.just(()) | st.just(("林工", "Dr. Zhao")),
)
RUNDOWNS = st.lists(ITEMS, max_size=6, unique_by=lambda item: item.id).map(tuple)


@settings(deadline=None)
@given(RUNDOWNS)
def test_what_goes_out_comes_back(rundown: tuple[Item, ...]) -> None:
    assert from_json(to_json(rundown)) == rundown
    assert from_csv(to_csv(rundown)) == rundown


def test_columns_may_stand_in_any_order_and_semicolons_may_separate() -> None:
    text = "kind;planned;title_en;title_zh;id\nopening;1:05;Hello;你好;open\n\n"
    assert from_csv(text.encode()) == (
        Item(id=ItemId("open"), kind="opening", title=Text(zh="你好", en="Hello"), planned_s=65),
    )


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("", "line 1: the column id is missing"),
        (f"{HEAD},colour\n", "line 1, column 6: no column is called 'colour'; allowed are id, kind"),
        (
            f"{HEAD}\na,forum,,,4:30\nb,fourm,,,1:00\n",
            "line 3, column kind: 'fourm' is not known; allowed are",
        ),
        (
            f"{HEAD}\na,forum,,,half an hour\n",
            "line 2, column planned: 'half an hour' is not a length; write",
        ),
        (f"{HEAD}\na,forum,,,1:75\n", "line 2, column planned: '1:75' is not a length of at most 24 hours"),
        (f"{HEAD}\nA b,forum,,,1:00\n", "line 2, column id: "),
        (f"{HEAD}\na,forum,,,1:00\na,forum,,,1:00\n", "line 3, column id: 'a' is taken by line 2"),
        (f"{HEAD}\na,forum,,,1:00,x,y\n", "line 2: 7 cells, but the header has 5 columns"),
        (f"{HEAD},layout\na,forum,,,1:00,full\n", "line 2, column sources: a scene has a layout and sources"),
        (f"{HEAD},transition\na,forum,,,1:00,fade 3\n", "line 2, column transition: 'fade 3' is not known"),
        (f"{HEAD},graphics\na,forum,,,1:00,nonsense\n", "line 2, column graphics: JSON is malformed"),
        (f'{HEAD}\na,forum,"x\ny",,1:00\nb,forum,,,z\n', "line 4, column planned: 'z'"),
        (f'{HEAD}\na,forum,"x', "line 2: this is not a table: unexpected end of data"),
    ],
)
def test_a_table_with_an_error_says_where_and_what_is_allowed(text: str, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        from_csv(text.encode())
    assert str(refused.value).startswith(words)


@pytest.mark.parametrize(
    ("data", "words"),
    [
        (b'{"items": [\n  {"id": "a" "kind"', "line 2, column 14: this is not JSON"),
        (
            b'{"items": [{"id": "a", "kind": "fourm"}]}',
            "line 1, column 32: Invalid enum value 'fourm'; allowed are opening, forum, smart-factory,",
        ),
        (
            b'{"items": [\n  {"id": "a", "kind": "forum", "title": 1}]}',
            "line 2, column 41: Expected `object`, got `int`",
        ),
        (
            b'{"items": [\n  {"id": "a", "kind": "forum",\n   "scene": {"layout": "ful"}}]}',
            "line 3, column 24: Invalid enum value 'ful'; allowed are full, side-by-side,",
        ),
        (
            b'{"items": [\n  {"id": "a", "kind": "forum", "titel": 1}]}',
            "line 2, column 3: Object contains unknown field `titel`; allowed are id, kind, title,",
        ),
        (b'{"items": [\n\n {"kind": "forum"}]}', "line 3, column 2: Object missing required field `id`"),
        (b"[]", "line 1, column 1: Expected `object`, got `array`"),
        (
            b'{"items": [\n {"id": "a", "kind": "forum", "title": {"zh-Hans": "", "en": ""}},\n'
            b' {"id": "a", "kind": "forum", "title": {"zh-Hans": "", "en": ""}}]}',
            "line 3, column 9: 'a' is taken by item 1",
        ),
        (b"\xff", "line 1, column 1: this is not JSON"),
    ],
)
def test_a_json_file_with_an_error_says_where(data: bytes, words: str) -> None:
    with pytest.raises(BadInput) as refused:
        from_json(data)
    assert str(refused.value).startswith(words)


def test_a_source_that_the_episode_has_not_is_named_by_its_place() -> None:
    table = f"{HEAD},layout,sources,microphones\na,forum,,,1:00,full,one,\nb,forum,,,1:00,full,two,three\n"
    with pytest.raises(BadInput) as refused:
        from_csv(table.encode(), (ONE, TWO))
    words = "'three' is no source of this episode; allowed are one, two"
    assert str(refused.value) == f"line 3, column microphones: {words}"
    plan = to_json(from_csv(table.encode()))
    with pytest.raises(BadInput) as refused:
        from_json(plan, (ONE, TWO))
    line = next(n for n, text in enumerate(plan.decode().splitlines(), 1) if '"three"' in text)
    assert str(refused.value) == f"line {line}, column 9: {words}"


@settings(deadline=None)
@given(RUNDOWNS, st.data())
def test_a_plan_with_any_piece_cut_out_is_a_rundown_or_refused(
    rundown: tuple[Item, ...], data: st.DataObject
) -> None:
    text = to_json(rundown)
    at = data.draw(st.integers(0, len(text)))
    with contextlib.suppress(BadInput):
        from_json(text[:at] + text[at + data.draw(st.integers(0, 40)) :], (ONE,))


@settings(deadline=None)
@given(st.binary(max_size=200))
def test_any_bytes_are_a_rundown_or_refused(data: bytes) -> None:
    for read in (from_csv, from_json):
        with contextlib.suppress(BadInput):
            assert isinstance(read(data), tuple)


@settings(deadline=None)
@given(RUNDOWNS, st.data())
def test_a_table_with_any_cell_replaced_is_a_rundown_or_refused(
    rundown: tuple[Item, ...], data: st.DataObject
) -> None:
    rows = list(csv.reader(io.StringIO(to_csv(rundown).decode("utf-8-sig"))))
    row = data.draw(st.integers(0, len(rows) - 1))
    rows[row][data.draw(st.integers(0, len(COLUMNS) - 1))] = data.draw(st.text(max_size=12))
    out = io.StringIO()
    csv.writer(out).writerows(rows)
    with contextlib.suppress(BadInput):
        from_csv(out.getvalue().encode("utf-8", "surrogatepass"))
