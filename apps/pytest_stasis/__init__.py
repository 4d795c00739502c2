"""The pytest plugin: fixtures `app`, `asterisk` and `caller`, and `--flow-cov`.

    @pytest.mark.app(runs=Menu)
    async def test_a_wrong_pin_is_refused(caller):
        await caller.dials("9999#")
        await caller.hears("sound:vm-incorrect")

A test that uses `asterisk` runs in virtual time, in a loop of its own, whatever other plugin for
asyncio is there; and its async fixtures with it. After it everybody hangs up, and it fails when a
flow has raised, or when a channel, bridge, playback, recording, task or wait is left.

Nothing of stasis is imported until such a test runs or `--flow-cov` is given, so that the plugin
costs other tests nothing. It is a package of its own because importing `stasis.testing` would.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable, Generator, Iterator
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

if TYPE_CHECKING:
    from stasis.testing.asterisk import Asterisk
    from stasis.testing.flow_cov import FlowCov
    from stasis.testing.party import Caller
    from stasis.testing.programs import Marked
    from stasis.testing.stage import Stage

__all__ = ["app", "asterisk", "asterisk_options", "caller", "stasis_stage"]

STAGE: pytest.StashKey[Stage] = pytest.StashKey()
TEST: pytest.StashKey[Callable[..., Any]] = pytest.StashKey()
FLOW_COV: pytest.StashKey[FlowCov] = pytest.StashKey()
MARKERS = (
    "app(runs=…, plugin=None, calls=''): what the fixture `asterisk` runs: a Flow class, an async"
    " function of a channel, a plugin, or a dict of them by application; plugin: what a single"
    " flow's calls see as `self.plugin`; calls: the extension that the fixture `caller` calls",
    "flow_fails(raises=Exception, match=None): a flow must raise such an error in this test; match:"
    " a regular expression that is found in its text",
    "leaves_behind: what calls leave behind in this test is no fault",
)

# How pytest says that nothing runs an async test, and how we do.
UNSUPPORTED = "async def function"
NOBODY = (
    "{} is async, and nothing runs it: let it take the fixture `asterisk` or `caller`, or decorate"
    " it with @virtual_time of stasis.testing"
)


def pytest_addoption(parser: pytest.Parser) -> None:
    """The options, in a group of their own."""
    group = parser.getgroup("stasis", "coverage of call flows")
    group.addoption(
        "--flow-cov",
        action="append",
        nargs="?",
        const="",
        default=[],
        metavar="MODULE:FLOW",
        help="report which states and transitions of flows the tests have walked: of this flow, of"
        " all flows of a module, or of all that were run",
    )
    group.addoption(
        "--flow-cov-report",
        action="append",
        default=[],
        metavar="KIND",
        help="term (the default), mermaid:FOLDER, svg:FOLDER or json:FILE; can be given repeatedly",
    )
    group.addoption(
        "--flow-cov-fail-under",
        type=float,
        metavar="PERCENT",
        help="fail when less than this of all states and transitions was walked",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Tell of the markers; look on at all calls when their coverage is asked for."""
    for marker in MARKERS:
        config.addinivalue_line("markers", marker)
    options = config.option
    if options.flow_cov or options.flow_cov_report or options.flow_cov_fail_under is not None:
        from stasis.testing import flow_cov

        try:
            config.stash[FLOW_COV] = flow_cov.FlowCov(
                [flow for flow in options.flow_cov if flow],
                options.flow_cov_report,
                options.flow_cov_fail_under,
            )
        except flow_cov.ReportError as error:
            raise pytest.UsageError(str(error)) from None


def pytest_unconfigure(config: pytest.Config) -> None:
    """Look on no more."""
    if (flow_cov := config.stash.get(FLOW_COV, None)) is not None:
        flow_cov.close()


# The fixtures


