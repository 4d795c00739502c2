"""Calls that are forwarded, and messages that are left."""

from __future__ import annotations

from stasis_webrtc.grant import Grants

from tests.apps.stasis_webrtc.calls.row import Row

__all__ = ["AFTER_DEPLOYS", "FORWARDS", "MAILBOX", "MESSAGES"]

CARL = "anna ringing connected ended-hangup  carl ringing connected ended-hangup"
QUIET = {"messages": False}

FORWARDS = (
    Row(
        "always",
        "anna>202 carl:rings carl?peer:anna carl:answers anna~carl anna?peer:carl anna:hangs-up",
        CARL,
        "anna out hangup, carl in hangup",
        {"bert": {"forward_always": "carl"}},
    ),
    Row(
        "when busy",
        "anna>202 bert:rings bert:declines carl:rings carl:answers anna~carl carl:hangs-up",
        "anna ringing connected ended-hangup  bert ringing ended-rejected"
        "  carl ringing connected ended-hangup",
        "anna out hangup, bert in rejected, carl in hangup",
        {"bert": {"forward_busy": "203"}},
    ),
    Row(
        "when nobody shall disturb",
        "anna>202 carl:rings carl:answers anna~carl carl:hangs-up",
        CARL,
        "anna out hangup, bert in busy missed, carl in hangup",
        {"bert": {"forward_busy": "203", "dnd": True}},
    ),
    Row(
        "when nobody answers",
        "anna>202 bert:rings 26s bert:gone carl:rings carl:answers anna~carl carl:hangs-up",
        "anna ringing connected ended-hangup  bert ringing ended-noanswer"
        "  carl ringing connected ended-hangup",
        "anna out hangup, bert in noanswer missed, carl in hangup",
        {"bert": {"forward_no_answer": "203"}},
    ),
    Row(
        "when no device is there",
        "bert- anna>202 carl:rings carl:answers anna~carl carl:hangs-up",
        CARL,
        "anna out hangup, bert in unavailable missed, carl in hangup",
        {"bert": {"forward_no_answer": "203"}},
    ),
    Row(
        "outside, by the grants of who forwards",
        "anna>202 trunk:rings:+4930123456@trunk trunk:answers anna~trunk trunk:hangs-up",
        "anna ringing connected ended-hangup",
        "anna out hangup",
        {
            "anna": {"grants": Grants(("internal",))},
            "bert": {"forward_always": "030 123456"},
        },
    ),
    Row(
        "outside, where that is not granted",
        "anna>202 anna:cause:1",
        "anna ringing ended-unavailable",
        "anna out unavailable",
        {"bert": {"forward_always": "+16502530000", **QUIET}},
        refused="bert +16502530000",
    ),
    Row(
        "in a circle",
        "anna>202 anna:cause:1",
        "anna ringing ended-unavailable",
        "anna out unavailable",
        {"bert": {"forward_always": "203"}, "carl": {"forward_always": "202"}},
    ),
    Row(
        "too far",
        "anna>202 anna:cause:1",
        "anna ringing ended-unavailable",
        "anna out unavailable",
        {"bert": {"forward_always": "203"}},
        {"hops": 1},
    ),
    Row(
        "to nobody",
        "anna>202 anna:cause:1",
        "anna ringing ended-unavailable",
        "anna out unavailable",
        {"bert": {"forward_always": "299"}},
    ),
    Row(
        "to an emergency number: a stranger would call it",
        "out>bert out:gone",
        "",
        "",
        {"bert": {"forward_always": "112", "messages": False}},
    ),
    Row(
        "into a room",
        "anna>202 anna:hears:sound:conf-onlyperson anna?conference:1000 anna:hangs-up 2s",
        "anna ringing connected ended-hangup",
        "anna out hangup",
        {"bert": {"forward_always": "1000"}},
    ),
    Row(
        "to the own messages",
        "anna>202 anna:hears:sound:vm-intro anna:hangs-up",
        "anna ringing ended-unavailable",
        "anna out unavailable",
        {"bert": {"forward_always": "*97"}},
    ),
)

LEFT = "anna ringing ended-noanswer  bert ringing ended-noanswer"
MISSED = "anna out noanswer, bert in noanswer missed"

