"""What experts say of a broadcast: taken in, entered into the log, and waiting to be taken on air.

The life of a remark: a browser signs it with a key that stays there (`trust.remark`) → `enter` checks whose
key it is, that nothing in it contradicts the episode, and gives it its place in the log, all in one
transaction → the show's own log says that it came, so that the studio sees it → a producer takes it on air
(`actions.logged_graphics`) → publishing the episode puts it into the dossier, aired or not.

A hub that is stopped after the transaction has the remark: the show hears of it when it is opened next. A
browser that got no answer sends the same bytes again, and is told the same place.
"""

import hashlib
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Literal

import msgspec

from quality_creator.actions import draws, episodes, logged_graphics
from quality_creator.actions.hub import Hub
from quality_creator.actions.progress import subject
from quality_creator.actions.show import Show
from quality_creator.actions.stream import NAMES
from quality_creator.model.clock import MediaTime, Micros, micros
from quality_creator.model.episode import Episode, EpisodeState
from quality_creator.model.errors import BadInput, Conflict, Forbidden, NotFound
from quality_creator.model.ids import CharacteristicId, Slug
from quality_creator.model.person import Role, Visitor
from quality_creator.model.text import Text
from quality_creator.show import event
from quality_creator.show.state import ExpertRemark, Line, remark_on_air
from quality_creator.store import episodes as store
from quality_creator.store import institutions, ledger
from quality_creator.store.database import Transaction
from quality_creator.store.institutions import ExpertKey, Institution, KeyState
from quality_creator.store.ledger import Entry
from quality_creator.trust import dossier, multikey, remark
from quality_creator.trust.log import note
from quality_creator.trust.remark import LEAF, Signed

SKEW, LATEST = timedelta(seconds=60), timedelta(seconds=900)
"""How far a proof's time may be after, and before, the hub's clock: as for endorsements."""


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """A remark's place in the log."""

    id: str
    index: int
    sha256: str


# --- taking in -------------------------------------------------------------------------------------------


async def enter(hub: Hub, slug: Slug, visitor: Visitor, data: bytes) -> Entered:
    """Take in what an expert signed, and enter it into the log.

    Raises:
        NotFound: there is no such episode.
        BadPayload: it is no remark, or not signed by the key that it names.
        Forbidden: the key is not enrolled, approved and this person's; or it speaks for somebody else.
        BadInput: it contradicts the episode: a span that was not aired yet, a unit that was not drawn.
        Conflict: another remark has its id, or the episode is published.
        Unavailable: it can't be kept now.
    """
    episode = await episodes.by_slug(hub, slug)
    signed = remark.decode(data)
    made = signed.remark
    if made.episode != subject(episode):
        raise BadInput(
            "the remark is about {episode}; {slug} is {subject}",
            episode=made.episode,
            slug=slug,
            subject=subject(episode),
        )
    show = await episodes.show_of(hub, episode)
    await _check_episode(hub, episode, signed)

    def act(transaction: Transaction) -> tuple[int, Institution]:
        ledger.hold(transaction)
        institution = _check_key(transaction, visitor, signed)
        told = ledger.about(transaction, made.episode, (LEAF,))
        for one in told:
            if one.id == made.id:
                if one.document != data:
                    raise Conflict("another remark has the id {id}; sign it with a new one", id=made.id)
                return one.index, institution
        # A remark that reached the log before is answered, however late its sender asks again.
        if store.published(transaction, episode.id):
            raise Conflict("{slug} is published; its dossier is made, and nothing is added to it", slug=slug)
        _check_time(signed, datetime.now(UTC))
        _check_withdrawal(made, told)
        index = hub.ledger.enter_in(
            transaction, data, type=LEAF, id=made.id, subject=made.episode, issuer=made.expert
        )
        return index, institution

    index, institution = await hub.ledger.transact(act)
    await _tell(show, index, made, institution.name)
    if made.withdraws is not None:
        await logged_graphics.take_off_withdrawn(hub, slug, made.withdraws)
    return Entered(id=made.id, index=index, sha256=hashlib.sha256(data).hexdigest())


def _check_key(transaction: Transaction, visitor: Visitor, signed: Signed) -> Institution:
    """That the key is enrolled and approved, and that whoever sends is who speaks."""
    made, person = signed.remark, visitor.person
    if person is None or not visitor.may(Role.EXPERT):
        raise Forbidden("only an expert with an account signs remarks; a personal link is not enough")
    text = multikey.encode(signed.public)
    key = next((one for one in institutions.keys(transaction, person.id) if one.key == text), None)
    if key is None:
        raise Forbidden("this key is not enrolled by you; enrol it on your page first")
    if key.state == "waiting":
        raise Forbidden("this key waits for approval; read its last characters out to your institution")
    if key.state == "revoked":
        raise Forbidden("this key is revoked; make a new one on your page")
    institution = next(
        (one for one in institutions.everything(transaction) if one.id == visitor.institution), None
    )
    if institution is None or key.institution != institution.id or made.institution != institution.did:
        raise Forbidden("the key does not speak for {institution}", institution=made.institution)
    if made.name != person.name:
        raise Forbidden(
            "the remark names {name!r}; the account's name is {account!r}",
            name=made.name,
            account=person.name,
        )
    return institution


