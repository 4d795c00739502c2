"""What Asterisk says of a call when an AGI session begins: the block of `agi_` lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import cached_property
from urllib.parse import parse_qsl, unquote

from attrs import field, frozen

from stasis.agi.errors import ProtocolError

__all__ = ["Environment"]

KEY = re.compile(r"agi_[a-z0-9_]{1,40}")
ARGUMENT = re.compile(r"agi_arg_([0-9]{1,4})")
MAJOR = re.compile(r"(?:[A-Za-z]+[-/])?([0-9]{1,3})\.")
# Bytes of a line of AGI that Asterisk takes with its line feed; the rest is a line of its own.
SHORT, LONG = 2_047, 8_191
LONG_SINCE = 22


@frozen(slots=False)
class Environment:
    """The environment of a session.

    values: every line as it came, name to text. Asterisk writes `unknown` for what it does not
    know; the properties give an empty text for that.
    """

    values: Mapping[str, str] = field(factory=dict)

    @classmethod
    def parse(cls, lines: Iterable[str]) -> Environment:
        """Read its lines. Raises ProtocolError for one that is none, or comes twice.

        A name that comes twice is what a line feed in somebody's caller id would make.
        """
        values: dict[str, str] = {}
        for each in lines:
            name, colon, value = each.partition(":")
            if not colon or not KEY.fullmatch(name):
                raise ProtocolError(f"not a line of AGI's environment: {each[:100]!r}")
            if name in values:
                raise ProtocolError(f"the environment has {name} twice")
            values[name] = value.removeprefix(" ")
        return cls(values)

    @classmethod
    def decoded(cls, text: str) -> Environment:
        """Read the `Env` of AMI's event AsyncAGIStart. Raises ProtocolError."""
        return cls.parse(each for each in unquote(text).split("\n") if each)

    @classmethod
    def routed(cls, text: str) -> Environment:
        """Read the decoded `Env`, whose first argument is the script and not an argument.

        So `AGI(agi:async,sales/menu?x=1,one)` is to a script what `AGI(agi://host/sales/menu?x=1,
        one)` is. Raises ProtocolError.
        """
        values = dict(cls.parse(each for each in text.split("\n") if each).values)
        script, *arguments = cls(values).arguments or ("",)
        kept = {name: value for name, value in values.items() if not ARGUMENT.fullmatch(name)}
        given = {f"agi_arg_{number}": each for number, each in enumerate(arguments, 1)}
        return cls({**kept, **given, "agi_network_script": script})

    def get(self, name: str) -> str:
        """A value by its name without `agi_`, like `callingpres`; "" when there is none."""
        value = self.values.get(f"agi_{name}", "")
        return "" if value == "unknown" else value

    @property
    def channel(self) -> str:
        """The channel's name, such as `PJSIP/alice-00000001`."""
        return self.get("channel")

    @property
    def channel_id(self) -> str:
        """The channel's unique id, which ARI calls its id."""
        return self.get("uniqueid")

    @property
    def language(self) -> str:
        """The language of its prompts."""
        return self.get("language")

    @property
    def caller_number(self) -> str:
        """The caller's number, or an empty text."""
        return self.get("callerid")

    @property
    def caller_name(self) -> str:
        """The caller's name as sent by the caller: any text, so escape it before showing it."""
        return self.get("calleridname")

    @property
    def dialled(self) -> str:
        """The number that was dialled (DNID), or an empty text."""
        return self.get("dnid")

    @property
    def redirected_from(self) -> str:
        """The number that has redirected the call (RDNIS), or an empty text."""
        return self.get("rdnis")

    @property
    def context(self) -> str:
        """The dialplan's context it is in."""
        return self.get("context")

    @property
    def extension(self) -> str:
        """The extension it is in; `h` after a hang-up."""
        return self.get("extension")

    @property
    def priority(self) -> int:
        """The priority it is at; 0 when it is not told."""
        value = self.get("priority")
        return int(value) if value.isdecimal() else 0

    @property
    def account(self) -> str:
        """The channel's account code, or an empty text."""
        return self.get("accountcode")

    @property
    def version(self) -> str:
        """Asterisk's version, such as `22.10.1`."""
        return self.get("version")

    @property
    def enhanced(self) -> bool:
        """Whether the caller's audio comes by file descriptor 3 (EAGI)."""
        return self.get("enhanced") == "1.0"

    @cached_property
    def arguments(self) -> tuple[str, ...]:
        """What the dialplan gave: `AGI(script,one,two)`. None is missing."""
        found = {
            int(match[1]): value
            for name, value in self.values.items()
            if (match := ARGUMENT.fullmatch(name))
        }
        return tuple(found[number] for number in sorted(found))

    @property
    def request(self) -> str:
        """What the dialplan asked for: a URL `agi://…`, a file, or `async`."""
        return self.values.get("agi_request", "")

    @cached_property
    def script(self) -> str:
        """The path of the URL without its slashes at both ends: `sales/menu`."""
        return unquote(self._asked.partition("?")[0]).strip("/")

    @cached_property
    def query(self) -> dict[str, str]:
        """The URL's query, decoded; of a name that comes twice the last."""
        try:
            return dict(parse_qsl(self._asked.partition("?")[2], keep_blank_values=True))
        except ValueError:  # more fields than it reads
            return {}

    @property
    def _asked(self) -> str:
        if "agi_network_script" in self.values:
            return self.values["agi_network_script"]
        return self.request if "://" not in self.request else self.request.split("/", 3)[-1]

    @property
    def limit(self) -> int:
        """Bytes that a command's line may have here, with its line feed."""
        found = MAJOR.match(self.version)
        return LONG if found and int(found[1]) >= LONG_SINCE else SHORT
