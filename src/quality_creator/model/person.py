"""Who does what here: persons, their roles, and whoever stands at the door right now."""

from dataclasses import dataclass
from enum import StrEnum

import msgspec

from quality_creator.model.clock import Utc
from quality_creator.model.ids import InstitutionId, PersonId, Slug


class Role(StrEnum):
    """What somebody may do; roles stand side by side and none contains another."""

    ADMINISTRATOR = "administrator"
    """Lets people in and out, and reads the trail."""
    PRODUCER = "producer"
    """Plans episodes and runs them."""
    MODERATOR = "moderator"
    """Holds and lets through what viewers ask."""
    QUALITY_ENGINEER = "quality-engineer"
    """Answers for charts, limits and what of them is public."""
    EXPERT = "expert"
    """Remarks for an institution, under an own key."""
    GUEST = "guest"
    """Speaks in one episode."""
    VIEWER = "viewer"
    """Signed in, and nothing else."""


STAFF = frozenset({Role.ADMINISTRATOR, Role.PRODUCER, Role.MODERATOR, Role.QUALITY_ENGINEER})
"""What the first administrator gets and the operator has: nobody becomes an expert by owning the machine."""


class Person(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Somebody with an account."""

    id: PersonId
    account: str
    """Unique, in lower case; what they type beside a recovery code."""
    name: str
    """As it stands in the records of what they do."""
    roles: frozenset[Role]
    institution: InstitutionId | None = None
    """For an expert: whose."""
    disabled: bool = False
    made: Utc


@dataclass(frozen=True, slots=True)
class Visitor:
    """Whoever a request comes from, once that is known."""

    who: str
    """In the trail: a person's id, `operator`, or `link:` and the link's id."""
    name: str
    roles: frozenset[Role]
    address: str = ""
    """Of their machine."""
    person: Person | None = None
    """Absent for the operator's token and for those who came by a personal link."""
    session: str = ""
    """The session's id (not its secret); empty for a token."""
    episode: Slug | None = None
    """The only episode that a personal link opens."""
    institution: InstitutionId | None = None

    def may(self, *roles: Role) -> bool:
        """Whether one of the roles is theirs."""
        return not self.roles.isdisjoint(roles)
