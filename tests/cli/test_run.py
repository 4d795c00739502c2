"""`stasis run`: what runs, on which Asterisk, and how to call it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stasis import Channel, Event, Flow
from stasis.cli.run import dialplan, on_lab, to_call
from stasis.config import Config
from stasis.lab.chroot import Chroot
from stasis.lab.lab import Lab
from stasis.lab.ports import block
from stasis.program import Program, app_of, checked_app


async def hello(channel: Channel) -> None: ...


class FrontDesk(Flow):
    async def menu(self, event: Event) -> None: ...

    start = menu


@pytest.fixture
def lab(tmp_path: Path) -> Lab:
    """The facts of a lab that does not run."""
    engine = Chroot("22", tmp_path)
    return Lab("22", "seeded", tmp_path, block(20_000), {"alice": "a-word"}, tmp_path, engine)


def test_an_application_is_named_after_its_flow() -> None:
    assert app_of(hello) == "hello"
    assert app_of(FrontDesk) == "front_desk"
    assert checked_app(app_of(FrontDesk)) == "front_desk"


def test_on_a_lab_address_user_and_password_are_the_labs(lab: Lab) -> None:
    asterisk = on_lab(Config(), lab).asterisk
    assert asterisk.url == "http://127.0.0.1:20000/ari"
    assert asterisk.username == lab.username
    assert asterisk.password.reveal() == lab.password


def test_a_lab_says_how_to_call_it(lab: Lab) -> None:
    """Where, with which phones, which extensions, and how without a phone."""
    programs = {"ivr": Program.of(FrontDesk), "desk": Program.of(FrontDesk)}
    text = "\n".join(to_call(lab, programs))
    assert "SIP phones, ready to register at 127.0.0.1:20001" in text
    assert "alice, password a-word" in text
    assert "dial 8001 for ivr" in text
    assert "dial stasis-desk for desk" in text
    assert "stasis call 8001" in text


def test_what_wants_arguments_is_called_by_an_extension_that_gives_them(lab: Lab) -> None:
    programs = {app: Program.of(FrontDesk) for app in ("conference", "webrtc")}
    text = "\n".join(to_call(lab, programs))
    assert "dial 7001 for conference" in text and "dial 101 for webrtc" in text
    assert "dial stasis-" not in text
    lines = dialplan(programs)
    assert "  exten => _7XXX,1,Stasis(conference,${EXTEN})" in lines
    assert "  exten => _1XX,1,Stasis(webrtc,ring,${EXTEN})" in lines
    shared = dialplan({"webrtc-a": Program.of(FrontDesk)}, "a")
    assert "  exten => _1XX,1,StasisBroadcast(2000,^webrtc-,ring:${EXTEN})" in shared


def test_elsewhere_the_lines_of_the_dialplan_are_told() -> None:
    lines = dialplan({"hello": Program.of(hello)})
    assert "  exten => 8000,1,Stasis(hello)" in lines
