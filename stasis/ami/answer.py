"""What an action is answered with."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Generic, TypeVar

import msgspec

from stasis.ami.event import AmiEvent
from stasis.ami.message import Message

__all__ = ["Answer", "Listing"]

E = TypeVar("E", bound=AmiEvent)
K = TypeVar("K", bound=AmiEvent)


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """Asterisk's answer to an action that it did.

    response: `Success`, or `Goodbye` to Logoff. message: its words. action_id: of the action.
    frame: the bytes it came as.
    """

    response: str = ""
    message: str = ""
    action_id: str = ""
    frame: bytes = b""

    @property
    def fields(self) -> Message:
        """Everything that was sent, in order, repeated keys kept; secrets as they are."""
        return Message.of(self.frame)

    def __repr__(self) -> str:
        """The typed fields that say something: the frame may hold secrets."""
        told = [
            f"{each.name}={value!r}"
            for each in msgspec.structs.fields(self.__class__)
            if each.name != "frame" and (value := getattr(self, each.name)) != each.default
        ]
        return f"{self.__class__.__name__}({', '.join(told)})"


class Listing(Sequence[E], Generic[E]):
    """A list that came whole: a sequence of its items, in the order Asterisk sent them.

    answer: to the action itself. end: the event that ended it, with its own fields.
    """

    def __init__(self, items: Sequence[E], answer: Answer, end: AmiEvent | None) -> None:
        self._items = tuple(items)
        self.answer = answer
        self.end = end

    def of(self, kind: type[K]) -> list[K]:
        """The items of one kind: a list may have several."""
        return [each for each in self._items if isinstance(each, kind)]

    def __getitem__(self, index):  # type: ignore[no-untyped-def]
        return self._items[index]

    def __len__(self) -> int:
        return len(self._items)

    def __iter__(self) -> Iterator[E]:
        return iter(self._items)

    def __repr__(self) -> str:
        return f"Listing{self._items!r}"
