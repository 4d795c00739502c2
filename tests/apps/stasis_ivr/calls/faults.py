"""Calls while something is wrong: a lost socket, and requests that Asterisk refuses."""

from __future__ import annotations

from tests.apps.stasis_ivr.calls.row import Row

__all__ = ["CUTS", "REFUSED"]

BOTH = "alice@2 bob@2"

CUTS = (
    # The event socket is lost: calls go on, and nobody hears of them.
    Row("a prompt plays on", "menu:main", "1s cut:2 3s #", "main@0 bye@4.1"),
    Row(
        "a key is lost that nobody heard",
        "menu:main",
        "1s cut:3 1s # 3s 0",
        "main@0",
        "hung-up@5.3",
    ),
    Row(
        "a prompt that ended meanwhile has ended",
        "menu:main",
        "3s cut:3 5s 0",
        "main@0",
        "hung-up@8.1",
    ),
    Row(
        "an announcement that ended meanwhile leads on",
        "play:leaving",
        "1s cut:5",
        "bye@0 dialplan@6",
        "goes-on@7",
    ),
    Row(
        "a caller who leaves meanwhile has left",
        "menu:main",
        "1s cut:5 1s hangs-up",
        "main@0",
        "gave-up@2",
    ),
    Row(
        "phones ring on, and who answers afterwards talks",
        *(
            "desk:sales",
            "3s cut:3 4s alice:answers alice:talks bob:gone alice:hangs-up",
            "hold@0 bye@7",
        ),
        rings=BOTH,
    ),
    Row(
        "who answers meanwhile is lost, and the other phone rings on",
        *(
            "desk:sales",
            "3s cut:3 1s alice:answers 3s alice:gone bob:answers bob:talks bob:hangs-up",
            "hold@0 bye@7",
        ),
        rings=BOTH,
    ),
    Row(
        "who is busy meanwhile has not answered",
        *("desk:sales", "3s cut:3 1s alice:busy bob:busy 3s hangs-up", "hold@0 intro@6"),
        ends="gave-up",
        rings=BOTH,
    ),
    Row(
        "a desk that hangs up meanwhile has hung up",
        *("desk:sales", "alice:answers 1s cut:5 1s alice:talks alice:hangs-up", "hold@0 bye@8"),
        rings=BOTH,
    ),
    Row(
        "when the caller hangs up meanwhile, so do we at the desk",
        *("desk:sales", "alice:answers 1s cut:5 1s hangs-up 5s alice:gone", "hold@0"),
        ends="gave-up@4",
        rings=BOTH,
    ),
    Row(
        "a conversation goes on without a pause",
        *(
            "desk:sales",
            "alice:answers 1s cut:60 10s alice:talks 60s alice:talks alice:hangs-up",
            "hold@0 bye@73",
        ),
        rings=BOTH,
    ),
    Row(
        "nobody answers meanwhile",
        *("desk:plain", "8s cut:4"),
        rings="alice@0",
    ),
    Row(
        "a message is recorded on",
        "message:office",
        "3s cut:2 says:4",
        "intro@0 kept@12 bye@14",
        keeps=1,
        lamp=1,
    ),
    Row(
        "one that ended meanwhile is judged by its file",
        "message:office",
        "3s says:4 cut:6",
        "intro@0 kept@13 bye@15",
        keeps=1,
        lamp=1,
    ),
    Row(
        "and one that is too short by its file",
        "message:office",
        "2.5s cut:6 #",
        "intro@0 short@8.5",
    ),
    Row(
        "whoever hangs up meanwhile has left a message",
        *("message:office", "3s says:4 cut:5 hangs-up", "intro@0", "gave-up@7"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "three cuts in a row",
        "menu:main",
        "1s cut:0.5 1s cut:0.5 1s cut:0.5 1s #",
        "main@0 bye@4.1",
    ),
)

# Asterisk refuses: nobody is kept waiting, and where nothing helps there is an apology.
REFUSED = (
    # There is an apology and the call is hung up, or it goes on without what was refused.
    Row(
        "the answer",
        "menu:main",
        "refuse:500:POST:answer",
        "im-sorry@0",
        "failed@1",
        error="ServerError",
    ),
    Row("every prompt", "menu:main", "refuse:500:POST:play", "", "failed@0", error="ServerError"),
    Row(
        "one prompt",
        "menu:main",
        "refuse:500:POST:play:1",
        "im-sorry@0",
        "failed@1",
        error="ServerError",
    ),
    Row("the end of a prompt", "menu:main", "refuse:500:DELETE:playbacks 1s #", "main@0 bye@4"),
    Row(
        "what is kept of the call",
        "menu:main",
        "refuse:500:POST:variable 1s 1 1s 1 1s #",
        "main@0 sub@1.1 main@2.3 bye@3.5",
    ),
    Row(
        "the ringing that the caller hears",
        "desk:plain",
        "refuse:412:POST:ring alice:answers alice:talks 1s alice:hangs-up",
        rings="alice@0",
    ),
    Row(
        "its music",
        "desk:dance",
        "refuse:412:POST:moh alice:answers alice:talks 1s alice:hangs-up",
        "hold@0 sorry@2",
        rings="alice@4",
    ),
    Row(
        "calling a phone",
        "desk:sales",
        "refuse:400:POST:channels/channel-.*",
        "hold@0 im-sorry@2",
        "failed",
        error="InvalidParameter",
    ),
    Row(
        "the conversation",
        "desk:plain",
        "refuse:500:POST:addChannel alice:answers alice:gone",
        "im-sorry@0",
        "failed",
        rings="alice@0",
        error="ServerError",
    ),
    Row(
        "the room for it",
        "desk:plain",
        "refuse:500:POST:bridges alice:answers alice:gone",
        "im-sorry@0",
        "failed",
        rings="alice@0",
        error="ServerError",
    ),
    Row(
        "going on in the dialplan",
        "menu:main",
        "refuse:500:POST:continue 1s 9",
        "main@0 im-sorry@1.1",
        "failed@2.1",
        error="ServerError",
    ),
    Row(
        "hanging up, once", "menu:main", "refuse:500:DELETE:channels:1 1s 0", "main@0", "failed@1.1"
    ),
    Row(
        "hanging up, whatever is tried",
        "menu:main",
        "refuse:500:DELETE:channels 1s 0 5s hangs-up",
        "main@0",
        "gave-up@6.2",
    ),
)
