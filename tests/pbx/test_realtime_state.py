"""What Asterisk says of realtime, as 22 and 16 do."""

from __future__ import annotations

import pytest

from stasis.pbx.realtime_state import (
    ObjectMapping,
    configured,
    connected,
    effective,
    objects_in,
    row_in,
)

EXTCONFIG = [
    (
        "settings",
        [
            ("ps_endpoints", "pgsql,asterisk,endpoints"),
            ("queues", "pgsql,asterisk"),
            ("people", 'ldap,"dc=example,dc=net",people,2'),
            ("empty", ""),
        ],
    )
]

MAPPINGS = """Config Engine: pgsql
===> queues (db=asterisk, table=queues)
===> ps_endpoints (db=asterisk, table=endpoints)
Config Engine: ldap
===> people (db=dc=example,dc=net, table=people)
"""

ROW = """                   Column Name  Column Value                  
          --------------------  --------------------          
                            id  carol                         
                     auth_type  userpass                      
                      callerid  Carol  <2003>                 
                      password  carol-pw                      
                    md5_cred  0123                          
                       mailbox                                

"""  # noqa: W291  as it is printed


def test_families_of_extconfig():
    assert list(configured(EXTCONFIG)) == [
        ("ps_endpoints", "pgsql", "asterisk", "endpoints", 1),
        ("queues", "pgsql", "asterisk", "queues", 1),
        ("people", "ldap", "dc=example,dc=net", "people", 2),
    ]


def test_what_is_mapped_in_effect():
    assert effective(MAPPINGS.splitlines()) == {
        ("queues", "pgsql"),
        ("ps_endpoints", "pgsql"),
        ("people", "ldap"),
    }
    assert effective(["No config mappings found."]) == set()


@pytest.mark.parametrize(
    ("line", "is_connected"),
    [
        ("Connected to asterisk@127.0.0.1, port 5432 with username asterisk for 2 seconds", True),
        ("Unable to connect asterisk@127.0.0.1, port 5432 with username asterisk", False),
        ("No such command 'realtime show pgsql status'", None),
        ("", None),
    ],
)
def test_a_driver_that_is_connected(line: str, is_connected: bool | None):
    assert connected([line]) is is_connected


def test_a_pin_is_a_secret_too():
    lines = ["  Column Name  Column Value", "-" * 20, "  adminpin  4711", "  confno  100"]
    assert row_in(lines) == {"adminpin": "***", "confno": "100"}


def test_a_row_is_shown_without_its_secrets():
    assert row_in(ROW.splitlines()) == {
        "id": "carol",
        "auth_type": "userpass",
        "callerid": "Carol  <2003>",
        "password": "***",
        "md5_cred": "***",
        "mailbox": "",
    }


def test_no_row_is_none():
    assert row_in(["No rows found matching search criteria.", ""]) == {}


def test_objects_of_sorcery():
    categories = [
        (
            "res_pjsip",
            [
                ("endpoint/cache", "config,pjsip.conf,criteria=type=endpoint"),
                ("endpoint", "realtime,ps_endpoints"),
                ("aor", "memory"),
            ],
        )
    ]
    found = [(each.kind, each.wizard, each.place) for each in objects_in(categories)]
    assert found == [
        ("endpoint", "config", "pjsip.conf,criteria=type=endpoint"),
        ("endpoint", "realtime", "ps_endpoints"),
        ("aor", "memory", ""),
    ]
    assert isinstance(next(objects_in(categories)), ObjectMapping)
