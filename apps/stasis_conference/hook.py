"""One webhook: which events of which rooms it gets, and what it is told of them. Pure."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence

import msgspec
from attrs import frozen

from stasis import ConfigError, Secret, key
from stasis.web import Hook as AnyHook
from stasis.web import Message, hook_id, hook_problems, message_id, site
from stasis_conference.grant import PATTERN, opens
from stasis_conference.live import RoomEvent
from stasis_conference.roster import KINDS, Roster

__all__ = ["Hook", "WebhookConfig", "hooks_of"]

# What nobody gets who does not ask for it: it comes all the time.
OFTEN = ("talking", "silent", "speaker", "volume")


@frozen
class WebhookConfig:
    """A table `[[plugin.conference.webhook]]`."""

    url: str = key("", "where what happens is sent to, http:// or https://")
    secret: Secret = key(
        Secret(""), "what it is signed with: whsec_ and 24 to 64 random bytes in base64"
    )
    kinds: list[str] = key(
        [], "what is sent; empty: all kinds of events but talking, silent, speaker and volume"
    )
    rooms: list[str] = key(["*"], "of which rooms; * stands for anything, ? for one character")
    timeout: float = key(10.0, "seconds for the receiver to answer", minimum=1, maximum=60)


@frozen
class Hook(AnyHook):
    """A webhook. kinds, rooms: of which events, of which rooms."""

    kinds: frozenset[str]
    rooms: tuple[str, ...]

    def wants(self, event: RoomEvent) -> bool:
        """Whether it gets to know of an event."""
        return event.kind in self.kinds and opens(self.rooms, event.room)

    def message(self, event: RoomEvent, roster: Roster) -> Message:
        """What it gets."""
        body = {"type": event.kind, "timestamp": event.at, "data": roster.happened(event)}
        text = msgspec.json.encode(body).decode()
        return Message(self.id, event.room, message_id(), text, event.at)


def hooks_of(configs: Sequence[WebhookConfig]) -> list[Hook]:
    """The webhooks of a configuration. Raises ConfigError with all that is wrong."""
    problems = [
        f"[[plugin.conference.webhook]] {number}: {problem}"
        for number, config in enumerate(configs, 1)
        for problem in problems_of(config)
    ]
    urls = [each.url for each in configs]
    if len(set(urls)) < len(urls):
        problems.append("[[plugin.conference.webhook]]: url: the same one is there twice")
    if problems:
        raise ConfigError(*problems)
    return [hook_of(each) for each in configs]


def hook_of(config: WebhookConfig) -> Hook:
    """A webhook of a configuration that was looked at."""
    return Hook(
        hook_id(config.url),
        site(config.url),
        Secret(config.url),
        config.secret,
        config.timeout,
        frozenset(config.kinds or set(KINDS) - set(OFTEN)),
        tuple(config.rooms),
    )


def problems_of(config: WebhookConfig) -> Iterator[str]:
    """What is wrong with it, each with the fix."""
    yield from hook_problems(config.url, config.secret.reveal())
    for kind in config.kinds:
        if kind not in KINDS:
            yield f"kinds: {kind!r} is none; known: {', '.join(KINDS)}"
    for room in config.rooms:
        if not re.fullmatch(PATTERN, room):
            yield f"rooms: {room!r}: use letters, digits, _ . - and the wild cards * and ?"
