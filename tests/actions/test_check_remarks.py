"""What a check says of remarks and draws: right as they are, and wrong under each attack on them."""

import asyncio
import json
import uuid
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec
import pytest

from quality_creator.actions import (
    authorities,
    bundling,
    checking,
    draws,
    enrolments,
    evidence_source,
    institutions,
    logged_graphics,
    publishing,
    remarks,
    studio,
)
from quality_creator.actions.check.case import Check
from quality_creator.actions.draws import Order, Sampling
from quality_creator.model.errors import BadInput, BadPayload, Conflict, Forbidden, NotFound
from quality_creator.model.ids import EpisodeId, Slug
from quality_creator.store.database import Transaction
from quality_creator.trust import dossier, enrolment, evidence, remark
from quality_creator.trust.log import draw, leaf, tile
from quality_creator.trust.log.draw import DRAW
from quality_creator.trust.remark import About, Result, Span
from tests.actions.evidence_files import Episode
from tests.actions.experts import BOSS, EPISODE, Expert, expert
from tests.actions.publisher import Publisher, publisher
from tests.actions.test_checking import Files

ONE = Slug("one")
LOT = "urn:uuid:22222222-2222-4333-8444-555555555555"


def signed_enrolment(made: Publisher, who: Expert, **changes: Any) -> bytes:
    """What the expert's institution says at its own desk."""
    settings = {
        "id": f"urn:uuid:{uuid.uuid4()}",
        "expert": who.did,
        "institution": who.institution,
        "name": who.visitor.name,
        "state": "approved",
    }
    told = enrolment.Enrolment(**(settings | changes))
    return enrolment.sign(told, made.institution.key, created=datetime.now(UTC))


async def published(made: Publisher) -> dict[str, bytes]:
    """Every file of the published episode, but the pictures."""
    hub = made.hub
    await hub.database.episodes.end(EpisodeId(EPISODE.removeprefix("urn:uuid:")), datetime.now(UTC))
    done = await publishing.publish(hub, ONE)
    await hub.ledger.seen(done.index, 20)
    return await files(made)


async def files(made: Publisher) -> dict[str, bytes]:
    """As they are now, but the pictures."""

    async def read(name: str) -> bytes:
        return await publishing.read(made.hub, ONE, name)

    index = evidence.decode_index(await read(evidence.INDEX))
    found = {name: await read(name) for name in (evidence.INDEX, *index.files)}
    found["log/checkpoint"] = await read("log/checkpoint")
    size = made.hub.ledger.policy.open(found["log/checkpoint"]).signed.checkpoint.size
    for place in tile.bundles(size):
        found[f"log/{place.path}"] = data = await read(f"log/{place.path}")
        for one in map(leaf.decode, tile.unpack(data)):
            name = f"log/{leaf.DOCUMENTS}/{one.sha256}"
            found[name] = await read(name)
    return found


def checked(found: dict[str, bytes], name: str = "remarks") -> Check:
    report = checking.check(Files(found), target="here", now=datetime.now(UTC), with_media=False)
    return next(one for one in report.checks if one.name == name)


def run(tmp_path: Path, act: Callable[[Publisher, Expert], Awaitable[None]], *, vouched: bool = True) -> None:
    async def inside() -> None:
        async with publisher(tmp_path, ended=False) as made:
            await authorities.take(made.hub.ledger, made.register())
            wang = await expert(made.hub, state="waiting")
            if vouched:
                await enrolments.take(made.hub, BOSS, signed_enrolment(made, wang))
            else:
                await institutions.decide(made.hub, BOSS, wang.key_id, "approved")
            await act(made, wang)

    asyncio.run(inside())


async def log_anyway(made: Publisher, data: bytes, issuer: str) -> None:
    """What whoever runs the hub can do: write into the log what no check of the hub has seen."""
    name = json.loads(data)["id"]
    index = await made.hub.ledger.enter(data, type=remark.LEAF, id=name, subject=EPISODE, issuer=issuer)
    await made.hub.ledger.seen(index, 20)


