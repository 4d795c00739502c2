"""Secrets in configuration files and logs, made unreadable: `***`.

Two steps. By place: what a line's name says is a secret, and what is known to be one where it
stands, such as a mailbox's PIN. By value: a secret that was found once is masked everywhere,
whatever file or log it stands in. Better too much than too little.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

from stasis.ami.message import secret
from stasis.pbx.config_file import ConfigFile, Line, Section

__all__ = ["Masked", "names_secret"]

HIDDEN = "***"
# A name with one of these in it is a secret's; case, `_` and `-` do not matter.
WORDS = tuple("pass secret pwd token credential private md5cred apikey accesskey privkey".split())
NAMES = frozenset({"key", "pw", "community", "authkey"})
# These say where something is, or how it is done, and nothing else.
HARMLESS = frozenset({"passwordformat", "passthru", "minpassword", "secretformat"})
# Shorter values would be found in half of the words of a log.
SHORTEST = 6

# user:PASSWORD@host in an address, behind sip: or //.
ADDRESS = re.compile(r"((?:sips?:|//)[^\s:/@;,]*):([^\s/@]+)@")
# PASSWORD=x, CHANNEL(secret)=x and "password": "x" within a value or a line of a log.
ASSIGNED = re.compile(
    r"""(?ix) ([\w-]*(?:pass|secret|pwd|token|api_?key)[\w-]*[)"']*\s*[=:]>?\s*["']?)
    ([^\s,;&"')|]+)"""
)
# What a SIP or HTTP message proves who somebody is with.
PROOF = re.compile(r"(?im)((?:proxy-)?authorization:)[^\r\n]*")
# Applications that are given a PIN, and which argument it is.
APPLICATION = re.compile(r"(?i)\b(authenticate|disa)\(([^,)]+)")
REGISTER = re.compile(r"^([^:@]*):[^@]*@")


def names_secret(name: str) -> bool:
    """Whether the value behind this name is a secret."""
    low = name.lower().replace("_", "").replace("-", "")
    if low in HARMLESS:
        return False
    if low.endswith("pin") or (low.startswith("pin") and not low.startswith("ping")):
        return True
    return secret(name) or low in NAMES or any(word in low for word in WORDS)


class Masked:
    """What masks. It learns the secrets of every file that it is shown."""

    def __init__(self) -> None:
        self._known: set[str] = set()

    def file(self, file: ConfigFile) -> str:
        """A configuration file for people, without secrets. What it has is known from then on."""
        lines: list[str] = []
        for section in file.sections:
            of = f"({','.join([*('!' * section.template), *section.templates])})"
            lines.append(f"[{section.name}]{'' if of == '()' else of}")
            lines += [f"{each.name} = {self._value(file, section, each)}" for each in section.lines]
            lines.append("")
        return "\n".join(lines)

    def text(self, text: str) -> str:
        """Any text, without what is known to be a secret, and what looks like one."""
        text = PROOF.sub(rf"\1 {HIDDEN}", text)
        text = ASSIGNED.sub(rf"\1{HIDDEN}", ADDRESS.sub(rf"\1:{HIDDEN}@", text))
        # The longest first: one secret may be a part of another.
        for each in sorted(self._known, key=len, reverse=True):
            text = text.replace(each, HIDDEN)
        return text

    def _value(self, file: ConfigFile, section: Section, line: Line) -> str:
        """The value of a line as it may be seen."""
        if names_secret(line.name) and line.value:
            self._learn(line.value)
            return HIDDEN
        for known, mask in PLACES:
            if known(file.name, section.name, line.name):
                return mask(line.value, self._learn)
        for pattern in (ADDRESS, ASSIGNED, APPLICATION):
            for found in pattern.finditer(line.value):
                self._learn(found[2])
        return self.text(APPLICATION.sub(rf"\1({HIDDEN}", line.value))

    def _learn(self, value: str) -> None:
        """Remember a secret, unless it is too short or a variable of the dialplan."""
        if len(value) >= SHORTEST and not value.startswith("$"):
            self._known.add(value)


Learn = Callable[[str], None]


def arguments(first: int, count: int = 1) -> Callable[[str, Learn], str]:
    """Masks some of a value's parts between commas."""

    def mask(value: str, learn: Learn) -> str:
        parts = value.split(",")
        for at in range(first, min(first + count, len(parts))):
            if parts[at].strip():
                learn(parts[at].strip().lstrip("-"))  # a mailbox's - keeps its owner from it
                parts[at] = HIDDEN
        return ",".join(parts)

    return mask


def registration(value: str, learn: Learn) -> str:
    """Masks the secret in `user:secret@host` of a registration."""
    found = REGISTER.match(value)
    if found is None:
        return value
    for each in found[0].rstrip("@").split(":")[1:]:
        learn(each)
    return f"{found[1]}:{HIDDEN}@{value[found.end() :]}"


def mailbox(file: str, section: str, name: str) -> bool:
    """A line of voicemail.conf that is a mailbox."""
    return file == "voicemail.conf" and section not in ("general", "zonemessages") and name != ""


# Where a secret stands without being named: file, section and name of the line; what masks it.
PLACES: Sequence[tuple[Callable[[str, str, str], bool], Callable[[str, Learn], str]]] = (
    (mailbox, arguments(0)),
    (lambda file, _, name: file == "meetme.conf" and name == "conf", arguments(1, 2)),
    (lambda file, _, name: file == "agents.conf" and name == "agent", arguments(1)),
    (lambda _, __, name: name == "register", registration),
)
