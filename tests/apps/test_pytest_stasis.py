"""The pytest plugin, from outside: test files that use it, and what pytest says of them."""

from __future__ import annotations

import json
import subprocess
import sys

import pytest

# Here, so that each inner pytest does not import them anew.
from stasis.walk import EVERYWHERE

pytest_plugins = ["pytester"]

FLOW = """
import asyncio

from stasis import After, Channel, ChannelDtmfReceived, Event, Flow, PlaybackFinished


class Menu(Flow):
    async def menu(self, event):
        await self.channel.answer()
        await self.channel.play("sound:demo-instruct")

    async def sorry(self, event):
        await self.channel.play("sound:im-sorry")

    async def broken(self, event):
        raise ValueError("no such account")

    async def stray(self, event):
        Menu.kept = asyncio.create_task(nap(), name="nap")

    start = menu
    table = {
        menu: {
            (ChannelDtmfReceived, "9"): broken,
            (ChannelDtmfReceived, "8"): stray,
            After(10): sorry,
        },
        sorry: {PlaybackFinished: menu},
    }


async def nap():
    await asyncio.sleep(1e6)


async def hello(channel):
    await channel.answer()
    await (await channel.play("sound:hello-world")).finished()
"""
HEAD = "import asyncio\nimport pytest\nfrom flow import Menu, hello\n"
MODES = {
    "auto": ("-o", "asyncio_mode=auto", "-o", "asyncio_default_fixture_loop_scope=function"),
    "strict": ("-o", "asyncio_mode=strict", "-o", "asyncio_default_fixture_loop_scope=function"),
    "no plugin": ("-p", "no:asyncio"),
}


class Inner:
    """Runs test files in a pytest of their own."""

    def __init__(self, pytester: pytest.Pytester) -> None:
        self.pytester = pytester
        pytester.makepyfile(flow=FLOW)
        pytester.syspathinsert()

    def run(self, tests: str, *options: str, mode: str = "no plugin") -> pytest.RunResult:
        """What pytest says of a test file."""
        self.pytester.makepyfile(test_it=HEAD + tests)
        return self.pytester.runpytest_inprocess("--strict-markers", *MODES[mode], *options)


@pytest.fixture
def inner(pytester: pytest.Pytester) -> Inner:
    return Inner(pytester)


@pytest.fixture(params=MODES)
def mode(request: pytest.FixtureRequest) -> str:
    return str(request.param)


def said(result: pytest.RunResult) -> str:
    return result.stdout.str()


