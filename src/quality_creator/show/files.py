"""A rundown as a file, out and in: whole or not at all; a refusal says line, column and what is allowed."""

import csv
import io
from collections.abc import Callable, Collection, Iterator, Mapping
from typing import Any, TypeVar, get_args

import msgspec

from quality_creator.model.decoding import explained
from quality_creator.model.errors import BadInput, Words
from quality_creator.model.ids import CharacteristicId, SourceId
from quality_creator.model.mix import Graphic
from quality_creator.model.scene import PLACES, Layout, Scene, Transition
from quality_creator.model.text import Text
from quality_creator.show import place
from quality_creator.show.rundown import LONGEST_S, Item, ItemId, Kind, Rundown, check

KINDS: tuple[Kind, ...] = get_args(Kind)
TRANSITIONS = ("cut", "mix", "wipe", "dip")

COLUMNS = (
    "id",
    "kind",
    "title_zh",
    "title_en",
    "planned",
    "layout",
    "sources",
    "transition",
    "microphones",
    "panel",
    "graphics",
    "people",
    "notes",
)
"""Of a CSV file, in the order in which they are written; any order is read, and those after `planned` may be
missing. Lists are separated by spaces, people by semicolons; graphics are JSON."""

REQUIRED = COLUMNS[:5]

Value = TypeVar("Value")


def to_json(rundown: Rundown) -> bytes:
    """A rundown as a JSON file."""
    return msgspec.json.format(msgspec.json.encode({"items": rundown}), indent=2) + b"\n"


