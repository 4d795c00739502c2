"""stasis.toml and the environment: what goes first, and that every mistake names its fix."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import attrs
import pytest

from stasis.config import DEFAULT_PASSWORD, Config, load
from stasis.errors import ConfigError
from stasis.section import Secret, described


@pytest.fixture(autouse=True)
def empty_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """No stasis.toml but the test's own."""
    monkeypatch.chdir(tmp_path)


def toml(text: str) -> Path:
    """A stasis.toml in the current folder."""
    path = Path("stasis.toml")
    path.write_text(text, "utf-8")
    return path


def problems(text: str = "", **environ: str) -> str:
    """All that is wrong with a file and an environment."""
    toml(text)
    with pytest.raises(ConfigError) as caught:
        load(environ=environ)
    return "\n".join(caught.value.problems)


class TestWhereAValueComesFrom:
    def test_without_file_and_environment_the_defaults_hold(self):
        assert load(environ={}) == Config()

    def test_the_file_goes_before_the_default(self):
        toml('[asterisk]\nusername = "ivr"\n[engine]\ninbox = 20\n')
        config = load(environ={})
        assert config.asterisk.username == "ivr" and config.engine.inbox == 20
        assert config.asterisk.url == "http://127.0.0.1:8088/ari"

    def test_the_environment_goes_before_the_file(self):
        toml('[asterisk]\nusername = "ivr"\n')
        assert load(environ={"STASIS_ASTERISK_USERNAME": "env"}).asterisk.username == "env"

    def test_the_environment_counts_in_a_fresh_process(self):
        # The classes' annotations are texts; whoever resolves them first must not be somebody else.
        told = subprocess.run(
            [sys.executable, "-c", "from stasis.config import load; print(load().http.port)"],
            env={"STASIS_HTTP_PORT": "1234", "PYTHONPATH": str(Path(__file__).parent.parent)},
            capture_output=True,
            text=True,
            check=True,
        )
        assert told.stdout.strip() == "1234"

    def test_the_processes_own_environment_is_the_default(self, monkeypatch: pytest.MonkeyPatch):
        monkeypatch.setenv("STASIS_LOG_LEVEL", "debug")
        assert load().log.level == "debug"

    def test_each_type_has_its_form_in_the_environment(self):
        config = load(
            environ={
                "STASIS_ASTERISK_CONNECTIONS": "7",
                "STASIS_ASTERISK_BACKOFF_MAX": "1.5",
                "STASIS_ASTERISK_PASSWORD": "geheim",
                "STASIS_PLUGINS_ENABLED": "hello, ivr,,",
                "STASIS_ASTERISK_TRANSPORT": "socket",
                "STASIS_ASTERISK_AMI_TLS": "true",
            }
        )
        assert config.asterisk.ami.tls is True
        assert config.asterisk.connections == 7 and config.asterisk.backoff_max == 1.5
        assert config.asterisk.password == Secret("geheim")
        assert config.plugins.enabled == ["hello", "ivr"]
        assert config.asterisk.transport == "socket"

    def test_a_yes_or_no_that_is_none_is_told(self):
        with pytest.raises(ConfigError, match="STASIS_ASTERISK_AMI_TLS: must be true or false"):
            load(environ={"STASIS_ASTERISK_AMI_TLS": "maybe"})

    def test_a_table_in_a_table_has_its_keys_in_the_environment_too(self):
        toml('[asterisk]\nami.username = "ours"\nami.port = 5039\n')
        ami = load(environ={"STASIS_ASTERISK_AMI_SECRET": "geheim"}).asterisk.ami
        assert (ami.username, ami.port, ami.secret.reveal()) == ("ours", 5039, "geheim")

    def test_each_of_several_asterisks_has_its_own_manager(self):
        toml(
            '[asterisk.ami]\nusername = "ours"\n[servers.east]\n'
            '[servers.west]\nurl = "http://10.0.2.5:8088/ari"\nami.port = 5039\n'
        )
        found = load(environ={"STASIS_SERVERS_WEST_AMI_SECRET": "geheim"}).asterisks()
        east, west = (found[name].asterisk.manager() for name in ("east", "west"))
        assert (east.host, east.port, east.username, east.secret.reveal()) == (
            "127.0.0.1",
            5038,
            "ours",
            "",
        )
        assert (west.host, west.port, west.username, west.secret.reveal()) == (
            "10.0.2.5",
            5039,
            "ours",
            "geheim",
        )

    def test_another_file_may_be_named(self, tmp_path: Path):
        other = tmp_path / "other.toml"
        other.write_text("[http]\nport = 0\n")
        assert load(other, {}).http.port == 0

    def test_plugins_keep_their_tables_as_they_are(self):
        toml('[plugin.ivr]\ngreeting = "sound:hi"\n[plugin.ivr.desk]\nnumber = 3\n')
        assert load(environ={}).plugin == {"ivr": {"greeting": "sound:hi", "desk": {"number": 3}}}

    def test_the_url_goes_without_its_last_slash(self):
        toml('[asterisk]\nurl = "https://pbx.example:8089/ari/"\n')
        assert load(environ={}).asterisk.url == "https://pbx.example:8089/ari"


