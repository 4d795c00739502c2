"""Secrets are made unreadable, wherever they stand."""

from __future__ import annotations

import pytest

from stasis.pbx.config_file import ConfigFile, Line, Section
from stasis.pbx.mask import Masked, names_secret

PLANT = "pl4nt-Zx9"
PLANTED = (
    ("pjsip.conf", "alice", "password", PLANT),
    ("pjsip.conf", "alice", "md5_cred", PLANT),
    ("pjsip.conf", "alice", "refresh_token", PLANT),
    ("pjsip.conf", "alice", "oauth_secret", PLANT),
    ("pjsip.conf", "main", "contact", f"sip:main:{PLANT}@192.0.2.1:5060"),
    ("pjsip_wizard.conf", "main", "outbound_auth/password", PLANT),
    ("manager.conf", "admin", "secret", PLANT),
    ("ari.conf", "stasis", "password", PLANT),
    ("http.conf", "general", "tlsprivatekey_password", PLANT),
    ("voicemail.conf", "default", "2001", f"{PLANT},Alice,alice@example.com"),
    ("voicemail.conf", "default", "2002", f"-{PLANT}"),
    ("voicemail.conf", "general", "imappassword", PLANT),
    ("voicemail.conf", "general", "externpasscheck", PLANT),
    ("confbridge.conf", "admin", "pin", PLANT),
    ("extensions.conf", "globals", "API_TOKEN", PLANT),
    ("extensions.conf", "globals", "DB", f"pgsql://stasis:{PLANT}@db.example.com/cdr"),
    ("extensions.conf", "default", "exten", f"100,1,Authenticate({PLANT},,4)"),
    ("extensions.conf", "default", "exten", f"101,1,DISA({PLANT},default)"),
    ("extensions.conf", "default", "exten", f"102,1,Set(DB_PASSWORD={PLANT})"),
    ("extensions.conf", "default", "same", f"n,Set(X=${{CURL(https://me:{PLANT}@example.com)}})"),
    ("res_odbc.conf", "asterisk", "password", PLANT),
    ("res_pgsql.conf", "general", "dbpass", PLANT),
    ("cdr_pgsql.conf", "global", "connection", f"host=db user=me password={PLANT} dbname=cdr"),
    ("res_ldap.conf", "_general", "pass", PLANT),
    ("res_snmp.conf", "general", "community", PLANT),
    ("rtp.conf", "general", "turnpassword", PLANT),
    ("prometheus.conf", "general", "auth_password", PLANT),
    ("websocket_client.conf", "out", "password", PLANT),
    ("iax.conf", "general", "register", f"me:{PLANT}@192.0.2.1"),
    ("sip.conf", "general", "register", f"me:{PLANT}:auth@192.0.2.1/100"),
    ("sip.conf", "phone", "remotesecret", PLANT),
    ("users.conf", "2001", "vmsecret", PLANT),
    ("agents.conf", "agents", "agent", f"1001,{PLANT},Mark"),
    ("meetme.conf", "rooms", "conf", f"1234,{PLANT},{PLANT}"),
    ("dundi.conf", "general", "key", PLANT),
    ("xmpp.conf", "asterisk", "secret", PLANT),
    ("calendar.conf", "mine", "secret", PLANT),
    ("stir_shaken.conf", "general", "private_key_passphrase", PLANT),
)


def one(name: str, section: str, key: str, value: str) -> ConfigFile:
    """A file of one line."""
    return ConfigFile(
        name=name, sections=(Section(name=section, lines=(Line(name=key, value=value),)),)
    )


@pytest.mark.parametrize(("name", "section", "key", "value"), PLANTED)
def test_a_secret_is_hidden_in_its_file(name: str, section: str, key: str, value: str):
    told = Masked().file(one(name, section, key, value))
    assert PLANT not in told and "***" in told
    assert f"[{section}]\n{key} = " in told


@pytest.mark.parametrize(("name", "section", "key", "value"), PLANTED)
def test_and_then_in_every_text(name: str, section: str, key: str, value: str):
    masked = Masked()
    masked.file(one(name, section, key, value))
    assert masked.text(f"tried {PLANT} twice") == "tried *** twice"


@pytest.mark.parametrize(
    "line",
    [
        f'Authorization: Digest username="alice", response="{PLANT}"',
        f"proxy-authorization: Basic {PLANT}",
        f"PASSWORD={PLANT}",
        f'"password": "{PLANT}"',
        f"connecting to postgresql://me:{PLANT}@db/cdr",
        f"REGISTER sip:me:{PLANT}@192.0.2.1 SIP/2.0",
    ],
)
def test_a_log_tells_none_that_nobody_knows_of(line: str):
    assert PLANT not in Masked().text(f"12:00 {line}\n13:00 and so on")
    assert "13:00 and so on" in Masked().text(f"12:00 {line}\n13:00 and so on")


@pytest.mark.parametrize(
    ("name", "key", "value"),
    [
        ("pjsip.conf", "aors", "alice"),
        ("pjsip.conf", "server_uri", "sip:pbx.example.com:5060"),
        ("ari.conf", "password_format", "plain"),
        ("extensions.conf", "exten", "8000,1,Stasis(hello,one,two)"),
        ("http.conf", "bindaddr", "127.0.0.1"),
        ("queues.conf", "member", "PJSIP/alice,0,Alice"),
    ],
)
def test_everything_else_is_told(name: str, key: str, value: str):
    assert f"{key} = {value}" in Masked().file(one(name, "some", key, value))


def test_a_short_pin_is_hidden_where_it_stands_and_not_looked_for():
    masked = Masked()
    assert "1234" not in masked.file(one("voicemail.conf", "default", "2001", "1234,Alice"))
    assert masked.text("port 51234") == "port 51234"


def test_templates_are_seen():
    file = ConfigFile(
        name="pjsip.conf",
        sections=(
            Section(name="phone", template=True),
            Section(name="alice", templates=("phone",)),
        ),
    )
    assert Masked().file(file).splitlines() == ["[phone](!)", "", "[alice](phone)"]


def test_names():
    assert names_secret("DB_Pass") and names_secret("md5-cred") and names_secret("pin")
    assert not names_secret("username") and not names_secret("pinging")
