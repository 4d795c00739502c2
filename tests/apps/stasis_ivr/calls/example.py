"""Calls through the example that comes with stasis: `default.toml` of the IVR, as it is."""

from __future__ import annotations

from functools import partial

from tests.apps.stasis_ivr.calls.row import Row

__all__ = ["EXAMPLE"]

Call = partial(Row, start="hours:office", file="example")
MAIN = "basic-pbx-ivr-main@0"
HOLD = "pls-hold-while-try"
NOBODY = "vm-nobodyavail"

EXAMPLE = (
    Call("open, and the caller says goodbye", does="1s #", hears=f"{MAIN} vm-goodbye@1.1"),
    Call(
        "closed at Christmas, and a message is left",
        at="2026-12-25 12:00",
        does="5s says:4",
        hears=f"{NOBODY}@0 vm-intro@2 vm-msgsaved@14 vm-goodbye@16",
        keeps=1,
    ),
    Call(
        "closed on New Year's Day, and nothing is said",
        at="2027-01-01 12:00",
        hears=f"{NOBODY}@0 vm-intro@2 vm-tooshort@9.5 vm-intro@11.5",
        ends="hung-up@19",
    ),
    Call(
        "one, and sales answers",
        does="1s 1 bob:answers bob:talks alice:gone 5s bob:hangs-up",
        hears=f"{MAIN} {HOLD}@1.1",
        rings="alice@3.1 bob@3.1",
        ends="hung-up@8.1",
    ),
    Call(
        "one, and sales is busy",
        does="1s 1 4s hangs-up",
        hears=f"{MAIN} {HOLD}@1.1 {NOBODY}@3.1 vm-intro@5.1",
        phones="alice=busy bob=busy",
        rings="alice@3.1 bob@3.1",
        ends="gave-up",
    ),
    Call(
        "two, and support is not there",
        does="1s 2 23s hangs-up",
        hears=f"{MAIN} {HOLD}@1.1 {NOBODY}@23.1",
        rings="bob@3.1",
        ends="gave-up",
    ),
    Call(
        "three, a message for accounting",
        does="1s 3 3s says:3 #",
        hears=f"{MAIN} vm-intro@1.1 vm-msgsaved@7.3 vm-goodbye@9.3",
        keeps=1,
    ),
    Call(
        "four, there is no directory",
        does="1s 4 5s 0 alice:answers alice:hangs-up",
        hears=f"{MAIN} im-sorry@1.1 feature-not-avail-line@2.1 basic-pbx-ivr-main@4.1",
        rings="alice@6.3",
    ),
    Call(
        "an extension that does not answer",
        does="1s 6001 23s #",
        hears=f"{MAIN} transfer@1.7 number-not-answering@23.7 vm-goodbye@25.7",
        rings="6001@3.7",
    ),
    Call(
        "an extension that answers",
        does="1s 6001 6001:answers 6001:talks 6001:hangs-up",
        hears=f"{MAIN} transfer@1.7",
        rings="6001@3.7",
    ),
    Call(
        "a star says it again",
        does="1s * 1s #",
        hears=f"{MAIN} basic-pbx-ivr-main@1.1 vm-goodbye@2.3",
    ),
    Call(
        "a letter is no choice",
        does="1s B 1s #",
        hears=f"{MAIN} pm-invalid-option@1.6 vm-goodbye@2.3",
    ),
    Call(
        "silence leads to the operator",
        does="alice:answers alice:talks 1s alice:hangs-up",
        hears=f"{MAIN} basic-pbx-ivr-main@7 basic-pbx-ivr-main@14",
        rings="alice@21",
        ends="hung-up@22",
    ),
    Call(
        "whom nobody reaches",
        phones="alice=unreachable",
        does="24s hangs-up",
        hears=f"{MAIN} basic-pbx-ivr-main@7 basic-pbx-ivr-main@14 {NOBODY}@21 vm-intro@23",
        ends="gave-up@24",
    ),
)
