"""Names of things; each kind is a type of its own, so that they never mix."""

from typing import NewType

EpisodeId = NewType("EpisodeId", str)
"""A UUID, in every address of storage; never changes."""

Slug = NewType("Slug", str)
"""An episode's name in web addresses: lower-case letters, digits and hyphens."""

SourceId = NewType("SourceId", str)
"""A camera, a guest or a clip."""

GaugeId = NewType("GaugeId", str)
"""A connector that brings readings."""

LineId = NewType("LineId", str)
"""A production line."""

CharacteristicId = NewType("CharacteristicId", str)
"""What is measured, judged and shown."""

ChartId = NewType("ChartId", str)
"""A chart of several characteristics; never the name of a characteristic too."""

PersonId = NewType("PersonId", str)
"""Somebody with an account: a UUID."""

InstitutionId = NewType("InstitutionId", str)
"""An institution of the register: lower-case letters, digits and hyphens."""
