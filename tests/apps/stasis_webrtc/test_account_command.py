"""`stasis webrtc user|session|audit`: on the database itself, with no password in sight."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any, TypeVar

import pytest
import typer
from click.testing import Result
from stasis_webrtc import command_line
from stasis_webrtc.account import AccountError
from stasis_webrtc.account_command import add_to
from stasis_webrtc.store import Store
from typer.testing import CliRunner

from stasis.cli.settings import Settings
from stasis.errors import ConfigError
from tests.apps.stasis_webrtc.accounts import OTHER, PASSWORD, Desk

T = TypeVar("T")


class Shell:
    """Runs commands with a configuration of their own."""

    def __init__(self, folder: Path) -> None:
        self.url = f"sqlite:///{folder / 'webrtc.db'}"
        self.config = folder / "stasis.toml"
        self.config.write_text(f'[plugin.webrtc]\ndatabase = "{self.url}"\n')
        self.app = typer.Typer()
        add_to(self.app)

    def run(self, *words: str, typed: str = "") -> Result:
        """Run a command. typed: what is on standard input."""
        settings = Settings(self.config)
        return CliRunner().invoke(self.app, words, input=typed, obj=settings)

    def told(self, *words: str, typed: str = "") -> str:
        """What a command that goes well says."""
        result = self.run(*words, typed=typed)
        assert result.exit_code == 0, (result.output, result.exception)
        assert PASSWORD not in result.output and OTHER not in result.output
        return result.output

    def failed(self, *words: str, typed: str = "") -> BaseException:
        """How a command fails."""
        result = self.run(*words, typed=typed)
        assert result.exception is not None and result.exit_code != 0
        return result.exception

    def ask(self, work: Callable[[Desk], Awaitable[T]]) -> T:
        """What the database says."""

        async def asked() -> T:
            store = Store(self.url)
            await store.open()
            try:
                return await work(Desk(store))
            finally:
                await store.close()

        return asyncio.run(asked())


@pytest.fixture
def shell(tmp_path: Path) -> Shell:
    shell = Shell(tmp_path)
    shell.told("user", "add", "ann", "--title", "Ann", "--extension", "201", typed=PASSWORD)
    return shell


def log_in(shell: Shell, password: str = PASSWORD) -> str:
    async def work(desk: Desk) -> str:
        return (await desk.accounts.log_in("ann", password, "Chrome", "192.0.2.1")).session.id

    return shell.ask(work)


class TestUsers:
    def test_one_that_is_added_may_log_in(self, shell: Shell):
        told = shell.told(
            "user", "add", "bob", "--call", "internal", "--call", "+49*", "--record", "--admin",
            typed=OTHER + "\n",
        )  # fmt: skip
        assert told == "bob is added\n"
        bob = shell.ask(lambda desk: desk.accounts.user("bob"))
        assert bob.grants.patterns == ("internal", "+49*")
        assert bob.grants.may_record and bob.grants.admin and bob.grants.may_receive
        signed_in = shell.ask(lambda desk: desk.accounts.log_in("bob", OTHER))
        assert signed_in.user == bob

    def test_they_are_listed(self, shell: Shell):
        told = shell.told("user", "list")
        assert "name" in told and "ann" in told and "201" in told and "internal rooms" in told

    def test_one_is_shown_with_its_sessions(self, shell: Shell):
        session = log_in(shell)
        told = shell.told("user", "show", "Ann")
        assert session in told and "Chrome" in told and "forward when busy" in told
        assert "$argon2" not in told

    def test_another_password_ends_its_sessions(self, shell: Shell):
        log_in(shell)
        shell.told("user", "password", "ann", typed=OTHER + "\r\n")
        assert shell.ask(lambda desk: desk.store.sessions()) == []
        assert log_in(shell, OTHER)

    def test_grants_are_changed_one_by_one(self, shell: Shell):
        told = shell.told("user", "grant", "ann", "--call", "*", "--call", "!+49900*")
        assert told == "ann may call: * !+49900*\n"
        shell.told("user", "grant", "ann", "--no-receive")
        grants = shell.ask(lambda desk: desk.ann()).grants
        assert grants.patterns == ("*", "!+49900*") and not grants.may_receive
        assert not grants.admin and not grants.may_record

    def test_one_is_disabled_and_enabled(self, shell: Shell):
        log_in(shell)
        shell.told("user", "disable", "ann")
        assert "disabled" in shell.told("user", "list")
        assert shell.ask(lambda desk: desk.store.sessions()) == []
        shell.told("user", "enable", "ann")
        assert log_in(shell)

    def test_one_is_removed_when_that_is_sure(self, shell: Shell):
        assert shell.run("user", "remove", "ann", typed="n\n").exit_code == 1
        assert shell.ask(lambda desk: desk.ann()).name == "ann"
        shell.told("user", "remove", "ann", "--yes")
        assert "ann" not in shell.told("user", "list")

    @pytest.mark.parametrize(
        "words",
        [
            ("user", "add", "ann"),
            ("user", "add", "b@b"),
            ("user", "add", "bob", "--call", "everybody"),
            ("user", "add", "bob", "--extension", "201"),
            ("user", "show", "eve"),
            ("user", "password", "eve"),
            ("user", "disable", "eve"),
            ("user", "grant", "ann", "--call", "?"),
            ("session", "list", "--user", "eve"),
        ],
    )
    def test_what_cannot_be_is_told(self, shell: Shell, words: tuple[str, ...]):
        assert isinstance(shell.failed(*words, typed=OTHER), AccountError)

    @pytest.mark.parametrize("typed", ["", "\n", "short\n"])
    def test_no_password_is_a_weak_one(self, shell: Shell, typed: str):
        error = shell.failed("user", "add", "bob", typed=typed)
        assert isinstance(error, AccountError) and error.code == "weak_password"

    def test_there_is_no_option_for_a_password(self, shell: Shell):
        result = shell.run("user", "add", "bob", "--password", OTHER)
        assert result.exit_code == 2


class TestSessions:
    def test_they_are_listed_and_revoked(self, shell: Shell):
        first, second = log_in(shell), log_in(shell)
        told = shell.told("session", "list")
        assert first in told and second in told and "192.0.2.1" in told
        assert shell.told("session", "revoke", first) == "1 ended\n"
        assert first not in shell.told("session", "list", "--user", "ann")
        assert shell.told("session", "revoke", "--user", "ann") == "1 ended\n"
        assert shell.run("session", "revoke", "--user", "ann").exit_code == 1

    def test_how_it_begins_is_enough_but_not_too_little(self, shell: Shell):
        session = log_in(shell)
        assert shell.run("session", "revoke", session[:7]).exit_code == 1
        assert shell.told("session", "revoke", session[:8]) == "1 ended\n"

    def test_one_that_is_unknown_is_told_though_another_has_ended(self, shell: Shell):
        done = shell.run("session", "revoke", log_in(shell), "no-such-session")
        assert done.exit_code == 1 and "1 ended\n" in done.output
        assert "no session begins with 'no-such-session'" in done.output

    def test_nothing_is_no_session(self, shell: Shell):
        assert shell.run("session", "revoke").exit_code == 2


def test_what_was_done_is_in_the_audit_log(shell: Shell):
    log_in(shell)
    shell.told("user", "disable", "ann")
    told = shell.told("audit")
    for each in ("user_added", "logged_in", "session_ended", "user_disabled", "command line"):
        assert each in told
    assert len(shell.told("audit", "--limit", "1").splitlines()) == 2
    assert "user_added" not in shell.told("audit", "--user", "eve")


def test_a_database_that_is_no_text_is_told(shell: Shell):
    shell.config.write_text("[plugin.webrtc]\ndatabase = 7\n")
    error = shell.failed("user", "list")
    assert isinstance(error, ConfigError) and "[plugin.webrtc]: database" in str(error)


class TestEntered:
    def terminal(self, monkeypatch: pytest.MonkeyPatch, *typed: str) -> None:
        answers = iter(typed)
        monkeypatch.setattr(command_line.getpass, "getpass", lambda prompt: next(answers))
        terminal: Any = type("Terminal", (), {"isatty": staticmethod(lambda: True)})
        monkeypatch.setattr(command_line.sys, "stdin", terminal)

    def test_at_a_terminal_it_is_asked_for_twice(self, monkeypatch: pytest.MonkeyPatch):
        self.terminal(monkeypatch, PASSWORD, PASSWORD)
        assert command_line.entered() == PASSWORD

    def test_what_is_not_alike_is_refused(self, monkeypatch: pytest.MonkeyPatch):
        self.terminal(monkeypatch, PASSWORD, OTHER)
        with pytest.raises(typer.BadParameter, match="not alike"):
            command_line.entered()
