"""Pseudonyms: the same one everywhere, of the same form, and nothing of the true value in it."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.testing.session.pseudonyms import Pseudonyms


@pytest.fixture
def told() -> list[str]:
    return []


@pytest.fixture
def names(told: list[str]) -> Pseudonyms:
    return Pseudonyms(told.append)


def learned(names: Pseudonyms, *values: str) -> list[str]:
    for value in values:
        names.learn(value)
    return [names.of(value) for value in values]


class TestWhoIsCalledWhat:
    def test_people_are_counted(self, names: Pseudonyms, told: list[str]) -> None:
        assert learned(names, "alice", "bob", "alice") == ["person1", "person2", "person1"]
        assert told == ["person1", "person2"], "each is told once"

    def test_a_number_stays_as_long_as_it_was_and_keeps_its_country(
        self, names: Pseudonyms
    ) -> None:
        assert learned(names, "+4915112345678") == ["+4900000000001"]
        assert learned(names, "200", "201", "015112345678") == ["001", "002", "000000000001"]

    def test_numbers_that_are_used_up_grow(self, names: Pseudonyms) -> None:
        assert len(set(learned(names, *map(str, range(10))))) == 10

    def test_who_said_no_name_has_no_pseudonym(self, names: Pseudonyms, told: list[str]) -> None:
        assert learned(names, "", "anonymous", "Anonymous") == ["", "anonymous", "Anonymous"]
        assert told == []

    def test_an_address_becomes_one_that_is_kept_for_examples(self, names: Pseudonyms) -> None:
        names.learn_address("10.1.2.3")
        names.learn_address("10.1.2.4")
        assert names.within("from 10.1.2.3 to 10.1.2.4:5060") == (
            "from 198.51.100.1 to 198.51.100.2:5060"
        )


class TestWithinATextItIs:
    def test_replaced_where_it_is_a_word(self, names: Pseudonyms) -> None:
        learned(names, "Ann", "Ann Smith", "+4989123456")
        assert names.within("Ann Smith, not Annabel, is Ann (+4989123456)") == (
            "person2, not Annabel, is person1 (+4900000001)"
        )

    def test_left_when_it_is_so_short_that_it_may_mean_something_else(
        self, names: Pseudonyms
    ) -> None:
        learned(names, "200")
        assert names.within("timeout 200") == "timeout 200"
        assert names.within("digits:200", short=True) == "digits:001"

    @given(st.text(min_size=5), st.text(), st.text())
    def test_not_there_any_more(self, value: str, before: str, behind: str) -> None:
        names = Pseudonyms(lambda _: None)
        names.learn(value)
        masked = names.within(f"{before} {value.strip()} {behind}")
        word = any(c.isalnum() or c == "_" for c in value)
        if word and value.strip() in names:
            assert f" {value.strip()} " not in masked


class TestDigits:
    def typed(self, names: Pseudonyms, entry: str) -> str:
        return "".join(names.digit(entry[:n], key) for n, key in enumerate(entry))

    def test_the_same_entry_is_the_same_other_one(self, names: Pseudonyms) -> None:
        assert self.typed(names, "4711") == self.typed(names, "4711") == "0000"

    def test_another_entry_is_another(self, names: Pseudonyms) -> None:
        entries = [f"{n:03}" for n in range(0, 1000, 7)]
        assert len({self.typed(names, entry) for entry in entries}) == len(entries)

    def test_keys_that_are_no_digits_stay(self, names: Pseudonyms) -> None:
        assert self.typed(names, "47#") == "00#"

    def test_an_entry_is_masked_wherever_it_stands_later(self, names: Pseudonyms) -> None:
        self.typed(names, "47110")
        assert names.within("customer 47110") == "customer 00000"
