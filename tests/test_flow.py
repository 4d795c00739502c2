"""A flow's table: what fires, what goes first, and what is refused at import. No event loop."""

from __future__ import annotations

from typing import Any, Literal

import pytest

from stasis.ari.bridges import Bridge
from stasis.ari.channels import Channel
from stasis.ari.events import (
    BridgeDestroyed,
    ChannelDtmfReceived,
    ChannelEnteredBridge,
    ChannelStateChange,
    ChannelUserevent,
    ChannelVarset,
    Dial,
    Event,
    PlaybackFinished,
    RecordingFinished,
    StasisEnd,
    StasisStart,
)
from stasis.ari.playbacks import Playback
from stasis.ari.recordings import LiveRecording
from stasis.errors import FlowError
from stasis.flow import Flow, Leave
from stasis.table import EMPTY, Do, Row
from stasis.trigger import After, Done, Elapsed, Other, Outcome, trigger_of


def digit(key: str) -> ChannelDtmfReceived:
    """A digit."""
    return ChannelDtmfReceived(digit=key)


class Ivr(Flow):
    """Every form of trigger."""

    async def menu(self, event: Event) -> None: ...

    async def pin(self, event: Event) -> Literal["accepted", "rejected"]:
        return "accepted"

    async def sorry(self, event: Event) -> None: ...

    async def ringing(self, event: Event) -> None: ...

    async def talking(self, event: Event) -> None: ...

    async def goodbye(self, event: Event) -> None: ...

    async def toggle(self, event: Event) -> None: ...

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "1"): pin,
            ChannelDtmfReceived: sorry,
            After(10): sorry,
            After(2.5): Do(toggle),
        },
        pin: {"accepted": ringing, "rejected": sorry},
        sorry: {Done: menu, PlaybackFinished: menu},
        ringing: {
            Other(StasisStart): talking,
            Other(Dial, "BUSY"): sorry,
            Other(Dial): Do(toggle),
            After(30): sorry,
        },
        talking: {Other(StasisEnd): goodbye, (ChannelDtmfReceived, "*"): Do(toggle)},
    }
    hears = (ChannelVarset,)


class TestNext:
    """Where a trigger leads is a test without I/O."""

    @pytest.mark.parametrize(
        ("state", "trigger", "target"),
        [
            (Ivr.menu, (ChannelDtmfReceived, "1"), Ivr.pin),
            (Ivr.menu, (ChannelDtmfReceived, "2"), Ivr.sorry),
            (Ivr.menu, ChannelDtmfReceived, Ivr.sorry),
            (Ivr.menu, digit("1"), Ivr.pin),
            (Ivr.menu, digit("2"), Ivr.sorry),
            (Ivr.menu, After(10), Ivr.sorry),
            (Ivr.menu, After(11), None),
            (Ivr.menu, After(2.5), Do(Ivr.toggle)),
            (Ivr.menu, PlaybackFinished(), None),
            (Ivr.pin, "accepted", Ivr.ringing),
            (Ivr.pin, "unheard of", None),
            (Ivr.sorry, Done, Ivr.menu),
            (Ivr.sorry, PlaybackFinished(), Ivr.menu),
            (Ivr.ringing, Other(StasisStart), Ivr.talking),
            (Ivr.ringing, StasisStart(), None),
            (Ivr.ringing, Other(Dial, "BUSY"), Ivr.sorry),
            (Ivr.ringing, Other(Dial, "RINGING"), Do(Ivr.toggle)),
            (Ivr.talking, (ChannelDtmfReceived, "1"), None),
            (Ivr.goodbye, ChannelDtmfReceived, None),
        ],
    )
    def test_a_trigger_leads_where_the_table_says(self, state: Any, trigger: Any, target: Any):
        assert Ivr.next(state, trigger) == target

    def test_a_state_is_the_very_method(self):
        assert Ivr.next(Ivr.menu, After(10)) is Ivr.sorry


