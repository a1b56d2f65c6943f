"""Whom one believes: the logs, the witnesses, and how many of them must have cosigned (C2SP tlog-policy).

log <vkey> [address]
witness <name> <vkey> [address]
group <name> <all | any | k> <members>
quorum <name | none>
"""

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime

from quality_creator.model.errors import BadPayload
from quality_creator.trust.log import note
from quality_creator.trust.log.checkpoint import Signed, cosigned_at, open_signed
from quality_creator.trust.log.note import Key

LARGEST = 1_000_000
"""Bytes of a policy."""

MOST = 256
"""Logs, witnesses and groups, of each."""

NONE = "none"
"""The quorum that asks for no witness."""


@dataclass(frozen=True, slots=True)
class Witness:
    """Who watches the log."""

    name: str
    """Within the policy."""
    key: Key
    address: str
    """Its submission prefix; empty where the policy gives none."""


@dataclass(frozen=True, slots=True)
class Group:
    """Some of whose members must have cosigned."""

    name: str
    threshold: int
    members: tuple[str, ...]


@dataclass(frozen=True, slots=True)
class Policy:
    """What `parse` makes of a policy's file."""

    logs: tuple[Key, ...]
    witnesses: tuple[Witness, ...]
    groups: Mapping[str, Group]
    quorum: str

    def holds(self, cosigned: Collection[str]) -> bool:
        """Whether the witnesses of these names are enough."""
        return self.quorum == NONE or self._holds(self.quorum, cosigned)

    def open(self, data: bytes) -> "Seen":
        """Read a checkpoint as this policy demands.

        Raises:
            BadPayload: it is none, or not of a log of the policy, or a signature that claims to be of the
                log or of a witness of the policy is not. Whether the quorum is met is not asked.
        """
        signed = open_signed(data, self.logs)
        times = {one.name: at for one in self.witnesses if (at := cosigned_at(signed, one.key)) is not None}
        return Seen(signed, times, self._met_at(times))

    def _met_at(self, times: Mapping[str, int]) -> int | None:
        """When the quorum was first met: the time of the cosignature with which it was."""
        if self.quorum == NONE:
            return None
        for at in sorted(set(times.values())):
            if self.holds([name for name, when in times.items() if when <= at]):
                return at
        return None

    def _holds(self, name: str, cosigned: Collection[str]) -> bool:
        group = self.groups.get(name)
        if group is None:
            return name in cosigned
        return sum(self._holds(member, cosigned) for member in group.members) >= group.threshold


@dataclass(frozen=True, slots=True)
class Seen:
    """A checkpoint with its log's signature and its witnesses' verified."""

    signed: Signed
    times: Mapping[str, int]
    """By the policy's names of those who cosigned: when, in seconds since 1970."""
    met_at: int | None
    """When the quorum was first met; None when it is not, or asks for nobody."""

    @property
    def time(self) -> datetime | None:
        """`met_at` as an instant."""
        return None if self.met_at is None else datetime.fromtimestamp(self.met_at, UTC)


def parse(data: bytes) -> Policy:
    """Read a policy.

    Raises:
        BadPayload: it is none; the text names the line.
    """
    if len(data) > LARGEST:
        raise BadPayload(f"a policy of {len(data)} bytes; {LARGEST} are allowed")
    if re.search(rb"[^\t\n\x20-\x7e\x80-\xff]", data):
        raise BadPayload("a policy with control characters")
    if data and not data.endswith(b"\n"):
        raise BadPayload("a policy whose last line is not ended")
    reading = _Reading()
    # Names are opaque bytes; so read, each has one text and back.
    for number, line in enumerate(data.decode(errors="surrogateescape").split("\n"), 1):
        words = [word for word in re.split("[ \t]+", line) if word]
        if words and not words[0].startswith("#"):
            try:
                reading.line(words)
            except BadPayload as error:
                raise BadPayload(f"line {number} of the policy: {error}") from error
    if reading.quorum is None:
        raise BadPayload("a policy has a line `quorum`")
    return Policy(tuple(reading.logs), tuple(reading.witnesses.values()), reading.groups, reading.quorum)


class _Reading:
    """What the lines so far say."""

    def __init__(self) -> None:
        self.logs: list[Key] = []
        self.witnesses: dict[str, Witness] = {}
        self.groups: dict[str, Group] = {}
        self.quorum: str | None = None
        self._members: set[str] = set()

    def line(self, words: list[str]) -> None:
        match words:
            case ["log", key] | ["log", key, _]:
                self._log(key)
            case ["witness", name, key]:
                self._witness(name, key, "")
            case ["witness", name, key, address]:
                self._witness(name, key, address)
            case ["group", name, threshold, *members] if members:
                self._group(name, threshold, members)
            case ["quorum", name]:
                self._quorum(name)
            case [word, *_]:
                raise BadPayload(
                    f"{word!r} with {len(words) - 1} words; log, witness, group or quorum is meant?"
                )

    def _log(self, text: str) -> None:
        key = note.vkey(text)
        if key.kind != note.KIND_ED25519:
            raise BadPayload(f"the key of {key.name} is not one of a log")
        if any(key.public == other.public for other in self.logs):
            raise BadPayload(f"the key of {key.name} is there already")
        if len(self.logs) == MOST:
            raise BadPayload(f"more than {MOST} logs")
        self.logs.append(key)

    def _witness(self, name: str, text: str, address: str) -> None:
        key = note.vkey(text)
        if key.kind == note.KIND_ED25519:
            raise BadPayload(f"the key of {key.name} is not one of a witness")
        if any(key.public == other.key.public for other in self.witnesses.values()):
            raise BadPayload(f"the key of {key.name} is there already")
        self._new(name, len(self.witnesses))
        self.witnesses[name] = Witness(name, key, address)

    def _group(self, name: str, word: str, members: list[str]) -> None:
        for member in members:
            self._known(member)
            if member in self._members:
                raise BadPayload(f"{member!r} is a member already; each may be one once")
            self._members.add(member)
        threshold = {"all": len(members), "any": 1}.get(word) or note.decode_number(word)
        if not 1 <= threshold <= len(members):
            raise BadPayload(f"{threshold} of {len(members)} members can't be")
        self._new(name, len(self.groups))
        self.groups[name] = Group(name, threshold, tuple(members))

    def _quorum(self, name: str) -> None:
        if self.quorum is not None:
            raise BadPayload("a second quorum")
        if name != NONE:
            self._known(name)
        self.quorum = name

    def _new(self, name: str, count: int) -> None:
        if name == NONE or name in self.witnesses or name in self.groups:
            raise BadPayload(f"the name {name!r} is taken")
        if count == MOST:
            raise BadPayload(f"more than {MOST} of them")

    def _known(self, name: str) -> None:
        if name not in self.witnesses and name not in self.groups:
            raise BadPayload(f"{name!r} is not defined above")
