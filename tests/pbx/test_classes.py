"""The classes of events that our user hears: asked without being refused, and missing ones told."""

from __future__ import annotations

from collections.abc import Sequence

import pytest
from structlog.testing import capture_logs

from stasis.ami import Ami
from stasis.pbx import Refused
from stasis.pbx.classes import Classes, classes_of, must_hear, read_classes, unheard
from tests.ami.server import Answering, Server

# As 16 and 22 print it.
PRINTED = """
          username: narrow
            secret: <Set>
               ACL: no
         read perm: call,agent
        write perm: call,command
   displayconnects: yes
allowmultiplelogin: yes
         Variables:\x20
"""
NARROW = Classes(frozenset({"call", "agent"}), frozenset({"call", "command"}))


def asked(*, allowed: bool, printed: Sequence[str]) -> dict[str, Answering]:
    """What a server answers. allowed: whether the user may use the command line."""
    commands = ["Ping: Keepalive command. (Priv: <none>)"]
    if allowed:
        commands.append("Command: Execute Asterisk CLI Command. (Priv: command,all)")
    return {
        "ListCommands": lambda session, asked: session.answer(asked, *commands),
        "Command": lambda session, asked: session.answer(
            asked, *(f"Output: {each}" for each in printed)
        ),
    }


class TestReading:
    def test_what_16_and_22_print(self):
        assert read_classes(PRINTED.splitlines()) == NARROW

    def test_where_there_is_no_such_user_nothing_is_known(self):
        assert read_classes(["There is no manager called narrow"]) is None


class TestUnheard:
    @pytest.mark.parametrize(
        ("mask", "missing"),
        [
            ("on", ["security"]),
            ("call,agent", ["security"]),
            ("call", ["agent", "security"]),
            ("off", ["agent", "call", "security"]),
        ],
    )
    def test_the_user_and_the_mask_leave_out(self, mask: str, missing: list[str]):
        assert unheard(NARROW, mask, ["security", "call", "agent"]) == missing

    def test_all_is_all(self):
        every = Classes(frozenset({"all"}), frozenset())
        assert unheard(every, "all", ["security", "call"]) == []

    def test_what_is_not_known_is_not_missing(self):
        assert unheard(None, "on", ["security"]) == []
        assert unheard(None, "call", ["security"]) == ["security"]


class TestAsking:
    async def test_by_the_command_line(self):
        async with Server(**asked(allowed=True, printed=PRINTED.splitlines())) as server:
            async with Ami(server.config()) as ami:
                assert await classes_of(ami) == NARROW
                await must_hear(ami, "calls.x", "call")
                with pytest.raises(Refused, match=r"^security\.watch: .*'me'.* security: .*conf"):
                    await must_hear(ami, "security.watch", "security", "call")
            (command, *_) = [m for m in server.asked if m.get("Action") == "Command"]
            assert command.get("Command") == "manager show user me"

    async def test_who_may_not_is_not_refused_and_it_is_said(self):
        async with Server(**asked(allowed=False, printed=())) as server:
            async with Ami(server.config()) as ami:
                assert await classes_of(ami) is None
                with capture_logs() as logs:
                    await must_hear(ami, "security.watch", "security")
            assert "security if `read`" in logs[0]["event"]
            assert "Command" not in server.names(), "it would be an event for fail2ban's eyes"
