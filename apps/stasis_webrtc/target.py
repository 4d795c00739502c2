"""What was dialled: a user, a room, the own messages, an outside or an emergency number.

Rules: what the number plan and the metadata of phone numbers say is pure; only users and rooms
are looked up. An emergency number is one whoever is called so, and an extension goes before an
outside number and an emergency number with the prefix of outside numbers.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Literal, TypeAlias

import phonenumbers
from attrs import field, frozen

from stasis_webrtc.directory import Directory

__all__ = ["Kind", "NumberPlan", "Target", "outside_number", "target_of"]

Kind: TypeAlias = Literal["user", "room", "service", "messages", "outside", "emergency", "nobody"]
"""What a target is."""

# What people write between digits.
BETWEEN = re.compile(r"[\s()./\-\u2010-\u2015\u00a0]+")
DIALLED = re.compile(r"\+?[0-9*#]{1,32}")
LONGEST = 128


@frozen
class NumberPlan:
    """What numbers mean here.

    country: where numbers without a country are, as two letters such as `DE`; empty takes only
    those with `+`. prefix: dialled before an outside number; empty for nothing. messages: the
    number of the own messages. emergency: numbers that anybody may always call; None takes those
    of the country, which `phonenumbers` knows. services: numbers of other Stasis applications, and
    their names.
    """

    country: str = ""
    prefix: str = ""
    messages: str = "*97"
    emergency: tuple[str, ...] | None = None
    services: Mapping[str, str] = field(factory=dict)

    def is_emergency(self, number: str) -> bool:
        """Whether anybody may always call this."""
        if self.emergency is not None:
            return number in self.emergency
        return bool(self.country) and phonenumbers.is_emergency_number(number, self.country)


@frozen
class Target:
    """What is to be called.

    kind: what it is. name: the user's, the room's, the application's, the number in E.164 for
    `outside`, the number as it is for `emergency`. dialled: what was dialled.
    """

    kind: Kind
    name: str = ""
    dialled: str = ""

    @property
    def grant(self) -> str:
        """What is to be granted for it, as of `Grants.may_call`; empty for nothing. Pure."""
        grants = {"user": "internal", "service": "internal", "room": "rooms", "outside": self.name}
        return grants.get(self.kind, "")


async def target_of(
    dialled: str, plan: NumberPlan, directory: Directory, by: str | None = None
) -> Target:
    """What was dialled. by: the user who dials; None for nobody of here.

    Raises StasisError when users or rooms cannot be looked up.
    """
    dialled = dialled.strip()[:LONGEST]
    number = cleaned(dialled)
    if plan.is_emergency(number):
        return Target("emergency", number, dialled)
    if number in plan.services:
        return Target("service", plan.services[number], dialled)
    user = await directory.user(dialled) or (number and await directory.user(number)) or None
    if dialled == plan.messages or (user is not None and user.name == by):
        return Target("messages", by or "", dialled)
    if user is not None:
        return Target("user", user.name, dialled)
    if dialled and await directory.is_room(dialled):
        return Target("room", dialled, dialled)
    inside = number.removeprefix(plan.prefix)
    if plan.prefix and inside != number and plan.is_emergency(inside):
        return Target("emergency", inside, dialled)
    outside = outside_number(number, plan)
    return Target("nobody", "", dialled) if outside is None else Target("outside", outside, dialled)


def cleaned(dialled: str) -> str:
    """A number as keys; empty when it is none. Pure."""
    keys = BETWEEN.sub("", dialled)
    return keys if DIALLED.fullmatch(keys) else ""


def outside_number(dialled: str, plan: NumberPlan) -> str | None:
    """An outside number in E.164, however it is written; None when it is none. Pure."""
    number = cleaned(dialled)
    if number.startswith("+"):
        whole = number
    elif number.startswith(plan.prefix):
        whole = number.removeprefix(plan.prefix)
    else:
        return None
    if "*" in whole or "#" in whole:
        return None
    try:
        found = phonenumbers.parse(whole, plan.country or None)
    except phonenumbers.NumberParseException:
        return None
    if not phonenumbers.is_valid_number(found):
        return None
    return str(phonenumbers.format_number(found, phonenumbers.PhoneNumberFormat.E164))
