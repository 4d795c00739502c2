"""What a call to `hello` does: a linear program, from its first line to its last."""

from __future__ import annotations

from stasis import Channel

__all__ = ["hello"]


async def hello(channel: Channel) -> None:
    """Answer, say hello, and hang up. A caller who leaves earlier ends it at its await."""
    await channel.answer()
    greeting = await channel.play("sound:hello-world")
    await greeting.finished()
    await channel.hangup()
