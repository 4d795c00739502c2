"""The policy: which names, numbers and passwords a user may have."""

from __future__ import annotations

import pytest
from attrs import evolve
from stasis_webrtc.grant import Grants
from stasis_webrtc.policy import AccountError, canonical, check_user, password_problem
from stasis_webrtc.rows import UserRow

from tests.apps.stasis_webrtc.accounts import NOON

ANN = UserRow("annemarie", NOON, NOON, title="Anne Marie", extension="201")


class TestUser:
    @pytest.mark.parametrize("name", ["a", "ann", "ann-marie.b_2", "a" * 32])
    def test_a_name(self, name: str):
        check_user(evolve(ANN, name=name))

    @pytest.mark.parametrize(
        "name",
        ["", "201", "1ann", "Ann", "ann ", "-ann", "a" * 33, "ann@x", "ann/x", "änn", "ann\0",
         "ann\n", "a;b", "..", "ａnn", "аnn", "ann\u200b", "w w"],
    )  # fmt: skip
    def test_what_is_no_name(self, name: str):
        with pytest.raises(AccountError, match="name must begin with a letter") as caught:
            check_user(evolve(ANN, name=name))
        assert caught.value.code == "bad_name"

    def test_a_name_is_the_same_however_it_is_written(self):
        assert canonical(" Ann ") == "ann"

    @pytest.mark.parametrize(
        ("field", "value", "code"),
        [
            ("extension", "1", "bad_extension"),
            ("extension", "20a", "bad_extension"),
            ("extension", "٢٠١", "bad_extension"),
            ("extension", "1" * 11, "bad_extension"),
            ("title", "two\nlines", "bad_title"),
            ("title", "x" * 81, "bad_title"),
            ("outside", "+49 30", "bad_number"),
            ("forward_busy", "sip:x@y", "bad_number"),
            ("forward_always", "1" * 65, "bad_number"),
            ("forward_no_answer", "201\n", "bad_number"),
            ("greeting", "sound:a\r\n", "bad_greeting"),
            ("grants", Grants(("everything",)), "bad_grant"),
        ],
    )
    def test_what_a_user_cannot_have_is_told_by_field(self, field: str, value: object, code: str):
        with pytest.raises(AccountError) as caught:
            check_user(evolve(ANN, **{field: value}))
        assert caught.value.code == code
        assert code == "bad_grant" or str(caught.value).startswith(f"{field} ")

    @pytest.mark.parametrize("number", ["", "201", "+49 (30) 12-34", "bob", "*97", "room_1"])
    def test_a_forward_is_as_it_would_be_dialled(self, number: str):
        check_user(evolve(ANN, forward_busy=number))


class TestPassword:
    @pytest.mark.parametrize("password", ["x" * 10, "x" * 256, "annemarie-secret", "пароль пароль"])
    def test_one_that_will_do(self, password: str):
        assert password_problem(password, ANN) is None

    @pytest.mark.parametrize(
        ("password", "problem"),
        [
            ("", "10 to 256"),
            ("x" * 9, "10 to 256"),
            ("x" * 257, "10 to 256"),
            ("annemarie1", "beside the user's name"),
            ("AnneMarie AnneMarie", "beside the user's name"),
            ("Anne Marie 201", "beside the user's name"),
        ],
    )
    def test_one_that_will_not(self, password: str, problem: str):
        told = password_problem(password, ANN)
        assert told is not None and problem in told
        assert not password or password not in told
