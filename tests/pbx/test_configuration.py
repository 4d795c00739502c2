"""What the server says of its music."""

from __future__ import annotations

from stasis.pbx.configuration import files_of


def test_files_of_each_class_are_counted():
    # As 16 and 22 print it.
    lines = ["Class: default", "\tFile: /var/lib/asterisk/moh/tone", "Class: empty"]
    assert files_of(lines) == {"default": 1, "empty": 0}


def test_another_answer_is_none():
    assert files_of(["No such command 'moh show files'", "File: /x", ""]) == {}
