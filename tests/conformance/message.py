"""SIP messages as text: reading what comes, and writing the answer. Pure, and no more than needed."""

from __future__ import annotations

import re

from attrs import frozen

__all__ = ["STATUS", "Message", "address", "tag", "written"]

STATUS = re.compile(r"SIP/2\.0 (\d{3})")
TAG = re.compile(r";tag=([^;>\s]+)")
ADDRESS = re.compile(r"<([^>]+)>|(\S+)")
# What a response takes over from its request; To is written anew, with a tag.
KEPT = ("via", "record-route", "from", "call-id", "cseq")


@frozen
class Message:
    """A request or a response. first: its first line. headers: names in lower case, in order."""

    first: str
    headers: tuple[tuple[str, str], ...]
    body: str = ""

    @classmethod
    def read(cls, text: str) -> Message:
        """Read a datagram."""
        head, _, body = text.partition("\r\n\r\n")
        first, *lines = head.split("\r\n")
        pairs = (line.partition(":") for line in lines)
        return cls(first, tuple((name.lower(), value.strip()) for name, _, value in pairs), body)

    def header(self, name: str) -> str:
        """A header's value, the first one; empty when it is not there."""
        return next((value for known, value in self.headers if known == name), "")

    @property
    def status(self) -> int:
        """A response's status; 0 for a request."""
        found = STATUS.match(self.first)
        return int(found[1]) if found else 0

    @property
    def number(self) -> int:
        """Of the request, in its call."""
        return int(self.header("cseq").partition(" ")[0])

    @property
    def method(self) -> str:
        """A request's method, or that of the request that is answered."""
        return self.header("cseq").partition(" ")[2]

    def answered(self, status: str, to: str, *lines: str, body: str = "") -> str:
        """The response to this request. to: its To header, with a tag."""
        kept = [f"{name.title()}: {value}" for name, value in self.headers if name in KEPT]
        return written(f"SIP/2.0 {status}", *kept, f"To: {to}", *lines, body=body)


def written(*lines: str, body: str = "") -> str:
    """A message as it goes out."""
    kind = ["Content-Type: application/sdp"] if body else []
    return "\r\n".join([*lines, *kind, f"Content-Length: {len(body)}", "", body])


def tag(party: str) -> str:
    """The tag of a From or To header; empty without one."""
    found = TAG.search(party)
    return found[1] if found else ""


def address(contact: str) -> str:
    """The URI of a Contact header; empty without one."""
    found = ADDRESS.search(contact)
    return found[1] or found[2] if found else ""