def test_remarks_results_and_draws_of_a_published_episode_are_right(tmp_path: Path) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        hub = made.hub
        lot = await draws.announce(hub, ONE, Order(what="doors", count=50, drawn=3))
        seen = (await remarks.desk(hub, ONE, wang.visitor)).seen
        assert seen is not None
        said = wang.says("The seam is open.", seen=seen)
        results = tuple(Result(unit=unit, conforming=True) for unit in lot.units)
        for data in (
            wang.sign(said),
            wang.signed("", kind="measurements", about=About(lot=lot.lot), results=results),
            wang.signed("", kind="withdrawal", span=None, withdraws=said.id),
        ):
            await remarks.enter(hub, ONE, wang.visitor, data)
        found = await published(made)
        assert [name for name in found if name.startswith("remarks/")] == [
            f"remarks/{number}.json" for number in (1, 2, 3)
        ]
        made_of = dossier.decode(found["dossier.json"])
        assert {one.expert for one in made_of.remarks} == {wang.did}
        look = checked(found)
        assert (look.outcome, look.words.partition(";")[0]) == ("right", "2, 1 of them withdrawn")
        assert (checked(found, "draws").outcome, checked(found, "draws").words) == ("right", "1, repeated")
        with pytest.raises(Conflict, match="is published"):
            await remarks.enter(hub, ONE, wang.visitor, wang.signed())
        _every_change_is_seen(found)

    run(tmp_path, act)


def _every_change_is_seen(found: dict[str, bytes]) -> None:
    """An expert who denies a remark, or whoever lets one disappear or puts another in its place."""
    changed = found["remarks/1.json"].replace(b"is open", b"is shut")
    for files_ in (
        {**found, "remarks/1.json": changed},
        {**found, "remarks/1.json": found["remarks/2.json"]},
        _without(found, "remarks/1.json"),
        {**found, **_listed(found, "remarks/4.json", changed)},
    ):
        assert checked(files_).outcome == "wrong"
    enrolled = next(
        name for name, data in found.items() if data.startswith(b'{"expert"') and b'"expert/1"' in data
    )
    withheld = {name: data for name, data in found.items() if name != enrolled}
    assert "withheld" in checked(withheld).words


def _without(found: dict[str, bytes], name: str) -> dict[str, bytes]:
    index = json.loads(found[evidence.INDEX])
    index["files"].remove(name)
    return {one: data for one, data in found.items() if one != name} | {
        evidence.INDEX: json.dumps(index).encode()
    }


def _listed(found: dict[str, bytes], name: str, data: bytes) -> dict[str, bytes]:
    index = json.loads(found[evidence.INDEX])
    index["files"].append(name)
    return {evidence.INDEX: json.dumps(index).encode(), name: data}


def test_a_remark_that_the_log_has_and_the_dossier_leaves_out_is_seen(tmp_path: Path) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        await remarks.enter(made.hub, ONE, wang.visitor, wang.signed("Well done."))
        await published(made)
        await log_anyway(made, wang.signed("The seam is open."), wang.did)
        dropped = {name: data for name, data in (await files(made)).items() if name != "remarks/2.json"}
        dropped |= _without(dropped, "remarks/2.json")
        look = checked(dropped)
        assert look.outcome == "wrong"
        assert "the dossier leaves out" in look.words

    run(tmp_path, act)


def test_results_for_a_unit_that_was_not_drawn_are_seen(tmp_path: Path) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        lot = await draws.announce(made.hub, ONE, Order(what="doors", count=50, drawn=3))
        other = next(str(number) for number in range(1, 51) if str(number) not in lot.units)
        results = (Result(unit=other, conforming=True),)
        data = wang.signed("", kind="measurements", about=About(lot=lot.lot), results=results)
        await log_anyway(made, data, wang.did)
        look = checked(await published(made))
        assert (look.outcome, f"not drawn: {other}" in look.words) == ("wrong", True)

    run(tmp_path, act)


@pytest.mark.parametrize(
    ("changes", "words"),
    [
        ({"span": Span(start=0, to=10_000_000)}, "not on air yet"),
        ({"seen": dossier.Seen(size=1, root=dossier.root_text(bytes(32)))}, "not of this log"),
        ({"kind": "withdrawal", "words": "", "span": None, "withdraws": EPISODE}, "did not say"),
        ({"institution": "did:web:inst2.example"}, "not enrolled"),
    ],
)
def test_what_the_hub_would_have_refused_is_seen(tmp_path: Path, changes: dict[str, Any], words: str) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        await log_anyway(made, wang.signed(**changes), wang.did)
        look = checked(await published(made))
        assert (look.outcome, words in look.words) == ("wrong", True), look.words

    run(tmp_path, act)


