"""Calls of users: who is rung, and how it ends."""

from __future__ import annotations

from stasis_webrtc.grant import Grants
from stasis_webrtc.target import NumberPlan

from tests.apps.stasis_webrtc.calls.row import Row

__all__ = ["CALLS", "ENDS", "OUTSIDE", "REFUSED"]

TALKED = "anna ringing connected ended-hangup  bert ringing connected ended-hangup"
BOTH_HUNG_UP = "anna out hangup, bert in hangup"
MISSED = "anna out noanswer, bert in noanswer missed"
NO_MESSAGES = {"bert": {"messages": False}}
ANNA_BERT = "anna>202 bert:rings bert:answers anna~bert"

CALLS = (
    Row(
        "by extension",
        f"{ANNA_BERT} bert:hangs-up anna:cause:16",
        TALKED,
        "anna out hangup, bert in hangup",
    ),
    Row(
        "by name",
        "anna>bert bert:rings bert:answers anna~bert anna:hangs-up bert:cause:16",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "all devices ring, the first answer wins",
        "anna>202 bert:rings bert2:rings bert2:answers anna~bert2 bert:gone anna:hangs-up",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "the pages say who talks with whom",
        "anna>202 bert:rings anna?ringing bert?ringing anna?peer:bert bert?peer:anna"
        " bert:answers anna~bert anna?connected bert?connected anna?peer:bert bert?peer:anna"
        " bert!hangup anna:gone bert:gone anna?none bert?none",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "from outside",
        "out>bert bert:rings bert?peer:+4930555 bert:answers out~bert out:hangs-up bert:gone",
        "bert ringing connected ended-hangup",
        "bert in hangup",
    ),
    Row(
        "digits are heard at the other side",
        f"{ANNA_BERT} anna!dtmf:42 bert:hears:digit:4 bert:hears:digit:2 anna!dtmf:x/bad_number"
        " anna:hangs-up",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "another service has a number",
        "anna>600 anna:hears:sound:demo-instruct anna?connected anna:hangs-up 2s anna?none",
        "anna ringing connected ended-hangup",
        "anna out hangup",
    ),
    Row(
        "a call is transferred to another service",
        f"{ANNA_BERT} anna!transfer:600 anna:gone bert:hears:sound:demo-instruct bert:hangs-up 2s",
        "anna ringing connected ended-transferred "
        " bert ringing connected ringing connected ended-hangup",
        "anna out transferred, bert in hangup",
    ),
    Row(
        "a service that nobody runs",
        "anna>601 anna:hears:sound:tt-somethingwrong anna:gone",
        "anna ringing ended-failed",
        "anna out failed",
    ),
    Row(
        "clicked: the own device first, then the other",
        "anna-click>bert anna?ringing anna:rings bert?none anna:answers bert:rings bert:answers"
        " anna~bert anna:hangs-up",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "clicked, and not picked up",
        "anna-click>bert anna:rings 30s anna:gone anna?none",
        "anna ringing ended-noanswer",
    ),
    Row(
        "clicked, and given up at the page",
        "anna-click>bert anna:rings anna!hangup anna:gone anna?none",
        "anna ringing ended-cancelled",
    ),
)

