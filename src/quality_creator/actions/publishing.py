"""Publish an ended episode: its dossier is made, logged, and everything that it names can be read by anyone.

The life of a proof: what was aired and measured is listed and digested (`publish`) → the dossier's entry is
in the log, and a quorum of witnesses sees it → authorities fetch the dossier, look at what it names, sign at
their own desks and send what they signed (`authorities.take`) → `read` hands out every file of the evidence,
the newest status lists and the newest checkpoint among them, as `trust.evidence` names them.
"""

import asyncio
import hashlib
from collections.abc import Awaitable, Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from typing import TypeVar

import msgspec

from quality_creator import __version__
from quality_creator.actions import (
    authorities,
    courses,
    episodes,
    measurement_table,
    seen,
    stamped,
    standings,
    summary,
)
from quality_creator.actions.hub import Hub
from quality_creator.actions.ledger import Ledger
from quality_creator.actions.progress import subject
from quality_creator.actions.show import Show
from quality_creator.actions.stream import NAMES
from quality_creator.config import AnyGauge
from quality_creator.model.episode import Episode
from quality_creator.model.errors import Conflict, NotFound, Unavailable
from quality_creator.model.event import TimedMessage
from quality_creator.model.ids import Slug
from quality_creator.store import ledger as kept
from quality_creator.store.database import Transaction
from quality_creator.store.episodes import publish as mark_published
from quality_creator.store.ledger import Digests, Entry
from quality_creator.store.recording import Recording, StoredSegment
from quality_creator.trust import dossier, endorsement, evidence, remark
from quality_creator.trust.dossier import Dossier
from quality_creator.trust.log import living, proof

T = TypeVar("T")

_AT_ONCE = 8


class Published(msgspec.Struct, frozen=True, kw_only=True):
    """What became of it."""

    dossier: str
    """Its address."""
    digest: str
    """digestSRI: what authorities endorse."""
    index: int
    """Of its entry in the log."""


def address(hub: Hub) -> str:
    """The hub's public address, without a slash at the end."""
    config = hub.config.hub
    return (config.address or f"http://{config.host}:{config.port}").rstrip("/")


async def publish(hub: Hub, slug: Slug) -> Published:
    """Make an ended episode's dossier, enter it into the log, and let anyone read all that it names.

    Raises:
        NotFound: there is no such episode, or nothing of it was ever on air.
        Conflict: it has not ended, or is published already.
        Unavailable: what is kept of it can't be read now.
    """
    episode = await episodes.by_slug(hub, slug)
    if episode.state != "ended":
        raise Conflict(f"{slug} is {episode.state}; an episode is published once, after it has ended")
    await _require_end(hub.ledger, episode)
    await hub.replays.get(slug)  # puts away what the last hub could not
    recording = await hub.recordings.open(episode.id)
    files = await _files(hub, episode, recording)
    for name, content in files.items():
        await hub.recordings.objects.put_new(_object(episode, name), content)
    while True:
        remarks = await hub.ledger.about(subject(episode), remark.LEAF)
        made = await _dossier(hub, episode, files, remarks)
        index = await hub.ledger.transact(partial(_enter, hub.ledger, episode, made, len(remarks)))
        if index is not None:
            return Published(dossier=made.id, digest=dossier.digest_sri(made.encode()), index=index)


def _enter(
    ledger: Ledger, episode: Episode, made: Dossier, remarks: int, transaction: Transaction
) -> int | None:
    """The dossier's place in the log; None where another remark came in before it."""
    kept.hold(transaction)
    if len(kept.about(transaction, subject(episode), (remark.LEAF,))) != remarks:
        return None
    mark_published(transaction, episode.id)
    return ledger.enter_in(
        transaction, made.encode(), type=dossier.LEAF, id=made.id, subject=subject(episode)
    )


# --- making ----------------------------------------------------------------------------------------------


