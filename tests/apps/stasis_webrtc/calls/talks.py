"""What is done while somebody talks: hold, mute, record, transfer, conference."""

from __future__ import annotations

from tests.apps.stasis_webrtc.calls.basic import ANNA_BERT, BOTH_HUNG_UP, TALKED
from tests.apps.stasis_webrtc.calls.row import Row

__all__ = ["ATTENDED", "CONFERENCES", "HOLDS", "TRANSFERS"]

END = " anna:hangs-up bert:gone"
AGAIN = "anna ringing connected ended-hangup"

HOLDS = (
    Row(
        "by who has called",
        f"{ANNA_BERT} anna!hold bert:hears:music:default anna|bert anna?held bert?other"
        f" anna!unhold anna~bert anna?held:not bert?other:not{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "by who was called",
        f"{ANNA_BERT} bert!hold anna:hears:music:default anna|bert bert?held anna?other"
        f" bert!unhold anna~bert{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "by both: each hears music, and one after the other comes back",
        f"{ANNA_BERT} anna!hold bert:hears:music:default bert!hold anna:hears:music:default"
        f" anna!unhold anna|bert bert!unhold anna~bert{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "twice is once",
        f"{ANNA_BERT} anna!hold anna!hold anna|bert anna!unhold anna~bert anna!unhold{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "by the phone itself",
        f"{ANNA_BERT} anna:holds bert:hears:music:default anna?held bert?other anna:resumes"
        f" anna~bert anna?held:not{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "hung up by who is on hold",
        f"{ANNA_BERT} anna!hold bert:hears:music:default bert:hangs-up anna:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "hung up by who holds",
        f"{ANNA_BERT} anna!hold anna:hangs-up bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "not while it rings",
        "anna>202 bert:rings anna!hold/not_now bert!hold/not_now anna:hangs-up",
        "anna ringing ended-cancelled  bert ringing ended-cancelled",
        "anna out cancelled, bert in cancelled missed",
    ),
    Row(
        "mute: nobody hears her",
        f"{ANNA_BERT} anna!mute anna?muted bert/anna bert?muted:not",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "and unmute",
        f"{ANNA_BERT} anna!mute anna?muted anna!unmute anna~bert anna?muted:not{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "deploys while it is held",
        f"{ANNA_BERT} anna!hold bert:hears:music:default deploys anna|bert anna?held bert?other"
        f" anna!unhold anna~bert{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "deploys while somebody is muted",
        f"{ANNA_BERT} anna!mute deploys anna?muted anna!unmute anna~bert{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "deploys while it rings",
        "anna>202 bert:rings bert2:rings 3s deploys 3s bert?ringing bert:answers bert2:gone"
        f" anna~bert{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "deploys, and who is called declines at the page",
        "anna>202 bert:rings bert2:rings 3s deploys 3s bert!hangup bert:gone anna:cause:21",
        "anna ringing ended-rejected  bert ringing ended-rejected",
        "anna out rejected, bert in rejected",
        {"bert": {"messages": False}},
    ),
    Row(
        "deploys, and hung up at the page",
        f"{ANNA_BERT} deploys bert!hangup anna:gone bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "the events are lost for a while",
        f"{ANNA_BERT} cut:3 1s anna:hangs-up 5s bert:gone",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "the events are lost while it rings, and are back before the answer",
        f"anna>202 bert:rings cut:3 5s bert:answers anna~bert{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
)

BLIND = "carl ringing connected ended-hangup"

TRANSFERS = (
    Row(
        "by who has called, to a user",
        f"{ANNA_BERT} anna!transfer:203 anna:gone carl:rings bert?ringing bert?peer:carl"
        " carl?peer:bert carl:answers bert~carl bert?connected bert:hangs-up carl:gone",
        f"anna ringing connected ended-transferred  bert ringing connected ringing connected"
        f" ended-hangup  {BLIND}",
        "anna out transferred, bert in hangup, carl in hangup",
    ),
    Row(
        "by who was called, to a user",
        f"{ANNA_BERT} bert!transfer:carl bert:gone carl:rings carl:answers anna~carl"
        " carl:hangs-up anna:gone",
        "anna ringing connected ringing connected ended-hangup"
        f"  bert ringing connected ended-transferred  {BLIND}",
        "anna out hangup, bert in transferred, carl in hangup",
    ),
    Row(
        "while it is on hold",
        f"{ANNA_BERT} anna!hold bert:hears:music:default anna!transfer:203 carl:rings"
        " carl:answers bert~carl bert:hangs-up carl:gone",
        "anna ringing connected ended-transferred  bert ringing connected ringing connected"
        f" ended-hangup  {BLIND}",
        "anna out transferred, bert in hangup, carl in hangup",
    ),
    Row(
        "outside",
        f"{ANNA_BERT} anna!transfer:030123456 trunk:rings:+4930123456@trunk trunk:answers"
        " bert~trunk trunk:hangs-up bert:gone",
        "anna ringing connected ended-transferred"
        "  bert ringing connected ringing connected ended-hangup",
        "anna out transferred, bert in hangup",
    ),
    Row(
        "of somebody outside",
        "out>bert bert:rings bert:answers out~bert bert!transfer:203 bert:gone carl:rings"
        " carl?peer:+4930555 carl:answers out~carl carl:hangs-up out:gone",
        f"bert ringing connected ended-transferred  {BLIND}",
        "bert in transferred, carl in hangup",
    ),
    Row(
        "into a room",
        f"{ANNA_BERT} anna!transfer:1000 anna:gone bert:hears:sound:conf-onlyperson"
        " bert?conference:1000 bert:hangs-up 2s",
        "anna ringing connected ended-transferred"
        "  bert ringing connected ringing connected ended-hangup",
        "anna out transferred, bert in hangup",
    ),
    Row(
        "where it is not granted",
        f"{ANNA_BERT} anna!transfer:+16502530000/may_not anna~bert{END}",
        TALKED,
        BOTH_HUNG_UP,
        refused="anna +16502530000",
    ),
    Row(
        "to nobody",
        f"{ANNA_BERT} anna!transfer:299/bad_number anna~bert{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "nobody answers: back to who has transferred",
        f"{ANNA_BERT} anna!transfer:203 carl:rings 26s carl:gone anna:rings anna?peer:bert"
        " anna:answers anna~bert bert:hangs-up anna:gone",
        "anna ringing connected ended-transferred ringing connected ended-hangup"
        "  bert ringing connected ringing connected ended-hangup"
        "  carl ringing ended-noanswer",
        "anna out transferred, anna in hangup, bert in hangup, carl in noanswer missed",
        {"carl": {"messages": False}},
    ),
    Row(
        "nobody answers, and who has transferred does not either",
        f"{ANNA_BERT} anna!transfer:203 carl:rings 26s anna:rings 26s bert:cause:16",
        "anna ringing connected ended-transferred ringing ended-noanswer"
        "  bert ringing connected ringing ended-noanswer  carl ringing ended-noanswer",
        "anna out transferred, anna in noanswer missed, bert in noanswer, carl in noanswer missed",
        {"carl": {"messages": False}},
    ),
    Row(
        "nobody answers, nor is there who has transferred: a message",
        f"{ANNA_BERT} anna!transfer:203 carl:rings anna- 26s bert:hears:sound:vm-intro 4.5s bert:speaks:3"
        " bert:hangs-up",
        "anna ringing connected ended-transferred"
        "  bert ringing connected ringing ended-noanswer  carl ringing ended-noanswer",
        "anna out transferred, bert in noanswer, carl in noanswer missed",
        keeps="carl 3",
    ),
    Row(
        "hung up by who is sent on",
        f"{ANNA_BERT} anna!transfer:203 carl:rings bert:hangs-up carl:gone",
        "anna ringing connected ended-transferred"
        "  bert ringing connected ringing ended-cancelled  carl ringing ended-cancelled",
        "anna out transferred, bert in cancelled, carl in cancelled missed",
    ),
    Row(
        "deploys while the third one rings",
        f"{ANNA_BERT} anna!transfer:203 carl:rings 2s deploys 2s carl:answers bert~carl"
        " carl:hangs-up bert:gone",
        "anna ringing connected ended-transferred"
        f"  bert ringing connected ringing connected ended-hangup  {BLIND}",
        "anna out transferred, bert in hangup, carl in hangup",
    ),
)

THREE = f"{ANNA_BERT} anna!hold anna+>203 carl:rings carl:answers anna+~carl"

ATTENDED = (
    Row(
        "of two that one has called",
        f"{THREE} anna!attend:anna+ bert~carl anna:gone anna+:gone bert?peer:carl carl?peer:bert"
        " bert:hangs-up carl:gone",
        "anna ringing connected ringing connected ended-transferred"
        "  bert ringing connected ended-hangup  carl ringing connected ended-hangup",
        "anna out transferred, anna out transferred, bert in hangup, carl in hangup",
    ),
    Row(
        "of who has called, to one that was called",
        "carl>201 anna:rings anna:answers carl~anna anna!hold anna+>202 bert:rings bert:answers"
        " anna+~bert anna!attend:anna+ carl~bert anna:gone anna+:gone carl:hangs-up bert:gone",
        "anna ringing connected ringing connected ended-transferred"
        "  bert ringing connected ended-hangup  carl ringing connected ended-hangup",
        "anna in transferred, anna out transferred, bert in hangup, carl out hangup",
    ),
    Row(
        "the other way round",
        f"{THREE} anna+!attend:anna bert~carl anna:gone anna+:gone carl:hangs-up bert:gone",
        "anna ringing connected ringing connected ended-transferred"
        "  bert ringing connected ended-hangup  carl ringing connected ended-hangup",
        "anna out transferred, anna out transferred, bert in hangup, carl in hangup",
    ),
    Row(
        "while the third one rings yet",
        f"{ANNA_BERT} anna!hold anna+>203 carl:rings anna!attend:anna+ anna:gone anna+:gone"
        " carl:gone carl:rings carl:answers bert~carl bert:hangs-up carl:gone",
        "anna ringing connected ringing ended-transferred"
        "  bert ringing connected ringing connected ended-hangup"
        "  carl ringing ended-cancelled ringing connected ended-hangup",
        "anna out transferred, anna out transferred, bert in hangup, carl in cancelled missed,"
        " carl in hangup",
    ),
    Row(
        "who is on hold hangs up before",
        f"{THREE} bert:hangs-up anna:gone anna!attend:anna+/no_call anna+~carl anna+:hangs-up",
        "anna ringing connected ringing connected ended-hangup"
        "  bert ringing connected ended-hangup  carl ringing connected ended-hangup",
        "anna out hangup, anna out hangup, bert in hangup, carl in hangup",
    ),
    Row(
        "who transfers hangs up the second call: the first one is still there",
        f"{THREE} anna+:hangs-up carl:gone anna!unhold anna~bert{END}",
        "anna ringing connected ringing connected ended-hangup connected ended-hangup"
        "  bert ringing connected ended-hangup  carl ringing connected ended-hangup",
        "anna out hangup, anna out hangup, bert in hangup, carl in hangup",
    ),
    Row(
        "with itself it is not possible",
        f"{ANNA_BERT} anna!attend:anna/no_call anna~bert{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "deploys after it",
        f"{THREE} anna!attend:anna+ bert~carl deploys bert~carl bert:hangs-up carl:gone",
        "anna ringing connected ringing connected ended-transferred"
        "  bert ringing connected ended-hangup  carl ringing connected ended-hangup",
        "anna out transferred, anna out transferred, bert in hangup, carl in hangup",
    ),
)

CONFERENCES = (
    Row(
        "by dialling it",
        "anna>1000 anna:hears:sound:conf-onlyperson anna?conference:1000 anna:hangs-up 2s"
        " anna?none",
        "anna ringing connected ended-hangup",
        "anna out hangup",
    ),
    Row(
        "both go from a talk",
        f"{ANNA_BERT} anna!conference:1000 anna:hears:sound:conf-onlyperson"
        " bert:hears:sound:conf-onlyperson anna?conference:1000 bert?conference:1000"
        " anna:hangs-up bert:hangs-up 2s",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "hung up at the page",
        "anna>1000 anna:hears:sound:conf-onlyperson anna!hold/not_now anna!hangup 2s anna:gone",
        "anna ringing connected ended-hangup",
        "anna out hangup",
    ),
    Row(
        "a new process knows who is there",
        "anna>1000 anna:hears:sound:conf-onlyperson 1s deploys 1s anna?conference:1000"
        " anna:hangs-up 2s anna?none",
        "anna ringing connected ended-hangup",
        "anna out hangup",
    ),
    Row(
        "a room that is not there",
        f"{ANNA_BERT} anna!conference:1234/bad_number anna~bert{END}",
        TALKED,
        BOTH_HUNG_UP,
    ),
    Row(
        "where nobody runs conferences",
        "anna>1000 anna:hears:sound:tt-somethingwrong 3s anna:gone",
        "anna ringing ended-failed",
        "anna out failed",
        rules={"conference": "nowhere"},
    ),
)

__all__ += ["AGAIN"]
