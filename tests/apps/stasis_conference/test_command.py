"""`stasis conference …` against a running program, with its real database."""

from __future__ import annotations

import asyncio
import json
import re
import sys
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from attrs import define
from stasis_conference.asking import TOKEN, Refused
from stasis_conference.command import chosen_of
from stasis_conference.grant import SCOPES, Grant
from stasis_conference.plugin import ConferenceConfig, ConferencePlugin
from stasis_conference.rows import RoomRow

from stasis import Secret
from stasis.cli.main import main
from stasis.config import HttpConfig
from stasis.http import serve
from stasis.testing.asterisk import Asterisk
from stasis.testing.party import Caller
from stasis.web import hash_of
from tests.apps.stasis_conference.house import inside

pytestmark = pytest.mark.timeout(60)

SOUNDS = "conf-onlyperson conf-thereare conf-otherinparty conf-kicked conf-muted conf-unmuted"
SHORT = dict.fromkeys(SOUNDS.split(), 0.05)
DAY = timedelta(days=1)
# The program's own log, which has the same standard output here.
LOGGED = re.compile(r"^[0-9-]{10} [0-9:]{8} \[.*\n", re.MULTILINE)


@define
class Office:
    """A program that runs, and a place to type commands in."""

    asterisk: Asterisk
    plugin: ConferencePlugin
    capture: pytest.CaptureFixture[str]

    async def types(self, *words: str) -> tuple[int, str, str]:
        """Type `stasis conference …`. Returns exit code, output, and errors."""
        self.capture.readouterr()
        code = await asyncio.to_thread(main, ["conference", *words])
        told = self.capture.readouterr()
        return code, LOGGED.sub("", told.out), told.err

    async def does(self, *words: str) -> str:
        """The same; it must work. Returns the output."""
        code, out, err = await self.types(*words)
        assert code == 0, err
        return out

    async def member(self, number: str, *args: str, name: str = "") -> Caller:
        caller = await self.asterisk.call("conference", "board", *args, number=number, name=name)
        await inside(caller, "board")
        return caller


@pytest.fixture
async def office(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> AsyncIterator[Office]:
    monkeypatch.chdir(tmp_path)
    monkeypatch.delenv(TOKEN, raising=False)
    database = "sqlite:///rooms.db"
    config = ConferenceConfig(database=Secret(database), dial_out="PJSIP/{number}@trunk")
    plugin = ConferencePlugin(config)
    async with Asterisk(plugin, sounds=SHORT) as asterisk:
        async with serve(HttpConfig(port=0), [plugin]) as port:
            (tmp_path / "stasis.toml").write_text(
                f'[http]\nport = {port}\n[plugin.conference]\ndatabase = "{database}"\n'
            )
            yield Office(asterisk, plugin, capsys)


async def test_rooms_and_who_is_in_them(office: Office):
    now = office.plugin.now()
    await office.plugin.store.save_room(RoomRow("planned", now, now, "Later"))
    await office.member("900", "moderator")
    await office.member("100", name="An\x1b[31mna")
    listed = await office.does("list")
    assert "board" in listed and "planned" in listed and "Later" in listed
    shown = await office.does("show", "board")
    assert "900" in shown and "moderator" in shown and "\x1b" not in shown
    room = json.loads(await office.does("show", "board", "--json"))
    assert [each["number"] for each in room["members"]] == ["900", "100"]
    found = json.loads(await office.does("list", "--json"))
    assert list(found["live"]) == ["board"]
    assert [each["name"] for each in found["planned"]] == ["planned"]


async def test_what_is_done_to_members(office: Office):
    mona = await office.member("900", "moderator")
    anna = await office.member("100")
    bert = await office.member("200")
    members = office.plugin.rooms.live["board"].members
    await office.does("mute", "board", "100")
    assert [each.data.muted for each in members.values()] == [False, True, False]
    await office.does("unmute", "board", next(m.id for m in members.values() if m.data.muted))
    assert not any(each.data.muted for each in members.values())
    assert "mute: 2" in await office.does("mute", "board", "--others")
    assert "unmute: 3" in await office.does("unmute", "board", "--all")
    await office.does("kick", "board", "--last")
    await bert.is_hung_up()
    await office.does("kick", "board", "100")
    await anna.is_hung_up()
    await office.does("kick", "board", "--all")
    await mona.is_hung_up()


async def test_what_is_done_to_a_room(office: Office):
    mona = await office.member("900", "moderator")
    room = office.plugin.rooms.live["board"]
    assert await office.does("lock", "board") == "board is locked\n"
    assert room.live.locked
    assert await office.does("unlock", "board") == "board is open\n"
    assert not room.live.locked
    for what, state, told in (
        ("start", "running", "is recorded"),
        ("pause", "paused", "is not recorded for a while"),
        ("resume", "running", "is recorded again"),
        ("stop", "off", "is not recorded any more"),
    ):
        assert await office.does("record", "board", what) == f"board {told}\n"
        assert room.recorder.state == state
    assert await office.does("invite", "board", "0301234") == "board calls 0301234\n"
    far = await office.asterisk.rings("PJSIP/0301234@trunk")
    await far.declines()
    await office.does("invite", "board", "PJSIP/alice", "--profile", "moderator")
    alice = await office.asterisk.rings("PJSIP/alice")
    await alice.answers()
    await inside(alice, "board")
    await alice.talks_with(mona)


async def test_tokens_are_made_listed_and_revoked(office: Office, monkeypatch: pytest.MonkeyPatch):
    token = (await office.does("token", "add", "door", "--scope", "rooms:read")).strip()
    assert token.startswith("stconf_")
    bound = await office.does(
        "token", "add", "b", "--scope", "rooms:act", "--room", "x*", "--days", "0", "--json"
    )
    assert json.loads(bound)["expires"] is None and json.loads(bound)["rooms"] == ["x*"]
    listed = await office.does("token", "list")
    assert "door" in listed and "rooms:read" in listed and token not in listed
    monkeypatch.setenv(TOKEN, token)
    assert "board" not in await office.does("list")
    code, out, err = await office.types("lock", "board")
    assert (code, out) == (1, "") and "lacks the scope rooms:act" in err and token not in err
    monkeypatch.delenv(TOKEN)
    found = json.loads(await office.does("token", "list", "--json"))
    (door,) = [each for each in found if each["name"] == "door"]
    await office.does("token", "revoke", str(door["id"]))
    monkeypatch.setenv(TOKEN, token)
    code, _, err = await office.types("list")
    assert code == 1 and f"{TOKEN} is not known, or no longer valid" in err


async def test_only_tokens_that_count_are_listed_unless_all_are_asked_for(office: Office):
    async def listed(*words: str) -> list[str]:
        found = json.loads(await office.does("token", "list", "--json", *words))
        return [each["name"] for each in found]

    grants, now = office.plugin.store.grants, office.plugin.now()
    scopes = frozenset({"events"})
    for name, expires in (("lasting", None), ("later", now + DAY), ("expired", now - DAY)):
        await grants.add(
            hash_of(name), Grant(name=name, scopes=scopes, created=now - DAY * 2, expires=expires)
        )
    gone = await grants.add(hash_of("gone"), Grant(name="revoked", scopes=scopes, created=now))
    await grants.revoke(gone.id, now)
    assert await listed() == ["lasting", "later"]
    everything = await listed("--all")
    assert everything[:4] == ["lasting", "later", "expired", "revoked"]
    assert set(everything[4:]) == {"command line"}


async def test_the_token_that_is_made_for_a_command_is_gone_after_it(office: Office):
    await office.does("list")
    (grant,) = await office.plugin.store.grants.list(9)
    assert grant.name == "command line" and grant.scopes == set(SCOPES)
    assert grant.revoked is not None and grant.expires is not None
    assert (grant.expires - grant.created).total_seconds() == 60


async def test_standard_output_is_one_json_document_and_nothing_else(office: Office):
    await office.member("100")
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "stasis", "conference", "list", "--json"),
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )
    out, err = await process.communicate()
    assert list(json.loads(out)["live"]) == ["board"]
    assert (process.returncode, err) == (0, b"")


