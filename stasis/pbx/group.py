"""A group of things: what `pbx.queues` is the instance of."""

from __future__ import annotations

from typing import ClassVar, TypeVar

from stasis.ami import Action, AmiEvent, Answer, ListAction, Listing
from stasis.pbx.ways import Ways

__all__ = ["Group"]

A = TypeVar("A", bound=Answer)
E = TypeVar("E", bound=AmiEvent)


class Group:
    """Base of a group. name: its attribute of `Pbx`, its command, and the first part of its path.

    ways: to Asterisk.
    """

    name: ClassVar[str]

    def __init__(self, ways: Ways) -> None:
        self.ways = ways

    async def ask(self, action: Action[A]) -> A:
        """Send an AMI action. Raises AmiError, Unavailable."""
        return await (await self.ways.ami()).send(action)

    async def items(self, action: ListAction[E]) -> Listing[E]:
        """Send an AMI action that is answered with a list. Raises AmiError, Unavailable."""
        return await (await self.ways.ami()).list(action)
