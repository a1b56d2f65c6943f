"""Secrets that are not our own keys, such as other people's stream keys: encrypted where they are kept.

The key is derived (HKDF-SHA256) from one in the key folder, so that whatever protects that folder, its mode
and its passphrase, protects them; a database alone, or a copy of one, gives nothing away. What is sealed is
bound to what it belongs to: a row's secret can't be put into another row.
"""

import os
from typing import Self

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from quality_creator.model.errors import BadInput
from quality_creator.store.keys import Keys

NAME = "sealing"
"""Of the key in the key folder."""

_NONCE = 12
_VERSION = b"\x01"


class Sealing:
    """Seals and opens short texts."""

    def __init__(self, secret: bytes) -> None:
        """From 32 secret bytes."""
        self._cipher = AESGCM(HKDF(SHA256(), 32, None, b"quality-creator sealing").derive(secret))

    @classmethod
    def own(cls, keys: Keys) -> Self:
        """With the hub's key, made now if there is none. Raises BadInput when it can't be used."""
        return cls(keys.own_ed25519(NAME).private_bytes_raw())

    def seal(self, text: str, of: str) -> bytes:
        """Encrypt a text that belongs to something."""
        nonce = os.urandom(_NONCE)
        return _VERSION + nonce + self._cipher.encrypt(nonce, text.encode(), of.encode())

    def open(self, sealed: bytes, of: str) -> str:
        """What was sealed. Raises BadInput when another key or something else was meant, or it is damaged."""
        try:
            if sealed[:1] != _VERSION:
                raise InvalidTag
            nonce, data = sealed[1 : 1 + _NONCE], sealed[1 + _NONCE :]
            return self._cipher.decrypt(nonce, data, of.encode()).decode()
        except (InvalidTag, ValueError):
            raise BadInput(
                "it was sealed with another key than keys/{name}.key; enter it again", name=NAME
            ) from None
