"""The hops to AMI: the port, the user, the classes; each that failed says what mends it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from attrs import evolve

from stasis.cli import reach_ami
from stasis.cli.patient import Patient
from stasis.cli.reach_ami import READ, WRITE, compared
from stasis.config import AsteriskConfig
from stasis.pbx.classes import Classes
from stasis.section import Secret
from tests.ami.server import Server
from tests.pbx.test_classes import PRINTED, asked

ALL = Classes(frozenset(READ), frozenset(WRITE))


@asynccontextmanager
async def patient_of(server: Server, secret: str | None = None) -> AsyncIterator[Patient]:
    config = evolve(server.config(), host="127.0.0.1")
    if secret is not None:
        config = evolve(config, secret=Secret(secret))
    async with Patient(AsteriskConfig(ami=config)) as patient:
        yield patient


async def test_each_hop_of_one_that_is_well() -> None:
    async with (
        Server(**asked(allowed=True, printed=PRINTED.splitlines())) as server,
        patient_of(server) as patient,
    ):
        port = await reach_ami.ami(patient)
        assert port.state == "ok" and f"127.0.0.1:{server.port} answers in" in port.text
        login = await reach_ami.ami_login(patient)
        assert (login.state, login.text) == ("ok", "user 'me' is let in")
        classes = await reach_ami.ami_classes(patient)
        assert classes.state == "warning" and "security" in classes.text
    assert "Logoff" in server.names()


async def test_one_that_says_nothing_of_its_start_is_not_waited_for() -> None:
    async with Server() as server, patient_of(server) as patient:
        server.boots = False
        assert (await reach_ami.ami(patient)).state == "ok"


async def test_a_closed_port_names_manager_conf() -> None:
    async with Server() as server:
        pass
    async with patient_of(server) as patient:
        hop = await reach_ami.ami(patient)
    assert hop.state == "failed" and hop.fix.startswith("manager.conf: [general] enabled = yes")


async def test_another_server_is_told() -> None:
    async with Server() as server, patient_of(server) as patient:
        server.greeting = b"HTTP/1.1 400 Bad Request\r\n\r\n"
        hop = await reach_ami.ami(patient)
    assert hop.state == "failed" and "5038" in hop.fix


async def test_a_wrong_secret_is_the_log_in_s_fault_and_told_nowhere() -> None:
    async with Server() as server, patient_of(server, "wr0ng-secret") as patient:
        assert (await reach_ami.ami(patient)).state == "ok"
        hop = await reach_ami.ami_login(patient)
    assert hop.state == "failed" and "STASIS_ASTERISK_AMI_SECRET" in hop.fix
    assert "wr0ng-secret" not in f"{hop}"


class TestClasses:
    def test_all_of_them_are_fine(self) -> None:
        assert compared("me", ALL, "on").state == "ok"

    def test_those_that_are_missing_are_named_with_the_line(self) -> None:
        found = Classes(ALL.read - {"cdr"}, ALL.write - {"originate"})
        hop = compared("me", found, "on")
        assert hop.text == "the user lacks: read cdr; write originate"
        assert hop.fix.startswith("manager.conf: [me] read = system,") and "mask" not in hop.fix

    def test_a_mask_that_leaves_out_is_told(self) -> None:
        hop = compared("me", ALL, ",".join(set(READ) - {"cdr"}))
        assert hop.text == "the user lacks: read cdr" and hop.fix.endswith(
            "mask in [asterisk.ami]: on"
        )

    def test_what_is_not_known_is_said(self) -> None:
        hop = compared("me", None, "on")
        assert hop.state == "warning" and "not known" in hop.text
