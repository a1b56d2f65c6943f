"""A hub with an ended episode, a log, and witnesses that cosign it: real parts, in this process."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

import httpx
import msgspec

from quality_creator.actions import progress, publishing, signing
from quality_creator.actions.evidence_source import Source
from quality_creator.actions.hub import Hub
from quality_creator.actions.ledger import Ledger
from quality_creator.actions.stream import NAMES
from quality_creator.actions.witness import Witness
from quality_creator.media import cmaf, emsg
from quality_creator.media.box import box
from quality_creator.model.clock import MediaTime, Micros, micros
from quality_creator.model.episode import Episode
from quality_creator.model.event import TimedMessage
from quality_creator.model.ids import EpisodeId, Slug, SourceId
from quality_creator.model.scene import Scene
from quality_creator.model.text import Text
from quality_creator.store import standings
from quality_creator.store.database import Transaction
from quality_creator.store.keys import Keys
from quality_creator.store.recording import SpooledPart
from quality_creator.trust import register
from quality_creator.trust.log import checkpoint
from quality_creator.web.witness import build
from tests.actions.shown_charts import Charts
from tests.trust.authorities import Signer, signer
from tests.web.house import House, house

SEGMENTS = 4
CONFIG = """
[log]
name = "column.example/log"
policy = "policy"
"""


@dataclass
class Publisher:
    """A hub, and the desks of its authorities."""

    house: House
    committee: Signer = field(default_factory=lambda: signer("committee", "committee"))
    institutions: Sequence[Signer] = field(default_factory=lambda: [signer("inst1")])
    away: set[str] = field(default_factory=set)
    """Witnesses that do not answer, by their names in the policy: `committee`, `inst1`, …"""

    @property
    def hub(self) -> Hub:
        return self.house.hub

    @property
    def signers(self) -> list[Signer]:
        return [self.committee, *self.institutions]

    @property
    def institution(self) -> Signer:
        """The first, where one is enough."""
        return self.institutions[0]

    def source(self) -> Source:
        """The evidence of the episode, for whoever reads it from another thread than the hub's."""
        return _Files(self.hub, asyncio.get_running_loop())

    def register(self, **changes: object) -> bytes:
        """The first register, or one that differs from it."""
        settings = {
            "id": "urn:uuid:99999999-2222-4333-8444-555555555555",
            "type": register.KIND,
            "version": 1,
            "quorum": len(self.institutions) // 2 + 1,
            "authorities": tuple(one.authority(demonstration=True) for one in self.signers),
        }
        return register.issue(
            register.Register(**(settings | changes)),  # type: ignore[arg-type]
            self.committee.key,
            issuer=self.committee.did,
            credential_id="urn:uuid:1",
            now=datetime.now(UTC),
        )


class _Files:
    online = True
    place: Path | None = None

    def __init__(self, hub: Hub, loop: asyncio.AbstractEventLoop) -> None:
        self._hub = hub
        self._loop = loop

    def read(self, name: str) -> bytes:
        reading = publishing.read(self._hub, Slug("one"), name)
        return asyncio.run_coroutine_threadsafe(reading, self._loop).result(30)