def test_a_remark_by_a_key_that_no_institution_enrolled_is_seen(tmp_path: Path) -> None:
    """The operator makes a key, and a remark: under an expert's name, and with the hub's own word for it."""

    async def act(made: Publisher, wang: Expert) -> None:
        await remarks.enter(made.hub, ONE, wang.visitor, wang.signed())
        found = await published(made)
        look = checked(found)
        assert look.outcome == "unknown"
        assert "only whoever runs the log vouches" in look.words

    run(tmp_path, act, vouched=False)


def test_a_remark_by_a_key_of_which_the_log_knows_nothing_or_that_was_revoked_is_seen(
    tmp_path: Path,
) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        other = await expert(made.hub, "li", state="waiting")
        await log_anyway(made, other.signed("All is well."), other.did)
        await enrolments.take(made.hub, BOSS, signed_enrolment(made, wang, state="revoked"))
        with pytest.raises(Forbidden, match="is revoked"):
            await remarks.enter(made.hub, ONE, wang.visitor, wang.signed())
        await log_anyway(made, wang.signed(), wang.did)
        words = checked(await published(made)).words
        assert "not enrolled" in words
        assert "revoked before" in words

    run(tmp_path, act)


def test_a_lot_with_a_plan_is_accepted_by_its_drawn_units_and_everybody_sees_it(tmp_path: Path) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        hub = made.hub
        # GB/T 2828.1, 90 units at level S-1: code letter B, 3 units, Ac 0 at AQL 4.
        order = Order(what="doors", count=90, sampling=Sampling(aql=4.0, level="S-1"))
        lot = await draws.announce(hub, ONE, order)
        assert lot.plan is not None
        assert (lot.drawn, lot.plan.accept, lot.plan.reject) == (3, 0, 1)
        results = tuple(Result(unit=unit, conforming=True) for unit in lot.units)
        measured = {"kind": "measurements", "about": About(lot=lot.lot)}
        await remarks.enter(hub, ONE, wang.visitor, wang.signed("", results=results[:2], **measured))
        [standing] = await draws.everything(hub, ONE)
        assert standing.acceptance is not None
        assert (standing.acceptance.decision, standing.acceptance.inspected) == ("open", 2)
        await remarks.enter(hub, ONE, wang.visitor, wang.signed("", results=results[2:], **measured))
        [standing] = (await remarks.desk(hub, ONE, wang.visitor)).lots
        assert standing.acceptance is not None
        assert standing.acceptance.decision == "accepted"
        found = await published(made)
        words = "doors: accepted, 0 of 3 inspected nonconforming, 3 drawn"
        assert checked(found, "acceptance").words == words
        assert checked(found, "draws").outcome == "right"

    run(tmp_path, act)


def test_a_plan_that_the_standard_does_not_have_is_seen(tmp_path: Path) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        ledger = made.hub.ledger
        lenient = draw.Plan(standard="gbt2828.1", aql="4", level="S-1", severity="normal", accept=2, reject=3)
        deciding = await draws._deciding(ledger)
        lot = draw.Lot(
            id=LOT, episode=EPISODE, what="doors", count=90, drawn=3, witnesses=deciding, plan=lenient
        )
        data = lot.encode()

        def act(transaction: Transaction) -> None:
            ledger.enter_in(transaction, data, type=draw.LOT, id=LOT, subject=EPISODE)
            mark = draw.jcs.encode({"type": draw.MARK, "lot": leaf.sha256(data)})
            ledger.enter_in(transaction, mark, type=draw.MARK, id=LOT, subject=EPISODE)

        await ledger.transact(act)
        await draws.settle(made.hub, ONE, LOT)
        look = checked(await published(made), "draws")
        assert (look.outcome, "Ac 0, Re 1" in look.words) == ("wrong", True)

    run(tmp_path, act)


@pytest.mark.parametrize(
    ("order", "words"),
    [
        (Order(what="doors", count=90), "drawn"),
        (Order(what="doors", count=90, drawn=4, sampling=Sampling(aql=4.0, level="S-1")), "sample is 3"),
        (Order(what="doors", count=90, sampling=Sampling(aql=15.0)), "aql"),
        (Order(what="doors", count=90, sampling=Sampling(aql=3.3)), "AQL"),
    ],
)
def test_a_plan_that_can_not_be_is_refused_with_words(tmp_path: Path, order: Order, words: str) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        with pytest.raises(BadInput, match=words):
            await draws.announce(made.hub, ONE, order)

    run(tmp_path, act)