class TestMatch:
    """What the runner looks up."""

    def test_the_particular_goes_before_the_general(self):
        row = Ivr.rows["menu"]
        assert row.match(digit("1"), own=True) == (ChannelDtmfReceived, "1")
        assert row.match(digit("9"), own=True) is ChannelDtmfReceived

    def test_another_channels_event_fires_only_other(self):
        assert Ivr.rows["menu"].match(digit("1"), own=False) is None
        assert Ivr.rows["ringing"].match(StasisStart(), own=False) == Other(StasisStart)

    def test_other_too_has_its_detail(self):
        row = Ivr.rows["ringing"]
        assert row.match(Dial(dialstatus="BUSY"), own=False) == Other(Dial, "BUSY")
        assert row.match(Dial(dialstatus="RINGING"), own=False) == Other(Dial)

    @pytest.mark.parametrize(
        ("event", "detail"),
        [
            (digit("#"), "#"),
            (ChannelStateChange(channel=Channel(state="Up")), "Up"),
            (ChannelUserevent(eventname="agent-ready"), "agent-ready"),
            (Dial(dialstatus="NOANSWER"), "NOANSWER"),
            (PlaybackFinished(playback=Playback(state="failed")), "failed"),
            (RecordingFinished(recording=LiveRecording(state="done")), "done"),
        ],
        ids=lambda value: type(value).__name__ if isinstance(value, Event) else str(value),
    )
    def test_each_kind_has_its_one_detail(self, event: Event, detail: str):
        row = Row({(type(event), detail): "there"})
        assert row.match(event, own=True) == (type(event), detail)
        assert Row({(type(event), "another"): "there"}).match(event, own=True) is None

    def test_an_unknown_event_fires_nothing(self):
        assert Ivr.rows["menu"].match(Event(), own=True) is None

    def test_a_state_without_a_row_hears_nothing(self):
        assert EMPTY.match(digit("1"), own=True) is None


class TestCompiled:
    def test_a_row_knows_its_timers_and_whether_it_takes_digits(self):
        assert Ivr.rows["menu"].timers == (After(10), After(2.5))
        assert Ivr.rows["menu"].takes_digits and Ivr.rows["talking"].takes_digits
        assert not Ivr.rows["ringing"].takes_digits

    def test_the_digits_of_others_are_not_its_own(self):
        class Listening(Flow):
            async def on(self, event: Event) -> None: ...

            start = on
            table = {on: {Other(ChannelDtmfReceived): on}}

        assert not Listening.rows["on"].takes_digits

    def test_all_states_the_start_first(self):
        assert Ivr.states() == ["menu", "pin", "sorry", "ringing", "talking", "goodbye"]

    def test_the_kinds_it_needs_are_those_it_names(self):
        assert Ivr.needs() == {
            ChannelDtmfReceived,
            PlaybackFinished,
            StasisStart,
            Dial,
            StasisEnd,
            ChannelVarset,
        }

    def test_a_flow_of_one_state_needs_no_table(self):
        class Hello(Flow):
            async def greeting(self, event: Event) -> None: ...

            start = greeting

        assert Hello.rows == {} and Hello.states() == ["greeting"] and Hello.needs() == set()

    def test_a_subclass_may_override_a_state(self):
        class Polite(Ivr):
            async def sorry(self, event: Event) -> None: ...

        assert Polite.next(Polite.menu, After(10)) is Polite.sorry is not Ivr.sorry

    def test_a_subclass_may_begin_elsewhere_and_keep_the_table(self):
        class Straight(Ivr):
            start = Ivr.pin

        assert Straight.states()[0] == "pin" and Straight.rows.keys() == Ivr.rows.keys()

    def test_a_subclass_may_add_to_the_table(self):
        class More(Ivr):
            async def extra(self, event: Event) -> None: ...

            table = {**Ivr.table, Ivr.goodbye: {After(1): extra}}

        assert More.next(More.goodbye, After(1)) is More.extra
        assert Ivr.next(Ivr.goodbye, After(1)) is None


