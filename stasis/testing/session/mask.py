"""What of a session is not written: secrets never, and personal data only as pseudonyms. Pure.

First a frame or request is read for what it says of people: callers' numbers and names, the
endpoints of channels, numbers that are dialled, addresses. Then each of them is replaced wherever
it stands. What the engine goes by stays as it is: ids, names of applications, states, times.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from functools import lru_cache
from typing import Any
from urllib.parse import quote, unquote

import msgspec

from stasis.ari.resource import Request
from stasis.keep import VARIABLE
from stasis.testing.session.pseudonyms import Pseudonyms

__all__ = ["SECRET", "Mask"]

SECRET = "***"  # noqa: S105  what stands for one
# Names of what nobody may read.
SECRETS = re.compile(
    r"passw|passphrase|passcode|secret|token|api_?key|authori[sz]ation|credential|md5_?cred|cookie"
    r"|\bauth\b|(?:^|[_.-])(?:pin|pin_?code|pwd|otp|cvv|cvc)$|private_?key",
    re.IGNORECASE,
)
CREDENTIALS = re.compile(r"\b(Bearer|Basic|Digest)\s+[A-Za-z0-9+/=_.,~\" -]{6,}")
# Of a URL: what its query gives a name and a value.
GIVEN = re.compile(r"(?<=[?&])([\w.-]+)=([^&#\s]+)")
USERINFO = re.compile(r"(?<=//)[^/@\s]+:[^/@\s]+(?=@)")
MAIL = re.compile(r"[\w.+-]+@[\w-]+(?:\.[\w-]+)*\.[A-Za-z]{2,}")
ADDRESS = re.compile(
    r"(?<![\w.])\d{1,3}(?:\.\d{1,3}){3}(?![\w.]*\d)|\[[0-9A-Fa-f:]*::?[0-9A-Fa-f:]*\]"
    r"|(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){7}[0-9A-Fa-f]{1,4}(?![\w:])"
    r"|(?<![\w:.])(?:[0-9A-Fa-f]{1,4}:){1,6}(?::[0-9A-Fa-f]{1,4}){1,6}(?![\w:])"
)
NO_ADDRESS = frozenset({"127.0.0.1", "0.0.0.0", "[::1]", "[::]"})  # noqa: S104  nobody's
# `PJSIP/alice`, `PJSIP/alice-0000001a`, `PJSIP/trunk/sip:+4989@host`: whose, and where.
DEVICE = re.compile(r"(?:PJSIP|SIP|IAX2|SCCP|Motif|XMPP|DAHDI|USTM|MGCP)/(.+?)(?:-[0-9a-f]{8})?")
LOCAL = re.compile(r"Local/([^@]+)@")
PIECE = re.compile(r"[@/:;,<>\s\"]+")
CALLER = re.compile(r"\s*\"?([^\"<]*?)\"?\s*<([^>]*)>\s*")
CALLER_VARIABLE = re.compile(
    r"(?:CALLERID|CONNECTEDLINE|REDIRECTING|CALLERID_)\(?(?!.*(?:pres|ton|tag|reason))",
    re.IGNORECASE,
)
LONG = re.compile(r"\+?[0-9]{5,}")
# What is somebody's whatever it is, and what is when it is as long as a telephone number.
OWNED = frozenset({"resource", "accountcode", "aor", "body", "from", "to"})
DIALLED = frozenset({"exten", "extension"})
# A number in a URI, a port or a scheme is nobody.
NO_PIECE = frozenset({"sip", "sips", "tel", "5060", "5061"})

# What the engine, or whoever reads the file, goes by. Ids are never somebody's: Asterisk's are
# times, and ours are random.
KEPT = frozenset(
    "type application id channels bridges timestamp creationtime asterisk_id entity_id state"
    " dialstatus technology bridge_type bridge_class format formats language lang context app_name"
    " target_uri digit cause cause_txt app channelId channel playbackId bridgeId snoopId"
    " otherChannelId originator variable attribute eventname event_source eventSource"
    " direction reason label priority startup_time last_reload_time".split()
)
# Where numbers and names of people belong, even if they are as short as an extension.
PEOPLE = frozenset(
    "number name callerId endpoint extension exten value resource appArgs args body from to uri aor"
    " accountcode connected caller dialstring peer forward media media_uri data variables"
    " channelvars dtmf".split()
)
# What holds names that are the program's own: variables, and a flow's data.
FREE = frozenset({"variables", "channelvars", "data", "userevent"})
# Where a path names something that is not an id: after so many segments.
NAMED = {"endpoints": 2, "deviceStates": 1, "mailboxes": 1, "recordings": 2}


class Mask:
    """Masks one session.

    pseudonyms: of people, and of what was entered in secret. secrets: texts that are known not to
    be for anybody, such as the configured passwords. people: False leaves personal data as they
    are.
    """

    def __init__(
        self, pseudonyms: Pseudonyms, secrets: Iterable[str] = (), *, people: bool = True
    ) -> None:
        self._pseudonyms = pseudonyms
        self._people = people
        self._secrets = {each for each in secrets if len(each) >= 4}

    def frame(self, event: Any) -> Any:
        """An event, or an answer's body, as it may be written."""
        self._read("", event)
        return self._masked("", event)

    def answer(self, request: Request, body: Any) -> Any:
        """The body of an answer to a request, as it may be written."""
        if isinstance(body, dict) and isinstance(body.get("value"), str):
            name = dict(request.query).get("variable", "")
            self._read(name, body["value"])
            return {**body, "value": self._named(name, body["value"])}
        return self.frame(body)

    def path(self, path: str) -> str:
        """A request's path, below `/ari`."""
        parts = path.split("/")
        at = NAMED.get(parts[1] if len(parts) > 1 else "", 0) + 1
        if at > 1 and len(parts) > at:
            device = f"{parts[at - 1]}/{parts[at]}" if parts[1] == "endpoints" else parts[at]
            self._read("endpoint", unquote(device))
            parts[at] = quote(self._whole(unquote(parts[at])), safe="")
        return "/".join(parts)

    def query(self, query: Iterable[tuple[str, str]]) -> list[tuple[str, str]]:
        """A request's query."""
        given = dict(query)
        self._read("", given)
        masked = self._masked("", given)
        return [(name, masked[name]) for name in given]

    # First it is read who there is

    def _read(self, key: str, value: Any) -> None:
        """Learn who is named in a value. key: what it is called."""
        if isinstance(value, dict):
            self._read_mapping(value)
        elif isinstance(value, list):
            for each in value:
                self._read(key, each)
        elif isinstance(value, str) and value:
            self._read_text(key, value)

    def _read_mapping(self, value: Mapping[str, Any]) -> None:
        for key, each in value.items():
            if key in ("caller", "connected", "caller_id") and isinstance(each, dict):
                for part in ("number", "name"):
                    self._learn(str(each.get(part) or ""))
            elif isinstance(each, str) and is_secret(key) and len(each) >= 4:
                self._secrets.add(each)
            self._read(key, each)
        name = str(value.get("variable") or value.get("attribute") or "")
        given = value.get("value")
        if isinstance(given, str) and name:
            if is_secret(name) and len(given) >= 4:
                self._secrets.add(given)
            self._read(name, given)

    def _read_text(self, key: str, text: str) -> None:
        if not self._people or key in KEPT:
            return
        if device := DEVICE.fullmatch(text):
            for piece in PIECE.split(device[1]):
                if piece not in NO_PIECE and not ADDRESS.fullmatch(piece):
                    self._learn(piece)
        elif key == "callerId" or CALLER_VARIABLE.match(key):
            found = CALLER.fullmatch(text)
            for part in found.groups() if found else (text,):
                self._learn(part)
        elif key in OWNED or (key in DIALLED and LONG.fullmatch(text)):
            self._learn(text)
        elif (local := LOCAL.match(text)) and LONG.fullmatch(local[1]):
            self._learn(local[1])

    def _learn(self, value: str) -> None:
        if self._people:
            self._pseudonyms.learn(value)

    # Then it is replaced

    def _masked(self, key: str, value: Any) -> Any:
        if isinstance(value, list):
            return [self._masked(key, each) for each in value]
        if hides(key, value):
            return SECRET
        if isinstance(value, dict):
            return self._mapping(value, within=key)
        return self._text(key, value) if isinstance(value, str) else value

    def _mapping(self, value: Mapping[str, Any], *, within: str) -> dict[str, Any]:
        if within in FREE:
            return {key: self._free(key, each) for key, each in value.items()}
        name = str(value.get("variable") or value.get("attribute") or "")
        return {
            key: self._named(name, each)
            if key == "value" and name and isinstance(each, str)
            else self._masked(key, each)
            for key, each in value.items()
        }

    def _free(self, key: str, value: Any) -> Any:
        """A value whose name is the program's own."""
        if hides(key, value) and not isinstance(value, list):
            return SECRET
        if isinstance(value, dict):
            return {name: self._free(name, each) for name, each in value.items()}
        if isinstance(value, list):
            return [self._free(key, each) for each in value]
        return self._named(key, value) if isinstance(value, str) else value

    def _named(self, name: str, value: str) -> str:
        """The value of a variable or attribute."""
        if not value:
            return value
        if name == VARIABLE:
            return self._record(value)
        return SECRET if is_secret(name) else self._text("value", value)

    def _record(self, text: str) -> str:
        """What is kept of a call: its ids are the engine's, its data are the flow's."""
        try:
            record = msgspec.json.decode(text)
            self._read("", [record["args"], record["data"]])
            record["args"] = self._masked("args", record["args"])
            record["data"] = self._masked("data", record["data"])
        except (msgspec.MsgspecError, KeyError, TypeError):
            return self._text("value", text)
        return msgspec.json.encode(record).decode()

    def _text(self, key: str, text: str) -> str:
        if key in KEPT or not text:
            return text
        for secret in self._secrets:
            text = text.replace(secret, SECRET)
        if " " in text:
            text = CREDENTIALS.sub(rf"\1 {SECRET}", text)
        if "=" in text:
            text = GIVEN.sub(given, text)
        if "@" in text:
            text = USERINFO.sub(SECRET, text)
        if text[:1] in ("{", "[") and (inner := parsed(text)) is not None:
            return msgspec.json.encode(self.frame(inner)).decode()
        if key in PEOPLE or DEVICE.fullmatch(text):
            return self._whole(text)
        return self._within(text, short=False)

    def _whole(self, text: str) -> str:
        """A text that may be somebody as a whole, or a device of theirs."""
        pseudonyms = self._pseudonyms
        if text in pseudonyms:
            return pseudonyms.of(text)
        if device := DEVICE.fullmatch(text):
            start, stop = device.span(1)
            pieces = re.split(f"({PIECE.pattern})", text[start:stop])
            middle = "".join(pseudonyms.of(piece) for piece in pieces)
            text = text[:start] + middle + text[stop:]
        elif found := CALLER.fullmatch(text):
            name, number = (pseudonyms.of(part) for part in found.groups())
            text = f'"{name}" <{number}>'
        return self._within(text, short=True)

    def _within(self, text: str, *, short: bool) -> str:
        pseudonyms = self._pseudonyms
        if not self._people:
            return pseudonyms.within(text, short=short)
        for mail in MAIL.findall(text) if "@" in text else ():
            pseudonyms.learn(mail)
        for address in ADDRESS.findall(text) if "." in text or ":" in text else ():
            if address not in NO_ADDRESS:
                pseudonyms.learn_address(address)
        return pseudonyms.within(text, short=short)


@lru_cache(maxsize=4096)
def is_secret(name: str) -> bool:
    """Whether it is the name of what nobody may read."""
    return SECRETS.search(name) is not None


def hides(name: str, value: Any) -> bool:
    """Whether a value of this name is a secret; nothing, and yes or no, are none."""
    return is_secret(name) and not isinstance(value, bool) and value not in (None, "", {})


def given(found: re.Match[str]) -> str:
    """A name and value of a URL's query, as they may be written."""
    return f"{found[1]}={SECRET}" if is_secret(found[1]) else found[0]


def parsed(text: str) -> Any:
    """The object or list that a text is as JSON; None when it is none."""
    try:
        found = msgspec.json.decode(text)
    except (ValueError, RecursionError):
        return None
    return found if isinstance(found, (dict, list)) else None
