"""`stasis webrtc setup` and `doctor`: what they say, write, and end with."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import Result
from stasis_webrtc.authority import AuthorityError
from stasis_webrtc.command import commands
from stasis_webrtc.setup import Setup, texts
from typer.testing import CliRunner

from stasis.cli.settings import Settings
from stasis.errors import ConfigError, StasisError
from stasis.lab.lab import Lab
from tests.apps.stasis_webrtc.real import websocket_of


def run(folder: Path, *words: str, toml: str = "[plugin.webrtc]\n") -> Result:
    """Run a command with a configuration of its own."""
    file = folder / "stasis.toml"
    file.write_text(toml)
    return CliRunner().invoke(commands, words, obj=Settings(file))


class TestSetup:
    def test_without_a_folder_everything_is_printed(self, tmp_path: Path):
        result = run(tmp_path, "setup")
        assert result.exit_code == 0
        for name, text in texts(Setup()).items():
            assert f";;; {name}\n{text}" in result.stdout
        assert list(tmp_path.iterdir()) == [tmp_path / "stasis.toml"], "and nothing is written"

    def test_what_is_printed_can_be_piped_away_from_the_advice(self, tmp_path: Path):
        result = run(tmp_path, "setup", "--host", "pbx.example.org")
        assert 'websocket = "wss://pbx.example.org:8089/ws"' in result.stderr
        assert "stasis.toml" not in result.stdout

    def test_files_and_a_certificate_are_written(self, tmp_path: Path):
        folder = tmp_path / "asterisk"
        result = run(tmp_path, "setup", "--write", str(folder), "--host", "pbx.example.org")
        assert result.exit_code == 0
        assert f"tlscertfile = {folder}/keys/cert.pem" in (folder / "http.conf").read_text()
        assert (folder / "keys/key.pem").stat().st_mode & 0o777 == 0o600
        assert f"{folder}/keys/cert.pem for pbx.example.org" in result.stdout
        assert f"chown asterisk {folder}/keys/cert.pem {folder}/keys/key.pem" in result.stdout

    def test_twice_is_the_same(self, tmp_path: Path):
        folder = tmp_path / "asterisk"
        first = run(tmp_path, "setup", "--write", str(folder))
        before = {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()}
        assert run(tmp_path, "setup", "--write", str(folder)).stdout == first.stdout
        assert {file: file.read_bytes() for file in folder.rglob("*") if file.is_file()} == before

    def test_what_was_there_is_kept_and_told(self, tmp_path: Path):
        (tmp_path / "pjsip.conf").write_text("mine")
        result = run(tmp_path, "setup", "--write", str(tmp_path))
        assert "pjsip.conf.webrtc: merge it into pjsip.conf, which was there" in result.stdout
        assert (tmp_path / "pjsip.conf").read_text() == "mine"

    def test_another_host_later_says_what_to_delete(self, tmp_path: Path):
        run(tmp_path, "setup", "--write", str(tmp_path))
        result = run(tmp_path, "setup", "--write", str(tmp_path), "--host", "pbx.example.org")
        assert isinstance(result.exception, AuthorityError)
        assert "cert.pem is not for pbx.example.org: delete it" in str(result.exception)

    def test_the_configuration_is_followed(self, tmp_path: Path):
        toml = '[plugin.webrtc]\napp = "phone"\ncontext = "house"\n'
        assert "[house]\nexten => _[+*#0-9],1,Stasis(phone,dial,${EXTEN})" in (
            run(tmp_path, "setup", toml=toml).stdout
        )

    @pytest.mark.parametrize("ports", ["", "1", "20000-10000", "a-b", "1-99999"])
    def test_ports_that_are_none(self, tmp_path: Path, ports: str):
        assert run(tmp_path, "setup", "--rtp", ports).exit_code == 2

    def test_a_folder_that_cannot_be_written(self, tmp_path: Path):
        (tmp_path / "file").write_text("")
        result = run(tmp_path, "setup", "--write", str(tmp_path / "file"))
        assert isinstance(result.exception, StasisError)
        assert "cannot be written" in str(result.exception)

    def test_a_wrong_configuration_is_told(self, tmp_path: Path):
        result = run(tmp_path, "setup", toml='[plugin.webrtc]\nwebsocket = "http://x"\n')
        assert isinstance(result.exception, ConfigError)


class TestDoctor:
    NOBODY = '[plugin.webrtc]\nwebsocket = "ws://127.0.0.1:9/ws"\n'

    def test_a_failure_is_told_with_the_line_that_mends_it_and_the_rest_in_one(
        self, tmp_path: Path
    ):
        result = run(tmp_path, "doctor", toml=self.NOBODY)
        assert result.exit_code == 1
        failed, fix, rest = result.stdout.splitlines()[:3]
        assert failed.startswith("FAIL http         127.0.0.1:9: ")
        assert fix.strip().startswith("→ http.conf: [general] enabled = yes")
        assert rest.startswith("skip certificate, websocket, ari,") and rest.endswith("needs http")
        assert result.stdout.endswith("\n1 failed\n")

    def test_for_machines(self, tmp_path: Path):
        told = json.loads(run(tmp_path, "doctor", "--json", toml=self.NOBODY).stdout)
        assert told["ok"] is False
        assert told["hops"][0]["name"] == "http" and told["hops"][0]["state"] == "failed"

    def test_an_authority_that_is_no_file(self, tmp_path: Path):
        assert run(tmp_path, "doctor", "--authority", str(tmp_path / "x")).exit_code == 2

    @pytest.mark.asterisk
    @pytest.mark.timeout(90)  # it may be the first that needs the labs
    def test_where_nothing_is_wrong_it_ends_with_0(self, tmp_path: Path, labs: dict[str, Lab]):
        lab = labs["22"]
        toml = (
            f'[asterisk]\nurl = "{lab.url}"\nusername = "{lab.username}"\n'
            f'password = "{lab.password}"\n[plugin.webrtc]\nwebsocket = "{websocket_of(lab)}"\n'
        )
        result = run(tmp_path, "doctor", toml=toml)
        assert result.exit_code == 0, result.output
        assert result.stdout.endswith("\na browser can call\n")
