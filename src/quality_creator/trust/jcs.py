"""One way to write a value as JSON (RFC 8785), so that a digest means the value and nothing else.

Narrower than the RFC on purpose: no floats, no integer beyond 2^53 - 1, text in NFC, no name twice. What
two programs could read differently can't be signed here.
"""

import hashlib
import json
import unicodedata
from typing import Any, TypeAlias

import rfc8785

from quality_creator.model.errors import BadPayload

Json: TypeAlias = "bool | int | str | list[Json] | dict[str, Json] | None"
"""A value that `encode` can write."""

LARGEST = 2**53 - 1
"""Above it, programs that keep numbers as doubles read another one."""

DEEPEST = 32
"""Levels of nesting; ours have six."""

LONGEST = 8 << 20
"""Bytes of one document."""

_ENCODER = json.JSONEncoder(ensure_ascii=False, sort_keys=True, separators=(",", ":"))


def encode(value: Any) -> bytes:
    """A value's one and only bytes.

    Raises:
        BadPayload: a float, an integer that is too large, text that is not NFC, or what is not JSON.
    """
    _check(value, 0)
    return _written(value)


def decode(data: bytes) -> Any:
    """The value that JSON text stands for, in whatever layout it is written.

    Raises:
        BadPayload: not JSON, or a value that `encode` refuses.
    """
    if len(data) > LONGEST:
        raise BadPayload(f"a document of {len(data)} bytes; at most {LONGEST} are read")
    try:
        value = json.loads(
            data.decode("utf-8"),
            object_pairs_hook=_object,
            parse_float=_no_float,
            parse_int=_integer,
            parse_constant=_no_float,
        )
    except BadPayload:
        raise
    except (ValueError, RecursionError) as error:
        raise BadPayload(f"not JSON: {error}") from error
    _check(value, 0)
    return value


def decode_object(data: bytes) -> dict[str, Any]:
    """As `decode`, where only an object makes sense. Raises BadPayload."""
    value = decode(data)
    if not isinstance(value, dict):
        raise BadPayload("not a JSON object")
    return value


def canonical(data: bytes) -> dict[str, Any]:
    """An object whose bytes are the canonical ones already, so that their digest is the object's.

    Raises:
        BadPayload: it is not an object, or written in another way.
    """
    value = decode_object(data)
    if _written(value) != data:
        raise BadPayload("not written canonically (RFC 8785); its digest would not be the document's")
    return value


def digest(value: Any) -> bytes:
    """SHA-256 of a value's bytes. Raises BadPayload."""
    return hashlib.sha256(encode(value)).digest()


def _written(value: Any) -> bytes:
    """A value's bytes once `_check` let it pass."""
    # Without floats, Python's writer differs from the RFC in one thing: the RFC sorts names by UTF-16,
    # where what lies beyond U+FFFF comes before U+E000. It is written in C, and 20 times as fast.
    text: str = _ENCODER.encode(value)
    return text.encode() if text.isascii() or max(text) <= "\uffff" else rfc8785.dumps(value)


def _object(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise BadPayload("a name stands twice in one object")
    return found


def _no_float(text: str) -> Any:
    raise BadPayload(f"the number {text[:32]} is no integer; write it as text or in a smaller unit")


def _integer(text: str) -> int:
    if len(text) > 17:
        raise BadPayload("an integer beyond 2^53 - 1")
    return int(text)


def _check(value: Any, depth: int) -> None:
    if depth > DEEPEST:
        raise BadPayload(f"nested deeper than {DEEPEST} levels")
    match value:
        case None | bool():
            pass
        case int():
            if abs(value) > LARGEST:
                raise BadPayload("an integer beyond 2^53 - 1")
        case str():
            _check_text(value)
        case list() | tuple():
            for item in value:
                _check(item, depth + 1)
        case dict():
            for name, item in value.items():
                if not isinstance(name, str):
                    raise BadPayload(f"a name that is no text: {name!r}")
                _check_text(name)
                _check(item, depth + 1)
        case _:
            raise BadPayload(f"a {type(value).__name__} can't stand in a signed document")


def _check_text(text: str) -> None:
    if text.isascii():
        return
    if not unicodedata.is_normalized("NFC", text):
        raise BadPayload(f"text that is not in Unicode's form NFC: {text[:40]!r}")
    try:
        text.encode()
    except UnicodeEncodeError as error:
        raise BadPayload("text with half a surrogate pair") from error
