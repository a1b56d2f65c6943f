"""One figure, and what it is held against."""

import msgspec


class Row(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A line of the table."""

    name: str
    value: float | None
    """None when it could not be measured; then the note says why."""
    unit: str
    ratio: float | None = None
    """This figure over the one it is held against."""
    against: str = ""
    """What that one is."""
    note: str = ""
