"""Failed log-ins on the real servers: from phones, over AMI, by a script; and fail2ban's own reading.

ARI is not among them: Asterisk answers 401 and tells nobody.
"""

from __future__ import annotations

import asyncio
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import msgspec
import pytest
from attrs import evolve, frozen
from structlog.testing import capture_logs

from stasis.ami import Ami, LoginRefused
from stasis.config import AmiConfig, SecurityConfig
from stasis.errors import StasisError
from stasis.lab.baresip import Baresip
from stasis.lab.fault import PhoneError
from stasis.metrics import Metrics
from stasis.pbx import Needs, Pbx, Refused
from stasis.pbx.failure import Failure
from stasis.pbx.security_watch import SecurityWatch
from stasis.section import Secret
from tests import fail2ban
from tests.asterisk.pbx.conftest import Office
from tests.until import until

# Of the lab's pjsip.conf: whoever comes from 127.0.0.1 and has no other name is `sipp`.
BY_ADDRESS = "\n[sipp]\ntype = identify\nendpoint = sipp\nmatch = 127.0.0.1\n"
FILTER = Path("stasis/pbx/fail2ban/filter.d/stasis.conf")


@frozen
class Guarded:
    """An office that is watched: what was heard, and where it is written."""

    pbx: Pbx
    office: Office
    watch: SecurityWatch
    heard: list[Failure]
    log: Path
    metrics: Metrics

    def of(self, service: str) -> list[tuple[str, str]]:
        """Kind and account of the failures of a service."""
        return [(each.kind, each.account) for each in self.heard if each.service == service]


@pytest.fixture
async def guarded(office: Office, tmp_path: Path) -> AsyncIterator[Guarded]:
    log, metrics, heard = tmp_path / "of" / "security.log", Metrics(), []
    config = evolve(office.config(), security=SecurityConfig(log=str(log)))
    async with Pbx(config) as pbx:
        watch = await pbx.security.watch(
            server="main", meter=metrics.of("main"), heard=heard.append
        )
        async with watch:
            yield Guarded(pbx, office, watch, heard, log, metrics)


async def wrong_phone(office: Office, user: str = "alice") -> None:
    """A phone with a wrong password."""
    with pytest.raises(PhoneError, match="not registered"):
        await Baresip.start(office.lab.sip_port, user=user, password="wrong", register=True)


async def wrong_ami(office: Office, username: str, *, challenge: bool) -> None:
    """A program with a wrong secret of the manager interface."""
    config = AmiConfig(
        host="127.0.0.1", port=office.lab.ami_port, username=username, secret=Secret("wrong"),
        challenge=challenge,
    )  # fmt: skip
    with pytest.raises(LoginRefused):
        await Ami(config).start()


@pytest.mark.things("security.failures")
async def test_who_fails_by_phone_and_by_program_is_listed_by_address(guarded: Guarded):
    await wrong_phone(guarded.office)
    await wrong_ami(guarded.office, "stasis", challenge=True)
    await wrong_ami(guarded.office, "stasis", challenge=False)
    await wrong_ami(guarded.office, "nobody", challenge=False)
    await until(lambda: ("InvalidAccountID", "nobody") in guarded.of("AMI"))
    assert ("ChallengeResponseFailed", "alice") in guarded.of("PJSIP")
    # To a challenge, Asterisk does not say whose answer was wrong.
    assert guarded.of("AMI") == [
        ("ChallengeResponseFailed", ""),
        ("InvalidPassword", "stasis"),
        ("InvalidAccountID", "nobody"),
    ]
    await until(lambda: guarded.log.read_text().count("\n") == guarded.watch.total)
    (listed,) = await guarded.pbx.security.failures(since="1h")
    (counted,) = guarded.watch.attackers()
    assert (listed.address, listed.failures) == ("127.0.0.1", guarded.watch.total)
    assert (listed.services, listed.kinds) == (counted.services, counted.kinds)
    assert {"alice", "stasis", "nobody"} <= set(listed.accounts)
    assert await guarded.pbx.security.failures(since="now") == []
    text = guarded.metrics.text().decode()
    series = 'kind="InvalidPassword",server="main",service="AMI"'
    assert f"stasis_failed_logins_total{{{series}}} 1.0" in text
    worst = f'{{address="127.0.0.1",server="main"}} {float(guarded.watch.total)}'
    assert f"stasis_failed_logins_by_address{worst}" in text


