"""What is shown of the log on air says which entry it is and what that says; nobody else can say so."""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable
from pathlib import Path

import pytest

from quality_creator.actions import draws, logged_graphics, remarks, studio
from quality_creator.actions.command import AddItem, HideGraphic, ShowGraphic
from quality_creator.actions.draws import Order
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import BadInput, Conflict, NotFound
from quality_creator.model.ids import Slug
from quality_creator.model.mix import Graphic
from quality_creator.model.text import Text
from quality_creator.show.rundown import Item, ItemId
from tests.actions.experts import Expert, expert
from tests.actions.publisher import publisher

ONE = Slug("one")


def check(tmp_path: Path, act: Callable[[Hub, Expert], Awaitable[None]], *, ended: bool = False) -> None:
    async def inside() -> None:
        async with publisher(tmp_path, ended=ended) as found:
            await act(found.hub, await expert(found.hub))

    asyncio.run(inside())


async def graphics(hub: Hub) -> tuple[Graphic, ...]:
    return (await studio.studio(hub, ONE)).show.state.mix.graphics


def test_a_remark_on_air_says_whose_it_is_and_where_it_stands(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        data = wang.signed("The seam is open.")
        made = await remarks.enter(hub, ONE, wang.visitor, data)
        await logged_graphics.show_remark(hub, ONE, made.id, "Lin")
        [graphic] = await graphics(hub)
        assert graphic.logged is not None
        assert (graphic.logged.index, graphic.logged.sha256) == (
            made.index,
            hashlib.sha256(data).hexdigest(),
        )
        assert (graphic.fields["name"].zh, graphic.fields["words"].en) == ("Wang", "The seam is open.")
        assert [one.state for one in (await remarks.desk(hub, ONE, wang.visitor)).remarks] == ["on-air"]
        await logged_graphics.hide_remark(hub, ONE, made.id, "Lin")
        [told] = (await remarks.desk(hub, ONE, wang.visitor)).remarks
        assert (told.state, told.aired) == ("entered", True)
        with pytest.raises(NotFound):
            await logged_graphics.hide_remark(hub, ONE, made.id, "Lin")
        with pytest.raises(NotFound):
            await logged_graphics.show_remark(hub, ONE, "urn:uuid:x", "Lin")

    check(tmp_path, act)


def test_a_graphic_that_is_taken_away_in_the_studio_takes_the_remark_off_air(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        made = await remarks.enter(hub, ONE, wang.visitor, wang.signed())
        await logged_graphics.show_remark(hub, ONE, made.id, "Lin")
        [graphic] = await graphics(hub)
        await studio.perform(hub, ONE, HideGraphic(id=graphic.id), "Lin")
        assert [one.state for one in (await remarks.desk(hub, ONE, wang.visitor)).remarks] == ["entered"]

    check(tmp_path, act)


def test_what_is_withdrawn_goes_off_air_and_does_not_come_back(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        made = await remarks.enter(hub, ONE, wang.visitor, wang.signed())
        await logged_graphics.show_remark(hub, ONE, made.id, "Lin")
        taken_back = wang.says("", kind="withdrawal", span=None, withdraws=made.id)
        await remarks.enter(hub, ONE, wang.visitor, wang.sign(taken_back))
        assert await graphics(hub) == ()
        for name in (made.id, taken_back.id):
            with pytest.raises(Conflict, match="withdrawn"):
                await logged_graphics.show_remark(hub, ONE, name, "Lin")

    check(tmp_path, act)


def test_what_an_expert_asks_for_is_marked_as_done(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        asks = await remarks.enter(hub, ONE, wang.visitor, wang.signed(kind="measure-again"))
        says = await remarks.enter(hub, ONE, wang.visitor, wang.signed())
        await logged_graphics.answer(hub, ONE, asks.id, "Lin", done=True)
        assert [one.done for one in (await remarks.desk(hub, ONE, wang.visitor)).remarks] == [True, False]
        await logged_graphics.answer(hub, ONE, asks.id, "Lin", done=False)
        with pytest.raises(BadInput, match="asks for nothing"):
            await logged_graphics.answer(hub, ONE, says.id, "Lin", done=True)

    check(tmp_path, act)


def test_a_draw_on_air_says_the_units_and_how_to_repeat_it(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        lot = await draws.announce(hub, ONE, Order(what="doors", count=50, drawn=3))
        await logged_graphics.show_draw(hub, ONE, lot.lot, "Lin")
        [graphic] = await graphics(hub)
        assert graphic.logged is not None
        assert (graphic.logged.type, graphic.logged.index) == ("draw/1", lot.draw_index)
        assert graphic.logged.sha256 == lot.draw_document
        assert graphic.fields["units"].en == ", ".join(lot.units)
        assert f"entry {lot.index}" in graphic.fields["repeat"].en
        await logged_graphics.hide_draw(hub, ONE, lot.lot, "Lin")
        assert await graphics(hub) == ()

    check(tmp_path, act)


def test_nobody_shows_words_of_their_own_as_an_experts(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        made = await remarks.enter(hub, ONE, wang.visitor, wang.signed("The seam is open."))
        await logged_graphics.show_remark(hub, ONE, made.id, "Lin")
        [graphic] = await graphics(hub)
        for command in (
            ShowGraphic(graphic=graphic),
            AddItem(
                item=Item(
                    id=ItemId("x"), title=Text(zh="x", en="x"), kind="break", planned_s=1, graphics=(graphic,)
                )
            ),
        ):
            with pytest.raises(BadInput, match="from the log"):
                await studio.perform(hub, ONE, command, "Lin")

    check(tmp_path, act)


def test_nothing_is_taken_on_air_after_the_end(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        made = await remarks.enter(hub, ONE, wang.visitor, wang.signed())
        with pytest.raises(Conflict, match="not on air"):
            await logged_graphics.show_remark(hub, ONE, made.id, "Lin")

    check(tmp_path, act, ended=True)