def test_a_draw_that_says_other_units_is_seen(tmp_path: Path) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        hub = made.hub
        await draws.announce(hub, ONE, Order(what="doors", count=50, drawn=3))
        [entry] = await hub.ledger.about(EPISODE, DRAW)
        lie = json.loads(entry.document or b"")
        lie["units"][0] = next(number for number in range(50) if number not in lie["units"])
        index = await hub.ledger.enter(draw.jcs.encode(lie), type=DRAW, id="urn:x", subject=EPISODE)
        await hub.ledger.seen(index, 20)
        look = checked(await published(made), "draws")
        assert (look.outcome, "other units follow" in look.words) == ("wrong", True)

    run(tmp_path, act)


def test_an_institution_decides_on_its_own_experts_keys_and_on_no_others(tmp_path: Path) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        hub = made.hub
        [key] = await institutions.keys_of(hub, wang.visitor.person)  # type: ignore[arg-type]
        assert (key.state, key.by) == ("approved", "did:web:inst1.example")
        other = await expert(hub, "sun", of="inst2", state="waiting")
        data = signed_enrolment(made, wang)
        await enrolments.take(hub, BOSS, data)
        with pytest.raises(Conflict, match="in the log already"):
            await enrolments.take(hub, BOSS, data)
        for wrong, error in (
            (signed_enrolment(made, other), Forbidden),  # inst1 speaks of an expert of inst2
            (signed_enrolment(made, other, institution="did:web:inst1.example"), NotFound),
            (enrolment.encode(enrolment.decode(data).enrolment), Forbidden),
            (data.replace(b'"Wang"', b'"Wong"'), Forbidden),
            (data.replace(b'"approved"', b'"dismissed"'), BadPayload),
        ):
            with pytest.raises(error):
                await enrolments.take(hub, BOSS, wrong)

    run(tmp_path, act)


def shown(template: str, **fields: str) -> Check:
    """What a check says where the stream shows a graphic that nothing in the log is behind."""

    def forge(batch: bytes) -> bytes:
        messages = json.loads(batch)
        filled = {name: {"zh-Hans": "", "en": words} for name, words in fields.items()}
        messages[-1]["message"]["graphics"] = [
            {"id": f"{template}-1", "template": template, "fields": filled}
        ]
        return json.dumps(messages).encode()

    return checked(Episode(alter=forge).files(media=False))


def test_words_that_are_shown_as_an_experts_and_that_no_expert_signed_are_seen() -> None:
    look = shown("remark", name="Wang", words="All is well.")
    assert (look.outcome, "that no expert signed" in look.words) == ("wrong", True)


def test_units_that_are_shown_as_drawn_and_were_not_are_seen() -> None:
    look = shown("draw", what="doors", units="1, 2, 3")
    assert (look.outcome, "that the log does not say" in look.words) == ("wrong", True)


def test_what_was_shown_on_air_of_a_remark_and_a_draw_is_compared_with_the_log(tmp_path: Path) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        hub = made.hub
        lot = await draws.announce(hub, ONE, Order(what="doors", count=50, drawn=3))
        said = await remarks.enter(hub, ONE, wang.visitor, wang.signed("The seam is open."))
        await logged_graphics.show_remark(hub, ONE, said.id, "Lin")
        await logged_graphics.show_draw(hub, ONE, lot.lot, "Lin")
        graphics = (await studio.studio(hub, ONE)).show.state.mix.graphics
        found = await published(made)
        for change, outcome in (
            (b"", "right"),
            (b"The seam is open.", "wrong"),
            (", ".join(lot.units).encode(), "wrong"),
            (b"Wang", "wrong"),
        ):
            data = msgspec.json.encode(graphics)
            data = data.replace(change, b"something else") if change else data
            batches = found[evidence.MEASUREMENTS].splitlines()
            batch = json.loads(batches[0])
            batch[-1]["message"]["graphics"] = json.loads(data)
            batches[0] = json.dumps(batch).encode()
            look = checked({**found, evidence.MEASUREMENTS: b"\n".join(batches)})
            assert look.outcome == outcome, (change, look.words)

    run(tmp_path, act)


def test_a_bundle_has_all_that_remarks_rest_on(tmp_path: Path) -> None:
    async def act(made: Publisher, wang: Expert) -> None:
        await remarks.enter(made.hub, ONE, wang.visitor, wang.signed())
        bundling.write(Files(await published(made)), tmp_path / "one.zip", with_media=False)

    run(tmp_path, act)
    with evidence_source.opened(str(tmp_path / "one.zip")) as source:
        report = checking.check(source, target="", now=datetime.now(UTC), with_media=False)
    assert next(one.outcome for one in report.checks if one.name == "remarks") == "right"