class TestPasswords:
    def test_a_file_may_hold_the_password(self):
        Path("secret").write_text("geheim\nanother line\n")
        toml('[asterisk]\npassword_file = "secret"\n')
        assert load(environ={}).asterisk.password.reveal() == "geheim"

    def test_it_shows_nowhere(self):
        toml('[asterisk]\npassword = "geheim"\n')
        config = load(environ={})
        assert "geheim" not in repr(config) + str(config) + repr(attrs.asdict(config))

    @pytest.mark.parametrize("content", [b"", b"\nsecond line"])
    def test_an_empty_first_line_is_an_error(self, content: bytes):
        Path("secret").write_bytes(content)
        assert "first line is empty" in problems('[asterisk]\npassword_file = "secret"')

    def test_a_file_that_is_not_there_is_told(self):
        told = problems('[asterisk]\npassword_file = "nowhere"')
        assert "asterisk.password_file: cannot be read" in told and "nowhere" in told

    def test_a_file_that_is_not_text_is_told_without_its_content(self):
        Path("secret").write_bytes(b"gehe\xffim")
        told = problems('[asterisk]\npassword_file = "secret"')
        assert "asterisk.password_file: cannot be read" in told and "gehe" not in told

    def test_an_impossible_path_is_told(self):
        assert "password_file: cannot be read" in problems(
            '[asterisk]\npassword_file = "a\\u0000b"'
        )

    def test_the_default_password_is_a_placeholder_that_says_so(self):
        assert "change-me" in DEFAULT_PASSWORD
        assert Config().asterisk.password == Secret(DEFAULT_PASSWORD)


class TestListen:
    def test_by_default_it_is_loopback_and_has_no_password(self):
        listen = load(environ={}).listen
        assert listen.host == "127.0.0.1" and listen.password == Secret("")

    def test_its_password_comes_from_a_file_or_the_environment_and_does_not_show(self):
        Path("secret").write_text("geheim\nmore\n")
        toml('[listen]\npassword_file = "secret"')
        assert load(environ={}).listen.password == Secret("geheim")
        toml("")
        config = load(environ={"STASIS_LISTEN_PASSWORD": "geheim"})
        assert config.listen.password == Secret("geheim") and "geheim" not in repr(config)

    def test_a_password_file_that_is_none_is_told_by_its_key(self):
        Path("secret").write_text("\n")
        assert "listen.password_file: the first line is empty" in problems(
            '[listen]\npassword_file = "secret"'
        )
        assert "listen.password_file: cannot be read" in problems(
            '[listen]\npassword_file = "nowhere"'
        )

    @pytest.mark.parametrize("user", ["a:b", ""])
    def test_a_user_that_http_cannot_carry_is_told(self, user: str):
        assert "listen.username: must not be empty or hold a colon" in problems(
            f'[listen]\nusername = "{user}"'
        )

    @pytest.mark.parametrize("path", ["", "ari", "/ari?a", "/ari#a"])
    def test_a_path_that_is_none_is_told(self, path: str):
        assert "listen.path: must begin with /" in problems(f'[listen]\npath = "{path}"')

    @pytest.mark.parametrize("key", ["tls_certificate", "tls_key"])
    def test_half_of_tls_is_told(self, key: str):
        assert "give both, or none of them" in problems(f'[listen]\n{key} = "x.pem"')

    @pytest.mark.parametrize(
        "limit", ["connections = 0", "handshakes = 0", "max_frame = 1", "port = 70000"]
    )
    def test_limits_are_bounded(self, limit: str):
        assert f"{limit.partition(' ')[0]} must be " in problems(f"[listen]\n{limit}")


