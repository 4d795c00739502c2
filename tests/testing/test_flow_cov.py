"""What all tests have walked of all flows: which flows count, and what the reports say."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.channel import Channel
from stasis.flow import Flow
from stasis.testing.clock import virtual_time
from stasis.testing.flow_cov import FlowCov, ReportError
from stasis.trigger import After
from stasis.walk import EVERYWHERE
from tests.fake import FakeAsterisk


class Menu(Flow):
    async def menu(self, event: Event) -> None: ...
    async def sorry(self, event: Event) -> None: ...
    async def secret(self, event: Event) -> None: ...

    start = menu
    table = {menu: {(ChannelDtmfReceived, "7"): secret, After(10): sorry}}


async def hello(channel: Channel) -> None: ...


MENU, HELLO = f"{__name__}:Menu", f"{__name__}:hello"


@pytest.fixture(autouse=True)
def this_module_can_be_imported(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setitem(sys.modules, __name__, sys.modules[Menu.__module__])


@contextmanager
def looking_on(
    *wanted: str, reports: list[str] | None = None, fail_under: float | None = None
) -> Iterator[FlowCov]:
    flow_cov = FlowCov(list(wanted), reports or [], fail_under)
    try:
        yield flow_cov
    finally:
        flow_cov.close()


async def silent_call(flow: type[Flow] = Menu) -> None:
    """Somebody calls, and presses nothing."""
    async with FakeAsterisk(flow) as asterisk:
        await asterisk.call()


class TestWhichFlows:
    @virtual_time
    async def test_all_that_were_run_count_but_for_those_of_a_test_alone(self):
        class Local(Menu): ...

        with looking_on() as flow_cov:
            await silent_call()
            await silent_call(Local)
        assert [coverage.name for coverage in flow_cov.shown()] == [MENU]

    def test_one_that_is_named_counts_even_if_no_test_has_run_it(self):
        with looking_on(MENU, HELLO) as flow_cov:
            assert [(each.name, each.percent) for each in flow_cov.shown()] == [
                (MENU, 0),
                (HELLO, 0),
            ]

    @virtual_time
    async def test_others_do_not_count_then(self):
        with looking_on(HELLO) as flow_cov:
            await silent_call()
        assert [coverage.name for coverage in flow_cov.shown()] == [HELLO]

    def test_a_module_stands_for_its_flow_classes(self):
        with looking_on(__name__) as flow_cov:
            assert [coverage.name for coverage in flow_cov.shown()] == [MENU]

    @pytest.mark.parametrize(
        ("wanted", "told"),
        [
            (f"{__name__}:Meno", "did you mean 'Menu'?"),
            ("stasis.errors", "defines no Flow class; write module:function for a function"),
            ("no_such_module", "No module named 'no_such_module'"),
        ],
    )
    def test_what_is_not_found_is_told(self, wanted: str, told: str):
        with looking_on(wanted, HELLO) as flow_cov:
            assert [coverage.name for coverage in flow_cov.shown()] == [HELLO]
        assert flow_cov.problem.startswith(f"--flow-cov={wanted}: ") and told in flow_cov.problem
        assert flow_cov.fault == flow_cov.problem

    def test_it_looks_on_only_until_it_is_closed(self):
        before = list(EVERYWHERE)
        with looking_on() as flow_cov:
            assert [*before, flow_cov.hear] == EVERYWHERE
        assert before == EVERYWHERE


class TestReports:
    @virtual_time
    async def test_the_table_names_what_is_missing(self):
        with looking_on(MENU) as flow_cov:
            await silent_call()
        head, row, *missing = flow_cov.lines()
        assert head.split() == ["flow", "states", "transitions", "cover"]
        assert row.split() == [MENU, "1/3", "0/2", "20%"]
        assert missing == [
            "  never entered: secret, sorry",
            "  never walked: menu --> secret: ChannelDtmfReceived 7",
            "  never walked: menu --> sorry: after 10 s",
        ]

    def test_when_no_flow_was_run_it_says_so(self):
        with looking_on() as flow_cov:
            assert flow_cov.lines() == ["no flow was run"]

    def test_several_flows_have_a_sum(self):
        with looking_on(MENU, HELLO) as flow_cov:
            assert flow_cov.lines()[-1].split() == ["all", "0%"]

    @virtual_time
    async def test_json_has_all_of_it(self, tmp_path: Path):
        file = tmp_path / "new" / "cov.json"
        with looking_on(MENU, reports=[f"json:{file}"]) as flow_cov:
            await silent_call()
            flow_cov.write()
        report = json.loads(file.read_text("utf-8"))
        assert report["percent"] == 20
        assert report["flows"][MENU]["states"] == {"menu": True, "secret": False, "sorry": False}
        assert report["flows"][MENU]["transitions"][1] == {
            "edge": {"state": "menu", "trigger": "after 10 s", "target": "sorry", "action": ""},
            "walked": False,
        }
        assert flow_cov.lines() == [f"written: {file}"]

    @pytest.mark.parametrize(
        ("kind", "ending", "begins", "shows"),
        [
            ("mermaid", "mmd", "flowchart TD\n", ":::walked"),
            ("svg", "svg", "<svg ", "state walked"),
        ],
    )
    def test_a_diagram_for_each_flow_is_coloured(
        self, tmp_path: Path, kind: str, ending: str, begins: str, shows: str
    ):
        with looking_on(MENU, HELLO, reports=[f"{kind}:{tmp_path}"]) as flow_cov:
            flow_cov.find()
            flow_cov.flows[MENU].merge(["menu"], [])
            flow_cov.write()
        names = sorted(path.name for path in tmp_path.iterdir())
        assert names == [f"{name.replace(':', '.')}.{ending}" for name in (MENU, HELLO)]
        text = (tmp_path / names[0]).read_text("utf-8")
        assert text.startswith(begins) and shows in text

    @pytest.mark.parametrize("report", ["html", "svg", "svg:", "json", "term:file", ""])
    def test_one_that_there_is_not_is_refused(self, report: str):
        with pytest.raises(ReportError, match="write term, mermaid:FOLDER"):
            FlowCov([], [report])
        assert all("FlowCov" not in repr(each) for each in EVERYWHERE)


class TestFailUnder:
    @pytest.mark.parametrize(("least", "told"), [(20, ""), (20.5, "FAIL: flow coverage of 20.5%")])
    def test_less_than_must_be_is_told(self, least: float, told: str):
        with looking_on(MENU, fail_under=least) as flow_cov:
            flow_cov.find()
            flow_cov.flows[MENU].merge(["menu"], [])
            assert flow_cov.fault.startswith(told) and bool(flow_cov.fault) == bool(told)

    def test_without_a_least_nothing_is_too_little(self):
        with looking_on() as flow_cov:
            assert (flow_cov.percent, flow_cov.fault) == (0, "")


@virtual_time
async def test_what_another_process_has_seen_is_added_without_its_flows():
    with looking_on() as other:
        await silent_call()
    with looking_on() as flow_cov:
        flow_cov.merge(json.loads(json.dumps(other.data())))
        (coverage,) = flow_cov.shown()
        assert (coverage.name, coverage.states) == (MENU, ["menu"])
        flow_cov.merge(json.loads(json.dumps(other.data())))
        assert flow_cov.shown() == [coverage] and coverage.percent == 20