def _check_time(signed: Signed, now: datetime) -> None:
    if not now - LATEST <= signed.created <= now + SKEW:
        raise BadInput(
            "it says that it was signed at {signed:%H:%M:%S} UTC; here it is {now:%H:%M:%S}. Set the"
            " clock right, or sign it again",
            signed=signed.created,
            now=now,
        )


def _check_withdrawal(made: remark.Remark, told: Sequence[Entry]) -> None:
    if made.withdraws is None:
        return
    found = [remark.decode(one.document).remark for one in told if one.document is not None]
    mine = next((one for one in found if one.id == made.withdraws), None)
    if mine is None:
        raise NotFound("there is no remark {id} to withdraw", id=made.withdraws)
    if (mine.expert, mine.institution) != (made.expert, made.institution):
        raise Forbidden("only its own expert withdraws a remark, with the same key")
    if mine.kind == "withdrawal":
        raise BadInput("a withdrawal can't be withdrawn; make the remark again")
    if any(one.withdraws == made.withdraws for one in found):
        raise Conflict("this remark is withdrawn already")


async def _check_episode(hub: Hub, episode: Episode, signed: Signed) -> None:
    """That what the remark is about was there to be seen."""
    made = signed.remark
    if made.kind == "withdrawal":
        return
    edge = await _edge(hub, episode)
    if made.span is not None and made.span.to > edge:
        raise BadInput("span: this was not on air yet")
    _check_seen(hub, made.seen)
    if made.about is None:
        return
    if made.about.characteristic is not None:
        known = {one.id for one in hub.config.characteristics}
        if CharacteristicId(made.about.characteristic) not in known:
            raise BadInput(
                "about: there is no characteristic {characteristic!r}",
                characteristic=made.about.characteristic,
            )
    if made.about.lot is not None:
        units = [made.about.unit] if made.about.unit else [one.unit for one in made.results or ()]
        await _check_units(hub, episode, made.about.lot, units)
    if made.about.frame is not None:
        await _check_frame(hub, episode, made.about.frame, edge)


def _check_seen(hub: Hub, seen: dossier.Seen | None) -> None:
    """A page that knew more of the log than the log has was lied to."""
    newest = hub.ledger.newest
    if seen is not None and (newest is None or seen.size > newest.published.size):
        raise BadInput("seen: the log has no such checkpoint yet; load the page again")


async def _check_units(hub: Hub, episode: Episode, lot: str, units: Sequence[str]) -> None:
    found = next((one for one in await draws.everything(hub, episode.slug) if one.lot == lot), None)
    if found is None:
        raise BadInput("about: no lot {lot} was announced for this episode", lot=lot)
    if strangers := sorted({*units} - {*found.units}):
        raise BadInput("these units were not drawn: {strangers}", strangers=tuple(strangers[:5]))


async def _check_frame(hub: Hub, episode: Episode, frame: remark.Frame, edge: MediaTime) -> None:
    if frame.at > edge:
        raise BadInput("frame: this was not on air yet")
    stream = await episodes.stream(hub, episode.slug)
    for name in NAMES:
        try:
            data = await stream.segment(name, frame.segment)
        except NotFound:
            continue
        if hashlib.sha256(data).hexdigest() == frame.sha256:
            return
    raise BadInput(
        "frame: segment {segment} was not served with these bytes; wait till it is whole",
        segment=frame.segment,
    )


async def _edge(hub: Hub, episode: Episode) -> MediaTime:
    """How far the programme was aired."""
    live = hub.air.get(episode.slug)
    if live is not None:
        return live.edge
    if episode.state == "planned":
        raise BadInput("{slug} has not begun; there is nothing to remark on yet", slug=episode.slug)
    index = await (await hub.recordings.open(episode.id)).index()
    return MediaTime(index[-1].start + index[-1].duration if index else 0)


async def _tell(show: Show, index: int, made: remark.Remark, institution: Text) -> None:
    """Let the studio know of a remark, once."""
    if any(one.id == made.id for one in show.state.remarks):
        return
    came = event.ExpertRemarked(
        id=made.id,
        index=index,
        kind=made.kind,
        name=made.name,
        institution=institution,
        words=made.words,
        language=made.language,
        withdraws=made.withdraws or "",
    )
    show.enter(made.name, came)
    await show.save()


async def catch_up(hub: Hub, episode: Episode) -> Show:
    """The show of an episode, after it heard of what came in before a stop. Raises Unavailable."""
    show = await episodes.show_of(hub, episode)
    known = {one.id for one in show.state.remarks}
    missing = [one for one in await hub.ledger.about(subject(episode), LEAF) if one.id not in known]
    if missing:
        names = {one.did: one.name for one in await hub.database.look(institutions.everything)}
        for entry in missing:
            assert entry.document is not None
            made = remark.decode(entry.document).remark
            name = names.get(made.institution, Text(zh=made.institution, en=made.institution))
            await _tell(show, entry.index, made, name)
    return show


