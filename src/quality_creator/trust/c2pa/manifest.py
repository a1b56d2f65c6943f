"""The init segment's manifest: who signs this rendition, and with which session keys (C2PA 2.4, 18.25).

    ftyp | uuid( c2pa > urn > { assertions: actions, hash, session keys; claim; signature } ) | moov

The hub's long-lived key signs the claim; the claim holds the hashes of the assertions; one of these is
the hash of everything else in the init, another names the session keys that sign its segments. Each
session key signs the hub's certificate in return, so that neither can be taken for another's.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import cbor2
from cryptography.hazmat.primitives.asymmetric.ec import EllipticCurvePrivateKey
from cryptography.hazmat.primitives.hashes import SHA256, Hash

from quality_creator.model.errors import BadPayload
from quality_creator.trust.c2pa import certificate, cose, jumbf
from quality_creator.trust.c2pa.bmff import (
    C2PA_UUID,
    HASH_SIZE,
    INIT_EXCLUSIONS,
    bmff_hash,
    box,
    boxes,
    hash_map,
    stated_hash,
)
from quality_creator.trust.c2pa.cbor import decode, encode, field
from quality_creator.trust.c2pa.certificate import Signer

ACTIONS, HASH, SESSION_KEYS = "c2pa.actions.v2", "c2pa.hash.bmff.v3", "c2pa.session-keys"
CLAIM, SIGNATURE, STORE = "c2pa.claim.v2", "c2pa.signature", "c2pa.assertions"
SOURCE_TYPE = "http://cv.iptc.org/newscodes/digitalsourcetype/"
"""IPTC's vocabulary of how pictures come about."""

FILLED = timedelta(seconds=60)
"""How much older than its key a picture may be; a hub fills less than half of it."""

_MANIFEST_HEAD = bytes(4) + b"manifest\0" + bytes(8)
_LONGEST_PERIOD_S = 366 * 86_400


@dataclass(frozen=True, slots=True)
class LongLived:
    """The key that signs manifests, and its certificates in DER, its own first."""

    key: EllipticCurvePrivateKey
    chain: tuple[bytes, ...]


@dataclass(frozen=True, slots=True)
class Session:
    """A key that signs segments; it lives in the memory of one process."""

    key: EllipticCurvePrivateKey
    first: int
    """The smallest sequence number that it signs."""
    created: datetime
    """Whole seconds."""
    lasts_s: int

    @property
    def kid(self) -> bytes:
        """Its name: the start of the digest of its public point."""
        point = cose.cose_key(self.key.public_key(), b"")
        return _sha256(bytes(point[-2]) + bytes(point[-3]))[:16]


@dataclass(frozen=True, slots=True)
class SessionKey:
    """A session's public half, as a manifest states it."""

    kid: bytes
    key: cose.PublicKey
    first: int
    created: datetime
    lasts: timedelta

    def covers(self, at: datetime) -> bool:
        """Whether it may sign pictures of an instant.

        A hub that comes back finishes with its new key what the one before had begun, and fills what
        passed in between: these pictures are a little older than the key.
        """
        return self.created - FILLED <= at <= self.created + self.lasts


@dataclass(frozen=True, slots=True)
class Manifest:
    """What a signed init says, all of it checked but the trust in its authority."""

    urn: str
    title: str
    generator: str
    keys: tuple[SessionKey, ...]
    signer: Signer
    chain: tuple[bytes, ...]

    def key(self, kid: bytes) -> SessionKey | None:
        """A session key by its name."""
        return next((one for one in self.keys if one.kid == kid), None)


# --- writing --------------------------------------------------------------------------------------