async def _files(hub: Hub, episode: Episode, recording: Recording) -> dict[str, bytes]:
    """What the dossier names, file by file."""
    rows = await recording.index()
    served = {one.msn: one for one in await hub.database.look(kept.digests_of, episode.id)}
    digests = await _each(rows, lambda row: _digests(recording, row, served.get(row.msn)))
    # A batch for each segment that has digests: so the log counted them, too.
    listed = [row for row, found in zip(rows, digests, strict=True) if found]
    batches = await _each(listed, lambda row: recording.messages(row.msn))
    segments = evidence.Segments(
        renditions=NAMES,
        inits=tuple(await _inits(recording, rows)),
        segments=tuple(
            evidence.Segment(
                msn=row.msn,
                utc=row.utc,
                duration=row.duration,
                digests=tuple(one.hex() for one in found),
                inits=tuple(row.inits[name] for name in NAMES),
                recorded=row.recorded,
            )
            for row, found in zip(rows, digests, strict=True)
        ),
    )
    show = await Show.open(hub.database, episode)
    files = {
        evidence.SEGMENTS: msgspec.json.encode(segments),
        evidence.MEASUREMENTS: b"".join(batch + b"\n" for batch in batches),
        evidence.AS_RUN: msgspec.json.encode(show.state.as_run),
    }
    about = subject(episode)
    files[evidence.TABLE] = await asyncio.to_thread(
        lambda: measurement_table.encode(map(stamped.decode, batches), episode=about)
    )
    return files | await _charts(hub, episode, batches)


async def _charts(hub: Hub, episode: Episode, batches: Sequence[bytes]) -> dict[str, bytes]:
    """The charts' verdicts, and what they are computed from besides the stream."""

    def decoded() -> Iterator[list[TimedMessage]]:
        return map(stamped.decode, batches)

    opening = await hub.database.look(standings.opening, episode.id)
    shown = await asyncio.to_thread(lambda: seen.shown(decoded()))
    course = await hub.database.look(standings.course, episode.id, shown) if opening else b""
    files = {courses.OPENING: opening, courses.COURSE: course} if opening else {}
    for one in await asyncio.to_thread(lambda: summary.summarise(decoded(), opening, course)):
        files[f"verdicts/{one.characteristic}.json"] = msgspec.json.encode(one)
    return files


class _Judged(msgspec.Struct):
    """What a dossier says of a verdict: of one characteristic, or of a chart of several by its own name."""

    chart: str
    characteristic: str


async def _dossier(hub: Hub, episode: Episode, files: dict[str, bytes], remarks: Sequence[Entry]) -> Dossier:
    segments = evidence.decode_segments(files[evidence.SEGMENTS])
    batches = files[evidence.MEASUREMENTS].splitlines()
    verdicts = [
        (msgspec.json.decode(data, type=_Judged), dossier.digest_sri(data))
        for name, data in sorted(files.items())
        if name.startswith("verdicts/")
    ]
    return Dossier(
        type="dossier/1",
        id=f"{address(hub)}/episodes/{episode.slug}/proof/{evidence.DOSSIER}",
        episode=subject(episode),
        factory="",
        started=await _started(hub.ledger, episode),
        segments=dossier.Segments(
            algo="sha-256",
            count=len(segments.leaves),
            root=dossier.tree_root(segments.leaves),
            init=dossier.tree_root(segments.init_leaves),
            digest=dossier.digest_sri(files[evidence.SEGMENTS]),
            missing=segments.missing,
        ),
        measurements=dossier.Measurements(
            schema=evidence.MEASUREMENTS_SCHEMA,
            count=len(batches),
            root=dossier.tree_root([hashlib.sha256(one).digest() for one in batches]),
            table=dossier.Table(
                schema=measurement_table.SCHEMA, digest=dossier.digest_sri(files[evidence.TABLE])
            ),
            instruments=tuple(map(_instrument, hub.config.gauges)),
        ),
        verdicts=tuple(
            dossier.Verdict(chart=one.chart, characteristic=one.characteristic, digest=digest)
            for one, digest in verdicts
        ),
        remarks=tuple(map(_remark, remarks)),
        as_run=dossier.AsRun(digest=dossier.digest_sri(files[evidence.AS_RUN])),
        software=dossier.Software(name="quality-creator", version=__version__),
    )


def _instrument(gauge: AnyGauge) -> dossier.Instrument:
    known = gauge.calibration
    if known is None:
        return dossier.Instrument(id=gauge.id)
    stated = {"certificate": known.certificate, "by": known.by, "due": known.due.isoformat()}
    return dossier.Instrument(id=gauge.id, calibration=stated)


