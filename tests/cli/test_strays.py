"""`stasis strays`: what is told of strays, and what closing them sends."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import pytest

from stasis.ari import Ari
from stasis.cli.look import Looked, Row
from stasis.cli.strays import close, show, spoken
from tests.answers import Answers

Cli = Callable[..., Any]

TOKEN = "d" * 16
BRIDGE = Row("asterisk", "bridge", f"bridge-ivr-{TOKEN}-1-0", "ivr", TOKEN, 61, "desk, 1 inside")
CHANNEL = Row("asterisk", "channel", f"channel-ivr-{TOKEN}-1-0", "ivr", TOKEN, 5, "PJSIP/bob, Up")
CALL = Row("asterisk", "call", "17.1", "ivr", TOKEN, None, "waits for a process; Ivr.menu")


class TestClose:
    async def test_channels_are_hung_up_and_then_bridges_destroyed(self) -> None:
        answers = Answers()
        assert await close(Ari(answers), [BRIDGE, CHANNEL]) == []
        assert answers.requests == [
            f"DELETE /channels/{CHANNEL.id}",
            f"DELETE /bridges/{BRIDGE.id}",
        ]

    async def test_what_has_gone_meanwhile_is_closed(self) -> None:
        answers = Answers()
        answers.refuse("DELETE", 404)
        assert await close(Ari(answers), [BRIDGE, CHANNEL]) == []

    async def test_one_that_cannot_be_closed_is_told_and_keeps_none_from_it(self) -> None:
        answers = Answers()
        answers.refuse("DELETE /channels", 500, "broken")
        (line,) = await close(Ari(answers), [BRIDGE, CHANNEL])
        assert line.startswith(f"{CHANNEL.id}: ")
        assert answers.requests[-1] == f"DELETE /bridges/{BRIDGE.id}"


class TestShown:
    def test_each_with_its_call_age_and_more(self, capsys: pytest.CaptureFixture[str]) -> None:
        show(Looked([CHANNEL, BRIDGE], [CALL], {"sales": 3}), several=False)
        told = capsys.readouterr()
        head, *rows = (line.split() for line in told.out.splitlines())
        assert head == ["kind", "id", "app", "call", "age", "about"]
        assert rows[0] == ["channel", CHANNEL.id, "ivr", TOKEN, "5", "s", "PJSIP/bob,", "Up"]
        assert rows[1][4:6] == ["1", "min"]
        assert rows[2][:3] == ["call", "17.1", "ivr"]
        assert "no strays" not in told.out
        assert "calls that wait: 1; the next `stasis run` goes on with them" in told.err
        assert "sales: 3 left out" in told.err

    def test_nothing_is_told_as_nothing(self, capsys: pytest.CaptureFixture[str]) -> None:
        show(Looked([], [], {}), several=False)
        assert capsys.readouterr() == ("no strays\n", "")

    def test_of_several_asterisks_each_is_named(self, capsys: pytest.CaptureFixture[str]) -> None:
        show(Looked([BRIDGE], [], {}), several=True)
        head, row = capsys.readouterr().out.splitlines()
        assert (head.split()[0], row.split()[0]) == ("server", "asterisk")

    @pytest.mark.parametrize(
        ("seconds", "text"),
        [(None, ""), (0, "0 s"), (59, "59 s"), (3599, "59 min"), (86_399, "23 h"), (90_000, "1 d")],
    )
    def test_an_age_in_its_largest_unit(self, seconds: int | None, text: str) -> None:
        assert spoken(seconds) == text


def test_an_asterisk_that_is_not_there_is_told(cli: Cli) -> None:
    done = cli("strays", env={"STASIS_ASTERISK_URL": "http://127.0.0.1:1/ari"})
    assert (done.returncode, "stasis doctor" in done.stderr) == (1, True)
