"""A flow named on the command line is found, or it is said what to write instead."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from stasis.cli.target import TargetError, target

Write = Callable[[str, str], Path]

FLOWS = """
from stasis import Channel, Flow, Event

class Reception(Flow):
    async def menu(self, event: Event) -> None: ...
    start = menu

async def hello(channel: Channel) -> None: ...

def plain(channel: Channel) -> None: ...

NUMBER = 5
"""


def name_of(text: str) -> str:
    return target(text).__name__


class TestFound:
    @pytest.mark.parametrize(
        "text", ["seeded_a:Reception", "seeded_a.py:Reception", "./seeded_a.py:Reception"]
    )
    def test_by_module_and_by_file(self, write: Write, text: str) -> None:
        write("seeded_a.py", FLOWS)
        assert name_of(text) == "Reception"

    def test_an_async_function_is_a_flow(self, write: Write) -> None:
        write("seeded_b.py", FLOWS)
        assert name_of("seeded_b:hello") == "hello"

    def test_a_module_in_a_package_of_the_current_folder(self, write: Write) -> None:
        write("seeded_pack/__init__.py", "")
        write("seeded_pack/flow.py", FLOWS)
        assert name_of("seeded_pack.flow:Reception") == "Reception"

    def test_a_file_may_import_what_lies_beside_it(self, write: Write) -> None:
        write("sub/seeded_beside.py", "TEXT = 'x'\n")
        write("sub/seeded_c.py", f"from seeded_beside import TEXT\n{FLOWS}")
        assert name_of("sub/seeded_c.py:hello") == "hello"

    def test_a_file_called_like_a_known_module_is_still_the_file(self, write: Write) -> None:
        write("json.py", FLOWS)
        assert name_of("json.py:Reception") == "Reception"

    def test_the_only_flow_needs_no_name(self, write: Write) -> None:
        write("seeded_d.py", "async def only(channel): ...\n")
        assert name_of("seeded_d.py") == "only"


class TestNotFound:
    def test_no_such_module_names_the_nearest(self, write: Write) -> None:
        write("reception_desk.py", FLOWS)
        with pytest.raises(TargetError, match="did you mean 'reception_desk'"):
            target("recepton_desk:Reception")

    def test_no_such_file_names_the_nearest(self, write: Write) -> None:
        write("reception_desk.py", FLOWS)
        with pytest.raises(TargetError, match="did you mean 'reception_desk.py'"):
            target("recepton_desk.py:Reception")

    def test_no_such_name_gives_the_nearest(self, write: Write) -> None:
        write("seeded_e.py", FLOWS)
        with pytest.raises(TargetError, match="no 'Recepton'; did you mean 'Reception'"):
            target("seeded_e:Recepton")

    def test_no_such_name_lists_the_flows(self, write: Write) -> None:
        write("seeded_f.py", FLOWS)
        with pytest.raises(TargetError, match="its flows: Reception, hello"):
            target("seeded_f:zzz")

    def test_several_flows_need_a_name(self, write: Write) -> None:
        write("seeded_g.py", FLOWS)
        with pytest.raises(TargetError, match=r"which flow\? .*seeded_g.py:Reception or"):
            target("seeded_g.py")

    def test_a_module_without_a_flow(self, write: Write) -> None:
        write("seeded_h.py", "x = 1\n")
        with pytest.raises(TargetError, match="has no flow"):
            target("seeded_h.py")

    @pytest.mark.parametrize("name", ["plain", "NUMBER", "Flow"])
    def test_what_is_no_flow(self, write: Write, name: str) -> None:
        write("seeded_i.py", FLOWS)
        with pytest.raises(TargetError, match=f"seeded_i:{name}: "):
            target(f"seeded_i:{name}")

    @pytest.mark.parametrize("text", ["", ":", ":Name"])
    def test_nothing_to_look_in(self, text: str) -> None:
        with pytest.raises(TargetError, match="write module:Name"):
            target(text)

    def test_a_path_without_its_suffix(self, write: Write) -> None:
        write("sub/seeded_j.py", FLOWS)
        with pytest.raises(TargetError, match=r"did you mean sub/seeded_j\.py"):
            target("sub/seeded_j:Reception")


class TestFailing:
    @pytest.mark.parametrize("text", ["seeded_k:x", "seeded_k.py:x"])
    def test_an_error_at_import_is_told_with_its_line(self, write: Write, text: str) -> None:
        write("seeded_k.py", "x = 1\n\ny = undefined\n")
        with pytest.raises(TargetError, match=r"seeded_k\.py:3: NameError: name 'undefined'"):
            target(text)

    def test_a_syntax_error_is_told_with_its_line(self, write: Write) -> None:
        write("seeded_l.py", "x = 1\ndef :\n")
        with pytest.raises(TargetError, match=r"seeded_l\.py:2: SyntaxError"):
            target("seeded_l:x")

    def test_a_wrong_table_is_told_with_its_line(self, write: Write) -> None:
        write(
            "seeded_m.py",
            "from stasis import Flow\n\nclass Bad(Flow):\n    async def a(self, event): ...\n"
            "    start = a\n    table = {a: {5: a}}\n",
        )
        with pytest.raises(TargetError, match=r"seeded_m\.py:3: FlowError: Bad\.a: 5 is no"):
            target("seeded_m:Bad")

    def test_a_wrong_trigger_is_told_with_the_line_that_wrote_it(self, write: Write) -> None:
        write(
            "seeded_o.py",
            "from stasis import After, Flow\n\nclass Bad(Flow):\n"
            "    async def a(self, event): ...\n    start = a\n    table = {a: {After('10'): a}}\n",
        )
        with pytest.raises(TargetError, match=r"seeded_o\.py:6: FlowError: After\('10'\): seconds"):
            target("seeded_o:Bad")

    def test_a_missing_import_is_not_taken_for_the_module(self, write: Write) -> None:
        write("seeded_n.py", "import not_installed_anywhere\n")
        with pytest.raises(TargetError, match=r"seeded_n\.py:1: ModuleNotFoundError"):
            target("seeded_n:x")