async def test_fail2ban_reads_every_line(guarded: Guarded):
    await wrong_phone(guarded.office)
    await wrong_ami(guarded.office, "stasis", challenge=False)
    await until(lambda: guarded.of("AMI"))
    await until(lambda: guarded.log.read_text().count("\n") == guarded.watch.total)
    total = guarded.watch.total
    assert await asyncio.to_thread(fail2ban.summary, guarded.log, FILTER) == (total, total, 0)
    assert await asyncio.to_thread(fail2ban.addresses, guarded.log, FILTER) == ["127.0.0.1"] * total


async def test_an_unknown_telephone(guarded: Guarded):
    file = guarded.office.lab.etc / "pjsip.conf"
    text = file.read_text("utf-8")
    assert BY_ADDRESS in text
    guarded.office.lab.write("pjsip.conf", text.replace(BY_ADDRESS, ""))
    guarded.office.lab.cli("module reload res_pjsip_endpoint_identifier_ip.so")
    try:
        await wrong_phone(guarded.office, "mallory")
        # Its first tries are refused without a name.
        await until(lambda: ("InvalidAccountID", "mallory") in guarded.of("PJSIP"))
    finally:
        guarded.office.lab.write("pjsip.conf", text)
        guarded.office.lab.cli("module reload res_pjsip_endpoint_identifier_ip.so")


async def test_an_address_that_is_not_let_in(guarded: Guarded):
    text = (guarded.office.lab.etc / "manager.conf").read_text("utf-8")
    fenced = "\n[fenced]\nsecret = wrong\ndeny = 0.0.0.0/0.0.0.0\n"
    guarded.office.lab.write("manager.conf", text + fenced)
    guarded.office.lab.cli("manager reload")
    try:
        await wrong_ami(guarded.office, "fenced", challenge=False)
        await until(lambda: guarded.of("AMI"))
    finally:
        guarded.office.lab.write("manager.conf", text)
        guarded.office.lab.cli("manager reload")
    assert guarded.of("AMI") == [("FailedACL", "fenced")]


@pytest.mark.parametrize(("write", "refused"), [("command", True), ("call", False)])
async def test_a_user_who_does_not_hear_of_them_is_told_and_makes_no_failure_itself(
    guarded: Guarded, write: str, refused: bool
):
    office = guarded.office
    text = (office.lab.etc / "manager.conf").read_text("utf-8")
    narrow = f"\n[narrow]\nsecret = narrow-1\nread = system,call\nwrite = {write}\n"
    office.lab.write("manager.conf", text + narrow)
    office.lab.cli("manager reload")
    config = office.config()
    user = evolve(config.ami, username="narrow", secret=Secret("narrow-1"))
    denied = 0
    try:
        async with (
            Pbx(evolve(config, ami=user)) as pbx,
            (await guarded.pbx.ways.ami()).events(names=["RequestNotAllowed"]) as stream,
        ):
            if refused:
                with pytest.raises(Refused, match=r"'narrow' .* events of security: add"):
                    await pbx.security.watch()
            else:  # it may not look: nobody knows
                with capture_logs() as logs:
                    await pbx.security.watch()
                assert any("if `read` in manager.conf has it" in each["event"] for each in logs)
            await wrong_ami(office, "last", challenge=False)
            await until(lambda: ("InvalidAccountID", "last") in guarded.of("AMI"))
            denied = len(stream)  # its events wait, unread
    finally:
        office.lab.write("manager.conf", text)
        office.lab.cli("manager reload")
    assert denied == 0


@pytest.mark.parametrize(
    "user",
    [
        'x" stasis-security address=203.0.113.9 kind=InvalidPassword',
        "x%0D%0A2026-11-29T00:00:00+00:00 stasis-security address=203.0.113.9",
        "Zoë",
        "$(id)`;|,x",
        "a" * 300,
    ],
)
async def test_no_name_has_another_address_banned(guarded: Guarded, user: str):
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as phone:
        phone.bind(("127.0.0.1", 0))
        phone.settimeout(5)
        port = guarded.office.lab.sip_port
        nonce = await asyncio.to_thread(asked, phone, port)
        phone.sendto(register(port, phone.getsockname()[1], user, nonce), ("127.0.0.1", port))
        await until(lambda: guarded.of("PJSIP"))
    await wrong_ami(guarded.office, user.replace("%0D%0A", " "), challenge=False)
    await until(lambda: guarded.of("AMI"))
    await until(lambda: guarded.log.read_text().count("\n") == guarded.watch.total)
    total = guarded.watch.total
    assert guarded.log.read_text("ascii").isprintable() is False  # line ends, and nothing else
    assert all(line.isprintable() for line in guarded.log.read_text("ascii").split("\n"))
    assert await asyncio.to_thread(fail2ban.addresses, guarded.log, FILTER) == ["127.0.0.1"] * total


