"""The seam between commands and what carries them: FastAGI, plain AGI, AsyncAGI over AMI."""

from __future__ import annotations

from typing import Protocol

__all__ = ["Transport"]


class Transport(Protocol):
    """Carries one command at a time to Asterisk. Who brings another way writes one of these."""

    @property
    def limit(self) -> int:
        """Bytes that a command's line may have, with its line feed."""
        ...

    async def send(self, line: str) -> str:
        """Send a line, without line feed, and return the reply as text, however many lines it has.

        A call while another one waits sends after it. One that is cancelled leaves the command
        running, and its reply is dropped. Raises ChannelGone when no reply will come any more.
        """
        ...