def sign_init(
    init: bytes,
    *,
    urn: str,
    instance: str,
    title: str,
    generator: tuple[str, str],
    source_type: str,
    signer: LongLived,
    sessions: Sequence[Session],
) -> bytes:
    """An init segment with its manifest between `ftyp` and what follows.

    Args:
        init: As the packager made it; a manifest that is in it already is replaced.
        urn: `urn:c2pa:<uuid4>`, one for each rendition and each change of keys.
        instance: The asset's own id, a URN too.
        title: Of the asset, for people.
        generator: Name and version of this program.
        source_type: A term of IPTC's digital source types.
        signer: Who signs the claim.
        sessions: Whose public keys it carries; at least one.

    Raises:
        BadPayload: what is given is no init segment.
    """
    bare = unsigned(init)
    head = next(boxes(bare)).end
    keys = encode({"keys": [_session_entry(one, signer.chain[0]) for one in sessions]})
    actions = encode(
        {"actions": [{"action": "c2pa.created", "digitalSourceType": SOURCE_TYPE + source_type}]}
    )

    def manifest(digest: bytes) -> bytes:
        assertions = {
            ACTIONS: actions,
            HASH: encode(hash_map(INIT_EXCLUSIONS, digest, "jumbf manifest")),
            SESSION_KEYS: keys,
        }
        built = {label: jumbf.cbor_box(b"cbor", label, content) for label, content in assertions.items()}
        claim = encode(
            {
                "instanceID": instance,
                "claim_generator_info": {"name": generator[0], "version": generator[1]},
                "signature": f"self#jumbf=/c2pa/{urn}/{SIGNATURE}",
                "created_assertions": [
                    {"url": f"self#jumbf={STORE}/{label}", "hash": _sha256(raw[8:])}
                    for label, raw in built.items()
                ],
                "dc:title": title,
                "alg": "sha256",
            }
        )
        chain: Any = signer.chain[0] if len(signer.chain) == 1 else list(signer.chain)
        signature = cose.sign1(signer.key, claim, detached=True, protected={cose.X5CHAIN: chain})
        store = jumbf.superbox(
            b"c2pa",
            "c2pa",
            jumbf.superbox(
                b"c2ma",
                urn,
                jumbf.superbox(b"c2as", STORE, *built.values()),
                jumbf.cbor_box(b"c2cl", CLAIM, claim),
                jumbf.cbor_box(b"c2cs", SIGNATURE, signature),
            ),
        )
        return bare[:head] + box(b"uuid", C2PA_UUID, _MANIFEST_HEAD, store) + bare[head:]

    # The offsets in the hash are those of the final bytes, and the size does not depend on the hash.
    return manifest(bmff_hash(manifest(bytes(HASH_SIZE)), INIT_EXCLUSIONS))


def unsigned(init: bytes) -> bytes:
    """An init segment without its manifest. Raises BadPayload when it is no init segment."""
    found = list(boxes(init))
    kept = [one for one in found if not _is_manifest(init, one.start)]
    kinds = [one.kind for one in kept]
    if kinds[:1] != [b"ftyp"] or kinds.count(b"moov") != 1 or b"mdat" in kinds:
        raise BadPayload("no init segment: ftyp, moov and no mdat belong into one")
    return b"".join(init[one.start : one.end] for one in kept)


