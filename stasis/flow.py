"""A flow: states, and one table that says which trigger leads where. Pure: no asyncio, no I/O.

A state is an async method; its body is what happens on entering. The table maps each state to
its row, and a row maps triggers to the next state, or to `Do(method)`, an action that leaves
the state as it is. Every state has one implicit edge: the channel's own StasisEnd leads to
`ended`. A state without a row is final: when its body returns, the call is left as `on_done`
says.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, ClassVar, Literal, TypeAlias

from attrs import frozen

from stasis.ari.events import Event
from stasis.errors import FlowError
from stasis.table import EMPTY, Row, compiled
from stasis.trigger import Other, Trigger

if TYPE_CHECKING:
    from stasis.channel import Channel
    from stasis.link import Link

__all__ = ["Flow", "Leave", "needs_of"]

Table: TypeAlias = Mapping[Any, Mapping[Any, Any]]


@frozen
class Leave:
    """How a call is left when its flow is over or has failed: never in limbo.

    then: `hangup`, or `continue` in the dialplan. prompt: a media URI played before; a caller
    who was not answered hears it as early media. reason: the hangup's ARI reason (`normal`,
    `busy`, `failure`, …). context, extension, priority: where the dialplan goes on; without, at
    the next priority.
    """

    then: Literal["hangup", "continue"] = "hangup"
    prompt: str | None = None
    reason: str = "normal"
    context: str | None = None
    extension: str | None = None
    priority: int | None = None


class Flow:
    """Base of a call flow. Subclass it, write states, and give `start` and `table`.

    channel: the call's channel. app: the Stasis application that the call has entered. plugin: the
    plugin that declared the flow, with its config. asterisk: the link to the Asterisk that the
    call is on.
    data: what must outlive a restart of the program: give the class an instance of a small attrs
    class or dataclass whose fields all have defaults (`data = IvrData()`); each call gets a copy.
    Its fields hold plain values, and handles such as `Channel | None`, kept as their ids.
    version: of the data's form: raise it when older data does not fit any more, see `upgrade`.
    on_lost: what becomes of a live call that cannot be resumed after a restart: `"restart"` from
    the start, or a Leave; None takes `engine.on_lost`.
    on_done: how the call is left after a final state. on_error: how after an exception,
    an overflow, or a wait that ran out of time. hears: event kinds that the code waits for and
    no table names; Asterisk is asked not to send ChannelVarset and its like to who needs none.
    """

    channel: Channel
    app: str
    plugin: Any
    asterisk: Link
    data: Any = None
    version: ClassVar[int] = 1
    start: ClassVar[Any]
    table: ClassVar[Table] = {}
    on_done: ClassVar[Leave] = Leave()
    on_error: ClassVar[Leave] = Leave(reason="failure")
    on_lost: ClassVar[Leave | Literal["restart"] | None] = None
    hears: ClassVar[tuple[type[Event], ...]] = ()
    rows: ClassVar[dict[str, Row]] = {}
    linear: ClassVar[bool] = False

    async def ended(self, event: Event | None) -> None:
        """Runs when the channel has left Stasis. Override it to write down or clean up.

        event: the StasisEnd, or None when the end was found out otherwise. The channel takes no
        commands any more; what the flow created is closed after this returns.
        """

    async def keep(self) -> None:
        """Write `data` down now; by itself that happens when a state is entered.

        On Asterisk 20.20, 22.10 and later it waits for media that play on the channel.
        ARI: POST /channels/{channelId}/variable, unless `keep.store` says otherwise.
        """
        if self._keep is not None:
            await self._keep.keep()

    @classmethod
    def upgrade(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
        """Turn data that an older version of the flow has kept into today's form.

        Override it when you raise `version`. data: the fields by name. version: of the flow that
        kept them. Returns the fields as they are now. Raise any exception when it cannot be
        done: then the call follows `on_lost`, as it does when this is not overridden.
        """
        raise FlowError(f"{cls.__name__}: no upgrade from version {version} to {cls.version}")

    _keep: Any = None
    _needs: ClassVar[frozenset[type[Event]]]

    def __init_subclass__(cls, **kwargs: Any) -> None:
        super().__init_subclass__(**kwargs)
        check_leaves(cls)
        if hasattr(cls, "start") or "table" in cls.__dict__:
            cls.rows = compiled(cls)

    @classmethod
    def next(cls, state: Any, trigger: Trigger | Event) -> Any:
        """Where a trigger leads from a state, without running anything: for tests.

        state: a state, such as `Ivr.menu`. trigger: as in the table, or an event of the own
        channel. Returns the state, the `Do`, or None when the row does not know the trigger.
        """
        row = cls.rows.get(state.__name__, EMPTY)
        if isinstance(trigger, Event):
            found = row.match(trigger, own=True)
            if found is None:
                return None
            trigger = found
        target = row.edges.get(trigger)
        if target is None and isinstance(trigger, tuple):
            target = row.edges.get(trigger[0])
        if target is None and isinstance(trigger, Other) and trigger.detail is not None:
            target = row.edges.get(Other(trigger.kind))
        return getattr(cls, target) if isinstance(target, str) else target

    @classmethod
    def needs(cls) -> set[type[Event]]:
        """The event kinds that its table or `hears` name."""
        kinds: set[type[Event]] = set(cls.hears)
        return kinds.union(*(row.kinds for row in cls.rows.values()))

    @classmethod
    def states(cls) -> list[str]:
        """The names of all states, the start first, then in the order of the table."""
        names = [cls.start.__name__, *cls.rows]
        for row in cls.rows.values():
            names += [target for target in row.edges.values() if isinstance(target, str)]
        return list(dict.fromkeys(names))


def needs_of(flow: type[Flow]) -> frozenset[type[Event]]:
    """What `needs` says of a flow, found once: it is asked for each event."""
    found: frozenset[type[Event]] | None = vars(flow).get("_needs")
    if found is None:
        found = flow._needs = frozenset(flow.needs())
    return found


def check_leaves(cls: type[Flow]) -> None:
    """Refuse what says not how a call is left. Raises FlowError."""
    for name in ("on_done", "on_error", "on_lost"):
        policy = getattr(cls, name)
        if isinstance(policy, Leave) or (name == "on_lost" and policy in (None, "restart")):
            continue
        words = ', "restart" or None' if name == "on_lost" else ""
        raise FlowError(f"{cls.__name__}.{name} must be a Leave(…){words}, not {policy!r}")