class TestATest:
    def test_runs_in_virtual_time_whatever_other_plugin_is_there(self, inner: Inner, mode: str):
        result = inner.run(
            """
@pytest.mark.app(runs=Menu)
async def test_it(caller):
    await caller.hears("sound:demo-instruct")
    await caller.waits(11)
    await caller.hears("sound:im-sorry")
    assert caller.state == "sorry"
    assert asyncio.get_running_loop().time() >= 11
    await asyncio.sleep(3600)
""",
            mode=mode,
        )
        result.assert_outcomes(passed=1)
        assert result.duration < 60  # more than an hour of virtual time was waited

    def test_can_be_a_method_with_parameters_and_async_fixtures_of_its_own(
        self, inner: Inner, mode: str
    ):
        result = inner.run(
            """
@pytest.mark.app(runs=Menu)
class TestIt:
    @pytest.fixture
    async def second(self, asterisk):
        self.loop = asyncio.get_running_loop()
        yield await asterisk.call(number="200")
        assert asyncio.get_running_loop() is self.loop
        print("second is done")

    @pytest.fixture
    async def number(self):
        await asyncio.sleep(1)
        return 200

    @pytest.mark.parametrize("wait", [1, 10.5])
    async def test_it(self, second, caller, number, wait):
        assert asyncio.get_running_loop() is self.loop
        await caller.waits(wait)
        assert second.state == caller.state == ("sorry" if wait > 10 else "menu")
        assert number == 200
""",
            "-rP",
            mode=mode,
        )
        result.assert_outcomes(passed=2)
        assert said(result).count("second is done") == 2

    def test_that_fails_is_shown_by_its_own_lines(self, inner: Inner, mode: str):
        result = inner.run(
            """
@pytest.mark.app(runs=Menu)
async def test_it(caller):
    assert caller.state == "sorry"
""",
            mode=mode,
        )
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines([">*assert caller.state == *sorry*", "E*'menu' == 'sorry'*"])
        assert "pytest_stasis/__init__" not in said(result) and "runners.py" not in said(result)

    def test_that_waits_for_ever_fails_and_the_next_one_runs(self, inner: Inner):
        result = inner.run("""
@pytest.mark.app(runs=hello)
async def test_it(caller):
    await caller.is_hung_up()
    await asyncio.Event().wait()

@pytest.mark.app(runs=hello)
async def test_next(caller):
    await caller.is_hung_up()
""")
        result.assert_outcomes(failed=1, passed=1)
        result.stdout.fnmatch_lines(
            [">*await asyncio.Event().wait()", "*Stalled: the test has waited for 24 hours*"]
        )

    FORGETS = """
pytestmark = pytest.mark.app(runs=hello)

def test_plain(caller):
    caller.hears("sound:x")

async def test_async(caller):
    await caller.hears("sound:hello-world")
    caller.hears("sound:y")

async def test_too_late(caller):
    caller.dials("1")
    await caller.hears("sound:y", within=1)

async def test_good(caller):
    await caller.hears("sound:hello-world")
"""

    @pytest.mark.parametrize("filters", [(), ("-W", "error"), ("-p", "no:warnings")])
    def test_that_awaits_nothing_fails(self, inner: Inner, mode: str, filters: tuple[str, ...]):
        result = inner.run(self.FORGETS, *filters, mode=mode)
        result.assert_outcomes(passed=1, failed=3)
        result.stdout.fnmatch_lines(
            [
                "Caller.hears was not awaited, test_it.py:8: write `await`",
                "Caller.hears was not awaited, test_it.py:12: write `await`",
                "*NotHeard*",
                "Caller.dials was not awaited, test_it.py:15: write `await`",
            ]
        )

    def test_whose_flow_awaits_nothing_fails(self, inner: Inner):
        result = inner.run("""
async def hasty(channel):
    await channel.answer()
    playback = await channel.play("sound:hello-world")
    playback.finished()

@pytest.mark.app(runs=hasty)
async def test_it(caller):
    await caller.is_hung_up()
""")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["Playback.finished was not awaited, test_it.py:8: *"])

    def test_that_fails_is_shown_with_what_has_happened(self, inner: Inner, mode: str):
        result = inner.run(
            """
@pytest.mark.app(runs=Menu)
async def test_it(caller):
    await caller.waits(2)
    await caller.dials("1")
    await caller.hears("sound:x", within=1)
""",
            mode=mode,
        )
        result.stdout.fnmatch_lines(
            [
                ">*await caller.hears(*",
                "*virtual-time transcript*",
                "    0.0 s  100 calls",
                "    0.0 s  100: menu",
                "    0.0 s  100 is answered",
                "    0.0 s  100 hears sound:demo-instruct",
                "    2.1 s  100 presses 1",
                "*Captured stdout call*",
            ]
        )
        assert "party.py" not in said(result).partition("transcript")[0].partition("NotHeard")[0]

    def test_whose_refusal_hits_nothing_fails(self, inner: Inner):
        result = inner.run("""
@pytest.mark.app(runs=Menu)
async def test_it(asterisk):
    asterisk.refuse("/channels/.*/play", 500)
    await asterisk.call()
""")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["refuse('/channels/.*/play', 500) has hit no request: *"])

    @pytest.mark.parametrize(
        ("head", "told"),
        [
            ("from stasis.testing import Asterisk", "*let it take the fixture `asterisk`*"),
            ("pytestmark = pytest.mark.app(runs=5)", "*let it take the fixture `asterisk`*"),
            ("del hello, Menu", "*async def functions are not natively supported*"),
        ],
    )
    def test_that_nobody_runs_is_told_how(self, inner: Inner, head: str, told: str):
        result = inner.run(f"{head}\n\nasync def test_it(): ...")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines([told])

    def test_without_the_fixtures_is_left_alone(self, inner: Inner):
        result = inner.run(
            """
async def test_async():
    began = asyncio.get_running_loop().time()
    assert began > 0 and "Virtual" not in type(asyncio.get_running_loop()).__name__

def test_plain():
    assert True

class TestOthers:
    @pytest.fixture
    def caller(self):
        return 5

    @pytest.fixture
    def asterisk(self):
        return 6

    async def test_names_are_not_taken(self, caller, asterisk):
        assert (caller, asterisk) == (5, 6)
        assert "Virtual" not in type(asyncio.get_running_loop()).__name__
""",
            mode="auto",
        )
        result.assert_outcomes(passed=3)


