"""Queues: who waits, who answers, and who pauses.

What happens in them is told by events of the manager interface: QueueMemberAdded,
QueueMemberPause, QueueCallerJoin, AgentCalled, AgentConnect, AgentComplete … of `stasis.ami`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from stasis.ami import actions
from stasis.pbx.errors import Missing
from stasis.pbx.group import Group
from stasis.pbx.queue import (
    QueueCaller,
    QueueDetails,
    QueueInfo,
    QueueMember,
    QueueSummary,
    queues_of,
    summary_of,
)
from stasis.pbx.thing import thing
from stasis.pbx.values import Count, Device, Name, QueueName, Reason

__all__ = ["Queues"]

MODULE = "app_queue.so"
T = TypeVar("T")


class Queues(Group):
    """Queues, their members and callers."""

    name = "queues"

    @thing("GET /queues", needs=MODULE)
    async def list(self) -> Sequence[QueueInfo]:
        """List the queues in numbers.

        Returns them. Raises PbxError. AMI: QueueStatus.
        """
        return [each.info for each in await self._listed()]

    @thing("GET /queues/{queue}", needs=MODULE)
    async def show(self, queue: QueueName) -> QueueDetails:
        """Show a queue with its members and who waits.

        Raises Missing when there is no such queue; PbxError. AMI: QueueStatus.
        """
        found = await self._listed(queue)
        return only(found, "queues.show", queue)

    @thing("GET /queues/{queue}/members", needs=MODULE)
    async def members(self, queue: QueueName) -> Sequence[QueueMember]:
        """List the members of a queue.

        Raises Missing when there is no such queue; PbxError. AMI: QueueStatus.
        """
        found = await self._listed(queue)
        return only(found, "queues.members", queue).members

    @thing("GET /queues/{queue}/callers", needs=MODULE)
    async def callers(self, queue: QueueName) -> Sequence[QueueCaller]:
        """List who waits in a queue, the first first.

        Raises Missing when there is no such queue; PbxError. AMI: QueueStatus.
        """
        found = await self._listed(queue)
        return only(found, "queues.callers", queue).callers

    @thing("GET /queues/{queue}/summary", needs=MODULE)
    async def summary(self, queue: QueueName) -> QueueSummary:
        """Count who could answer and who waits.

        Raises Missing when there is no such queue; PbxError. AMI: QueueSummary.
        """
        found = [summary_of(each) for each in await self.items(actions.QueueSummary(queue=queue))]
        return only(found, "queues.summary", queue)

    @thing("POST /queues/{queue}/members", needs=MODULE)
    async def add(
        self,
        queue: QueueName,
        interface: Device,
        *,
        member_name: Name = "",
        penalty: Count = 0,
        paused: bool = False,
        reason: Reason = "",
        state_interface: Device = "",
    ) -> QueueMember:
        """Add a member to a queue.

        interface: what rings. member_name: for people and logs. reason: of the pause.
        state_interface: the device whose state counts, if it is another. Raises Missing when there
        is no such queue, Refused when it is a member already; PbxError. AMI: QueueAdd; QueuePause
        for the reason, which 16 cannot take at once.
        """
        await self.ask(
            actions.QueueAdd(
                queue=queue,
                interface=interface,
                penalty=penalty,
                paused=paused,
                member_name=member_name or None,
                state_interface=state_interface or None,
            )
        )
        if paused and reason:
            await self._pause(interface, True, queue, reason)
        return (await self._changed("queues.add", interface, queue))[0]

    @thing("DELETE /queues/{queue}/members/{interface}", needs=MODULE)
    async def remove(self, queue: QueueName, interface: Device) -> None:
        """Take a member out of a queue. A call it has goes on.

        Raises Missing when there is no such queue or member, Refused when the member is one of
        queues.conf; PbxError. AMI: QueueRemove.
        """
        await self.ask(actions.QueueRemove(queue=queue, interface=interface))

    @thing("POST /queues/members/{interface}/pause", needs=MODULE)
    async def pause(
        self, interface: Device, *, queue: QueueName = "", reason: Reason = ""
    ) -> Sequence[QueueMember]:
        """Pause a member: it is not called until `unpause`.

        queue: only there; else in all its queues. Returns the memberships concerned. Raises
        Missing when it is no member; PbxError. AMI: QueuePause.
        """
        await self._changed("queues.pause", interface, queue)
        await self._pause(interface, True, queue, reason)
        return await self._changed("queues.pause", interface, queue)

    @thing("POST /queues/members/{interface}/unpause", needs=MODULE)
    async def unpause(self, interface: Device, *, queue: QueueName = "") -> Sequence[QueueMember]:
        """End a member's pause.

        queue: only there; else in all its queues. Returns the memberships concerned. Raises
        Missing when it is no member; PbxError. AMI: QueuePause.
        """
        await self._changed("queues.unpause", interface, queue)
        await self._pause(interface, False, queue, "")
        return await self._changed("queues.unpause", interface, queue)

    @thing("PUT /queues/members/{interface}/penalty", needs=MODULE)
    async def penalty(
        self, interface: Device, penalty: Count, *, queue: QueueName = ""
    ) -> Sequence[QueueMember]:
        """Set a member's penalty: those with a lower one are called sooner.

        queue: only there; else in all its queues. Returns the memberships concerned. Raises
        Missing when it is no member; PbxError. AMI: QueuePenalty.
        """
        await self._changed("queues.penalty", interface, queue)
        await self.ask(
            actions.QueuePenalty(interface=interface, penalty=penalty, queue=queue or None)
        )
        return await self._changed("queues.penalty", interface, queue)

    @thing("PUT /queues/members/{interface}/ring-in-use", needs=MODULE)
    async def ring_in_use(
        self, interface: Device, *, ring: bool = True, queue: QueueName = ""
    ) -> Sequence[QueueMember]:
        """Whether a member rings while its device is in use.

        queue: only there; else in all its queues. Returns the memberships concerned, which do not
        tell it. Raises Missing when it is no member; PbxError. AMI: QueueMemberRingInUse.
        """
        found = await self._changed("queues.ring_in_use", interface, queue)
        await self.ask(
            actions.QueueMemberRingInUse(interface=interface, ring_in_use=ring, queue=queue or None)
        )
        return found

    @thing("POST /queues/reload", needs=MODULE)
    async def reload(self, *, queue: QueueName = "") -> None:
        """Read queues.conf and queuerules.conf again; members that were added stay.

        queue: only that one. Raises Missing when there is no such queue; PbxError.
        AMI: QueueReload.
        """
        await self.ask(
            actions.QueueReload(queue=queue or None, members=True, rules=True, parameters=True)
        )
        if queue:
            only(await self._listed(queue), "queues.reload", queue)

    @thing("POST /queues/{queue}/reset", needs=MODULE, confirm="the queue's numbers begin at 0")
    async def reset(self, queue: QueueName, *, confirm: bool = False) -> None:
        """Begin a queue's statistics anew.

        Raises Missing when there is no such queue; PbxError. AMI: QueueReset.
        """
        only(await self._listed(queue), "queues.reset", queue)
        await self.ask(actions.QueueReset(queue=queue))

    async def _pause(self, interface: str, paused: bool, queue: str, reason: str) -> None:
        await self.ask(
            actions.QueuePause(
                interface=interface, paused=paused, queue=queue or None, reason=reason or None
            )
        )

    async def _listed(self, queue: str = "") -> Sequence[QueueDetails]:
        status = actions.QueueStatus(queue=queue or None)
        listing = await self.items(status)
        return queues_of(listing)

    async def _changed(self, where: str, interface: str, queue: str) -> Sequence[QueueMember]:
        """The memberships of an interface. Raises Missing when there are none.

        Asterisk takes large and small letters of an interface for the same when it changes one. Its
        own choice of members does not, and takes another's name for an interface.
        """
        found = [
            each
            for every in await self._listed(queue)
            for each in every.members
            if each.interface.casefold() == interface.casefold()
        ]
        if not found:
            place = f"the queue {queue}" if queue else "any queue"
            raise Missing(where, f"{interface} is no member of {place}")
        return found


def only(found: Sequence[T], where: str, queue: str) -> T:
    """The one queue that was asked for. Raises Missing."""
    if not found:
        raise Missing(where, f"there is no queue {queue}; `queues.list` lists them")
    return found[0]
