"""What may be given on Asterisk's command line: words, lists, and how a command gets there."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ami import Ami, actions
from stasis.ami.answers import CommandOutput
from stasis.config import CliConfig
from stasis.pbx.command_line import CommandLine, words_of, written
from stasis.pbx.errors import BadValue, Denied, Refused, Unavailable
from tests.pbx.fake_ami import FakeAmi


def line_of(**config: Any) -> CommandLine:
    """A command line that is only asked what may be given."""

    async def ami() -> Ami:
        raise AssertionError("nothing is to be sent")

    return CommandLine(CliConfig(**config), ami)


class TestWords:
    def test_blanks_and_tabs_part_them_and_quotes_keep_one_together(self) -> None:
        assert words_of(' database\tput  cidname "2001 x"  Zoë ') == (
            "database",
            "put",
            "cidname",
            "2001 x",
            "Zoë",
        )

    @pytest.mark.parametrize(
        "line",
        [
            "",
            " \t",
            'data"base" put a b c',
            '"data"base put a b c',
            "data\\base put a b c",
            'database put a b "c',
            'database put a b "c" "',
            "database put a b c\\",
            "core show version\ndatabase put a b c",
            "core show version\rdatabase put a b c",
            "core show version\0database put a b c",
            "core\x0bshow version",
            "core\u00a0show version",
            "core\u2003show version",
            "core\u200bshow version",
            "core\u2028show version",
            "core show \ud800",
            "x" * 901,
        ],
    )
    def test_what_is_not_clear_is_refused(self, line: str) -> None:
        with pytest.raises(BadValue):
            words_of(line)

    @given(st.lists(st.text(st.characters(exclude_characters='"\\')), min_size=1, max_size=8))
    def test_what_is_written_is_read_as_the_same_words(self, words: list[str]) -> None:
        try:
            read = words_of(written(words))
        except BadValue:
            return
        assert read == tuple(words)

    @given(st.text(st.sampled_from('ab "\\\t'), max_size=20))
    def test_what_is_read_is_what_asterisk_would_read(self, line: str) -> None:
        try:
            read = words_of(line)
        except BadValue:
            return
        assert list(read) == asterisks(line) == asterisks(written(read))


def asterisks(line: str) -> list[str]:
    """How Asterisk parts a line: quotes and backslashes mean something anywhere in a word."""
    words: list[str] = []
    inside = quoted = escaped = False
    for each in line:
        if escaped:
            pass
        elif each == "\\":
            escaped = True
            continue
        elif each == '"':
            quoted = not quoted
            if not inside:
                words.append("")
                inside = True
            continue
        elif each in " \t" and not quoted:
            inside = False
            continue
        if not inside:
            words.append("")
            inside = True
        words[-1] += each
        escaped = False
    return words


class TestLists:
    @pytest.mark.parametrize(
        "line",
        [
            "core show channels",
            "CORE Show Channels concise",
            "pjsip show endpoint alice",
            "pjsip list endpoints",
            "module show like queue",
            "dialplan show default",
            "bridge technology show",
            "media cache show all",
            "confbridge list",
        ],
    )
    def test_without_a_list_what_only_shows_may_be_given(self, line: str) -> None:
        assert line_of().check(line) == tuple(line.split())

    @pytest.mark.parametrize(
        "line",
        [
            "core stop now",
            "database deltree show",
            "database del list key",
            "module load list",
            "module unload show",
            "confbridge kick list all",
            "channel request hangup all",
            "mixmonitor stop|list PJSIP/alice-1",
            "! show",
            "_command complete show",
            "show",
            "core",
        ],
    )
    def test_and_nothing_else_whatever_it_is_about_is_called(self, line: str) -> None:
        with pytest.raises(Denied):
            line_of().check(line)

    @pytest.mark.parametrize(
        "line",
        [
            "pjsip show auth alice",
            "PJSIP SHOW AUTHS",
            '"pjsip" "show" "auth" alice',
            "database show",
            "database showkey secret",
            "realtime load ps_auths id alice",
            "dialplan show globals",
            "confbridge show profile user default_user",
            "pjsip show history",
        ],
    )
    @pytest.mark.parametrize("allow", [[], ["pjsip", "database", "dialplan show", "confbridge"]])
    def test_what_shows_secrets_has_to_be_named_whole(self, line: str, allow: list[str]) -> None:
        with pytest.raises(Denied):
            line_of(allow=allow).check(line)

    def test_once_it_is_named_it_may_be_given(self) -> None:
        line = line_of(allow=["pjsip show auth"])
        assert line.check("pjsip show auth alice")[-1] == "alice"
        with pytest.raises(Denied):
            line.check("pjsip show auths")

    def test_with_a_list_nothing_else_may_be_given(self) -> None:
        line = line_of(allow=["pjsip qualify", "core show"])
        assert line.check("PJSIP Qualify alice") == ("PJSIP", "Qualify", "alice")
        with pytest.raises(Denied, match="'queue show' is not on the allow list"):
            line.check("queue show")
        with pytest.raises(Denied):
            line.check("pjsip qualifyx alice")

    @pytest.mark.parametrize(
        "line",
        [
            "agi set debug on",
            "AGI\tSet  DEBUG on",
            '"agi" "set" debug "on"',
            "agi set debug on|off",
            "agi set debug off|on",
            "agi set debug [on|off]",
            "agi set debug {on",
        ],
    )
    def test_the_deny_list_wins_in_every_spelling(self, line: str) -> None:
        with pytest.raises(Denied, match="'agi set debug on' is on the deny list"):
            line_of(allow=["agi"], deny=["agi set debug on"]).check(line)

    def test_a_deny_list_takes_no_more_than_it_says(self) -> None:
        line = line_of(allow=["agi"], deny=["agi set debug on"])
        assert line.check("agi set debug off")
        assert line.check("agi set debug")

    def test_lists_that_are_not_clear_are_refused_at_once(self) -> None:
        with pytest.raises(BadValue):
            line_of(deny=["core\\stop"])


class TestTheWays:
    async def test_over_ami_it_is_written_anew(self) -> None:
        ami: Any = FakeAmi({actions.Command: CommandOutput(output=("one", "two"))})

        async def client() -> Ami:
            return ami  # type: ignore[no-any-return]

        line = CommandLine(CliConfig(allow=["database put"]), client)
        assert await line.run('database\tput  a "b c" "d"') == ["one", "two"]
        assert ami.asked == [actions.Command(command='database put a "b c" d')]

    async def test_locally_it_is_one_argument_of_the_program(self, tmp_path: Path) -> None:
        program = script(tmp_path, 'printf "%s\\n" "$#" "$1" "$2"')
        line = line_of(way="local", program=program, allow=["x"])
        odd = 'x "; touch /tmp/a" $(id) `id` && -rx'
        assert await line.run(odd) == ["2", "-rx", odd]

    @pytest.mark.parametrize(
        ("body", "error", "words"),
        [
            ("echo 'Unable to connect'; exit 1", Unavailable, "-rx: Unable to connect"),
            ("exit 3", Unavailable, "-rx: exit code 3"),
            ("echo \"No such command 'x' (type\"", Refused, "No such command 'x'"),
            ("echo 'Usage: x <y>'", Refused, "Usage: x <y>"),
        ],
    )
    async def test_locally_what_went_wrong_is_told(
        self, tmp_path: Path, body: str, error: type[Exception], words: str
    ) -> None:
        line = line_of(way="local", program=script(tmp_path, body), allow=["x"])
        with pytest.raises(error, match=words):
            await line.run("x")

    async def test_a_program_that_is_not_there(self) -> None:
        line = line_of(way="local", program="/nowhere/asterisk", allow=["x"])
        with pytest.raises(Unavailable, match="see program in"):
            await line.run("x")

    async def test_locally_a_line_is_shorter(self) -> None:
        line = line_of(way="local", program="/nowhere/asterisk", allow=["x"])
        with pytest.raises(BadValue, match="asterisk -rx takes 496 bytes"):
            await line.run("x " + "ë" * 248)


def script(folder: Path, body: str) -> str:
    """A program that stands for Asterisk's."""
    program = folder / "asterisk"
    program.write_text(f"#!/bin/sh\n{body}\n")
    program.chmod(0o755)
    return str(program)
