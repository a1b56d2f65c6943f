"""What a reader must know beside a number: a code for programs and pages, a sentence for people."""

import msgspec


class Note(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One remark on a result, such as "provisional" or "not-stable"."""

    code: str
    """Stable and documented; a page picks its own wording by it."""
    text: str
    """One English sentence with the figures."""


def codes(notes: tuple[Note, ...]) -> tuple[str, ...]:
    """The codes alone, in order."""
    return tuple(note.code for note in notes)
