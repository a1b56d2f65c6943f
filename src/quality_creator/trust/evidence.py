"""What the evidence of an episode consists of: the same files on a hub, in a folder and in a bundle.

proof.json                       which files there are
dossier.json                     what the authorities endorse
dossier.json.tlog-proof          it was logged
segments.json                    the digest of each segment, under the dossier's root
measurements.ndjson              what was stamped into each segment, a line each, under the dossier's root
measurements.parquet             the measurements in it as a table, by digest in the dossier
verdicts/<characteristic>.json   what each chart said at the end, by digest in the dossier
charts/opening.json              where the charts stood at first, by digest in the verdicts and the log
charts/course.json               what was changed on them and not shown, by digest in the verdicts
as-run.json, remarks/<n>.json    by digest in the dossier
register/<version>.json          the register of authorities, the first version first
approvals/<n>.json               of later versions
policy                           the log's key, the witnesses, and how many of them must have cosigned
endorsements/<n>.json            and beside each its .tlog-proof
status/<n>.json                  each issuer's newest list of revocations
log/checkpoint                   the newest
log/tile/entries/...             the log's entries, from which its root follows
log/documents/<sha256>           documents of entries about the episode
contexts/<n>.json                the vocabularies, for tools that ask for them
media/<rendition>/<name>         init segments and segments, where they are taken along
VERIFY.txt                       how to check all this with tools that are not ours
"""

import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Literal, TypeVar

import msgspec

from quality_creator.model.errors import BadPayload
from quality_creator.model.text import Text
from quality_creator.trust.log import proof

INDEX = "proof.json"
DOSSIER = "dossier.json"
SEGMENTS = "segments.json"
AS_RUN = "as-run.json"
MEASUREMENTS = "measurements.ndjson"
TABLE = "measurements.parquet"
POLICY = "policy"
LOG = "log"
README = "VERIFY.txt"
MEDIA = "media"

FORMAT: Literal["quality-creator/proof/1"] = "quality-creator/proof/1"
MEASUREMENTS_SCHEMA = "quality-creator/1"
"""Of a batch: the messages in the stream, as docs/gauges.md describes them."""

T = TypeVar("T")

_NAME = re.compile(r"(?:[A-Za-z0-9][A-Za-z0-9._-]{0,127}/){0,6}[A-Za-z0-9][A-Za-z0-9._-]{0,127}")
_Hex = Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
_Count = Annotated[int, msgspec.Meta(ge=0, le=2**53 - 1)]


class _File(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True, rename="camel"):
    """What all of them share."""


class Index(_File, frozen=True, kw_only=True):
    """`proof.json`: nothing in it is believed, it only says what to read."""

    format: Literal["quality-creator/proof/1"]
    episode: str
    """Its slug."""
    title: Text
    brand: Text
    address: str
    """Where the newest evidence is."""
    files: tuple[str, ...]

    def under(self, folder: str) -> list[str]:
        """The files in a folder, in their order by number where their names are numbers."""
        found = [one for one in self.files if one.startswith(f"{folder}/")]
        return sorted(found, key=lambda one: (_number(one), one))


class Init(_File, frozen=True, kw_only=True):
    """An init segment."""

    rendition: str
    name: str
    digest: _Hex


class Segment(_File, frozen=True, kw_only=True):
    """A segment in all renditions."""

    msn: _Count
    utc: _Count
    """Microseconds since 1970 of its first picture."""
    duration: _Count
    """Ticks of 1/90000 s."""
    digests: tuple[_Hex, ...]
    """SHA-256, in the order of the renditions; empty where nobody could compute them."""
    inits: tuple[str, ...]
    """Names, in the order of the renditions."""
    recorded: bool = True
    """Whether its bytes were kept: what was aired while a disk was full has digests and nothing else."""


class Segments(_File, frozen=True, kw_only=True):
    """`segments.json`: the leaves under the dossier's roots."""

    renditions: tuple[str, ...]
    inits: tuple[Init, ...]
    segments: tuple[Segment, ...]

    @property
    def leaves(self) -> list[bytes]:
        """What the root over the segments is made of: for each segment its digests, one after the other."""
        return [b"".join(map(bytes.fromhex, one.digests)) for one in self.segments if one.digests]

    @property
    def init_leaves(self) -> list[bytes]:
        """What the root over the init segments is made of."""
        return [bytes.fromhex(one.digest) for one in self.inits]

    @property
    def missing(self) -> int:
        """Segments whose bytes were not kept."""
        return sum(not (one.digests and one.recorded) for one in self.segments)


def decode_index(data: bytes) -> Index:
    """Read `proof.json`. Raises BadPayload, also for names that lead out of the folder."""
    index = _decode(data, Index)
    for name in index.files:
        check_name(name)
    return index


def decode_segments(data: bytes) -> Segments:
    """Read `segments.json`. Raises BadPayload."""
    found = _decode(data, Segments)
    count = len(found.renditions)
    for one in found.segments:
        if len(one.inits) != count or len(one.digests) not in (0, count):
            raise BadPayload(f"segment {one.msn} does not say one digest and init for each rendition")
    numbers = [one.msn for one in found.segments]
    if numbers != sorted(set(numbers)):
        raise BadPayload("segments that are not in order")
    return found


def check_name(name: str) -> str:
    """A file's name that stays in its folder. Raises BadPayload."""
    if not _NAME.fullmatch(name) or ".." in name:
        raise BadPayload(f"{name[:80]!r} can't be the name of a file of the evidence")
    return name


def numbered(folder: str, number: int) -> str:
    """The name of one of several files."""
    return f"{folder}/{number}.json"


def logged(name: str) -> str:
    """The name of the proof that a file was logged."""
    return name + proof.SUFFIX


def media(rendition: str, name: str) -> str:
    """The name of an init segment or segment."""
    return f"{MEDIA}/{rendition}/{name}"


def sha256(data: bytes) -> str:
    """A digest as `sha256sum` prints it."""
    return hashlib.sha256(data).hexdigest()


def names_of_media(segments: Segments) -> Sequence[tuple[str, str]]:
    """Every init segment and segment with its digest."""
    found = [(media(one.rendition, one.name), one.digest) for one in segments.inits]
    for one in segments.segments:
        for rendition, digest in zip(segments.renditions, one.digests if one.recorded else (), strict=False):
            found.append((media(rendition, f"{one.msn}.m4s"), digest))
    return found


def _number(name: str) -> int:
    stem = name.rpartition("/")[2].partition(".")[0]
    return int(stem) if stem.isdecimal() and len(stem) < 16 else 0


def _decode(data: bytes, kind: type[T]) -> T:
    try:
        return msgspec.json.decode(data, type=kind)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"not as it must be: {error}") from error
