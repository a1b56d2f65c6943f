"""What a verifier says of a rendition: each segment by itself, and then all of them in their order.

Integrity and trust are two answers. `state` says whether the bytes are the ones that were signed, in their
place; `manifest.Manifest.signer` says by whom, and whether the asker trusts that authority.
"""

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Literal

from quality_creator.model.errors import BadPayload
from quality_creator.trust.c2pa import segment
from quality_creator.trust.c2pa.manifest import Manifest

State = Literal["valid", "altered", "replayed", "reordered", "unsigned"]
"""`missing` belongs to numbers that no segment has, and stands in `Course.missing`."""

INVALID = "livevideo.segment.invalid"
"""The specification's one code for all that can be wrong with a segment; a gap has none."""


@dataclass(frozen=True, slots=True)
class Verdict:
    """What there is to say of one segment."""

    state: State
    reason: str = ""
    """Empty for a valid segment."""
    sequence: int | None = None
    """As signed; None where nothing that is rightly signed says it."""
    urn: str = ""
    """Of the manifest that its signature names."""
    kid: bytes = b""

    @property
    def code(self) -> str:
        """The specification's; empty for a valid segment."""
        return "" if self.state == "valid" else INVALID


@dataclass(frozen=True, slots=True)
class Course:
    """How far a rendition was checked: what `step` needs for the next segment, and what it found."""

    first: int = 0
    last: int | None = None
    """The smallest and the greatest sequence number so far."""
    missing: tuple[range, ...] = ()
    """Numbers that were passed over and did not come later."""
    failed: int = 0
    """Segments since the last good one that do not say which they are."""


def check(data: bytes, manifests: Mapping[str, Manifest], at: datetime | None) -> Verdict:
    """Check one whole segment by itself: its signature, its key, its bytes. Never raises.

    Args:
        data: The segment.
        manifests: By URN, those of the rendition's init segments that were read.
        at: When it was made (the wall time of its first picture): keys and certificates must have been
            valid then. None asks nothing of time.
    """
    try:
        info = segment.read(data)
    except BadPayload as error:
        return Verdict("altered", str(error))
    if info is None:
        return Verdict("unsigned", "it has no signature")
    try:
        _require_signed(data, info, manifests, at)
    except BadPayload as error:
        return Verdict("altered", str(error), None, info.urn, info.kid)
    return Verdict("valid", "", info.sequence, info.urn, info.kid)


def step(course: Course, verdict: Verdict) -> tuple[Course, Verdict]:
    """Put a segment's verdict into the order of those before it, which are given in the order of play."""
    number = verdict.sequence
    if verdict.state != "valid" or number is None:
        return replace(course, failed=course.failed + 1), verdict
    if course.last is None:
        return Course(number, number), verdict
    if number > course.last:
        # A segment that fails stands for a number of its own: it is not missing, too.
        passed = range(min(course.last + 1 + course.failed, number), number)
        return Course(course.first, number, (*course.missing, *([passed] if passed else []))), verdict
    if number >= course.first and not any(number in gap for gap in course.missing):
        return course, replace(verdict, state="replayed", reason=f"segment {number} stood earlier already")
    moved = replace(verdict, state="reordered", reason=f"segment {number} stands behind {course.last}")
    return replace(course, missing=tuple(_without(course.missing, number))), moved


def check_all(
    segments: Iterable[tuple[bytes, datetime | None]], manifests: Mapping[str, Manifest]
) -> tuple[Course, list[Verdict]]:
    """Check a rendition's segments in the order of play; `check` says what the arguments are."""
    course, verdicts = Course(), []
    for data, at in segments:
        course, verdict = step(course, check(data, manifests, at))
        verdicts.append(verdict)
    return course, verdicts


def _require_signed(
    data: bytes, info: segment.Info, manifests: Mapping[str, Manifest], at: datetime | None
) -> None:
    manifest = manifests.get(info.urn)
    if manifest is None:
        raise BadPayload("its signature names a manifest that no init segment holds")
    key = manifest.key(info.kid)
    if key is None:
        raise BadPayload("it was signed with a key that its manifest does not know")
    info.message.verify(key.key)
    if segment.digest(data) != info.digest:
        raise BadPayload("its bytes are not the ones that were signed")
    if info.sequence < key.first:
        raise BadPayload(f"its number {info.sequence} is below the first of its key, {key.first}")
    if at is not None and not key.covers(at):
        raise BadPayload("its session key was not valid when it was made")
    if at is not None and not manifest.signer.not_before <= at <= manifest.signer.not_after:
        raise BadPayload("its signer's certificate was not valid when it was made")


def _without(gaps: Iterable[range], number: int) -> Iterator[range]:
    for gap in gaps:
        pieces = [range(gap.start, number), range(number + 1, gap.stop)] if number in gap else [gap]
        yield from (piece for piece in pieces if piece)