MESSAGES = (
    Row(
        "when nobody answers, ended by silence",
        "anna>202 bert:rings 26s anna:hears:sound:vm-intro 4.5s anna:speaks:5"
        " 11s anna:hears:sound:vm-msgsaved anna:cause:19",
        LEFT,
        MISSED,
        keeps="bert 5",
    ),
    Row(
        "who hangs up has left it",
        "anna>202 bert:rings 26s anna:hears:sound:vm-intro 4.5s anna:speaks:5 anna:hangs-up",
        LEFT,
        MISSED,
        keeps="bert 5",
    ),
    Row(
        "ended by a key",
        "anna>202 bert:rings 26s anna:hears:sound:vm-intro 4.5s anna:speaks:4 anna:dials:#"
        " anna:hears:sound:vm-msgsaved anna:cause:19",
        LEFT,
        MISSED,
        keeps="bert 4",
    ),
    Row(
        "no longer than may be",
        "anna>202 bert:rings 26s anna:hears:sound:vm-intro 4.5s anna:speaks:20 anna:cause:19",
        LEFT,
        MISSED,
        rules={"message_seconds": 12},
        keeps="bert 12",
    ),
    Row(
        "nothing said, nothing left",
        "anna>202 bert:rings 26s anna:hears:sound:vm-intro 20s anna:cause:19",
        LEFT,
        MISSED,
    ),
    Row(
        "hung up before the tone, nothing left",
        "anna>202 bert:rings 26s anna:hears:sound:vm-nobodyavail anna:hangs-up",
        LEFT,
        MISSED,
    ),
    Row(
        "with a greeting of one's own",
        "anna>202 bert:rings 26s anna:hears:sound:tt-monkeys 4.5s anna:speaks:4 anna:hangs-up",
        LEFT,
        MISSED,
        {"bert": {"greeting": "sound:tt-monkeys"}},
        keeps="bert 4",
    ),
    Row(
        "from outside",
        "out>bert bert:rings 26s out:hears:sound:vm-intro 4.5s out:speaks:3 out:hangs-up",
        "bert ringing ended-noanswer",
        "bert in noanswer missed",
        keeps="bert 3",
    ),
    Row(
        "a deploy while it is said",
        "anna>202 bert:rings 26s anna:hears:sound:vm-intro 4.5s anna:speaks:3 deploys anna:speaks:3"
        " anna:hangs-up",
        LEFT,
        MISSED,
        keeps="bert 6",
    ),
)

AFTER_DEPLOYS = (
    Row(
        "during the greeting, it is said again",
        "anna>202 bert:rings 26s anna:hears:sound:vm-nobodyavail deploys"
        " anna:hears:sound:vm-intro 4.5s anna:speaks:5 anna:hangs-up",
        LEFT,
        MISSED,
        keeps="bert 5",
    ),
    Row(
        "while a forwarded call rings",
        "anna>202 bert:rings bert:declines carl:rings 2s deploys 2s carl:answers anna~carl"
        " carl:hangs-up anna:gone",
        "anna ringing connected ended-hangup  bert ringing ended-rejected"
        "  carl ringing connected ended-hangup",
        "anna out hangup, bert in rejected, carl in hangup",
        {"bert": {"forward_busy": "203"}},
    ),
    Row(
        "while a call rings, and nobody answers it then",
        "anna>202 bert:rings 5s deploys 21s bert:gone anna:hears:sound:vm-intro anna:hangs-up",
        LEFT,
        MISSED,
    ),
    Row(
        "while somebody is told why not",
        "anna>299 anna:hears:sound:cannot-complete-as-dialed deploys"
        " anna:hears:sound:cannot-complete-as-dialed anna:cause:1",
        "anna ringing ended-unavailable",
        "anna out unavailable",
    ),
    Row(
        "while somebody listens to messages, they are played again",
        "bert>*97 bert:hears:sound:vm-youhave deploys bert:hears:sound:vm-youhave"
        " bert:hears:sound:vm-no bert:cause:16",
        "bert ringing ended-hangup",
        "bert out hangup",
    ),
    Row(
        "while an outside call rings",
        "anna>030123456 trunk:rings 2s deploys trunk:answers anna~trunk anna:hangs-up trunk:gone",
        "anna ringing connected ended-hangup",
        "anna out hangup",
    ),
)

KEPT = "anna>202 bert:rings 26s anna:hears:sound:vm-intro 4.5s anna:speaks:5 anna:hangs-up"

MAILBOX = (
    Row(
        "there is none",
        "bert>*97 bert:hears:sound:vm-no bert:cause:16",
        "bert ringing ended-hangup",
        "bert out hangup",
    ),
    Row(
        "the own extension is the same",
        "bert>202 bert:hears:sound:vm-youhave bert:hangs-up",
        "bert ringing ended-cancelled",
        "bert out cancelled",
    ),
    Row(
        "a message is played",
        f"{KEPT} bert+>*97 bert+:hears:number:1 bert+:hears:sound:vm-messages 12s"
        " bert+:hears:sound:vm-nomore bert+:cause:16",
        "anna ringing ended-noanswer  bert ringing ended-noanswer ringing ended-hangup",
        "anna out noanswer, bert in noanswer missed, bert out hangup",
        keeps="bert 5",
    ),
    Row(
        "and is deleted",
        f"{KEPT} bert+>*97 bert+:hears:sound:vm-messages bert+:dials:7"
        " bert+:hears:sound:vm-deleted bert+:cause:16",
        "anna ringing ended-noanswer  bert ringing ended-noanswer ringing ended-hangup",
        "anna out noanswer, bert in noanswer missed, bert out hangup",
    ),
)
