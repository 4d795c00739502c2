"""A real Asterisk comes up quickly, once, beside others, and is gone without a trace."""

from __future__ import annotations

import json
import os
import re
import socket
import ssl
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from stasis_webrtc.authority import Authority

from stasis.lab import example
from stasis.lab.fault import LabError
from stasis.lab.lab import Lab
from stasis.lab.outbound import Outbound

pytestmark = [pytest.mark.asterisk, pytest.mark.timeout(120)]

NAME = f"labtest-{os.getpid()}"

# Runs in a process and a network of its own, where every port is free.
EXACT = """
import asyncio, fcntl, json, socket, struct, sys
with socket.socket() as ours:  # this network's loopback is down at first: set it up and running
    fcntl.ioctl(ours, 0x8914, struct.pack("16sh", b"lo", 0x41))
from stasis.config import Config
from stasis.lab.baresip import Baresip
from stasis.lab.lab import Lab
from stasis.lab.prompt import contains

async def call(lab, extension):
    async with await Baresip.start(
        lab.sip_port, user="alice", password=lab.phones["alice"], register=True
    ) as phone:
        await phone.dial(extension)
        await phone.closed()
        return contains(phone.heard(), lab.prompt(sys.argv[3]))

lab = Lab.up(sys.argv[1], sys.argv[2], example=True)
try:
    print(json.dumps({
        "url": lab.url,
        "ask": lab.ask(),
        "files": {each.name: each.read_text() for each in lab.etc.iterdir()},
        "heard": asyncio.run(call(lab, "8001")),
    }))
finally:
    lab.down()
"""

UP = "import sys; from stasis.lab.lab import Lab; print(Lab.up('22', sys.argv[1]).pid)"


@pytest.fixture
def fresh() -> Iterator[str]:
    """The name of a lab that does not exist, and will not afterwards."""
    yield NAME
    lab = Lab.read(NAME)
    if lab is not None:
        lab.down()


def traces(name: str) -> list[str]:
    """What is left of a lab: processes, mounts, folders, sockets of its ports."""
    lab = Lab.read(name)
    found = [f"folder {lab.folder}"] if lab is not None else []
    for entry in Path("/proc").glob("[0-9]*"):
        try:
            if f"/stasis/lab/{name}".encode() in (entry / "environ").read_bytes():
                found.append(f"process {entry.name}")
            if f"/stasis/lab/{name}/" in (entry / "mounts").read_text():
                found.append(f"mount seen by {entry.name}")
        except OSError:
            continue
    return found


@pytest.mark.alone
@pytest.mark.parametrize("version", ["22", "16"])
def test_it_is_up_in_less_than_10_s_and_down_without_a_trace(fresh: str, version: str) -> None:
    began = time.monotonic()
    lab = Lab.up(version, fresh)
    assert time.monotonic() - began < 10
    assert lab.ask() == 200
    assert lab.cli("core show version").startswith(f"Asterisk {version}.")
    lab.down()
    assert traces(fresh) == []
    assert not lab.folder.exists()


def test_up_twice_is_the_same_lab_and_down_twice_is_no_error(fresh: str) -> None:
    lab = Lab.up("22", fresh)
    assert (Lab.up("22", fresh), Lab.up("22", fresh).pid) == (lab, lab.pid)
    assert Lab.find(fresh) == lab
    assert lab in Lab.all()
    lab.down()
    lab.down()
    assert Lab.find(fresh) is None
    assert lab not in Lab.all()


def test_two_processes_at_once_start_one(fresh: str) -> None:
    started = [
        subprocess.Popen([sys.executable, "-c", UP, fresh], stdout=subprocess.PIPE)
        for _ in range(2)
    ]
    pids = {process.communicate(timeout=60)[0] for process in started}
    assert len(pids) == 1
    assert pids == {b"%d\n" % (getattr(Lab.find(fresh), "pid", None) or 0)}


