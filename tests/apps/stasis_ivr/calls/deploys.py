"""Calls during which the program ends, as by `kill -9`, and a new one goes on with them."""

from __future__ import annotations

from tests.apps.stasis_ivr.calls.row import Row

__all__ = ["DEPLOYS"]

BOTH = "alice@2 bob@2"

DEPLOYS = (
    Row("in a menu, it is said again", "menu:main", "1s deploys 1s #", "main@0 main@1 bye@2.1"),
    Row("after the prompt too", "menu:main", "6s deploys 1s #", "main@0 main@6 bye@7.1"),
    Row(
        "tries are counted anew",
        "menu:main",
        "1s 7 5s deploys",
        "main@0 wrong@1.6 main@3.6 main@6.2 silent main silent main bye",
    ),
    Row(
        "a key just before counts for the old menu",
        "menu:main",
        "1s 1 deploys 1s 2 1s 2",
        "main@0 sub@1.1 sub@1.2 deep@2.3 bye@3.5",
    ),
    Row(
        "half a number is forgotten",
        "menu:codes",
        "1s 2 deploys 1s 12",
        "codes@0 codes@1.2 two@2.5",
    ),
    Row("twice", "menu:main", "1s deploys 1s deploys 1s #", "main@0 main@1 main@2 bye@3.1"),
    Row(
        "in an announcement, it is said again",
        "play:leaving",
        "1s deploys",
        "bye@0 bye@1 dialplan@3",
        "goes-on",
    ),
    Row(
        "before a desk, it is said again",
        "desk:sales",
        "1s deploys alice:answers alice:talks alice:hangs-up",
        "hold@0 hold@1 bye@3",
        rings="alice@3 bob@3",
    ),
    Row(
        "phones ring on",
        "desk:sales",
        "5s deploys alice:rings 1s alice:answers alice:talks bob:gone alice:hangs-up",
        "hold@0 bye@6",
        rings=BOTH,
    ),
    Row(
        "and are given up when their time is over",
        "desk:plain",
        "5s deploys",
        ends="hung-up@10",
        rings="alice@0",
    ),
    Row(
        "they are busy",
        "desk:sales",
        "3s deploys 1s alice:busy bob:busy",
        "hold@0 busy@4",
        rings=BOTH,
    ),
    Row(
        "music begins again",
        "desk:dance",
        "6s deploys 1s alice:answers alice:talks alice:hangs-up",
        "hold@0 sorry@2 music:jazz@4 music:jazz@6",
        "hung-up@7",
        rings="alice@4",
    ),
    Row(
        "the caller gives up after it",
        "desk:sales",
        "3s deploys 1s hangs-up alice:gone bob:gone",
        "hold@0",
        "gave-up@4",
        rings=BOTH,
    ),
    Row(
        "a conversation goes on",
        "desk:sales",
        "alice:answers 1s deploys alice:talks 5s alice:talks alice:hangs-up",
        "hold@0 bye@8",
        rings=BOTH,
    ),
    Row(
        "when the caller hangs up after it, so do we",
        "desk:sales",
        "alice:answers 1s deploys 1s hangs-up alice:gone",
        "hold@0",
        "gave-up@4",
        rings=BOTH,
    ),
    Row(
        "digits are known after it",
        "menu:main",
        "1s 512 1s deploys 512:answers 512:talks 512:hangs-up",
        "main@0 transfer@1.5 transfer@2.6",
        rings="512@4.6",
    ),
    Row(
        "before a message, it is said again",
        "message:office",
        "1s deploys 3s says:4",
        "intro@0 intro@1 kept@13 bye@15",
        keeps=1,
        lamp=1,
    ),
    Row(
        "a recording goes on, with all that was said",
        "message:office",
        "3s says:4 deploys 1s says:1",
        "intro@0 kept@14 bye@16",
        keeps=1,
        lamp=1,
    ),
    Row(
        "a hash ends it after the deploy",
        "message:office",
        "3s says:4 deploys 1s #",
        "intro@0 kept@8.1 bye@10.1",
        keeps=1,
        lamp=1,
    ),
    Row(
        "who hangs up after it has left a message",
        "message:office",
        "3s says:4 deploys 1s hangs-up",
        "intro@0",
        "gave-up@8",
        keeps=1,
        lamp=1,
    ),
    Row(
        "who has said nothing has left none",
        "message:office",
        "3s deploys 1s hangs-up",
        "intro@0",
        "gave-up@4",
    ),
    Row(
        "tries of a message are counted through it",
        "message:office",
        "8s deploys",
        "intro@0 short@7 short@8",
        "hung-up@15",
    ),
    Row(
        "a message that was kept is not counted twice",
        "message:office",
        "3s says:4 6s deploys",
        "intro@0 kept@12 kept@13 bye@15",
        keeps=1,
        lamp=1,
    ),
    Row(
        "nor when the caller hangs up after it",
        *("message:office", "3s says:4 6s deploys 0.5s hangs-up", "intro@0 kept@12 kept@13"),
        ends="gave-up@13.5",
        keeps=1,
        lamp=1,
    ),
    # The next program has another file, which has none of the parts.
    Row(
        "a menu that is gone", "menu:main", "1s deploys:bare 1s 1", "main@0 moved@1", "hung-up@2.1"
    ),
    Row(
        "an announcement that is gone",
        "play:news",
        "1s deploys:bare 1s 1",
        "news@0 moved@1",
        "hung-up@2.1",
    ),
    Row(
        "phones of a desk that is gone ring on",
        "desk:plain",
        "1s deploys:bare 1s alice:answers alice:talks alice:hangs-up",
        "",
        "hung-up@2",
        rings="alice@0",
    ),
    Row(
        "a conversation of a desk that is gone, and where it led",
        "desk:back",
        "alice:answers 1s deploys:bare alice:talks alice:hangs-up 1s 1",
        "moved@1",
        rings="alice@0",
    ),
    Row(
        "a message that is gone is kept",
        "message:free",
        "3s says:4 deploys:bare # 3s 1",
        "intro@0 kept@7.1 moved@9.1",
        "hung-up@10.3",
        keeps=1,
    ),
    Row(
        "an announcement before a desk that is gone",
        *("desk:sales", "1s deploys:bare 1s 1", "hold@0 moved@1", "hung-up@2.1"),
    ),
    Row(
        "an announcement before a message that is gone",
        *("message:office", "1s deploys:bare 1s 1", "intro@0 moved@1", "hung-up@2.1"),
    ),
    Row(
        "nobody answers at a desk that is gone, and neither is there what came then",
        *("desk:back", "1s deploys:bare 5s 1", "moved@5", "hung-up@6.1"),
        rings="alice@0",
    ),
)