async def test_where_the_page_is(office: Office):
    assert (await office.does("page")).strip().endswith("/conference/page/")


class TestWhatIsWrong:
    """One screen, the fix, and an exit code; never a traceback."""

    async def test_is_told(self, office: Office):
        for words, code, line in (
            (("show", "board"), 1, "nobody is in board now"),
            (("mute", "board"), 2, "say whom"),
            (("mute", "board", "100", "--all"), 2, "say whom"),
            (("mute", "board", "100"), 1, "nobody is in board now"),
            (("record", "board", "now"), 2, "one of start, stop, pause, resume"),
            (("token", "add", "x"), 2, "--scope"),
            (("token", "add", "x", "--scope", "fly"), 1, "no such scope; known: rooms:read"),
            (("token", "add", "x", "--scope", "events", "--room", "a b"), 1, "'a b': use letters"),
            (("token", "revoke", "99"), 1, "no such token"),
            (("show", "../x"), 1, "no such room"),
        ):
            found, out, err = await office.types(*words)
            assert (found, out) == (code, ""), words
            assert line in " ".join(err.split()) and len(err.splitlines()) < 25
            assert "Traceback" not in err

    async def test_without_a_program_that_runs(
        self, office: Office, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
    ):
        (tmp_path / "stasis.toml").write_text("[http]\nport = 1\n")
        monkeypatch.setenv(TOKEN, "x")
        code, _, err = await office.types("list")
        assert code == 1 and "nothing answers at http://127.0.0.1:1" in err
        assert "is `stasis run` running" in err

    async def test_without_a_token_and_a_database_no_database_is_made(
        self, office: Office, tmp_path: Path
    ):
        (tmp_path / "stasis.toml").write_text("")
        code, _, err = await office.types("list")
        assert code == 1 and f"set {TOKEN}" in err
        assert not (tmp_path / "conference.db").exists()

    async def test_a_wrong_configuration(self, office: Office, tmp_path: Path):
        (tmp_path / "stasis.toml").write_text("[plugin.conference]\nfiles = 1\n")
        code, _, err = await office.types("list")
        assert code == 2 and "did you mean file?" in err


@pytest.mark.parametrize(
    ("who", "found"), [("aa", "aa"), ("100", "bb"), ("200", "2 members have"), ("9", "no member")]
)
def test_a_member_is_named_by_its_id_or_its_number(who: str, found: str):
    members: list[dict[str, Any]] = [
        {"id": "aa", "number": "200"},
        {"id": "bb", "number": "100"},
        {"id": "cc", "number": "200"},
    ]
    try:
        assert chosen_of(members, who) == found
    except Refused as error:
        assert found in str(error)
