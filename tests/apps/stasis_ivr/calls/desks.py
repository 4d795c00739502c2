"""Calls to desks: who answers, who does not, and who hangs up first."""

from __future__ import annotations

from tests.apps.stasis_ivr.calls.row import Row

__all__ = ["DESKS"]

BOTH = "alice@2 bob@2"

DESKS = (
    # Two phones ring together.
    Row(
        "who answers talks, and the other phone is quiet",
        *("desk:sales", "alice:answers alice:talks bob:gone 5s alice:hangs-up", "hold@0 bye@7"),
        rings=BOTH,
    ),
    Row(
        "the second one may be the first to answer",
        *("desk:sales", "alice:rings 3s bob:answers bob:talks alice:gone 2s bob:hangs-up"),
        *("hold@0 bye@7",),
        rings=BOTH,
    ),
    Row(
        "the first answer wins",
        *("desk:sales", "6s alice:talks bob:gone 4s alice:hangs-up", "hold@0 bye@10"),
        phones="alice=answers:3 bob=answers:3.5",
        rings=BOTH,
    ),
    Row(
        "of two answers at the same moment one is taken",
        *("desk:sales", "6s bob:talks alice:gone bob:hangs-up", "hold@0 bye@6"),
        phones="bob=answers:3 alice=answers:3.001",
        rings=BOTH,
    ),
    Row(
        "nobody answers, and a message can be left",
        *("desk:sales", "25s says:4", "hold@0 intro@22 kept@34 bye@36"),
        rings=BOTH,
        keeps=1,
        lamp=1,
    ),
    Row(
        "an answer in the last second",
        *("desk:sales", "21.5s bob:answers bob:talks bob:hangs-up", "hold@0 bye@21.5"),
        rings=BOTH,
    ),
    Row(
        "two phones that do not even ring count as no answer",
        *("desk:sales", "23s hangs-up", "hold@0 intro@22", "gave-up@23"),
        phones="alice=silent bob=silent",
        rings=BOTH,
    ),
    Row(
        "both are busy",
        *("desk:sales", "", "hold@0 busy@2", "hung-up@4"),
        phones="alice=busy bob=busy",
        rings=BOTH,
    ),
    Row(
        "both are busy after a while",
        *("desk:sales", "alice:rings 3s alice:busy 2s bob:busy", "hold@0 busy@7", "hung-up@9"),
        rings=BOTH,
    ),
    Row(
        "one is busy, the other answers",
        *("desk:sales", "bob:rings 2s bob:answers bob:talks 1s bob:hangs-up", "hold@0 bye@5"),
        phones="alice=busy",
        rings=BOTH,
    ),
    Row(
        "one is busy, nobody answers the other",
        *("desk:sales", "23s hangs-up", "hold@0 intro@22", "gave-up@23"),
        phones="alice=busy",
        rings=BOTH,
    ),
    Row(
        "who declines is busy to the caller",
        *("desk:sales", "alice:rings 3s alice:declines bob:declines", "hold@0 busy@5"),
        rings=BOTH,
    ),
    Row(
        "neither is reachable",
        *("desk:sales", "", "hold@0 away@2", "hung-up@4"),
        phones="alice=unreachable bob=unreachable",
    ),
    Row(
        "one is reachable, and answers",
        *("desk:sales", "bob:answers bob:talks 3s bob:hangs-up", "hold@0 bye@5"),
        phones="alice=unreachable",
        rings="bob@2",
    ),
    Row(
        "one is not reachable, the other busy",
        *("desk:sales", "", "hold@0 busy@2"),
        phones="alice=unreachable bob=busy",
        rings="bob@2",
    ),
    Row(
        "one is not reachable, nobody answers the other",
        *("desk:sales", "23s hangs-up", "hold@0 intro@22", "gave-up@23"),
        phones="alice=unreachable",
        rings="bob@2",
    ),
    # The caller leaves.
    Row("giving up before it rings", "desk:sales", "1s hangs-up", "hold@0", "gave-up@1"),
    Row(
        "giving up while it rings ends the ringing",
        *("desk:sales", "5s hangs-up alice:gone bob:gone", "hold@0", "gave-up@5"),
        rings=BOTH,
    ),
    Row(
        "the caller hangs up first",
        *("desk:sales", "alice:answers 9s alice:talks hangs-up alice:gone", "hold@0", "gave-up@11"),
        rings=BOTH,
    ),
    Row(
        "the caller hangs up the moment somebody answers",
        *("desk:sales", "alice:answers hangs-up alice:gone bob:gone", "hold@0", "gave-up@2"),
        rings=BOTH,
    ),
    # A desk with nothing but a phone.
    Row(
        "nobody answers, and nothing else is there",
        "desk:plain",
        rings="alice@0",
        ends="hung-up@10",
    ),
    Row(
        "busy, and nothing else is there",
        "desk:plain",
        phones="alice=busy",
        rings="alice@0",
        ends="hung-up@0",
    ),
    Row(
        "not reachable, and nothing else is there",
        "desk:plain",
        phones="alice=unreachable",
        ends="hung-up@0",
    ),
    Row(
        "when the desk hangs up, so do we",
        *("desk:plain", "alice:answers alice:talks 3s alice:hangs-up"),
        rings="alice@0",
        ends="hung-up@3",
    ),
    Row(
        "a conversation of hours",
        *("desk:plain", "alice:answers 9000s alice:talks alice:hangs-up"),
        rings="alice@0",
        ends="hung-up@9000",
    ),
    # Where a call goes then.
    Row(
        "after a conversation, the menu",
        *("desk:back", "alice:answers 3s alice:hangs-up 1s 0", "main@3"),
        rings="alice@0",
        ends="hung-up@4.1",
    ),
    Row(
        "a choice that leads to a desk",
        "menu:main",
        "1s 3 alice:answers 1s alice:hangs-up",
        "main@0 hold@1.1 bye@4.1",
        rings="alice@3.1 bob@3.1",
    ),
    Row(
        "no answer leads to a menu, and from there out",
        *("desk:back", "", "deep@5 dialplan@12", "goes-on@13"),
        rings="alice@0",
    ),
    Row(
        "no answer leads to another desk, where somebody answers, and on in the dialplan",
        *("desk:chain", "bob:answers bob:talks alice:gone 4s bob:hangs-up", "dialplan@9"),
        ends="goes-on@10",
        rings="alice@0 bob@5",
    ),
    Row(
        "busy leads to another desk, and nobody is there either",
        *("desk:chain", "", "away@5"),
        phones="alice=busy",
        rings="alice@0 bob@0",
    ),
    Row(
        "not reachable leads to another desk",
        *("desk:chain", "bob:answers 2s bob:talks hangs-up bob:gone"),
        ends="gave-up@2",
        phones="alice=unreachable",
        rings="bob@0",
    ),
    # What is heard before.
    Row(
        "music instead of ringing",
        *("desk:dance", "", "hold@0 sorry@2 music:jazz@4 bye@14"),
        rings="alice@4",
    ),
    Row(
        "music ends with the answer",
        *("desk:dance", "alice:answers alice:talks 1s alice:hangs-up"),
        *("hold@0 sorry@2 music:jazz@4",),
        ends="hung-up@5",
        rings="alice@4",
    ),
    Row(
        "an announcement that is missing rings at once",
        *("desk:unsaid", "alice:answers alice:talks 2s alice:hangs-up"),
        rings="alice@0",
        ends="hung-up@2",
    ),
    # Extensions by what was pressed.
    Row(
        "an extension",
        *("menu:main", "1s 512 512:answers 512:talks 3s 512:hangs-up", "main@0 transfer@1.5"),
        rings="512@3.5",
        ends="hung-up@6.5",
    ),
    Row(
        "an extension where nobody answers, and another one",
        *(
            "menu:main",
            "1s 512 13s 513 513:answers 513:talks 1s 513:hangs-up",
        ),
        *("main@0 transfer@1.5 main@13.5 transfer@15.1",),
        rings="512@3.5 513@17.1",
    ),
    Row(
        "an extension that is busy leads where no answer does",
        *("menu:main", "1s 512 3s 0", "main@0 transfer@1.5 main@3.5"),
        phones="512=busy",
        rings="512@3.5",
    ),
    Row(
        "an extension that does not exist",
        *("menu:main", "1s 599", "main@0 transfer@1.5 away@3.5"),
        phones="599=unreachable",
    ),
    Row("an extension that nobody has pressed", "desk:extension", "", "transfer@0 away@2"),
)
