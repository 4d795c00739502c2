"""Passwords and PINs as argon2 hashes.

Rules: a password is nowhere but in what its owner has entered; what is kept is its hash. To look
at one costs the same work, whether there is a hash to compare it with or none. The same password
on two keyboards is the same text (RFC 8265).
"""

from __future__ import annotations

import asyncio
import unicodedata
from concurrent.futures import ThreadPoolExecutor

import structlog
from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError, VerifyMismatchError

__all__ = ["NOBODY", "Passwords", "hashed", "is_hash", "matches"]

log = structlog.get_logger("stasis.sql")

# OWASP's first choice for argon2id, about 20 ms and 19 MiB each.
HASHER = PasswordHasher(time_cost=2, memory_cost=19_456, parallelism=1)
# Of nothing that can be entered: what is compared where there is no hash.
NOBODY = (
    "$argon2id$v=19$m=19456,t=2,p=1$3pUZpdDvW1m+pe4Ln9VIpg"
    "$uL6kUcPse6byR8deTI7pA/0QV6editUeNQb7E/P8gCg"
)


class Passwords:
    """Hashes passwords and compares them, while the event loop goes on.

    at_once: how many are worked on at a time, though callers go away meanwhile. More would take
    memory and the processor from the calls; who comes then waits its turn.
    """

    def __init__(self, at_once: int = 2) -> None:
        self._threads = ThreadPoolExecutor(at_once, "passwords")

    async def hashed(self, text: str) -> str:
        """The hash of a password, with a salt of its own."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, hashed, text)

    async def matches(self, kept: str, text: str) -> bool:
        """Whether a hash is of this password. An empty one takes as long, and is of nothing."""
        return await asyncio.get_running_loop().run_in_executor(self._threads, matches, kept, text)

    @staticmethod
    def needs_rehash(kept: str) -> bool:
        """Whether a hash was made with less work than is done today: make it anew at log-in."""
        try:
            return HASHER.check_needs_rehash(kept)
        except InvalidHashError:
            return True


def is_hash(text: str) -> bool:
    """Whether it is a hash already, as `hashed` makes them."""
    return text.startswith("$argon2")


def hashed(text: str) -> str:
    """The argon2 hash of a password, with a salt of its own. Takes about 20 ms."""
    return HASHER.hash(entered(text))


def matches(kept: str, text: str) -> bool:
    """Whether a hash is of this password. Takes about 20 ms; an empty one is of nothing."""
    try:
        HASHER.verify(kept or NOBODY, entered(text))
    except VerifyMismatchError:
        return False
    except (InvalidHashError, VerificationError):
        log.error("a hash cannot be read; set the password or PIN anew")
        return False
    return bool(kept)


def entered(text: str) -> bytes:
    """The bytes of a password, whichever way its characters were composed."""
    return unicodedata.normalize("NFC", text).encode("utf-8", "surrogatepass")
