"""What the hub knows and graphics show: newest values, OEE, the code of the moment, and brought pictures."""

from collections import deque
from collections.abc import Callable, Mapping, Sequence

import msgspec

from quality_creator.actions.challenges import Shown, words
from quality_creator.actions.ingest import Ingest, Judged
from quality_creator.media import wire
from quality_creator.media.templates import templates
from quality_creator.model.clock import Micros
from quality_creator.model.ids import CharacteristicId
from quality_creator.model.mix import Graphic
from quality_creator.model.text import Text

ROOM = 40
"""Values that a burned-in chart has room for."""

_OEE_EVERY = Micros(1_000_000)


class Figures:
    """For one mixer."""

    def __init__(self, ingest: Ingest, code: Callable[[], Shown | None], images: Mapping[str, bytes]) -> None:
        """Prepare.

        Args:
            ingest: What is measured.
            code: What is shown in the factory now.
            images: The episode's, by digest; more may come.
        """
        self.images = images
        self._ingest = ingest
        self._code = code
        self._values: dict[CharacteristicId, deque[float]] = {}
        self._fresh: set[CharacteristicId] = set()
        self._told_oee: dict[str, Micros] = {}

    def judged(self, judged: Judged) -> None:
        """Points came; those that viewers may see can be burned in."""
        for one, point in judged.points:
            if one.public and point.status != "bad":
                self._values.setdefault(one.id, deque(maxlen=ROOM)).append(point.value)
                self._fresh.add(one.id)

    def filled(self, graphics: Sequence[Graphic]) -> tuple[Graphic, ...]:
        """The graphics with the code of the moment in those that show it."""
        shown = self._code()
        if shown is None:
            return tuple(graphics)
        code, qr = f"{shown.code[:4]} {shown.code[4:]}", words(shown)
        fields = {"code": Text(zh=code, en=code), "qr": Text(zh=qr, en=qr)}
        return tuple(
            msgspec.structs.replace(one, fields=fields) if _needs(one) == "challenge" else one
            for one in graphics
        )

    def news(self, graphics: Sequence[Graphic]) -> wire.Values | None:
        """What the graphics show, where something new came since the last call."""
        wanted = {one.characteristic for one in graphics if one.characteristic is not None}
        fresh = wanted & self._fresh
        lines = {one.line for one in graphics if one.line is not None}
        if not fresh and not lines:
            return None
        self._fresh -= fresh
        oee = [
            one
            for one in (self._ingest.lines() if lines else ())
            if one.line in lines and one.time - self._told_oee.get(one.line, Micros(0)) >= _OEE_EVERY
        ]
        self._told_oee.update({one.line: one.time for one in oee})
        series = self._series(fresh) if fresh else ()
        return wire.Values(series=series, lines=tuple(oee)) if series or oee else None

    def again(self) -> None:
        """A new worker knows nothing yet."""
        self._fresh = set(self._values)
        self._told_oee.clear()

    def _series(self, fresh: set[CharacteristicId]) -> tuple[wire.Series, ...]:
        return tuple(
            wire.Series(
                characteristic=one.characteristic,
                name=one.name,
                unit=one.unit,
                decimals=one.decimals,
                values=tuple(self._values[one.characteristic]),
                room=ROOM,
                center=one.location.center if one.location else None,
                lower=one.location.lower if one.location else None,
                upper=one.location.upper if one.location else None,
            )
            for one in self._ingest.definitions().characteristics
            if one.characteristic in fresh
        )


def _needs(graphic: Graphic) -> str:
    template = templates().get(graphic.template)
    return template.needs if template else "nothing"
