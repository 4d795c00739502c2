"""The dynamic configuration: objects of `res_pjsip` that clients make, change and delete.

Rules, as Asterisk has them: what the server's files say can be read and not changed; a value is
checked and written in Asterisk's own form (`1` becomes `true`); an update keeps what it does not
name. A type that is not kept in memory can be read only.
"""

from __future__ import annotations

import re

from attrs import frozen

from stasis.errors import StasisError
from stasis.testing.simulator.attributes import defaults

__all__ = ["Invalid", "Sorcery", "Stored"]

CLASS = "res_pjsip"
# Kept in memory, and those that are known beside them.
WRITABLE = ("auth", "aor", "endpoint")
KINDS = (*WRITABLE, "contact", "domain_alias", "global", "identify", "system", "transport")
NO_CODECS = "(nothing)"
AUTH_TYPES = ("userpass", "md5", "digest", "google_oauth")
DTMF_MODES = ("rfc4733", "inband", "info", "auto", "auto_info", "none")
TRUE = ("yes", "true", "y", "t", "1", "on")
# What stands for a truth value, by how its default is written.
FORMS = {
    "true": ("false", "true"),
    "false": ("false", "true"),
    "yes": ("no", "yes"),
    "no": ("no", "yes"),
}
# Their defaults look like truth values, and they may be something else.
TEXTS = ("100rel", "timers", "media_encryption", "stir_shaken")


class Invalid(StasisError):
    """A value or a name that an object of this type does not have."""


@frozen
class Stored:
    """An object. fixed: it comes from the server's files."""

    fields: dict[str, str]
    fixed: bool = False


def written(name: str, value: str, default: str) -> str:
    """A value in Asterisk's own form. Raises Invalid."""
    if name == "auth_type" and value not in AUTH_TYPES:
        raise Invalid(f"auth_type={value}")
    if name == "dtmf_mode" and value not in DTMF_MODES:
        raise Invalid(f"dtmf_mode={value}")
    if name == "contact" and value and not re.match("sips?:.", value):
        raise Invalid(f"contact={value}")
    if default in FORMS and name not in TEXTS:
        return FORMS[default][value.lower() in TRUE]
    if default.isdecimal() and not value.isdecimal():
        raise Invalid(f"{name}={value}")
    return value


def codecs(old: str, asked: str) -> str:
    """The codecs of an `allow` line such as `!all,ulaw`, as they are written."""
    found = [] if old == NO_CODECS else old.strip("()").split("|")
    for each in asked.split(","):
        name = each.strip()
        if name == "!all":
            found = []
        elif name.startswith("!"):
            found = [other for other in found if other != name[1:]]
        elif name not in found:
            found.append(name)
    return f"({'|'.join(found)})" if found else NO_CODECS


class Sorcery:
    """All objects. late: the server's version has what came after 16."""

    def __init__(self, *, late: bool) -> None:
        self._late = late
        self._objects: dict[tuple[str, str], Stored] = {}

    def has_kind(self, kind: str) -> bool:
        """Whether there are objects of such a type."""
        return kind in KINDS

    def writable(self, kind: str) -> bool:
        """Whether objects of this type can be made."""
        return kind in WRITABLE

    def names(self, kind: str) -> list[str]:
        """The ids of all objects of a type."""
        return [name for other, name in self._objects if other == kind]

    def find(self, kind: str, name: str) -> Stored | None:
        """The object of this type and id; None when there is none."""
        return self._objects.get((kind, name))

    def configured(self, kind: str, name: str) -> Stored | None:
        """An object of a phone that the server's files have; None for a type that it has not."""
        own = {"endpoint": {"aors": name, "auth": name}, "aor": {}, "auth": {"username": name}}
        if kind not in own:
            return None
        return Stored({**defaults(kind, late=self._late), **own[kind]}, fixed=True)

    def put(self, kind: str, name: str, given: list[tuple[str, str]]) -> dict[str, str]:
        """Make an object, or change it. Returns all its attributes. Raises Invalid."""
        plain = defaults(kind, late=self._late)
        found = self._objects.get((kind, name))
        fields = dict(plain if found is None else found.fields)
        for attribute, value in given:
            if kind == "endpoint" and attribute == "disallow":
                fields["allow"] = codecs(fields["allow"], f"!{value}")
            elif attribute not in plain:
                raise Invalid(f"{attribute} is no attribute of {kind}")
            elif attribute == "allow":
                fields[attribute] = codecs(fields[attribute], value)
            else:
                fields[attribute] = written(attribute, value, plain[attribute])
        if kind == "auth" and not fields["username"]:
            raise Invalid("an auth needs a username")
        self._objects[kind, name] = Stored(fields)
        return fields

    def delete(self, kind: str, name: str) -> None:
        """Delete an object that is there."""
        del self._objects[kind, name]
