"""The command line as a thing: by the lists, over either way."""

from __future__ import annotations

from typing import Any, cast

import pytest

from stasis.ami import ActionFailed, Ami, actions
from stasis.ami.answers import CommandOutput
from stasis.config import AsteriskConfig, CliConfig
from stasis.pbx import BadValue, Denied, Pbx, Refused
from tests.pbx.fake_ami import FakeAmi


def pbx(answer: Any, **cli: Any) -> tuple[Pbx, FakeAmi]:
    ami = FakeAmi({actions.Command: answer})
    return Pbx(AsteriskConfig(cli=CliConfig(**cli)), ami=cast(Ami, ami)), ami


async def test_its_lines_are_what_asterisk_prints() -> None:
    one, ami = pbx(CommandOutput(output=("Asterisk 22.10.1", "")))
    assert await one.command.run("core  show\tversion") == ["Asterisk 22.10.1", ""]
    assert ami.asked == [actions.Command(command="core show version")]


async def test_what_the_lists_refuse_is_not_sent() -> None:
    one, ami = pbx(CommandOutput())
    with pytest.raises(Denied, match="'core stop now' is not on the allow list"):
        await one.command.run("core stop now")
    assert ami.asked == []


async def test_what_asterisk_does_not_know_is_refused_with_its_words() -> None:
    one, _ = pbx(ActionFailed("Command", "Command output follows", ["No such command 'x show'"]))
    with pytest.raises(Refused, match="No such command 'x show'"):
        await one.command.run("x show")


@pytest.mark.parametrize("line", ["", "core show version\n", "core\x00show", "x" * 901])
async def test_a_line_that_is_none_is_refused(line: str) -> None:
    one, ami = pbx(CommandOutput())
    with pytest.raises(BadValue):
        await one.command.run(line)
    assert ami.asked == []
