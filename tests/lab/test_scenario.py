"""SIPp scenarios are well-formed, end in every way, and refuse what SIPp cannot do."""

import re
from xml.etree import ElementTree

import pytest

from stasis.lab import scenario
from stasis.lab.scenario import Script, callee, caller


def call(script: Script = (), cancel_after: float | None = None, stay: bool = False) -> str:
    return caller(
        "8001",
        script,
        number="100",
        stream="/tmp/a&b.ulaw",
        patience=30.0,
        cancel_after=cancel_after,
        stay=stay,
    )


def desk(script: Script = (), status: int = 200) -> str:
    return callee(script, ring=0.5, status=status, stream="/tmp/a.ulaw", patience=30.0)


ALL = [
    call(),
    call([1.0, "12#", 0.5]),
    call(stay=True),
    call(cancel_after=2.0),
    desk(),
    desk([1.0]),
    desk(status=486),
    desk(status=0),
]


@pytest.mark.parametrize("text", ALL)
def test_every_scenario_is_xml_whose_jumps_have_a_place(text: str) -> None:
    tree = ElementTree.fromstring(text.split("\n", 1)[1])
    labels = {each.get("id") for each in tree.iter("label")}
    jumps = {each.get(name) for each in tree.iter() for name in ("next", "ontimeout")} - {None}
    assert jumps <= labels


def test_a_script_waits_and_presses_in_order() -> None:
    text = call([1.5, "12#", 2.0])
    assert re.findall(r'play_dtmf="([^"]*)"|recv request="BYE" timeout="(\d+)"', text) == [
        ("", "1500"),
        ("12#", ""),
        ("", "1300"),
        ("", "2000"),
    ]


def test_a_bye_of_the_other_side_is_accepted_at_every_step() -> None:
    tree = ElementTree.fromstring(call([1.0, "1", 2.0], stay=True).split("\n", 1)[1])
    byes = [each for each in tree.iter("recv") if each.get("request") == "BYE"]
    assert len(byes) == 4
    assert {each.get("next") for each in byes} == {str(scenario.GOT_BYE)}


def test_cancelling_comes_so_many_seconds_after_the_call_is_heard_of() -> None:
    tree = ElementTree.fromstring(call(cancel_after=2.0).split("\n", 1)[1])
    until_answered = [each for each in tree.iter("recv") if each.get("ontimeout") == "9005"]
    waits = {each.get("response"): each.get("timeout") for each in until_answered}
    # SIPp waits at these two before, and at one of the others after the first of 180 and 183.
    assert (waits.pop("100"), waits.pop("180")) == ("30000", "30000")
    assert waits.keys() >= {"183", "486", "200"} and set(waits.values()) == {"2000"}


def test_a_desk_cannot_press_digits() -> None:
    with pytest.raises(ValueError, match="take Baresip"):
        desk(["1"])


def test_a_refusing_desk_never_answers() -> None:
    assert "SIP/2.0 486 Refused" in desk(status=486)
    assert 'message="answered"' not in desk(status=486)
    assert "SIP/2.0 603" not in desk(status=0)
