"""Who is sent an event: applications, what they hear of, and who is connected for them."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from stasis.testing.simulator.bus import ALL, Application, Bus

Frames = list[dict[str, Any]]


def new_bus(*, lasting: bool = False) -> Bus:
    """A bus whose clock stands still."""
    return Bus(lambda: "now", "id", lambda: None, lasting=lasting)


def connected(bus: Bus, name: str, *topics: str, everything: bool = False) -> Frames:
    """Connect for an application that hears of some topics."""
    frames: Frames = []
    app = bus.connect(name, frames.append, everything=everything)
    for topic in topics:
        app.subscribe(topic)
    return frames


def told(frames: Frames) -> list[str]:
    return [frame["type"] for frame in frames]


class TestAnEvent:
    def test_reaches_those_that_hear_of_it_once(self):
        bus = new_bus()
        one = connected(bus, "one", "channel:c", "bridge:b")
        two = connected(bus, "two", "channel:d")
        every = connected(bus, "every", everything=True)
        bus.publish("ChannelEnteredBridge", {"a": 1}, "channel:c", "bridge:b")
        assert (told(one), told(two), told(every)) == (
            ["ChannelEnteredBridge"],
            [],
            ["ChannelEnteredBridge"],
        )
        assert one[0] == {
            "type": "ChannelEnteredBridge",
            "timestamp": "now",
            "a": 1,
            "asterisk_id": "id",
            "application": "one",
        }

    def test_is_a_picture_of_its_moment(self):
        bus = new_bus()
        frames = connected(bus, "one", "channel:c")
        channel = {"state": "Ring"}
        bus.publish("ChannelCreated", {"channel": channel}, "channel:c")
        channel["state"] = "Up"
        assert frames[0]["channel"] == {"state": "Ring"}

    def test_passes_the_filter(self):
        bus = new_bus()
        frames = connected(bus, "one", "channel:c")
        app = bus.applications["one"]
        app.allowed = [{"type": "A"}, {"type": "B"}]
        app.disallowed = [{"type": "B"}]
        for kind in ("A", "B", "C"):
            bus.publish(kind, {}, "channel:c")
        assert told(frames) == ["A"]

    def test_is_lost_while_nobody_is_connected(self):
        bus = new_bus()
        first: Frames = []
        listener: Callable[[dict[str, Any]], None] = first.append
        bus.connect("one", listener, everything=False).subscribe("channel:c")
        bus.disconnect("one", listener)
        bus.publish("A", {}, "channel:c")
        frames = connected(bus, "one")
        bus.publish("B", {}, "channel:c")
        assert (told(first), told(frames)) == ([], ["B"])


class TestASubscription:
    def test_is_counted(self):
        app = Application("one")
        app.subscribe("channel:c")
        app.subscribe("channel:c")
        app.unsubscribe("channel:c")
        assert app.hears(["channel:c"])
        app.unsubscribe("channel:c")
        assert not app.hears(["channel:c"])
        app.unsubscribe("channel:c")
        assert app.topics == {}

    def test_of_a_device_is_not(self):
        app = Application("one")
        app.subscribe("deviceState:d")
        app.subscribe("deviceState:d")
        app.unsubscribe("deviceState:d")
        assert app.topics == {}

    def test_ends_with_what_it_is_about(self):
        bus = new_bus()
        connected(bus, "one", "channel:c", "channel:c", "bridge:b")
        bus.forget("channel:c")
        assert bus.applications["one"].json()["channel_ids"] == []
        assert bus.applications["one"].json()["bridge_ids"] == ["b"]


class TestAConnection:
    def test_takes_the_application_over_from_another(self):
        bus = new_bus()
        first, second = connected(bus, "one", "channel:c"), connected(bus, "one")
        bus.publish("A", {}, "channel:c")
        assert (told(first), told(second)) == (["ApplicationReplaced"], ["A"])

    def test_that_was_replaced_takes_nothing_with_it(self):
        bus = new_bus()
        first: Frames = []
        listener: Callable[[dict[str, Any]], None] = first.append
        bus.connect("one", listener, everything=False)
        connected(bus, "one")
        bus.disconnect("one", listener)
        assert bus.active("one") is not None

    def test_leaves_an_application_that_hears_of_something(self):
        bus = new_bus()
        listener: Callable[[dict[str, Any]], None] = [].append
        bus.connect("one", listener, everything=False)
        bus.disconnect("one", listener)
        assert bus.applications == {}
        bus.connect("two", listener, everything=False).subscribe("channel:c")
        bus.disconnect("two", listener)
        assert list(bus.applications) == ["two"] and bus.active("two") is None

    def test_of_everything_outlives_itself_before_20_14_and_22_4(self):
        for lasting in (True, False):
            bus = new_bus(lasting=lasting)
            listener: Callable[[dict[str, Any]], None] = [].append
            app = bus.connect("one", listener, everything=True)
            assert app.json()["channel_ids"] == [ALL["channel:"]]
            bus.disconnect("one", listener)
            assert ("one" in bus.applications) is lasting
