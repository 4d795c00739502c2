"""A trunk between the labs: registered, called through both ways, and gone without a trace."""

from __future__ import annotations

import pytest

from stasis.lab.baresip import Baresip
from stasis.lab.fault import LabError
from stasis.lab.lab import Lab
from stasis.lab.trunk import connect, disconnect
from tests.until import until


@pytest.fixture
def pair(labs: dict[str, Lab]) -> tuple[Lab, Lab]:
    """Both labs."""
    return labs["22"], labs["16"]


async def test_both_call_through_it(pair: tuple[Lab, Lab]):
    before = [(lab.etc / "pjsip.conf").read_text("utf-8") for lab in pair]
    connect("main", *pair)
    try:
        assert "Registered" in pair[0].cli("pjsip show registrations")
        assert "main/sip:main@" in pair[1].cli("pjsip show contacts")
        for lab in pair:
            async with await Baresip.start(
                lab.sip_port, user="alice", password=lab.phones["alice"], register=True
            ) as phone:
                await phone.dial("trunk-main-answer")
                await phone.hangup()
    finally:
        disconnect("main", *pair)
    assert [(lab.etc / "pjsip.conf").read_text("utf-8") for lab in pair] == before
    await until(lambda: "main" not in pair[0].cli("pjsip show registrations"))
    assert "main" not in pair[1].cli("pjsip show endpoints")
    disconnect("main", *pair)  # a second time is no error


def test_connecting_again_is_one_trunk(pair: tuple[Lab, Lab]):
    try:
        connect("main", *pair)
        connect("main", *pair)
        assert pair[0].cli("pjsip show registrations").count("main/sip:") == 1
    finally:
        disconnect("main", *pair)


def test_a_name_that_could_be_something_else(pair: tuple[Lab, Lab]):
    for name in ("", "a b", "a-b", "x\n[y]", "a" * 41):
        with pytest.raises(LabError, match="letters and digits"):
            connect(name, *pair)
