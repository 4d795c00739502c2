"""One command samples a client and draws where its time goes."""

from __future__ import annotations

import sys
from pathlib import Path

import pytest

from bench import flame
from bench.page import parts_of
from bench.run import Failed
from bench.scenarios import Place

pytestmark = [pytest.mark.alone, pytest.mark.timeout(120)]


@pytest.fixture(autouse=True)
def small(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(flame, "SIZES", {"events": 40_000, "requests": 500})


def test_the_picture_and_the_shares_are_those_of_stasis(tmp_path: Path):
    page = tmp_path / "page.md"
    page.write_text("<!-- bench: shares -->\n<!-- bench: end -->\n")

    assert flame.main(["--svg", str(tmp_path / "flame.svg"), "--page", str(page)]) == 0

    picture = (tmp_path / "flame.svg").read_text()
    assert "(stasis/decode.py)" in picture and len(picture) < 200_000
    assert "| stasis/decode.py | stasis |" in parts_of(page)["shares"]


@pytest.mark.asterisk
def test_the_picture_of_a_call_is_taken_on_a_real_asterisk(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(flame, "SIZES", {"calls": 500})
    page = tmp_path / "page.md"
    page.write_text("<!-- bench: shares of a call -->\n<!-- bench: end -->\n")
    svg = tmp_path / "flame.svg"

    assert flame.main(["--scenario", "call", "--svg", str(svg), "--page", str(page)]) == 0

    assert "(stasis/transport/http.py)" in svg.read_text()
    assert "| aiohttp/client.py | aiohttp" in parts_of(page)["shares of a call"]


def test_a_missing_sampler_says_what_to_install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(sys, "executable", str(tmp_path / "python"))
    with pytest.raises(Failed, match="pip install py-spy"):
        flame.sampled(flame.ALL[0], flame.OURS[1], Place("", "", ""))
