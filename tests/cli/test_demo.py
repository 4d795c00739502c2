"""`stasis run --lab --demo`: what each plugin has to try out, set up for the lab."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from stasis.cli import demo as module
from stasis.cli.demo import demonstrated
from stasis.config import Config
from stasis.plugin import Demo, Plugin


class Tried(Plugin):
    """A plugin with something to try out."""

    name = "tried"

    @classmethod
    def demo(cls, where: Demo) -> Mapping[str, Any]:
        return {"database": f"sqlite:///{where.folder}/x.db", "address": where.asterisk}


class Plain(Plugin):
    """One that is there anyway."""

    name = "plain"


class Point:
    """An entry point of a class, or of what cannot be imported."""

    extras: tuple[str, ...] = ()

    def __init__(self, kind: type[Plugin] | None) -> None:
        self.kind = kind
        self.name = "gone" if kind is None else kind.name
        self.value = f"{self.name}.plugin:{self.name}"

    def load(self) -> type[Plugin]:
        if self.kind is None:
            raise ModuleNotFoundError("No module named 'gone'")
        return self.kind


@pytest.fixture
def lab(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Any:
    points = {each.name: each for each in (Point(Tried), Point(Plain), Point(None))}
    monkeypatch.setattr(module, "discover", lambda: points)
    return SimpleNamespace(url="http://127.0.0.1:20000/ari", folder=tmp_path)


def test_a_plugin_gets_the_table_that_it_asks_for(lab: Any) -> None:
    config = demonstrated(Config(), lab)
    assert config.plugin == {
        "tried": {
            "database": f"sqlite:///{lab.folder}/demo/x.db",
            "address": "http://127.0.0.1:20000",
        }
    }


def test_a_table_of_the_configuration_stays_as_it_is(lab: Any) -> None:
    config = demonstrated(Config(plugin={"tried": {"database": "mine"}}), lab)
    assert config.plugin == {"tried": {"database": "mine"}}


def test_one_that_cannot_be_imported_is_left_out_and_said_why(
    lab: Any, capsys: pytest.CaptureFixture[str]
) -> None:
    demonstrated(Config(), lab)
    assert "No module named 'gone'" in capsys.readouterr().err
