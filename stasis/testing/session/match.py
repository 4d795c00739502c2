"""Whether what is sent now is what was sent then: ids of ours differ, and so may pseudonyms. Pure.

A program makes ids that no other run makes again. Such an id, where the recorded one stands, is
the recorded one from then on, everywhere. A pseudonym stands for a value that is not known: the
first value in its place is taken for it, unless the flow has the pseudonym from an event.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping
from typing import Any

from stasis.identity import HOUSE
from stasis.testing.session.mask import SECRET

__all__ = ["Bindings"]

UUID = r"[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}"
# What a room's id ends with. Its request has the room's name too, so they are told apart by that.
ROOM = rf"(?<=-{HOUSE}-)[0-9]{{1,9}}-[0-9a-z]{{1,12}}(?![0-9A-Za-z])"
# What programs invent: an id of the engine's, any long hexadecimal number, the time in a name.
TOKEN = re.compile(
    rf"{ROOM}|(?<![0-9A-Za-z])(?:{UUID}|(?<=-)[0-9a-f]{{16}}(?=-)|(?=[0-9]*[a-f])[0-9a-f]{{12,64}}"
    r"|(?<=-)x[0-9a-f]{8}|[0-9]{8}-[0-9]{6})(?![0-9A-Za-z])"
)


class Bindings:
    """Which ids and values of this run stand for which of the recorded one.

    hidden: the pseudonyms of the file.
    """

    def __init__(self, hidden: Iterable[str] = ()) -> None:
        self._now: dict[str, str] = {}
        self._then: dict[str, str] = {}
        self._told: set[str] = set()
        words = "|".join(map(re.escape, sorted(set(hidden), key=len, reverse=True)))
        self._unknown = re.compile(
            rf"(?P<secret>{re.escape(SECRET)})|(?P<room>{ROOM})|(?P<token>{TOKEN.pattern})"
            + (rf"|(?P<hidden>(?<!\w)(?:{words})(?!\w))" if words else r"|(?P<hidden>(?!))")
        )

    def told(self, text: str) -> str:
        """What Asterisk says, with this run's ids for the recorded ones."""
        self._told.update(token for token in TOKEN.findall(text) if token not in self._now)
        return TOKEN.sub(lambda found: self._now.get(found[0], found[0]), text)

    def then(self, text: str) -> str:
        """What this run says, with the recorded ids for its own."""
        return TOKEN.sub(lambda found: self._then.get(found[0], found[0]), text)

    def match(self, then: Any, now: Any) -> bool:
        """Whether the values are the same; if so, what stands for what is known from here on.

        then, now: JSON values, recorded and of this run.
        """
        new = self._new(then, now)
        for old, value in (new or {}).items():
            self._now[old] = value
            self._then[value] = old
        return new is not None

    def alike(self, then: Any, now: Any) -> bool:
        """Whether the values could be the same; nothing stands for anything after it."""
        return self._new(then, now) is not None

    def _new(self, then: Any, now: Any) -> dict[str, str] | None:
        """What would stand for what, were these the same; None when they cannot be."""
        found: list[tuple[str, str, str]] = []
        if not self._same(then, now, found):
            return None
        new: dict[str, str] = {}
        for kind, old, value in found:
            if not self._fits(kind, old, value, new):
                return None
            new[old] = value
        return new

    def _fits(self, kind: str, old: str, value: str, new: Mapping[str, str]) -> bool:
        bound = new.get(old, self._now.get(old))
        if bound is not None:
            return bound == value
        if old == value:
            return True
        taken = value in self._then or value in new.values()
        return not taken and (kind == "hidden" or old not in self._told)

    def _same(self, then: Any, now: Any, found: list[tuple[str, str, str]]) -> bool:
        if then == SECRET:
            return True  # a number, perhaps, or an object
        if isinstance(then, str):
            return isinstance(now, str) and self._same_text(then, now, found)
        if isinstance(then, Mapping):
            return (
                isinstance(now, Mapping)
                and then.keys() == now.keys()
                and all(self._same(then[key], now[key], found) for key in then)
            )
        if isinstance(then, (list, tuple)):
            return (
                isinstance(now, (list, tuple))
                and len(then) == len(now)
                and all(self._same(a, b, found) for a, b in zip(then, now, strict=True))
            )
        return bool(then == now)

    def _same_text(self, then: str, now: str, found: list[tuple[str, str, str]]) -> bool:
        """Texts are the same but for what is not known of the recorded one."""
        places = list(self._unknown.finditer(then))
        if not places:
            return then == now
        pattern, end = "", 0
        for place in places:
            pattern += re.escape(then[end : place.start()])
            pattern += FORMS[str(place.lastgroup)]
            end = place.end()
        same = re.fullmatch(pattern + re.escape(then[end:]), now, re.DOTALL)
        if same is None:
            return False
        for place, value in zip(places, same.groups(), strict=True):
            kind = str(place.lastgroup)
            if kind == "hidden" and value == place[0]:
                continue  # the flow has it from an event
            if kind != "secret":
                found.append((kind, place[0], value))
        return True


# What may stand where an id, a room's number, a pseudonym or a secret was.
FORMS = {
    "room": r"([0-9]{1,9}-[0-9a-z]{1,12})",
    "token": rf"({UUID}|x?[0-9a-f]{{8,64}}|[0-9]{{8}}-[0-9]{{6}})",
    "hidden": r"(.+?)",
    "secret": r"(.*?)",
}
