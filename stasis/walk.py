"""What a call has walked: each state that it enters, and by which trigger.

For whoever looks on: coverage of a flow's table, a recorder, a screen. They are told at once, in
the call's own task, so they must not wait; what goes wrong in one of them is logged and never
reaches the call.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TypeAlias

import structlog
from attrs import frozen

from stasis.program import Runnable
from stasis.trigger import Trigger

__all__ = ["EVERYWHERE", "OnWalk", "Walked", "tell"]

log = structlog.get_logger("stasis.walk")


@frozen
class Walked:
    """One step of a call.

    channel_id: the call's channel. app: the Stasis application. flow: what the application runs,
    a Flow class or an async function. state: the name of the state that was left; "" at the
    start, and when the call is resumed after a restart. trigger: the key of the table that has
    led on, or the class of the event that has ended the channel; None where neither has: at the
    start, when a final state has returned, when the flow has failed, when the program stops.
    target: the name of the state that is entered; "" at the end, once `ended` has run. action: the
    name of the method of a `Do`, which runs while the call stays in its state (then `target` is
    `state`); else "". at: the event loop's time in seconds. failure: at the end, what the flow has
    raised, the first; a flow whose `__init__` has raised walks one step, from "" to "".
    """

    channel_id: str
    app: str
    flow: Runnable
    state: str
    trigger: Trigger | None
    target: str
    at: float
    action: str = ""
    failure: BaseException | None = None


OnWalk: TypeAlias = Callable[[Walked], None]
"""Who is told of a call's steps. It must not wait."""

EVERYWHERE: list[OnWalk] = []
"""Who is told of the calls of every link that is made from now on: for a tool that tests run in."""


def tell(hearers: Iterable[OnWalk], walked: Walked) -> None:
    """Tell everybody of a step. An error in one of them is logged, and the others are told."""
    for hear in hearers:
        try:
            hear(walked)
        except Exception as error:
            log.error("who looks on at a call has failed", hearer=repr(hear), exc_info=error)
