"""A rehearsal: the mixer runs as on air, the studio sees it, and nothing is aired or kept."""

import socket
from collections.abc import Callable, Sequence
from datetime import datetime

import structlog

from quality_creator.actions.desk import Desk
from quality_creator.actions.figures import Figures
from quality_creator.actions.forum import Forum
from quality_creator.actions.ingest import Ingest
from quality_creator.config import AnyCamera
from quality_creator.media import wire
from quality_creator.media.spare import Process
from quality_creator.media.supervisor import Supervisor
from quality_creator.model.clock import MediaTime, micros
from quality_creator.model.ids import Slug
from quality_creator.model.mix import Mix
from quality_creator.model.stream import RENDITIONS

log = structlog.get_logger()


class Rehearsal:
    """Of a planned episode; `run` belongs into a task."""

    def __init__(
        self,
        slug: Slug,
        mix: Mix,
        cameras: Sequence[AnyCamera],
        *,
        forum: Forum,
        ingest: Ingest,
        figures: Figures,
        rtmp: socket.socket | None,
        take: Callable[[socket.socket | None], Process],
        clock: Callable[[], datetime],
        on_source: Callable[[wire.SourceState], None],
    ) -> None:
        self._slug = slug
        self._cameras = tuple(cameras)
        self._clock = clock
        self._supervisor = Supervisor(start=self._start, on_message=self._told, rtmp=rtmp, take=take)
        self.desk = Desk(mix, figures, self._supervisor, on_source)
        self._ingest, self._figures = ingest, figures
        self._forum = forum
        forum.attach(self._supervisor.tell, lambda: self.desk.mix)

    async def run(self) -> None:
        """Until `end`."""
        unsubscribe = self._ingest.subscribe(self._figures.judged)
        try:
            await self._supervisor.run()
        finally:
            unsubscribe()
            self._forum.detach(self._supervisor.tell)

    async def end(self) -> None:
        """Let the mixer go; returns when it has."""
        await self._supervisor.stop()

    async def _start(self) -> wire.Start:
        images = self.desk.begin()
        return wire.Start(
            cameras=self._cameras,
            mix=self.desk.mix,
            cued=self.desk.cued,
            images=images,
            guests=self._forum.begin(),
            webrtc=self._forum.options,
            # The smaller rendition is enough to keep the mixer's pace honest.
            renditions=RENDITIONS[-1:],
            msn=0,
            part=0,
            position=MediaTime(0),
            utc=micros(self._clock()),
        )

    async def _told(self, message: wire.Up) -> None:
        match message:
            case wire.Changed() | wire.SourceState() | wire.Pictures() | wire.Meters():
                self.desk.hear(message)
            case wire.Answer() | wire.Seat() | wire.Levels():
                self._forum.hear(message)
            case wire.Note():
                log.warning("rehearsal", episode=self._slug, words=message.words)
            case wire.Part():
                self.desk.refresh()  # nothing of a rehearsal is kept
            case wire.Init() | wire.IsoState():
                pass
