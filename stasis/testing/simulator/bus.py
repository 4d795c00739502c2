"""Who hears what: applications, their subscriptions and filters, and the frames they are sent.

Rules: a topic is `channel:ID`, `bridge:ID`, `endpoint:TECH/NAME` or `deviceState:NAME`, and the
kind alone (`channel:`) is everything of that kind. An event goes to each application once, in
the order it happened. While nobody is connected for an application, its events are dropped, as
Asterisk drops them.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterable
from typing import Any

__all__ = ["ALL", "Application", "Bus", "Listener"]

Listener = Callable[[dict[str, Any]], None]
"""Takes each frame of an application, as a dict."""

# What everything of a kind is called, where an application is asked what it hears of.
ALL = {
    "channel:": "__AST_CHANNEL_ALL_TOPIC",
    "bridge:": "__AST_BRIDGE_ALL_TOPIC",
    "endpoint:": "__AST_ENDPOINT_ALL_TOPIC",
    "deviceState:": "__AST_DEVICE_STATE_ALL_TOPIC",
}


class Application:
    """A Stasis application. topics: what it hears of, each with how often it was asked for.

    listener: who is connected for it, or None. everything: it was made with `subscribeAll`.
    """

    def __init__(self, name: str) -> None:
        self.name = name
        self.topics: Counter[str] = Counter()
        self.listener: Listener | None = None
        self.everything = False
        self.allowed: list[dict[str, Any]] = []
        self.disallowed: list[dict[str, Any]] = []

    @property
    def active(self) -> bool:
        """Whether somebody is connected for it."""
        return self.listener is not None

    def subscribe(self, topic: str) -> None:
        """Hear of something, once more. Devices are not counted, nor what is heard of anyway."""
        kind = kind_of(topic)
        if kind in self.topics:
            return
        self.topics[topic] = 1 if kind == "deviceState:" else self.topics[topic] + 1

    def unsubscribe(self, topic: str, *, wholly: bool = False) -> None:
        """Hear of it once less, or not at all. One that was not heard of is fine."""
        self.topics[topic] -= self.topics[topic] if wholly else 1
        if self.topics[topic] <= 0:
            del self.topics[topic]

    def hears(self, topics: Iterable[str]) -> bool:
        """Whether an event on one of these topics is for it."""
        return any(t in self.topics or kind_of(t) in self.topics for t in topics)

    def lets_through(self, kind: str) -> bool:
        """Whether its filter lets events of this type through."""
        if any(each["type"] == kind for each in self.disallowed):
            return False
        return not self.allowed or any(each["type"] == kind for each in self.allowed)

    def named(self, kind: str) -> list[str]:
        """What it hears of, of one kind: `channel`, `bridge`, …"""
        start = f"{kind}:"
        return [ALL.get(t) or t.removeprefix(start) for t in self.topics if t.startswith(start)]

    def json(self) -> dict[str, Any]:
        """As ARI's model Application."""
        return {
            "name": self.name,
            "channel_ids": self.named("channel"),
            "bridge_ids": self.named("bridge"),
            "endpoint_ids": self.named("endpoint"),
            "device_names": self.named("deviceState"),
            "events_allowed": self.allowed,
            "events_disallowed": self.disallowed,
        }


class Bus:
    """The applications by name, and the way of an event to them.

    stamp: gives the time of an event. asterisk_id: the server's, in every event. changed: called
    after each. lasting: an application that hears of everything outlives its connection, as before
    20.14 and 22.4.

    watchers: are told of every event that is published, whoever hears it.
    """

    def __init__(
        self,
        stamp: Callable[[], str],
        asterisk_id: str,
        changed: Callable[[], None],
        *,
        lasting: bool = False,
    ) -> None:
        self.applications: dict[str, Application] = {}
        self.watchers: list[Callable[[str, dict[str, Any]], None]] = []
        self._stamp = stamp
        self._asterisk_id = asterisk_id
        self._changed = changed
        self._lasting = lasting

    def connect(self, name: str, listener: Listener, *, everything: bool) -> Application:
        """Somebody connects for an application. Whoever had it is told, and hears no more."""
        app = self.applications.get(name)
        if app is None:
            app = self.applications[name] = Application(name)
            app.everything = everything
            if everything:
                for topic in ALL:
                    app.subscribe(topic)
        elif app.active:
            self.send(app, "ApplicationReplaced", {})
        app.listener = listener
        return app

    def disconnect(self, name: str, listener: Listener) -> None:
        """A connection is gone. What its application still hears of keeps it known."""
        app = self.applications.get(name)
        if app is None or app.listener is not listener:
            return
        app.listener = None
        if app.everything and not self._lasting:
            app.topics.clear()
        self.reap(app)

    def reap(self, app: Application) -> None:
        """Forget an application that nobody is connected for and that hears of nothing."""
        if not app.active and not app.topics:
            self.applications.pop(app.name, None)

    def active(self, name: str) -> Application | None:
        """The application, if somebody is connected for it."""
        app = self.applications.get(name)
        return app if app is not None and app.active else None

    def publish(self, kind: str, fields: dict[str, Any], *topics: str) -> None:
        """Tell of something to all that hear of one of these topics."""
        # An event is a picture of this moment: what it holds changes before somebody reads it.
        fields = json.loads(json.dumps(fields))
        for app in list(self.applications.values()):
            if app.active and app.hears(topics):
                self.send(app, kind, fields)
        for watch in self.watchers:
            watch(kind, fields)
        self._changed()

    def send(self, app: Application, kind: str, fields: dict[str, Any]) -> None:
        """Tell one application, whatever it hears of; its filter still counts."""
        if app.listener is None or not app.lets_through(kind):
            return
        app.listener(
            {
                "type": kind,
                "timestamp": self._stamp(),
                **json.loads(json.dumps(fields)),
                "asterisk_id": self._asterisk_id,
                "application": app.name,
            }
        )

    def forget(self, *topics: str) -> None:
        """What these topics are about is gone."""
        for app in list(self.applications.values()):
            for topic in topics:
                if topic in app.topics:
                    app.unsubscribe(topic, wholly=True)
            self.reap(app)


def kind_of(topic: str) -> str:
    """The topic of everything of this kind."""
    return f"{topic.partition(':')[0]}:"
