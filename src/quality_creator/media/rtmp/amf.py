"""AMF0, the notation of RTMP's commands and metadata.

Source: Adobe, Action Message Format -- AMF 0 (2007).
"""

import struct
from collections.abc import Mapping, Sequence
from typing import TypeAlias

from quality_creator.model.errors import BadPayload

Value: TypeAlias = "bool | float | str | Mapping[str, Value] | Sequence[Value] | None"
"""Null and undefined are both None; a date is its milliseconds since 1970; a typed object loses its type."""

DEPTH = 16
"""Objects in objects; a peer's metadata has two levels."""


def decode(data: bytes) -> list[Value]:
    """All values that stand one after another in a message.

    Raises:
        BadPayload: not AMF0, cut short, nested too deeply, or something that only AMF3 can say.
    """
    reader = _Reader(data)
    values: list[Value] = []
    while reader.at < len(data):
        values.append(reader.value(0))
    return values


def encode(*values: Value) -> bytes:
    """Values as AMF0, one after another; a mapping becomes an object, a sequence a strict array."""
    return b"".join(_encoded(value) for value in values)


def _encoded(value: Value) -> bytes:
    match value:
        case None:
            return b"\x05"
        case bool():
            return b"\x01\x01" if value else b"\x01\x00"
        case float() | int():
            return struct.pack(">Bd", 0, value)
        case str():
            text = value.encode()
            return struct.pack(">BH", 2, len(text)) + text if len(text) < 1 << 16 else _long(text)
        case Mapping():
            return b"\x03" + _fields(value)
        case Sequence():
            return struct.pack(">BI", 10, len(value)) + encode(*value)


def encode_ecma_array(fields: Mapping[str, Value]) -> bytes:
    """Fields in the form that FLV metadata has."""
    return struct.pack(">BI", 8, len(fields)) + _fields(fields)


def _fields(fields: Mapping[str, Value]) -> bytes:
    return b"".join(_name(name) + _encoded(field) for name, field in fields.items()) + b"\x00\x00\x09"


def _name(name: str) -> bytes:
    text = name.encode()[:0xFFFF]
    return struct.pack(">H", len(text)) + text


def _long(text: bytes) -> bytes:
    return struct.pack(">BI", 12, len(text)) + text


class _Reader:
    """A position in a message."""

    def __init__(self, data: bytes) -> None:
        self.data = data
        self.at = 0

    def take(self, size: int) -> bytes:
        end = self.at + size
        if end > len(self.data):
            raise BadPayload(f"AMF0 ends in the middle of a value, at byte {len(self.data)}")
        taken = self.data[self.at : end]
        self.at = end
        return taken

    def number(self, size: int) -> int:
        return int.from_bytes(self.take(size), "big")

    def text(self, size_bytes: int) -> str:
        # Encoders write names of devices in whatever the system's code page is.
        return self.take(self.number(size_bytes)).decode("utf-8", "replace")

    def double(self) -> float:
        (value,) = struct.unpack(">d", self.take(8))
        return float(value)

    def value(self, depth: int) -> Value:  # noqa: PLR0911, PLR0912 - one line a type
        if depth > DEPTH:
            raise BadPayload(f"AMF0 nested deeper than {DEPTH} levels")
        marker = self.number(1)
        match marker:
            case 0:
                return self.double()
            case 1:
                return self.number(1) != 0
            case 2:
                return self.text(2)
            case 3:
                return self.fields(depth)
            case 5 | 6:
                return None
            case 8:
                self.take(4)  # how many fields: a hint that encoders get wrong
                return self.fields(depth)
            case 10:
                # Each value takes a byte at least, so a false count ends at the end of the data.
                return [self.value(depth + 1) for _ in range(self.number(4))]
            case 11:
                date = self.double()
                self.take(2)  # a time zone that the specification says not to use
                return date
            case 12 | 15:
                return self.text(4)
            case 16:
                self.text(2)
                return self.fields(depth)
            case 17:
                raise BadPayload("AMF3 values; only AMF0 is understood (objectEncoding 0)")
            case _:
                raise BadPayload(f"AMF0 has no value of type {marker}, at byte {self.at - 1}")

    def fields(self, depth: int) -> dict[str, Value]:
        fields: dict[str, Value] = {}
        while True:
            name = self.text(2)
            if not name and self.data[self.at : self.at + 1] == b"\x09":
                self.at += 1
                return fields
            fields[name] = self.value(depth + 1)
