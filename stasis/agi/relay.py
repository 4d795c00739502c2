"""AGI over AMI: one call's commands as actions, and its replies out of events.

Rules, each seen on 16 and 22: an event brings at most 1,024 bytes of a reply, and what is over
comes before the next reply, so it is fetched with commands that do nothing. It brings at most
2,047 bytes as they are percent-encoded, and what is over that is lost: such a reply is an error,
and never a shorter value. A command that fails as the server sees it (a sound that is missing, a
subroutine that is not there) ends AGI for the call, and one that is sent after the end would run
when the call comes back to AGI: so nothing is sent then, and what the end meant is waited for.
"""

from __future__ import annotations

import asyncio
import itertools
import secrets
from typing import Any
from urllib.parse import unquote_to_bytes

from stasis.agi.errors import AgiError, ReplyCut, TakenBack
from stasis.ami import ActionFailed, Ami, AmiError, OutcomeUnknown, PermissionDenied, actions
from stasis.ami.writer import LINE_LIMIT
from stasis.errors import ChannelGone, StasisError

__all__ = ["LIMIT", "Relay"]

# Bytes of a command with a line feed, which AMI does not need: `Command: ` stands before it.
LIMIT = LINE_LIMIT - len("Command: ") + 1
# Bytes of a reply that an event has, and percent-encoded ones from which it may have been cut.
PIECE, CUT = 1_024, 2_045
NOTHING, DONE = "NOOP", b"200 result=0\n"
# What a reply may have, in pieces. Asterisk's own limit is 8 KiB.
PIECES = 100
BREAK = "ASYNCAGI BREAK"


class Relay:
    """The transport of a call under AsyncAGI. AMI's client is shared, and this is one of many.

    channel_id: the call's. turn: lets so many actions at a time to the client. limit: as of
    `Transport`. last: when it last did something, by the loop's clock. given_back: ASYNCAGI BREAK
    was sent. ending: AGI ends for the call, and why will be told by `close`. failed: a command of
    ours has made it end. hanging_up: somebody asks for the call's end.
    """

    limit = LIMIT

    def __init__(self, ami: Ami, channel_id: str, turn: asyncio.Semaphore) -> None:
        self.channel_id = channel_id
        self.last = asyncio.get_running_loop().time()
        self.given_back = False
        self.ending = False
        self.failed = False
        self.hanging_up = False
        self._ami = ami
        self._turn = turn
        self._one = asyncio.Lock()
        self._running: asyncio.Task[str] | None = None
        # Somebody else's commands to the call are answered by events too.
        self._prefix = secrets.token_hex(4)
        self._numbers = itertools.count(1)
        self._asked = ""
        self._reply: asyncio.Future[str] | None = None
        self._over: asyncio.Future[StasisError] = asyncio.get_running_loop().create_future()

    def replied(self, command_id: str, result: str) -> None:
        """An event AsyncAGIExec of the call. result: as it comes, percent-encoded."""
        self.last = asyncio.get_running_loop().time()
        if command_id == self._asked and self._reply is not None and not self._reply.done():
            self._reply.set_result(result)

    def fail(self) -> None:
        """The command that runs has failed, and AGI ends with it."""
        self.ending = True
        self.failed = self._reply is not None and not self._reply.done()

    def close(self, error: StasisError) -> None:
        """No reply will come any more, for this reason: who waits for one is told."""
        self.ending = True
        if not self._over.done():
            self._over.set_result(error)

    async def send(self, line: str) -> str:
        """See `Transport.send`. Raises TakenBack and ReplyCut too."""
        async with self._one:
            # One that was cancelled is still running there: its reply comes first.
            if self._running is not None:
                await asyncio.wait({self._running})
            self._running = asyncio.create_task(self._whole(line))
            self._running.add_done_callback(lambda task: task.cancelled() or task.exception())
            return await asyncio.shield(self._running)

    async def environment(self, encoded: str) -> str:
        """The whole of an `Env`, of which the event brings no more than of a reply."""
        async with self._one:
            return await self._rest("", encoded)

    async def _whole(self, line: str) -> str:
        return await self._rest(line, await self._ask(line))

    async def _rest(self, line: str, first: str) -> str:
        """A reply with what is left of it. Raises ReplyCut when some of it is lost."""
        pieces = [first]
        while more(pieces[-1]) and len(pieces) < PIECES:
            pieces.append(await self._ask(NOTHING))
        if len(pieces) == PIECES or any(len(each) >= CUT for each in pieces):
            raise ReplyCut(line.partition(' "')[0])
        whole = b"".join(map(unquote_to_bytes, pieces))
        return whole.removesuffix(DONE * (len(pieces) - 1)).decode("utf-8", "replace")

    async def _ask(self, line: str) -> str:
        """One command, and what one event brings of its reply."""
        if self.ending:
            raise again(await asyncio.shield(self._over))
        self._asked = f"{self._prefix}-{next(self._numbers)}"
        reply: asyncio.Future[str] = asyncio.get_running_loop().create_future()
        self._reply = reply
        self.last = asyncio.get_running_loop().time()
        self.given_back = self.given_back or line == BREAK
        action = actions.AGI(channel=self.channel_id, command=line, command_id=self._asked)
        try:
            async with self._turn:
                await self._ami.send(action)
        except OutcomeUnknown:
            pass  # the reply tells, or the end
        except PermissionDenied as error:
            raise AgiError(line.partition(' "')[0], error.reason) from None
        except ActionFailed:
            self.close(ChannelGone(self.channel_id, "hung up"))
        except AmiError as error:
            self.close(ChannelGone(self.channel_id, error.reason))
        waiting: set[asyncio.Future[Any]] = {reply, self._over}
        await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
        if reply.done():
            return reply.result()
        raise again(self._over.result())


def again(error: StasisError) -> StasisError:
    """The same error, to be raised once more."""
    return error.again() if isinstance(error, ChannelGone) else TakenBack(str(error))


def more(piece: str) -> bool:
    """Whether some of a reply may be left behind this piece."""
    return len(piece) >= CUT or len(unquote_to_bytes(piece)) >= PIECE
