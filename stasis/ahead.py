"""Records that travel with the request for a call, so that it is kept from its first moment.

A call that this program asks for begins in its flow's first state, with data that nobody has
touched: what would be written of it then is known before. It goes along as one of the channel's
variables, and saves the call a request. Should the call begin otherwise after all, its own record
is another text, and is written as ever.
"""

from __future__ import annotations

import copy
from collections.abc import Collection, Mapping

from stasis.errors import FlowError
from stasis.identity import new_token
from stasis.keep import VARIABLE, Keep, Variable
from stasis.program import Program
from stasis.record import Record, packed

__all__ = ["Ahead"]

# Characters of a record and the other variables at most: with more the request could become too
# long.
LIMIT = 8_000
# So many calls that were asked for and have not come are remembered; of the oldest, what comes
# with them is written over.
AWAITED = 10_000
# Arguments with one of these Asterisk may part in another way.
ODD = frozenset("\"'\\()[]{}")


class Ahead:
    """The records of calls that were asked for. keep: where records are kept."""

    def __init__(self, keep: Keep) -> None:
        self._apart = not isinstance(keep, Variable)
        self._awaited: dict[str, Record] = {}

    def __len__(self) -> int:
        return len(self._awaited)

    def brings(self, channel_id: str, record: Record | None) -> bool:
        """Whether a channel was asked for, and what is kept of it now is what it was made with.

        Else another process has run its call meanwhile.
        """
        awaited = self._awaited.get(channel_id)
        return awaited is not None and record is not None and awaited.encode() == record.encode()

    def variables(
        self,
        channel_id: str,
        app: str,
        program: Program | None,
        args: str | None = None,
        *,
        beside: Mapping[str, str] | None = None,
    ) -> Mapping[str, str]:
        """What the channel is to be made with; nothing where records are kept elsewhere.

        app, args: of its StasisStart. program: what the application runs. beside: its other
        variables.
        """
        if self._apart or program is None or ODD.intersection(args or ""):
            return {}
        flow = program.flow
        try:
            data = None if flow.data is None else packed(copy.deepcopy(flow.data), flow.__name__)
        except FlowError:
            return {}  # the call itself says so, once it begins
        record = Record(
            app=app,
            flow=flow.__name__,
            state=flow.start.__name__,
            token=new_token(),
            entry=1,
            media=new_token(),
            args=tuple(args.split(",")) if args else (),
            version=flow.version,
            data=data,
            id=channel_id,
        )
        text = record.encode()
        if len(text) + len(str(beside or "")) > LIMIT:
            return {}
        if len(self._awaited) == AWAITED:
            del self._awaited[next(iter(self._awaited))]
        self._awaited[channel_id] = record
        return {VARIABLE: text}

    def clear(self) -> None:
        """Forget all: another process gets those that come."""
        self._awaited.clear()

    def prune(self, live: Collection[str]) -> None:
        """Forget those that have gone unheard. live: ids of the channels that there are."""
        for gone in self._awaited.keys() - live:
            del self._awaited[gone]

    def take(self, channel_id: str) -> Record | None:
        """The record that a channel was made with. It has come, or never will."""
        return self._awaited.pop(channel_id, None)
