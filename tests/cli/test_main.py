"""How a run ends: every foreseen error is one screen that names the fix, and an exit code."""

from __future__ import annotations

import sys
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import structlog

from stasis.cli.main import command_of, main
from stasis.errors import StasisError

Write = Callable[[str, str], Path]
Cli = Callable[..., Any]

NOBODY = {"STASIS_ASTERISK_URL": "http://127.0.0.1:1/ari"}
FLOW = "async def hello(channel): ...\n"
EMPTY = "from stasis import Plugin\n\n\nclass Seeded(Plugin):\n    name = 'seeded'\n"
GREETING = (
    EMPTY
    + "    def flows(self):\n        return {'seeded': greet}\n\n\nasync def greet(channel): ...\n"
)
# `stasis.cli.main` is the function; the module of that name is reached so.
MODULE = sys.modules["stasis.cli.main"]
BROKEN = {"broken": "seeded_broken:Broken"}


def one_screen(text: str) -> bool:
    return 0 < len(text.splitlines()) <= 24


def test_without_a_command_the_help_is_shown(cli: Cli) -> None:
    done = cli()
    for name in ("run", "check", "draw", "doctor", "call", "new", "lab", "version"):
        assert name in done.stdout + done.stderr


def test_the_help_names_the_plugins_without_importing_them(cli: Cli, write: Write) -> None:
    write("seeded_broken.py", "raise RuntimeError('seeded')\n")
    done = cli("--help", plugins=BROKEN)
    told = " ".join(done.stdout.split())
    assert "Plugins, some with commands below their names: broken, " in told
    assert "seeded" not in done.stdout + done.stderr


def test_an_unknown_command_is_exit_code_2(cli: Cli) -> None:
    done = cli("rnu")
    assert done.returncode == 2
    assert "rnu" in done.stderr


@pytest.mark.parametrize("name", [*MODULE.COMMANDS, *MODULE.GROUPS])
def test_the_help_says_of_a_command_what_its_own_help_begins_with(
    capsys: pytest.CaptureFixture[str], name: str
) -> None:
    assert main([name, "--help"]) == 0
    told = " ".join(capsys.readouterr().out.split())
    text = {**MODULE.COMMANDS, **MODULE.GROUPS}[name]
    assert f" {text} " in told.partition("Options:")[0]


def test_an_unknown_command_is_told_with_the_nearest(cli: Cli) -> None:
    assert "Did you mean 'run'?" in cli("rnu").stderr
    assert "'calls'" in cli("cals").stderr
    assert "No such command" in cli("cals", "list").stderr


def test_logs_leave_standard_output_to_the_result(capsys: pytest.CaptureFixture[str]) -> None:
    configured, before = structlog.is_configured(), structlog.get_config()
    structlog.reset_defaults()
    try:
        assert main(["version"]) == 0
        structlog.get_logger("x").warning("seeded")
    finally:
        structlog.reset_defaults()
        if configured:
            structlog.configure(**before)
    told = capsys.readouterr()
    assert "seeded" in told.err and "seeded" not in told.out


class TestConfiguration:
    def test_broken_toml_names_file_and_line(self, cli: Cli, write: Write) -> None:
        write("stasis.toml", "[asterisk]\nurl = \n")
        done = cli("run")
        assert done.returncode == 2
        assert "stasis.toml: not valid TOML" in done.stderr
        assert "line 2" in done.stderr
        assert one_screen(done.stderr)

    def test_every_unknown_key_is_told_at_once_with_the_nearest(
        self, cli: Cli, write: Write
    ) -> None:
        write("stasis.toml", "[asterisk]\nusrname = 'x'\n[engine]\nimbox = 5\n")
        done = cli("run")
        assert done.returncode == 2
        assert "did you mean asterisk.username?" in done.stderr
        assert "did you mean engine.inbox?" in done.stderr
        assert one_screen(done.stderr)

    def test_a_file_named_by_option_must_be_there(self, cli: Cli) -> None:
        done = cli("--config", "other.toml", "version")
        assert done.returncode == 2
        assert "--config other.toml: no such file" in done.stderr

    def test_a_file_named_by_option_counts(self, cli: Cli, write: Write) -> None:
        write("other.toml", "[asterisk]\nurl = 'http://127.0.0.1:1/elsewhere'\n")
        assert "127.0.0.1:1/elsewhere" in cli("--config", "other.toml", "version").stdout


class TestRun:
    def test_an_asterisk_that_is_not_there_names_what_to_check(
        self, cli: Cli, write: Write
    ) -> None:
        write("seeded.py", FLOW)
        done = cli("run", "seeded:hello", env=NOBODY)
        assert done.returncode == 1
        assert "is Asterisk running" in done.stderr
        assert "http.conf" in done.stderr
        assert "stasis doctor" in done.stderr
        assert one_screen(done.stderr)

    @pytest.mark.parametrize("name", ["two words", "a,b", "ümlaut", "a/b", "", "x" * 81])
    def test_an_application_name_with_odd_characters_is_refused(
        self, cli: Cli, write: Write, name: str
    ) -> None:
        write("seeded.py", FLOW)
        done = cli("run", "seeded:hello", f"--app={name}", env=NOBODY)
        if name:
            assert done.returncode == 2
            assert "use letters, digits" in done.stderr
        else:
            assert "is Asterisk running" in done.stderr, "no name takes the flow's own"
        assert one_screen(done.stderr)

    def test_an_application_without_a_flow_is_refused(self, cli: Cli) -> None:
        done = cli("run", "--app", "x", env=NOBODY)
        assert done.returncode == 2
        assert "name the flow too" in done.stderr

    def test_nothing_to_run_says_how_to_name_a_flow(self, cli: Cli, write: Write) -> None:
        write("seeded.py", EMPTY)
        env = {**NOBODY, "STASIS_PLUGINS_ENABLED": "seeded"}
        done = cli("run", plugins={"seeded": "seeded:Seeded"}, env=env)
        assert done.returncode == 2
        assert "stasis run my_module:MyFlow" in done.stderr

    def test_a_flow_that_cannot_be_imported_names_the_line(self, cli: Cli, write: Write) -> None:
        write("seeded.py", "x = undefined\n")
        done = cli("run", "seeded:hello", env=NOBODY)
        assert done.returncode == 1
        assert "seeded.py:1: NameError" in done.stderr


