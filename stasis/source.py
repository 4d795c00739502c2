"""What the source code of a flow says: where a state stands, which media it names, what it calls.

Read, never run. A flow whose source is not at hand (made in a console, say) simply says less.
"""

from __future__ import annotations

import ast
import inspect
import os
import re
import textwrap
from collections.abc import Callable, Iterable, Iterator, Mapping
from typing import Any

from attrs import frozen

from stasis.flow import Flow, Leave
from stasis.media import SCHEMES

__all__ = ["Medium", "calls", "ends_call", "may_wait", "media", "place"]

# Verbs whose positional arguments, and keywords that, name media.
PLAYING = frozenset(("play", "ask", "menu"))
PROMPTS = frozenset(("prompt", "invalid", "no_input"))
# Verbs of the own channel after which the flow is over.
ENDING = frozenset(("hangup", "continue_in_dialplan", "move"))

# Verbs of the own channel that return as soon as Asterisk has answered.
QUICK = frozenset(
    "answer ring ring_stop progress send_dtmf mute unmute hold unhold start_moh stop_moh"
    " start_silence stop_silence get_variable set_variable rtp_statistics get play".split()
)

MEDIUM = re.compile(rf"(?:{'|'.join(SCHEMES)}):\S+")


@frozen
class Medium:
    """A medium that the source names.

    text: as written. where: file and line. played: whether it stands where only media may,
    in a `play` say, so that whatever else it is, it is wrong.
    """

    text: str
    where: str
    played: bool


def place(thing: Any, line: int | None = None) -> str:
    """`file:line` of a function or class, relative where that is shorter; empty when unknown.

    line: another line of the same file.
    """
    try:
        file = inspect.getsourcefile(thing)
        if line is None:
            code = getattr(inspect.unwrap(thing), "__code__", None)
            line = code.co_firstlineno if code else inspect.getsourcelines(thing)[1]
    except (OSError, TypeError):
        return ""
    if file is None:
        return ""
    try:
        near = os.path.relpath(file)
    except ValueError:  # another drive, on Windows
        near = file
    return f"{file if near.startswith('..') else near}:{line}"


def tree(thing: Any) -> ast.AST | None:
    """The syntax tree of a function or class, with the lines of its file; None without source."""
    try:
        lines, first = inspect.getsourcelines(thing)
        parsed = ast.parse(textwrap.dedent("".join(lines)))
    except (OSError, TypeError, SyntaxError):
        return None
    return ast.increment_lineno(parsed, first - 1)


def calls(function: Callable[..., Any]) -> Iterator[tuple[str, str]]:
    """The attributes a function calls: `self.channel.play(…)` gives `("self.channel", "play")`."""
    for node in ast.walk(tree(function) or ast.Module([], [])):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute):
            yield ast.unparse(node.func.value), node.func.attr


def ends_call(flow: type[Flow], name: str, seen: frozenset[str] = frozenset()) -> bool:
    """Whether a method of the flow, or one that it calls, hangs up or leaves Stasis."""
    method = getattr(flow, name, None)
    if method is None or name in seen:
        return False
    return any(
        verb in ENDING
        if on in ("self.channel", "channel")
        else on == "self" and ends_call(flow, verb, seen | {name})
        for on, verb in calls(method)
    )


def may_wait(function: Callable[..., Any]) -> bool:
    """Whether an async function may take any time: it awaits more than a channel's quick verbs.

    One whose source is not at hand may.
    """
    parsed = tree(function)
    if parsed is None:
        return True
    return any(
        isinstance(node, (ast.AsyncFor, ast.AsyncWith))
        or (isinstance(node, ast.Await) and not is_quick(node.value))
        for node in ast.walk(parsed)
    )


def is_quick(awaited: ast.expr) -> bool:
    """Whether it is a call such as `self.channel.answer()`."""
    return (
        isinstance(awaited, ast.Call)
        and isinstance(awaited.func, ast.Attribute)
        and awaited.func.attr in QUICK
        and ast.unparse(awaited.func.value) in ("self.channel", "channel")
    )


def media(flow: type[Flow] | Callable[..., Any]) -> list[Medium]:
    """The media that a flow's source names, each once, in the order they are written.

    Followed are texts, class attributes and constants of the module; a text made at run time is
    not.
    """
    found: dict[str, Medium] = {}
    for each in named(flow):
        known = found.setdefault(each.text, each)
        if each.played and not known.played:
            found[each.text] = each
    return list(found.values())


