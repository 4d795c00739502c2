"""A reply: what Asterisk 16 and 22 answered, and what nobody knows yet."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.agi import ProtocolError, Reply

USAGE = """520-Invalid command syntax.  Proper usage follows:
Say a given digit string.
Returns 0.
520 End of proper usage.
"""


@pytest.mark.parametrize(
    ("text", "result", "value", "note", "fields"),
    [
        ("200 result=0\n", "0", None, "", {}),
        ("200 result=1 (a) (b))", "1", "a) (b)", "a", {}),
        ("200 result=1 ()", "1", "", "", {}),
        ("200 result=1 (a\nb)", "1", "a\nb", "", {}),
        ("200 result=123", "123", None, "", {}),
        ("200 result= (timeout)", "", "timeout", "timeout", {}),
        ("200 result=6 (timeout)", "6", "timeout", "timeout", {}),
        ("200 result=53 endpos=30880", "53", None, "", {"endpos": "30880"}),
        ("200 result=53 (dtmf) endpos=0", "53", None, "dtmf", {"endpos": "0"}),
        ("200 result=-1 Gosub label not found", "-1", None, "", {}),
    ],
)
def test_what_asterisk_answers(
    text: str, result: str, value: str | None, note: str, fields: dict[str, str]
) -> None:
    reply = Reply.parse(text)
    assert reply.code == 200
    assert (reply.result, reply.value, reply.note, reply.fields) == (result, value, note, fields)


def test_usage_is_read_without_its_frame() -> None:
    reply = Reply.parse(USAGE)
    assert (reply.code, reply.text) == (520, "Say a given digit string.\nReturns 0.")


def test_an_announcement_before_it_is_no_reply() -> None:
    assert Reply.parse("100 result=0 Trying...\n200 result=0 Gosub complete\n").code == 200


@pytest.mark.parametrize("code", [510, 511, 599, 299])
def test_a_code_that_nobody_knows_is_kept(code: int) -> None:
    reply = Reply.parse(f"{code} something new")
    assert (reply.code, reply.text, reply.number) == (code, "something new", None)


@pytest.mark.parametrize("text", ["", "HANGUP", "200", "20 x", "hello", "²00 x"])
def test_what_is_no_reply_is_an_error(text: str) -> None:
    with pytest.raises(ProtocolError):
        Reply.parse(text)


@given(st.text())
def test_nothing_else_is_raised(text: str) -> None:
    try:
        reply = Reply.parse(text)
    except ProtocolError:
        return
    assert 0 <= reply.code <= 999
    assert isinstance(reply.fields, dict) and isinstance(reply.note, str)
