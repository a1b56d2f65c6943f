"""What stands in the audit, in the reader's words: what somebody did, and what more is known of it."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from quality_creator.actions.entry import machine
from quality_creator.model.clock import TICKS
from quality_creator.model.text import Language
from quality_creator.store.audit import Deed
from quality_creator.web import pages
from quality_creator.web.studio_words import STUDIO_WORDS
from quality_creator.web.words import ROLES, _say

ACTS: Final = {
    "session.begin": _say("signed in"),
    "session.end": _say("signed out"),
    "session.end-every": _say("ended all sessions"),
    "session.refused": _say("was refused at the door"),
    "people.admin-code": _say("made a code for an administrator"),
    "people.invite": _say("invited"),
    "people.invite-again": _say("invited again"),
    "people.change": _say("changed an account"),
    "people.enrol": _say("made their first passkey"),
    "passkey.add": _say("added a passkey"),
    "passkey.drop": _say("removed a passkey"),
    "codes.renew": _say("made new recovery codes"),
    "institution.add": _say("entered an institution"),
    "key.enrol": _say("enrolled a key"),
    "key.approve": _say("approved the key of"),
    "key.revoke": _say("revoked the key of"),
    "link.make": _say("made a personal link"),
    "link.revoke": _say("took back a personal link"),
    "guest.invite": _say("invited a guest"),
    "guest.renew": _say("made a guest a new link"),
    "guest.mute": _say("silenced or heard a guest"),
    "guest.remove": _say("took a guest out of the forum"),
    "episode.plan": _say("planned an episode"),
    "episode.start": _say("put an episode on air"),
    "episode.end": _say("ended an episode"),
    "episode.scene": _say("changed the scene"),
    "episode.publish": _say("published an episode"),
    "iso.switch": _say("switched a recording of one source"),
    "restream.add": _say("added a target"),
    "restream.change": _say("changed a target"),
    "restream.remove": _say("removed a target"),
    "draw.announce": _say("announced a lot"),
    "draw.settle": _say("had units drawn"),
    "document.take": _say("handed in a document"),
    "gauge-study.enter": _say("entered a gauge study"),
    "lot.decide": _say("decided a lot"),
    "lot.resume": _say("resumed the inspection of lots"),
    "chart.freeze": _say("froze limits"),
    "chart.rules": _say("chose rules"),
    "chart.public": _say("chose what is public"),
}
"""Every act that is written down; `tests/web/test_deeds.py` finds them in the code."""

_KEYS: Final = {
    "address": _say("Address"),
    "before": _say("Roles before"),
    "count": _say("How many"),
    "device": _say("Device"),
    "did": _say("Identifier"),
    "disabled": _say("Closed"),
    "id": _say("Number"),
    "index": _say("Entry of the log"),
    "institution": _say("Institution"),
    "key": _say("Key"),
    "kind": _say("Kind"),
    "layout": _say("Layout"),
    "lot": _say("Lot"),
    "muted": _say("Silenced"),
    "name": _say("Name"),
    "new_key": _say("New stream key"),
    "on": _say("Switched on"),
    "passkey": _say("Passkey"),
    "position": _say("Position"),
    "role": _say("Role"),
    "roles": _say("Roles"),
    "session": _say("Session"),
    "slug": _say("Name in addresses"),
    "sources": _say("Sources"),
    "units": _say("Units"),
    "until": _say("Until"),
    "way": _say("Way"),
}
_WAYS: Final = {
    "passkey": _say("by passkey"),
    "recovery": _say("by recovery code"),
    "link": _say("by personal link"),
    "operator": _say("by the operator's token"),
}
_ROLES: Final = {str(role): words for role, words in ROLES.items()} | {
    "committee": _say("Committee"),
    "inspection": _say("Inspection"),
}
_KINDS: Final = {
    "register": _say("Register of authorities"),
    "endorsement": _say("Endorsement"),
    "dissent": _say("Dissent"),
    "status-list": _say("Status list"),
    "status": _say("Change of an endorsement"),
    "expert": _say("Key of an expert"),
    "key": _say("Key"),
}


_NAMES: Final[Mapping[str, Mapping[str, str]]] = {
    "way": _WAYS,
    "layout": {
        key.removeprefix("st-layout-"): word
        for key, word in STUDIO_WORDS.items()
        if key.startswith("st-layout-")
    },
    "role": _ROLES,
    "roles": _ROLES,
    "before": _ROLES,
    "kind": _KINDS,
}
"""Values that are names of ours; of a kind of document, its version is left out."""


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that is known of a deed."""

    key: str
    text: str = ""
    at: datetime | None = None
    """Said as a time of the reader's clock instead of the text."""


@dataclass(frozen=True, slots=True)
class Told:
    """A deed as a reader sees it."""

    id: int
    at: datetime
    who: str
    address: str
    act: str
    subject: str
    facts: tuple[Fact, ...]


def told(deed: Deed, reader: Language, sources: Mapping[str, str]) -> Told:
    """Say a deed in a language; `sources` are the cameras' names in it."""
    facts = (
        _fact(key, value, reader, sources)
        for key, value in deed.detail.items()
        if value is not None and value not in ("", [])
    )
    return Told(
        id=deed.id,
        at=deed.at,
        who=pages.say(reader, _say("the operator")) if deed.who == "operator" == deed.name else deed.name,
        address=deed.address,
        act=pages.say(reader, ACTS.get(deed.act, deed.act)),
        subject=deed.subject,
        facts=tuple(facts),
    )


def _fact(key: str, value: Any, reader: Language, sources: Mapping[str, str]) -> Fact:
    name = pages.say(reader, _KEYS.get(key, key))
    if key == "until" and isinstance(value, str):
        return Fact(name, at=datetime.fromisoformat(value))
    words = [_word(key, one, reader, sources) for one in (value if isinstance(value, list) else [value])]
    return Fact(name, ("、" if reader == "zh-Hans" else ", ").join(words))


def _word(key: str, value: Any, reader: Language, sources: Mapping[str, str]) -> str:
    match key, value:
        case _, bool():
            word = _say("yes") if value else _say("no")
        case "position", int():
            return str(timedelta(seconds=value // TICKS))
        case "device", str():
            return machine(value)
        case "sources", str():
            return sources.get(value, value)
        case _, str():
            word = _NAMES.get(key, {}).get(value.partition("/")[0], value)
        case _:
            return str(value)
    return pages.say(reader, word)