def _remark(entry: Entry) -> dossier.Remark:
    assert entry.document is not None
    said = remark.decode(entry.document)
    return dossier.Remark(expert=said.remark.expert, digest=dossier.digest_sri(said.data))


async def _started(ledger: Ledger, episode: Episode) -> dossier.Seen | None:
    """The checkpoint that was the newest when the episode began, as the log was told then."""
    for entry in await ledger.about(subject(episode), living.START):
        told = living.decode(entry.document or b"")
        if isinstance(told, living.Start) and told.started is not None:
            return dossier.Seen(size=told.started.size, root=told.started.root)
    return None


async def _require_end(ledger: Ledger, episode: Episode) -> None:
    """That the log was told all that was served, where it was told anything."""
    kinds = {one.type for one in await ledger.about(subject(episode), living.START, living.END)}
    if kinds == {living.START}:
        raise Unavailable("the log has not the end of the episode yet; try again in some seconds")


async def _digests(recording: Recording, row: StoredSegment, served: Digests | None) -> list[bytes]:
    """A segment's digests as it was served; where the log has none of it, as it is kept."""
    if served is not None:
        return [served.segments[start : start + 32] for start in range(0, len(served.segments), 32)]
    if not row.recorded:
        return []
    return [hashlib.sha256(await recording.segment(name, row.msn)).digest() for name in NAMES]


async def _inits(recording: Recording, rows: Sequence[StoredSegment]) -> list[evidence.Init]:
    """Every init segment, in the order of first use."""
    named = dict.fromkeys((name, row.inits[name]) for row in rows for name in NAMES)
    return [
        evidence.Init(
            rendition=rendition, name=name, digest=evidence.sha256(await recording.init(rendition, name))
        )
        for rendition, name in named
    ]


async def _each(rows: Sequence[StoredSegment], act: Callable[[StoredSegment], Awaitable[T]]) -> list[T]:
    """Some at a time, in their order."""
    found: list[T] = []
    for start in range(0, len(rows), _AT_ONCE):
        found += await asyncio.gather(*map(act, rows[start : start + _AT_ONCE]))
    return found


def _object(episode: Episode, name: str) -> str:
    return f"episodes/{episode.id}/proof/{name}"


# --- reading ---------------------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class Case:
    """A published episode and the entries of the log that its evidence consists of."""

    episode: Episode
    dossier: Entry
    remarks: Sequence[bytes]
    """In the dossier's order."""
    endorsements: Sequence[Entry]
    registers: Sequence[bytes]
    approvals: Sequence[bytes]
    lists: Sequence[bytes]
    """The newest of each address that an endorsement names."""

    @property
    def data(self) -> bytes:
        """The dossier's bytes."""
        assert self.dossier.document is not None
        return self.dossier.document


async def case(hub: Hub, slug: Slug) -> Case:
    """A published episode's evidence. Raises NotFound for one that is not published."""
    episode = await episodes.by_slug(hub, slug)
    made = [one for one in await hub.ledger.about(subject(episode), dossier.LEAF) if one.document]
    if episode.state != "published" or not made:
        raise NotFound(f"{slug} is not published; there is no evidence of it yet")
    entry = made[-1]
    assert entry.document is not None
    given = await hub.ledger.about(dossier.digest_sri(entry.document), endorsement.LEAF)
    endorsements = [one for one in given if one.document]
    registers = await authorities.register_versions(hub.ledger)
    return Case(
        episode,
        entry,
        [one.document for one in await hub.ledger.about(subject(episode), remark.LEAF) if one.document],
        endorsements,
        registers,
        await authorities.approvals(hub.ledger, registers),
        await _lists(hub.ledger, endorsements),
    )


async def status_of(hub: Hub, where: str) -> bytes:
    """The newest status list of an address. Raises NotFound."""
    found = await _newest(hub.ledger, where)
    if found is None:
        raise NotFound(f"there is no status list {where}")
    return found


