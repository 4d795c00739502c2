"""What a Stasis application runs: a flow class, or an async function as a flow of one state."""

from __future__ import annotations

import inspect
import re
from collections.abc import Awaitable, Callable
from typing import TYPE_CHECKING, Any, TypeAlias

from attrs import frozen

from stasis.ari.events import Event
from stasis.errors import ConfigError, FlowError
from stasis.flow import Flow

if TYPE_CHECKING:
    from stasis.channel import Channel

__all__ = ["Program", "Runnable", "app_of", "checked_app", "linear", "watch"]

APP = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}")

Runnable: TypeAlias = "type[Flow] | Callable[[Channel], Awaitable[None]]"
"""A Flow class, or an async function that takes the channel."""


@frozen
class Program:
    """A flow, and the plugin that its calls see as `self.plugin`.

    function: the async function that the flow was made of, when it was one. watches: event sources
    that the application is there to hear of; one that has some is for no calls.
    """

    flow: type[Flow]
    plugin: Any = None
    function: Callable[[Channel], Awaitable[None]] | None = None
    watches: tuple[str, ...] = ()

    @property
    def runnable(self) -> Runnable:
        """What the program was made of: the Flow class, or the function."""
        return self.function or self.flow

    @classmethod
    def of(cls, runnable: Runnable, plugin: Any = None) -> Program:
        """Raises FlowError when it is neither a Flow class nor an async function."""
        if isinstance(runnable, type):
            if not issubclass(runnable, Flow):
                raise FlowError(f"{runnable!r}: a flow is a subclass of stasis.Flow")
            if not hasattr(runnable, "start"):
                raise FlowError(f"{runnable.__name__}: say where it begins: start = a_state")
            return cls(runnable, plugin)
        return cls(linear(runnable), plugin, runnable)


async def watch(channel: Channel) -> None:
    """What an application runs that is there to hear of something: it takes no calls."""


def linear(function: Callable[[Channel], Awaitable[None]]) -> type[Flow]:
    """A flow of one state, whose body is the function. Raises FlowError."""
    if not inspect.iscoroutinefunction(function):
        raise FlowError(f"{function!r}: a flow is a Flow class or an async function of a channel")

    class Linear(Flow):
        """One state: the function, from its start to its return."""

        async def running(self, event: Event) -> None:
            await function(self.channel)

        start = running
        linear = True

    Linear.__name__ = Linear.__qualname__ = function.__name__
    Linear.__doc__ = function.__doc__
    return Linear


def app_of(runnable: Runnable) -> str:
    """The application's name when none is given: `MyFlow` becomes `my_flow`."""
    return re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", runnable.__name__).lower()


def checked_app(name: str) -> str:
    """The application's name itself, if the dialplan and ARI can both carry it.

    Raises ConfigError.
    """
    if not APP.fullmatch(name):
        raise ConfigError(
            f"application name {name!r}: use letters, digits, '_', '.' and '-', 80 at most; it"
            " stands in Stasis(name) in the dialplan and in ARI's lists, where others part words"
        )
    return name
