"""Names, secrets and callers: nothing in them means anything to Asterisk but itself."""

from __future__ import annotations

import pytest
from stasis_webrtc.device import caller_id, endpoint_name, is_device, new_secret


class TestNames:
    def test_a_name_is_of_its_form_whatever_the_user_is_called(self):
        for user in ("anna", "Änne Müller", "a@b.de", "x" * 300, "", "日本", "a/b&c-d"):
            assert is_device(endpoint_name(user))

    def test_it_can_be_read_who_it_is(self):
        assert endpoint_name("Änne.M").startswith("w-anne.m-")

    def test_no_two_are_alike(self):
        assert len({endpoint_name("anna") for _ in range(50)}) == 50
        assert len({new_secret() for _ in range(50)}) == 50

    def test_a_callers_name_cannot_end_its_header(self):
        assert caller_id("Anna", "201") == '"Anna" <201>'
        assert caller_id('A" <999>\r\nX: y', "+49201") == '"A 999 X: y" <+49201>'

    @pytest.mark.parametrize("number", ["", "2 01", "1>2", "1\n2", "1@2"])
    def test_a_number_is_what_can_be_dialled(self, number: str):
        with pytest.raises(ValueError):
            caller_id("Anna", number)