def _session_entry(session: Session, end_entity: bytes) -> dict[str, Any]:
    return {
        "key": cose.cose_key(session.key.public_key(), session.kid),
        "minSequenceNumber": session.first,
        "createdAt": cbor2.CBORTag(0, session.created.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")),
        "validityPeriod": session.lasts_s,
        "signerBinding": decode(cose.sign1(session.key, encode(end_entity), detached=True)),
    }


# --- reading --------------------------------------------------------------------------------------


def read_init(init: bytes, *, anchors: Sequence[bytes] = ()) -> Manifest | None:
    """Check a signed init segment; None when there is no manifest in it.

    Whether its certificates were valid is a question of when: `verify` asks it at each segment's time.

    Args:
        init: The whole init segment.
        anchors: DER of the authorities that the asker trusts: they decide `signer.trusted` and nothing else.

    Raises:
        BadPayload: it is not what was signed, or what was signed says too little; nothing else.
    """
    bare = unsigned(init)
    manifests = [one for one in boxes(init) if _is_manifest(init, one.start)]
    if not manifests:
        return None
    if len(manifests) > 1 or len(bare) + manifests[0].end - manifests[0].start != len(init):
        raise BadPayload("more than one manifest in an init segment")
    start = manifests[0].content + 16
    if init[start : start + len(_MANIFEST_HEAD)] != _MANIFEST_HEAD:
        raise BadPayload("the manifest's box does not begin as it must")
    store = jumbf.read(init[start + len(_MANIFEST_HEAD) : manifests[0].end])
    if store.label != "c2pa" or store.kind != b"c2pa" or len(store.children) != 1:
        raise BadPayload("a manifest store that does not hold one manifest")
    manifest = store.children[0]
    if manifest.kind != b"c2ma" or len(manifest.children) != 3:
        raise BadPayload("a manifest that is not assertions, claim and signature")
    claim_bytes = _content(manifest.child(CLAIM, b"c2cl"))
    claim = decode(claim_bytes)
    assertions = _assertions(manifest.child(STORE, b"c2as"), claim)
    chain = _check_signature(claim, claim_bytes, manifest)
    if stated_hash(_without_name(assertions[HASH]), INIT_EXCLUSIONS) != bmff_hash(init, INIT_EXCLUSIONS):
        raise BadPayload("the init segment is not the one that was signed")
    generator = field(claim, "claim_generator_info", dict)
    return Manifest(
        urn=manifest.label,
        title=str(claim.get("dc:title", "")),
        generator=f"{generator.get('name', '')} {generator.get('version', '')}".strip(),
        keys=_session_keys(assertions[SESSION_KEYS], chain[0]),
        signer=certificate.signer(chain, anchors=anchors),
        chain=chain,
    )


def _assertions(store: jumbf.Superbox, claim: Any) -> dict[str, Any]:
    """Each assertion by its label: those that the claim names, all of them, with the hashes it states."""
    stated = {}
    for entry in field(claim, "created_assertions", list):
        prefix, _, label = field(entry, "url", str).partition(f"{STORE}/")
        raw = store.child(label, b"cbor").hashed if prefix == "self#jumbf=" else b""
        if _sha256(raw) != field(entry, "hash", bytes) or label in stated:
            raise BadPayload(f"the assertion {label!r} is not the one that was signed")
        stated[label] = decode(_content(store.child(label, b"cbor")))
    if claim.get("alg") != "sha256" or "gathered_assertions" in claim:
        raise BadPayload("a claim with another digest, or with assertions of others")
    if len(stated) != len(store.children) or not {ACTIONS, HASH, SESSION_KEYS} <= stated.keys():
        raise BadPayload("assertions that nobody signed, or too few of them")
    return stated


def _check_signature(claim: Any, claim_bytes: bytes, manifest: jumbf.Superbox) -> tuple[bytes, ...]:
    """The certificates behind the claim's signature, once that is right."""
    if field(claim, "signature", str) != f"self#jumbf=/c2pa/{manifest.label}/{SIGNATURE}":
        raise BadPayload("a claim whose signature is said to be elsewhere")
    message = cose.read(_content(manifest.child(SIGNATURE, b"c2cs")))
    stated = message.headers.get(cose.X5CHAIN)
    chain = [stated] if isinstance(stated, bytes) else stated
    if not isinstance(chain, list | tuple) or not all(isinstance(one, bytes) for one in chain):
        raise BadPayload("a signature without its certificates")
    certificates = certificate.read_chain(chain)
    message.verify(certificate.signer_key(certificates[0]), claim_bytes)
    return tuple(chain)


def _session_keys(assertion: Any, end_entity: bytes) -> tuple[SessionKey, ...]:
    found = [_session_key(entry, end_entity) for entry in field(assertion, "keys", list)]
    if not found or len({one.kid for one in found}) < len(found):
        raise BadPayload("no session key, or two of one name")
    return tuple(found)


def _session_key(entry: Any, end_entity: bytes) -> SessionKey:
    kid, key = cose.read_key(field(entry, "key", dict))
    binding = cose.unpack(field(entry, "signerBinding", cbor2.CBORTag))
    binding.verify(key, encode(end_entity))
    first, lasts_s = field(entry, "minSequenceNumber", int), field(entry, "validityPeriod", int)
    created = field(entry, "createdAt", datetime)
    if created.tzinfo is None or first < 0 or not 0 < lasts_s <= _LONGEST_PERIOD_S:
        raise BadPayload("a session key without a time zone, or with numbers that can't be")
    return SessionKey(kid, key, first, created, timedelta(seconds=lasts_s))


def _content(found: jumbf.Superbox) -> bytes:
    if found.content is None:
        raise BadPayload(f"{found.label!r} holds no CBOR")
    return found.content


def _without_name(value: Any) -> Any:
    return {key: one for key, one in value.items() if key != "name"} if isinstance(value, dict) else value


def _is_manifest(data: bytes, start: int) -> bool:
    return data[start + 4 : start + 24] == b"uuid" + C2PA_UUID


def _sha256(data: bytes) -> bytes:
    digest = Hash(SHA256())
    digest.update(data)
    return digest.finalize()
