"""A flow's failure on one line: what, in which state, and where in its own code."""

from __future__ import annotations

from stasis import Event, Flow
from stasis.testing import Asterisk, virtual_time
from stasis.testing.failure import in_words


class Raises(Flow):
    async def menu(self, event: Event) -> None:
        await self.channel.answer()
        await self.channel.play("nonsense")

    start = menu


@virtual_time
async def test_the_line_is_the_flows_own_not_the_engines():
    async with Asterisk(Raises) as asterisk:
        caller = await asterisk.call()
        await caller.is_hung_up()
        await asterisk.turn()
        error = caller.failure
        assert error is not None
        line = Raises.menu.__code__.co_firstlineno + 2
        words = in_words(error, "menu")
        assert words.endswith(f" in state 'menu', test_failure.py:{line}")
        assert words.startswith("InvalidRequest: ")


def test_an_error_without_a_place_is_its_text():
    assert in_words(KeyError("x")) == "KeyError: 'x'"
