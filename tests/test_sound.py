"""The sound handle: a prompt installed on the server."""

from __future__ import annotations

import pytest

from stasis.ari import Ari
from stasis.errors import ServerError
from stasis.sound import Sound
from tests.answers import Answers

HELLO = {
    "id": "hello-world",
    "text": "Hello, world.",
    "formats": [{"language": "en", "format": "gsm"}],
}


async def test_it_tells_its_text_and_formats(ari: Ari, answers: Answers):
    answers.answer("GET", 200, HELLO)
    found = await Sound(ari, "hello-world").get()
    assert found is not None and found.text == "Hello, world."
    assert answers.requests == ["GET /sounds/hello-world"]


async def test_one_that_is_not_installed_is_none(ari: Ari, answers: Answers):
    answers.refuse("GET", 404, "Sound not found")
    assert await Sound(ari, "nix").get() is None


async def test_a_sound_in_a_folder_is_one_segment(ari: Ari, answers: Answers):
    answers.answer("GET", 200, HELLO)
    await Sound(ari, "digits/1").get()
    assert answers.requests == ["GET /sounds/digits%2F1"]


async def test_all_names_of_a_language(ari: Ari, answers: Answers):
    answers.answer("GET", 200, [HELLO, {"id": "goodbye", "formats": []}])
    assert await Sound.names(ari, "en") == {"hello-world", "goodbye"}
    assert answers.last["lang"] == "en"


async def test_a_server_without_sounds_has_none(ari: Ari, answers: Answers):
    answers.refuse("GET", 404, "No sounds found that match the query")
    assert await Sound.names(ari) == frozenset()


async def test_another_error_is_told(ari: Ari, answers: Answers):
    answers.refuse("GET", 500, "Internal error")
    with pytest.raises(ServerError):
        await Sound.names(ari)


def test_it_is_played_by_its_uri(ari: Ari):
    assert Sound(ari, "hello-world").media_uri == "sound:hello-world"
    assert repr(Sound(ari, "x")) == "<Sound x>"
