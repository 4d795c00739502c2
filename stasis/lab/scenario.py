"""SIPp scenarios as XML: a caller, and a desk that is called. Pure text, no process.

What happened is told by the scenario itself, in `<log>` lines: `answered`, `status 486`, `bye us`,
`bye them`, `cancelled`. SIPp's RFC 4733 digits have payload type 96, so the caller offers 96; a
desk cannot press digits, since Asterisk offers it another type (use baresip for that).
"""

from __future__ import annotations

from collections.abc import Sequence
from xml.sax.saxutils import escape

__all__ = ["Script", "callee", "caller"]

# What a phone does once the call is up: a number waits so many seconds, a string presses digits.
Script = Sequence[float | str]

REFUSALS = (
    *(400, 401, 403, 404, 405, 406, 407, 408, 410, 415, 420, 480, 481, 482, 483, 484, 485, 486),
    *(487, 488, 491, 500, 501, 502, 503, 504, 600, 603, 604, 606),
)
BYE, GOT_BYE, END, REFUSED, CANCEL = 9001, 9002, 9003, 9004, 9005

# Who calls whom, as the call's first request has it; a desk's BYE needs both.
PARTIES = "<action>{}</action>".format(
    "".join(
        f'<ereg regexp=".*" search_in="hdr" header="{header}:" assign_to="{variable}"/>'
        for header, variable in (("From", "caller"), ("To", "desk"))
    )
)

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="stasis">\n'

SDP = """v=0
o=sipp 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [auto_media_port] RTP/AVP 0 96
a=rtpmap:0 PCMU/8000
a=rtpmap:96 telephone-event/8000
a=fmtp:96 0-16
a=ptime:20
a=sendrecv
"""


def caller(
    extension: str,
    script: Script,
    *,
    number: str,
    stream: str,
    patience: float,
    cancel_after: float | None,
    stay: bool,
) -> str:
    """A scenario that calls an extension, does the script, and hangs up.

    number: the caller's. stream: a file of raw ulaw to send in a loop.
    patience: seconds to wait for an answer, and for the other's BYE when it stays.
    cancel_after: give up the unanswered call that many seconds after it rings or plays something.
    stay: do not hang up after the script; wait for the other side.
    """
    target = f"sip:{extension}@[remote_ip]:[remote_port]"
    # The time-out belongs to whichever of these SIPp waits at, so each of them has it. At the first
    # two it waits until the call is heard of: how long that takes is the server's affair.
    unheard = f'optional="true" timeout="{milliseconds(patience)}" ontimeout="{CANCEL}"'
    wait = milliseconds(patience if cancel_after is None else cancel_after)
    limit = f'timeout="{wait}" ontimeout="{CANCEL}"'
    maybe = f'optional="true" {limit}'
    refusals = "".join(
        f'<recv response="{code}" {maybe} next="{REFUSED}">{said(f"status {code}")}</recv>\n'
        for code in REFUSALS
    )
    return "".join(
        (
            HEAD,
            send(request("INVITE", target, target, number, 1, SDP), 'retrans="500"'),
            f'<recv response="100" {unheard}/>\n',
            f'<recv response="180" {unheard}>{said("ringing")}</recv>\n',
            f'<recv response="183" {maybe}>{said("progress")}</recv>\n',
            refusals,
            f'<recv response="200" rrs="true" {limit}>{said("answered")}</recv>\n',
            send(request("ACK", "[next_url]", target, number, 1, peer=True)),
            nop(f'<exec rtp_stream="{escape(stream)},-1,0"/>'),
            steps(script),
            staying(stay, patience),
            label(BYE),
            nop(f'<log message="{"bye us"}"/>'),
            send(request("BYE", "[next_url]", target, number, 2, peer=True), 'retrans="500"'),
            f'<recv response="200" next="{END}"/>\n',
            got_bye(),
            label(REFUSED),
            send(request("ACK", target, target, number, 1, peer=True), f'next="{END}"'),
            label(CANCEL),
            nop('<log message="cancelled"/>'),
            send(request("CANCEL", target, target, number, 1)),
            '<recv response="200"/>\n<recv response="487"/>\n',
            send(request("ACK", target, target, number, 1, peer=True)),
            label(END),
            "</scenario>\n",
        )
    )


