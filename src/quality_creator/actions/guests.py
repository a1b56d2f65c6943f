"""Guests: who is invited, how they come in by their personal link, and what the producer does with them."""

import re
import secrets
import uuid
from datetime import UTC, datetime, timedelta
from typing import Annotated, Literal

import msgspec

from quality_creator.actions import audit, sessions
from quality_creator.actions.forum import MOST, Forum
from quality_creator.actions.hub import Hub
from quality_creator.media import wire
from quality_creator.model.clock import Utc
from quality_creator.model.episode import Episode, EpisodeState
from quality_creator.model.errors import BadInput, Conflict, Forbidden, NotFound
from quality_creator.model.guest import TALKBACK, Guest
from quality_creator.model.ids import Slug, SourceId
from quality_creator.model.mix import Channel, Mix
from quality_creator.model.person import Role, Visitor
from quality_creator.model.text import Text
from quality_creator.store import guests as store
from quality_creator.store import people
from quality_creator.store.database import Transaction
from quality_creator.store.people import Link


class Draft(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whom a producer invites."""

    name: Text
    title: Text = Text(zh="", en="")
    """Institution and office, for the card and the lower third."""
    hours: Annotated[float, msgspec.Meta(gt=0, le=24 * 60)] = 72.0
    """How long the link lets them in."""


class Invited(msgspec.Struct, frozen=True, kw_only=True):
    """What the producer sends to the guest; it is shown once."""

    guest: Guest
    path: str
    """Of the page, with the secret."""
    until: Utc


class Attendance(msgspec.Struct, frozen=True, kw_only=True):
    """One guest as the producer sees them."""

    guest: Guest
    until: Utc
    """When the link ends."""
    used: Utc | None
    """When somebody last came by it."""
    sending: bool
    receiving: bool
    condition: wire.SourceCondition | None
    words: str
    level: float | None
    """In dBFS, before any fader; None while nobody measures."""
    speaks: bool
    on: Literal["program", "preview", ""]
    muted: bool
    """By their channel of the show: nobody hears them, wherever they stand."""
    talking: bool
    """Whether the producer talks to them now."""


class Attending(msgspec.Struct, frozen=True, kw_only=True):
    """What a guest's own page shows of where they are."""

    state: EpisodeState
    connects: bool
    """Whether there is something to be connected to: the episode is on air, or rehearses."""
    on: Literal["program", "preview", ""]
    muted: bool
    talking: bool
    sending: str
    """Which connection stands; empty for none."""
    receiving: str


class Pass(msgspec.Struct, frozen=True, kw_only=True):
    """Whom a personal link let in, and where."""

    guest: Guest
    slug: Slug
    link: str


async def forum_of(hub: Hub, slug: Slug) -> Forum:
    """The forum of an episode. Raises NotFound."""
    if slug not in hub.forums:
        episode = await _episode(hub, slug)
        invited = await hub.database.look(store.of_episode, episode.id)
        # Whoever asked meanwhile made the one that counts.
        hub.forums.setdefault(slug, Forum(hub.config.webrtc, (one.guest for one in invited)))
    return hub.forums[slug]


# --- what the producer does ------------------------------------------------------------------------


async def invite(hub: Hub, slug: Slug, draft: Draft, by: Visitor) -> Invited:
    """Make a guest and their link.

    Raises:
        BadInput: a name without a letter in either language, or too long.
        Conflict: the episode has ended, or has as many guests as it can have.
    """
    episode, forum = await free_seat(hub, slug)
    name = _both(draft.name, "name", 64)
    if not name.en:
        raise BadInput("name: give it in at least one language")
    title = _both(draft.title, "title", 128)

    def act(transaction: Transaction) -> Invited:
        link, path = _link(name, slug, by, draft.hours)
        people.add_link(transaction, link)
        guest = seat(transaction, hub, episode, link, name=name, title=title)
        audit.write(transaction, by, "guest.invite", f"{slug} {guest.id}", name=name.en)
        return Invited(guest=guest, path=path, until=link.until)

    invited = await hub.database.transact(act)
    forum.admit(invited.guest)
    return invited


async def free_seat(hub: Hub, slug: Slug) -> tuple[Episode, Forum]:
    """An episode that can have another guest. Raises NotFound, Conflict."""
    episode, forum = await _episode(hub, slug), await forum_of(hub, slug)
    if episode.state in ("ended", "published"):
        raise Conflict("{slug} has ended; nobody can be invited any more", slug=slug)
    if len(forum.guests) >= MOST:
        raise Conflict("there are {most} guests; remove one first", most=MOST)
    return episode, forum


def seat(
    transaction: Transaction, hub: Hub, episode: Episode, link: Link, *, name: Text, title: Text
) -> Guest:
    """Make somebody a guest of an episode, whom a link that is kept lets in; `Forum.admit` has to follow."""
    taken = {*episode.sources, *(camera.id for camera in hub.config.cameras), TALKBACK}
    # Somebody who was removed keeps their id: what they said was aired under it.
    past = store.ids(transaction, episode.id)
    guest = Guest(id=_id(name.en, taken | past), name=name, title=title)
    store.add(transaction, episode.id, guest, link.id, link.made)
    return guest


async def renew(hub: Hub, slug: Slug, guest: SourceId, hours: float, by: Visitor) -> Invited:
    """Give a guest another link; the one before lets nobody in any more. Raises NotFound."""
    episode, forum = await _episode(hub, slug), await forum_of(hub, slug)
    found = _known(forum, guest)

    def act(transaction: Transaction) -> Invited:
        before = next(i for i in store.of_episode(transaction, episode.id) if i.guest.id == guest)
        link, path = _link(found.name, slug, by, hours)
        people.add_link(transaction, link)
        store.change_link(transaction, episode.id, guest, link.id)
        people.revoke_links(transaction, link.made, link=before.link)
        audit.write(transaction, by, "guest.renew", f"{slug} {guest}")
        return Invited(guest=found, path=path, until=link.until)

    return await hub.database.transact(act)


async def remove(hub: Hub, slug: Slug, guest: SourceId) -> None:
    """Send a guest away: their link ends, and so do their connections. Raises NotFound."""
    episode, forum = await _episode(hub, slug), await forum_of(hub, slug)
    _known(forum, guest)

    def act(transaction: Transaction) -> None:
        invited = next(i for i in store.of_episode(transaction, episode.id) if i.guest.id == guest)
        now = datetime.now(UTC)
        people.revoke_links(transaction, now, link=invited.link)
        store.remove(transaction, episode.id, guest, now)

    await hub.database.transact(act)
    forum.dismiss(guest)


async def leave_by(hub: Hub, slug: Slug, link: str) -> None:
    """Send away whomever a link let in, while their episode goes on; it need not be anybody."""
    episode = await _episode(hub, slug)
    if episode.state not in ("planned", "on-air"):
        return
    for invited in await hub.database.look(store.of_episode, episode.id):
        if invited.link == link:
            await remove(hub, slug, invited.guest.id)


async def attendance(hub: Hub, slug: Slug, mix: Mix) -> list[Attendance]:
    """All guests of an episode, as they are at this moment; `mix` is what the show wants of the mixer."""
    episode, forum = await _episode(hub, slug), await forum_of(hub, slug)
    told = _told(hub, slug)
    found = []
    for invited in await hub.database.look(store.of_episode, episode.id):
        guest = forum.guests.get(invited.guest.id, invited.guest)
        seat = forum.seats.get(guest.id, wire.Seat(guest=guest.id))
        source = told.get(guest.id)
        found.append(
            Attendance(
                guest=guest,
                until=invited.until,
                used=invited.used,
                sending=bool(seat.sending),
                receiving=bool(seat.receiving),
                condition=source.condition if source else None,
                words=source.words if source else "",
                level=forum.levels.get(guest.id),
                speaks=forum.speaker == guest.id,
                on=_bus(forum, guest.id),
                muted=_muted(mix, guest.id),
                talking=forum.talking_to == guest.id,
            )
        )
    return found


# --- what guests do --------------------------------------------------------------------------------


async def admit(hub: Hub, secret: str) -> Pass:
    """Whom a link lets in.

    Raises:
        Forbidden: it lets nobody in, or no longer.
    """

    def look(transaction: Transaction) -> Pass:
        link = people.link_by_digest(transaction, sessions.digest(secret))
        if link is None or link.role != Role.GUEST or link.episode is None or link.purpose != "visit":
            raise Forbidden("this link lets nobody in; it may be incomplete. Ask for another.")
        if link.revoked is not None or link.until <= datetime.now(UTC):
            raise Forbidden("this link has ended; ask whoever sent it for another")
        try:
            return Pass(guest=store.by_link(transaction, link.id), slug=link.episode, link=link.id)
        except NotFound as error:
            raise Forbidden("{error}", error=error) from error

    return await hub.database.look(look)


async def came(hub: Hub, found: Pass) -> None:
    """Note that somebody opened a link's page."""
    await hub.database.transact(people.link_used, found.link, datetime.now(UTC))


def attending(state: EpisodeState, forum: Forum, mix: Mix, guest: SourceId) -> Attending:
    """What the guest's page shows at this moment; `mix` is what the show wants of the mixer."""
    seat = forum.seats.get(guest, wire.Seat(guest=guest))
    return Attending(
        state=state,
        connects=forum.open,
        on=_bus(forum, guest),
        muted=_muted(mix, guest),
        talking=forum.talking_to == guest,
        sending=seat.sending,
        receiving=seat.receiving,
    )


# --- below -----------------------------------------------------------------------------------------


async def _episode(hub: Hub, slug: Slug) -> Episode:
    found = await hub.database.episodes.by_slug(slug)
    if found is None:
        raise NotFound("there is no episode {slug!r}", slug=slug)
    return found


def _known(forum: Forum, guest: SourceId) -> Guest:
    found = forum.guests.get(guest)
    if found is None:
        raise NotFound(
            "there is no guest {guest!r}; there are: {there}",
            guest=guest,
            there=tuple(forum.guests) or "–",
        )
    return found


def _told(hub: Hub, slug: Slug) -> dict[SourceId, wire.SourceState]:
    running = hub.air.get(slug) or hub.rehearsals.get(slug)
    return running.desk.sources if running is not None else {}


def _muted(mix: Mix, guest: SourceId) -> bool:
    return mix.channels.get(guest, Channel()).mute


def _bus(forum: Forum, guest: SourceId) -> Literal["program", "preview", ""]:
    mix = forum.mix
    if mix is None:
        return ""
    if guest in mix.program.shown and not mix.black:
        return "program"
    return "preview" if mix.preview is not None and guest in mix.preview.shown else ""


def _link(name: Text, slug: Slug, by: Visitor, hours: float) -> tuple[Link, str]:
    secret = secrets.token_urlsafe(24)
    now = datetime.now(UTC)
    link = Link(
        id=str(uuid.uuid4()),
        digest=sessions.digest(secret),
        purpose="visit",
        name=name.en[:128],
        role=Role.GUEST,
        episode=slug,
        made=now,
        by=by.name,
        until=now + timedelta(hours=hours),
    )
    return link, f"/join/{secret}"


def _both(text: Text, key: str, most: int) -> Text:
    """A text in both languages, the one standing for the other where one is missing."""
    zh, en = text.zh.strip(), text.en.strip()
    if len(zh) > most or len(en) > most:
        raise BadInput("{key}: at most {most} characters", key=key, most=most)
    return Text(zh=zh or en, en=en or zh)


def _id(name: str, taken: set[SourceId]) -> SourceId:
    """A source's id that says who it is, as far as ASCII can."""
    stem = re.sub(r"[^a-z0-9]+", "-", name.lower()).strip("-")[:40].strip("-") or "guest"
    stem = stem if stem not in ("", *taken) else f"{stem}-2"
    number = 2
    while stem in taken:
        number += 1
        stem = f"{stem.rpartition('-')[0]}-{number}"
    return SourceId(stem)
