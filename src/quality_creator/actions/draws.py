"""Announce a lot, and have its units drawn by what nobody knew when it was announced.

An announcement is two entries of the log in one transaction: the lot, and a mark behind it. When the log has
published both, the draw follows from them (`trust.log.draw`), and is entered, too. Whatever stops a hub in
between, the next call draws the same units.
"""

import uuid
from collections.abc import Sequence
from functools import lru_cache
from typing import Annotated

import msgspec

from quality_creator.actions import episodes, lots
from quality_creator.actions.hub import Hub
from quality_creator.actions.ledger import Ledger
from quality_creator.actions.progress import subject
from quality_creator.model.errors import BadInput, BadPayload, Conflict, NotFound
from quality_creator.model.ids import CharacteristicId, Slug
from quality_creator.quality.sampling import Standard
from quality_creator.quality.sampling_table import Level
from quality_creator.store.database import Transaction
from quality_creator.store.ledger import Entry
from quality_creator.trust import acceptance, jcs, remark
from quality_creator.trust.acceptance import Acceptance
from quality_creator.trust.log import draw, leaf, note
from quality_creator.trust.log.draw import DRAW, LOT, MARK, MOST_DRAWN, MOST_UNITS, Lot
from quality_creator.trust.remark import Remark

PATIENCE_S = 20.0
"""How long a draw waits for the log's witnesses before its asker is told to come again."""

MOST_DECIDING = 3
"""Witnesses whose cosignatures decide: one honest suffices, and one that is away prevents the draw."""