class TestRefusedAtImport:
    @staticmethod
    def table(row: Any, **attributes: Any) -> None:
        """A flow with one row."""

        async def menu(self: Any, event: Event) -> None: ...

        type("Bad", (Flow,), {"menu": menu, "start": menu, "table": {menu: row}, **attributes})

    @pytest.mark.parametrize(
        ("trigger", "words"),
        [
            (3, "3 is no trigger"),
            (int, "is no trigger"),
            (None, "is no trigger"),
            (Channel, "is no trigger"),
            (Other(str), "is no trigger"),  # type: ignore[arg-type]
            ((ChannelDtmfReceived, "1", "2"), "one detail"),
            ((ChannelDtmfReceived, 1), "one detail"),
            ((ChannelDtmfReceived,), "one detail"),
            ((ChannelEnteredBridge, "x"), "ChannelEnteredBridge has no detail"),
            (Other(StasisStart, "x"), "StasisStart has no detail"),
            (StasisEnd, "override `ended`"),
            pytest.param(Done(), "is no trigger", id="Done"),
        ],
        ids=repr,
    )
    def test_a_trigger_that_can_never_fire(self, trigger: Any, words: str):
        with pytest.raises(FlowError, match="Bad.menu") as caught:

            async def there(self: Any, event: Event) -> None: ...

            self.table({trigger: there}, there=there)
        assert words in str(caught.value)

    def test_a_target_that_is_no_method_of_the_flow(self):
        with pytest.raises(FlowError, match="a target of menu must be a method of the flow"):
            self.table({Done: "menu"})
        with pytest.raises(FlowError, match="a target of menu must be a method"):
            self.table({Done: None})

    def test_a_state_that_does_not_take_the_event(self):
        async def there(self: Any) -> None: ...

        words = r"Bad.there: .*; write async def there\(self, event: Event\)"
        with pytest.raises(FlowError, match=words):
            self.table({Done: there}, there=there)
        with pytest.raises(FlowError, match=words):
            self.table({Done: Do(there)}, there=there)

    def test_one_that_takes_more_needs_defaults_for_it(self):
        async def there(self: Any, event: Event, tries: int = 3) -> None: ...
        async def more(self: Any, event: Event, tries: int) -> None: ...

        self.table({Done: there}, there=there)
        with pytest.raises(FlowError, match="Bad.more: it is given the event"):
            self.table({Done: more}, more=more)

    def test_so_of_a_state_that_a_subclass_has_overridden(self):
        with pytest.raises(FlowError, match="Rude.sorry: it is given the event"):

            class Rude(Ivr):
                async def sorry(self) -> None: ...  # type: ignore[override]

        with pytest.raises(FlowError, match="Late.sorry: a state is an async method"):

            class Late(Ivr):
                def sorry(self, event: Event) -> None: ...  # type: ignore[override]

    def test_a_target_of_somebody_else(self):
        async def stranger(self: Any, event: Event) -> None: ...

        with pytest.raises(FlowError, match="a target of menu must be a method of the flow"):
            self.table({Done: stranger})

    def test_a_state_that_is_not_async(self):
        def there(self: Any, event: Event) -> None: ...

        with pytest.raises(FlowError, match=r"Bad.there: a state is an async method \(async def\)"):
            self.table({Done: there}, there=there)

    def test_an_action_that_is_not_async(self):
        def action(self: Any, event: Event) -> None: ...

        with pytest.raises(FlowError, match="Bad.action: a state is an async method"):
            self.table({Done: Do(action)}, action=action)  # type: ignore[arg-type]

    def test_an_action_of_somebody_else(self):
        async def stranger(self: Any, event: Event) -> None: ...

        with pytest.raises(FlowError, match="Do in menu must be a method of the flow"):
            self.table({Done: Do(stranger)})

    def test_a_row_that_is_no_dict(self):
        with pytest.raises(FlowError, match="Bad.menu: its row must be a dict"):
            self.table([Done])

    def test_a_key_that_is_no_state(self):
        with pytest.raises(FlowError, match="a key of table must be a method of the flow"):
            self.table({}, table={"menu": {}})

    @pytest.mark.parametrize(
        ("name", "policy"),
        [("on_lost", "hangup"), ("on_done", "hangup"), ("on_error", None), ("on_done", "restart")],
    )
    def test_a_policy_that_says_not_how_to_leave_is_refused(self, name: str, policy: object):
        with pytest.raises(FlowError, match=rf"Bad.{name} must be a Leave\(…\)"):
            type("Bad", (Flow,), {name: policy})

    def test_a_table_without_a_start(self):
        with pytest.raises(FlowError, match="Lost: say where it begins: start = a_state"):
            type("Lost", (Flow,), {"table": {}})

    def test_a_start_that_is_no_state(self):
        with pytest.raises(FlowError, match="Odd: start must be a method of the flow"):
            type("Odd", (Flow,), {"start": 3})

    @pytest.mark.parametrize("seconds", [0, -1, float("nan")])
    def test_a_time_that_never_comes(self, seconds: float):
        with pytest.raises(FlowError, match="seconds must be above 0"):
            After(seconds)

    def test_a_time_that_is_no_number(self):
        with pytest.raises(FlowError, match=r"After\('10'\): seconds must be a number"):
            After("10")  # type: ignore[arg-type]


@pytest.mark.parametrize(
    ("trigger", "words"),
    [
        (After(2.5), "after 2.5 s"),
        (After(10), "after 10 s"),
        (Other(Dial, "BUSY"), "other Dial BUSY"),
        (Other(StasisStart), "other StasisStart"),
        ((ChannelDtmfReceived, "1"), "ChannelDtmfReceived 1"),
        (ChannelDtmfReceived, "ChannelDtmfReceived"),
        (Done, "done"),
        ("accepted", "accepted"),
    ],
)
def test_a_trigger_has_its_words(trigger: Any, words: str):
    assert trigger_of(trigger) == words


def test_what_is_no_event_of_asterisk_is_an_event_all_the_same():
    assert Elapsed(seconds=3).seconds == 3 and Outcome(outcome="x").outcome == "x"
    assert isinstance(Outcome(), Event) and Outcome().outcome is None


def test_a_call_is_left_by_hanging_up_unless_told_otherwise():
    assert Flow.on_done == Leave("hangup", None, "normal")
    assert Flow.on_error == Leave("hangup", None, "failure")


async def test_ended_does_nothing_by_itself():
    await Ivr().ended(BridgeDestroyed(bridge=Bridge(id="b")))
