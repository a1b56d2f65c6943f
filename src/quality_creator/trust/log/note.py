"""Signed notes, and the keys that verify them: how logs and witnesses say what they say (C2SP signed-note).

A note is a text and signatures below it, each with the name and the id of the key that made it:

    <text, the last line ended>

    — <name> base64(<4 bytes of key id> <signature>)

A checkpoint's witness signs with the time at which it did (C2SP tlog-cosignature): `KIND_COSIGNATURE`,
`KIND_ML_DSA_COSIGNATURE`. What such a signature says is in `checkpoint`.
"""

import base64
import binascii
import hashlib
from dataclasses import dataclass

from quality_creator.model.errors import BadPayload
from quality_creator.trust import ed25519

KIND_ED25519 = 0x01
"""A log's own signature of a text."""

KIND_COSIGNATURE = 0x04
"""A witness' Ed25519 signature of a checkpoint and a time."""

KIND_ML_DSA_COSIGNATURE = 0x06
"""A witness' ML-DSA-44 signature of a checkpoint and a time."""

ML_DSA_SIZE = 1312
"""Bytes of an ML-DSA-44 public key."""

LARGEST = 1_000_000
"""Bytes of a note."""

MOST_SIGNATURES = 100

_MARK = "— "


@dataclass(frozen=True, slots=True)
class Key:
    """Whose signature is believed; made by `key` or `vkey`, which check it."""

    name: str
    kind: int
    public: bytes

    @property
    def id(self) -> bytes:
        """Four bytes that tell keys apart; they prove nothing."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([self.kind]) + self.public).digest()[:4]

    def __str__(self) -> str:
        """As a vkey: one word for configurations and policies."""
        return f"{self.name}+{self.id.hex()}+{encode64(bytes([self.kind]) + self.public)}"


@dataclass(frozen=True, slots=True)
class Signature:
    """One signature of a note; nobody has verified it yet."""

    name: str
    id: bytes
    data: bytes
    """As the kind of the key has it, without the key's id."""

    @property
    def line(self) -> str:
        """As it stands in a note."""
        return f"{_MARK}{self.name} {encode64(self.id + self.data)}\n"

    def of(self, key: Key) -> bool:
        """Whether it claims to be of this key."""
        return (self.name, self.id) == (key.name, key.id)


@dataclass(frozen=True, slots=True)
class Note:
    """A text and what claims to be signatures of it."""

    text: str
    """Ends with a newline."""
    signatures: tuple[Signature, ...]

    def encode(self) -> bytes:
        """As it is sent and kept."""
        return (self.text + "\n" + "".join(one.line for one in self.signatures)).encode()

    def by(self, key: Key) -> list[Signature]:
        """The signatures that claim to be of a key."""
        return [one for one in self.signatures if one.of(key)]


def key(name: str, kind: int, public: bytes) -> Key:
    """A key that may be trusted.

    Raises:
        BadPayload: a name that can't stand in a note, an unknown kind, or a public key that is weak or none.
    """
    if not good_name(name):
        raise BadPayload(f"{name!r} can't be a key's name: no spaces, no plus, not empty")
    if kind in (KIND_ED25519, KIND_COSIGNATURE):
        ed25519.public_key(public)
    elif kind == KIND_ML_DSA_COSIGNATURE:
        if len(public) != ML_DSA_SIZE:
            raise BadPayload(f"an ML-DSA-44 public key has {ML_DSA_SIZE} bytes, not {len(public)}")
    else:
        raise BadPayload(f"a key of the kind 0x{kind:02x}, which is not known here")
    return Key(name, kind, public)


def vkey(text: str) -> Key:
    """A key from its one word, `<name>+<id>+<base64>`.

    Raises:
        BadPayload: it is none, its id does not fit, or `key` refuses it.
    """
    parts = text.split("+", 2)
    if len(parts) != 3:
        raise BadPayload("a verifier key has the form name+id+base64")
    name, id_, data = parts[0], parts[1], decode64(parts[2])
    if not data:
        raise BadPayload("a verifier key without a key")
    found = key(name, data[0], data[1:])
    if id_ != found.id.hex():
        raise BadPayload(f"the verifier key of {name} says the id {id_!r}; its key has {found.id.hex()}")
    return found


def good_name(name: str) -> bool:
    """Whether something can be a key's name."""
    return bool(name) and "+" not in name and not any(c.isspace() or c < " " for c in name) and _encodes(name)


def decode(data: bytes) -> Note:
    """Read a note; its signatures are not verified.

    Raises:
        BadPayload: it is none.
    """
    if len(data) > LARGEST:
        raise BadPayload(f"a note of {len(data)} bytes; {LARGEST} are allowed")
    try:
        whole = data.decode()
    except UnicodeDecodeError as error:
        raise BadPayload("a note that is not UTF-8") from error
    if any(c < " " and c != "\n" for c in whole):
        raise BadPayload("a note with control characters")
    text, parted, below = whole.rpartition("\n\n")
    if not parted or not below.endswith("\n"):
        raise BadPayload("a note is a text, an empty line, and signatures, each line ended")
    lines = below[:-1].split("\n")
    if len(lines) > MOST_SIGNATURES:
        raise BadPayload(f"a note with {len(lines)} signatures; {MOST_SIGNATURES} are allowed")
    return Note(text + "\n", tuple(signature(line) for line in lines))


def signature(line: str) -> Signature:
    """Read one signature's line, without its newline. Raises BadPayload."""
    mark, name, data = line[: len(_MARK)], *line[len(_MARK) :].rpartition(" ")[::2]
    if mark != _MARK or not good_name(name):
        raise BadPayload("a signature's line has the form `— name base64`")
    raw = decode64(data)
    if len(raw) < 5:
        raise BadPayload(f"the signature of {name} is too short")
    return Signature(name, raw[:4], raw[4:])


def encode64(data: bytes) -> str:
    """Standard base64."""
    return base64.b64encode(data).decode("ascii")


def decode64(text: str) -> bytes:
    """Standard base64 in its one canonical form. Raises BadPayload."""
    try:
        data = base64.b64decode(text.encode("ascii"), validate=True)
    except (binascii.Error, UnicodeEncodeError) as error:
        raise BadPayload("text that is not base64") from error
    if encode64(data) != text:
        raise BadPayload("base64 that is not canonical")
    return data


def decode_hash(text: str) -> bytes:
    """A hash of 32 bytes in base64. Raises BadPayload."""
    data = decode64(text)
    if len(data) != 32:
        raise BadPayload(f"a hash of {len(data)} bytes, not 32")
    return data


def decode_number(text: str) -> int:
    """A number from 0 to 2**63 - 1 in plain digits without leading zeroes. Raises BadPayload."""
    if not (text.isascii() and text.isdigit() and len(text) <= 19) or (text[0] == "0" and text != "0"):
        raise BadPayload(f"{text[:30]!r} is not a number in plain digits")
    number = int(text)
    if number >= 1 << 63:
        raise BadPayload(f"the number {number} is too large")
    return number


def _encodes(name: str) -> bool:
    try:
        name.encode()
    except UnicodeEncodeError:
        return False
    return True
