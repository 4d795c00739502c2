"""A manager interface that answers as it is told to, and keeps what it was asked."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from stasis.ami import Action, AmiError, Answer, Listing

__all__ = ["FakeAmi"]


class FakeAmi:
    """says: by the action's class its answer: an `Answer`, items of a list, or an error.

    asked: the actions, in order.
    """

    def __init__(self, says: dict[type[Action[Any]], Answer | Sequence[Any] | AmiError]) -> None:
        self.says = says
        self.asked: list[Action[Any]] = []

    async def send(self, action: Action[Any]) -> Any:
        """Its answer."""
        self.asked.append(action)
        answer = self.says.get(type(action), Answer(response="Success"))
        if isinstance(answer, AmiError):
            raise answer
        return answer

    async def list(self, action: Action[Any]) -> Listing[Any]:
        """Its list."""
        return Listing(await self.send(action), Answer(response="Success"), None)
