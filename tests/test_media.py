"""Names that reach Asterisk's file system, and media it can play: refused before they are sent."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.errors import InvalidRequest
from stasis.media import SCHEMES, checked_media, checked_name


@pytest.mark.parametrize(
    "name", ["msg", "msg-1", "a.b", "_x", "2026/10/msg_1", "A" * 200, "voicemail/100/INBOX/msg0"]
)
def test_a_plain_name_passes_as_it_is(name: str):
    assert checked_name(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "",
        ".",
        "..",
        "../etc/passwd",
        "a/../b",
        "a/./b",
        "/abs",
        "a//b",
        "a/",
        ".hidden",
        "a/.hidden",
        "-rf",
        "a b",
        "a\nb",
        "a\0b",
        "a\n",
        "é",
        "漢",
        "a;b",
        "a@b",
        "a+b",
        "a%2fb",
        'a"b',
        "a'b",
        "a\\b",
        "A" * 201,
    ],
)
def test_a_name_that_could_leave_its_folder_or_break_a_path_is_refused(name: str):
    with pytest.raises(InvalidRequest, match="recording name .*: use letters"):
        checked_name(name)


def test_the_error_says_what_the_name_is_of():
    with pytest.raises(InvalidRequest, match="voicemail box 'a b'"):
        checked_name("a b", "voicemail box")


@given(st.text())
def test_no_name_that_passes_leaves_its_folder(name: str):
    try:
        checked_name(name)
    except InvalidRequest:
        return
    parts = name.split("/")
    assert name.isascii() and ".." not in parts and "" not in parts and name.isprintable()


@pytest.mark.parametrize(
    "media",
    [
        "sound:hello-world",
        "sound:/custom/greeting",
        "sound:http://127.0.0.1/a b.wav",
        "sound:https://host/x.wav",
        "recording:2026/msg",
        "number:42",
        "digits:1234*#",
        "characters:abc é",
        "tone:ring;tonezone=de",
        "tone:400*100/500,0/500",
    ],
)
def test_what_asterisk_can_play_passes_as_it_is(media: str):
    assert checked_media(media) == media


@pytest.mark.parametrize("media", ["hello-world", "sound:", ":x", "", "file:x", "Sound:x", "sound"])
def test_what_it_would_never_finish_is_refused_with_an_example(media: str):
    with pytest.raises(InvalidRequest, match="write scheme:what") as caught:
        checked_media(media)
    assert all(scheme in str(caught.value) for scheme in SCHEMES)


@pytest.mark.parametrize(
    "media", ["sound:../../etc/x", "recording:/abs", "recording:a/../b", "sound:a b", "sound://x"]
)
def test_a_path_within_a_medium_is_checked_like_a_name(media: str):
    with pytest.raises(InvalidRequest, match="name"):
        checked_media(media)
