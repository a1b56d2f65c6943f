"""From one scene to the next: how far a transition is at each picture, and what that looks like."""

from dataclasses import dataclass, replace
from typing import Literal

import cv2

from quality_creator.media.scale import Plane, Planes
from quality_creator.media.scene import Rectangle
from quality_creator.model.scene import Scene, Transition

Kind = Literal["cut", "mix", "wipe", "dip"]

_STEP = 0.2
"""A T-bar that jumps is followed over five pictures: nobody's hand is read 25 times a second."""

_EXACT = 1e-9


@dataclass(frozen=True, slots=True)
class Move:
    """A transition that is under way. `step` gives it as of the next picture."""

    scene: Scene
    """What it leads to."""
    kind: Kind
    level: float = 0.0
    """How much of the next scene is seen: 0 nothing, 1 all."""
    goal: float = 1.0
    """Where it is going: 1, or where the T-bar stands."""
    rate: float = _STEP
    """Of the level, a picture."""

    @property
    def done(self) -> bool:
        """Only the next scene is seen."""
        return self.level >= 1 - _EXACT

    @property
    def undone(self) -> bool:
        """The T-bar went back to where it came from."""
        return self.level <= _EXACT and self.goal <= _EXACT

    def step(self) -> "Move":
        """The next picture's."""
        near = max(min(self.goal, self.level + self.rate), self.level - self.rate)
        return replace(self, level=near)


def take(move: Move | None, scene: Scene, transition: Transition) -> Move:
    """A transition that runs by itself; one that stands half way to the same scene goes on from there."""
    level = move.level if move is not None and move.scene == scene else 0.0
    rate = 1.0 if transition.kind == "cut" else 1.0 / transition.frames
    kind = move.kind if move is not None and level > 0 and transition.kind != "cut" else transition.kind
    return Move(scene, kind, level, 1.0, rate)


def pull(move: Move | None, scene: Scene, kind: Kind, position: float) -> Move:
    """The T-bar moves a transition by hand; position 0 to 1."""
    level = move.level if move is not None and move.scene == scene else 0.0
    return Move(scene, kind, level, min(max(position, 0.0), 1.0))


def blend(kind: Kind, canvas: Planes, following: Planes, level: float) -> None:
    """Put what a transition looks like over the canvas, which holds the scene that goes.

    Args:
        kind: Of transition; a cut shows what follows.
        canvas: Written to.
        following: The scene that comes, of the same size.
        level: How far it is, 0 to 1.
    """
    match kind:
        case "cut":
            canvas.put(following)
        case "mix":
            for plane, other in _pairs(canvas, following):
                cv2.addWeighted(plane, 1.0 - level, other, level, 0.0, dst=plane)
        case "wipe":
            width, height = canvas.size
            edge = Rectangle(0, 0, round(width * level / 2) * 2, height)
            canvas.cut(edge).put(following.cut(edge))
        case "dip":
            if level < 0.5:
                darken(canvas, 2 * level)
            else:
                canvas.put(following)
                darken(canvas, 2 - 2 * level)


def darken(canvas: Planes, share: float) -> None:
    """Bring a picture nearer to black: 0 leaves it, 1 is black."""
    for plane, black in ((canvas.y, 16), (canvas.u, 128), (canvas.v, 128)):
        if share >= 1:
            plane[...] = black
        elif share > 0:
            cv2.convertScaleAbs(plane, dst=plane, alpha=1.0 - share, beta=black * share)


def loudness(kind: Kind, level: float) -> tuple[float, float]:
    """How loud the scene that goes and the scene that comes are, as the picture has them."""
    if kind == "dip":
        return max(1 - 2 * level, 0.0), max(2 * level - 1, 0.0)
    return 1 - level, level


def _pairs(one: Planes, other: Planes) -> tuple[tuple[Plane, Plane], ...]:
    return (one.y, other.y), (one.u, other.u), (one.v, other.v)
