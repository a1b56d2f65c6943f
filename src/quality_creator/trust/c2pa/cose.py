"""COSE_Sign1 and COSE_Key (RFC 9052, RFC 9053), as far as C2PA needs them: ES256 and EdDSA."""

from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import Any

import cbor2
from cryptography.exceptions import InvalidSignature
from cryptography.hazmat.primitives.asymmetric.ec import (
    ECDSA,
    SECP256R1,
    EllipticCurvePrivateKey,
    EllipticCurvePublicKey,
    EllipticCurvePublicNumbers,
)
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey
from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.hashes import SHA256

from quality_creator.model.errors import BadPayload
from quality_creator.trust import ed25519
from quality_creator.trust.c2pa import cbor

ES256, EDDSA = -7, -8
TAG = 18
ALG, KID, X5CHAIN = 1, 4, 33
"""Labels of header parameters."""

SIGNATURE_SIZE = 64

PublicKey = EllipticCurvePublicKey | Ed25519PublicKey


@dataclass(frozen=True, slots=True)
class Sign1:
    """A COSE_Sign1 message as it was read; nothing of it is checked."""

    protected: bytes
    headers: Mapping[Any, Any]
    unprotected: Mapping[Any, Any]
    payload: bytes | None
    signature: bytes

    def verify(self, key: PublicKey, payload: bytes | None = None) -> None:
        """Check the signature over the attached payload, or over the one that is given.

        Raises:
            BadPayload: it is not by this key over this payload, or both or neither payload are there.
        """
        if (self.payload is None) == (payload is None):
            raise BadPayload("a payload that is attached and detached, or neither")
        signed = _signed(self.protected, payload if self.payload is None else self.payload)
        alg = self.headers.get(ALG)
        if len(self.signature) != SIGNATURE_SIZE:
            raise BadPayload(f"a signature of {len(self.signature)} bytes")
        try:
            if isinstance(key, Ed25519PublicKey) and alg == EDDSA:
                key.verify(self.signature, signed)
            elif isinstance(key, EllipticCurvePublicKey) and alg == ES256:
                r, s = (int.from_bytes(half, "big") for half in (self.signature[:32], self.signature[32:]))
                key.verify(encode_dss_signature(r, s), signed, ECDSA(SHA256()))
            else:
                raise BadPayload(f"a signature with algorithm {alg!r}, which is not the key's")
        except InvalidSignature:
            raise BadPayload("the signature is not by this key over these bytes") from None


def sign1(
    key: EllipticCurvePrivateKey,
    payload: bytes,
    *,
    detached: bool,
    protected: dict[int, Any] | None = None,
    unprotected: dict[Any, Any] | None = None,
) -> bytes:
    """A tagged COSE_Sign1 by a P-256 key, in deterministic CBOR."""
    headers = cbor.encode({ALG: ES256, **(protected or {})})
    message = [
        headers,
        unprotected or {},
        None if detached else payload,
        es256(key, _signed(headers, payload)),
    ]
    return cbor.encode(cbor2.CBORTag(TAG, message))


def unsigned1(payload: bytes, unprotected: dict[Any, Any], signature: bytes) -> bytes:
    """A message of `sign1`'s shape with a signature that was not made: to know its size beforehand."""
    message = [cbor.encode({ALG: ES256}), unprotected, payload, signature]
    return cbor.encode(cbor2.CBORTag(TAG, message))


def es256(key: EllipticCurvePrivateKey, data: bytes) -> bytes:
    """An ECDSA signature as COSE and WebCrypto have it: r and s, 32 bytes each."""
    r, s = decode_dss_signature(key.sign(data, ECDSA(SHA256())))
    return r.to_bytes(32, "big") + s.to_bytes(32, "big")


def read(data: bytes) -> Sign1:
    """A tagged COSE_Sign1 message. Raises BadPayload and nothing else."""
    return unpack(cbor.decode(data))


def unpack(value: Any) -> Sign1:
    """A COSE_Sign1 message that stands within other CBOR. Raises BadPayload and nothing else."""
    parts = value.value if isinstance(value, cbor2.CBORTag) and value.tag == TAG else None
    if not isinstance(parts, list | tuple) or len(parts) != 4:  # cbor2 freezes what is within a tag
        raise BadPayload("no COSE_Sign1 message")
    protected, unprotected, payload, signature = parts
    if not isinstance(protected, bytes) or not isinstance(unprotected, Mapping):
        raise BadPayload("a COSE_Sign1 message without its headers")
    if not isinstance(payload, bytes | None) or not isinstance(signature, bytes):
        raise BadPayload("a COSE_Sign1 message without payload or signature")
    return Sign1(protected, _headers(protected), unprotected, payload, signature)


@lru_cache(64)
def _headers(protected: bytes) -> Mapping[Any, Any]:
    # The same few bytes stand in every segment of an hour.
    headers = cbor.decode(protected)
    if not isinstance(headers, Mapping):
        raise BadPayload("a COSE_Sign1 message whose protected headers are no map")
    return MappingProxyType(headers)


def cose_key(key: EllipticCurvePublicKey, kid: bytes) -> dict[int, Any]:
    """A P-256 public key as COSE_Key."""
    numbers = key.public_numbers()
    x, y = (number.to_bytes(32, "big") for number in (numbers.x, numbers.y))
    return {1: 2, 2: kid, 3: ES256, -1: 1, -2: x, -3: y}


def read_key(value: Any) -> tuple[bytes, PublicKey]:
    """Name and key of a COSE_Key. Raises BadPayload, also for a point that is not on the curve."""
    kid, x = cbor.field(value, 2, bytes), cbor.field(value, -2, bytes)
    shape = (value.get(1), value.get(3), value.get(-1), len(x))
    try:
        if shape == (2, ES256, 1, 32):
            y = cbor.field(value, -3, bytes)
            if len(y) != 32:
                raise BadPayload("a key's coordinate that has not 32 bytes")
            point = EllipticCurvePublicNumbers(
                int.from_bytes(x, "big"), int.from_bytes(y, "big"), SECP256R1()
            )
            return bytes(kid), point.public_key()
        if shape == (1, EDDSA, 6, 32):
            return bytes(kid), ed25519.public_key(x)
    except ValueError as error:
        raise BadPayload(f"a session key that is none: {error}") from error
    raise BadPayload("a session key of a kind that is not used here")


def _signed(protected: bytes, payload: bytes | None) -> bytes:
    return cbor.encode(["Signature1", protected, b"", payload])