@asynccontextmanager
async def publisher(
    folder: Path,
    *,
    ended: bool = True,
    institutions: int = 1,
    beside: Callable[[int], list[TimedMessage]] = lambda _: [],
) -> AsyncIterator[Publisher]:
    """A hub with an episode `one` that has ended, or is on air without a mixer; `beside` says more a segment.

    Its log is believed when the committee's witness and more than half of the institutions' have seen it.
    """
    committee = signer("committee", "committee")
    inspecting = [signer(f"inst{number}") for number in range(1, institutions + 1)]
    private = Keys(folder / "data" / "keys").own_ed25519("log")
    log = checkpoint.log_key("column.example/log", private)
    witnesses = {_name(one): one for one in (committee, *inspecting)}
    lines = [f"log {log}"]
    for name, one in witnesses.items():
        lines.append(f"witness {name} {checkpoint.witness_key(name, one.witness)} http://{name}.example/")
    lines.append(f"group inspection {institutions // 2 + 1} {' '.join(map(_name, inspecting))}")
    lines += ["group double all committee inspection", "quorum double", ""]
    (folder / "policy").write_text("\n".join(lines))
    async with house(folder, CONFIG) as around:
        away: set[str] = set()
        async with httpx.AsyncClient(transport=_Witnesses(folder, witnesses, log, away)) as client:
            hub = around.hub
            hub.ledger = await Ledger.open(hub.database, signing.open_keys(hub.config), hub.config, client)
            task = asyncio.create_task(hub.ledger.run())
            await _record(hub, _episode(), beside)
            if ended:
                await hub.database.episodes.end(_episode().id, datetime.now(UTC))
                replay = await hub.replays.get(_episode().slug)
                await progress.Record(hub, _episode()).finish(replay, SEGMENTS)
            yield Publisher(around, committee, inspecting, away)
            task.cancel()


class _Witnesses(httpx.AsyncBaseTransport):
    """Witnesses as institutions run them, each with a folder and a memory of its own; some may be away."""

    def __init__(
        self, folder: Path, witnesses: dict[str, Signer], log: checkpoint.Key, away: set[str]
    ) -> None:
        self._away = away
        self._served = {
            name: httpx.ASGITransport(
                build(Witness(folder / "witness" / name, name=name, private=one.witness, logs=[log]))
            )
            for name, one in witnesses.items()
        }

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        name = request.url.host.removesuffix(".example")
        if name in self._away:
            raise httpx.ConnectError(f"{name} is away", request=request)
        return await self._served[name].handle_async_request(request)


def _name(one: Signer) -> str:
    return one.did.removeprefix("did:web:").removesuffix(".example")


def _episode() -> Episode:
    camera = SourceId("bars")
    return Episode(
        id=EpisodeId("11111111-2222-4333-8444-555555555555"),
        slug=Slug("one"),
        title=Text(zh="一", en="One"),
        summary=Text(zh="", en=""),
        brand=Text(zh="牌", en="Brand"),
        state="planned",
        sources=(camera,),
        scene=Scene(layout="full", sources=(camera,)),
    )


async def _record(hub: Hub, episode: Episode, beside: Callable[[int], list[TimedMessage]]) -> None:
    """Put an episode on air, and record some segments."""
    now = datetime.now(UTC)
    await hub.database.episodes.create(episode)
    await hub.database.episodes.start(episode.id, now)
    recording = await hub.recordings.open(episode.id)
    charts = Charts(count=SEGMENTS)
    await hub.database.transact(_begin, episode, charts)
    inits = {name: await recording.keep_init(name, _init(name)) for name in NAMES}
    for msn in range(SEGMENTS):
        messages = charts.messages(msn) + beside(msn)
        part = box(b"moof", b"") + box(b"mdat", bytes([msn]) * 500)
        await recording.append(
            SpooledPart(
                msn=msn,
                part=0,
                start=MediaTime(msn * 172_800),
                utc=Micros(micros(now) + msn * 1_920_000),
                duration=172_800,
                independent=True,
                discontinuity=False,
                inits=inits,
                data={name: emsg.insert(part, emsg.encode(messages)) for name in NAMES},
            )
        )
        await recording.seal(msn, msgspec.json.encode(messages), [])


def _begin(transaction: Transaction, episode: Episode, charts: Charts) -> None:
    for one in charts.openings:
        row, data = one.standing.row, msgspec.json.encode(one)
        standings.add(transaction, episode.id, row.characteristic, points=row.points, newest=0, data=data)


def _init(name: str) -> bytes:
    size = 64 if name == "720p" else 32
    return cmaf.init_segment(
        video_extradata=bytes.fromhex(_PARAMETER_SETS),
        audio_config=b"\x11\x90",
        width=size,
        height=size,
    )


_PARAMETER_SETS = "000000016764000aacd94426840000030004000afc803c4896580000000168ebe3cb22c0"
"""SPS and PPS of an H.264 stream."""
