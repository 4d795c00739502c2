"""Where clients run: the fake server always, a real Asterisk when there is one; what was there stays."""

from __future__ import annotations

from types import SimpleNamespace
from typing import Any

import pytest
from rich.console import Console

from bench import places
from stasis.errors import StasisError


class Labs:
    """What stands for the lab. there: one that runs already. fault: why none can be had."""

    def __init__(self, there: Any = None, fault: str = "") -> None:
        self.there, self.fault = there, fault
        self.ended: list[str] = []

    def find(self, name: str) -> Any:
        return self.there

    def up(self, version: str, name: str, report: Any) -> Any:
        if self.fault:
            raise StasisError(self.fault)
        return SimpleNamespace(name=name, down=lambda: self.ended.append(name))


def test_a_lab_of_its_own_is_ended(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(places, "Lab", labs := Labs())
    with places.asterisk(Console()) as lab:
        assert lab is not None and labs.ended == []
    assert labs.ended == [places.LAB]


def test_one_that_was_there_stays(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(places, "Lab", Labs(there := SimpleNamespace(down=pytest.fail)))
    with places.asterisk(Console()) as lab:
        assert lab is there


def test_without_one_it_says_why(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
):
    monkeypatch.setattr(places, "Lab", Labs(fault="no room on the disk"))
    with places.asterisk(Console()) as lab:
        assert lab is None
    assert "without a real Asterisk: no room on the disk" in capsys.readouterr().out


def test_the_fake_server_is_there_and_a_real_one_when_there_is_a_lab():
    lab: Any = SimpleNamespace(url="http://127.0.0.1:1/ari", username="u", password="p")
    with places.place_of(None) as alone:
        assert set(alone) == {False} and alone[False].server is not None
    with places.place_of(lab) as both:
        assert both[True] == places.Place("http://127.0.0.1:1/ari", "u", "p")
