"""What switches off on the server, as it is written there."""

from __future__ import annotations

import pytest

from stasis.pbx.switch_off import script


def test_it_waits_and_then_gives_the_commands():
    found = script(["pjsip set logger off", "core set debug off"], 60)
    assert [application for application, _ in found] == [
        "Set",
        "Answer",
        "Wait",
        "System",
        "System",
        "Hangup",
    ]
    assert found[2][1] == "60"
    assert found[3][1].endswith("asterisk -rx 'pjsip set logger off'")


@pytest.mark.parametrize(
    "line", ["a'; reboot; '", "a\nb", "a,b", "a;b", "${SHELL(id)}", "$(id)", ""]
)
def test_nothing_goes_to_a_shell_that_means_something_there(line: str):
    with pytest.raises(ValueError, match="shell"):
        script([line], 60)