async def read(hub: Hub, slug: Slug, name: str) -> bytes:
    """One file of a published episode's evidence. Raises NotFound, Unavailable, BadPayload for its name."""
    found = await case(hub, slug)
    folder, _, rest = evidence.check_name(name).partition("/")
    numbered = {
        "remarks": found.remarks,
        "register": found.registers,
        "approvals": found.approvals,
        "status": found.lists,
    }
    if folder in numbered:
        return _numbered(numbered[folder], rest, name)
    match folder:
        case evidence.LOG:
            return await hub.ledger.read(rest)
        case evidence.MEDIA:
            return await _media(hub, slug, rest)
        case "endorsements":
            return await _endorsement(hub, found, rest)
    return await _single(hub, found, name)


async def _single(hub: Hub, found: Case, name: str) -> bytes:
    match name:
        case evidence.INDEX:
            return msgspec.json.encode(_index(hub, found, charted=await _charted(hub, found)))
        case evidence.DOSSIER:
            return found.data
        case evidence.POLICY:
            return hub.ledger.policy_text
    if name == evidence.logged(evidence.DOSSIER):
        return await hub.ledger.proof(found.dossier.index)
    return await hub.recordings.objects.get(_object(found.episode, name))


async def _endorsement(hub: Hub, found: Case, rest: str) -> bytes:
    """An endorsement, or the proof that it was logged."""
    entry = _numbered(found.endorsements, rest.removesuffix(proof.SUFFIX), rest)
    if rest.endswith(proof.SUFFIX):
        return await hub.ledger.proof(entry.index)
    assert entry.document is not None
    return entry.document


async def _charted(hub: Hub, found: Case) -> bool:
    """Whether it is kept where the charts stood."""
    try:
        await hub.recordings.objects.get(_object(found.episode, courses.COURSE))
    except NotFound:
        return False
    return True


def _index(hub: Hub, found: Case, *, charted: bool) -> evidence.Index:
    made = dossier.decode(found.data)
    names = [evidence.DOSSIER, evidence.logged(evidence.DOSSIER), evidence.SEGMENTS, evidence.MEASUREMENTS]
    names += [evidence.TABLE] if made.measurements.table else []
    names += [evidence.AS_RUN] if made.as_run else []
    names += [evidence.POLICY]
    names += [f"verdicts/{one.characteristic}.json" for one in made.verdicts]
    names += [courses.OPENING, courses.COURSE] if charted else []
    for folder, documents in (
        ("remarks", found.remarks),
        ("register", found.registers),
        ("approvals", found.approvals),
        ("status", found.lists),
    ):
        names += [evidence.numbered(folder, number) for number, _ in enumerate(documents, 1)]
    published = hub.ledger.newest.published.size if hub.ledger.newest else 0
    for number, one in enumerate(found.endorsements, 1):
        if one.index < published:  # of one that no witness has seen there is no proof
            name = evidence.numbered("endorsements", number)
            names += [name, evidence.logged(name)]
    return evidence.Index(
        format=evidence.FORMAT,
        episode=found.episode.slug,
        title=found.episode.title,
        brand=found.episode.brand,
        address=f"{address(hub)}/episodes/{found.episode.slug}/proof",
        files=tuple(names),
    )


async def _media(hub: Hub, slug: Slug, rest: str) -> bytes:
    stream = await episodes.stream(hub, slug)
    rendition, _, name = rest.partition("/")
    if name.endswith(".mp4"):
        return await stream.init(rendition, name)
    number = name.removesuffix(".m4s")
    if not number.isdecimal() or len(number) > 9:
        raise NotFound(f"nothing is called {name}")
    return await stream.segment(rendition, int(number))


async def _lists(ledger: Ledger, endorsements: Sequence[Entry]) -> list[bytes]:
    found = []
    for where in dict.fromkeys(place for one in endorsements for place in _status_of(one.document or b"")):
        newest = await _newest(ledger, where)
        found += [newest] if newest is not None else []
    return found


async def _newest(ledger: Ledger, where: str) -> bytes | None:
    """The newest list of an address; the taking in keeps them in order."""
    entries = await ledger.about(where, endorsement.LIST_LEAF)
    return entries[-1].document if entries else None


def _status_of(data: bytes) -> list[str]:
    return [one.address for one in endorsement.read(data).status]


def _numbered(things: Sequence[T], rest: str, name: str) -> T:
    number = rest.removesuffix(".json")
    if not number.isdecimal() or len(number) > 9 or not 0 < int(number) <= len(things):
        raise NotFound(f"there is no {name}")
    return things[int(number) - 1]