@pytest.fixture
def app(request: pytest.FixtureRequest) -> Any:
    """What runs: what the marker `app` says. Override it where that is not enough.

    Returns a Flow class, an async function of a channel, a plugin, or a dict of flows by
    application.
    """
    runs = marked(request.node).runs
    if runs is None:
        fail(
            "no flow to run: mark the test with @pytest.mark.app(runs=YourFlow), or define a"
            " fixture `app` that returns a Flow class, an async function, a plugin, or a dict of"
            " flows by application"
        )
    return runs


@pytest.fixture
def asterisk_options() -> dict[str, Any]:
    """Keywords for `stasis.testing.Asterisk`, such as `version="16"`. Override it."""
    return {}


@pytest.fixture
def stasis_stage(request: pytest.FixtureRequest) -> Iterator[Stage]:
    """The test's event loop in virtual time. Other fixtures end before it does."""
    from stasis.testing.stage import Stage

    stage = request.node.stash[STAGE] = Stage()
    yield stage
    failed = stage.error is not None
    left = stage.close()
    if left and not failed and not leaves_behind(request.node):
        fail(left)


@pytest.fixture
def asterisk(stasis_stage: Stage, app: Any, asterisk_options: dict[str, Any]) -> Iterator[Asterisk]:
    """A simulated Asterisk that runs `app`, in virtual time."""
    yield stasis_stage.begin(app, **asterisk_options)
    stasis_stage.leave()


@pytest.fixture
def caller(request: pytest.FixtureRequest, stasis_stage: Stage, asterisk: Asterisk) -> Caller:
    """Somebody who has called it: the extension that the marker `app` says, or `s`."""
    from stasis.errors import StasisError

    try:
        return stasis_stage.run(asterisk.call(marked(request.node).calls))
    except StasisError as error:
        fail(f"{error}. What `caller` calls, the marker says: @pytest.mark.app(runs=…, calls='…')")


# Tests and async fixtures, in the stage's loop


def on_stage(item: object) -> bool:
    """Whether a test uses our `asterisk`."""
    return isinstance(item, pytest.Function) and "stasis_stage" in item.fixturenames


def marked(node: pytest.Item) -> Marked:
    """What the test's markers `app` say. Fails the test when they say it wrongly."""
    from stasis.errors import FlowError
    from stasis.testing.programs import marked

    try:
        return marked([(mark.args, mark.kwargs) for mark in node.iter_markers("app")])
    except FlowError as error:
        fail(str(error))


def is_ours(item: pytest.Function) -> bool:
    """Whether a test has a marker of ours, or its module anything of stasis."""
    if any(item.get_closest_marker(name) for name in ("app", "flow_fails", "leaves_behind")):
        return True
    known = vars(item.module).values()
    names = (getattr(each, "__module__", getattr(each, "__name__", "")) for each in known)
    return any(str(name).partition(".")[0] == "stasis" for name in names)


def own(function: Callable[..., Any]) -> Callable[..., Any]:
    """A fixture's own function: pytest-asyncio before 1.1 has wrapped it by now."""
    wrapped = getattr(function, "__globals__", {}).get("__name__", "").startswith("pytest_asyncio")
    return inspect.unwrap(function) if wrapped else function


