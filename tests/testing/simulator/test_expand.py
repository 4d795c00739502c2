"""Variables, expressions and arguments. Each value here is the one that Asterisk 22 and 16 gave."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.testing.simulator.expand import expand, split_arguments

VALUES = {
    "FOO": "bar",
    "PTR": "FOO",
    "EMPTY": "",
    "COMMA": "h\\,i",
    "LIST": "f,g",
    "HIDDEN": "${FOO}",
    "LEN(bar)": "3",
    "TOUPPER(bar)": "BAR",
    "CUT(PATH,:,2)": "b",
}


def looked_up(name: str) -> str:
    return VALUES.get(name, "")


class TestExpand:
    @pytest.mark.parametrize(
        ("text", "value"),
        [
            ("${FOO}", "bar"),
            ("a ${FOO}${FOO} z", "a barbar z"),
            ("${NOPE}", ""),
            ("${ FOO }", ""),
            ("${${PTR}}", "bar"),
            ("${FOO:1}", "ar"),
            ("${FOO:1:1}", "a"),
            ("${FOO:-2}", "ar"),
            ("${FOO:-2:1}", "a"),
            ("${FOO:0:-1}", "ba"),
            ("${FOO:-2:-1}", "a"),
            ("${FOO:5}", ""),
            ("${FOO:0:9}", "bar"),
            ("${FOO:0:0}", ""),
            ("${FOO:-9}", "bar"),
            ("${FOO:-9:2}", "ba"),
            ("${FOO:}", "bar"),
            ("${FOO:x}", "bar"),
            ("${FOO::1}", "bar"),
            ("${LEN(${FOO})}", "3"),
            ("${TOUPPER(${FOO}):1}", "AR"),
            ("${CUT(PATH,:,2)}", "b"),
            ('$["${FOO}" = "bar"]', "1"),
            ("$[${LEN(${FOO})} + 1]", "4"),
            ("$[(1 + 2) * 3]x", "9x"),
            ("$FOO $$ 5$", "$FOO $$ 5$"),
            ("\\${FOO} a\\,b", "\\bar a\\,b"),
        ],
    )
    def test_a_text_becomes_what_asterisk_makes_of_it(self, text: str, value: str) -> None:
        warnings: list[str] = []
        assert (expand(text, looked_up, warnings.append), warnings) == (value, [])

    def test_what_a_variable_holds_is_not_expanded_again(self) -> None:
        assert expand("${HIDDEN}", looked_up) == "${FOO}"

    @pytest.mark.parametrize(
        ("text", "value", "problem"),
        [
            ("x${FOO", "xbar", "} is missing"),
            ("$[1+2", "3", "] is missing"),
            ("$[${EMPTY} = bar]", "", "$[ = bar] is no expression"),
        ],
    )
    def test_what_is_wrong_is_warned_of_and_gives_something(
        self, text: str, value: str, problem: str
    ) -> None:
        warnings: list[str] = []
        assert expand(text, looked_up, warnings.append) == value
        assert len(warnings) == 1 and problem in warnings[0]

    @given(st.text('abc$ ,\\"()', max_size=20))
    def test_a_text_without_brackets_stays_as_it_is(self, text: str) -> None:
        assert expand(text, looked_up) == text

    @given(st.text(), st.integers(-9, 9), st.integers(0, 9))
    def test_a_part_of_a_value_is_in_it(self, value: str, offset: int, length: int) -> None:
        found = expand(f"${{V:{offset}:{length}}}", lambda name: value)
        assert found in value and len(found) <= length


class TestArguments:
    @pytest.mark.parametrize(
        ("text", "arguments"),
        [
            ("", []),
            ("a,b,c", ["a", "b", "c"]),
            ("app,", ["app", ""]),
            (",,", ["", "", ""]),
            (" a , b ", [" a ", " b "]),
            ('"a,b",c', ["a,b", "c"]),
            ('a "x,y" z,c', ["a x,y z", "c"]),
            ('"a"b,c', ["ab", "c"]),
            ('"a,b', ["a,b"]),
            ("a\\,b,c", ["a,b", "c"]),
            ("a\\\\,b", ["a\\", "b"]),
            ("\\a,b", ["a", "b"]),
            ('"a\\"b,c",d', ['a"b,c', "d"]),
            ("(a,b),c", ["(a,b)", "c"]),
            ("a(b,c)d,e", ["a(b,c)d", "e"]),
            ("[a,b],c", ["[a,b]", "c"]),
            ("{a,b},c", ["{a", "b}", "c"]),
            ("(a,b", ["(a,b"]),
            ("a),b", ["a)", "b"]),
            ('"(",b,")"', ["(,b,)"]),
            ("'a,b'", ["'a", "b'"]),
        ],
    )
    def test_they_are_parted_as_asterisk_parts_them(self, text: str, arguments: list[str]) -> None:
        assert split_arguments(text) == arguments

    def test_a_comma_in_a_value_parts_and_an_escaped_one_does_not(self) -> None:
        assert split_arguments(expand("${LIST},${COMMA},x", looked_up)) == ["f", "g", "h,i", "x"]

    @given(st.lists(st.text(), min_size=1).filter(lambda found: found != [""]))
    def test_what_is_escaped_comes_back_whole(self, arguments: list[str]) -> None:
        escaped = ("".join(f"\\{sign}" for sign in each) for each in arguments)
        assert split_arguments(",".join(escaped)) == arguments
