"""Who speaks in an episode from elsewhere."""

import msgspec

from quality_creator.model.ids import SourceId
from quality_creator.model.text import Text

TALKBACK = SourceId("talkback")
"""The producer's own voice, which only the guest who is spoken to hears; no camera or guest has this id."""


class Guest(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A guest as a source of the programme."""

    id: SourceId
    name: Text
    title: Text = Text(zh="", en="")
    """Institution and office; below the name on the card that stands where there is no picture."""
