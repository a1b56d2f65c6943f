"""Commands that run a hub or work on what it keeps."""

import asyncio
import gc
from pathlib import Path
from typing import Annotated

from cyclopts import Parameter

from quality_creator.cli import app
from quality_creator.cli.client import CONFIG
from quality_creator.cli.episode import ConfigFile
from quality_creator.config import load
from quality_creator.model.clock import TICKS
from quality_creator.model.ids import Slug
from quality_creator.model.text import Language


@app.command
def hub(*, config: ConfigFile = CONFIG, parent: Annotated[int | None, Parameter(show=False)] = None) -> None:
    """Run the hub: web, statistics and store, and a media worker for each episode on air.

    Parameters
    ----------
    parent
        Leave when this process, which started us, has left.
    """
    from quality_creator.media import spare

    found = load(config)
    worker = spare.launch(spare=True)  # it loads its programs while the hub loads its own
    # Nothing of what is loaded is garbage; the node collects again once it stands.
    gc.disable()

    from quality_creator import node

    node.run(found, parent=parent, spare=worker)


@app.command
def check_config(*, config: ConfigFile = CONFIG) -> None:
    """Read the configuration as the hub would, and say what is wrong or what it describes."""
    found = load(config)
    print(
        f"{config}: {len(found.cameras)} cameras, {len(found.gauges)} gauges, "
        f"{len(found.characteristics)} characteristics; data in {found.path(found.hub.data)}"
    )


@app.command
def export(
    slug: str,
    out: Path,
    *,
    rendition: str = "720p",
    language: Language = "en",
    data: Path | None = None,
    config: ConfigFile = CONFIG,
) -> None:
    """Write an episode's recording as one MP4 file, a chapter for each take; nothing is encoded again.

    Parameters
    ----------
    slug
        The episode.
    out
        The file to write.
    rendition
        720p or 360p.
    language
        Of chapter names and of the text track with the values.
    data
        Write the messages of the stream as JSON Lines here, too.
    """
    from quality_creator.actions.export import export_episode

    layout = asyncio.run(
        export_episode(load(config), Slug(slug), out, rendition=rendition, language=language, data=data)
    )
    print(f"{out}: {layout.duration / TICKS:.2f} s, {len(layout.cuts)} cuts")
