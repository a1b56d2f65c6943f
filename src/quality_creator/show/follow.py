"""Where the picture goes when it follows whoever speaks: a function of who speaks and what is on air."""

from collections.abc import Sequence
from dataclasses import dataclass

import msgspec

from quality_creator.model.clock import Micros
from quality_creator.model.ids import SourceId
from quality_creator.model.mix import SILENT_DB, Channel
from quality_creator.model.scene import Layout, Scene
from quality_creator.show.event import Took
from quality_creator.show.state import State

HOLDS_S = 3.0
"""A picture stays at least so long: two seconds show who it is, and more cuts are flicker."""

TOGETHER_S = 1.5
"""Two who speak at once for so long talk with each other, and stand side by side; less is an interjection."""

LARGE_FIRST: frozenset[Layout] = frozenset(
    {"full", "picture-in-picture", "three-up", "forum-strip", "data-panel"}
)
"""Layouts whose first place is larger than the others. In the rest, whoever is seen is seen well enough."""


@dataclass(frozen=True, slots=True)
class Ear:
    """What is remembered from one look to the next."""

    together: Micros | None = None
    """Since when more than one speaks."""


def step(ear: Ear, state: State, speaking: Sequence[SourceId], now: Micros) -> tuple[Ear, Took | None]:
    """Decide whether the picture moves.

    Nobody comes on air by speaking alone: only who is heard already is followed. When nobody speaks, the
    picture stays.

    Args:
        ear: What the last step returned, or `Ear()`.
        state: Of the show.
        speaking: Who speaks at this moment, the loudest first.
        now: The wall clock.

    Returns:
        What to remember, and the take if there is one to make.
    """
    if state.follow != "on" or state.mix.black or not state.mix.program.sources:
        return Ear(), None
    heard = [source for source in speaking if audible(state, source)]
    together = None if len(heard) < 2 else now if ear.together is None else ear.together
    ear = Ear(together)
    if not heard or _fresh(state, now):
        return ear, None
    if together is not None:
        talking = _since(together, now) >= TOGETHER_S and state.mix.program.layout == "full"
        return ear, _pair(state.mix.program, heard) if talking else None
    return ear, _alone(state, heard[0])


def audible(state: State, source: SourceId) -> bool:
    """Whether the programme has a source's sound, when it makes any."""
    channels = state.mix.channels
    channel = channels.get(source, Channel())
    if channel.mute or channel.gain_db <= SILENT_DB:
        return False
    if any(one.solo for one in channels.values()) and not channel.solo:
        return False
    with_picture = channel.heard == "with-picture" and source in state.mix.program.sources
    return with_picture or channel.heard == "always"


def _fresh(state: State, now: Micros) -> bool:
    return bool(state.as_run) and _since(state.as_run[-1].at, now) < HOLDS_S


def _since(then: Micros, now: Micros) -> float:
    """Seconds; a clock that was set back holds nothing up."""
    return (now - then) / 1e6 if now >= then else float("inf")


def _pair(program: Scene, heard: Sequence[SourceId]) -> Took:
    """Whoever has the picture keeps the left."""
    first = program.sources[0] if program.sources[0] in heard else heard[0]
    second = next(one for one in heard if one != first)
    rest = (one for one in program.sources if one not in (first, second))
    return Took(scene=Scene(layout="side-by-side", sources=(first, second, *rest)), follows=(first, second))


def _alone(state: State, who: SourceId) -> Took | None:
    program = state.mix.program
    last = state.as_run[-1] if state.as_run else None
    if last is not None and len(last.follows) > 1 and last.scene == program:
        # The pair was ours.
        rest = (one for one in program.sources if one != who)
        return Took(scene=Scene(layout="full", sources=(who, *rest)), follows=(who,))
    if who == program.sources[0] or (program.layout not in LARGE_FIRST and who in program.shown):
        return None
    return Took(scene=msgspec.structs.replace(program, sources=_first(program.sources, who)), follows=(who,))


def _first(sources: Sequence[SourceId], who: SourceId) -> tuple[SourceId, ...]:
    """The sources with one in the first place; whoever stood there takes theirs, or the last."""
    main, *rest = sources
    if who in rest:
        return (who, *(main if one == who else one for one in rest))
    return (who, *rest, main)
