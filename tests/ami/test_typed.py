"""A message's fields as a typed class, whatever their texts."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from stasis.ami.message import Message
from stasis.ami.typed import fill, reading
from stasis.section import Secret


class Thing(msgspec.Struct, frozen=True, kw_only=True):
    caller_id_num: str = ""
    count: int | None = None
    muted: bool | None = None
    level: float | None = None
    secret: Secret = Secret("")
    output: tuple[str, ...] = ()
    app: str = ""
    class_: str = ""
    timestamp: datetime | None = None


def thing(*fields: tuple[str, str]) -> Thing:
    return fill(Thing, Message(list(fields)))


def test_keys_are_found_whatever_their_case_and_dashes() -> None:
    assert thing(("CallerIDNum", "1")).caller_id_num == "1"
    assert thing(("calleridnum", "1")).caller_id_num == "1"
    assert thing(("Caller-ID_Num", "1")).caller_id_num == "1"
    assert thing(("Application", "Wait"), ("Class", "jazz")) == Thing(app="Wait", class_="jazz")


def test_texts_become_what_the_class_says() -> None:
    found = thing(("Count", "-7"), ("Level", "1.5"), ("Secret", "hush"), ("Timestamp", "0"))
    assert found == Thing(
        count=-7, level=1.5, secret=Secret("hush"), timestamp=datetime.fromtimestamp(0, UTC)
    )


@pytest.mark.parametrize("text", ["1", "yes", "True", "ON"])
def test_yes(text: str) -> None:
    assert thing(("Muted", text)).muted is True


@pytest.mark.parametrize("text", ["0", "no", "False", "off"])
def test_no(text: str) -> None:
    assert thing(("Muted", text)).muted is False


def test_of_a_repeated_key_the_first_counts_or_all() -> None:
    assert thing(("Count", "1"), ("Count", "2")).count == 1
    assert thing(("Output", "a"), ("Output", ""), ("Output", "b")).output == ("a", "", "b")


def test_a_text_that_does_not_fit_leaves_the_default() -> None:
    assert thing(("Count", "many"), ("Level", ""), ("Muted", "perhaps")) == Thing()


@given(st.lists(st.tuples(st.sampled_from(["Count", "Muted", "Level", "Timestamp"]), st.text())))
def test_nothing_raises(fields: list[tuple[str, str]]) -> None:
    thing(*fields)


def test_keys_of_no_field_are_not_remembered() -> None:
    thing(*((f"X{number}", "") for number in range(1000)))
    thing(*((f"C{'-' * number}ount", "") for number in range(1000)))
    assert len(reading(Thing)) <= 4 * len(Thing.__struct_fields__)
