"""What happens, in one shape: its group, its channel, its words, and no secret."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import Any

import pytest

from stasis.ami.decode import decode
from stasis.ami.message import Message
from stasis.decode import Decoder
from stasis.pbx.happening import (
    EVENT_GROUPS,
    TOLD_BY,
    TOLD_BY_ARI,
    Choice,
    Happening,
    fits,
    group_of,
    happening,
)

CAME = datetime(2026, 11, 23, 10, tzinfo=UTC)

HANGUP = [
    ("Event", "Hangup"),
    ("Privilege", "call,all"),
    ("Channel", "PJSIP/alice-00000001"),
    ("Uniqueid", "1795996608.3"),
    ("CallerIDNum", "<unknown>"),
    ("ConnectedLineNum", "2002"),
    ("Cause", "16"),
    ("Cause-txt", "Normal Clearing"),
]


def ami(*fields: tuple[str, str]) -> Happening:
    frame = "\r\n".join(f"{key}: {value}" for key, value in fields).encode()
    return happening(decode(Message.of(frame)), "a", CAME)


def ari(**fields: Any) -> Happening:
    return happening(Decoder().decode(json.dumps(fields)), "a", CAME)


class TestOfAmi:
    def test_it_has_what_was_said(self):
        found = ami(*HANGUP)
        assert (found.source, found.type, found.group) == ("ami", "Hangup", "calls")
        assert (found.channel, found.server, found.time) == ("PJSIP/alice-00000001", "a", CAME)
        assert found.what == "ConnectedLineNum=2002 Cause=16 Cause-txt=Normal Clearing"
        assert found.fields == dict(HANGUP)

    def test_a_secret_is_not_told(self):
        found = ami(
            ("Event", "ChallengeResponseFailed"),
            ("Privilege", "security,all"),
            ("ReceivedHash", "s3cret"),
            ("AccountID", "alice"),
        )
        assert found.group == "security" and "s3cret" not in str(found)
        found = ami(("Event", "VarSet"), ("Variable", "API_TOKEN"), ("Value", "s3cret"))
        assert "s3cret" not in str(found) and "API_TOKEN" in found.what

    @pytest.mark.parametrize(
        ("application", "data"),
        [
            ("Set", "__DOOR_PIN=s3cret,with comma"),
            ("MSet", "a=b,PASSWORD=s3cret"),
            ("Authenticate", "s3cret,a"),
            ("AGI", "login.py,password=s3cret"),
        ],
    )
    def test_nor_one_that_the_dialplan_has(self, application: str, data: str):
        found = ami(("Event", "Newexten"), ("Application", application), ("AppData", data))
        assert "s3cret" not in str(found) and found.fields["AppData"].count("***") == 1
        at = {"app_name": application, "app_data": data, "exten": "s"}
        channel = {**TestOfAri.CHANNEL, "dialplan": at}
        told = {"dialplan_app": application, "dialplan_app_data": data}
        found = ari(type="ChannelDialplan", channel=channel, **told)
        assert "s3cret" not in str(found) and "***" in found.what

    def test_nor_one_that_comes_with_every_event(self):
        line = ("ChanVariable", "DOOR_PIN=s3cret")
        assert "s3cret" not in str(ami(*HANGUP, line))
        assert ami(*HANGUP, line, ("ChanVariable", "LANG=de")).fields["ChanVariable"] == [
            "DOOR_PIN=***",
            "LANG=de",
        ]
        channel = {**TestOfAri.CHANNEL, "channelvars": {"DOOR_PIN": "s3cret", "LANG": "de"}}
        found = ari(type="ChannelDestroyed", channel=channel)
        assert found.fields["channel"]["channelvars"] == {"DOOR_PIN": "***", "LANG": "de"}

    def test_what_is_no_secret_stays(self):
        found = ami(("Event", "Newexten"), ("Application", "Dial"), ("AppData", "PJSIP/alice,20"))
        assert found.fields["AppData"] == "PJSIP/alice,20"


class TestOfAri:
    CHANNEL: dict[str, Any] = {"id": "1.2", "name": "PJSIP/alice-00000001", "state": "Up"}

    def test_it_has_what_was_said(self):
        found = ari(
            type="ChannelDtmfReceived",
            timestamp="2026-11-23T10:00:01.000+0000",
            application="x",
            digit="5",
            channel=self.CHANNEL,
        )
        assert (found.source, found.type, found.group) == ("ari", "ChannelDtmfReceived", "calls")
        assert found.channel == "PJSIP/alice-00000001"
        assert found.time == CAME.replace(second=1)
        assert found.what == "digit=5 state=Up"

    def test_one_of_an_unknown_kind_is_told_too(self):
        found = ari(type="BrandNew", colour="red")
        assert (found.type, found.group, found.what) == ("BrandNew", "system", "colour=red")

    def test_a_secret_is_not_told(self):
        found = ari(type="ChannelVarset", variable="PASSWORD", value="s3cret", channel=self.CHANNEL)
        assert "s3cret" not in str(found)


class TestGroup:
    @pytest.mark.parametrize(
        ("type", "privilege", "group"),
        [
            ("Newchannel", "call,all", "calls"),
            ("Newexten", "dialplan,all", "dialplan"),
            ("QueueMemberAdded", "agent,all", "queues"),
            ("AgentConnect", "agent,all", "queues"),
            ("InvalidPassword", "security,all", "security"),
            ("SuccessfulAuth", "security,all", "security"),
            ("ContactStatus", "system,all", "endpoints"),
            ("DeviceStateChange", "call,all", "endpoints"),
            ("Registry", "system,all", "trunks"),
            ("MessageWaiting", "call,all", "voicemail"),
            ("ConfbridgeJoin", "call,all", "confbridge"),
            ("MusicOnHoldStart", "call,all", "moh"),
            ("MixMonitorStart", "call,all", "recordings"),
            ("ParkedCall", "call,all", "features"),
            ("Pickup", "call,all", "features"),
            ("RTCPSent", "reporting,all", "rtp"),
            ("Cdr", "cdr,all", "cdr"),
            ("FullyBooted", "system,all", "system"),
            ("BrandNew", "call,all", "calls"),
            ("BrandNew", "", "system"),
        ],
    )
    def test_it_is_by_the_name_or_the_class(self, type: str, privilege: str, group: str):
        assert group_of(type, privilege, "ami") == group

    def test_ari_has_names_only(self):
        names = {"StasisStart": "calls", "BridgeCreated": "calls", "PlaybackStarted": "playback"}
        names |= {"ContactStatusChange": "endpoints", "RecordingStarted": "recordings"}
        assert {name: group_of(name, "", "ari") for name in names} == names
        assert set(names.values()) < EVENT_GROUPS


class TestChoice:
    @pytest.mark.parametrize(
        ("choice", "taken"),
        [
            (Choice(), True),
            (Choice(source="ami"), True),
            (Choice(source="ari"), False),
            (Choice(types=["Hang*"]), True),
            (Choice(types=["Queue*", "Hangup"]), True),
            (Choice(types=["Queue*"]), False),
            (Choice(groups=["calls", "queues"]), True),
            (Choice(groups=["queues"]), False),
            (Choice(channel="PJSIP/alice"), True),
            (Choice(channel="PJSIP/ali"), False),
            (Choice(channel="PJSIP"), False),
            (Choice(channel="PJSIP/ali*"), True),
            (Choice(channel="1795996608.3"), True),
            (Choice(channel="1795996608.4"), False),
        ],
    )
    def test_what_it_takes(self, choice: Choice, taken: bool):
        assert choice.takes(ami(*HANGUP)) is taken

    def test_an_endpoint_whose_name_begins_like_it_is_another(self):
        assert fits("PJSIP/alice-home-0000002a", "PJSIP/alice-home")
        assert not fits("PJSIP/alice-home-0000002a", "PJSIP/alice")
        assert fits("Local/100@default-0000002a;1", "Local/100@default")

    def test_other_channels_of_an_event_count_too(self):
        dial = ami(
            ("Event", "DialBegin"),
            ("Channel", "PJSIP/alice-00000001"),
            ("DestChannel", "PJSIP/bob-00000002"),
        )
        assert Choice(channel="PJSIP/bob").takes(dial)
        peer = ari(type="Dial", peer={"id": "1.2", "name": "PJSIP/bob-00000002"})
        assert Choice(channel="PJSIP/bob").takes(peer) and Choice(channel="1.2").takes(peer)

    def test_a_pattern_is_no_more_than_it_says(self):
        assert not fits("PJSIP/alice2-00000001", "PJSIP/alice")
        assert not fits("PJSIP/alice", "[")


class TestWays:
    def test_every_group_says_by_which_classes_it_comes(self):
        assert set(TOLD_BY) == EVENT_GROUPS and TOLD_BY_ARI < EVENT_GROUPS
        assert Choice(groups=["queues", "endpoints"]).classes() == ["agent", "call", "system"]
        assert Choice().classes() == []

    @pytest.mark.parametrize(
        ("groups", "ami", "ari"),
        [
            ([], True, True),
            (["queues"], True, False),
            (["playback"], False, True),
            (["playback", "queues"], True, True),
        ],
    )
    def test_what_is_chosen_may_come_one_way_only(self, groups: list[str], ami: bool, ari: bool):
        choice = Choice(groups=groups)
        assert (choice.comes_by("ami"), choice.comes_by("ari")) == (ami, ari)
