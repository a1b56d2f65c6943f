"""One file of an episode, from what is kept of it; a hub may run on the same data meanwhile."""

import asyncio
from pathlib import Path

from quality_creator.actions.show import Show
from quality_creator.actions.stream import known
from quality_creator.config import Config
from quality_creator.media.export import Chapter, Layout, Piece, export
from quality_creator.model.errors import BadInput, NotFound
from quality_creator.model.ids import Slug
from quality_creator.model.text import Language
from quality_creator.show import as_run
from quality_creator.store.database import open_folder
from quality_creator.store.recording import Recording, Recordings, StoredSegment


async def export_episode(
    config: Config, slug: Slug, out: Path, *, rendition: str, language: Language, data: Path | None
) -> Layout:
    """Write an episode's finished segments as one MP4 file; each take is a chapter.

    Raises:
        NotFound: there is no such episode or rendition, or nothing of it is kept.
        Unavailable: the file can't be written.
    """
    known(rendition)
    folder = config.path(config.hub.data)
    if not folder.is_dir():
        raise BadInput(f"{folder}: there is no data of a hub here")
    database = await open_folder(folder)
    try:
        episode = await database.episodes.by_slug(slug)
        if episode is None:
            raise NotFound(f"there is no episode {slug!r}")
        recordings = await Recordings.open_(database, folder, config.hub.objects)
        recording = await recordings.open(episode.id)
        rows = await recording.index()
        if not rows:
            raise NotFound(f"nothing of {slug!r} is kept yet")
        pieces = [await _piece(recording, row, rendition) for row in rows]
        show = await Show.open(database, episode)
        names = {camera.id: camera.name for camera in config.cameras}
        chapters = [
            Chapter(one.at, one.title.pick(language)) for one in as_run.chapters(show.state.as_run, names)
        ]
        return await asyncio.to_thread(
            export,
            pieces,
            out,
            title=episode.title.pick(language),
            chapters=chapters,
            language=language,
            data=data,
        )
    finally:
        await database.close()


async def _piece(recording: Recording, row: StoredSegment, rendition: str) -> Piece:
    loop = asyncio.get_running_loop()

    def read() -> bytes:
        """Called in the writer's thread, segment by segment."""
        return asyncio.run_coroutine_threadsafe(recording.segment(rendition, row.msn), loop).result()

    init = await recording.init(rendition, row.inits[rendition])
    return Piece(row.start, row.duration, init, read if row.recorded else None)
