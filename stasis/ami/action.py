"""What an action is: a class for each that Asterisk knows, and how it becomes fields.

A field that is None is not sent. `caller_id` is sent as `CallerId`: Asterisk takes any case.
"""

from __future__ import annotations

import functools
import typing
from collections.abc import Iterator, Mapping
from typing import Any, ClassVar, Generic, TypeVar

import msgspec

from stasis.ami.answer import Answer
from stasis.ami.event import AmiEvent
from stasis.ami.writer import variables
from stasis.section import Secret

__all__ = ["Action", "ListAction", "key_of", "texts"]

A = TypeVar("A", bound=Answer)
E = TypeVar("E", bound=AmiEvent)

# Keys that the rule does not make.
KEYS: Mapping[str, str] = {"content_type": "Content-Type", "mix_monitor_id": "MixMonitorID"}


class Action(msgspec.Struct, Generic[A], frozen=True, kw_only=True):
    """An action, answered with an `A`.

    seconds: how long its answer may take; None: as long as the client's `action_timeout`.
    """

    seconds: ClassVar[float | None] = None
    # How this action wants yes and no.
    booleans: ClassVar[tuple[str, str]] = ("true", "false")

    @classmethod
    def name(cls) -> str:
        """The action's name, as Asterisk knows it."""
        return cls.__name__

    @classmethod
    def answer(cls) -> type[Answer]:
        """The class of its answer."""
        return answer_of(cls)

    def fields(self) -> Iterator[tuple[str, str]]:
        """Its fields as they are sent. Raises InvalidValue."""
        for name in self.__struct_fields__:
            yield from texts(key_of(name), getattr(self, name), self.booleans)

    def __repr__(self) -> str:
        """Names only: a value may be a secret, and this ends in logs."""
        given = [n for n in self.__struct_fields__ if getattr(self, n) is not None]
        return f"{self.name()}({', '.join(given)})"


class ListAction(Action[Answer], Generic[E], frozen=True, kw_only=True):
    """An action that is answered with a list of events.

    empty: what the error's message begins with that only says that there are none.
    """

    empty: ClassVar[tuple[str, ...]] = ()


@functools.cache
def answer_of(kind: type[Action[Any]]) -> type[Answer]:
    """The `A` of a class, as its bases say."""
    for base in typing.cast(Any, kind).__dict__.get("__orig_bases__", ()):
        if typing.get_origin(base) is Action:
            return typing.cast(type[Answer], typing.get_args(base)[0])
    return Answer


@functools.cache
def key_of(name: str) -> str:
    """The key of a field: `channel_id` is `ChannelId`, `async_` is `Async`."""
    return KEYS.get(name) or "".join(word[:1].upper() + word[1:] for word in name.split("_"))


def texts(
    key: str, value: Any, booleans: tuple[str, str] = Action.booleans
) -> Iterator[tuple[str, str]]:
    """A field as it is sent: a list once for each item, a mapping of channel variables likewise."""
    if value is None:
        return
    if isinstance(value, bool):
        yield key, booleans[0] if value else booleans[1]
    elif isinstance(value, Secret):
        yield key, value.reveal()
    elif isinstance(value, Mapping):
        yield from variables(value)
    elif isinstance(value, (list, tuple)):
        for each in value:
            yield from texts(key, each, booleans)
    else:
        yield key, str(value)