class TestPlugins:
    def test_one_that_raises_at_import_is_left_out_and_told(self, cli: Cli, write: Write) -> None:
        write("seeded_broken.py", "raise RuntimeError('seeded')\n")
        write("seeded.py", GREETING)
        done = cli("run", plugins={**BROKEN, "seeded": "seeded:Seeded"}, env=NOBODY)
        assert done.returncode == 1
        assert "left out: plugin 'broken'" in done.stderr
        assert "RuntimeError: seeded" in done.stderr
        assert "is Asterisk running" in done.stderr, "the other one would have run"
        assert one_screen(done.stderr)

    def test_one_that_is_required_stops_the_run(self, cli: Cli, write: Write) -> None:
        write("seeded_broken.py", "raise RuntimeError('seeded')\n")
        write("stasis.toml", "[plugins]\nrequired = ['broken']\n")
        done = cli("run", plugins=BROKEN, env=NOBODY)
        assert done.returncode == 1
        assert "plugin 'broken' (seeded_broken:Broken) cannot be imported" in done.stderr
        assert one_screen(done.stderr)

    def test_a_broken_one_breaks_no_other_command(self, cli: Cli, write: Write) -> None:
        write("seeded_broken.py", "raise RuntimeError('seeded')\n")
        assert cli("version", plugins=BROKEN, env=NOBODY).returncode == 0

    def test_commands_of_a_plugin_are_below_its_name(self, cli: Cli, write: Write) -> None:
        write(
            "seeded_desk.py",
            "import typer\nfrom stasis import Plugin\napp = typer.Typer()\n\n\n"
            "@app.command()\ndef rooms() -> None:\n    typer.echo('three rooms')\n\n\n"
            "@app.command()\ndef desks() -> None: ...\n\n\n"
            "class Desk(Plugin):\n    name = 'desk'\n    commands = app\n",
        )
        done = cli("desk", "rooms", plugins={"desk": "seeded_desk:Desk"})
        assert (done.returncode, done.stdout) == (0, "three rooms\n")

    def test_commands_of_a_broken_one_say_why(self, cli: Cli, write: Write) -> None:
        write("seeded_broken.py", "raise RuntimeError('seeded')\n")
        done = cli("broken", "rooms", plugins=BROKEN)
        assert done.returncode == 1
        assert "cannot be imported: RuntimeError: seeded" in done.stderr

    @pytest.mark.parametrize("words", [("desk", "rooms"), ("check", "desk")])
    def test_a_missing_extra_is_named(self, cli: Cli, write: Write, words: tuple[str, ...]) -> None:
        write("seeded_desk.py", "import no_such_library.part\n")
        done = cli(*words, plugins={"desk": "seeded_desk:Desk [phones]"})
        assert done.returncode == 1
        assert "No module named 'no_such_library'" in done.stderr
        assert "pip install 'seeded[phones]'" in done.stderr

    def test_a_module_of_its_own_that_is_missing_is_no_matter_of_extras(
        self, cli: Cli, write: Write
    ) -> None:
        done = cli("desk", "rooms", plugins={"desk": "seeded_desk:Desk [phones]"})
        assert "cannot be imported" in done.stderr and "pip install" not in done.stderr

    def test_one_without_commands_says_so(self, cli: Cli, write: Write) -> None:
        write("seeded.py", EMPTY)
        done = cli("seeded", plugins={"seeded": "seeded:Seeded"})
        assert done.returncode == 1
        assert "plugin 'seeded' has no commands" in done.stderr


class TestMain:
    def test_ctrl_c_is_exit_code_130(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def interrupted(words: object) -> object:
            raise KeyboardInterrupt

        monkeypatch.setattr(MODULE, "built", interrupted)
        assert main(["version"]) == 130
        assert capsys.readouterr() == ("", "")

    def test_any_error_of_ours_is_told_and_is_exit_code_1(
        self, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
    ) -> None:
        def failing(words: object) -> object:
            raise StasisError("seeded [bold]text[/bold]")

        monkeypatch.setattr(MODULE, "built", failing)
        assert main([]) == 1
        assert "seeded [bold]text[/bold]" in capsys.readouterr().err

    @pytest.mark.parametrize(
        ("words", "name"),
        [
            (["run", "x"], "run"),
            (["--config", "a.toml", "ivr"], "ivr"),
            (["--config=a.toml", "ivr"], "ivr"),
            (["--help"], ""),
            ([], ""),
        ],
    )
    def test_the_command_is_the_first_word_that_is_no_option(
        self, words: list[str], name: str
    ) -> None:
        assert command_of(words) == name
