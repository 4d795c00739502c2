"""Calls as they are shown: who talks with whom, in which order."""

from __future__ import annotations

from stasis.ami import events
from stasis.ami.message import Message
from stasis.ami.typed import fill
from stasis.pbx.call import calls_of, details_of, parked_of, seconds_of

# As both 16 and 22 have sent it, in part.
STATUS = b"""Event: Status\r
Channel: PJSIP/alice-00000000\r
ChannelStateDesc: Up\r
CallerIDNum: alice\r
CallerIDName: <unknown>\r
Uniqueid: 1795996325.10\r
TimeToHangup: 0\r
BridgeID: 4013404a\r
Application: Dial\r
Data: PJSIP/bob,20\r
Nativeformats: (ulaw)\r
Seconds: 7\r
Variable: DIALSTATUS=ANSWER\r
Variable: NOTE=a=b, c"""


def channel(
    name: str, age: str, *, linked: str = "1", bridge: str = "", extension: str = ""
) -> events.CoreShowChannel:
    """A channel of a list."""
    return events.CoreShowChannel(
        event="CoreShowChannel",
        channel=name,
        caller_id_num="<unknown>",
        linkedid=linked,
        duration=age,
        bridge_id=bridge,
        context="default",
        exten=extension,
    )


class TestAList:
    def test_who_is_in_one_bridge_talks_to_each_other(self) -> None:
        found = calls_of(
            [channel("A", "00:00:05", bridge="x"), channel("B", "00:00:04", bridge="x")]
        )
        assert {each.channel: each.talks_to for each in found} == {"A": ["B"], "B": ["A"]}

    def test_who_is_in_none_talks_to_nobody(self) -> None:
        assert [each.talks_to for each in calls_of([channel("A", ""), channel("B", "")])] == [
            [],
            [],
        ]

    def test_the_channels_of_a_call_are_together_and_the_oldest_call_is_first(self) -> None:
        found = calls_of(
            [
                channel("young", "00:00:01", linked="2"),
                channel("called", "00:00:02", linked="1"),
                channel("caller", "01:00:00", linked="1"),
            ]
        )
        assert [each.channel for each in found] == ["caller", "called", "young"]

    def test_what_asterisk_does_not_know_is_empty(self) -> None:
        assert calls_of([channel("A", "")])[0].caller_number == ""

    def test_its_place_names_the_context(self) -> None:
        found = calls_of([channel("A", "", extension="100"), channel("B", "")])
        assert {each.channel: each.place for each in found} == {"A": "100@default", "B": "default"}


class TestDetails:
    def test_all_is_read(self) -> None:
        item = fill(events.Status, Message.of(STATUS), frame=STATUS, event="Status")
        calls = calls_of(
            [channel("PJSIP/alice-00000000", "", bridge="x"), channel("B", "", bridge="x")]
        )
        found = details_of(item, calls)
        assert found.talks_to == ["B"]
        assert (found.codecs, found.bridge, found.application) == ("(ulaw)", "4013404a", "Dial")
        assert (found.seconds, found.hangs_up_in, found.caller_name) == (7, None, "")
        assert found.variables == {"DIALSTATUS": "ANSWER", "NOTE": "a=b, c"}


def test_a_parked_call_that_waits_for_ever_has_no_time_out() -> None:
    found = parked_of(events.ParkedCall(event="ParkedCall", parking_space="701"))
    assert (found.space, found.timeout, found.caller_number) == ("701", 0, "")


def test_a_duration_is_read_whatever_it_is() -> None:
    texts = ("01:02:03", "00:59", "", "x:y", "1:-2:3")
    assert [seconds_of(each) for each in texts] == [3723, 59, 0, 0, 0]
