"""Stacks become boxes: as wide as they are frequent, on what has called them."""

from __future__ import annotations

from xml.etree import ElementTree

from bench.picture import boxes, drawn, folded, shares

RAW = """\
main (a.py);Loop._run_once (asyncio/base_events.py);read (stasis/link.py) 3
main (a.py);Loop._run_once (asyncio/base_events.py);read (stasis/link.py);decode (stasis/decode.py) 5
main (a.py);Loop._run_once (asyncio/base_events.py);write (websockets/a.py) 2
main (a.py);Loop._run_once (asyncio/base_events.py);_find_and_load (<frozen importlib._bootstrap>) 9
main (a.py);begin (a.py) 7
"""
STACKS = folded(RAW, "_run_once (asyncio/base_events.py)")


def test_what_is_outside_of_the_loop_or_imports_is_left_out():
    assert STACKS == {
        ("read (stasis/link.py)",): 3,
        ("read (stasis/link.py)", "decode (stasis/decode.py)"): 5,
        ("write (websockets/a.py)",): 2,
    }


def test_a_sample_counts_for_the_innermost_function():
    assert shares(STACKS) == [
        ("stasis/decode.py", "stasis", 0.5),
        ("stasis/link.py", "stasis", 0.3),
        ("websockets/a.py", "aiohttp, websockets", 0.2),
    ]


def test_equal_beginnings_of_stacks_are_one_box():
    found = {
        (box.frame.partition(" ")[0], box.depth, box.first, box.count) for box in boxes(STACKS)
    }
    assert found == {("read", 0, 0, 8), ("decode", 1, 3, 5), ("write", 0, 8, 2)}


def test_the_picture_is_well_formed_and_has_no_script():
    picture = drawn(STACKS, "<one> & two")
    assert ElementTree.fromstring(picture).tag == "{http://www.w3.org/2000/svg}svg"
    assert "decode (stasis/decode.py): 50.0%" in picture and "script" not in picture


def test_what_is_too_narrow_to_see_is_left_out():
    wide = {("wide (a.py)",): 100_000, ("narrow (a.py)",): 1}
    assert "narrow" not in drawn(wide, "")


def test_nothing_sampled_is_an_empty_picture():
    assert ElementTree.fromstring(drawn({}, "nothing")) is not None and shares({}) == []
