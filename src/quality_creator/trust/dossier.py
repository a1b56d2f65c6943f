"""The evidence of an episode as one digest: what authorities endorse, and anyone can compute again.

A dossier names by digest everything that belongs to the episode: each segment that was aired, each batch
of measurements, the chart's verdicts, what was on air when, remarks, the software. It carries a checkpoint
of the log that was seen when the episode began, so that it can't have been made before.

Segments and batches are leaves of Merkle trees as in RFC 6962, in the order in which they came to be: by
number, and within a number by rendition. A root over the first n of them, written into the log while the
episode was on air, is therefore a root over what the dossier has, too.
"""

import base64
import binascii
import hashlib
import re
from collections.abc import Sequence
from typing import Annotated, Any, Literal

import msgspec

from quality_creator.model.errors import BadPayload
from quality_creator.trust import credential, did, jcs
from quality_creator.trust.log import merkle

LEAF = "dossier/1"

_Count = Annotated[int, msgspec.Meta(ge=0, le=jcs.LARGEST)]
_SRI = re.compile(r"sha256-[A-Za-z0-9+/]{43}=")


class _Part(
    msgspec.Struct,
    frozen=True,
    kw_only=True,
    forbid_unknown_fields=True,
    omit_defaults=True,
    rename="camel",
):
    """What all parts of the document share."""


class Seen(_Part, frozen=True, kw_only=True):
    """A checkpoint that was there when the episode began."""

    size: _Count
    root: str
    """Standard base64."""


class Segments(_Part, frozen=True, kw_only=True):
    """Every segment that was aired."""

    algo: Literal["sha-256"]
    count: _Count
    root: str
    init: str
    """Root over the init segments, in the order of their first use."""
    digest: str = msgspec.field(name="digestSRI")
    """Of the list with each segment's number, time and digests."""
    missing: _Count = 0
    """Aired and not recorded: a full disk. Their pictures can't be checked."""


class Instrument(_Part, frozen=True, kw_only=True):
    """What measured."""

    id: str
    calibration: dict[str, str] = {}
    """As its owner states it: certificate, due date; empty where nothing is stated."""


class Table(_Part, frozen=True, kw_only=True):
    """The measurements as one table, for people's own tools."""

    schema: str
    digest: str = msgspec.field(name="digestSRI")


class Measurements(_Part, frozen=True, kw_only=True):
    """Every measurement that was shown, in batches: one for each segment."""

    schema: str
    count: _Count
    """Batches."""
    root: str
    table: Table | None = None
    """Absent in dossiers from before there was one."""
    instruments: tuple[Instrument, ...] = ()


class Verdict(_Part, frozen=True, kw_only=True):
    """What a chart said of a characteristic at the end."""

    chart: str
    characteristic: str
    digest: str = msgspec.field(name="digestSRI")


class Remark(_Part, frozen=True, kw_only=True):
    """What an expert said and signed."""

    expert: str
    """did:key."""
    digest: str = msgspec.field(name="digestSRI")


class AsRun(_Part, frozen=True, kw_only=True):
    """What was on air when."""

    digest: str = msgspec.field(name="digestSRI")


class Software(_Part, frozen=True, kw_only=True):
    """What made the dossier."""

    name: str
    version: str


class Dossier(_Part, frozen=True, kw_only=True):
    """The document."""

    type: Literal["dossier/1"]
    id: str
    """Where it is published."""
    episode: Annotated[str, msgspec.Meta(pattern=r"^urn:uuid:[0-9a-f-]{36}\Z")]
    factory: str
    """did:web; empty where the maker has none."""
    started: Seen | None = None
    """Absent where the log had no checkpoint yet: then nothing says that it was not made before."""
    segments: Segments
    measurements: Measurements
    verdicts: tuple[Verdict, ...] = ()
    remarks: tuple[Remark, ...] = ()
    as_run: AsRun | None = None
    software: Software

    def encode(self) -> bytes:
        """The dossier's one and only bytes. Raises BadPayload."""
        return jcs.encode(msgspec.to_builtins(self))


def decode(data: bytes) -> Dossier:
    """Read a dossier.

    Raises:
        BadPayload: it is none, is not written canonically, or contradicts itself.
    """
    value: Any = jcs.canonical(data)
    dossier = credential.convert(value, Dossier)
    if dossier.encode() != data:
        raise BadPayload("a dossier with a member that means nothing")  # a default, written out
    if dossier.factory:
        did.web(dossier.factory)
    for root in (dossier.segments.root, dossier.segments.init, dossier.measurements.root):
        root_bytes(root)
    if dossier.started is not None:
        root_bytes(dossier.started.root)
    digests = [verdict.digest for verdict in dossier.verdicts]
    digests += [dossier.segments.digest]
    digests += [remark.digest for remark in dossier.remarks]
    digests += [dossier.as_run.digest] if dossier.as_run else []
    digests += [dossier.measurements.table.digest] if dossier.measurements.table else []
    for one in digests:
        if not _SRI.fullmatch(one):
            raise BadPayload(f"{one[:80]!r} is no digestSRI with SHA-256")
    return dossier


def digest_sri(data: bytes) -> str:
    """The digest of a document, as W3C's Subresource Integrity writes it."""
    return sri_of(hashlib.sha256(data).digest())


def sri_of(sha256: bytes) -> str:
    """A SHA-256 digest, as W3C's Subresource Integrity writes it."""
    return "sha256-" + base64.b64encode(sha256).decode()


def tree_root(digests: Sequence[bytes]) -> str:
    """The root over SHA-256 digests in their order, as a dossier has it."""
    return root_text(merkle.root_of([merkle.leaf_hash(one) for one in digests]))


def root_text(root: bytes) -> str:
    """A root as a dossier has it."""
    return base64.b64encode(root).decode()


def root_bytes(text: str) -> bytes:
    """A root from its base64. Raises BadPayload."""
    try:
        data = base64.b64decode(text, validate=True)
    except (binascii.Error, ValueError) as error:
        raise BadPayload(f"{text[:60]!r} is not base64") from error
    if len(data) != 32 or base64.b64encode(data).decode() != text:
        raise BadPayload(f"{text[:60]!r} is no SHA-256 in base64")
    return data