def named(flow: type[Flow] | Callable[..., Any]) -> Iterator[Medium]:
    """Every mention of a medium."""
    if isinstance(flow, type) and issubclass(flow, Flow):
        yield from named_in(flow)
    else:
        yield from Reader(flow, None).read(tree(flow))


def named_in(flow: type[Flow]) -> Iterator[Medium]:
    """Every mention of a medium in a flow class and those it inherits from."""
    overridden: set[str] = set()
    for kind in flow.__mro__:
        if kind is Flow or not issubclass(kind, Flow):
            continue
        parsed = tree(kind)
        if parsed is not None:
            yield from Reader(kind, flow).read(without(parsed, overridden))
        overridden |= set(vars(kind))
    for leave in (flow.on_done, flow.on_error):
        if leave.prompt:
            yield Medium(leave.prompt, place(flow), True)


def without(parsed: ast.AST, names: set[str]) -> ast.AST:
    """A class without the methods that a subclass has replaced."""
    (kind,) = parsed.body  # type: ignore[attr-defined]
    kept = [each for each in kind.body if getattr(each, "name", None) not in names]
    return ast.Module(kept, [])


class Reader:
    """Finds media in a syntax tree.

    owner: the function or class of the tree. flow: the class whose attributes `self.X` means.
    """

    def __init__(self, owner: Any, flow: type[Flow] | None) -> None:
        self._owner = owner
        self._flow = flow
        module = inspect.getmodule(owner)
        self._globals: Mapping[str, Any] = vars(module) if module else {}
        if inspect.isfunction(owner):
            self._globals = owner.__globals__

    def read(self, node: ast.AST | None) -> Iterator[Medium]:
        """The media of a tree and all that is in it."""
        if node is None or isinstance(node, ast.JoinedStr):
            return  # a text made at run time
        if isinstance(node, ast.Call):
            yield from self._played(node)
        if isinstance(node, (ast.Constant, ast.Name, ast.Attribute)):
            for text in self._texts(node):
                if MEDIUM.fullmatch(text):
                    yield self._medium(text, node, played=False)
        for child in ast.iter_child_nodes(node):
            yield from self.read(child)

    def _played(self, call: ast.Call) -> Iterator[Medium]:
        """The media of a call that plays something."""
        verb = call.func.attr if isinstance(call.func, ast.Attribute) else ""
        if verb not in PLAYING and not (
            isinstance(call.func, ast.Name) and call.func.id == "Leave"
        ):
            return
        wanted: list[ast.expr] = [word.value for word in call.keywords if word.arg in PROMPTS]
        for each in [*wanted, *(call.args if verb else ())]:
            value = each.value if isinstance(each, ast.Starred) else each
            for text in self._texts(value):
                yield self._medium(text, each, played=True)

    def _texts(self, node: ast.expr) -> Iterator[str]:
        """The texts that an expression is or holds, as far as they are known."""
        if isinstance(node, ast.Constant):
            yield from texts(node.value)
        elif isinstance(node, ast.Name):
            yield from texts(self._globals.get(node.id))
        elif isinstance(node, ast.Attribute) and ast.unparse(node.value) in ("self", "cls"):
            yield from texts(inspect.getattr_static(self._flow, node.attr, None))
        elif isinstance(node, (ast.Tuple, ast.List)):
            for each in node.elts:
                yield from self._texts(each)
        elif isinstance(node, ast.IfExp):
            yield from self._texts(node.body)
            yield from self._texts(node.orelse)

    def _medium(self, text: str, node: ast.expr, *, played: bool) -> Medium:
        return Medium(text, place(self._owner, node.lineno), played)


def texts(value: object, depth: int = 3) -> Iterator[str]:
    """The texts in a constant: itself, or the items of a container, or a Leave's prompt."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Leave):
        yield from texts(value.prompt)
    elif depth and isinstance(value, Mapping):
        yield from texts(tuple(value.values()), depth)
    elif depth and isinstance(value, (list, tuple, set, frozenset)):
        items: Iterable[object] = value
        for item in items:
            yield from texts(item, depth - 1)