def to_csv(rundown: Rundown) -> bytes:
    """A rundown as a table for any spreadsheet: UTF-8 with a mark at its head, which Excel wants."""
    out = io.StringIO()
    writer = csv.writer(out)
    writer.writerow(COLUMNS)
    for item in rundown:
        scene = item.scene
        writer.writerow(
            [
                item.id,
                item.kind,
                item.title.zh,
                item.title.en,
                clock(item.planned_s),
                scene.layout if scene else "",
                " ".join(scene.sources) if scene else "",
                f"{item.transition.kind} {item.transition.frames}" if item.transition else "",
                " ".join(item.microphones),
                " ".join(item.panel),
                msgspec.json.encode(item.graphics).decode() if item.graphics else "",
                "; ".join(item.people),
                item.notes,
            ]
        )
    return out.getvalue().encode("utf-8-sig")


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A JSON file."""

    items: tuple[Item, ...]


def from_json(data: bytes, sources: Collection[SourceId] | None = None) -> Rundown:
    """A rundown from a JSON file. Raises BadInput with line, column, what is allowed.

    Args:
        data: The file.
        sources: Those that the episode has; left out, any.
    """
    try:
        items = msgspec.json.decode(data, type=_File).items
    except msgspec.ValidationError as error:
        path = place.path_of(str(error))
        raise _refused(data, path, _explained(error, path)) from error
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError) as error:
        raise BadInput(
            "{place}: this is not JSON: {error}", place=_stopped(data, error), error=explained(error)
        ) from error
    first: dict[ItemId, int] = {}
    for number, item in enumerate(items):
        if first.setdefault(item.id, number) < number:
            words = Words("{id!r} is taken by item {other}", id=item.id, other=first[item.id] + 1)
            raise _refused(data, ("items", number, "id"), words)
        for key, at, source in _named(item):
            if sources is not None and source not in sources:
                raise _refused(data, ("items", number, *key, at), _stranger(source, sources))
    check(items)
    return items


def from_csv(data: bytes, sources: Collection[SourceId] | None = None) -> Rundown:
    """A rundown from a CSV file, commas or semicolons. Raises BadInput with line, column, what is allowed.

    Args:
        data: The file.
        sources: Those that the episode has; left out, any.
    """
    try:
        text = data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise BadInput(
            "byte {byte}: this is not UTF-8; save the table as UTF-8 CSV", byte=error.start + 1
        ) from error
    first = text.partition("\n")[0]
    separator = ";" if first.count(";") > first.count(",") else ","
    reader = csv.reader(io.StringIO(text), delimiter=separator, strict=True)
    items: list[Item] = []
    lines: dict[ItemId, int] = {}
    try:
        header = [name.strip() for name in next(reader, [])]
        _check_header(header)
        while True:
            line = reader.line_num + 1
            row = next(reader, None)
            if row is None:
                break
            if not any(cell.strip() for cell in row):
                continue
            if len(row) > len(header):
                raise BadInput(
                    "line {line}: {count} cells, but the header has {columns} columns",
                    line=line,
                    count=len(row),
                    columns=len(header),
                )
            item = _Row(line, dict(zip(header, row, strict=False))).item()
            if item.id in lines:
                raise BadInput(
                    "line {line}, column id: {id!r} is taken by line {other}",
                    line=line,
                    id=item.id,
                    other=lines[item.id],
                )
            for key, _, source in _named(item):
                if sources is not None and source not in sources:
                    raise BadInput(
                        "line {line}, column {column}: {stranger}",
                        line=line,
                        column=key[-1],
                        stranger=_stranger(source, sources),
                    )
            lines[item.id] = line
            items.append(item)
    except csv.Error as error:
        raise BadInput(
            "line {line}: this is not a table: {error}", line=reader.line_num, error=error
        ) from error
    check(tuple(items))
    return tuple(items)


def clock(seconds: int) -> str:
    """A length as people write it.

    >>> clock(75), clock(3675)
    ('1:15', '1:01:15')
    """
    if seconds < 3600:
        return f"{seconds // 60}:{seconds % 60:02d}"
    return f"{seconds // 3600}:{seconds // 60 % 60:02d}:{seconds % 60:02d}"


def _check_header(header: list[str]) -> None:
    for number, name in enumerate(header, 1):
        if name not in COLUMNS:
            raise BadInput(
                "line 1, column {number}: no column is called {name!r}; {allowed}",
                number=number,
                name=name,
                allowed=_allowed(COLUMNS),
            )
        if name in header[: number - 1]:
            raise BadInput("line 1, column {number}: {name} is there twice", number=number, name=name)
    for name in REQUIRED:
        if name not in header:
            raise BadInput("line 1: the column {name} is missing", name=name)


class _Row:
    """One line of a table, cell by cell."""

    def __init__(self, line: int, cells: Mapping[str, str]) -> None:
        self._line = line
        self._cells = cells

    def item(self) -> Item:
        layout = self._one("layout", tuple(PLACES))
        sources = tuple(SourceId(name) for name in self._cell("sources").split())
        if bool(layout) != bool(sources):
            raise self._refusal(
                "sources" if layout else "layout", Words("a scene has a layout and sources, or neither")
            )
        return self._read(
            "id",
            lambda: msgspec.convert(
                {
                    "id": self._cell("id"),
                    "kind": self._one("kind", KINDS, required=True),
                    "title": Text(zh=self._cell("title_zh"), en=self._cell("title_en")),
                    "planned_s": self._seconds(),
                    "scene": Scene(layout=_layout(layout), sources=sources) if layout else None,
                    "transition": self._transition(),
                    "graphics": self._graphics(),
                    "panel": tuple(CharacteristicId(name) for name in self._cell("panel").split()),
                    "microphones": tuple(self._cell("microphones").split()),
                    "notes": self._cells.get("notes", ""),
                    "people": tuple(name.strip() for name in self._cell("people").split(";") if name.strip()),
                },
                Item,
            ),
        )

    def _cell(self, column: str) -> str:
        return self._cells.get(column, "").strip()

    def _one(self, column: str, allowed: tuple[str, ...], *, required: bool = False) -> str:
        value = self._cell(column)
        if (value or required) and value not in allowed:
            raise self._refusal(
                column, Words("{value!r} is not known; {allowed}", value=value, allowed=_allowed(allowed))
            )
        return value

    def _seconds(self) -> int:
        value = self._cell("planned")
        parts = value.split(":")
        if not all(part.isascii() and part.isdigit() and len(part) <= 6 for part in parts) or len(parts) > 3:
            raise self._refusal(
                "planned",
                Words("{value!r} is not a length; write minutes:seconds, such as 4:30", value=value),
            )
        total = 0
        for part in parts:
            total = total * 60 + int(part)
        if any(int(part) > 59 for part in parts[1:]) or total > LONGEST_S:
            raise self._refusal(
                "planned", Words("{value!r} is not a length of at most 24 hours", value=value)
            )
        return total

    def _transition(self) -> Transition | None:
        value = self._cell("transition")
        if not value:
            return None
        kind, _, frames = value.partition(" ")
        if kind not in TRANSITIONS or not (not frames or (frames.isascii() and frames.isdigit())):
            raise self._refusal(
                "transition",
                Words(
                    "{value!r} is not known; write a kind and its pictures, such as mix 20; {allowed}",
                    value=value,
                    allowed=_allowed(TRANSITIONS),
                ),
            )
        return self._read(
            "transition",
            lambda: msgspec.convert(
                {"kind": kind, **({"frames": int(frames)} if frames else {})}, Transition
            ),
        )

    def _graphics(self) -> tuple[Graphic, ...]:
        value = self._cell("graphics")
        if not value:
            return ()
        return self._read("graphics", lambda: msgspec.json.decode(value, type=tuple[Graphic, ...]))

    def _read(self, column: str, read: Callable[[], Value]) -> Value:
        try:
            return read()
        except (msgspec.MsgspecError, UnicodeError, RecursionError, ValueError) as error:
            raise self._refusal(column, explained(error)) from error

    def _refusal(self, column: str, words: Words) -> BadInput:
        return BadInput("line {line}, column {column}: {words}", line=self._line, column=column, words=words)


def _layout(name: str) -> Layout:
    return next(layout for layout in PLACES if layout == name)


def _allowed(values: tuple[Any, ...]) -> Words:
    return Words("allowed are {values}", values=values)


def _named(item: Item) -> Iterator[tuple[tuple[str, ...], int, SourceId]]:
    """The sources that an item names: the keys under which they stand, which of them, and the name."""
    for at, source in enumerate(item.scene.sources if item.scene else ()):
        yield ("scene", "sources"), at, source
    for at, source in enumerate(item.microphones):
        yield ("microphones",), at, source


def _stranger(source: SourceId, sources: Collection[SourceId]) -> Words:
    return Words(
        "{source!r} is no source of this episode; {allowed}",
        source=source,
        allowed=_allowed(tuple(sorted(sources))),
    )


def _explained(error: Exception, path: tuple[place.Step, ...]) -> Words:
    """What is wrong; and what is allowed, where msgspec says only what is not."""
    words, key = str(error), path[-1] if path else ""
    wrong = explained(ValueError(words.partition(" - at")[0]))
    if "Invalid enum value" in words and key in ("kind", "layout"):
        known = PLACES if key == "layout" else TRANSITIONS if path[-2:] == ("transition", "kind") else KINDS
        return Words("{wrong}; {allowed}", wrong=wrong, allowed=_allowed(tuple(known)))
    if "unknown field" in words and len(path) == len(("items", 0)):
        return Words("{wrong}; {allowed}", wrong=wrong, allowed=_allowed(Item.__struct_fields__))
    return wrong


def _refused(data: bytes, path: tuple[place.Step, ...], words: Words) -> BadInput:
    return BadInput(
        "{place}: {words}",
        place=place.line_and_column(data.decode(errors="replace"), path),
        words=words,
    )


def _stopped(data: bytes, error: Exception) -> Words:
    """Line and column of the byte at which msgspec stopped, which it names at the end of its words."""
    digits = str(error).rpartition("byte ")[2].rstrip(")")
    at = min(int(digits), len(data)) if digits.isdigit() else len(data)
    return place.at_offset(data.decode("latin-1"), at)  # counted in bytes