class TestWhatRuns:
    @pytest.mark.parametrize(
        "app",
        [
            "pytestmark = pytest.mark.app(runs=hello)",
            "pytestmark = pytest.mark.app(runs={'other': Menu, 'greeting': hello})",
            "@pytest.fixture\ndef app():\n    return hello",
            "@pytest.fixture\nasync def app():\n    return {'greeting': hello, 'other': Menu}",
            "from stasis_hello.plugin import Hello\npytestmark = pytest.mark.app(runs=Hello)",
        ],
    )
    def test_is_a_marker_or_a_fixture(self, inner: Inner, app: str):
        exten = "greeting" if "greeting" in app else "8000"
        result = inner.run(f"""
{app}

async def test_it(asterisk):
    caller = await asterisk.call({exten!r})
    await caller.hears("sound:hello-world")
""")
        result.assert_outcomes(passed=1)

    def test_has_its_plugin(self, inner: Inner):
        result = inner.run("""
from stasis import Plugin

class Shop(Plugin):
    name = "shop"

@pytest.mark.app(runs=Menu, plugin=Shop)
async def test_its_class(caller):
    assert isinstance(caller.flow.plugin, Shop)

@pytest.mark.app(runs=Menu, plugin="any object")
async def test_an_object(caller):
    assert caller.flow.plugin == "any object"
""")
        result.assert_outcomes(passed=2)

    def test_is_asked_for_when_it_is_not_said(self, inner: Inner):
        result = inner.run("async def test_it(caller): ...")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines(["no flow to run: mark the test with @pytest.mark.app(runs=*"])

    @pytest.mark.parametrize(
        ("mark", "told"),
        [
            ("(run=Menu)", "the marker takes `runs=`, *, got app(run=): write*"),
            ("(Menu, None)", "the marker takes `runs=`, *, got app(Menu, None): write*"),
            ("(runs='flow:Menu')", "'flow:Menu' is no flow: give the class itself*"),
            ("(runs=Menu())", "Menu() is no flow: give the class Menu*"),
        ],
    )
    def test_said_wrongly_is_told(self, inner: Inner, mark: str, told: str):
        result = inner.run(f"@pytest.mark.app{mark}\nasync def test_it(caller): ...")
        result.assert_outcomes(errors=1)
        result.stdout.fnmatch_lines([told])

    def test_is_called_by_an_extension_of_the_tests_own_dialplan(self, inner: Inner):
        result = inner.run("""
pytestmark = pytest.mark.app(runs={"menu": Menu, "hello": hello}, calls="700")

@pytest.fixture
def asterisk_options():
    return {"dialplan": "[default]\\nexten => 700,1,Stasis(menu)\\nexten => 701,1,Stasis(hello)\\n"}

async def test_of_the_module(caller):
    await caller.hears("sound:demo-instruct")

@pytest.mark.app(calls="701")
async def test_of_its_own(caller):
    await caller.hears("sound:hello-world")

@pytest.mark.app(calls="7011")
async def test_misspelt(caller): ...
""")
        result.assert_outcomes(passed=2, errors=1)
        result.stdout.fnmatch_lines(
            ["call('7011'): * in [[]default]; the nearest are 701, 700. What `caller` calls, the*"]
        )

    def test_runs_on_an_asterisk_with_options(self, inner: Inner):
        result = inner.run("""
pytestmark = pytest.mark.app(runs=hello)

@pytest.fixture
def asterisk_options():
    return {"version": "16"}

async def test_it(asterisk):
    assert str(asterisk.link.version).startswith("16.")
""")
        result.assert_outcomes(passed=1)

    def test_can_be_wrapped_by_an_asterisk_of_the_tests_own(self, inner: Inner, mode: str):
        result = inner.run(
            """
pytestmark = pytest.mark.app(runs=hello)

@pytest.fixture
async def asterisk(asterisk):
    assert "Virtual" in type(asyncio.get_running_loop()).__name__
    asterisk.wrapped = True
    return asterisk

async def test_it(asterisk, caller):
    assert asterisk.wrapped
    await caller.hears("sound:hello-world")
""",
            mode=mode,
        )
        result.assert_outcomes(passed=1)


