"""One message of the manager interface: its fields in order, repeated ones kept.

Keys are found whatever their case, as Asterisk itself does. Values are texts: what is no UTF-8
has become U+FFFD.
"""

from __future__ import annotations

from collections.abc import Iterator

__all__ = ["Message", "shown"]

# A field whose key has one of these in it is shown to nobody.
SECRET = ("secret", "password", "md5cred", "passworddigest", "refreshtoken", "receivedhash")
# These are whole names: an answer to a challenge, and what was expected.
SECRET_KEYS = frozenset({"key", "expectedresponse", "privkeyfile_pass"})
HIDDEN = "***"


class Message:
    """Fields as they came. fields: pairs of key and value; a line without a colon has no key."""

    __slots__ = ("fields", "frame")

    def __init__(self, fields: list[tuple[str, str]], frame: bytes = b"") -> None:
        self.fields = fields
        self.frame = frame

    @classmethod
    def of(cls, frame: bytes) -> Message:
        """A message from its bytes, without the empty line at its end. One pass; never raises."""
        fields = []
        for line in frame.decode("utf-8", "replace").split("\r\n"):
            key, colon, value = line.partition(":")
            if not colon:
                key, value = "", line
            elif value[:1] == " ":
                value = value[1:]
            fields.append((key, value))
        return cls(fields, frame)

    def get(self, key: str, default: str = "") -> str:
        """The first value under a key, or the default."""
        low = key.lower()
        for each, value in self.fields:
            if each.lower() == low:
                return value
        return default

    def all(self, key: str) -> list[str]:
        """Every value under a key, in order."""
        low = key.lower()
        return [value for each, value in self.fields if each.lower() == low]

    def __contains__(self, key: object) -> bool:
        return isinstance(key, str) and any(each.lower() == key.lower() for each, _ in self.fields)

    def __iter__(self) -> Iterator[tuple[str, str]]:
        return iter(self.fields)

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Message) and other.fields == self.fields

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"Message({shown(self.fields)})"


def shown(fields: list[tuple[str, str]]) -> dict[str, str | list[str]]:
    """The fields for people and logs: secrets hidden, a repeated key with all its values."""
    told: dict[str, str | list[str]] = {}
    for key, value in fields:
        text = HIDDEN if value and secret(key) else value
        before = told.get(key)
        if before is None:
            told[key] = text
        elif isinstance(before, list):
            before.append(text)
        else:
            told[key] = [before, text]
    return told


def secret(key: str) -> bool:
    """Whether a field of this name is shown to nobody."""
    low = key.lower().replace("_", "").replace("-", "")
    return low in SECRET_KEYS or any(word in low for word in SECRET)
