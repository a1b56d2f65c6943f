"""The whole evidence of a made-up episode, file by file, as a hub publishes it."""

import hashlib
import uuid
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cached_property

import msgspec

from quality_creator.actions import courses, measurement_table, stamped, summary
from quality_creator.media import emsg
from quality_creator.media.box import box
from quality_creator.model.clock import micros
from quality_creator.model.text import Text
from quality_creator.trust import contexts, dissent, dossier, endorsement, evidence
from quality_creator.trust.log import challenge, checkpoint, leaf, living, merkle, note, tile
from tests.actions.shown_charts import Charts
from tests.trust.authorities import ADDRESS, EPISODE, NOW, Signer, World, a_dossier
from tests.trust.c2pa import stream

RENDITIONS = ("720p", "360p")
SEGMENTS = 6
AS_RUN = b'[{"at":0,"scene":"full"}]'


@dataclass
class Episode:
    """An episode with its authorities; `files` makes the evidence as it stands."""

    world: World = field(default_factory=World)
    at: datetime = NOW
    count: int = SEGMENTS
    sizes: tuple[int, ...] = (1_280, 1_280)
    """Bytes of a segment's picture and sound, by rendition."""
    signed: bool = False
    """By C2PA, as on air."""
    alter: Callable[[bytes], bytes] = bytes
    """Changes the batches that are published; the stream stays as it is."""
    other_table: bytes = b""
    """What is endorsed in the place of the measurements' table."""
    charts: Charts = field(default_factory=Charts)
    """What is measured, and how that is judged."""
    started: dossier.Seen = field(default_factory=lambda: dossier.Seen(size=0, root=dossier.tree_root([])))
    """The log's checkpoint that it says it began after."""
    media: dict[str, bytes] = field(default_factory=dict)
    batches: list[bytes] = field(default_factory=list)
    notices: dict[str, bytes] = field(default_factory=dict)

    def __post_init__(self) -> None:
        using = stream.session(lasts_s=86_400)
        for rendition, size in zip(RENDITIONS, self.sizes, strict=True):
            urn = f"urn:c2pa:{uuid.uuid5(uuid.NAMESPACE_URL, rendition)}"
            init = box(b"ftyp", b"iso6") + box(b"moov", box(b"mvhd", rendition.encode()))
            if self.signed:
                init = stream.signed_init(using, urn=urn, init=init)
            self.media[evidence.media(rendition, "init.mp4")] = init
            for number in range(self.count):
                picture = hashlib.sha256(f"{rendition} {number}".encode()).digest() * (size // 32)
                part = box(b"moof", b"") + box(b"mdat", picture)
                part = emsg.insert(part, emsg.encode(self.charts.messages(number)))
                name = evidence.media(rendition, f"{number}.m4s")
                self.media[name] = stream.sign([part], number, using, urn) if self.signed else part
        for number in range(self.count):
            self.batches.append(self.alter(msgspec.json.encode(self.charts.messages(number))))
        start = living.Start(
            type="start/1",
            id="urn:s",
            episode=EPISODE,
            slug="one",
            at="",
            charts="" if self.charts.unwritten else dossier.digest_sri(self.charts.opening),
        )
        self._log(living.encode(start), living.START, start.id)
        self.world.dossier = self._dossier().encode()
        made = dossier.decode(self.world.dossier)
        entry = leaf.leaf_of(
            self.world.dossier, type=dossier.LEAF, id=made.id, issuer="column.example", subject=made.episode
        )
        self._dossier_index = self.world.log.add(entry)

    @cached_property
    def segments(self) -> evidence.Segments:
        """`segments.json`."""
        return evidence.Segments(
            renditions=RENDITIONS,
            inits=tuple(
                evidence.Init(
                    rendition=one,
                    name="init.mp4",
                    digest=evidence.sha256(self.media[evidence.media(one, "init.mp4")]),
                )
                for one in RENDITIONS
            ),
            segments=tuple(
                evidence.Segment(
                    msn=number,
                    utc=micros(NOW) + number * 1_920_000,
                    duration=172_800,
                    digests=tuple(
                        evidence.sha256(self.media[evidence.media(one, f"{number}.m4s")])
                        for one in RENDITIONS
                    ),
                    inits=("init.mp4", "init.mp4"),
                )
                for number in range(self.count)
            ),
        )

    def _dossier(self) -> dossier.Dossier:
        leaves = [bytes.fromhex(evidence.sha256(one)) for one in self.batches]
        return a_dossier(
            started=self.started,
            segments=dossier.Segments(
                algo="sha-256",
                count=self.count,
                root=dossier.tree_root(self.segments.leaves),
                init=dossier.tree_root(self.segments.init_leaves),
                digest=dossier.digest_sri(msgspec.json.encode(self.segments)),
            ),
            measurements=dossier.Measurements(
                schema=evidence.MEASUREMENTS_SCHEMA,
                count=self.count,
                root=dossier.tree_root(leaves),
                table=dossier.Table(schema=measurement_table.SCHEMA, digest=dossier.digest_sri(self.table)),
            ),
            verdicts=tuple(
                dossier.Verdict(
                    chart=one.chart,
                    characteristic=one.characteristic,
                    digest=dossier.digest_sri(msgspec.json.encode(one)),
                )
                for one in self.summaries
            ),
            as_run=dossier.AsRun(digest=dossier.digest_sri(AS_RUN)),
        )

    @cached_property
    def table(self) -> bytes:
        """The measurements as Parquet."""
        return self.other_table or measurement_table.encode(
            map(stamped.decode, self.batches), episode=EPISODE
        )

    @cached_property
    def summaries(self) -> list[summary.AnySummary]:
        """What the charts said."""
        decoded = map(stamped.decode, self.batches)
        known = (b"", b"") if self.charts.unwritten else (self.charts.opening, self.charts.course)
        return summary.summarise(decoded, *known)

    def tell(self, count: int, *, lie: bool = False) -> None:
        """What the log is told while the episode is on air: so many segments were served."""
        segments, batches = self._served
        document = living.Progress(
            type="progress/1",
            id=f"urn:uuid:p{count}",
            episode=EPISODE,
            at="",
            last=count - 1,
            segments=_served(count, batches if lie else segments),
            measurements=_served(count, batches),
        )
        self._log(living.encode(document), living.PROGRESS, document.id)

    @cached_property
    def _served(self) -> tuple[merkle.Hashes, merkle.Hashes]:
        batches = [bytes.fromhex(evidence.sha256(one)) for one in self.batches]
        return _hashes(self.segments.leaves), _hashes(batches)

    def show_code(self, at: datetime) -> None:
        """The log's newest checkpoint gives a code, which is filmed."""
        newest = self.world.log.checkpoint(self.world.signers, at)
        shown = challenge.Challenge(
            type="challenge/1",
            id=f"urn:uuid:c{at}",
            episode=EPISODE,
            code=challenge.code(newest),
            checkpoint=newest.decode(),
            at="",
        )
        self._log(shown.encode(), challenge.CHALLENGE, shown.id)

    def _log(self, data: bytes, kind: str, name: str) -> None:
        self.world.log.add(leaf.leaf_of(data, type=kind, id=name, issuer="column.example", subject=EPISODE))
        self.notices[leaf.sha256(data)] = data

    def endorse(self, one: Signer) -> None:
        """An authority endorses, and it is logged."""
        self.world.log_endorsement(one.endorse(self.world.dossier, days=36_500))

    def dissent(self, one: Signer) -> None:
        """An authority does not vouch for the dossier, and it is logged."""
        data = dissent.issue(
            one.key,
            id="urn:uuid:d",
            issuer=one.did,
            subject=ADDRESS,
            digest=dossier.digest_sri(self.world.dossier),
            reason="a gauge was not calibrated",
            now=NOW,
        )
        self.world.log_document(data, dissent.LEAF, one.did, dossier.digest_sri(self.world.dossier))
        self.notices[leaf.sha256(data)] = data

    def revoke(self, one: Signer, number: int) -> None:
        """An authority takes its endorsement back: first in the log, nowhere else."""
        made = endorsement.read(self.world.endorsements[number].document)
        data = endorsement.issue_change(
            one.key,
            id="urn:uuid:r",
            issuer=one.did,
            endorsement=made.id,
            status="revoked",
            reason="a gauge was not calibrated",
            now=NOW,
        )
        self.world.log_document(data, endorsement.STATUS_LEAF, one.did, made.id)
        self.notices[leaf.sha256(data)] = data

    def files(self, *, media: bool = True, at: datetime = NOW + timedelta(seconds=5)) -> dict[str, bytes]:
        """Every file by its name."""
        world = self.world
        found = {
            evidence.DOSSIER: world.dossier,
            evidence.logged(evidence.DOSSIER): world.log.prove(
                self._dossier_index, world.signers, NOW + timedelta(seconds=1)
            ),
            evidence.SEGMENTS: msgspec.json.encode(self.segments),
            evidence.MEASUREMENTS: b"\n".join(self.batches) + b"\n",
            evidence.TABLE: self.table,
            evidence.AS_RUN: AS_RUN,
            evidence.POLICY: self.policy_text(),
            evidence.numbered("register", 1): world.register(),
        }
        if not self.charts.unwritten:
            found |= {courses.OPENING: self.charts.opening, courses.COURSE: self.charts.course}
        found |= {f"verdicts/{one.characteristic}.json": msgspec.json.encode(one) for one in self.summaries}
        for number, presented in enumerate(world.endorsements, 1):
            name = evidence.numbered("endorsements", number)
            found |= {name: presented.document, evidence.logged(name): presented.proof}
        for number, listed in enumerate(world.lists(self.at).values(), 1):
            found[evidence.numbered("status", number)] = listed
        _, tiles = tile.grow(tile.Tree(), world.log.entries)
        found |= {f"log/{path}": data for path, data in tiles.items() if "entries" in path}
        found["log/checkpoint"] = world.log.checkpoint(world.signers, at)
        found |= {f"log/{leaf.DOCUMENTS}/{name}": data for name, data in self.notices.items()}
        for number, address in enumerate(contexts.addresses()):
            found[evidence.numbered("contexts", number)] = contexts.text(address)
        if media:
            found |= self.media
        index = evidence.Index(
            format=evidence.FORMAT,
            episode="one",
            title=Text(zh="一", en="One"),
            brand=Text(zh="牌", en="Brand"),
            address=ADDRESS.removesuffix("/" + evidence.DOSSIER),
            files=tuple(sorted(found)),
        )
        return {evidence.INDEX: msgspec.json.encode(index), **found}

    def policy_text(self) -> bytes:
        """The policy's file."""
        world = self.world
        names = [one.did.removeprefix("did:web:") for one in world.signers]
        lines = [f"log {checkpoint.log_key(world.log.origin, world.log.key)}"]
        for name, one in zip(names, world.signers, strict=True):
            lines.append(f"witness {name} {checkpoint.witness_key(name, one.witness)} https://{name}/")
        lines += [f"group inspection 2 {' '.join(names[1:])}", f"group double all {names[0]} inspection"]
        return "\n".join([*lines, "quorum double", ""]).encode()


def _hashes(leaves: list[bytes]) -> merkle.Hashes:
    return merkle.in_memory([merkle.leaf_hash(one) for one in leaves])


def _served(count: int, hashes: merkle.Hashes) -> living.Served:
    return living.Served(count=count, root=note.encode64(merkle.root(count, hashes)))


def doubly_endorsed(at: datetime = NOW) -> Episode:
    """An episode that the committee and one institution have endorsed; its status lists are of `at`."""
    episode = Episode(at=at)
    episode.endorse(episode.world.committee)
    episode.endorse(episode.world.institutions[0])
    return episode
