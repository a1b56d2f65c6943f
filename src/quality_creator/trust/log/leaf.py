"""Entries of the log: what says that a document existed, and nothing of what it says.

An entry is the JCS text (RFC 8785) of five words. The document itself lies beside the log, or wherever
its owner keeps it; whoever has it computes its digest and thereby the entry.
"""

import hashlib
from typing import Annotated

import msgspec

from quality_creator.model.errors import BadPayload
from quality_creator.trust import jcs
from quality_creator.trust.log import merkle
from quality_creator.trust.log.tile import LARGEST_ENTRY

DOCUMENTS = "documents"
"""Where a log keeps documents beside its entries, each under its digest."""


class Leaf(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An entry."""

    type: Annotated[str, msgspec.Meta(pattern=r"^[a-z][a-z-]{0,31}/[1-9][0-9]{0,3}\Z")]
    """What kind of document: `start/1`, `progress/1`, `dossier/1`, `endorsement/1`, `status/1`, `key/1`, …"""
    id: str
    """Of the document."""
    issuer: str
    """Who made the document."""
    sha256: Annotated[str, msgspec.Meta(pattern=r"^[0-9a-f]{64}\Z")]
    """Of the document's bytes, its proof included, as `sha256sum` prints it."""
    subject: str
    """What the document is about: an episode, a dossier, a credential."""

    def encode(self) -> bytes:
        """The entry's bytes. Raises BadPayload when they would be too many, or a text is not NFC."""
        data = jcs.encode(msgspec.structs.asdict(self))
        if len(data) > LARGEST_ENTRY:
            raise BadPayload(f"an entry of {len(data)} bytes; {LARGEST_ENTRY} are allowed")
        return data

    @property
    def hash(self) -> bytes:
        """The entry's hash in the tree."""
        return merkle.leaf_hash(self.encode())


def leaf_of(document: bytes, *, type: str, id: str, issuer: str, subject: str) -> Leaf:  # noqa: A002
    """The entry of a document."""
    return Leaf(type=type, id=id, issuer=issuer, sha256=sha256(document), subject=subject)


def sha256(document: bytes) -> str:
    """A document's digest as an entry states it."""
    return hashlib.sha256(document).hexdigest()


def decode(entry: bytes) -> Leaf:
    """Read an entry.

    Raises:
        BadPayload: it is not one of ours, or not in its one canonical form.
    """
    try:
        leaf = _decoder.decode(entry)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        raise BadPayload(f"an entry that is not of this log: {error}") from error
    if leaf.encode() != entry:
        raise BadPayload("an entry that is not in canonical form")
    return leaf


_decoder = msgspec.json.Decoder(Leaf)
