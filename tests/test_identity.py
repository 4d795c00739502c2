"""Ids that tell the owner."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.identity import HOUSE, Identity, identity_of, new_token

TOKEN = "0123456789abcdef"


@given(
    kind=st.sampled_from(["channel", "snoop", "media", "bridge"]),
    app=st.from_regex(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,79}", fullmatch=True),
    entry=st.integers(0, 10**9 - 1),
    number=st.one_of(st.integers(0, 10**6).map(str), st.just(f"x{'0f' * 4}")),
)
def test_what_is_written_is_read(kind: str, app: str, entry: int, number: str):
    identity = Identity(kind, app, TOKEN, entry, number)
    assert identity_of(str(identity)) == identity


def test_the_application_of_one_call_keeps_its_name_only():
    made = Identity("bridge", "ivr:PJSIP/alice-00000001", TOKEN, 1, "0")
    assert str(made) == f"bridge-ivr-{TOKEN}-1-0"


@pytest.mark.parametrize(
    "id",
    [
        "1700000000.1",
        "media-01-1700000000.1",
        f"channel-ivr-{TOKEN}-1-0;2",
        f"bridge-ivr-{TOKEN}-1",
        f"playback-{TOKEN}-1",
        f"channel-ivr-{TOKEN.upper()}-1-0",
        "",
    ],
)
def test_what_we_did_not_make_is_nobodys(id: str):
    assert identity_of(id) is None


def test_tokens_differ_and_are_never_the_houses():
    tokens = {new_token() for _ in range(1000)}
    assert len(tokens) == 1000 and HOUSE not in tokens


def test_the_longest_id_is_one_that_asterisk_takes():
    made = str(Identity("channel", "a" * 80, TOKEN, 10**9 - 1, "x0123456789a"))
    assert len(made) < 149
