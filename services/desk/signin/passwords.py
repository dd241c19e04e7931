"""Passwords at rest: Argon2id, off the loop, with the same work for a name that nobody has."""

import asyncio
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

SHORTEST = 10
"""Characters; length is what helps (NIST SP 800-63B)."""

_hasher = PasswordHasher()


class ShortPasswordError(ValueError):
    """A password that is guessed too soon."""


async def hashed(password: str) -> str:
    if len(password) < SHORTEST:
        raise ShortPasswordError(f"a password has at least {SHORTEST} characters")
    return await asyncio.to_thread(_hasher.hash, password)


async def matches(password: str, kept: str | None) -> bool:
    """Check a password; takes as long when there is none to check against."""
    right = await asyncio.to_thread(_verified, password, kept or _nobody())
    return right and kept is not None


def _verified(password: str, kept: str) -> bool:
    try:
        return _hasher.verify(kept, password)
    except (VerificationError, InvalidHashError):
        return False


@cache
def _nobody() -> str:
    return _hasher.hash("nobody has this password")
