"""What one cell of a table says: a number, a time, or that nothing was measured."""

import math
import re
import unicodedata
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta, timezone
from typing import Literal

Decimal = Literal[".", ","]

MISSING = frozenset(
    ("", "na", "n/a", "#n/a", "#na", "nan", "null", "none", "nil", "-", "--", "—", "–", ".", "?", "*", "缺失")
)
"""What people write for "no value", in lower case; a blank cell too."""

_NUMBER = re.compile(r"[+-]?(\d[\d., '’_]*|[.,]\d+)(e[+-]?\d+)?$", re.IGNORECASE)
_BLANKS = re.compile("(?<=\\d)[ \u00a0\u2009\u202f'’](?=\\d{3}(?!\\d))")
_THOUSANDS = {
    ",": re.compile(r"[+-]?\d{1,3}(,\d{3})+(\.\d*)?(e[+-]?\d+)?$", re.IGNORECASE),
    ".": re.compile(r"[+-]?\d{1,3}(\.\d{3})+(,\d*)?(e[+-]?\d+)?$", re.IGNORECASE),
}
_PLAIN = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)(e[+-]?\d+)?$", re.IGNORECASE)


def looks_like_data(cell: str) -> bool:
    """Whether a cell of the first row speaks for a table without a header."""
    text = unicodedata.normalize("NFKC", cell).strip().replace("\u2212", "-")
    return text.lower() in MISSING or _NUMBER.match(text) is not None or read_time(text, False) is not None


def decimal_sign(cells: Sequence[str], separator: str) -> Decimal:
    """The decimal sign that the cells of one column show; commas in groups of three are ambiguous."""
    commas = [cell for cell in cells if "," in cell or "，" in cell]
    if not commas:
        return "."
    if any("." in cell for cell in commas):
        both = next(cell for cell in commas if "." in cell)
        return "," if both.rfind(",") > both.rfind(".") else "."
    if any("." in cell and not _THOUSANDS["."].match(cell) for cell in cells):
        return "."
    grouped = all(_THOUSANDS[","].match(cell) and cell.lstrip("+-")[0] != "0" for cell in commas)
    several_groups = any(cell.count(",") > 1 for cell in commas)
    return "." if several_groups or (grouped and separator == ",") else ","


def read_number(cell: str, decimal: Decimal) -> float:
    """The number that a cell says; NaN for a missing cell, infinity for a written one.

    >>> read_number("1'234,50", ","), read_number("−3", "."), read_number("１２．５", ".")
    (1234.5, -3.0, 12.5)

    Raises:
        ValueError: it is no number.
    """
    if _PLAIN.match(cell) and (decimal == "." or "." not in cell):
        return float(cell)
    text = unicodedata.normalize("NFKC", cell).strip().replace("\u2212", "-")
    if text.lower() in MISSING:
        return math.nan
    if re.fullmatch(r"[+-]?inf(inity)?", text, re.IGNORECASE):
        return math.inf
    text = _BLANKS.sub("", text)
    group = "," if decimal == "." else "."
    if group in text:
        if not _THOUSANDS[group].match(text):
            raise ValueError(cell)
        text = text.replace(group, "")
    text = text.replace(",", ".")
    if not _PLAIN.match(text):
        raise ValueError(cell)
    return float(text)


_CLOCK = re.compile(r"(\d{1,2}):(\d{2})(?::(\d{2}(?:[.,]\d+)?))?\s*([ap]m)?$", re.IGNORECASE)
_DATE = re.compile(r"(\d{1,4})([-/.年])(\d{1,2})[-/.月](\d{1,4})日?(?:[T\s]+(.*))?$")
_ZONE = re.compile(r"\s*(Z|[+-]\d{2}:?\d{2})$", re.IGNORECASE)


def day_first(cells: Iterable[str]) -> bool:
    """Whether `03/04/2024` is the third of April: if a first number can't be a month, or with points."""
    for cell in cells:
        found = _DATE.match(cell)
        if found and len(found[1]) <= 2:
            if int(found[1]) > 12 or found[2] == ".":
                return True
            if int(found[3]) > 12:
                return False
    return False


def read_time(cell: str, day_first: bool) -> tuple[float, bool] | None:
    """Seconds, and whether they are of a clock without a date; None if it is no time."""
    text = unicodedata.normalize("NFKC", cell).strip()
    if (clock := _clock_s(text)) is not None:
        return clock, True
    zone = _ZONE.search(text)
    offset = timedelta(0)
    if zone and ":" in text:
        text = text[: zone.start()]
        offset = _offset(zone[1])
    found = _DATE.match(text)
    if not found:
        return None
    first, second, third = found[1], found[3], found[4]
    if len(first) == 4:
        year, month, day = int(first), int(second), int(third)
    elif len(third) == 4:
        day, month = (int(first), int(second)) if day_first else (int(second), int(first))
        year = int(third)
    else:
        return None
    seconds = _clock_s(found[5].strip()) if found[5] else 0.0
    try:
        midnight = datetime(year, month, day, tzinfo=timezone(offset))
    except ValueError:
        return None
    return None if seconds is None else (midnight.timestamp() + seconds, False)


def _offset(zone: str) -> timedelta:
    if zone in {"Z", "z"}:
        return timedelta(0)
    sign = -1 if zone[0] == "-" else 1
    return sign * timedelta(hours=int(zone[1:3]), minutes=int(zone[-2:]))


def _clock_s(text: str) -> float | None:
    found = _CLOCK.match(text)
    if not found:
        return None
    hours, minutes = int(found[1]), int(found[2])
    seconds = float((found[3] or "0").replace(",", "."))
    if found[4]:
        hours = hours % 12 + (12 if found[4].lower() == "pm" else 0)
    if hours > 24 or minutes > 59 or seconds >= 61:
        return None
    return hours * 3600.0 + minutes * 60.0 + seconds
