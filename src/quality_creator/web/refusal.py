"""How an error is told over HTTP."""

import msgspec

from quality_creator.model.errors import (
    BadInput,
    BadPayload,
    Conflict,
    Forbidden,
    NotFound,
    QualityCreatorError,
    Unavailable,
)
from quality_creator.web.patience import TooOften

STATUS: list[tuple[type[QualityCreatorError], int]] = [
    (TooOften, 429),
    (NotFound, 404),
    (BadInput, 400),
    (BadPayload, 400),
    (Forbidden, 403),
    (Conflict, 409),
    (Unavailable, 503),
]
"""Whose fault an error is, in HTTP's words; the first that fits counts."""


def code(error: Exception) -> int:
    """The status for one of our errors."""
    return next(code for kind, code in STATUS if isinstance(error, kind))


def words(error: Exception) -> bytes:
    """What it says, for programs."""
    return msgspec.json.encode({"error": str(error)})
