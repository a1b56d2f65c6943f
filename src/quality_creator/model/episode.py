"""One broadcast: an object that cameras and processes attach to and leave."""

from typing import Literal

import msgspec

from quality_creator.model.clock import Utc
from quality_creator.model.errors import Words
from quality_creator.model.ids import EpisodeId, Slug, SourceId
from quality_creator.model.scene import Scene
from quality_creator.model.text import Text

EpisodeState = Literal["planned", "on-air", "ended", "published"]
"""Only a person moves an episode on; nothing that breaks ends it. Published, its evidence is anyone's."""


_STATES: dict[EpisodeState, Words] = {
    "planned": Words("planned"),
    "on-air": Words("on-air"),
    "ended": Words("ended"),
    "published": Words("published"),
}


def stands(state: EpisodeState) -> Words:
    """A state in a sentence."""
    return _STATES[state]


class Episode(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is known of a broadcast before, during and after it."""

    id: EpisodeId
    slug: Slug
    title: Text
    summary: Text
    brand: Text
    state: EpisodeState
    sources: tuple[SourceId, ...]
    scene: Scene
    """What is (or was last) on air."""
    planned: Utc | None = None
    started: Utc | None = None
    ended: Utc | None = None
