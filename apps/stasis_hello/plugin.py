"""The plugin: the Stasis application `hello` and its flow."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from stasis import Channel, Plugin
from stasis_hello.flow import hello

__all__ = ["Hello"]


class Hello(Plugin):
    """Answers calls of the dialplan's `Stasis(hello)`. It has no configuration."""

    name = "hello"

    def flows(self) -> Mapping[str, Callable[[Channel], Awaitable[None]]]:
        """The one application."""
        return {"hello": hello}
