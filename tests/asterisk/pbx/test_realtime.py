"""docs/realtime.md, followed to the letter on the real servers with a real PostgreSQL."""

from __future__ import annotations

import asyncio
import json
from collections.abc import AsyncIterator, Iterator
from pathlib import Path
from urllib.parse import urlsplit

import attrs
import pytest

from stasis.access import CdrConfig
from stasis.lab.baresip import Baresip
from stasis.pbx import Missing, Needs, Pbx
from stasis.section import Secret
from tests.asterisk.command_line import stasis
from tests.asterisk.pbx.conftest import Office
from tests.asterisk.pbx.talking import connected
from tests.docs.pages import DOCS, every, imported
from tests.postgres import PASSWORD, USER, Postgres

PAGE = DOCS / "realtime.md"
MODULES = ("cdr_pgsql.so", "pbx_realtime.so", "res_config_pgsql.so", "res_realtime.so")
FILES = ("res_pgsql.conf", "extconfig.conf", "sorcery.conf", "cdr_pgsql.conf")
FAMILIES = (
    *("ps_endpoints", "ps_auths", "ps_aors", "voicemail", "queues", "queue_members", "extensions"),
)


def text_of(name: str) -> str:
    """What the page has for a file."""
    (found,) = [each.text for each in every(PAGE) if each.marks.get("file") == [name]]
    return found


