"""Recovery codes: short enough to type, each good once, kept as argon2id hashes."""

import secrets
from collections.abc import Sequence
from functools import cache
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import argon2

COUNT = 8

ALPHABET = "0123456789abcdefghjkmnpqrstvwxyz"
"""Crockford's: nothing that is mistaken for something else."""


def make() -> Sequence[str]:
    """New codes; each begins with its number, so that one hash is to be compared."""
    return [f"{number}-{_word()}-{_word()}" for number in range(1, COUNT + 1)]


def hashed(codes: Sequence[str]) -> list[str]:
    """What is kept of codes. Takes a quarter of a second."""
    return [_hasher().hash(plain(code)) for code in codes]


def number(code: str) -> int:
    """Which code it is; 0 for a text that is none."""
    first = plain(code)[:1]
    return int(first) if first.isascii() and first.isdigit() else 0


def fits(code: str, kept: str | None) -> bool:
    """Whether it is the code of a hash; without a hash it takes as long, and never is."""
    import argon2

    nobody = _nobody()
    try:
        right = _hasher().verify(kept or nobody, plain(code))
    except (argon2.exceptions.VerificationError, argon2.exceptions.InvalidHashError):
        return False
    return right and kept is not None


def plain(code: str) -> str:
    """A code as it is hashed, however it was typed."""
    return (
        "".join(code.lower().split()).replace("-", "").replace("o", "0").replace("i", "1").replace("l", "1")
    )


@cache
def _hasher() -> "argon2.PasswordHasher":
    """As OWASP has it; with 50 random bits behind it, guessing is not what endangers a code."""
    import argon2

    return argon2.PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)


@cache
def _nobody() -> str:
    """What a code of nobody's is compared with, so that the time tells nothing of who has an account."""
    return _hasher().hash("nobody")


def _word() -> str:
    return "".join(secrets.choice(ALPHABET) for _ in range(5))
