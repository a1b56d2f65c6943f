"""Where in a JSON file something stands, as a person finds it: by line and column."""

import json
import re
from collections.abc import Sequence

from quality_creator.model.errors import Words

_STEP = re.compile(r"\.([^.\[\]`]+)|\[(\d+)\]")
_SPACE = re.compile(r"[ \t\r\n]*")

Step = str | int
"""A key, or a number in a list."""


def path_of(words: str) -> tuple[Step, ...]:
    """The path that msgspec names at the end of its words.

    >>> path_of("Invalid enum value 'x' - at `$.items[2].kind`")
    ('items', 2, 'kind')
    """
    path = words.rpartition("`$")[2] if "`$" in words else ""
    known = path.split("[...]")[0]
    return tuple(key or int(number) for key, number in _STEP.findall(known))


def line_and_column(text: str, path: Sequence[Step]) -> Words:
    """Where the value at a path begins; of a path that leads nowhere, as far as it leads.

    >>> str(line_and_column('{"items": [\\n  {"kind": 1}]}', ("items", 0, "kind")))
    'line 2, column 12'
    """
    at = _skip(text, 0)
    for step in path:
        try:
            found = _member(text, at, step)
        except (ValueError, IndexError, RecursionError):
            break
        if found is None:
            break
        at = found
    return at_offset(text, at)


def at_offset(text: str, at: int) -> Words:
    """The place of a character."""
    line, column = text.count("\n", 0, at) + 1, at - text.rfind("\n", 0, at)
    return Words("line {line}, column {column}", line=line, column=column)


def _member(text: str, at: int, step: Step) -> int | None:
    """Where the value of a key or a number begins. Raises ValueError or IndexError where JSON ends."""
    decoder = json.JSONDecoder()
    named = isinstance(step, str)
    if text[at] != ("{" if named else "["):
        return None
    at, number = _skip(text, at + 1), 0
    while text[at] not in "}]":
        name: Step = number
        if named:
            name, at = decoder.raw_decode(text, at)
            at = _skip(text, _skip(text, at) + 1)  # past the colon
        if name == step:
            return at
        _, at = decoder.raw_decode(text, at)
        at = _skip(text, at)
        if text[at] == ",":
            at = _skip(text, at + 1)
        number += 1
    return None


def _skip(text: str, at: int) -> int:
    match = _SPACE.match(text, at)
    return match.end() if match else at
