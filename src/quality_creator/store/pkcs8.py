"""Encrypt a private key for the disk so that guessing its passphrase costs something (PBES2, RFC 8018).

`cryptography` writes 2,048 rounds of PBKDF2: so few that a graphics card tries millions of passphrases a
second. What is written here is read by it, by `openssl pkey` and by the signing page in a browser.
"""

import base64
import hashlib
import os

from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7

ROUNDS = 600_000
"""Of PBKDF2-HMAC-SHA-256, as OWASP's Password Storage Cheat Sheet has it."""

_PBES2 = bytes.fromhex("06092a864886f70d01050d")
_PBKDF2 = bytes.fromhex("06092a864886f70d01050c")
_HMAC_SHA256 = bytes.fromhex("06082a864886f70d0209")
_AES_256_CBC = bytes.fromhex("060960864801650304012a")


def encrypted(plain: bytes, passphrase: bytes) -> bytes:
    """The PEM of a key.

    Args:
        plain: Its PKCS#8 in DER.
        passphrase: Not empty.
    """
    salt, iv = os.urandom(16), os.urandom(16)
    key = hashlib.pbkdf2_hmac("sha256", passphrase, salt, ROUNDS, 32)
    padder = PKCS7(128).padder()
    sealer = Cipher(algorithms.AES256(key), modes.CBC(iv)).encryptor()
    sealed = sealer.update(padder.update(plain) + padder.finalize()) + sealer.finalize()
    prf = _der(0x30, _HMAC_SHA256, _der(0x05))
    derivation = _der(0x30, _PBKDF2, _der(0x30, _der(0x04, salt), _der(0x02, ROUNDS.to_bytes(3, "big")), prf))
    cipher = _der(0x30, _AES_256_CBC, _der(0x04, iv))
    scheme = _der(0x30, _PBES2, _der(0x30, derivation, cipher))
    text = base64.b64encode(_der(0x30, scheme, _der(0x04, sealed))).decode()
    lines = [text[start : start + 64] for start in range(0, len(text), 64)]
    name = "ENCRYPTED PRIVATE KEY"
    return "\n".join([f"-----BEGIN {name}-----", *lines, f"-----END {name}-----", ""]).encode()


def _der(tag: int, *parts: bytes) -> bytes:
    body = b"".join(parts)
    size = len(body)
    if size < 0x80:
        return bytes([tag, size]) + body
    length = size.to_bytes((size.bit_length() + 7) // 8, "big")
    return bytes([tag, 0x80 | len(length)]) + length + body