def leaves_behind(item: pytest.Item) -> bool:
    """Whether a test may leave something behind."""
    return item.get_closest_marker("leaves_behind") is not None


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_fixture_setup(
    fixturedef: pytest.FixtureDef[Any], request: pytest.FixtureRequest
) -> Generator[None, Any, Any]:
    """Run the async fixtures of a test that uses `asterisk` in the loop of that test."""
    __tracebackhide__ = True
    function = own(fixturedef.func)
    runs = inspect.isasyncgenfunction(function) or inspect.iscoroutinefunction(function)
    if fixturedef.scope != "function" or not runs or not on_stage(request.node):
        return (yield)
    stage: Stage = request.getfixturevalue("stasis_stage")
    if inspect.ismethod(function) and request.instance is not None:
        function = function.__func__.__get__(request.instance)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(fixturedef, "func", stage.plain(function))
        return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, Any, Any]:
    """Remember the test's own function: a plugin for asyncio may be about to wrap it."""
    __tracebackhide__ = True
    if isinstance(item, pytest.Function) and on_stage(item):
        item.stash[TEST] = item.obj
    return (yield)


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_pyfunc_call(pyfuncitem: pytest.Function) -> Generator[None, Any, Any]:
    """Run a test that uses `asterisk`, and look at what it has left."""
    __tracebackhide__ = True
    stage = pyfuncitem.stash.get(STAGE, None)
    if stage is None:
        try:
            return (yield)
        except (pytest.fail.Exception, pytest.skip.Exception) as error:
            if not str(error).startswith(UNSUPPORTED) or not is_ours(pyfuncitem):
                raise
        fail(NOBODY.format(pyfuncitem.name))
    test = pyfuncitem.stash[TEST]
    with stage.unawaited.watched():
        try:
            with pytest.MonkeyPatch.context() as patch:
                if inspect.iscoroutinefunction(test):
                    patch.setattr(pyfuncitem, "obj", stage.test(test))
                result = yield
        except BaseException as error:
            stage.error = error
            for title, text in stage.sections().items():
                pyfuncitem.add_report_section("call", title, text)
            raise
        marker = pyfuncitem.get_closest_marker("flow_fails")
        expected = None if marker is None else fails(**marker.kwargs)
        faults = stage.end(expected, leaves_behind=leaves_behind(pyfuncitem))
    if faults:
        stage.error = AssertionError(faults)
        for title, text in stage.call().items():
            pyfuncitem.add_report_section("call", title, text)
        fail(faults)
    return result


def fail(text: str) -> NoReturn:
    """Fail a test with a text alone. The one frame of ours that pytest may see; it shows none."""
    pytest.fail(text, pytrace=False)


def fails(
    raises: type[BaseException] | tuple[type[BaseException], ...] = Exception,
    match: str | None = None,
) -> tuple[Any, str | None]:
    """What the marker `flow_fails` says."""
    return raises, match


# Coverage


def pytest_collection_finish(session: pytest.Session) -> None:
    """Import the flows that are to be covered: a wrong name is told before the tests run."""
    flow_cov = session.config.stash.get(FLOW_COV, None)
    # A process of pytest-xdist must not end for it; the main one tells it at the end.
    if flow_cov is not None and not hasattr(session.config, "workerinput"):
        flow_cov.find()
        if flow_cov.problem:
            raise pytest.UsageError(flow_cov.problem)


@pytest.hookimpl(optionalhook=True)
def pytest_testnodedown(node: Any, error: object) -> None:
    """A process of pytest-xdist is done: add what it has seen."""
    flow_cov = node.config.stash.get(FLOW_COV, None)
    if flow_cov is not None:
        flow_cov.merge(getattr(node, "workeroutput", {}).get("flow_cov", {}))


@pytest.hookimpl(trylast=True)
def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the reports, or hand what was seen to pytest-xdist's main process."""
    flow_cov = session.config.stash.get(FLOW_COV, None)
    if flow_cov is None:
        return
    if hasattr(session.config, "workeroutput"):
        session.config.workeroutput["flow_cov"] = flow_cov.data()
        return
    flow_cov.find()
    flow_cov.write()
    if flow_cov.fault and session.exitstatus == pytest.ExitCode.OK:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED


def pytest_terminal_summary(
    terminalreporter: pytest.TerminalReporter, config: pytest.Config
) -> None:
    """Print the table."""
    flow_cov = config.stash.get(FLOW_COV, None)
    if flow_cov is None:
        return
    terminalreporter.section("flow coverage", sep="-")
    for line in flow_cov.lines():
        terminalreporter.write_line(line)
    if flow_cov.fault:
        terminalreporter.write_line(flow_cov.fault, red=True, bold=True)
