"""CBOR in its one deterministic form (RFC 8949, 4.2.1): what is read is exactly what would be written."""

from collections.abc import Mapping
from typing import Any

import cbor2

from quality_creator.model.errors import BadPayload

_BROKEN = (
    cbor2.CBORError,
    ValueError,
    TypeError,
    KeyError,
    AttributeError,
    ArithmeticError,
    RecursionError,
    MemoryError,
)
"""What cbor2 raises for bytes that are no CBOR, or that stand for dates, sets or numbers that can't be."""


def encode(value: Any) -> bytes:
    """The one encoding of a value."""
    return cbor2.dumps(value, canonical=True)


def decode(data: bytes) -> Any:
    """The value of bytes that are its one encoding, whole.

    Two readers can then never see two things in the same bytes: a key that stands twice, an indefinite
    length and what trails behind are refused.

    Raises:
        BadPayload: it is anything else.
    """
    try:
        value = cbor2.loads(data)
        if encode(value) == data:
            return value
    except _BROKEN as error:
        raise BadPayload(f"CBOR that can't be read: {str(error)[:80]}") from error
    raise BadPayload("CBOR that is not in its deterministic form")


def field(value: Any, key: int | str, kind: type) -> Any:
    """A map's entry of a kind. Raises BadPayload when there is none, or one of another kind."""
    found = value.get(key) if isinstance(value, Mapping) else None
    if not isinstance(found, kind) or (kind is int and isinstance(found, bool)):
        raise BadPayload(f"{key!r} is missing or not what it should be")
    return found
