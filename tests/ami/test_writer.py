"""What is sent arrives as it is, or nothing is sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ami.errors import InvalidValue
from stasis.ami.message import Message
from stasis.ami.writer import LINE_LIMIT, encode, variable, variables

TEXT = st.text() | st.text("\r\n\0 :aë\ud800", max_size=8)


def arrives(data: bytes) -> list[tuple[str, str]]:
    """As Asterisk takes it: leading blanks of a value are dropped."""
    assert data.endswith(b"\r\n\r\n") and data.count(b"\r\n\r\n") == 1
    fields = []
    for line in data[:-4].decode().split("\r\n"):
        key, _, value = line.partition(":")
        fields.append((key, value.lstrip("".join(map(chr, range(33))))))
    return fields


class TestFields:
    @given(st.lists(st.tuples(TEXT | st.sampled_from(["A", "Value", "b-1"]), TEXT), max_size=4))
    def test_any_text_in_any_place_arrives_or_is_refused(
        self, fields: list[tuple[str, str]]
    ) -> None:
        try:
            data = encode("Setvar", fields)
        except InvalidValue as error:
            assert error.action == "Setvar"
            return
        assert arrives(data) == [("Action", "Setvar"), *fields]
        assert b"\n" not in data.replace(b"\r\n", b"") and b"\0" not in data

    @pytest.mark.parametrize("name", ["", "Ping\r\nAction: Logoff", " Ping"])
    def test_an_actions_name_can_be_no_more(self, name: str) -> None:
        with pytest.raises(InvalidValue):
            encode(name, [])

    @pytest.mark.parametrize(
        "value", ["hush\r\n", "hush\n", "hush\r", "hush\0", " hush", "hush" * 999]
    )
    def test_an_error_does_not_tell_the_value(self, value: str) -> None:
        with pytest.raises(InvalidValue, match="Secret") as told:
            encode("Login", [("Secret", value)])
        assert "hush" not in str(told.value)

    def test_the_longest_line(self) -> None:
        fits = "x" * (LINE_LIMIT - len("Value: "))
        assert fits.encode() in encode("Setvar", [("Value", fits)])
        with pytest.raises(InvalidValue, match="1,022"):
            encode("Setvar", [("Value", fits + "x")])
        with pytest.raises(InvalidValue):
            encode("Setvar", [("Value", "ë" * 508)])  # bytes count, not characters

    def test_the_most_lines(self) -> None:
        assert encode("UserEvent", [("A", "")] * 127)
        with pytest.raises(InvalidValue, match="128"):
            encode("UserEvent", [("A", "")] * 128)

    def test_a_key_may_stand_more_than_once(self) -> None:
        data = encode("Originate", variables({"a": "1", "b": "2"}))
        assert Message.of(data[:-4]).all("Variable") == ["a=1", "b=2"]


class TestVariables:
    @given(st.text(), st.text())
    def test_what_separates_is_escaped(self, name: str, value: str) -> None:
        try:
            written = variable(name, value)
        except InvalidValue:
            assert not name or "=" in name or name != name.strip()
            return
        bare, escaped = "", False
        for each in written:
            if escaped or each != "\\":
                assert escaped or each not in ',"()[]{}'
                bare, escaped = bare + each, False
            else:
                escaped = True
        assert not escaped and bare == f"{name}={value}"

    @pytest.mark.parametrize("name", ["", "a=b", " a", "a "])
    def test_a_name_that_would_be_another_is_refused(self, name: str) -> None:
        with pytest.raises(InvalidValue):
            variable(name, "x")
