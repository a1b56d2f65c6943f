"""Data inside the stream: `emsg` boxes with ID3 text, as players already hand them to pages.

One `emsg` version 1 box a message (ISO/IEC 23009-1, 5.10.3.3), scheme https://aomedia.org/emsg/ID3,
carrying an ID3v2.4 tag with one `TXXX` frame: the description is `model.event.SCHEME`, the value is
the JSON text of a `model.event.Message`. Its presentation time is the frame that the data belong to.
"""

from collections.abc import Iterable, Iterator

import msgspec

from quality_creator.media.box import Box, Fields, boxes, full_box
from quality_creator.model.clock import TICKS
from quality_creator.model.errors import BadPayload
from quality_creator.model.event import SCHEME, Message, TimedMessage
from quality_creator.model.stream import FRAME_TICKS

SCHEME_URI = "https://aomedia.org/emsg/ID3"

DURATION = FRAME_TICKS
"""A message lasts as long as its picture. (hls.js makes anything up to 1 ms last for ever.)"""

MOST_A_FRAME = 16
"""Messages that may share a frame: their numbers fill the low bits of the box's id."""

_UTF8 = b"\3"
_encoder = msgspec.json.Encoder()
_decoder: msgspec.json.Decoder[Message] = msgspec.json.Decoder(Message)
_syntax = msgspec.json.Decoder(msgspec.Raw)


def encode(messages: Iterable[TimedMessage]) -> bytes:
    """The boxes of one part's messages, to be put in with `insert`.

    Ids are unique in an episode as long as all messages of a frame are encoded in one call:
    an id is the frame's number and the message's number within the frame.
    """
    taken: dict[int, int] = {}
    out = []
    for timed in messages:
        frame = timed.at // FRAME_TICKS
        number = taken[frame] = taken.get(frame, -1) + 1
        if number >= MOST_A_FRAME:
            raise ValueError(f"more than {MOST_A_FRAME} messages at {timed.at}")
        out.append(_box(timed.at, frame * MOST_A_FRAME + number, _encoder.encode(timed.message)))
    return b"".join(out)


def insert(part: bytes, encoded: bytes) -> bytes:
    """A part with boxes in front of its `moof`, where they must stand. Raises BadPayload without one."""
    for outer in boxes(part):
        if outer.kind == b"moof":
            return part[: outer.start] + encoded + part[outer.start :]
    raise BadPayload("a part without a moof; messages can't be put into it")


def messages(data: bytes) -> list[TimedMessage]:
    """All of our messages in a part, a segment or a recording, in order. Boxes of others are passed over.

    Raises:
        BadPayload: the boxes do not fit together, or one of ours can't be read; nothing else.
    """
    return [_decoded(at, text) for at, text in _texts(data)]


def written(data: bytes) -> bytes:
    """All of our messages as JSON of `list[TimedMessage]`, byte for byte as they stand in their boxes.

    Raises:
        BadPayload: the boxes do not fit together, or one of ours is not the JSON of one value.
    """
    found = list(_texts(data))
    try:
        for _, text in found:
            _syntax.decode(text)  # so that it can't be read as more or less than itself among the others
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"a message that can't be read: {error}") from error
    return b"[" + b",".join(b'{"at":%d,"message":%b}' % one for one in found) + b"]"


def _texts(data: bytes) -> Iterator[tuple[int, bytes]]:
    """Position and JSON text of each of our messages, in order."""
    for outer in boxes(data):
        found = _read(data, outer) if outer.kind == b"emsg" else None
        if found is not None:
            yield found


def _box(at: int, number: int, text: bytes) -> bytes:
    frame_data = _UTF8 + SCHEME.encode() + b"\0" + text
    frame = b"TXXX" + _synchsafe(len(frame_data)) + b"\0\0" + frame_data
    return full_box(
        b"emsg",
        1,
        0,
        TICKS.to_bytes(4, "big") + at.to_bytes(8, "big") + DURATION.to_bytes(4, "big"),
        (number & 0xFFFFFFFF).to_bytes(4, "big"),
        SCHEME_URI.encode() + b"\0\0",  # and an empty value
        b"ID3\4\0\0" + _synchsafe(len(frame)) + frame,
    )


def _read(data: bytes, outer: Box) -> tuple[int, bytes] | None:
    fields = Fields(data, outer)
    if fields.number(4) != 1 << 24:
        return None
    scale, at = fields.number(4), fields.number(8)
    fields.take(8)  # duration, id
    if fields.text() != SCHEME_URI:
        return None
    fields.text()  # value
    text = _user_text(fields)
    if text is None:
        return None
    if scale != TICKS:
        raise BadPayload(f"a message in {scale} ticks a second; ours have {TICKS}")
    return at, text


def _decoded(at: int, text: bytes) -> TimedMessage:
    try:
        return TimedMessage(at=at, message=_decoder.decode(text))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"the message at {at} can't be read: {error}") from error


def _user_text(fields: Fields) -> bytes | None:
    """The value of our TXXX frame in an ID3v2.4 tag, or None when the tag is somebody else's."""
    if fields.take(min(4, fields.left)) != b"ID3\4":
        return None
    fields.take(6)
    while fields.left >= 10:
        kind, size = fields.take(4), _size(fields.take(4))
        fields.take(2)
        if kind == b"TXXX" and size > fields.left:
            raise BadPayload(f"a text of {size} bytes in an ID3 tag with {fields.left} left")
        content = fields.take(min(size, fields.left))
        description, _, value = content[1:].partition(b"\0")
        if kind == b"TXXX" and content[:1] == _UTF8 and description == SCHEME.encode():
            return value
    return None


def _synchsafe(number: int) -> bytes:
    """28 bits in four bytes whose highest bits are zero (ID3v2.4, 6.2)."""
    return bytes(number >> shift & 127 for shift in (21, 14, 7, 0))


def _size(raw: bytes) -> int:
    size = 0
    for byte in raw:
        size = size << 7 | byte & 127
    return size