class TestMistakes:
    def test_broken_toml_is_told_with_its_line(self):
        told = problems('[asterisk]\nurl = "http\n')
        assert told.startswith("stasis.toml: not valid TOML") and "line 2" in told

    def test_a_file_that_is_not_utf8_is_told(self):
        Path("stasis.toml").write_bytes(b'[asterisk]\nusername = "\xe9"\n')
        with pytest.raises(ConfigError, match="save the file as UTF-8"):
            load(environ={})

    def test_a_named_file_must_be_there(self):
        with pytest.raises(ConfigError, match=r"gone\.toml: cannot be read: No such file"):
            load(Path("gone.toml"), {})

    def test_unknown_keys_and_sections_are_told(self):
        told = problems("[asterisk]\nuser = 1\n[asterix]\n")
        assert "unknown key asterisk.user; did you mean asterisk.username?" in told
        assert "unknown key asterix; did you mean asterisk?" in told

    def test_a_section_that_is_no_table_is_told(self):
        assert problems("asterisk = 3") == "stasis.toml: asterisk: must be a table"
        assert problems("plugin = 3") == "stasis.toml: plugin: must be a table"

    def test_a_variable_that_should_be_a_number_is_told_by_its_name(self):
        told = problems(STASIS_HTTP_PORT="eighty", STASIS_ASTERISK_OPEN_TIMEOUT="long")
        assert "STASIS_HTTP_PORT: a number is needed, not 'eighty'" in told
        assert "STASIS_ASTERISK_OPEN_TIMEOUT: a number is needed, not 'long'" in told

    def test_file_and_environment_are_told_together(self):
        told = problems("[log]\nlevel = 3", STASIS_HTTP_PORT="x")
        assert "STASIS_HTTP_PORT" in told and "log.level" in told

    def test_bounds_hold_for_the_environment_too(self):
        assert "from 0 to 65535, not 70000" in problems(STASIS_HTTP_PORT="70000")

    @pytest.mark.parametrize(
        "url",
        [
            "127.0.0.1:8088",
            "ws://h/ari",
            "http://",
            "http://h:0/ari",
            "http://h:70000/ari",
            "http://[::1/ari",
            "http://h:port/ari",
        ],
    )
    def test_a_url_that_is_none_is_told_with_one_that_is(self, url: str):
        assert "write http://" in problems(f'[asterisk]\nurl = "{url}"')

    @pytest.mark.parametrize("host", ["a..b", "x" * 70, "h h"])
    def test_a_host_that_can_have_no_address_is_told(self, host: str):
        told = problems(f'[asterisk]\nurl = "http://{host}:8088/ari"')
        assert f"asterisk.url: {host!r} is no host name" in told

    @pytest.mark.parametrize("host", ["pbx", "pbx.example", "10.0.0.1", "[::1]", "bücher.example"])
    def test_one_that_can_is_taken(self, host: str):
        toml(f'[asterisk]\nurl = "http://{host}:8088/ari"')
        assert load(environ={}).asterisk.url == f"http://{host}:8088/ari"

    def test_a_fragment_has_no_place_in_the_url(self):
        assert "must not hold credentials, a query or a fragment" in problems(
            '[asterisk]\nurl = "http://h/ari#x"'
        )

    @pytest.mark.parametrize("user", ["a:b", ""])
    def test_a_user_that_http_cannot_carry_is_told(self, user: str):
        assert "asterisk.username: must not be empty or hold a colon" in problems(
            f'[asterisk]\nusername = "{user}"'
        )

    @pytest.mark.parametrize("url", ["http://u:geheim@h/ari", "http://h/ari?api_key=u:geheim"])
    def test_credentials_do_not_belong_into_the_url_and_are_not_repeated(self, url: str):
        told = problems(f'[asterisk]\nurl = "{url}"')
        assert "must not hold credentials" in told and "geheim" not in told


def test_every_key_is_described():
    rows = described(Config)
    assert len(rows) > 20
    assert [name for name, _, text in rows if not text] == []
