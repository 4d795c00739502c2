"""A failed log-in as an event, and as a line that nobody can write another into."""

from __future__ import annotations

import re
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ami import events
from stasis.pbx.failure import ACCOUNT, Attacker, Failure, attackers

AT = datetime(2026, 11, 29, 23, 48, 30, 639000, UTC)
FAILURE = Failure(
    at=AT, address="192.0.2.7", kind="InvalidPassword", service="AMI", transport="TCP",
    account="alice", server="main",
)  # fmt: skip
# What fail2ban looks for, with its <ADDR> as a group, behind the date that it takes away first.
FILTER = Path("stasis/pbx/fail2ban/filter.d/stasis.conf").read_text("utf-8")
REGEX = re.search(r"^failregex = (.*)$", FILTER, re.MULTILINE)
assert REGEX is not None
BANNED = re.compile(REGEX[1].replace("<ADDR>", r"(\S+)"))


def banned(line: str) -> list[str]:
    """Whom fail2ban would ban for what stands in a log."""
    found = (BANNED.match(each.partition(" ")[2]) for each in line.split("\n"))
    return [each[1] for each in found if each]


def event(address: str, account: str = "alice", **more: str) -> events.InvalidPassword:
    """A failure, as the manager interface tells it."""
    return events.InvalidPassword(
        event="InvalidPassword",
        service="AMI",
        event_tv="2026-11-29T23:48:30.639+0000",
        remote_address=address,
        account_id=account,
        **more,
    )


class TestAnEvent:
    def test_it_is_a_failure(self):
        assert Failure.of(event("IPV4/TCP/192.0.2.7/5038"), "main") == FAILURE

    @pytest.mark.parametrize(
        ("told", "address", "transport"),
        [
            ("IPV4/UDP/192.0.2.7/5060", "192.0.2.7", "UDP"),
            ("IPV6/TLS/2001:DB8::7/5061", "2001:db8::7", "TLS"),
            ("IPV6/WSS/[2001:db8::7]/5061", "2001:db8::7", "WSS"),
            ("IPV6/UDP/fe80::1%eth0/5060", "fe80::1", "UDP"),
            ("IPV6/TCP/::ffff:192.0.2.7/5060", "192.0.2.7", "TCP"),
        ],
    )
    def test_where_it_comes_from(self, told: str, address: str, transport: str):
        found = Failure.of(event(told))
        assert found is not None and (found.address, found.transport) == (address, transport)

    @pytest.mark.parametrize("told", ["", "IPV4/UDP", "IPV4/UDP/localhost/5060", "///", "a/b/c/d"])
    def test_one_from_nowhere_is_none(self, told: str):
        assert Failure.of(event(told)) is None

    def test_what_is_no_failure_is_none(self):
        assert Failure.of(events.SuccessfulAuth(remote_address="IPV4/UDP/192.0.2.7/1")) is None
        assert Failure.of(events.ChallengeSent(remote_address="IPV4/UDP/192.0.2.7/1")) is None

    def test_without_a_time_it_is_now(self):
        found = Failure.of(events.FailedACL(remote_address="IPV4/UDP/192.0.2.7/1"))
        assert found is not None and datetime.now(UTC) - found.at < timedelta(minutes=1)


class TestALine:
    def test_it_is_read_again(self):
        assert FAILURE.line() == (
            "2026-11-29T23:48:30.639+00:00 stasis-security address=192.0.2.7 kind=InvalidPassword"
            ' service=AMI transport=TCP server=main account="alice"'
        )
        assert Failure.read(f"{FAILURE.line()}\n") == FAILURE and banned(FAILURE.line()) == [
            "192.0.2.7"
        ]

    @given(account=st.text(max_size=100), service=st.text(max_size=60), server=st.text(max_size=9))
    def test_whatever_is_given_it_is_one_line_with_one_address(
        self, account: str, service: str, server: str
    ):
        told = event("IPV4/UDP/192.0.2.7/5060", account)
        failure = Failure.of(events.InvalidPassword(
            event="InvalidPassword", event_tv=told.event_tv, remote_address=told.remote_address,
            account_id=account, service=service,
        ), server)  # fmt: skip
        assert failure is not None
        line = failure.line()
        assert line.isascii() and line.isprintable()
        assert banned(line) == ["192.0.2.7"]
        assert Failure.read(line) == failure and failure.account == account[:ACCOUNT]

    @pytest.mark.parametrize(
        "account",
        [
            '" address=203.0.113.9',
            "\n2026-11-29T00:00:00+00:00 stasis-security address=203.0.113.9 kind=InvalidPassword "
            'service=AMI transport=TCP server=- account="',
            "\r\n",
            "\x00\x1b[2J\u2028\u0085\x7f",
            "\ud800",
        ],
    )
    def test_a_name_that_would_be_another_line(self, account: str):
        failure = Failure.of(event("IPV4/UDP/192.0.2.7/5060", account))
        assert failure is not None and banned(failure.line()) == ["192.0.2.7"]

    @pytest.mark.parametrize(
        "line",
        [
            "",
            "some text",
            f"x {FAILURE.line()}",
            f"{FAILURE.line()} more",
            FAILURE.line().replace("192.0.2.7", "999.0.2.7"),
            FAILURE.line().replace("2026-11-29T", "2026-99-29T"),
            FAILURE.line().replace("+00:00", ""),
            FAILURE.line().replace('"alice"', '"al"ice"'),
        ],
    )
    def test_another_line_is_none_of_ours(self, line: str):
        assert Failure.read(line) is None


class TestByAddress:
    def test_the_worst_come_first(self):
        late = AT + timedelta(hours=1)
        of = [
            FAILURE,
            Failure(at=late, address="192.0.2.9", kind="FailedACL", service="AMI", transport="TCP",
                    account="x"),
            Failure(at=late, address="192.0.2.7", kind="InvalidAccountID", service="PJSIP",
                    transport="UDP", account="bob"),
        ]  # fmt: skip
        first, second = attackers(of)
        assert first == Attacker(
            address="192.0.2.7",
            failures=2,
            first=AT,
            last=late,
            services=("AMI", "PJSIP"),
            kinds=("InvalidPassword", "InvalidAccountID"),
            accounts=("alice", "bob"),
        )
        assert (second.address, second.failures) == ("192.0.2.9", 1)

    def test_a_thousand_names_of_one_are_not_kept(self):
        of = (Failure(at=AT, address="192.0.2.7", kind="X", service="AMI", transport="TCP",
                      account=str(number)) for number in range(1000))  # fmt: skip
        (found,) = attackers(of)
        assert found.failures == 1000 and len(found.accounts) == 10
