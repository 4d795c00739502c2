"""Rows: plain values that show no secret."""

from __future__ import annotations

from stasis_webrtc.grant import Grants
from stasis_webrtc.rows import KeyRow, RefreshRow, UserRow, of_grants, user_of

from tests.apps.stasis_webrtc.accounts import NOON


def test_no_repr_shows_a_hash_or_a_key():
    rows = (
        UserRow("ann", NOON, NOON, password="s3cret"),
        RefreshRow("s3cret", "s", 1, NOON, successor="s3cret"),
        KeyRow("k", "s3cret", NOON),
    )
    assert "s3cret" not in repr(rows)


def test_grants_come_back_from_their_columns():
    for grants in (Grants(()), Grants(("*", "!+49*"), False, True, True)):
        columns = {"name": "ann", "created": NOON, "changed": NOON, **of_grants(grants)}
        assert user_of(columns) == UserRow("ann", NOON, NOON, grants=grants)
