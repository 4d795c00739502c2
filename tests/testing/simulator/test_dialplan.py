"""A dialplan: where its steps are, and which is the best match. As Asterisk 22 and 16 have it."""

from __future__ import annotations

from pathlib import Path

import pytest

from stasis.lab.configuration import example_files
from stasis.testing.simulator.dialplan import Dialplan, DialplanError, Step


def plan(*lines: str) -> Dialplan:
    """A dialplan with these lines in its context `a`."""
    return Dialplan.parse("\n".join(["[a]", *lines]))


def place(found: Step | None) -> tuple[int, str, str] | None:
    """Priority, label and arguments."""
    return None if found is None else (found.priority, found.label, found.args)


class TestAStep:
    def test_it_is_kept_as_written(self) -> None:
        one = plan('exten => _X.,1(top),Set(A=${B} \\, "x, (y)") ; a comment')
        assert one.find("a", "12", 1) == Step(
            "Set", 'A=${B} \\, "x, (y)"', priority=1, label="top", pattern="_X."
        )

    @pytest.mark.parametrize(
        ("call", "application", "args"),
        [
            ("Hangup", "Hangup", ""),
            ("Hangup()", "Hangup", ""),
            ("NoOp( a )", "NoOp", " a "),
            ("NoOp(a)b)", "NoOp", "a)b"),
            ("NoOp(a\\;b)", "NoOp", "a;b"),
            ("  NoOp  (a) rest", "NoOp", "a"),
            ("SomethingUnknown(x)", "SomethingUnknown", "x"),
        ],
    )
    def test_an_application_and_its_arguments(self, call: str, application: str, args: str) -> None:
        step = plan(f"exten => s,1,{call}").find("a", "s", 1)
        assert step is not None
        assert (step.application, step.args) == (application, args)

    def test_priorities_count_on_and_carry_labels(self) -> None:
        one = plan(
            "exten => s,1(first),NoOp(1)",
            " same => n,NoOp(2)",
            " same => n(lab),NoOp(3)",
            " same => n+5 (far),NoOp(9)",
            " same => s+1,NoOp(10)",
            " same => 20,NoOp(20)",
            "exten => s,n,NoOp(21)",
            "exten => s,hint,PJSIP/alice",
            "exten = t,n,NoOp(counts on from the extension before)",
        )
        found = [one.find("a", "s", number) for number in range(30)]
        assert [place(each) for each in found if each] == [
            (1, "first", "1"),
            (2, "", "2"),
            (3, "lab", "3"),
            (9, "far", "9"),
            (10, "", "10"),
            (20, "", "20"),
            (21, "", "21"),
        ]
        assert one.exists("a", "t", 22)
        assert not one.exists("a", "t", 1)

    def test_what_is_not_there_is_none(self) -> None:
        one = plan("exten => s,1(top),NoOp()")
        assert one.find("a", "s", 2) is None
        assert one.find("a", "t", 1) is None
        assert one.find("nowhere", "s", 1) is None
        assert one.priority_of("a", "s", "bottom") is None
        assert one.priority_of("a", "s", "") is None
        assert one.priority_of("a", "s", "top") == 1


