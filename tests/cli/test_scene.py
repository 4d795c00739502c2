"""The screen while a flow is played."""

from __future__ import annotations

import io

from rich.console import Console

from stasis.cli.scene import Scene, picture_of
from stasis.testing import virtual_time
from stasis.testing.play import KEYS, Play
from tests.testing.test_play import Desk, play


def shown(playing: Play) -> str:
    """The picture as text."""
    console = Console(file=io.StringIO(), width=120, height=40)
    console.print(picture_of(playing))
    assert isinstance(console.file, io.StringIO)
    return console.file.getvalue()


class TestThePicture:
    @virtual_time
    async def test_lights_up_the_state_and_says_what_leads_on(self):
        async with play() as playing:
            await playing.press(",,")
            text = shown(playing)
        assert "● menu" in text and "2.0 s" in text
        assert all(f"○ {state}" in text for state in ("ringing", "goodbye"))
        assert "ChannelDtmfReceived 1" in text and "→ ringing" in text and "after 30 s" in text
        assert "Desk" in text and "in a call for 2 s" in text

    @virtual_time
    async def test_tells_the_last_of_what_has_happened(self):
        async with play() as playing:
            await playing.press("2" * 20)
            text = shown(playing)
        assert "you press 2" in text and "you call" not in text

    @virtual_time
    async def test_is_dark_after_the_call(self):
        async with play() as playing:
            await playing.press("h")
            text = shown(playing)
        assert "●" not in text and "→" not in text and "no call" in text
        assert "the call is over (cause 16)" in text

    @virtual_time
    async def test_names_the_keys(self):
        async with play() as playing:
            text = " ".join(shown(playing).split())
        assert all(words in text for words, _ in KEYS.values())
        assert "q quit" in text

    @virtual_time
    async def test_shows_a_plugin_or_function_as_well(self):
        async with play({"desk": Desk}) as playing:
            assert "Desk" in shown(playing)


@virtual_time
async def test_a_scene_takes_the_screen_and_gives_it_back():
    console = Console(file=io.StringIO(), width=120, height=40, force_terminal=True)
    async with play() as playing:
        with Scene(playing, console) as scene:
            await playing.press("2")
            scene.redraw()
    assert isinstance(console.file, io.StringIO)
    text = console.file.getvalue()
    assert text.startswith("\x1b[?1049h") and text.endswith("\x1b[?1049l")
    assert "you press 2" in text