def test_two_labs_share_nothing_they_write(labs: dict[str, Lab], fresh: str) -> None:
    first, second = labs["22"], Lab.up("22", fresh)
    first.cli("database put lab who first")
    second.cli("database put lab who second")
    assert "Value: first" in first.cli("database get lab who")
    (second.recordings / "one.wav").touch()
    assert not (first.recordings / "one.wav").exists()
    assert {first.http_port, first.sip_port, first.ami_port}.isdisjoint(
        {second.http_port, second.sip_port, second.ami_port}
    )


def test_the_root_it_shares_cannot_be_written(lab: Lab) -> None:
    assert lab.pid is not None
    mounts = Path(f"/proc/{lab.pid}/mounts").read_text().splitlines()
    root = next(each.split() for each in mounts if each.split()[1] == "/")
    assert "ro" in root[3].split(",")


def test_one_that_was_killed_is_cleaned_up_by_the_next_up(fresh: str) -> None:
    lab = Lab.up("22", fresh)
    lab.stop(kill=True)
    assert Lab.find(fresh) is None
    told: list[str] = []
    again = Lab.up("22", fresh, report=told.append)
    assert told[0] == f"the lab {fresh} was killed; cleaning up"
    assert again.ask() == 200


def test_another_version_under_the_same_name_is_refused(labs: dict[str, Lab]) -> None:
    with pytest.raises(LabError, match="is Asterisk 22, not 16"):
        Lab.up("16", labs["22"].name)


@pytest.mark.parametrize("name", ["", "a/b", "..", "a b", "x" * 41])
def test_a_name_that_is_no_folder_name_is_refused(name: str) -> None:
    with pytest.raises(LabError, match="a lab's name is"):
        Lab.up("22", name)


@pytest.mark.parametrize("kill", [False, True])
def test_a_restart_keeps_ports_and_files(lab: Lab, kill: bool) -> None:
    before = lab.pid
    lab.restart(kill=kill)
    assert lab.ask() == 200
    assert lab.pid not in (None, before)


def test_a_lab_that_is_stopped_keeps_its_ports(fresh: str) -> None:
    """A program whose labs are in another folder does not know of it."""
    lab = Lab.up("22", fresh)
    program = f"from stasis.lab.ports import hold; print(hold({lab.http_port}))"
    told = []
    for act in (lab.stop, lab.start, lab.ready):
        act()
        words = [sys.executable, "-c", program]
        told.append(subprocess.run(words, capture_output=True, text=True, check=True).stdout)
    assert told == ["False\n", "False\n", "True\n"]


def test_what_is_written_counts_after_a_restart(fresh: str) -> None:
    lab = Lab.up("22", fresh)
    lab.write("ari.conf", "[general]\nenabled = no\n")
    lab.restart(ari=False)
    assert lab.ask() == 404
    with pytest.raises(LabError, match=f"is booted, but ARI answers 404 on port {lab.http_port}"):
        lab.ready(timeout=0.5)


def test_it_speaks_tls_once_it_has_a_certificate(lab: Lab, tmp_path: Path) -> None:
    authority = Authority.open(tmp_path)
    chain, key = authority.signed(["127.0.0.1"])
    trust = ssl.create_default_context(cafile=tmp_path / "ca.pem")
    lab.secure(chain.decode(), key.decode())
    for _ in range(2):
        with socket.create_connection(("127.0.0.1", lab.https_port)) as plain:
            with trust.wrap_socket(plain, server_hostname="127.0.0.1") as secured:
                assert secured.version() == "TLSv1.3"
        assert lab.ask() == 200, "as before"
        lab.restart()


def test_a_certificate_that_is_none_is_told(fresh: str) -> None:
    lab = Lab.up("22", fresh)
    with pytest.raises(LabError, match=f"no TLS on port {lab.https_port}"):
        lab.secure("nothing", "nothing")


def outbound(name: str, **values: bool) -> Outbound:
    """A connection to a port where nobody is."""
    return Outbound(name, "ws://127.0.0.1:9/ari", (f"app-{name}",), "asterisk", "secret", **values)


