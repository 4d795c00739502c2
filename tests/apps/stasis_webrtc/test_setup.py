"""The parts of Asterisk's files: whole, never over what is there, and those that a lab runs on."""

from __future__ import annotations

import asyncio
import os
import re
from pathlib import Path

import pytest
from stasis_webrtc.authority import Authority
from stasis_webrtc.config import WebrtcConfig
from stasis_webrtc.examined import Examined
from stasis_webrtc.hops import examine
from stasis_webrtc.setup import Setup, texts, written

from stasis.lab.configuration import http, lab_files
from stasis.lab.lab import Lab
from stasis.lab.ports import block
from tests.apps.stasis_webrtc.real import ari_of

PORTS = block(20_000)


def sections(text: str) -> dict[str, list[str]]:
    """The settings of each section, without comments and their spaces."""
    found: dict[str, list[str]] = {}
    for line in text.splitlines():
        plain = line.partition(";")[0].strip()
        if header := re.match(r"\[([\w-]+)\]", plain):
            found.setdefault(header[1], [])
            current = header[1]
        elif plain:
            found[current].append(re.sub(r"\s*=\s*(?!>)", "=", plain))
    return found


def test_a_lab_is_set_up_as_it_says():
    ours = texts(
        Setup(http=PORTS.http, https=PORTS.https, bind="127.0.0.1", keys="K", rtp=PORTS.rtp)
    )
    lab = lab_files(PORTS, {}, []) | {"http.conf": http(PORTS, "K")}
    for name, text in ours.items():
        theirs = sections(lab[name])
        for section, settings in sections(text).items():
            assert theirs[section] == settings or set(settings) <= set(theirs[section]), name


def test_ports_and_places_are_those_that_were_asked_for():
    made = texts(Setup("phone", "house", 1, 2, "192.0.2.1", "/k", (3, 4), "stun.example.org:3478"))
    assert sections(made["http.conf"])["general"] == [
        "enabled=yes",
        "bindaddr=127.0.0.1",
        "bindport=1",
        "tlsenable=yes",
        "tlsbindaddr=192.0.2.1:2",
        "tlscertfile=/k/cert.pem",
        "tlsprivatekey=/k/key.pem",
        "sessionlimit=1000",
    ]
    assert "exten => _[+*#0-9],1,Stasis(phone,dial,${EXTEN})" in made["extensions.conf"]
    assert "[house]" in made["extensions.conf"]
    assert "stunaddr = stun.example.org:3478" in made["rtp.conf"]
    assert "stunaddr" not in texts(Setup())["rtp.conf"]


def test_files_are_written_where_there_are_none(tmp_path: Path):
    places = written(tmp_path / "asterisk", Setup())
    assert set(places) == {"http.conf", "pjsip.conf", "sorcery.conf", "rtp.conf", "extensions.conf"}
    for name, place in places.items():
        assert place.name == name and place.read_text("utf-8") == texts(Setup())[name]


def test_a_file_that_is_there_is_not_touched(tmp_path: Path):
    (tmp_path / "pjsip.conf").write_text("mine")
    for _ in range(2):
        places = written(tmp_path, Setup())
        assert (tmp_path / "pjsip.conf").read_text() == "mine"
        assert places["pjsip.conf"] == tmp_path / "pjsip.conf.webrtc"
        assert places["http.conf"] == tmp_path / "http.conf"


@pytest.mark.parametrize("name", ["http.conf", "pjsip.conf", "sorcery.conf", "rtp.conf"])
def test_every_line_is_one_that_asterisk_reads(name: str):
    for line in texts(Setup())[name].splitlines():
        assert re.match(r"$|;|\[[\w-]+\]|[a-z]+ = \S", line), line


@pytest.mark.asterisk
@pytest.mark.timeout(90)
@pytest.mark.parametrize("version", ["22", "16"])
async def test_an_asterisk_runs_on_what_is_written(version: str):
    """Whole files where there are none, parts that are included where there are, and no other."""
    lab = await asyncio.to_thread(Lab.up, version, f"webrtc-setup-{version}-{os.getpid()}")
    try:
        for name in ("http.conf", "sorcery.conf", "rtp.conf"):
            (lab.etc / name).unlink()
        for name, first in (
            ("pjsip.conf", "; Browsers come"),
            ("extensions.conf", "; What phones"),
        ):
            plain = re.sub(rf"(?ms)^{first}.*?(?=^\[alice\]|\Z)", "", (lab.etc / name).read_text())
            assert "ws" not in sections(plain) and "stasis-webrtc" not in sections(plain)
            lab.write(name, f'{plain}\n#include "{name}.webrtc"\n')
        setup = Setup(
            http=lab.http_port,
            https=lab.https_port,
            bind="127.0.0.1",
            keys="/etc/asterisk/keys",
            rtp=lab.rtp_ports,
        )
        written(lab.etc, setup)
        authority = Authority.open(lab.etc / "keys")
        authority.issue(["127.0.0.1"])
        await asyncio.to_thread(lab.restart)
        async with ari_of(lab) as ari:
            config = WebrtcConfig(websocket=f"wss://127.0.0.1:{lab.https_port}/ws")
            examined = Examined(ari, config, authority.folder / "ca.pem")
            hops = [hop async for hop in examine(examined)]
        assert [hop for hop in hops if hop.state == "failed"] == []
        assert {hop.name for hop in hops if hop.state == "skipped"} == {"turn"}
        told = await asyncio.to_thread(lab.cli, "pjsip show transports")
        assert re.search(r"wss\s+wss", told)
    finally:
        await asyncio.to_thread(lab.down)
