"""One odd value never costs the whole object, and nothing but ValueError is raised for it."""

from __future__ import annotations

import json
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from stasis.ari.bridges import Bridge
from stasis.ari.channels import CallerID, Channel, DialplanCEP
from stasis.ari.structure import loose, structure

# A busy machine is no failure.
calm = settings(deadline=None, suppress_health_check=[HealthCheck.too_slow])

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(max_size=8), inner),
    max_leaves=12,
)
FIELDS = Channel.__struct_encode_fields__


def test_an_object_becomes_its_class_and_what_is_absent_has_a_default() -> None:
    channel = structure(b'{"id":"1","caller":{"number":"100"}}', Channel)
    assert channel.id == "1"
    assert channel.caller == CallerID(number="100")
    assert channel.dialplan == DialplanCEP() and channel.channelvars == {}
    assert channel.creationtime is None


def test_fields_nobody_knows_are_ignored() -> None:
    assert structure(b'{"id":"1","new":{"a":[1]}}', Channel) == Channel(id="1")


@pytest.mark.parametrize(
    "odd",
    [
        {"name": None},
        {"name": 5},
        {"caller": None},
        {"caller": "x"},
        {"caller": {"name": 5}},
        {"creationtime": "yesterday"},
        {"dialplan": {"priority": "one"}},
        {"channelvars": []},
    ],
)
def test_a_value_of_the_wrong_type_is_dropped_alone(odd: dict[str, Any]) -> None:
    channel = structure(json.dumps({"id": "1", "state": "Up", **odd}).encode(), Channel)
    assert channel == Channel(id="1", state="Up")


def test_nulls_that_asterisk_does_send_are_kept_as_none() -> None:
    body = b'{"dialplan":{"priority":null,"app_name":null,"app_data":null}}'
    assert structure(body, Channel).dialplan == DialplanCEP(
        priority=None, app_name=None, app_data=None
    )


def test_a_state_nobody_knows_is_kept() -> None:
    assert structure(b'{"state":"Unknown (17)"}', Channel).state == "Unknown (17)"


def test_a_list_loses_only_the_items_that_do_not_fit() -> None:
    assert structure(b'{"channels":["a",1,null,"b"]}', Bridge).channels == ("a", "b")
    assert structure(b'[{"id":"a"},5,{"id":6}]', tuple[Channel, ...]) == (
        Channel(id="a"),
        Channel(),
    )


def test_broken_utf_8_becomes_the_replacement_character() -> None:
    assert structure(b'{"name":"a\xffb"}', Channel).name == "a\ufffdb"


def test_numbers_without_end_are_survived() -> None:
    digits = b"9" * 5000
    assert structure(b'{"id":"1","new":' + digits + b',"name":5}', Channel) == Channel(id="1")
    assert loose(b'{"a":1e9999,"b":7}') == {"a": float("inf"), "b": 7}


@pytest.mark.parametrize("body", [b"", b"{", b"<html>", b"5", b"null", b"[" * 100_000, b"\xff"])
def test_what_is_no_object_at_all_is_a_value_error(body: bytes) -> None:
    with pytest.raises(ValueError, match="."):
        structure(body, Channel)


@calm
@given(st.dictionaries(st.sampled_from(FIELDS), JSON))
def test_any_values_in_any_fields_still_make_the_object(fields: dict[str, Any]) -> None:
    assert isinstance(structure(json.dumps(fields).encode(), Channel), Channel)


@calm
@given(st.binary(max_size=60))
def test_any_bytes_are_the_object_or_a_value_error(body: bytes) -> None:
    try:
        assert isinstance(structure(body, Channel), Channel)
    except ValueError:
        pass