def test_it_dials_out_to_whom_it_is_told_and_to_nobody_else(fresh: str) -> None:
    lab = Lab.up("22", fresh)
    lab.dial_out(outbound("one"), outbound("two", per_call=True))
    told = lab.cli("ari show outbound-websockets")
    assert re.search(r"^one +persistent +app-one +valid", told, re.MULTILINE), told
    assert re.search(r"^two +per_call_config +app-two +valid", told, re.MULTILINE), told
    lab.dial_out(outbound("two"))
    told = lab.cli("ari show outbound-websockets")
    assert "one" not in told and re.search(r"^two +persistent +app-two", told, re.MULTILINE), told
    lab.dial_out()
    assert "two" not in lab.cli("ari show outbound-websockets")
    assert (lab.etc / "ari.conf").read_text("utf-8") == example.text()


def test_two_connections_of_one_name_are_refused(labs: dict[str, Lab]) -> None:
    with pytest.raises(LabError, match="a name of its own"):
        labs["22"].dial_out(outbound("one"), outbound("one"))


def test_a_version_that_cannot_dial_out_says_so(labs: dict[str, Lab]) -> None:
    with pytest.raises(LabError, match="take a lab of version 22"):
        labs["16"].dial_out(outbound("one"))


def test_an_asterisk_that_ends_is_told_with_the_end_of_its_log(fresh: str) -> None:
    lab = Lab.up("22", fresh)
    lab.stop()
    with pytest.raises(LabError, match=r"(?s)has ended; its log ends:\n.+"):
        lab.ready()
    with pytest.raises(LabError, match="Asterisk does not run"):
        lab.cli("core show uptime")


def test_nothing_but_loopback_is_listened_on(lab: Lab) -> None:
    told = subprocess.run(["ss", "-Hlntp"], capture_output=True, text=True, check=True).stdout
    ours = [line.split()[3] for line in told.splitlines() if f"pid={lab.pid}," in line]
    assert {each.rpartition(":")[0] for each in ours} == {"127.0.0.1"}
    found = {int(each.rpartition(":")[2]) for each in ours}
    found.discard(lab.https_port)  # some test may have given it a certificate
    assert found == {lab.http_port, lab.sip_port, lab.ami_port}


@pytest.mark.parametrize("version", ["22", "16"])
def test_no_error_is_logged_at_the_start(fresh: str, version: str) -> None:
    lab = Lab.up(version, fresh)
    assert [line for line in lab.logs(5000).splitlines() if " ERROR[" in line] == []


def test_the_modules_ari_needs_are_running(lab: Lab) -> None:
    told = lab.cli("module show")
    for module in (
        *("app_stasis", "chan_pjsip", "res_ari_channels", "res_ari_events", "res_stasis_snoop"),
        *("bridge_softmix", "bridge_holding", "res_musiconhold", "codec_ulaw", "format_wav"),
    ):
        assert re.search(rf"^{module}\.so .* Running", told, re.MULTILINE), module


def test_desks_are_where_the_facts_say(lab: Lab) -> None:
    told = lab.cli("pjsip show contacts")
    for number, port in enumerate(lab.desk_ports, 1):
        assert f"sip:desk{number}@127.0.0.1:{port}" in told


@pytest.mark.parametrize("version", ["22", "16"])
def test_asterisk_runs_on_exactly_the_example_and_its_companions(fresh: str, version: str) -> None:
    """Its address and credentials are our defaults, its phones register, and a call to an
    application that nobody serves hears the apology of its dialplan."""
    (apology,) = re.findall(r"Playback\((.*)\)", example.companions()["extensions.conf"])
    words = ["unshare", "--net", sys.executable, "-c", EXACT, version, fresh, apology]
    result = subprocess.run(words, capture_output=True, text=True, timeout=90, check=False)
    assert result.returncode == 0, result.stderr
    told = json.loads(result.stdout)
    assert told["url"] == "http://127.0.0.1:8088/ari"
    assert told["ask"] == 200
    assert told["files"].pop("logger.conf")
    assert told["files"] == {"ari.conf": example.text(), **example.companions()}
    assert told["heard"] > 0.8
    assert traces(fresh) == []