class Order(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a person asks for."""

    what: Annotated[str, msgspec.Meta(min_length=1, max_length=500)]
    """What the units are."""
    count: Annotated[int, msgspec.Meta(ge=1, le=MOST_UNITS)] | None = None
    """How many there are; left out where serials are given."""
    serials: tuple[Annotated[str, msgspec.Meta(min_length=1, max_length=100)], ...] = ()
    drawn: Annotated[int, msgspec.Meta(ge=1, le=MOST_DRAWN)] | None = None
    """How many are drawn; left out where a plan says it."""
    sampling: "Sampling | None" = None
    """By which plan the lot is accepted or not."""


class Sampling(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a sampling plan is asked for."""

    aql: float
    """Percent nonconforming, one of the standard's values up to 10."""
    level: Level = "II"
    standard: Standard = "gbt2828.1"
    characteristic: CharacteristicId | None = None
    """Given, it is inspected as severely as this characteristic's series of lots demands."""
    supplier: str = ""
    """Whose series; empty for our own production."""


class Standing(msgspec.Struct, frozen=True, kw_only=True):
    """A lot, and what was drawn of it."""

    lot: str
    """The announcement's id."""
    what: str
    count: int
    drawn: int
    index: int
    """The announcement's place in the log."""
    document: str
    """The announcement, by its SHA-256 among the log's documents."""
    deciding: tuple[str, ...]
    """Names of the witnesses whose cosignatures decide."""
    units: tuple[str, ...] = ()
    """Names of the units, in the order in which they were drawn; empty while it is not decided."""
    draw_index: int | None = None
    """The draw's place in the log; None while it is not decided."""
    draw_document: str = ""
    plan: draw.Plan | None = None
    """By which the lot is accepted or not; None where none was announced."""
    acceptance: Acceptance | None = None
    """What the experts' results come to; None before the units are drawn."""


async def announce(hub: Hub, slug: Slug, order: Order) -> Standing:
    """Announce a lot, and draw when the log has published that.

    Raises:
        NotFound: there is no such episode.
        BadInput: the order contradicts itself.
        Conflict: nothing can be drawn for an episode that has ended.
        Unavailable: the witnesses are not there; the lot is announced, and `settle` draws later.
    """
    episode = await episodes.by_slug(hub, slug)
    if episode.state == "ended":
        raise Conflict(f"{slug} has ended; what is drawn now would not be seen")
    lot = await _lot(hub, subject(episode), order)
    try:
        document = lot.encode()
    except BadPayload as error:
        raise BadInput(str(error)) from error
    mark = jcs.encode({"type": MARK, "lot": leaf.sha256(document)})

    def act(transaction: Transaction) -> int:
        index = hub.ledger.enter_in(transaction, document, type=LOT, id=lot.id, subject=lot.episode)
        hub.ledger.enter_in(transaction, mark, type=MARK, id=lot.id, subject=lot.episode)
        return index

    await hub.ledger.transact(act)
    return await settle(hub, slug, lot.id)


async def settle(hub: Hub, slug: Slug, lot_id: str) -> Standing:
    """Draw what was announced and could not be drawn; what was drawn stays.

    Raises:
        NotFound: there is no such lot.
        BadInput: it can't be drawn any more; the text says why. Announce it again.
        Unavailable: the witnesses are still not there.
    """
    episode = subject(await episodes.by_slug(hub, slug))
    entry, drawn = await _find(hub.ledger, episode, lot_id)
    if drawn is None:
        await _draw(hub.ledger, entry)
        entry, drawn = await _find(hub.ledger, episode, lot_id)
    return _standing(entry, drawn, await _said(hub.ledger, episode))


async def everything(hub: Hub, slug: Slug) -> list[Standing]:
    """Every lot of an episode, in the order of their announcement. Raises NotFound, Unavailable."""
    episode = subject(await episodes.by_slug(hub, slug))
    said = await _said(hub.ledger, episode)
    return [_standing(entry, drawn, said) for entry, drawn in await _lots(hub.ledger, episode)]


async def _said(ledger: Ledger, episode: str) -> list[Remark]:
    """What experts said of the episode."""
    entries = await ledger.about(episode, remark.LEAF)
    return [_remark(one.document) for one in entries if one.document is not None]


@lru_cache(maxsize=4_096)
def _remark(document: bytes) -> Remark:
    """A remark of the log; every desk asks for all of them again and again, and they never change."""
    return remark.decode(document).remark


async def _draw(ledger: Ledger, entry: Entry) -> None:
    await ledger.seen(entry.index + 1, PATIENCE_S)
    assert entry.document is not None
    try:
        made = draw.draw(
            draw.decode_lot(entry.document),
            leaf.decode(entry.leaf),
            (await ledger.first_of(entry.index + 1)).note,
            (await ledger.first_of(entry.index + 2)).note,
            policy=ledger.policy,
            id=f"urn:uuid:{uuid.uuid4()}",
            index=entry.index,
        )
    except BadPayload as error:
        raise BadInput(f"{error}. Announce the lot again") from error
    # Two callers may come to this together; the second entry says the same as the first.
    await ledger.enter(made.encode(), type=DRAW, id=made.id, subject=made.episode)


async def _lot(hub: Hub, episode: str, order: Order) -> Lot:
    if (order.count is None) == (not order.serials):
        raise BadInput("give either `count` or `serials`")
    count = order.count or len(order.serials)
    plan, drawn = await _plan(hub, count, order)
    return Lot(
        id=f"urn:uuid:{uuid.uuid4()}",
        episode=episode,
        what=order.what,
        count=count,
        serials=order.serials,
        drawn=drawn,
        witnesses=await _deciding(hub.ledger),
        plan=plan,
    )


async def _plan(hub: Hub, count: int, order: Order) -> tuple[draw.Plan | msgspec.UnsetType, int]:
    """The plan, and how many units are drawn."""
    asked = order.sampling
    if asked is None:
        if order.drawn is None:
            raise BadInput("say how many are `drawn`, or by which plan (`sampling`)")
        return msgspec.UNSET, order.drawn
    if asked.aql > 10:
        raise BadInput("sampling.aql: above 10 nonconformities are counted, and not units; use 10 at most")
    name = asked.characteristic
    found = None if name is None else await lots.series(hub, name, lots.supplier(asked.supplier))
    ask = lots.Ask(lot=order.what, size=count, aql=asked.aql, level=asked.level, standard=asked.standard)
    plan = lots.plan(found or lots.Series("", None, ()), ask)
    if order.drawn not in (None, plan.n):
        raise BadInput(f"the plan's sample is {plan.n} of {count}; leave `drawn` out")
    made = draw.Plan(
        standard=plan.standard,
        aql=f"{plan.aql:g}",
        level=plan.level,
        severity=plan.severity,
        accept=plan.accept,
        reject=plan.reject,
    )
    return made, plan.n


async def _deciding(ledger: Ledger) -> tuple[str, ...]:
    """Of the witnesses that are there, the first of the policy.

    Raises:
        Conflict: none is there, and no entry waits for them.
        Unavailable: the log's first entries are not seen by them yet.
    """
    if ledger.policy.witnesses and ledger.newest is None and (waiting := ledger.status().waiting):
        await ledger.seen(waiting - 1, PATIENCE_S)
    there = ledger.newest.seen.times if ledger.newest else {}
    keys = [str(one.key) for one in ledger.policy.witnesses if one.name in there]
    if ledger.policy.witnesses and not keys:
        raise Conflict("no witness has cosigned the log yet; a draw needs at least one")
    return tuple(keys[:MOST_DECIDING])


async def _find(ledger: Ledger, episode: str, lot_id: str) -> tuple[Entry, Entry | None]:
    for entry, drawn in await _lots(ledger, episode):
        if entry.id == lot_id:
            return entry, drawn
    raise NotFound(f"no lot {lot_id!r} was announced for this episode")


async def _lots(ledger: Ledger, episode: str) -> list[tuple[Entry, Entry | None]]:
    """Each announcement, and its draw."""
    drawn: dict[str, Entry] = {}
    lots = []
    for entry in await ledger.about(episode, LOT, DRAW):
        if entry.document is None:
            continue
        if entry.type == LOT:
            lots.append(entry)
        else:
            drawn.setdefault(draw.decode_draw(entry.document).lot, entry)
    return [(entry, drawn.get(leaf.sha256(entry.document or b""))) for entry in lots]


def _standing(entry: Entry, drawn: Entry | None, said: Sequence[Remark]) -> Standing:
    assert entry.document is not None
    lot = draw.decode_lot(entry.document)
    standing = Standing(
        lot=lot.id,
        what=lot.what,
        count=lot.count,
        drawn=lot.drawn,
        index=entry.index,
        document=leaf.sha256(entry.document),
        deciding=tuple(note.vkey(word).name for word in lot.witnesses),
        plan=lot.plan or None,
    )
    if drawn is None or drawn.document is None:
        return standing
    made = draw.decode_draw(drawn.document)
    units = tuple(map(lot.name, made.units))
    return msgspec.structs.replace(
        standing,
        units=units,
        acceptance=acceptance.judge(lot.id, units, standing.plan, said),
        draw_index=drawn.index,
        draw_document=leaf.sha256(drawn.document),
    )
