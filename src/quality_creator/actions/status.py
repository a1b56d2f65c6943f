"""How everything is doing, for the operator, in the peers' own words."""

import msgspec

from quality_creator.actions.air import Air
from quality_creator.actions.hub import Hub
from quality_creator.actions.ingest import IngestStatus
from quality_creator.actions.ledger import LedgerStatus
from quality_creator.factory.intake import ConnectorStatus
from quality_creator.model.ids import Slug, SourceId
from quality_creator.model.scene import Scene
from quality_creator.store.refusals import RefusalCount


class SourceStatus(msgspec.Struct, frozen=True, kw_only=True):
    """A camera, as the worker sees it."""

    id: SourceId
    condition: str
    words: str


class AirStatus(msgspec.Struct, frozen=True, kw_only=True):
    """An episode on air."""

    slug: Slug
    seconds: float
    """Of stream announced so far."""
    worker: str
    """What its worker does, and why it was last started again."""
    recording: str
    scene: Scene
    sources: tuple[SourceStatus, ...]
    left_out: int
    """Measurements that did not fit into the stream (they are kept in the database)."""
    worker_cpu_s: float
    """CPU seconds that the worker has used since it started."""
    late_ms: float
    """How late the mixer's worst tick of the newest part was."""


class Status(msgspec.Struct, frozen=True, kw_only=True):
    """Everything."""

    warnings: tuple[str, ...]
    episodes: tuple[AirStatus, ...]
    gauges: tuple[ConnectorStatus, ...]
    ingest: IngestStatus
    refusals: tuple[RefusalCount, ...]
    log: LedgerStatus


async def status(hub: Hub) -> Status:
    """How it is now."""
    return Status(
        warnings=(
            *(word for air in hub.air.values() for word in air.warnings()),
            *((f"log: {hub.ledger.trouble}",) if hub.ledger.trouble else ()),
        ),
        episodes=tuple(_air_status(air) for air in hub.air.values()),
        gauges=tuple(connector.status() for connector in hub.connectors),
        ingest=hub.ingest.status(),
        refusals=tuple(await hub.ingest.refusals()),
        log=hub.ledger.status(),
    )


def _air_status(air: Air) -> AirStatus:
    newest = air.newest
    return AirStatus(
        slug=air.slug,
        seconds=air.seconds,
        worker=air.worker,
        recording=air.recording,
        scene=air.desk.mix.program,
        sources=tuple(
            SourceStatus(id=one.source, condition=one.condition, words=one.words)
            for one in air.desk.sources.values()
        ),
        left_out=air.left_out,
        worker_cpu_s=newest.cpu_s if newest else 0.0,
        late_ms=newest.late_ms if newest else 0.0,
    )