class TestTheBestMatch:
    def test_a_name_comes_before_patterns_wherever_it_is_written(self) -> None:
        one = plan(
            "exten => _X.,1,NoOp()",
            "exten => _12X,1,NoOp()",
            "exten => _1[23]X,1,NoOp()",
            "exten => 123,1,NoOp()",
        )
        found = [one.find("a", each, 1) for each in ("123", "124", "133", "223")]
        assert [each and each.pattern for each in found] == ["123", "_12X", "_1[23]X", "_X."]

    def test_a_priority_or_label_the_best_lacks_is_that_of_the_next(self) -> None:
        one = plan("exten => _X,1,NoOp()", " same => n(more),NoOp(pattern)", "exten => 5,1,NoOp()")
        assert place(one.find("a", "5", 2)) == (2, "more", "pattern")
        assert one.priority_of("a", "5", "more") == 2

    def test_what_is_included_comes_after_a_contexts_own(self) -> None:
        one = plan(
            "include => b",
            "exten => _1X,1,NoOp(own)",
            "include => c",
            "[b]",
            "exten => 12,1,NoOp(b1)",
            "exten => 12,2,NoOp(b2)",
            "[c]",
            "exten => 12,2,NoOp(c2)",
            "exten => 12,3,NoOp(c3)",
            "include => a",
            "include => nowhere",
        )
        found = [one.find("a", "12", number) for number in (1, 2, 3, 4)]
        assert [each and each.args for each in found] == ["own", "b2", "c3", None]

    def test_names_that_differ_in_dashes_are_one_extension(self) -> None:
        one = plan("exten => 5-5,1,NoOp(1)", "exten => 55,2,NoOp(2)")
        assert [each and each.args for each in (one.find("a", "55", n) for n in (1, 2))] == [
            "1",
            "2",
        ]


class TestTheRest:
    def test_globals_are_expanded_and_stand_in_names_of_extensions(self) -> None:
        text = "[general]\nstatic=yes\n[globals]\nA=5\nB => ${A}1\n[a]\nexten => ${B},1,NoOp(${B})"
        one = Dialplan.parse(text)
        assert one.globals == {"A": "5", "B": "51"}
        assert place(one.find("a", "51", 1)) == (1, "", "${B}")
        assert set(one.contexts) == {"a"}

    def test_a_context_can_be_added_to(self) -> None:
        one = plan("exten => s,1,NoOp()", "[a](+)", "exten => t,1,NoOp()")
        assert one.exists("a", "s", 1) and one.exists("a", "t", 1)

    def test_a_file_is_loaded_with_what_it_includes(self, tmp_path: Path) -> None:
        (tmp_path / "extensions.conf").write_text("[a]\n#include more.conf")
        (tmp_path / "more.conf").write_text("exten => s,1,NoOp()")
        assert Dialplan.load(tmp_path / "extensions.conf").exists("a", "s", 1)

    def test_the_example_dialplan_of_this_project_is_read(self) -> None:
        one = Dialplan.parse(example_files()["extensions.conf"])
        label = one.priority_of("after-stasis", "s", "nobody")
        assert label == 3
        assert one.find("default", "8000", 3) == Step("Stasis", "hello", 3, "", "8000")


class TestMistakes:
    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("exten => s", "no priority"),
            ("exten => s,x,NoOp()", "'x' is no priority"),
            ("exten => s,0,NoOp()", "begin with 1"),
            ("exten => s,N,NoOp()", "'N' is no priority"),
            ("exten => s,1", "no application"),
            ("exten => s,1,NoOp,a,b", "no application in 'NoOp,a,b'"),
            ("exten => s,1,NoOp(a;b)", "has no )"),
            ("exten => ,1,NoOp()", "no extension"),
            ("same => n,NoOp()", "no extension"),
            ("exten => _[1,1,NoOp()", "no pattern"),
            ("exten => 100/200,1,NoOp()", "one caller"),
            ("include => b,9:00-17:00,*,*,*", "without a time"),
            ("switch => Realtime/x", "'switch' is not known"),
        ],
    )
    def test_a_line_that_asterisk_or_we_cannot_take_is_named(self, line: str, problem: str) -> None:
        with pytest.raises(DialplanError, match="extensions.conf line 2") as caught:
            plan(line)
        assert problem in str(caught.value)

    @pytest.mark.parametrize(
        ("line", "problem"),
        [
            ("exten => s,1,Hangup()", "priority 1 already, NoOp"),
            ("exten => s,2(top),NoOp()", "label 'top' already"),
        ],
    )
    def test_what_is_there_already_is_not_replaced(self, line: str, problem: str) -> None:
        with pytest.raises(DialplanError) as caught:
            plan("exten => s,1(top),NoOp()", line)
        assert problem in str(caught.value)