# --- what the desk sees ----------------------------------------------------------------------------------


class OwnKey(msgspec.Struct, frozen=True, kw_only=True):
    """One of the expert's keys; the browser finds its own among them."""

    did: str
    state: KeyState
    device: str


class Who(msgspec.Struct, frozen=True, kw_only=True):
    """Whoever sits at the desk."""

    person: str
    """The account's id; empty for whoever has none."""
    name: str
    did: str
    """Of the newest approved key; empty where there is none."""
    key: KeyState | Literal["none"]
    """Of the newest key that is not revoked; else of the newest."""
    keys: tuple[OwnKey, ...]
    institution: str
    """did:web; empty for whoever speaks for none."""
    institution_name: Text | None
    signs: bool
    """Whether remarks are taken from them: an expert with an account."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """A remark as the desk shows it."""

    index: int
    entered: Micros
    state: Literal["entered", "on-air", "withdrawn"]
    aired: bool
    """It was on air at some time."""
    done: bool
    """What it asked for was done."""
    institution_name: Text
    document: msgspec.Raw
    """As it was signed."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """All that the desk's page needs, programme and charts aside."""

    now: Micros
    """The hub's clock."""
    who: Who
    episode: str
    """urn:uuid:"""
    slug: Slug
    title: Text
    state: EpisodeState
    edge: MediaTime
    """Up to where the programme was aired; a span ends there at the latest."""
    seen: dossier.Seen | None
    """The newest checkpoint of the log."""
    lots: tuple[draws.Standing, ...]
    remarks: tuple[Told, ...]
    """In the log's order."""
    chat: tuple[Line, ...]


async def desk(hub: Hub, slug: Slug, visitor: Visitor) -> Desk:
    """What the desk shows at this moment. Raises NotFound, Unavailable."""
    episode = await episodes.by_slug(hub, slug)
    show = await catch_up(hub, episode)
    newest = hub.ledger.newest
    seen = newest.seen.signed.checkpoint if newest else None
    entries = await hub.ledger.about(subject(episode), LEAF)
    return Desk(
        now=micros(datetime.now(UTC)),
        who=await _who(hub, visitor),
        episode=subject(episode),
        slug=slug,
        title=episode.title,
        state=episode.state,
        edge=MediaTime(0) if episode.state == "planned" else await _edge(hub, episode),
        seen=dossier.Seen(size=seen.size, root=note.encode64(seen.root)) if seen else None,
        lots=tuple(await draws.everything(hub, slug)),
        # One that came in this very moment is not known to the show yet; the next look has it.
        remarks=tuple(told(show, entry) for entry in entries if _known(show, entry.id) is not None),
        chat=show.state.chat,
    )


def told(show: Show, entry: Entry) -> Told:
    """A remark of the log, and where the show stands with it."""
    found = _known(show, entry.id)
    assert found is not None
    on_air = remark_on_air(show.state, entry.id)
    return Told(
        index=entry.index,
        entered=micros(entry.entered),
        state="on-air" if on_air else "withdrawn" if found.withdrawn else "entered",
        aired=found.aired,
        done=found.done,
        institution_name=found.institution,
        document=msgspec.Raw(entry.document or b"null"),
    )


def _known(show: Show, name: str) -> ExpertRemark | None:
    return next((one for one in show.state.remarks if one.id == name), None)


async def _who(hub: Hub, visitor: Visitor) -> Who:
    person = visitor.person

    def look(transaction: Transaction) -> tuple[Institution | None, Sequence[ExpertKey]]:
        known = {one.id: one for one in institutions.everything(transaction)}
        mine = institutions.keys(transaction, person.id) if person else ()
        return known.get(visitor.institution) if visitor.institution else None, mine

    institution, keys = await hub.database.look(look)
    usable = [one for one in keys if one.state != "revoked"]
    approved = [one for one in keys if one.state == "approved"]
    return Who(
        person=person.id if person else "",
        name=visitor.name,
        did=f"did:key:{approved[0].key}" if approved else "",
        key=usable[0].state if usable else keys[0].state if keys else "none",
        keys=tuple(OwnKey(did=f"did:key:{one.key}", state=one.state, device=one.device) for one in keys),
        institution=institution.did if institution else "",
        institution_name=institution.name if institution else None,
        signs=person is not None and institution is not None and visitor.may(Role.EXPERT),
    )


# --- behind the scenes -----------------------------------------------------------------------------------

LONGEST_LINE = 2_000


async def chat(hub: Hub, slug: Slug, words: str, by: str) -> None:
    """Write to the others behind the scenes; it stays in the show's own log, and is never published.

    Raises:
        NotFound: there is no such episode.
        BadInput: nothing is said, or too much.
    """
    if not 0 < len(words.strip()) <= LONGEST_LINE:
        raise BadInput("words: from 1 to {most} characters", most=LONGEST_LINE)
    show = await episodes.show_of(hub, await episodes.by_slug(hub, slug))
    show.enter(by, event.Chatted(words=words.strip()))
    await show.save()
