"""Ed25519 public keys that can be trusted to mean one key: others are refused before they are used.

With a key of small order one signature fits many messages, and with an encoding that is not the
canonical one a key has two names. Libraries accept both (Chalkias, Garillot, Nikolaenko, "Taming the
many EdDSAs", 2020), so that whoever registers such a key could deny later what was signed with it.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from quality_creator.model.errors import BadPayload

SIZE = 32
"""Bytes of a public key."""

_P = 2**255 - 19
_D = -121665 * pow(121666, -1, _P) % _P
_ROOT_OF_MINUS_ONE = pow(2, (_P - 1) // 4, _P)


def public_key(data: bytes) -> Ed25519PublicKey:
    """A public key from its 32 bytes.

    Raises:
        BadPayload: the wrong length, not the canonical encoding, not a point of the curve, or of small order.
    """
    if len(data) != SIZE:
        raise BadPayload(f"an Ed25519 public key has {SIZE} bytes, not {len(data)}")
    sign = data[31] >> 7
    y = int.from_bytes(data, "little") & ((1 << 255) - 1)
    if y >= _P:
        raise BadPayload("an Ed25519 public key that is not encoded canonically")
    x = _x(y)
    if x is None:
        raise BadPayload("an Ed25519 public key that is no point of the curve")
    if x == 0 and sign:
        raise BadPayload("an Ed25519 public key that is not encoded canonically")
    if _small(x, y):
        raise BadPayload("an Ed25519 public key of small order; its signatures prove nothing")
    return Ed25519PublicKey.from_public_bytes(data)


def _x(y: int) -> int | None:
    """One of the two abscissas of -x² + y² = 1 + d x² y²; None when there is none (RFC 8032, 5.1.3)."""
    u, v = (y * y - 1) % _P, (_D * y * y + 1) % _P
    x = u * v**3 * pow(u * v**7 % _P, (_P - 5) // 8, _P) % _P
    if v * x * x % _P == u:
        return x
    if v * x * x % _P == _P - u:
        return x * _ROOT_OF_MINUS_ONE % _P
    return None


def _small(x: int, y: int) -> bool:
    """Whether eight times the point is the neutral element. (Either sign of x gives the same answer.)"""
    z = 1
    for _ in range(3):
        a, b, c = x * x, y * y, 2 * z * z
        e, g = (x + y) ** 2 - a - b, b - a
        f = g - c
        h = -a - b
        x, y, z = e * f % _P, g * h % _P, f * g % _P
    return x == 0 and y == z
