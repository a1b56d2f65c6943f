"""Names of authorities: `did:web` for institutions, `did:key` for single experts.

A name is only a name here. Which key it signs with is said by the register of authorities, never by a web
server that answers for the name today.
"""

import re

from quality_creator.model.errors import BadPayload
from quality_creator.trust import multikey

_LABEL = r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?"
_WEB = re.compile(rf"did:web:{_LABEL}(?:\.{_LABEL})+(?:%3A[0-9]{{1,5}})?(?::[A-Za-z0-9._-]{{1,64}}){{0,8}}")
_LONGEST = 256


def web(text: str) -> str:
    """A `did:web` as it must be written. Raises BadPayload."""
    if len(text) > _LONGEST or not _WEB.fullmatch(text):
        raise BadPayload(
            f"{text[:80]!r} is no did:web; write did:web:example.org or did:web:example.org:unit"
        )
    return text


def address(text: str) -> str:
    """Where the document of a `did:web` would be, for those who want to look. Raises BadPayload."""
    host, *path = web(text).removeprefix("did:web:").split(":")
    return f"https://{host.replace('%3A', ':')}/{'/'.join(path) if path else '.well-known'}/did.json"


def method(did: str, key: str) -> str:
    """The name of one key of a DID: what a proof's `verificationMethod` says."""
    return f"{did}#{key}"


def document(did: str, key: str) -> dict[str, object]:
    """The DID document that an institution puts on its site, for tools that resolve names.

    Raises:
        BadPayload: no did:web, or no Multikey.
    """
    multikey.decode(key)
    name = method(web(did), key)
    return {
        "@context": ["https://www.w3.org/ns/did/v1", "https://w3id.org/security/multikey/v1"],
        "id": did,
        "verificationMethod": [
            {"id": name, "type": "Multikey", "controller": did, "publicKeyMultibase": key}
        ],
        "assertionMethod": [name],
    }
