"""Who may use ARI."""

from __future__ import annotations

import ctypes.util
from base64 import b64encode

import pytest

from stasis.testing.simulator.users import User, credentials, user_of

# Of "kept-as-a-hash", as `openssl passwd -6 -salt conformance` makes it.
HASH = (
    "$6$conformance$"
    "1.V1Sz1fFqcW6HlABwE2iF0mhOlCWMxCICRArW.wpuXiGn6AiMBga5w7zkYyg0jlrDZoIVlAwNNf2vhdIsegF0"
)


def basic(text: str) -> dict[str, str]:
    """The header of a name and password."""
    return {"Authorization": "Basic " + b64encode(text.encode()).decode()}


class TestCredentials:
    def test_they_come_in_the_header(self):
        assert credentials(basic("a:b:c"), []) == ("a", "b:c")

    def test_or_in_the_query(self):
        assert credentials({}, [("api_key", "a:b")]) == ("a", "b")

    def test_the_header_counts_before_the_query(self):
        assert credentials(basic("a:b"), [("api_key", "c:d")]) == ("a", "b")

    @pytest.mark.parametrize(
        "header", ["Bearer x", "Basic", "Basic !!!", "Basic " + b64encode(b"\xff").decode()]
    )
    def test_what_is_no_header_of_basic_is_none(self, header: str):
        assert credentials({"Authorization": header}, []) == ("", "")


class TestPasswords:
    def test_a_user_is_known_by_name_and_password(self):
        users = [User("a", "one"), User("b", "two")]
        assert user_of(users, basic("b:two"), []) is users[1]
        for wrong in ("b:one", "c:two", "b:", ""):
            assert user_of(users, basic(wrong), []) is None

    def test_nobody_comes_in_without_credentials(self):
        assert user_of([User("a", "one")], {}, []) is None

    @pytest.mark.skipif(ctypes.util.find_library("crypt") is None, reason="no libcrypt here")
    def test_a_password_may_be_kept_as_a_hash(self):
        user = User("a", HASH, crypt=True)
        assert user.knows("kept-as-a-hash")
        assert not user.knows("wrong") and not user.knows(HASH)

    def test_a_password_is_not_shown(self):
        assert "secret" not in repr(User("a", "secret"))


class TestAccessLists:
    def test_without_one_a_user_comes_from_anywhere(self):
        assert User("a", "b").may_come_from("192.0.2.7")

    def test_what_is_permitted_comes_in_and_the_rest_is_denied(self):
        user = User("a", "b", deny=("0.0.0.0/0",), permit=("192.0.2.0/24",))
        assert user.may_come_from("192.0.2.7")
        assert not user.may_come_from("127.0.0.1")
