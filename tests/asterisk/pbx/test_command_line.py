"""The lists of the command line against Asterisk's own parser, by AMI and by `asterisk -rx`.

The server is the judge: a spelling that it takes for a denied command leaves an entry in AstDB.
"""

from __future__ import annotations

import asyncio
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stasis.ami import Ami, AmiError, actions
from stasis.config import CliConfig
from stasis.pbx import BadValue, CommandLine, Pbx, PbxError, Refused
from tests.asterisk.pbx.conftest import Office

pytestmark = pytest.mark.timeout(240)

FAMILY = "denied"
ALLOW = ["database", "core", "agi", "module", "!", ";", "_command", "\u0130database"]
DENY = ["database put"]

# What may stand before a command, between two words, and behind it.
BEFORE = ["", "", "", " ", "\t", "!", "! ", ";", "; ", "\\", '"" ', "_command complete ", "\ufeff"]
BEFORE += ["core show version; ", "core show version | ", "core show version\x0b", "[", "{"]
BETWEEN = [" ", " ", " ", "  ", "\t", " \t ", "\u00a0", "\u2003", "\u200b", "\x0b", "\x0c", "\\ "]
BETWEEN += [' "" ', "|", "\x85", "\x1f"]
BEHIND = ["", "", "", " ", "\t", "\\", '"', ";", " ;", "|", "\x7f", " " + "x" * 700]


@st.composite
def words(draw: st.DrawFn, word: str) -> str:
    """A word as somebody may spell it who wants to get past a list."""
    text = "".join(draw(st.sampled_from([each, each.upper()])) for each in word)
    for _ in range(draw(st.integers(0, 2))):
        at = draw(st.integers(0, len(text)))
        mark = draw(st.sampled_from(['"', '""', "\\", "|", "", "", "\u0131", "\u017f", "*", "%"]))
        text = text[:at] + mark + text[at:]
    around = draw(st.sampled_from(["{}", "{}", "{}", '"{}"', "[{}]", "{{{}}}", "{}|x", "x|{}"]))
    cut = draw(st.sampled_from([0, 0, 0, 0, 1, 2]))
    return around.format(text[: len(text) - cut] if cut else text)


@st.composite
def spellings(draw: st.DrawFn) -> str:
    """A spelling of `database put denied k v`, or of something that may be taken for it."""
    text = draw(st.sampled_from(BEFORE)) + draw(words("database"))
    text += draw(st.sampled_from(BETWEEN)) + draw(words("put"))
    for rest in (FAMILY, "k", "v"):
        text += draw(st.sampled_from(BETWEEN[:6])) + draw(st.sampled_from([rest, f'"{rest}"']))
    return text + draw(st.sampled_from(BEHIND))


class Judge:
    """A server and what it has done."""

    def __init__(self, office: Office, runner: asyncio.Runner, program: str) -> None:
        self.office = office
        self._runner = runner
        self._ami = Ami(office.config().manager())
        self._lines = {
            way: CommandLine(
                CliConfig(way=way, program=program, allow=ALLOW, deny=DENY),  # type: ignore[arg-type]
                self._client,
            )
            for way in ("ami", "local")
        }
        runner.run(self._ami.start())

    async def _client(self) -> Ami:
        return self._ami

    def close(self) -> None:
        self._runner.run(self._ami.stop())

    def takes(self, text: str) -> bool:
        """Whether the server takes this for the denied command, given just so."""

        async def given() -> bool:
            try:
                await self._ami.send(actions.Command(command=text))
            except AmiError:
                pass
            return await self._done()

        return self._runner.run(given())

    def lets(self, text: str, way: str) -> tuple[bool, bool]:
        """Whether the command line gives it, and whether the denied command was done by that."""

        async def given() -> tuple[bool, bool]:
            try:
                await self._lines[way].run(text)
            except (PbxError, AmiError) as error:
                passed = isinstance(error, (Refused, AmiError))
            else:
                passed = True
            return passed, await self._done()

        return self._runner.run(given())

    async def _done(self) -> bool:
        """Whether the denied command was done; then it is undone."""
        try:
            await self._ami.list(actions.DBGet(family=FAMILY, key="k"))
        except AmiError:
            return False
        await self._ami.send(actions.DBDelTree(family=FAMILY))
        return True


