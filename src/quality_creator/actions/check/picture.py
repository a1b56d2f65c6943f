"""Picture and sound: every segment's bytes, signature and numbers, by all cores while other checks go on.

Segments that lie in a folder or a bundle are looked at by processes of their own: hashing takes all that a
core has, and judging charts meanwhile needs another. Those of an address come by threads.
"""

import multiprocessing
import os
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from concurrent.futures import Future, ProcessPoolExecutor
from concurrent.futures.process import BrokenProcessPool
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass, field

from quality_creator.actions import evidence_source, stamped
from quality_creator.actions.check.case import Case
from quality_creator.actions.evidence_source import Source
from quality_creator.media import emsg
from quality_creator.model.clock import utc
from quality_creator.model.errors import BadPayload, NotFound, Unavailable
from quality_creator.trust import evidence
from quality_creator.trust.c2pa import manifest as manifests
from quality_creator.trust.c2pa import verify as vsi
from quality_creator.trust.c2pa.manifest import Manifest
from quality_creator.trust.evidence import Segments

AT_ONCE = 32
"""Segments that a process is given at a time."""

_ENDED = "a process that looked at segments was ended from outside, perhaps for want of memory: try again"

MANY = 200
"""From so many segments on, processes are worth their start."""


@dataclass(frozen=True, slots=True)
class Place:
    """A segment of one rendition."""

    rendition: str
    number: int
    """Which line of the measurements is its batch."""
    segment: evidence.Segment
    digest: str
    """As listed under the dossier's root."""
    first: bool
    """Of the first rendition, whose messages are compared with the batch."""

    @property
    def name(self) -> str:
        """As it is called in what is said of it."""
        return f"segment {self.segment.msn} of {self.rendition}"

    @property
    def file(self) -> str:
        """Its file among the evidence."""
        return evidence.media(self.rendition, f"{self.segment.msn}.m4s")


@dataclass(frozen=True, slots=True)
class Looked:
    """What one segment turned out to be."""

    said: vsi.Verdict
    wrong: str = ""
    batch: str = ""
    """SHA-256 of the messages in it, written as a batch is; empty where they are not asked for."""


@dataclass(slots=True)
class Looking:
    """The look at all segments, which goes on beside other checks."""

    places: Sequence[Place] = ()
    inits: list[bytes] = field(default_factory=list)
    """Init segments that are right and signed."""
    known: dict[str, Manifest] = field(default_factory=dict)
    """What they say, by URN."""
    wrong: list[str] = field(default_factory=list)
    """With init segments."""
    running: Sequence[Future[list[Looked]]] = ()
    absent: str = ""
    """Why nothing is looked at."""

    def looked(self) -> Iterator[tuple[Place, Looked]]:
        """What came of each, in order.

        Raises:
            Unavailable: a segment can't be read now.
        """
        try:
            found = [one for part in self.running for one in part.result()]
        except BrokenProcessPool as error:
            raise Unavailable(_ENDED) from error
        return zip(self.places, found, strict=True)


@contextmanager
def looking(case: Case) -> Iterator[Looking | None]:
    """Begin to look at the segments; None where no list says which there are."""
    if case.segments is None:
        yield None
        return
    begun = _begin(case, case.segments)
    if begun.absent or not begun.places:
        yield begun
        return
    tasks = [begun.places[start : start + AT_ONCE] for start in range(0, len(begun.places), AT_ONCE)]
    place = case.source.place
    pool = None if place is None or len(begun.places) < MANY else _processes(str(place), begun.inits)
    if pool is None:
        begun.running = [case.threads.submit(_look_at, case.source, begun.known, part) for part in tasks]
        try:
            yield begun
        finally:
            for task in begun.running:  # nobody waits for the rest when something ended the check
                task.cancel()
        return
    try:
        begun.running = [pool.submit(_look_here, part) for part in tasks]
    except BrokenProcessPool as error:
        pool.shutdown(wait=True, cancel_futures=True)
        raise Unavailable(_ENDED) from error
    try:
        yield begun
    finally:
        pool.shutdown(wait=True, cancel_futures=True)


def check_picture(case: Case, look: Looking | None) -> None:
    """Wait for the look at all segments to end, and say what came of it."""
    if look is None:
        return None
    if look.absent:
        return case.say("picture and sound", "absent", look.absent)
    wrong = list(look.wrong)
    states: dict[str, int] = {}
    courses: dict[str, vsi.Course] = {}
    for place, one in look.looked():
        wrong += filter(None, [one.wrong or _other_numbers(case, place, one)])
        course, said = vsi.step(courses.get(place.rendition, vsi.Course()), one.said)
        courses[place.rendition] = course
        states[said.state] = states.get(said.state, 0) + 1
    if wrong:
        more = f", and {len(wrong) - 3} more" if len(wrong) > 3 else ""
        case.say("picture and sound", "wrong", "; ".join(wrong[:3]) + more)
    else:
        case.say("picture and sound", "right", f"{len(look.places)} segments are the ones of the dossier")
    return _signatures(case, look.known, states)