def callee(script: Script, *, ring: float, status: int, stream: str, patience: float) -> str:
    """A scenario that is called: rings, then answers, refuses, or goes on ringing.

    script: what it does when answered; waits only. ring: seconds from the call to the answer.
    status: 200 answers and hangs up after the script; 0 rings until the caller gives up; any
    other is the refusal, like 486 for busy.

    Raises ValueError for digits in the script.
    """
    if any(isinstance(step, str) for step in script):
        raise ValueError("a SIPp desk cannot press digits; take Baresip")
    wait = patience if status == 0 else ring
    after = 1 if status else END
    parts = [
        HEAD,
        # SIPp refuses a variable that nothing uses.
        f'<recv request="INVITE" rrs="true">{PARTIES if status == 200 else ""}</recv>\n',
        send(reply("180 Ringing", "")),
        f'<recv request="CANCEL" timeout="{milliseconds(wait)}" ontimeout="{after}">'
        f"{said('cancelled')}</recv>\n",
        send(reply("200 OK", "")),
        # The CANCEL's header again, but it is the INVITE that is answered.
        send(reply("487 Request Terminated", "", cseq="CSeq: [cseq] INVITE")),
        f'<recv request="ACK" next="{END}"/>\n',
        label(1),
    ]
    if status == 200:
        parts += [
            send(reply("200 OK", SDP), 'retrans="500"'),
            f'<recv request="ACK">{said("answered")}</recv>\n',
            nop(f'<exec rtp_stream="{escape(stream)},-1,0"/>'),
            steps(script, first=100),
            staying(not script, patience),
            label(BYE),
            nop('<log message="bye us"/>'),
            send(farewell(), 'retrans="500"'),
            f'<recv response="200" next="{END}"/>\n',
            got_bye(),
        ]
    elif status:
        parts += [send(reply(f"{status} Refused", ""), 'retrans="500"'), '<recv request="ACK"/>\n']
    return "".join([*parts, label(END), "</scenario>\n"])


def steps(script: Script, first: int = 100) -> str:
    """The script's steps; a BYE from the other side ends it at any of them."""
    parts = []
    for number, step in enumerate(script, first):
        if isinstance(step, str):
            # A digit lasts 200 ms and is followed by 200 ms; then the audio goes on.
            parts.append(
                nop(f'<exec rtp_stream="pause"/><exec play_dtmf="{escape(step)}"/>')
                + listen(len(step) * 0.4 + 0.1, number)
                + nop('<exec rtp_stream="resume"/>')
            )
        else:
            parts.append(listen(step, number))
    return "".join(parts)


def staying(stay: bool, patience: float) -> str:
    """Wait for the other side's BYE, and hang up when it does not come."""
    return listen(patience, BYE - 1) if stay else ""


def listen(seconds: float, number: int) -> str:
    """Wait so long for a BYE; go on at the label `number` when none comes."""
    wait = f'timeout="{milliseconds(seconds)}" ontimeout="{number}" next="{GOT_BYE}"'
    return f'<recv request="BYE" {wait}/>\n{label(number)}'


def got_bye() -> str:
    """The other side hung up."""
    return "".join(
        (
            label(GOT_BYE),
            nop('<log message="bye them"/>'),
            send(reply("200 OK", ""), f'next="{END}"'),
        )
    )


def request(
    method: str, uri: str, to: str, number: str, cseq: int, body: str = "", *, peer: bool = False
) -> str:
    """A request of the caller. One branch for each CSeq, as ACK and CANCEL need the INVITE's."""
    branch = f"z9hG4bK-[pid]-[call_number]-{cseq}{'-ack' if uri == '[next_url]' else ''}"
    return "\n".join(
        (
            f"{method} {uri} SIP/2.0",
            f"Via: SIP/2.0/[transport] [local_ip]:[local_port];branch={branch}",
            *(["[routes]"] if uri == "[next_url]" else []),
            f'From: "{number}" <sip:{number}@[local_ip]:[local_port]>;tag=[pid]-[call_number]',
            f"To: <{to}>{'[peer_tag_param]' if peer else ''}",
            "Call-ID: [call_id]",
            f"CSeq: {cseq} {method}",
            f"Contact: <sip:{number}@[local_ip]:[local_port];transport=[transport]>",
            "Max-Forwards: 70",
            *(["Content-Type: application/sdp"] if body else []),
            "Content-Length: [len]",
            "",
            body,
        )
    )


def reply(status: str, body: str, cseq: str = "[last_CSeq:]") -> str:
    """A reply to the last request."""
    return "\n".join(
        (
            f"SIP/2.0 {status}",
            "[last_Via:]",
            "[last_Record-Route:]",
            "[last_From:]",
            "[last_To:];tag=[pid]-[call_number]",
            "[last_Call-ID:]",
            cseq,
            "Contact: <sip:[local_ip]:[local_port];transport=[transport]>",
            *(["Content-Type: application/sdp"] if body else []),
            "Content-Length: [len]",
            "",
            body,
        )
    )


def farewell() -> str:
    """The BYE of the side that was called: From and To change places."""
    return "\n".join(
        (
            "BYE [next_url] SIP/2.0",
            "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]",
            "[routes]",
            "From:[$desk];tag=[pid]-[call_number]",
            "To:[$caller]",
            "Call-ID: [call_id]",
            "CSeq: 1 BYE",
            "Max-Forwards: 70",
            "Content-Length: 0",
            "",
            "",
        )
    )


def send(message: str, attributes: str = "") -> str:
    """One message to send. SIPp wants the empty line before the body, even when there is none."""
    return f"<send {attributes}><![CDATA[\n\n{message}\n]]></send>\n"


def said(text: str) -> str:
    """An action that logs."""
    return f'<action><log message="{text}"/></action>'


def nop(actions: str) -> str:
    """Actions without a message."""
    return f"<nop><action>{actions}</action></nop>\n"


def label(number: int) -> str:
    """A place to jump to."""
    return f'<label id="{number}"/>\n'


def milliseconds(seconds: float) -> int:
    """SIPp's unit; it knows no time-out of 0."""
    return max(1, round(seconds * 1000))
