"""Coroutines that nobody has awaited are told with their line, and other warnings as ever."""

from __future__ import annotations

import warnings

import pytest

from stasis.testing.unawaited import Unawaited


async def hears(media: str) -> None: ...


def forgets() -> None:
    hears("sound:menu")  # type: ignore[unused-coroutine]


class TestUnawaited:
    @pytest.mark.parametrize("action", ["error", "ignore", "default"])
    def test_each_is_told_with_the_line_that_has_made_it(self, action: str):
        with warnings.catch_warnings():
            warnings.simplefilter(action)  # type: ignore[arg-type]
            unawaited = Unawaited()
            with unawaited.watched():
                forgets()
        assert unawaited.told() == (
            "hears was not awaited, tests/testing/test_unawaited.py:16: write `await`"
        )

    def test_the_same_line_is_told_once(self):
        unawaited = Unawaited()
        with unawaited.watched():
            forgets()
            forgets()
        assert unawaited.told().count("\n") == 0

    async def test_what_is_awaited_is_not_told(self):
        unawaited = Unawaited()
        with unawaited.watched():
            await hears("sound:menu")
        assert unawaited.told() == ""

    def test_other_warnings_go_where_they_went(self):
        with warnings.catch_warnings(record=True) as caught:
            warnings.simplefilter("always")
            unawaited = Unawaited()
            with unawaited.watched():
                warnings.warn("other", UserWarning, stacklevel=1)
                assert [str(each.message) for each in caught] == ["other"]
                forgets()
        assert len(caught) == 1 and "hears" in unawaited.told()

    def test_it_may_look_on_within_itself(self):
        unawaited = Unawaited()
        with unawaited.watched():
            with unawaited.watched():
                forgets()
            told = unawaited.told()
            hears("sound:other")  # type: ignore[unused-coroutine]
        assert told and unawaited.told().startswith(f"{told}\n")

    def test_it_leaves_everything_as_it_was(self):
        before = (warnings.showwarning, list(warnings.filters))
        with Unawaited().watched():
            pass
        assert (warnings.showwarning, list(warnings.filters)) == before
        with pytest.warns(RuntimeWarning, match="never awaited"):
            forgets()
