"""Who is found after a connect: the calls that live in our applications and that nobody runs."""

from __future__ import annotations

import asyncio

from attrs import frozen

from stasis.ari.channels import Channel as Snapshot
from stasis.ari.events import StasisStart
from stasis.census import Census, args_of
from stasis.errors import FlowError
from stasis.identity import identity_of
from stasis.keep import Keep
from stasis.record import Record
from stasis.router import Router

__all__ = ["Found", "found_in", "loaded"]


@frozen
class Found:
    """A call that lives and that nobody runs.

    app: the application it is in. snapshot: the channel. record: what was kept of it; None when
    nothing was, as of a call that has just come in. problem: why what was kept is of no use.
    bound: the application that it was handed over to, or has been in since; only that one's
    server knows whether it is there, and `app` is where it is if it is not.
    """

    app: str
    snapshot: Snapshot
    record: Record | None = None
    problem: str = ""
    bound: str = ""

    @property
    def args(self) -> tuple[str, ...]:
        """The arguments of `Stasis(app,…)`, as the dialplan still knows them."""
        if self.record is not None:
            return self.record.args
        return args_of(self.snapshot)

    @property
    def start(self) -> StasisStart:
        """Its entering, as Asterisk would have told it."""
        return StasisStart(application=self.app, channel=self.snapshot, args=self.args)


async def found_in(census: Census, router: Router, keep: Keep) -> list[Found]:
    """The calls of our applications that live and that nobody runs. Raises AriError."""
    unclaimed = [
        (app, channel)
        for channel in census.channels.values()
        if (app := census.app_of(channel)) is not None
        and router.claimed(("channel", channel.id)) is None
    ]
    texts = await asyncio.gather(*(loaded(keep, channel.id) for _, channel in unclaimed))
    calls: list[Found] = []
    for (app, channel), (text, problem) in zip(unclaimed, texts, strict=True):
        record, bound = None, ""
        made = identity_of(channel.id) is not None
        if not text and made:
            continue  # a flow has made it, and it is no call of its own
        if text:
            try:
                record = Record.decode(text)
            except FlowError as error:
                problem = str(error)
        if record is not None and record.id not in ("", channel.id):
            record = None  # another's, copied
        if record is not None and record.app != app:
            if census.app_of(channel, record.app) == record.app:
                app = record.app  # it was moved there
            elif not record.begun or (made and record.app not in census.heard):
                bound = record.app
            else:
                record = None  # of the application that it was in before
        calls.append(Found(app, channel, record, problem, bound))
    return calls


async def loaded(keep: Keep, channel_id: str) -> tuple[str | None, str]:
    """What is kept of a call, and else why it cannot be read: that keeps no other waiting."""
    try:
        return await keep.load(channel_id), ""
    except (OSError, ValueError) as error:
        return None, f"what was kept of the call cannot be read: {error}"