@pytest.fixture
def program(office: Office, tmp_path: Path) -> str:
    """What runs `asterisk` where the server runs."""
    file = tmp_path / "asterisk"
    inside = ["nsenter", "-t", str(office.lab.pid), "--mount", "--root", "--wd"]
    file.write_text(f'#!/bin/sh\nexec {shlex.join(inside)} /usr/sbin/asterisk "$@"\n')
    file.chmod(0o755)
    return str(file)


@pytest.fixture
def judge(office: Office, program: str) -> Iterator[Judge]:
    """The server as a judge, with a loop of its own: hypothesis is not asynchronous."""
    with asyncio.Runner() as runner:
        found = Judge(office, runner, program)
        try:
            yield found
        finally:
            found.close()


SAME = [HealthCheck.function_scoped_fixture, HealthCheck.too_slow]


@settings(max_examples=400, deadline=None, suppress_health_check=SAME)
@given(text=spellings())
def test_no_spelling_of_a_denied_command_gets_past_over_ami(judge: Judge, text: str) -> None:
    taken = judge.takes(text)
    passed, done = judge.lets(text, "ami")
    assert not done
    assert not (taken and passed)


@settings(max_examples=60, deadline=None, suppress_health_check=SAME)
@given(text=spellings())
def test_nor_over_the_local_program(judge: Judge, text: str) -> None:
    _, done = judge.lets(text, "local")
    assert not done


def test_the_judge_sees_what_the_server_does(judge: Judge) -> None:
    """Spellings that Asterisk itself takes for it, among them some that look odd."""
    for text in (
        "database put denied k v",
        'DATA"base" p\\ut denied k v',
        '"database"\tput denied k "v',
        "\\database put denied k v\\",
    ):
        assert judge.takes(text), text
        assert judge.lets(text, "ami") == (False, False)
        assert judge.lets(text, "local") == (False, False)
    for text in ("data put denied k v", "database\u00a0put denied k v", "!database put denied k v"):
        assert not judge.takes(text), text


class TestTheLocalWay:
    async def test_it_says_what_ami_says(self, pbx: Pbx, office: Office, program: str) -> None:
        config = CliConfig(way="local", program=program, allow=["core show", "database"])
        line = CommandLine(config, pbx.ways.ami)
        assert (await line.run("core show version"))[0].startswith(f"Asterisk {office.version}.")
        odd = "Zoë; | $(id) `id` && !"
        await line.run(f'database put "local way" k "{odd}"')
        assert f"Value: {odd}" in office.lab.cli('database get "local way" k')

    async def test_what_asterisk_does_not_know_is_refused(self, pbx: Pbx, program: str) -> None:
        """`asterisk -rx` itself ends with 0."""
        line = CommandLine(CliConfig(way="local", program=program), pbx.ways.ami)
        with pytest.raises(Refused, match="No such command 'queues show"):
            await line.run("queues show")
        with pytest.raises(Refused, match="Usage: "):
            await line.run("agi show commands a b c d")

    async def test_a_line_of_its_length_is_done_and_a_longer_one_is_refused(
        self, pbx: Pbx, office: Office, program: str
    ) -> None:
        """The server itself does nothing with a longer one, and says nothing."""
        config = CliConfig(way="local", program=program, allow=["database"])
        line = CommandLine(config, pbx.ways.ami)
        start = "database put local k "
        fits = start + "v" * (496 - len(start))
        assert await line.run(fits) == ["Updated database successfully"]
        office.lab.cli("database del local k")
        office.lab.cli(f"{fits}v")
        assert "Value" not in office.lab.cli("database get local k")
        with pytest.raises(BadValue, match="496 bytes"):
            await line.run(f"{fits}v")
