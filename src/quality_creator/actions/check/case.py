"""What a check has at hand, and what it has found so far: each part adds to it what later parts need."""

import hashlib
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

import msgspec

from quality_creator.actions import stamped
from quality_creator.actions.evidence_source import Source
from quality_creator.model.errors import NotFound
from quality_creator.model.event import TimedMessage
from quality_creator.trust import evidence
from quality_creator.trust.dossier import Dossier
from quality_creator.trust.evidence import Index, Segments
from quality_creator.trust.log import leaf, merkle
from quality_creator.trust.log.draw import Lot
from quality_creator.trust.log.leaf import Leaf
from quality_creator.trust.log.merkle import Hashes
from quality_creator.trust.log.policy import Policy
from quality_creator.trust.register import Accepted
from quality_creator.trust.verdict import Verdict

Outcome = Literal["right", "wrong", "unknown", "absent"]


class Check(msgspec.Struct, frozen=True, kw_only=True):
    """One thing that was looked at."""

    name: str
    outcome: Outcome
    words: str


@dataclass(slots=True)
class Case:
    """What is at hand so far."""

    source: Source
    now: datetime
    threads: ThreadPoolExecutor
    with_media: bool
    checks: list[Check] = field(default_factory=list)
    index: Index | None = None
    dossier: Dossier | None = None
    dossier_data: bytes = b""
    accepted: Accepted | None = None
    believed: Policy | None = None
    leaves: list[Leaf] = field(default_factory=list)
    hashes: Hashes = field(default_factory=lambda: merkle.in_memory(()))
    """Over all entries of the log."""
    segments: Segments | None = None
    judged: Verdict | None = None
    size: int = 0
    seen_at: datetime | None = None
    """Of the log's newest checkpoint: its entries, and when a quorum saw it."""
    served: list[tuple[int, int]] = field(default_factory=list)
    """Places of entries that told what was served, and how many segments that was."""
    drawn: dict[str, tuple[str, ...]] = field(default_factory=dict)
    """The units that were drawn, by their lot's id."""
    lots: dict[str, Lot] = field(default_factory=dict)
    """Those that something was drawn of."""
    _batches: list[bytes] | None = None
    _batch_digests: list[bytes] | None = None
    _messages: list[list[TimedMessage]] | None = None

    def say(self, name: str, outcome: Outcome, words: str) -> None:
        self.checks.append(Check(name=name, outcome=outcome, words=words))

    def read(self, name: str) -> bytes | None:
        """A file; None where there is none."""
        try:
            return self.source.read(name)
        except NotFound:
            return None

    def batches(self) -> list[bytes]:
        """What was stamped into the segments, a line for each."""
        if self._batches is None:
            self._batches = (self.read(evidence.MEASUREMENTS) or b"").splitlines()
        return self._batches

    def batch_digests(self) -> list[bytes]:
        """SHA-256 of each of these lines."""
        if self._batch_digests is None:
            self._batch_digests = [hashlib.sha256(one).digest() for one in self.batches()]
        return self._batch_digests

    def messages(self) -> list[list[TimedMessage]]:
        """What these lines say. Raises BadPayload."""
        if self._messages is None:
            self._messages = [stamped.decode(one) for one in self.batches()]
        return self._messages

    def document(self, one: Leaf) -> bytes | None:
        """What an entry of the log is of; None where it is not at hand."""
        data = self.read(f"{evidence.LOG}/{leaf.DOCUMENTS}/{one.sha256}")
        return data if data is not None and leaf.sha256(data) == one.sha256 else None

    def told(self, *kinds: str) -> Iterator[tuple[int, bytes | None]]:
        """Places and documents of the log's entries about the episode; None where one is not at hand."""
        episode = self.dossier.episode if self.dossier is not None else ""
        for index, one in enumerate(self.leaves):
            if one.subject == episode and one.type in kinds:
                yield index, self.document(one)


def when(instant: datetime) -> str:
    """An instant as people read it."""
    return instant.strftime("%Y-%m-%d %H:%M:%S UTC")
