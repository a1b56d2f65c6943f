"""What an expert says of a broadcast, signed in the expert's own browser: nobody can deny it or make it up.

A remark is one canonical JSON document (RFC 8785) with one `eddsa-jcs-2022` proof by the key that it names
(`did:key`). It is about a span of programme time *as the expert saw it*, and there about a characteristic,
a drawn unit, or a frame on which something was drawn. It carries a checkpoint of the log that the expert's
page had, so that it can't have been made before. Taking it back is another remark.

Whose key it is, and whether it could be said at that moment, is told by the log (`actions.remark_checks`).
"""

import re
from dataclasses import dataclass
from datetime import datetime
from typing import Annotated, Any, Literal

import msgspec
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey, Ed25519PublicKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import credential, did, dossier, jcs, multikey, proof

LEAF = "remark/1"

LONGEST = 60_000
"""Bytes of the document."""

MOST_WORDS = 2_000
"""Characters."""

MOST_STROKES, MOST_POINTS = 100, 4_000
"""Lines drawn on a frame, and their corners together."""

MOST_RESULTS = 500

SCALE = 10_000
"""Of a drawing's coordinates: the frame's width, and its height."""

Kind = Literal["remark", "measure-again", "open-limits", "measurements", "withdrawal"]
"""Two of them ask for something: "measure this again" and "open these limits"."""

ASKS: tuple[Kind, ...] = ("measure-again", "open-limits")

_Ticks = Annotated[int, msgspec.Meta(ge=0, le=jcs.LARGEST)]
_Urn = Annotated[
    str, msgspec.Meta(pattern=r"^urn:uuid:[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\Z")
]
_Short = Annotated[str, msgspec.Meta(max_length=100)]
_Named = Annotated[str, msgspec.Meta(min_length=1, max_length=200)]
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]{0,14})(?:\.[0-9]{1,12})?")


