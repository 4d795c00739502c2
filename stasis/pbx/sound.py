"""Whether Asterisk can play sounds: it tells that of all together, and of one by trying it.

A sound is tried where nobody hears it: on a Local channel whose other half only waits.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Mapping

from stasis.ami import Ami, Stream, events
from stasis.pbx.dialplan import NO_RECORD, UNRECORDED, steps
from stasis.pbx.hearing import lost
from stasis.pbx.originate import hang_up, originate
from stasis.trigger import Gap

__all__ = ["SOON_SECONDS", "failed", "spoken_in", "unplayable"]

SOON_SECONDS = 0.3
"""A sound that is not there is told as soon."""

CONTEXT, EXTENSION = "stasis-playback", "silence"
STEPS = (UNRECORDED, ("Answer", ""), ("Wait", "5"))


async def unplayable(ami: Ami, sounds: str, language: str) -> list[str]:
    """Which of several sounds cannot be played. sounds: with `&` between. Raises AmiError."""
    names = sounds.split("&")
    if len(names) == 1:
        return names
    await steps(ami, CONTEXT, EXTENSION, STEPS)
    bad = await asyncio.gather(*(tried(ami, each, language) for each in names))
    return [name for name, is_bad in zip(names, bad, strict=True) if is_bad]


async def tried(ami: Ami, sound: str, language: str) -> bool:
    """Whether a sound cannot be played."""
    id = f"stasis-sound-{secrets.token_hex(8)}"
    kinds = (events.VarSet, events.Hangup)
    async with ami.events(*kinds, where=lambda event: event.uniqueid == id) as stream:
        try:
            await originate(
                ami,
                f"Local/{EXTENSION}@{CONTEXT}/n",
                variables={**NO_RECORD, **spoken_in(language)},
                application="Playback",
                data=sound,
                id=id,
                wait=False,
            )
            return await failed(stream, SOON_SECONDS)
        finally:
            await hang_up(ami, id)


async def failed(stream: Stream[events.OfChannel], seconds: float) -> bool:
    """Whether the playback could not be played; False too when it is not over in time.

    Raises OutcomeUnknown when the connection was lost meanwhile.
    """
    try:
        async with asyncio.timeout(seconds):
            async for event in stream:
                if isinstance(event, Gap):
                    raise lost()
                if isinstance(event, events.Hangup):
                    return False
                if isinstance(event, events.VarSet) and event.variable == "PLAYBACKSTATUS":
                    return event.value == "FAILED"
    except TimeoutError:
        pass
    return False


def spoken_in(language: str) -> Mapping[str, str]:
    """The variables of a channel that speaks a language."""
    return {"CHANNEL(language)": language} if language else {}
