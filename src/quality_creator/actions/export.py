"""One file of an episode, from what is kept of it; a hub may run on the same data meanwhile."""

import asyncio
from collections.abc import Iterable
from datetime import UTC, datetime
from pathlib import Path

from quality_creator.actions.show import Show
from quality_creator.actions.signing import Signatory, signatory
from quality_creator.actions.stream import known
from quality_creator.config import Config
from quality_creator.media.export import Chapter, Layout, Piece, export
from quality_creator.model.errors import BadInput, NotFound
from quality_creator.model.ids import Slug
from quality_creator.model.text import Language
from quality_creator.show import as_run
from quality_creator.store.database import open_folder
from quality_creator.store.recording import Recording, Recordings, StoredSegment
from quality_creator.trust.c2pa import manifest
from quality_creator.trust.mp4 import sign_mp4


async def export_episode(
    config: Config, slug: Slug, out: Path, *, rendition: str, language: Language, data: Path | None
) -> Layout:
    """Write an episode's finished segments as one MP4 file, signed; each take is a chapter.

    Raises:
        NotFound: there is no such episode or rendition, or nothing of it is kept.
        BadInput: key or certificates can't be used.
        Unavailable: the file can't be written or stamped.
    """
    known(rendition)
    folder = config.path(config.hub.data)
    if not folder.is_dir():
        raise BadInput(f"{folder}: there is no data of a hub here")
    signs = signatory(config, datetime.now(UTC))
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
        title = episode.title.pick(language)
        layout = await asyncio.to_thread(
            export,
            pieces,
            out,
            title=title,
            chapters=chapters,
            language=language,
            data=data,
        )
        if signs is not None:
            inits = {row.inits[rendition]: None for row in rows if row.recorded}
            live = _urns([await recording.init(rendition, name) for name in inits])
            await asyncio.to_thread(_sign, config, signs, out, title, live)
        return layout
    finally:
        await database.close()


async def _piece(recording: Recording, row: StoredSegment, rendition: str) -> Piece:
    loop = asyncio.get_running_loop()

    def read() -> bytes:
        """Called in the writer's thread, segment by segment."""
        return asyncio.run_coroutine_threadsafe(recording.segment(rendition, row.msn), loop).result()

    # Inits of one encoding differ in their manifests.
    init = manifest.unsigned(await recording.init(rendition, row.inits[rendition]))
    return Piece(row.start, row.duration, init, read if row.recorded else None)


def _urns(inits: Iterable[bytes]) -> list[str]:
    """The manifests under which segments were signed on air."""
    found = map(manifest.read_init, inits)
    return [one.urn for one in found if one is not None]


def _sign(config: Config, signs: Signatory, out: Path, title: str, live: list[str]) -> None:
    sign_mp4(
        out,
        title=title,
        source_type=signs.source,
        signer=signs.signer,
        live=live,
        timestamp=config.signing.timestamp,
    )