def _signatures(case: Case, known: dict[str, Manifest], states: dict[str, int]) -> None:
    if not known and set(states) <= {"unsigned"}:
        return case.say("signatures in the stream", "absent", "its segments are not signed")
    bad = {state: count for state, count in states.items() if state != "valid"}
    if bad:
        words = ", ".join(f"{count} {state}" for state, count in sorted(bad.items()))
        return case.say("signatures in the stream", "wrong", words)
    signers = sorted({one.signer.name for one in known.values()})
    return case.say(
        "signatures in the stream", "right", f"{states.get('valid', 0)} segments, by {', '.join(signers)}"
    )


def _begin(case: Case, found: Segments) -> Looking:
    """What there is to look at, and what the init segments say."""
    if not case.with_media:
        return Looking(absent="not looked at; only their digests were")
    inits = [case.read(evidence.media(one.rendition, one.name)) for one in found.inits]
    if all(data is None for data in inits):
        return Looking(absent="not taken along; only their digests are here")
    begun = Looking(places=list(_places(found)))
    for one, data in zip(found.inits, inits, strict=True):
        if data is None or evidence.sha256(data) != one.digest:
            begun.wrong.append(
                f"the init segment {one.name} of {one.rendition} is missing or not the one aired"
            )
            continue
        try:
            manifest = manifests.read_init(data)
        except BadPayload as error:
            begun.wrong.append(f"the manifest of {one.rendition}: {error}")
            continue
        if manifest is not None:
            begun.known[manifest.urn] = manifest
            begun.inits.append(data)
    return begun


def _places(found: Segments) -> Iterator[Place]:
    for column, rendition in enumerate(found.renditions):
        for number, one in enumerate(one for one in found.segments if one.digests):
            if one.recorded:
                yield Place(rendition, number, one, one.digests[column], column == 0)


# --- one segment -----------------------------------------------------------------------------------------


def _look_at(source: Source, known: dict[str, Manifest], places: Sequence[Place]) -> list[Looked]:
    return [_look(source, known, one) for one in places]


def _look(source: Source, known: dict[str, Manifest], place: Place) -> Looked:
    """Read a segment once, for its digest, its signature and its messages."""
    try:
        data = source.read(place.file)
    except NotFound:
        return Looked(vsi.Verdict("altered"), f"{place.name} is missing")
    said = vsi.check(data, known, utc(place.segment.utc)) if known else vsi.Verdict("unsigned")
    if evidence.sha256(data) != place.digest:
        return Looked(said, f"{place.name} is not the one that was aired")
    if not place.first:
        return Looked(said)
    try:
        return Looked(said, batch=evidence.sha256(emsg.written(data)))
    except BadPayload as error:
        return Looked(said, f"{place.name}: {error}")


# --- in a process of its own -----------------------------------------------------------------------------

_open_files = ExitStack()
_opened: tuple[Source, dict[str, Manifest]] | None = None
"""What this process looks at segments with."""


def _processes(place: str, inits: Sequence[bytes]) -> ProcessPoolExecutor | None:
    """One for each core; None where the machine has none to give, as in some sandboxes."""
    # Forking is quick, and safe while no other thread runs.
    alone = sys.platform == "linux" and threading.active_count() == 1
    context = multiprocessing.get_context("fork" if alone else "spawn")
    try:
        return ProcessPoolExecutor(_cores(), context, _open, (place, inits))
    except (OSError, ImportError, NotImplementedError):
        return None


def _cores() -> int:
    return len(os.sched_getaffinity(0)) if hasattr(os, "sched_getaffinity") else os.cpu_count() or 1


def _open(place: str, inits: Sequence[bytes]) -> None:
    """What a process begins with."""
    global _opened  # noqa: PLW0603 - a pool's process has no other place for it
    signal.signal(signal.SIGINT, signal.SIG_IGN)  # it ends with the process that asked
    source = _open_files.enter_context(evidence_source.opened(place))
    read = [manifests.read_init(data) for data in inits]
    _opened = source, {one.urn: one for one in read if one is not None}


def _look_here(places: Sequence[Place]) -> list[Looked]:
    assert _opened is not None
    return _look_at(*_opened, places)


# --- the numbers -----------------------------------------------------------------------------------------


def _other_numbers(case: Case, place: Place, one: Looked) -> str:
    """What is wrong with the numbers in a segment; empty when nothing is."""
    lines, digests = case.batches(), case.batch_digests()
    if not one.batch or place.number >= len(lines) or one.batch == digests[place.number].hex():
        return ""
    try:  # somebody wrote the batch in another way, perhaps
        same = emsg.messages(case.read(place.file) or b"") == stamped.decode(lines[place.number])
    except BadPayload as error:
        return f"{place.name}: {error}"
    return "" if same else f"the numbers in {place.name} are not those of its batch"
