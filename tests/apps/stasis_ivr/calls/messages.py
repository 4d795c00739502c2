"""Calls that leave a message: kept, too short, silent, and hung up during it."""

from __future__ import annotations

from tests.apps.stasis_ivr.calls.row import Row

__all__ = ["ANNOUNCEMENTS", "MESSAGES"]

MESSAGES = (
    # message:office: five seconds of silence end it, less than two of talking are too short.
    Row(
        "silence ends a message, and it is kept",
        *("message:office", "3s says:4", "intro@0 kept@12 bye@14", "hung-up@16"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "a hash ends it at once",
        *("message:office", "3s says:4 #", "intro@0 kept@7.1 bye@9.1"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "other keys do not",
        *("message:office", "3s says:4 5* says:1", "intro@0 kept@13.4 bye@15.4"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "a hash during the announcement ends nothing",
        *("message:office", "1s # 2s says:4", "intro@0 kept@12.2 bye@14.2"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "pauses do not end it",
        *("message:office", "3s says:2 4.5s says:2", "intro@0 kept@16.5 bye@18.5"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "a late beginning",
        *("message:office", "6.5s says:3", "intro@0 kept@14.5 bye@16.5"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "the longest there is",
        *("message:office", "3s says:60", "intro@0 kept@32 bye@34"),
        keeps=1,
        lamp=1,
    ),
    Row("nothing is said, twice", "message:office", "", "intro@0 short@7", "hung-up@14"),
    Row(
        "too short is asked for again",
        *("message:office", "3s says:0.5 8s says:3", "intro@0 short@8.5 kept@19.5 bye@21.5"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "too short, and then nothing",
        *("message:office", "3s says:0.5", "intro@0 short@8.5", "hung-up@15.5"),
    ),
    Row(
        "a hash at once is too short, and no answer to anything",
        *("message:office", "2.5s # 4s says:3 #", "intro@0 short@2.6 kept@9.8 bye@11.8"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "whoever hangs up during a message has left it",
        *("message:office", "3s says:4 hangs-up", "intro@0", "gave-up@7"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "whoever hangs up after a word has not",
        *("message:office", "3s says:0.5 2s hangs-up", "intro@0", "gave-up@5.5"),
    ),
    Row(
        "nor who says nothing",
        *("message:office", "4s hangs-up", "intro@0", "gave-up@4"),
    ),
    Row(
        "hanging up during the announcement leaves nothing",
        *("message:office", "1s hangs-up", "intro@0", "gave-up@1"),
    ),
    Row(
        "hanging up when asked again leaves nothing",
        *("message:office", "3s says:0.5 6s hangs-up", "intro@0 short@8.5", "gave-up@9.5"),
    ),
    Row(
        "hanging up in the second try keeps the second",
        *("message:office", "3s says:0.5 8s says:3 hangs-up", "intro@0 short@8.5", "gave-up@14.5"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "hanging up when it was kept counts once",
        *("message:office", "3s says:4 6s hangs-up", "intro@0 kept@12", "gave-up@13"),
        keeps=1,
        lamp=1,
    ),
    # message:free: silence does not end it, ten seconds do; less than three are too short.
    Row(
        "where silence counts, saying nothing is a message",
        *("message:free", "", "intro@0 kept@12 deep@14 dialplan@21", "goes-on"),
        keeps=1,
    ),
    Row(
        "three tries, all too short",
        *("message:free", "3s # 3s # 3s #", "intro@0 short@3.1 short@6.3 deep@9.5 dialplan@16.5"),
        ends="goes-on",
    ),
    Row(
        "the third is long enough",
        *(
            "message:free",
            "3s # 3s # 6s #",
            "intro@0 short@3.1 short@6.3 kept@12.5 deep@14.5 dialplan@21.5",
        ),
        ends="goes-on",
        keeps=1,
    ),
    Row(
        "a choice that leads to a message",
        "menu:main",
        "1s 4 8s 12s",
        "main@0 intro@1.1 short@8.1",
        "hung-up@15.1",
    ),
    # message:once, without a word, and message:anything.
    Row(
        "nothing is said before or after",
        *("message:once", "1s says:2", "bye@7"),
        keeps=1,
    ),
    Row("a single try", "message:once", "", "bye@4"),
    Row("anything is kept", "message:anything", "", "kept@3", keeps=1),
    Row(
        "even of a caller who hangs up at once",
        "message:anything",
        "hangs-up",
        ends="gave-up@0",
        keeps=1,
    ),
    # What Asterisk refuses.
    Row(
        "a format that Asterisk does not know is a failure",
        *("message:unknown", "", "intro@0 im-sorry@2", "failed@3"),
        error="Unprocessable",
    ),
    Row(
        "a recording that cannot be begun",
        *("message:office", "refuse:500:POST:record", "intro@0 im-sorry@2", "failed@3"),
        error="ServerError",
    ),
    Row(
        "a message whose file is not found was not kept, and nothing else is claimed",
        *("message:office", "refuse:404:GET:stored 3s says:4", "intro@0", "hung-up@12"),
        keeps=1,
    ),
    Row(
        "one that cannot be looked up is kept",
        *("message:office", "refuse:500:GET:stored 3s says:4", "intro@0 kept@12 bye@14"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "one that cannot be deleted is asked for again all the same",
        *(
            "message:office",
            "3s says:0.5 refuse:500:DELETE:stored 8s says:3",
            "intro@0 short@8.5 kept@19.5 bye@21.5",
        ),
        keeps=2,
        lamp=1,
    ),
    Row(
        "the first message of a mailbox",
        *("message:office", "refuse:404:GET:mailboxes 3s says:4", "intro@0 kept@12 bye@14"),
        keeps=1,
        lamp=1,
    ),
    Row(
        "a mailbox that cannot be counted does not lose the message",
        *("message:office", "refuse:500:PUT:mailboxes 3s says:4", "intro@0 kept@12 bye@14"),
        keeps=1,
    ),
)

ANNOUNCEMENTS = (
    Row(
        "numbers, digits and letters",
        "play:numbers",
        "",
        "number:42@0 digits:12@1 characters:ab@2 bye@3",
    ),
    Row("one that is missing among others", "play:broken", "", "news@0 bye@2 bye@4"),
    Row("one that is missing alone", "play:missing", "", "bye@0", "hung-up@2"),
    Row("one that never ends is left", "play:endless", "", "tone:440@0 bye@300"),
    Row("a recording that is not there is never heard of", "play:kept", "", "bye@300"),
    Row(
        "the last word, and on in the dialplan", "play:leaving", "", "bye@0 dialplan@2", "goes-on@3"
    ),
    Row("hanging up during it", "play:news", "1s hangs-up", "news@0", "gave-up@1"),
    Row("hanging up between two", "play:news", "2.5s hangs-up", "news@0 options@2", "gave-up@2.5"),
)