@pytest.fixture(scope="module")
def database(
    office: Office, postgres: Postgres, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[str]:
    """A PostgreSQL behind the office, as the page says; its url. All is as before after it."""
    url = postgres.database()
    name = urlsplit(url).path.strip("/")
    for file in ("tables.sql", "phones.sql"):
        postgres.ask(text_of(file), name)
    made = stasis(
        tmp_path_factory.mktemp("stasis"), office.lab, "cdr", "status", **variables(office, url)
    )
    assert made.returncode == 0, made.stderr
    etc, lab = office.lab.etc, office.lab
    before = {
        file: (etc / file).read_text("utf-8") if (etc / file).exists() else None
        for file in (*FILES, "extensions.conf", "modules.conf")
    }
    for file in FILES:
        lab.write(file, filled(text_of(file), name, postgres.port))
    lab.write("extensions.conf", f"{before['extensions.conf']}\n{text_of('extensions.conf')}")
    noload = {f"noload = {module}" for module in MODULES}
    kept = [line for line in (before["modules.conf"] or "").splitlines() if line not in noload]
    lab.write("modules.conf", "\n".join([*kept, ""]))
    lab.restart()
    try:
        yield url
    finally:
        for file, text in before.items():
            if text is None:
                (etc / file).unlink()
            else:
                lab.write(file, text)
        lab.restart()


def filled(text: str, name: str, port: int) -> str:
    """A file of the page, with the test's database for the page's."""
    for page, ours in (
        ("= 5432", f"= {port}"),
        ("name = asterisk", f"name = {name}"),
        ("user = asterisk", f"user = {USER}"),
        ("pass = change-me", f"pass = {PASSWORD}"),
        ("password = change-me", f"password = {PASSWORD}"),
    ):
        text = text.replace(page, ours)
    return text


def variables(office: Office, url: str) -> dict[str, str]:
    """The environment of a command that knows the database."""
    return {
        "STASIS_ASTERISK_AMI_PORT": str(office.lab.ami_port),
        "STASIS_ASTERISK_AMI_USERNAME": office.lab.username,
        "STASIS_ASTERISK_AMI_SECRET": office.lab.password,
        "STASIS_ASTERISK_CDR_DATABASE": url,
    }


@pytest.fixture
async def pbx(office: Office, database: str) -> AsyncIterator[Pbx]:
    """The office with its database."""
    config = attrs.evolve(office.config(), cdr=CdrConfig(database=Secret(database)))
    async with Pbx(config) as pbx:
        yield pbx


async def phone(office: Office, name: str) -> Baresip:
    """A telephone that only the database knows."""
    return await Baresip.start(
        office.lab.sip_port, user=name, password=f"{name}-change-me", register=True
    )


@pytest.mark.things("realtime.families", "realtime.drivers", "realtime.objects")
async def test_an_office_without_a_database_maps_nothing(office: Office):
    async with Pbx(office.config()) as pbx:
        # It comes before those with the fixture `database`.
        assert await pbx.realtime.families() == []
        assert await pbx.realtime.drivers() == []
        assert {each.wizard for each in await pbx.realtime.objects()} == {"config", "memory"}


@pytest.mark.things("cdr.list", "cdr.show")
async def test_a_phone_of_the_database_is_called_and_its_record_is_found(
    office: Office, pbx: Pbx, database: str, tmp_path: Path
):
    assert "carol" not in (office.lab.etc / "pjsip.conf").read_text("utf-8")
    async with await phone(office, "carol") as carol, await phone(office, "dave") as dave:
        await dave.dial("2003")
        await carol.established()
        await connected(pbx, "dave")
        await asyncio.sleep(1)
        await dave.hangup()
        await carol.closed()
    told = []
    async with asyncio.timeout(15):
        while not told:
            done = await asyncio.to_thread(
                stasis,
                tmp_path,
                office.lab,
                *("cdr", "list", "--since", "yesterday", "--party", "carol", "--answered"),
                "--json",
                **variables(office, database),
            )
            assert done.returncode == 0, done.stderr
            told = json.loads(done.stdout)
    (found,) = told
    assert (found["src"], found["dst"], found["lastapp"]) == ("2004", "2003", "Dial")
    assert found["billsec"] >= 1
    (whole,) = await pbx.cdr.show(found["uniqueid"])
    assert whole.channel.startswith("PJSIP/dave-") and whole.dstchannel.startswith("PJSIP/carol-")
    assert whole.sequence is not None and whole.linkedid == whole.uniqueid
    page = imported(PAGE, tmp_path)
    assert [each.uniqueid for each in await page.answered(pbx, "2004")] == [whole.uniqueid]


@pytest.mark.things("realtime.families", "realtime.drivers", "realtime.objects")
async def test_what_is_mapped_and_where(pbx: Pbx):
    families = await pbx.realtime.families()
    assert [each.family for each in families] == list(FAMILIES)
    assert {(each.state, each.driver) for each in families} == {("ready", "pgsql")}
    (driver,) = await pbx.realtime.drivers()
    assert (driver.driver, driver.loaded, driver.connected) == ("pgsql", True, True)
    objects = [(each.kind, each.wizard, each.place) for each in await pbx.realtime.objects()]
    assert ("endpoint", "realtime", "ps_endpoints") in objects and len(objects) == 6


@pytest.mark.things("realtime.row")
async def test_a_row_is_what_asterisk_reads_now(pbx: Pbx, database: str, postgres: Postgres):
    row = await pbx.realtime.row("ps_auths", "id", "carol")
    assert row.columns == {
        "id": "carol",
        "auth_type": "userpass",
        "username": "carol",
        "password": "***",
    }
    with pytest.raises(Missing, match="ps_endpoints has no row whose id is erin"):
        await pbx.realtime.row("ps_endpoints", "id", "erin")
    name = urlsplit(database).path.strip("/")
    postgres.ask("INSERT INTO ps_endpoints (id, context) VALUES ('erin', 'default')", name)
    assert (await pbx.realtime.row("ps_endpoints", "id", "erin")).columns["context"] == "default"


async def test_mailboxes_and_queues_of_the_database_are_asterisks(office: Office, pbx: Pbx):
    assert "PJSIP/carol" in office.lab.cli("queue show sales")
    assert "2003" in office.lab.cli("voicemail show users for default")
    assert (await pbx.realtime.row("voicemail", "mailbox", "2003")).columns["password"] == "***"


@pytest.mark.timeout(60)
@pytest.mark.things("realtime.drivers", "realtime.families")
async def test_a_database_that_is_gone_and_comes_back(pbx: Pbx, postgres: Postgres):
    await asyncio.to_thread(postgres.stop)
    try:
        (driver,) = await pbx.realtime.drivers()
        assert driver.connected is False and "Unable to connect" in driver.told
        assert {each.state for each in await pbx.realtime.families()} == {"no connection"}
    finally:
        await asyncio.to_thread(postgres.start)
    assert {each.state for each in await pbx.realtime.families()} == {"ready"}


@pytest.mark.things("realtime.families", "realtime.drivers")
async def test_what_is_not_in_effect_says_why(office: Office, pbx: Pbx):
    text = (office.lab.etc / "extconfig.conf").read_text("utf-8")
    office.lab.write("extconfig.conf", f"{text}musiconhold => pgsql,asterisk,moh\n")
    try:
        states = {each.family: each.state for each in await pbx.realtime.families()}
        assert states.pop("musiconhold") == "needs reload" and set(states.values()) == {"ready"}
    finally:
        office.lab.write("extconfig.conf", text)
    office.lab.cli("module unload res_config_pgsql.so")
    try:
        assert {each.state for each in await pbx.realtime.families()} == {"driver not loaded"}
        (driver,) = await pbx.realtime.drivers()
        assert (driver.loaded, driver.told) == (False, "res_config_pgsql.so is not loaded")
    finally:
        office.lab.cli("module load res_config_pgsql.so")
    assert {each.state for each in await pbx.realtime.families()} == {"ready"}


@pytest.mark.things("realtime.row")
async def test_without_its_module_no_row_can_be_read(office: Office, pbx: Pbx):
    office.lab.cli("module unload res_realtime.so")
    try:
        with pytest.raises(Needs, match="needs the module res_realtime.so"):
            await pbx.realtime.row("ps_auths", "id", "carol")
    finally:
        office.lab.cli("module load res_realtime.so")
