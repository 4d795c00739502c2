"""What all events have in common, and what an event of an unknown kind is.

The kinds of events are generated into `events.py`; each is a class named as ARI names it. A kind
that no class exists for stays a plain `Event`, with everything Asterisk sent in `raw`.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any, ClassVar, cast

import msgspec

from stasis.ari.structure import loose

__all__ = ["Event"]


class Event(msgspec.Struct, frozen=True, kw_only=True, tag_field="type", tag=True, gc=False):
    """Something that happened in Asterisk, told to a Stasis application.

    application: the Stasis application it was sent to.
    timestamp: the server's wall clock; it may jump, so never order events by it.
    asterisk_id: the server's entity id. frame: the JSON it was decoded from, empty when the
    event was made by hand.
    """

    # By which way it comes, and the attributes down to the one detail that a trigger may name.
    way: ClassVar[str] = "ari"
    detail: ClassVar[tuple[str, ...]] = ()

    application: str = ""
    timestamp: datetime | None = None
    asterisk_id: str = ""
    # Not a field of ARI: no key of a frame is the empty string.
    frame: bytes = msgspec.field(default=b"", name="")

    @property
    def type(self) -> str:
        """The kind, as ARI names it; for an unknown kind what the frame says."""
        kind = self.__class__
        return str(self.raw.get("type", "")) if kind is Event else kind.__name__

    @property
    def about(self) -> str | None:
        """The channel that an event of another way is about; ARI's own name their channels."""
        return None

    @property
    def raw(self) -> dict[str, Any]:
        """Everything Asterisk sent, decoded anew at each call.

        For an event made by hand: its fields under their names in JSON. Never raises; what
        cannot be decoded at this depth of the stack is empty.
        """
        try:
            fields = loose(self.frame or msgspec.json.encode(self))
        except (ValueError, RecursionError):
            return {}
        fields.pop("", None)
        return cast(dict[str, Any], fields)

    def __repr__(self) -> str:
        """The fields that say something; the frame would only repeat them."""
        told = [
            f"{each.name}={value!r}"
            for each in msgspec.structs.fields(self.__class__)
            if each.name != "frame" and (value := getattr(self, each.name)) != each.default
        ]
        return f"{self.type}({', '.join(told)})"