def asked(phone: socket.socket, port: int) -> str:
    """What Asterisk wants hashed."""
    phone.sendto(register(port, phone.getsockname()[1], "alice", ""), ("127.0.0.1", port))
    answer = phone.recv(4096).decode()
    return answer.partition('nonce="')[2].partition('"')[0]


def register(port: int, own: int, user: str, nonce: str) -> bytes:
    """A registration as alice, with another name in its log-in."""
    digest = "0" * 32
    escaped = user.replace('"', '\\"')
    login = (
        f'Authorization: Digest username="{escaped}", realm="asterisk", nonce="{nonce}",'
        f' uri="sip:127.0.0.1:{port}", response="{digest}", algorithm=MD5\r\n'
    )
    number = 2 if nonce else 1
    return (
        f"REGISTER sip:127.0.0.1:{port} SIP/2.0\r\n"
        f"Via: SIP/2.0/UDP 127.0.0.1:{own};branch=z9hG4bK{own}{number};rport\r\n"
        "Max-Forwards: 70\r\n"
        f"From: <sip:alice@127.0.0.1>;tag={own}\r\nTo: <sip:alice@127.0.0.1>\r\n"
        f"Call-ID: {own}@test\r\nCSeq: {number} REGISTER\r\n"
        f"Contact: <sip:alice@127.0.0.1:{own}>\r\n{login if nonce else ''}Content-Length: 0\r\n\r\n"
    ).encode()


async def test_nobody_hears_of_a_wrong_password_of_ari(guarded: Guarded):
    config = evolve(guarded.office.config(), password=Secret("wrong"))
    async with Pbx(config) as other:
        with pytest.raises(StasisError, match="401"):
            await (await other.ways.ari()).asterisk.get_info()
    await wrong_ami(guarded.office, "nobody", challenge=False)  # the next that is told
    await until(lambda: guarded.heard)
    assert {each.service for each in guarded.heard} == {"AMI"}


@pytest.mark.things("security.failures")
async def test_without_a_watch_there_is_no_log(pbx: Pbx, tmp_path: Path, office: Office):
    config = SecurityConfig(log=str(tmp_path / "none.log"))
    async with Pbx(evolve(office.config(), security=config)) as other:
        with pytest.raises(Needs, match="stasis security watch"):
            await other.security.failures()


async def test_the_command_watches_until_it_is_told_to_end(office: Office, tmp_path: Path):
    log, config = tmp_path / "security.log", tmp_path / "stasis.toml"
    lab = office.lab
    config.write_text(
        f'[asterisk]\nurl = "{lab.url}"\nusername = "{lab.username}"\n'
        f'password = "{lab.password}"\n[asterisk.ami]\nport = {lab.ami_port}\n'
        f'username = "{lab.username}"\nsecret = "{lab.password}"\n'
        f'[asterisk.security]\nlog = "{log}"\n'
    )
    words = ("-m", "stasis", "--config", str(config), "security", "watch", "--json")
    process = await asyncio.create_subprocess_exec(
        sys.executable, *words, stdout=asyncio.subprocess.PIPE, stderr=asyncio.subprocess.PIPE
    )
    assert process.stdout and process.stderr
    try:
        async with asyncio.timeout(20):
            assert b"watching" in await process.stderr.readline()
            await wrong_ami(office, "nobody", challenge=False)
            told = msgspec.json.decode(await process.stdout.readline(), type=Failure)
        assert (told.kind, told.account, told.address) == (
            "InvalidAccountID",
            "nobody",
            "127.0.0.1",
        )
        await until(lambda: log.read_text() == f"{told.line()}\n")
    finally:
        with suppress(ProcessLookupError):
            process.terminate()
        await process.communicate()
