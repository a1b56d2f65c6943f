"""The demonstration's director: which cameras are on air, second by second."""

from typing import Final

from quality_creator.model.ids import SourceId
from quality_creator.model.scene import Scene

_EDGE, _TAP, _LAB = SourceId("edge-banding"), SourceId("tap-bench"), SourceId("laboratory")

SOURCES: Final = (_EDGE, _TAP, _LAB)

SCRIPT: Final[tuple[tuple[float, Scene], ...]] = (
    (0.0, Scene(layout="full", sources=(_EDGE,))),
    (18.0, Scene(layout="side-by-side", sources=(_EDGE, _TAP))),
    (36.0, Scene(layout="full", sources=(_TAP,))),  # the first drift shows here
    (62.0, Scene(layout="picture-in-picture", sources=(_TAP, _LAB))),
    (82.0, Scene(layout="full", sources=(_LAB,))),
    (104.0, Scene(layout="three-up", sources=(_TAP, _EDGE, _LAB))),
    (126.0, Scene(layout="picture-in-picture", sources=(_EDGE, _TAP))),
)
"""From which second of a round on a scene is on air."""

ROUND_S: Final = 146.0

OPENING: Final = SCRIPT[0][1]


def scene_at(seconds: float) -> Scene:
    """What is on air so many seconds after the start; the script begins again after each round.

    >>> scene_at(40).sources, scene_at(40 + ROUND_S).sources
    (('tap-bench',), ('tap-bench',))
    """
    into = max(seconds, 0.0) % ROUND_S
    return [scene for start, scene in SCRIPT if start <= into][-1]
