"""Remarks come in signed by an enrolled key, about what was there to be seen, and are in the log for good."""

import asyncio
import hashlib
import json
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from quality_creator.actions import draws, episodes, institutions, remarks, sessions
from quality_creator.actions.draws import Order
from quality_creator.actions.hub import Hub
from quality_creator.model.errors import BadInput, BadPayload, Conflict, Forbidden, NotFound
from quality_creator.model.ids import Slug
from quality_creator.trust import dossier
from quality_creator.trust.remark import About, Frame, Result, Span
from tests.actions.experts import BOSS, EPISODE, Expert, expert
from tests.actions.publisher import SEGMENTS, publisher

ONE = Slug("one")
LENGTH = SEGMENTS * 172_800


def check(tmp_path: Path, act: Callable[[Hub, Expert], Awaitable[None]], *, ended: bool = True) -> None:
    async def inside() -> None:
        async with publisher(tmp_path, ended=ended) as found:
            await act(found.hub, await expert(found.hub))

    asyncio.run(inside())


def test_a_signed_remark_gets_its_place_in_the_log_and_is_shown_at_the_desk(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        data = wang.signed("The seam is open.")
        made = await remarks.enter(hub, ONE, wang.visitor, data)
        assert made.sha256 == hashlib.sha256(data).hexdigest()
        leaf = await hub.ledger.entry(made.index)
        assert (leaf.type, leaf.id, leaf.issuer, leaf.subject) == ("remark/1", made.id, wang.did, EPISODE)
        desk = await remarks.desk(hub, ONE, wang.visitor)
        assert (desk.who.did, desk.who.key, desk.who.institution) == (wang.did, "approved", wang.institution)
        assert desk.edge == LENGTH
        [told] = desk.remarks
        assert (told.index, told.state, bytes(told.document)) == (made.index, "entered", data)

    check(tmp_path, act)


def test_the_same_bytes_again_are_told_the_same_place_and_others_with_the_id_are_refused(
    tmp_path: Path,
) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        said = wang.says()
        data = wang.sign(said)
        first = await remarks.enter(hub, ONE, wang.visitor, data)
        assert await remarks.enter(hub, ONE, wang.visitor, data) == first
        with pytest.raises(Conflict, match="another remark has the id"):
            await remarks.enter(hub, ONE, wang.visitor, wang.signed("Something else", id=said.id))
        assert len(await hub.ledger.about(EPISODE, "remark/1")) == 1

    check(tmp_path, act)


def test_a_key_that_is_waiting_revoked_unknown_or_somebody_elses_signs_nothing(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        waiting = await expert(hub, "li", state="waiting")
        revoked = await expert(hub, "zhao", state="revoked")
        elsewhere = await expert(hub, "sun", of="inst2")
        for visitor, who, words in (
            (waiting.visitor, waiting, "waits for approval"),
            (revoked.visitor, revoked, "is revoked"),
            (wang.visitor, elsewhere, "not enrolled by you"),
            (sessions.operator(""), wang, "only an expert"),
        ):
            with pytest.raises(Forbidden, match=words):
                await remarks.enter(hub, ONE, visitor, who.signed())
        for changes, words in (
            ({"institution": "did:web:inst2.example"}, "does not speak for"),
            ({"name": "Somebody"}, "the account's name"),
        ):
            with pytest.raises(Forbidden, match=words):
                await remarks.enter(hub, ONE, wang.visitor, wang.signed(**changes))
        await institutions.decide(hub, BOSS, wang.key_id, "revoked")
        with pytest.raises(Forbidden, match="is revoked"):
            await remarks.enter(hub, ONE, wang.visitor, wang.signed())
        assert await hub.ledger.about(EPISODE, "remark/1") == []

    check(tmp_path, act)


def test_the_operator_can_not_make_a_remark_in_an_experts_name(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        other = await expert(hub, "li")
        forged = other.sign(other.says("All is well.", name=wang.visitor.name))
        with pytest.raises(Forbidden, match="the account's name"):
            await remarks.enter(hub, ONE, other.visitor, forged)
        with pytest.raises(Forbidden, match="not enrolled by you"):
            await remarks.enter(hub, ONE, wang.visitor, forged)
        changed = wang.signed("The seam is open.").replace(b"is open", b"is shut")
        with pytest.raises(BadPayload, match="not of this document"):
            await remarks.enter(hub, ONE, wang.visitor, changed)

    check(tmp_path, act)


def test_what_was_not_there_to_be_seen_is_not_remarked_on(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        await hub.ledger.seen(0, 20)
        good = await (await hub.recordings.open(EPISODE.removeprefix("urn:uuid:"))).segment("720p", 2)  # type: ignore[arg-type]
        digest = hashlib.sha256(good).hexdigest()
        await remarks.enter(
            hub,
            ONE,
            wang.visitor,
            wang.signed(about=About(frame=Frame(at=400_000, segment=2, sha256=digest))),
        )
        refused: list[tuple[dict[str, Any], str]] = [
            ({"span": Span(start=0, to=LENGTH + 1)}, "span"),
            ({"about": About(characteristic="nothing.known")}, "no characteristic"),
            ({"about": About(frame=Frame(at=LENGTH + 1, segment=3, sha256=digest))}, "frame"),
            ({"about": About(frame=Frame(at=1, segment=1, sha256=digest))}, "segment 1"),
            ({"about": About(frame=Frame(at=1, segment=99, sha256=digest))}, "segment 99"),
            ({"seen": dossier.Seen(size=99, root=dossier.root_text(bytes(32)))}, "seen"),
            ({"episode": "urn:uuid:21111111-2222-4333-8444-555555555555"}, "is about"),
        ]
        for changes, words in refused:
            with pytest.raises(BadInput, match=words):
                await remarks.enter(hub, ONE, wang.visitor, wang.signed(**changes))
        for minutes in (-16, 2):
            when = datetime.now(UTC) + timedelta(minutes=minutes)
            with pytest.raises(BadInput, match="signed at"):
                await remarks.enter(hub, ONE, wang.visitor, wang.sign(wang.says(), when))

    check(tmp_path, act)


def test_a_remark_is_withdrawn_by_its_own_expert_once_and_stays_in_the_log(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        other = await expert(hub, "li")
        said = wang.says()
        await remarks.enter(hub, ONE, wang.visitor, wang.sign(said))
        takes_back = {"kind": "withdrawal", "span": None, "withdraws": said.id}
        with pytest.raises(Forbidden, match="own expert"):
            await remarks.enter(hub, ONE, other.visitor, other.signed("", **takes_back))
        withdrawal = wang.says("I looked at another unit.", **takes_back)
        await remarks.enter(hub, ONE, wang.visitor, wang.sign(withdrawal))
        with pytest.raises(Conflict, match="withdrawn already"):
            await remarks.enter(hub, ONE, wang.visitor, wang.signed("", **takes_back))
        for name, error in ((withdrawal.id, BadInput), ("urn:uuid:" + EPISODE[9:], NotFound)):
            with pytest.raises(error):
                await remarks.enter(
                    hub, ONE, wang.visitor, wang.signed("", **(takes_back | {"withdraws": name}))
                )
        desk = await remarks.desk(hub, ONE, wang.visitor)
        assert [one.state for one in desk.remarks] == ["withdrawn", "entered"]
        assert len(await hub.ledger.about(EPISODE, "remark/1")) == 2

    check(tmp_path, act)


def test_results_are_taken_for_drawn_units_only(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        lot = await draws.announce(hub, ONE, Order(what="doors", count=50, drawn=3))
        other = next(str(n) for n in range(1, 51) if str(n) not in lot.units)
        good = tuple(Result(unit=unit, conforming=True) for unit in lot.units)
        measured = {"kind": "measurements", "about": About(lot=lot.lot)}
        await remarks.enter(hub, ONE, wang.visitor, wang.signed("", results=good, **measured))
        swapped = (Result(unit=other, conforming=True), *good[1:])
        with pytest.raises(BadInput, match=f"not drawn: {other}"):
            await remarks.enter(hub, ONE, wang.visitor, wang.signed("", results=swapped, **measured))
        for about, words in (
            (About(lot=lot.lot, unit=other), f"not drawn: {other}"),
            (About(lot=EPISODE, unit="1"), "no lot"),
        ):
            with pytest.raises(BadInput, match=words):
                await remarks.enter(hub, ONE, wang.visitor, wang.signed(kind="measure-again", about=about))

    check(tmp_path, act, ended=False)


def test_a_remark_that_a_hub_was_stopped_over_waits_in_the_next_hubs_studio(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        data = wang.signed("The seam is open.")
        said = json.loads(data)
        # In the log, and stopped before the show heard of it.
        await hub.ledger.enter(data, type="remark/1", id=said["id"], subject=EPISODE, issuer=wang.did)
        hub.shows.clear()
        desk = await remarks.desk(hub, ONE, wang.visitor)
        assert [one.state for one in desk.remarks] == ["entered"]
        hub.shows.clear()
        show = await episodes.show_of(hub, await episodes.by_slug(hub, ONE))
        assert [(one.words, one.name) for one in show.state.remarks] == [("The seam is open.", "Wang")]

    check(tmp_path, act)


def test_the_chat_reaches_those_behind_the_scenes_and_not_the_log(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        await remarks.chat(hub, ONE, " Please zoom in. ", "Wang")
        for words in ("", " ", "x" * 2001):
            with pytest.raises(BadInput):
                await remarks.chat(hub, ONE, words, "Wang")
        hub.shows.clear()
        desk = await remarks.desk(hub, ONE, wang.visitor)
        assert [(line.by, line.words) for line in desk.chat] == [("Wang", "Please zoom in.")]
        assert all(b"zoom" not in (one.document or b"") for one in await hub.ledger.about(EPISODE))

    check(tmp_path, act)


def test_desks_that_look_while_remarks_come_in_see_each_once_and_in_order(tmp_path: Path) -> None:
    async def act(hub: Hub, wang: Expert) -> None:
        async def look() -> list[int]:
            return [one.index for one in (await remarks.desk(hub, ONE, wang.visitor)).remarks]

        async def say(number: int) -> None:
            await remarks.enter(hub, ONE, wang.visitor, wang.signed(f"Remark {number}."))

        seen = await asyncio.gather(*(call for number in range(12) for call in (say(number), look(), look())))
        for found in (one for one in seen if one is not None):
            assert found == sorted(set(found))
        assert len(await look()) == 12

    check(tmp_path, act)