class TestAFlowThatRaises:
    def test_fails_its_test_with_the_lines_of_the_flow(self, inner: Inner, mode: str):
        result = inner.run(
            """
@pytest.mark.app(runs=Menu)
async def test_it(caller):
    await caller.dials("9")
""",
            mode=mode,
        )
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            [
                "the flow Menu has raised in state 'broken', channel *:",
                '*flow.py", line *, in broken',
                '*raise ValueError("no such account")',
                "ValueError: no such account",
                "If the test means it: mark it @pytest.mark.flow_fails*",
            ]
        )
        assert "stay.py" not in said(result)

    def test_is_expected_by_whoever_looks_at_it(self, inner: Inner):
        result = inner.run("""
@pytest.mark.app(runs=Menu)
async def test_it(caller):
    await caller.dials("9")
    assert isinstance(caller.failure, ValueError)
""")
        result.assert_outcomes(passed=1)

    @pytest.mark.parametrize(
        "mark", ["", "(raises=ValueError)", "(raises=(KeyError, ValueError), match='such acc')"]
    )
    def test_is_expected_by_a_marker(self, inner: Inner, mark: str):
        result = inner.run(f"""
@pytest.mark.flow_fails{mark}
@pytest.mark.app(runs=Menu)
async def test_it(caller):
    await caller.dials("9")
""")
        result.assert_outcomes(passed=1)

    @pytest.mark.parametrize(
        ("mark", "key", "told"),
        [
            ("(raises=KeyError)", "9", "no flow has raised KeyError, as the test is marked to do"),
            ("(match='x+')", "9", "no flow has raised Exception matching 'x+', as*"),
            ("", "1", "no flow has raised Exception, as the test is marked to do"),
        ],
    )
    def test_must_be_the_one_that_the_marker_says(
        self, inner: Inner, mark: str, key: str, told: str
    ):
        result = inner.run(f"""
@pytest.mark.flow_fails{mark}
@pytest.mark.app(runs=Menu)
async def test_it(caller):
    await caller.dials({key!r})
""")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines([told])

    def test_is_told_beside_the_failure_of_the_test_itself(self, inner: Inner):
        result = inner.run("""
@pytest.mark.app(runs=Menu)
async def test_it(caller):
    await caller.dials("9")
    await caller.hears("sound:account")
""")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["*NotHeard*", "*flows*", "ValueError: no such account"])

    def test_counts_too_when_it_cannot_be_made(self, inner: Inner):
        result = inner.run("""
class Unmade(Menu):
    def __init__(self):
        raise RuntimeError("no database")

@pytest.mark.app(runs=Unmade)
async def test_it(asterisk):
    await asterisk.call("8000")
""")
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(
            ["the flow Unmade has raised, channel *", "RuntimeError: no da*"]
        )


class TestWhatIsLeft:
    STRAY = """
@pytest.mark.app(runs=Menu)
async def test_it(caller):
    await caller.dials("8")
"""
    CHANNEL = """
class Careless(Menu):
    async def menu(self, event):
        await self.asterisk.ari.bridges.create_with_id("lost-bridge", type="mixing")

@pytest.mark.app(runs=Careless)
async def test_it(caller): ...
"""

    def test_a_task_fails_the_test_by_its_name_and_line(self, inner: Inner):
        result = inner.run(self.STRAY)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["tasks left running:", "  nap: nap() at *flow.py:*"])

    def test_what_lives_on_asterisk_fails_the_test_by_its_name(self, inner: Inner):
        result = inner.run(self.CHANNEL)
        result.assert_outcomes(failed=1)
        result.stdout.fnmatch_lines(["left behind: bridge lost-bridge, made in Careless.menu. *"])

    @pytest.mark.parametrize("tests", [STRAY, CHANNEL])
    def test_is_no_fault_where_it_is_meant(self, inner: Inner, tests: str):
        result = inner.run("pytestmark = pytest.mark.leaves_behind\n" + tests)
        result.assert_outcomes(passed=1)

    def test_a_fixtures_own_task_is_the_fixtures_to_end(self, inner: Inner):
        tests = """
@pytest.fixture
async def clock(asterisk):
    task = asyncio.create_task(asyncio.sleep(1e6), name="the fixture's")
    yield
    END

@pytest.mark.app(runs=hello)
async def test_it(caller, clock): ...
"""
        inner.run(tests.replace("END", "task.cancel()")).assert_outcomes(passed=1)
        result = inner.run(tests.replace("END", "pass"))
        result.assert_outcomes(passed=1, errors=1)
        result.stdout.fnmatch_lines(["tasks left running:", "  the fixture's: sleep()*"])

    def test_of_a_test_that_has_failed_is_not_told(self, inner: Inner):
        result = inner.run(self.STRAY + "    assert False, 'mine'\n")
        result.assert_outcomes(failed=1)
        assert "left" not in said(result).replace("left behind by", "")


