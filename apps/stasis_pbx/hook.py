"""One webhook: which events it gets, and what it is told of them. Pure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Literal

import msgspec
from attrs import frozen

from stasis import ConfigError, Secret, key
from stasis.pbx import EVENT_GROUPS, Choice, Happening
from stasis.web import Hook as AnyHook
from stasis.web import Message, hook_id, hook_problems, message_id, site

__all__ = ["Hook", "WebhookConfig", "hooks_of"]

# What nobody gets who does not ask for it: it comes all the time.
OFTEN = frozenset({"dialplan", "rtp"})
TABLE = "[[plugin.pbx.webhook]]"


@frozen
class WebhookConfig:
    """A table `[[plugin.pbx.webhook]]`."""

    url: str = key("", "where what happens is sent to, http:// or https://")
    secret: Secret = key(
        Secret(""), "what it is signed with: whsec_ and 24 to 64 random bytes in base64"
    )
    source: Literal["ami", "ari", "both"] = key(
        "ami", "which way: ami, ari, or both, which tell many things twice"
    )
    types: list[str] = key([], "names of events, such as Queue*; empty: all")
    groups: list[str] = key([], "groups of events; empty: all but dialplan and rtp")
    channel: str = key("", "a channel's name, or its endpoint: PJSIP/alice; empty: all")
    servers: list[str] = key([], "of which Asterisks, by their names; empty: all")
    timeout: float = key(10.0, "seconds for the receiver to answer", minimum=1, maximum=60)


@frozen
class Hook(AnyHook):
    """A webhook. choice: which events. servers: of which Asterisks; empty: all."""

    choice: Choice
    servers: frozenset[str]

    def wants(self, happening: Happening) -> bool:
        """Whether it gets to know of an event."""
        there = not self.servers or happening.server in self.servers
        return there and self.choice.takes(happening)

    def message(self, happening: Happening) -> Message:
        """What it gets. Those of one server and group go out in their order."""
        body = {"type": happening.type, "timestamp": happening.time, "data": happening}
        text = msgspec.json.encode(body).decode()
        topic = f"{happening.server} {happening.group}"
        return Message(self.id, topic, message_id(), text, happening.time)


def hooks_of(configs: Sequence[WebhookConfig]) -> list[Hook]:
    """The webhooks of a configuration. Raises ConfigError with all that is wrong."""
    problems = [
        f"{TABLE} {number}: {problem}"
        for number, config in enumerate(configs, 1)
        for problem in problems_of(config)
    ]
    urls = [each.url for each in configs]
    if len(set(urls)) < len(urls):
        problems.append(f"{TABLE}: url: the same one is there twice")
    if problems:
        raise ConfigError(*problems)
    return [hook_of(each) for each in configs]


def problems_of(config: WebhookConfig) -> Iterator[str]:
    """What is wrong with it, each with the fix."""
    yield from hook_problems(config.url, config.secret.reveal())
    for group in config.groups:
        if group not in EVENT_GROUPS:
            yield f"groups: {group!r} is none; known: {', '.join(sorted(EVENT_GROUPS))}"


def hook_of(config: WebhookConfig) -> Hook:
    """A webhook of a configuration that was looked at."""
    source: Literal["", "ami", "ari"] = "" if config.source == "both" else config.source
    groups = config.groups or ([] if config.types else sorted(EVENT_GROUPS - OFTEN))
    return Hook(
        hook_id(config.url),
        site(config.url),
        Secret(config.url),
        config.secret,
        config.timeout,
        Choice(source, config.types, config.channel, groups),
        frozenset(config.servers),
    )