ENDS = (
    Row(
        "busy",
        "anna>202 bert:rings bert2:rings bert:busy bert2:busy anna:cause:17",
        "anna ringing ended-busy  bert ringing ended-busy",
        "anna out busy, bert in busy missed",
        NO_MESSAGES,
    ),
    Row(
        "one device is busy, the other one rings on",
        "anna>202 bert:rings bert2:rings bert:busy 5s bert2:answers anna~bert2 bert2:hangs-up",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "nobody answers",
        "anna>202 bert:rings 26s bert:gone anna:cause:19",
        "anna ringing ended-noanswer  bert ringing ended-noanswer",
        MISSED,
        NO_MESSAGES,
    ),
    Row(
        "declined at one device, no other rings on",
        "anna>202 bert:rings bert2:rings bert:declines bert2:gone anna:cause:21",
        "anna ringing ended-rejected  bert ringing ended-rejected",
        "anna out rejected, bert in rejected",
        NO_MESSAGES,
    ),
    Row(
        "declined at the page",
        "anna>202 bert:rings bert2:rings bert!hangup bert:gone bert2:gone anna:cause:21",
        "anna ringing ended-rejected  bert ringing ended-rejected",
        "anna out rejected, bert in rejected",
        NO_MESSAGES,
    ),
    Row(
        "given up by who calls",
        "anna>202 bert:rings 3s anna:hangs-up bert:gone anna?none bert?none",
        "anna ringing ended-cancelled  bert ringing ended-cancelled",
        "anna out cancelled, bert in cancelled missed",
    ),
    Row(
        "given up at the page",
        "anna>202 bert:rings 3s anna!hangup bert:gone anna:gone",
        "anna ringing ended-cancelled  bert ringing ended-cancelled",
        "anna out cancelled, bert in cancelled missed",
    ),
    Row(
        "given up from outside",
        "out>bert bert:rings 3s out:hangs-up bert:gone",
        "bert ringing ended-cancelled",
        "bert in cancelled missed",
    ),
    Row(
        "no device is registered",
        "bert- anna>202 anna:cause:1",
        "anna ringing ended-unavailable",
        "anna out unavailable, bert in unavailable missed",
        NO_MESSAGES,
    ),
    Row(
        "do not disturb",
        "anna>202 anna:cause:17",
        "anna ringing ended-busy",
        "anna out busy, bert in busy missed",
        {"bert": {"dnd": True, "messages": False}},
    ),
    Row(
        "somebody who may not be called",
        "anna>202 anna:cause:1",
        "anna ringing ended-unavailable",
        "anna out unavailable",
        {"bert": {"grants": Grants(may_receive=False)}},
    ),
    Row(
        "somebody who is disabled",
        "anna>202 anna:cause:1",
        "anna ringing ended-unavailable",
        "anna out unavailable",
        {"bert": {"disabled": True}},
    ),
    Row(
        "as many calls as may be",
        f"{ANNA_BERT} carl>202 carl:cause:17 anna:hangs-up",
        f"{TALKED}  carl ringing ended-busy",
        "anna out hangup, bert in busy missed, bert in hangup, carl out busy",
        NO_MESSAGES,
        {"limit": 1},
    ),
    Row(
        "as many calls as may be made",
        f"{ANNA_BERT} anna+>203 anna+:hears:sound:ss-noservice anna+:gone anna~bert anna:hangs-up",
        "anna ringing connected ringing ended-forbidden ended-hangup"
        "  bert ringing connected ended-hangup",
        "anna out forbidden, anna out hangup, bert in hangup",
        {},
        {"limit": 1},
    ),
)

REFUSED = (
    Row(
        "an unknown extension",
        "anna>299 anna:hears:sound:cannot-complete-as-dialed anna:cause:1",
        "anna ringing ended-unavailable",
        "anna out unavailable",
    ),
    Row(
        "a number that is not granted",
        "anna>+16502530000 anna:hears:sound:ss-noservice anna:cause:21",
        "anna ringing ended-forbidden",
        "anna out forbidden",
        refused="anna +16502530000",
    ),
    Row(
        "a user that is not granted",
        "anna>202 anna:hears:sound:ss-noservice anna:cause:21",
        "anna ringing ended-forbidden",
        "anna out forbidden",
        {"anna": {"grants": Grants(("rooms",))}},
        refused="anna 202",
    ),
    Row(
        "a room that is not granted",
        "anna>1000 anna:hears:sound:ss-noservice anna:cause:21",
        "anna ringing ended-forbidden",
        "anna out forbidden",
        {"anna": {"grants": Grants(("internal",))}},
        refused="anna 1000",
    ),
    Row(
        "an endpoint of nobody",
        "out+>202 out+:hears:sound:ss-noservice out+:cause:21",
        refused=" 202",
    ),
)

OUTSIDE = (
    Row(
        "in national form",
        "anna>030123456 trunk:rings:+4930123456@trunk trunk:answers anna~trunk"
        " anna?peer:+4930123456 trunk:hangs-up anna:gone",
        "anna ringing connected ended-hangup",
        "anna out hangup",
    ),
    Row(
        "in international form",
        "anna>004930123456 trunk:rings:+4930123456@trunk trunk:busy anna:cause:17",
        "anna ringing ended-busy",
        "anna out busy",
    ),
    Row(
        "an emergency number, whatever is granted",
        "anna>112 trunk:rings:112@trunk trunk:answers anna~trunk anna:hangs-up trunk:gone",
        "anna ringing connected ended-hangup",
        "anna out hangup",
        {"anna": {"grants": Grants(())}},
        {"limit": 0},
    ),
    Row(
        "an emergency number with the prefix of outside numbers",
        "anna>0112 trunk:rings:PJSIP/112@trunk trunk:answers anna~trunk anna:hangs-up trunk:gone",
        "anna ringing connected ended-hangup",
        "anna out hangup",
        {"anna": {"grants": Grants(())}},
        {"plan": NumberPlan("DE", prefix="0")},
    ),
    Row(
        "nobody answers outside",
        "anna>030123456 trunk:rings 61s anna:cause:19",
        "anna ringing ended-noanswer",
        "anna out noanswer",
    ),
    Row(
        "without a trunk",
        "anna>030123456 anna:cause:1",
        "anna ringing ended-unavailable",
        "anna out unavailable",
        rules={"outside": ""},
    ),
)
