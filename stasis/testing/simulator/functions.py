"""Variables and dialplan functions of a channel: what `${…}` reads and `Set` writes.

Rules: a channel's own variable hides a global one; a name in parentheses is a function. Those
that Asterisk calls dangerous are refused.
"""

from __future__ import annotations

import re
from collections.abc import Callable

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.pair import Half

__all__ = ["Dangerous", "Missing", "read", "write"]

DANGEROUS = ("SHELL", "FILE", "ENV", "AST_CONFIG", "DB_DELETE", "CURL", "REALTIME", "STAT")


class Missing(Exception):
    """There is no such variable or function."""


class Dangerous(Exception):
    """The function may not be called from outside, or is not there."""


def parted(name: str) -> tuple[str, str] | None:
    """`CALLERID(num)` as its two parts; None for a plain variable."""
    function, bracket, rest = name.partition("(")
    if not bracket:
        return None
    return function.upper(), rest.rstrip(")")


BUILT_IN: dict[str, Callable[[Channel], str]] = {
    "EXTEN": lambda c: c.exten,
    "CONTEXT": lambda c: c.context,
    "PRIORITY": lambda c: str(c.priority),
    "CHANNEL": lambda c: c.name,
    "UNIQUEID": lambda c: c.id,
    "LINKEDID": lambda c: c.linked,
    "HANGUPCAUSE": lambda c: str(c.cause),
}

CHANNEL: dict[str, Callable[[Channel], str]] = {
    "state": lambda c: c.state,
    "name": lambda c: c.name,
    "uniqueid": lambda c: c.id,
    "linkedid": lambda c: c.linked,
    "language": lambda c: c.language,
    "accountcode": lambda c: c.accountcode,
    "peeraccount": lambda c: c.peer_account,
    "channeltype": lambda c: c.name.partition("/")[0],
    "exten": lambda c: c.exten,
    "context": lambda c: c.context,
}


TEXT: dict[str, Callable[[str], str]] = {
    "LEN": lambda text: str(len(text.encode(errors="surrogateescape"))),
    "TOLOWER": str.lower,
    "TOUPPER": str.upper,
}


def read(channel: Channel, name: str) -> str:
    """The value of a variable or function. Raises Missing, Dangerous."""
    parts = parted(name)
    if parts is None:
        if name in channel.variables:
            return channel.variables[name]
        if name in BUILT_IN:
            return BUILT_IN[name](channel)
        if name in channel.machine.variables:
            return channel.machine.variables[name]
        raise Missing(name)
    function, argument = parts
    if function in DANGEROUS:
        raise Dangerous(name)
    if function in ("CALLERID", "CONNECTEDLINE"):
        who = channel.caller if function == "CALLERID" else channel.connected
        kind = argument.partition(",")[0]
        whole = f'"{who[0]}" <{who[1]}>'
        return {"name": who[0], "num": who[1], "number": who[1], "all": whole}.get(kind, "")
    if function == "CHANNEL" and argument in CHANNEL:
        return CHANNEL[argument](channel)
    if function == "GLOBAL":
        return channel.machine.variables.get(argument, "")
    if function in TEXT:
        return TEXT[function](argument)
    if function == "LEN":
        return str(len(argument))
    if name in channel.variables:
        return channel.variables[name]
    raise Dangerous(name)


def write(channel: Channel, name: str, value: str) -> None:
    """Set a variable, or call a function to set something. Raises Dangerous."""
    parts = parted(name)
    if parts is None:
        channel.set_variable(name.lstrip("_"), value)
        return
    function, argument = parts
    if function in DANGEROUS:
        raise Dangerous(name)
    kind = argument.partition(",")[0]
    if function in ("CALLERID", "CONNECTEDLINE"):
        was = channel.caller if function == "CALLERID" else channel.connected
        text, _, number = value.rpartition("<")
        now = {
            "name": (value, was[1]),
            "num": (was[0], value),
            "number": (was[0], value),
            "all": (text.strip(' "'), number.rstrip("> ")),
        }.get(kind, was)
        if function == "CALLERID":
            channel.set_caller(*now)
        else:
            channel.set_connected(*now)
            if isinstance(channel.far, Half):
                channel.far.other.set_caller(*now)
    elif function == "TALK_DETECT":
        channel.talk_detect = kind == "set"
        if channel.talk_detect and channel.arriving and channel.arriving[0].startswith("tone:"):
            channel.notice(channel.arriving[0])  # it goes on
    elif function == "HOLD_INTERCEPT":
        channel.intercepts_hold = kind == "set"
    elif function == "TIMEOUT" and kind == "absolute":
        channel.limit(float(value) if re.fullmatch(r"[0-9]+(\.[0-9]*)?", value) else 0.0)
    elif function == "PJSIP_TRANSFER_HANDLING":
        channel.transfer_handling = value
    elif function == "GLOBAL":
        channel.machine.variables[argument] = value
    elif function == "CHANNEL" and kind in ("language", "accountcode"):
        setattr(channel, kind, value)
    else:
        channel.variables[name] = value
