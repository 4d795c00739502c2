"""While a program runs, collections are rare, and what was loaded before is left out of them."""

from __future__ import annotations

import gc
import weakref
from collections.abc import Iterator

import pytest

from stasis.garbage import DEFAULT, FROZEN, rare_collections


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before, enabled = gc.get_threshold(), gc.isenabled()
    gc.set_threshold(*DEFAULT)  # whatever a test before this one has left
    yield
    gc.set_threshold(*before)
    (gc.enable if enabled else gc.disable)()


class Circle:
    """Garbage that only the collector can free."""

    def __init__(self) -> None:
        self.own = self


def test_they_are_rarer_and_then_as_before():
    with rare_collections():
        assert gc.get_threshold()[0] > DEFAULT[0] and gc.get_threshold()[1:] == DEFAULT[1:]
        assert gc.get_freeze_count() > FROZEN
    assert gc.get_threshold() == DEFAULT and gc.get_freeze_count() == 0


def test_what_becomes_garbage_meanwhile_is_found():
    with rare_collections():
        circle = weakref.ref(Circle())
        kept = [[] for _ in range(3 * DEFAULT[0] * 10)]
        assert circle() is None and kept


def test_what_was_there_before_is_not_looked_at():
    old = Circle()
    circle = weakref.ref(old)
    with rare_collections():
        del old
        gc.collect()
        assert circle() is not None
    gc.collect()
    assert circle() is None


def test_what_the_program_has_set_itself_stays():
    gc.set_threshold(5, 5, 5)
    frozen = gc.get_freeze_count()
    with rare_collections():
        assert gc.get_threshold() == (5, 5, 5) and gc.get_freeze_count() == frozen
    assert gc.get_threshold() == (5, 5, 5)


def test_nor_is_a_stopped_one_started():
    gc.disable()
    frozen = gc.get_freeze_count()
    with rare_collections():
        assert not gc.isenabled() and gc.get_freeze_count() == frozen


def test_what_the_program_has_frozen_itself_stays_so():
    gc.freeze()
    try:
        with rare_collections():
            assert gc.get_threshold() == DEFAULT
        assert gc.get_freeze_count() > FROZEN
    finally:
        gc.unfreeze()