class TestFlowCoverage:
    TESTS = """
@pytest.mark.app(runs=Menu)
async def test_it(caller):
    await caller.waits(11)

@pytest.mark.app(runs=hello)
async def test_hello(caller): ...
"""

    def test_is_printed_for_all_flows_that_were_run(self, inner: Inner):
        result = inner.run(self.TESTS, "--flow-cov")
        result.stdout.fnmatch_lines(
            [
                "*flow coverage*",
                "flow * states  transitions   cover",
                "flow:Menu * 2/4 * 1/4 *",
                "  never entered: broken, stray",
                "  never walked: menu --> broken: ChannelDtmfReceived 9",
                "flow:hello * 1/1 * 0/0 * 100%",
            ]
        )

    def test_of_one_flow_can_be_asked_for(self, inner: Inner):
        result = inner.run(self.TESTS, "--flow-cov=flow:hello")
        assert "flow:hello" in said(result) and "flow:Menu" not in said(result)

    def test_sees_flows_that_a_test_runs_without_the_fixtures(self, inner: Inner):
        result = inner.run(
            """
from stasis.testing import Asterisk, virtual_time

@virtual_time
async def test_it():
    async with Asterisk(hello) as asterisk:
        await asterisk.call()
""",
            "--flow-cov",
        )
        result.stdout.fnmatch_lines(["flow:hello *"])

    def test_writes_diagrams_and_numbers(self, inner: Inner):
        reports = ("term", "mermaid:out", "svg:out", "json:out/cov.json")
        result = inner.run(self.TESTS, *(f"--flow-cov-report={report}" for report in reports))
        result.stdout.fnmatch_lines(["flow:Menu *", "written: out", "written: out/cov.json"])
        out = inner.pytester.path / "out"
        assert sorted(path.name for path in out.iterdir()) == [
            "cov.json",
            *("flow.Menu.mmd", "flow.Menu.svg", "flow.hello.mmd", "flow.hello.svg"),
        ]
        assert set(json.loads((out / "cov.json").read_text())["flows"]) == {
            "flow:Menu",
            "flow:hello",
        }

    @pytest.mark.parametrize(("least", "code"), [("20", 0), ("99", 1)])
    def test_can_be_too_little(self, inner: Inner, least: str, code: int):
        result = inner.run(self.TESTS, f"--flow-cov-fail-under={least}")
        assert result.ret == code
        assert ("FAIL: flow coverage of 99% not reached" in said(result)) == bool(code)

    @pytest.mark.parametrize(
        ("option", "told"),
        [
            ("--flow-cov=flow:Meno", "ERROR: --flow-cov=flow:Meno: * did you mean *Menu*"),
            ("--flow-cov-report=html", "ERROR: *write term, mermaid:FOLDER, svg:FOLDER or json*"),
        ],
    )
    def test_of_what_there_is_not_is_refused_at_once(self, inner: Inner, option: str, told: str):
        result = inner.run(self.TESTS, option)
        assert result.ret == pytest.ExitCode.USAGE_ERROR
        result.stderr.fnmatch_lines([told])

    def test_is_put_together_from_several_processes(self, inner: Inner):
        flows = (f"--flow-cov=flow:{name}" for name in ("Menu", "hello", "Meno"))
        result = inner.run(self.TESTS, "-n", "2", *flows)
        result.stdout.fnmatch_lines(
            [
                "flow:Menu * 2/4 * 1/4 *",
                "flow:hello * 1/1 *",
                "--flow-cov=flow:Meno: flow has no 'Meno'; did you mean 'Menu'?",
                "*2 passed*",
            ]
        )
        assert result.ret == pytest.ExitCode.TESTS_FAILED  # a wrong name is told, if late

    def test_looks_on_no_more_afterwards(self, inner: Inner):
        before = list(EVERYWHERE)
        inner.run(self.TESTS, "--flow-cov")
        assert before == EVERYWHERE


def test_it_costs_other_tests_no_import():
    """Neither of stasis, nor of what it stands on."""
    look = (
        "import sys, pytest_stasis;"
        "print(sorted(m for m in sys.modules if m.split('.')[0] in ('stasis', 'aiohttp')))"
    )
    done = subprocess.run([sys.executable, "-c", look], capture_output=True, text=True, check=True)
    assert done.stdout == "[]\n"


def test_it_is_found_by_pytest(inner: Inner):
    result = inner.run("", "--markers")
    for marker in ("app(runs=", "flow_fails(", "leaves_behind:"):
        assert f"@pytest.mark.{marker}" in said(result)