class _Part(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What all parts of the document share."""


class Span(_Part, frozen=True, kw_only=True):
    """Programme time, in ticks of 1/90000 s from the episode's first picture."""

    start: _Ticks = msgspec.field(name="from")
    to: _Ticks


class Frame(_Part, frozen=True, kw_only=True):
    """A picture that was frozen, and what was drawn on it."""

    at: _Ticks
    segment: _Ticks
    """The number of the segment that it is in."""
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    """Of that segment's bytes, in the rendition that was seen."""
    strokes: tuple[tuple[Annotated[int, msgspec.Meta(ge=0, le=SCALE)], ...], ...] = ()
    """Lines as x, y, x, y, …"""


class About(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """One thing: a characteristic, a drawn unit (of measurements: the lot), or a frame."""

    characteristic: _Named | None = None
    lot: _Urn | None = None
    unit: _Named | None = None
    frame: Frame | None = None


class Result(_Part, frozen=True, kw_only=True):
    """What the expert found at one drawn unit."""

    unit: _Named
    characteristic: _Short = ""
    """Empty where the unit is judged as a whole."""
    value: _Short = ""
    """A decimal number as text; empty where nothing was measured."""
    unit_of_measure: _Short = ""
    conforming: bool

    @property
    def shown(self) -> str:
        """In one line."""
        mark = "✓" if self.conforming else "✗"
        return " ".join(
            one for one in (self.unit, self.characteristic, self.value, self.unit_of_measure, mark) if one
        )


class Remark(_Part, frozen=True, kw_only=True, omit_defaults=True):
    """The document, without its proof."""

    type: Literal["remark/1"]
    id: _Urn
    episode: _Urn
    expert: str
    """did:key."""
    institution: str
    """did:web: for whom the expert speaks."""
    name: _Named
    """The expert's."""
    kind: Kind
    words: Annotated[str, msgspec.Meta(max_length=MOST_WORDS)]
    language: Literal["zh", "en"]
    span: Span | None = None
    about: About | None = None
    results: tuple[Result, ...] | None = None
    withdraws: _Urn | None = None
    seen: dossier.Seen | None = None
    """The newest checkpoint that the expert's page had; absent where the log had none."""

    @property
    def shown(self) -> str:
        """What is shown of it on air: the words, or the results where nothing was said."""
        if self.words:
            return self.words
        return "; ".join(one.shown for one in self.results or ())


@dataclass(frozen=True, slots=True)
class Signed:
    """A remark that its own key signed."""

    data: bytes
    """Its canonical bytes, with the proof: what its digest and its entry in the log are of."""
    remark: Remark
    created: datetime
    """As the proof says; nobody but the expert vouches for it."""
    public: Ed25519PublicKey


def decode(data: bytes) -> Signed:
    """Read a remark and check that the key which it names signed it.

    Raises:
        BadPayload: it is none, contradicts itself, is not written canonically, or the proof is not its own.
    """
    if len(data) > LONGEST:
        raise BadPayload(f"a remark of {len(data)} bytes; at most {LONGEST} are taken")
    document: dict[str, Any] = jcs.canonical(data)
    claimed = proof.read(document)
    bare = {name: part for name, part in document.items() if name != "proof"}
    remark = credential.convert(bare, Remark)
    _check(remark)
    prefix, key = remark.expert[:8], remark.expert[8:]
    if prefix != "did:key:":
        raise BadPayload("expert: a remark is signed by a did:key")
    public = multikey.decode(key)
    if multikey.did_key(public) != remark.expert or claimed.method != did.method(remark.expert, key):
        raise BadPayload("the proof names another key than the remark's expert")
    claimed.verify(public)
    return Signed(data, remark, claimed.created, public)


def sign(remark: Remark, key: Ed25519PrivateKey, *, created: datetime) -> bytes:
    """A remark with its proof, as a browser makes it too. Raises BadPayload for one that `decode` refuses."""
    document = msgspec.to_builtins(remark)
    method = did.method(remark.expert, multikey.encode(key.public_key()))
    data = jcs.encode(proof.sign(document, key, method=method, created=created))
    decode(data)
    return data


def _check(remark: Remark) -> None:
    """What a kind of remark has, and has not."""
    did.web(remark.institution)
    if remark.seen is not None:
        dossier.root_bytes(remark.seen.root)
    if remark.span is not None and remark.span.start > remark.span.to:
        raise BadPayload("span: it ends before it begins")
    withdrawal, measured = remark.kind == "withdrawal", remark.kind == "measurements"
    if withdrawal != (remark.withdraws is not None) or (withdrawal and (remark.span or remark.about)):
        raise BadPayload("a withdrawal, and no other remark, names what it withdraws, and nothing else")
    if remark.withdraws == remark.id:
        raise BadPayload("a remark can't withdraw itself")
    if not withdrawal and remark.span is None:
        raise BadPayload("span: a remark is about a span of the programme")
    if not remark.words.strip() and not measured and not withdrawal:
        raise BadPayload("words: say something")
    if measured != (remark.results is not None):
        raise BadPayload("measurements, and no other remark, have results")
    if remark.about is not None:
        _check_about(remark.about, measured=measured)
    if remark.results is not None:
        if remark.about is None or remark.about.lot is None:
            raise BadPayload("about: measurements name the lot that the units were drawn from")
        _check_results(remark.results)


def _check_about(about: About, *, measured: bool) -> None:
    if sum(one is not None for one in (about.characteristic, about.lot, about.frame)) != 1:
        raise BadPayload("about: one of a characteristic, a drawn unit and a frame")
    if (about.unit is not None) != (about.lot is not None and not measured):
        raise BadPayload("about: a drawn unit is named with its lot; measurements name the lot alone")
    if about.frame is not None:
        strokes = about.frame.strokes
        if len(strokes) > MOST_STROKES or sum(map(len, strokes)) > 2 * MOST_POINTS:
            raise BadPayload(f"strokes: at most {MOST_STROKES} lines of {MOST_POINTS} points together")
        if any(len(one) < 2 or len(one) % 2 for one in strokes):
            raise BadPayload("strokes: each is x, y, x, y, …")


def _check_results(results: tuple[Result, ...]) -> None:
    if not 0 < len(results) <= MOST_RESULTS:
        raise BadPayload(f"results: from 1 to {MOST_RESULTS}")
    named = [(one.unit, one.characteristic) for one in results]
    if len(set(named)) != len(named):
        raise BadPayload("results: a unit stands twice with the same characteristic")
    for one in results:
        if one.value and not _NUMBER.fullmatch(one.value):
            raise BadPayload(f"results: {one.value!r} is no decimal number such as 12.3")
