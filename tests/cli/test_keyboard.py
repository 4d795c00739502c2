"""Keys from a terminal: a real one, that nobody sits at."""

from __future__ import annotations

import asyncio
import os
import pty
import sys
import termios
from collections.abc import Iterator
from contextlib import aclosing

import pytest

from stasis.cli.keyboard import keys

ECHO = 3  # which of a terminal's attributes says whether it echoes


class Terminal:
    """A terminal that stands for the keyboard. other: its far end, where keys are pressed."""

    def __init__(self) -> None:
        self.other, self.file = pty.openpty()

    def press(self, text: str) -> None:
        """Press keys."""
        os.write(self.other, text.encode())

    def waits_for_return(self) -> bool:
        """Whether it gives what is typed line by line."""
        return bool(termios.tcgetattr(self.file)[ECHO] & termios.ICANON)


class Keyboard:
    """Standard input, as the module asks for it."""

    def __init__(self, file: int) -> None:
        self._file = file

    def fileno(self) -> int:
        return self._file


@pytest.fixture
def terminal(monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    terminal = Terminal()
    monkeypatch.setattr(sys, "stdin", Keyboard(terminal.file))
    yield terminal
    for file in (terminal.other, terminal.file):
        try:
            os.close(file)
        except OSError:
            continue


async def pressed(count: int) -> list[str]:
    """So many keys."""
    found: list[str] = []
    async with aclosing(keys(lambda: None)) as iterator:
        async for key in iterator:
            found.append(key)
            if len(found) == count:
                break
    return found


async def test_keys_come_one_by_one_without_return(terminal: Terminal):
    terminal.press("1#h")
    assert await pressed(3) == ["1", "#", "h"]


async def test_the_terminal_is_as_it_was_afterwards(terminal: Terminal):
    assert terminal.waits_for_return()
    async with aclosing(keys(lambda: None)) as iterator:
        terminal.press("1")
        await anext(iterator)
        assert not terminal.waits_for_return()
    assert terminal.waits_for_return()


@pytest.mark.parametrize(
    "sequence", ["\x1b[A", "\x1b[1;5D", "\x1bOB", "\x1b[3~", "\x1b", "\x1bA", "\x1b[A\x1b[B"]
)
async def test_arrows_and_the_like_are_no_keys(terminal: Terminal, sequence: str):
    terminal.press(f"1{sequence}")
    iterator = keys(lambda: None)
    assert await anext(iterator) == "1"
    waiting = asyncio.ensure_future(anext(iterator))
    await asyncio.sleep(0.05)
    terminal.press("2")
    assert await waiting == "2"
    await iterator.aclose()


async def test_a_tick_comes_while_no_key_does(terminal: Terminal, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr("stasis.cli.keyboard.TICK_SECONDS", 0.01)
    ticked = asyncio.Event()
    async with aclosing(keys(ticked.set)) as iterator:
        waiting = asyncio.ensure_future(anext(iterator))
        await ticked.wait()
        terminal.press("1")
        assert await waiting == "1"


async def test_it_ends_with_the_terminal(terminal: Terminal):
    async with aclosing(keys(lambda: None)) as iterator, asyncio.timeout(10):
        terminal.press("1")
        assert await anext(iterator) == "1"
        os.close(terminal.other)
        assert [key async for key in iterator] == []
