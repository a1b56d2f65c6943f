"""How an error is told over HTTP: its status, and its words in the language of whoever reads them."""

import functools

import msgspec
from starlette.requests import Request

from quality_creator.model.errors import (
    BadInput,
    BadPayload,
    Conflict,
    Forbidden,
    NotFound,
    QualityCreatorError,
    Unavailable,
)
from quality_creator.web import pages
from quality_creator.web.patience import TooOften
from quality_creator.web.site import language

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


def told(request: Request, error: QualityCreatorError) -> str:
    """What it says to whoever asked: people are told in their language, programs with a token in English."""
    if "authorization" in request.headers:
        return str(error)
    reader = language(request)
    return error.words.told(reader, functools.partial(pages.say, reader))


def words(error: Exception) -> bytes:
    """What it says, for programs."""
    return msgspec.json.encode({"error": str(error)})
