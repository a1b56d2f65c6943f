"""Ed25519 public keys as text (Multikey), and the `did:key` that such a text makes.

Source: W3C Controlled Identifiers 1.0, 2.2.2 Multikey; multicodec 0xed, written as 0xed 0x01; base58btc.
"""

from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PublicKey

from quality_creator.model.errors import BadPayload
from quality_creator.trust import ed25519

_ALPHABET = "123456789ABCDEFGHJKLMNPQRSTUVWXYZabcdefghijkmnopqrstuvwxyz"
_VALUES = {character: value for value, character in enumerate(_ALPHABET)}
_ED25519 = b"\xed\x01"
_LONGEST = 128
"""Characters of base58 that are read; a signature has 88."""


def encode(public: Ed25519PublicKey) -> str:
    """A public key as Multikey."""
    return "z" + base58(_ED25519 + public.public_bytes_raw())


def decode(text: str) -> Ed25519PublicKey:
    """The public key that a Multikey stands for.

    Raises:
        BadPayload: not a Multikey, not Ed25519, or a key that can't be trusted to mean one key.
    """
    if not text.startswith("z"):
        raise BadPayload("a Multikey starts with z (base58btc)")
    data = from_base58(text[1:])
    if data[:2] != _ED25519:
        raise BadPayload("a Multikey that is not Ed25519's")
    return ed25519.public_key(data[2:])


def did_key(public: Ed25519PublicKey) -> str:
    """The name that a single person's key makes: nobody else has to vouch for what it means."""
    return f"did:key:{encode(public)}"


def base58(data: bytes) -> str:
    """Bytes in base58 with Bitcoin's alphabet."""
    number = int.from_bytes(data, "big")
    digits = []
    while number:
        number, digit = divmod(number, 58)
        digits.append(_ALPHABET[digit])
    zeros = len(data) - len(data.lstrip(b"\0"))
    return "1" * zeros + "".join(reversed(digits))


def from_base58(text: str) -> bytes:
    """What base58 text stands for. Raises BadPayload."""
    if len(text) > _LONGEST:
        raise BadPayload(f"base58 text of {len(text)} characters; at most {_LONGEST} are read")
    number = 0
    for character in text:
        value = _VALUES.get(character)
        if value is None:
            raise BadPayload(f"{character!r} does not exist in base58")
        number = number * 58 + value
    zeros = len(text) - len(text.lstrip("1"))
    return b"\0" * zeros + number.to_bytes((number.bit_length() + 7) // 8, "big")
