"""Actions and what they are answered with, matched by ActionID. No I/O, no clock.

One exchange is one connection. Its ids are random: an event that somebody else has made with an
ActionID in it answers none of our actions.
"""

from __future__ import annotations

import secrets
from collections.abc import Callable, Iterable
from typing import Any, TypeAlias

from stasis.ami.answer import Answer, Listing
from stasis.ami.decode import decode
from stasis.ami.errors import (
    REFUSALS,
    AmiError,
    ListIncomplete,
    NotUnderstood,
    OutcomeUnknown,
    failed,
)
from stasis.ami.event import AmiEvent
from stasis.ami.message import Message
from stasis.ami.parser import Oversized
from stasis.ami.typed import fill
from stasis.ami.writer import encode

__all__ = ["Exchange", "Waiting"]

# Lists whose end counts wrong: 16 says one, however many there are; the other leaves out the auths.
MISCOUNTED = frozenset({"dbgettree", "pjsipshowregistrationsoutbound"})

Result: TypeAlias = "Answer | Listing[Any] | AmiEvent | AmiError"


class Waiting:
    """An action that waits for its answer.

    done: called once, with the answer, the list, or the error. progress: called for each item.
    listed: a list is wanted. empty: errors, in small letters, that only say there is nothing.
    follow: the kind of the event that tells what became of it, after the answer.
    """

    def __init__(
        self,
        action: str,
        done: Callable[[Result], None],
        *,
        kind: type[Answer] = Answer,
        listed: bool = False,
        empty: tuple[str, ...] = (),
        follow: str = "",
        progress: Callable[[], None] = lambda: None,
    ) -> None:
        self.action = action
        self.done = done
        self.kind = kind
        self.listed = listed
        self.empty = empty
        self.follow = follow
        self.progress = progress
        self.id = ""
        self.answer: Answer | None = None
        self.items: list[AmiEvent] = []


class Exchange:
    """The actions in flight on one connection.

    max_list: items of a list at most. late: answers that nobody waited for any more.
    """

    def __init__(self, max_list: int = 100_000) -> None:
        self.late = 0
        self._max_list = max_list
        self._waiting: dict[str, Waiting] = {}

    def __len__(self) -> int:
        return len(self._waiting)

    def begin(self, waiting: Waiting, fields: Iterable[tuple[str, str]]) -> bytes:
        """The bytes that send an action; from now it waits. Raises InvalidValue."""
        fields = list(fields)
        waiting.id = secrets.token_hex(8)
        own = [(key, value) for key, value in fields if key.lower() != "actionid"]
        data = encode(waiting.action, [("ActionID", waiting.id), *own])
        self._waiting[waiting.id] = waiting
        return data

    def forget(self, waiting: Waiting) -> None:
        """Nobody waits for it any more."""
        self._waiting.pop(waiting.id, None)

    def take(self, item: Message | Oversized) -> AmiEvent | None:
        """What came next. Returns the event when it is for everybody."""
        if isinstance(item, Oversized):
            return self._oversized(item)
        message = item
        key, value = message.fields[0]
        if key == "Event":
            event = decode(message)
            waiting = self._waiting.get(event.action_id) if event.action_id else None
            if waiting is None:
                return event
            if waiting.listed and waiting.answer is not None:
                self._item(waiting, event, message)
                return None
            if event.type == waiting.follow:
                self._end(waiting, event)
            return event
        if key == "Response":
            self._answer(message, value)
        return None

    def lost(self, reason: str) -> None:
        """The connection is gone: what was in flight may have happened, or not."""
        waiting, self._waiting = self._waiting, {}
        for each in waiting.values():
            each.done(
                OutcomeUnknown(each.action, f"{reason} before the answer; it may have happened")
            )

    def _answer(self, message: Message, response: str) -> None:
        waiting = self._waiting.get(message.get("ActionID"))
        if waiting is None or waiting.answer is not None:
            self.late += 1
            return
        text = message.get("Message").strip()
        if waiting.listed and waiting.empty and text.lower().startswith(waiting.empty):
            self._end(waiting, Listing((), fill(Answer, message, frame=message.frame), None))
            return
        if response.lower() in ("error", "failure") or text.lower() in REFUSALS:
            self._end(waiting, failed(waiting.action, text, message.all("Output")))
            return
        answer = fill(waiting.kind, message, frame=message.frame)
        starts = waiting.listed and message.get("EventList").lower() == "start"
        if starts or waiting.follow:
            waiting.answer = answer
            waiting.progress()
        elif waiting.listed:
            self._end(waiting, NotUnderstood(waiting.action, "answered, but not with a list"))
        else:
            self._end(waiting, answer)

    def _item(self, waiting: Waiting, event: AmiEvent, message: Message) -> None:
        state = message.get("EventList").lower()
        items = waiting.items
        if state.startswith("complete"):
            told = message.get("ListItems")
            if waiting.action.lower() not in MISCOUNTED and counts(told) not in (None, len(items)):
                self._end(
                    waiting,
                    ListIncomplete(
                        waiting.action, f"{len(items)} items came, its end counts {told}", items
                    ),
                )
            else:
                assert waiting.answer is not None
                self._end(waiting, Listing(items, waiting.answer, event))
        elif state.startswith("cancel"):
            self._end(waiting, ListIncomplete(waiting.action, "Asterisk cancelled the list", items))
        elif len(items) >= self._max_list:
            self._end(
                waiting, ListIncomplete(waiting.action, f"more than {len(items):,} items", items)
            )
        else:
            items.append(event)
            waiting.progress()

    def _oversized(self, item: Oversized) -> AmiEvent | None:
        waiting = self._waiting.get(item.message.get("ActionID"))
        if waiting is not None:
            self._end(waiting, NotUnderstood(waiting.action, f"the answer has {item.size:,} bytes"))
        return None

    def _end(self, waiting: Waiting, result: Result) -> None:
        self.forget(waiting)
        waiting.done(result)


def counts(text: str) -> int | None:
    """How many items an end says there were."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 10 else None
