"""Who may use ARI: names, passwords, what they may do and from where. Pure."""

from __future__ import annotations

import ctypes
import ctypes.util
import functools
import hmac
from base64 import b64decode
from collections.abc import Mapping, Sequence
from ipaddress import ip_address, ip_network

from attrs import field, frozen

__all__ = ["User", "credentials", "user_of"]


@frozen
class User:
    """A user as ari.conf has it.

    password: plain, or a hash of crypt(3) where crypt is true. read_only: may only read.
    permit, deny: networks such as `192.0.2.0/24`; what both hold is permitted.
    """

    name: str
    password: str = field(repr=False)
    crypt: bool = False
    read_only: bool = False
    permit: tuple[str, ...] = ()
    deny: tuple[str, ...] = ()

    def knows(self, password: str) -> bool:
        """Whether this is the password."""
        given = hashed(password, self.password) if self.crypt else password
        return hmac.compare_digest(given.encode(), self.password.encode())

    def may_come_from(self, host: str) -> bool:
        """Whether the user may come from this address."""
        address = ip_address(host)
        if any(address in ip_network(each) for each in self.permit):
            return True
        return not any(address in ip_network(each) for each in self.deny)


@functools.cache
def hashed(password: str, salt: str) -> str:
    """The hash that crypt(3) makes; an empty text where the system has no libcrypt."""
    found = ctypes.util.find_library("crypt")
    if found is None:
        return ""
    # It has one buffer for all: with the interpreter's lock held, one thread at a time uses it.
    crypt = ctypes.PyDLL(found).crypt
    crypt.restype = ctypes.c_char_p
    made: bytes | None = crypt(password.encode(), salt.encode())
    return "" if made is None else made.decode()


def credentials(headers: Mapping[str, str], query: Sequence[tuple[str, str]]) -> tuple[str, str]:
    """Name and password of a request: in its header, or else in `api_key`; empty for none."""
    header = headers.get("Authorization")
    if header is None:
        name, _, password = dict(query).get("api_key", "").partition(":")
        return name, password
    scheme, _, encoded = header.partition(" ")
    if scheme.lower() != "basic":
        return "", ""
    try:
        name, _, password = b64decode(encoded, validate=True).decode().partition(":")
    except ValueError:
        return "", ""
    return name, password


def user_of(
    users: Sequence[User], headers: Mapping[str, str], query: Sequence[tuple[str, str]]
) -> User | None:
    """The user that a request comes from; None when it does not say so rightly."""
    name, password = credentials(headers, query)
    return next((each for each in users if each.name == name and each.knows(password)), None)
