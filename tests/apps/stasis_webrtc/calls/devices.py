"""Devices that are lost in a call, or whose page is loaded anew, and that come back."""

from __future__ import annotations

from tests.apps.stasis_webrtc.calls.basic import ANNA_BERT, BOTH_HUNG_UP, TALKED
from tests.apps.stasis_webrtc.calls.row import Row

__all__ = ["REJOINS"]

REJOINS = (
    Row(
        "the page is loaded anew, by who has called",
        f"{ANNA_BERT} anna* bert:hears:music:default anna:gone anna?rejoin anna:rings"
        " anna:answers anna~bert anna?rejoin:not anna?connected anna:hangs-up bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "the page is loaded anew, by who was called",
        f"{ANNA_BERT} bert* anna:hears:music:default bert:gone bert:rings bert:answers anna~bert"
        " bert:hangs-up anna:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "the network is lost, and is back",
        f"{ANNA_BERT} anna- anna:loses bert:hears:music:default anna?rejoin 5s anna+1 2s"
        " anna:rings anna:answers anna~bert anna:hangs-up bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "it does not come back",
        f"{ANNA_BERT} anna- anna:loses bert:hears:music:default 18s bert:there 3s bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "it rings again, and is not answered",
        f"{ANNA_BERT} anna* anna:rings 21s anna:gone bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "given up at the page",
        f"{ANNA_BERT} anna- anna:loses anna!hangup bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "the other one hangs up meanwhile",
        f"{ANNA_BERT} anna* anna:rings bert:hangs-up 2s anna:gone anna?none",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "hold and mute are as they were",
        f"{ANNA_BERT} anna!hold anna!mute anna* anna:rings anna:answers 1s anna?held anna?muted"
        " bert?other anna!unmute anna!unhold anna~bert anna:hangs-up bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "twice",
        f"{ANNA_BERT} anna* anna:rings anna:answers anna~bert anna* anna:rings anna:answers"
        " anna~bert anna:hangs-up bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "both at once",
        f"{ANNA_BERT} anna* bert* anna:rings bert:rings anna:answers bert:answers anna~bert"
        " anna:hangs-up bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "while it rings, it is over",
        "anna>202 bert:rings anna* anna:gone bert:gone",
        "anna ringing ended-cancelled  bert ringing ended-cancelled",
        "anna out cancelled, bert in cancelled missed",
    ),
    Row(
        "a new process brings it back",
        f"{ANNA_BERT} anna- anna:loses 2s deploys 1s anna?rejoin anna+1 2s anna:rings"
        " anna:answers anna~bert anna:hangs-up bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "a new process while it rings again",
        f"{ANNA_BERT} anna* anna:rings deploys 1s anna:answers anna~bert anna:hangs-up bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "a new process, and it does not come back",
        f"{ANNA_BERT} anna- anna:loses 2s deploys 19s bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "in a conference",
        "anna>1000 anna:hears:sound:conf-onlyperson anna- anna* anna:gone anna?rejoin 3s anna+1 1s"
        " anna:rings anna:answers anna:hears:sound:conf-onlyperson anna?conference:1000 anna:hangs-up 2s",
        "anna ringing connected ringing connected ended-hangup",
        "anna out hangup",
    ),
    Row(
        "in another service, where it was transferred",
        f"{ANNA_BERT} anna!transfer:600 bert:hears:sound:demo-instruct bert?peer:600 1s bert*"
        " bert:gone bert:rings bert:answers bert:hears:sound:demo-instruct bert:hangs-up 2s",
        "anna ringing connected ended-transferred"
        "  bert ringing connected ringing connected ringing connected ended-hangup",
        "anna out transferred, bert out hangup",
    ),
    Row(
        "while it is called: it rings anew, once it is there, and all the others too",
        "anna>202 bert:rings bert2:rings bert+2 bert* 3s bert:there bert+1 2s bert:gone bert:rings"
        " bert?ringing bert:answers anna~bert anna:hangs-up",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "while it is called, and it does not answer then: no longer than it would have rung",
        "anna>202 bert:rings 5s bert* 2s bert:gone bert:rings 5s bert* 2s bert:gone bert:rings 9s"
        " bert:there 3s bert:gone anna:gone",
        "anna ringing ended-noanswer  bert ringing ended-noanswer",
        "anna out noanswer, bert in noanswer missed",
        {"bert": {"messages": False}},
    ),
    Row(
        "while it is called, and it is not there again",
        "anna>202 bert:rings bert- bert* 26s anna:cause:19",
        "anna ringing ended-noanswer  bert ringing ended-noanswer",
        "anna out noanswer, bert in noanswer missed",
        {"bert": {"messages": False}},
    ),
    Row(
        "while it is rung because somebody clicked, it rings no more",
        "anna-click>202 anna:rings anna* anna:gone anna?none",
        "anna ringing ended-cancelled",
    ),
    Row(
        "its session ends while it rings: the other one rings on",
        "anna>202 bert:rings bert2:rings bert% bert:gone bert2:answers anna~bert2 anna:hangs-up",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "its session ends while it talks",
        f"{ANNA_BERT} bert% anna:gone bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "its session ends while it is lost",
        f"{ANNA_BERT} bert- bert:loses 1s bert% anna:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "its session ends while it is rung because somebody clicked",
        "anna-click>202 anna:rings anna% anna:gone anna?none",
        "anna ringing ended-cancelled",
    ),
    Row(
        "in a conference, and it does not come back",
        "anna>1000 anna:hears:sound:conf-onlyperson anna- anna* anna:gone 23s anna?none",
        "anna ringing connected ended-hangup",
        "anna out hangup",
    ),
    Row(
        "in a conference, and it does not answer",
        "anna>1000 anna:hears:sound:conf-onlyperson anna* anna:gone anna:rings 23s anna:gone"
        " anna?none",
        "anna ringing connected ended-hangup",
        "anna out hangup",
    ),
)
