"""The vocabularies that our credentials use, pinned by digest and read from the package, never the network.

With JCS a context's text is not part of what is signed, only its address; a tool that expands credentials
must therefore be given the very texts that were meant.
"""

import functools
import hashlib
from collections.abc import Sequence
from importlib import resources

from quality_creator.model.errors import BadPayload

CREDENTIALS = "https://www.w3.org/ns/credentials/v2"
"""VC Data Model 2.0; its digest is published in the recommendation's appendix B.1."""

OPEN_BADGES = "https://purl.imsglobal.org/spec/ob/v3p0/context-3.0.3.json"
"""Open Badges 3.0, from 1EdTech/openbadges-specification at 1af145ff."""

UNDEFINED_TERMS = "https://www.w3.org/ns/credentials/undefined-terms/v2"
"""W3C's way to say that further terms are the issuer's own; used by the register."""

_PINNED = {
    CREDENTIALS: (
        "credentials-v2.json",
        "59955ced6697d61e03f2b2556febe5308ab16842846f5b586d7f1f7adec92734",
    ),
    OPEN_BADGES: (
        "open-badges-3.0.3.json",
        "ef2fa9c7846dce233cc166b43639027278be4ee44f00bb1d45c75de2dd0cd761",
    ),
    UNDEFINED_TERMS: (
        "undefined-terms-v2.json",
        "82dab514ba44eb18f5d1b0f638c5e140c6a556fbfb5089601bdc0fa5eb8b2581",
    ),
}


@functools.cache
def text(address: str) -> bytes:
    """A vocabulary's text.

    Raises:
        BadPayload: one that is not pinned, or a package whose file is not the pinned one.
    """
    if address not in _PINNED:
        raise BadPayload(f"the vocabulary {address[:100]!r} is not among those that are pinned here")
    name, pinned = _PINNED[address]
    data = resources.files(__name__).joinpath(name).read_bytes()
    if hashlib.sha256(data).hexdigest() != pinned:
        raise BadPayload(f"the package's copy of {address} is not the pinned one; install it anew")
    return data


def addresses() -> Sequence[str]:
    """All pinned vocabularies."""
    return tuple(_PINNED)
