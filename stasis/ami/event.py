"""What all events of the manager interface have in common, and one of an unknown kind.

The kinds are classes in `events.py`, named as Asterisk names them. A kind that no class exists for
is a plain `AmiEvent`. Every field that was sent stays with the event, typed or not.
"""

from __future__ import annotations

from typing import Any, ClassVar

from stasis.ami.message import Message, shown
from stasis.ari.event import Event
from stasis.section import Secret

__all__ = ["AmiEvent", "Missed"]


class AmiEvent(Event, frozen=True, kw_only=True, tag=True):
    """Something Asterisk told over the manager interface.

    event: the kind, as Asterisk names it. privilege: the classes it belongs to, such as
    `call,all`; empty for an item of a list. action_id: the action it answers, or empty.
    timestamp: when, if manager.conf has `timestampevents`.
    """

    way: ClassVar[str] = "ami"

    event: str = ""
    privilege: str = ""
    action_id: str = ""

    @property
    def type(self) -> str:
        """The kind, as Asterisk names it."""
        return self.event or self.__class__.__name__

    @property
    def about(self) -> str | None:
        """The unique id of the channel that it is about, which is ARI's id; None without."""
        return getattr(self, "uniqueid", "") or None

    @property
    def fields(self) -> Message:
        """Everything that was sent, in order, repeated keys kept; secrets as they are."""
        return Message.of(self.frame)

    @property
    def raw(self) -> dict[str, Any]:
        """Everything that was sent, for people and logs: secrets are `***`.

        For an event made by hand: its fields that say something.
        """
        if self.frame:
            return {key: value for key, value in shown(self.fields.fields).items()}
        told = {"event": self.type}
        for name in self.__struct_fields__:
            value = getattr(self, name)
            if name not in ("frame", "event") and value not in ("", None, ()):
                told[name] = "***" if isinstance(value, Secret) else value
        return told


class Missed(AmiEvent, frozen=True, kw_only=True, tag=True):
    """Events are missing at this place of the stream: it was full, or one was too large.

    count: how many.
    """

    count: int = 0
