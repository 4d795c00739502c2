"""The dynamic configuration's store."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as some

from stasis.testing.simulator.sorcery import NO_CODECS, Invalid, Sorcery, codecs

AUTH = [("username", "u"), ("password", "p")]


def kept(kind: str, **fields: str) -> dict[str, str]:
    """A new object, as it is stored."""
    return Sorcery(late=True).put(kind, "x", list(fields.items()))


class TestMaking:
    def test_a_new_object_has_all_attributes_of_its_type(self):
        made = kept("aor", max_contacts="3")
        assert made["max_contacts"] == "3"
        assert made["default_expiration"] == "3600"

    def test_an_auth_needs_a_username(self):
        with pytest.raises(Invalid):
            kept("auth", password="p")

    @pytest.mark.parametrize(
        ("kind", "name", "value"),
        [
            ("aor", "nonsense", "1"),
            ("aor", "max_contacts", "abc"),
            ("aor", "contact", "nonsense"),
            ("endpoint", "dtmf_mode", "nonsense"),
        ],
    )
    def test_what_an_attribute_cannot_be_is_refused(self, kind: str, name: str, value: str):
        with pytest.raises(Invalid):
            kept(kind, **{name: value})

    def test_an_auth_of_an_unknown_kind_is_refused(self):
        with pytest.raises(Invalid):
            Sorcery(late=True).put("auth", "x", [*AUTH, ("auth_type", "nonsense")])

    def test_what_is_refused_changes_nothing(self):
        sorcery = Sorcery(late=True)
        with pytest.raises(Invalid):
            sorcery.put("aor", "x", [("max_contacts", "3"), ("nonsense", "")])
        assert sorcery.find("aor", "x") is None


class TestHowValuesAreWritten:
    @pytest.mark.parametrize("given", ["1", "yes", "true", "on"])
    def test_a_truth_is_written_as_its_attribute_writes_it(self, given: str):
        assert kept("aor", remove_existing=given)["remove_existing"] == "true"
        assert kept("endpoint", webrtc=given)["webrtc"] == "yes"

    def test_any_other_word_is_no(self):
        assert kept("aor", remove_existing="maybe")["remove_existing"] == "false"

    @pytest.mark.parametrize(
        ("lines", "found"),
        [
            ([("allow", "!all,ulaw,alaw")], "(ulaw|alaw)"),
            ([("disallow", "all"), ("allow", "ulaw")], "(ulaw)"),
            ([("allow", "ulaw"), ("disallow", "all")], NO_CODECS),
        ],
    )
    def test_codecs_are_allowed_and_disallowed_in_order(
        self, lines: list[tuple[str, str]], found: str
    ):
        assert Sorcery(late=True).put("endpoint", "x", lines)["allow"] == found

    @given(some.lists(some.sampled_from(["ulaw", "alaw", "g722", "opus"]), max_size=6))
    def test_a_codec_is_there_once(self, names: list[str]):
        found = codecs(NO_CODECS, ",".join(names)) if names else NO_CODECS
        assert found == (f"({'|'.join(dict.fromkeys(names))})" if names else NO_CODECS)


class TestChanging:
    def test_what_is_not_named_stays(self):
        sorcery = Sorcery(late=True)
        sorcery.put("aor", "x", [("max_contacts", "3")])
        assert sorcery.put("aor", "x", [("support_path", "yes")])["max_contacts"] == "3"

    def test_what_is_deleted_is_gone(self):
        sorcery = Sorcery(late=True)
        sorcery.put("aor", "x", [])
        sorcery.delete("aor", "x")
        assert sorcery.find("aor", "x") is None


class TestWhatTheFilesSay:
    def test_a_phone_has_endpoint_aor_and_auth_that_are_fixed(self):
        sorcery = Sorcery(late=True)
        endpoint = sorcery.configured("endpoint", "alice")
        assert endpoint is not None and endpoint.fixed
        assert endpoint.fields["aors"] == "alice"
        auth = sorcery.configured("auth", "alice")
        assert auth is not None and auth.fields["username"] == "alice"
        assert sorcery.configured("aor", "alice") is not None
        assert sorcery.configured("transport", "alice") is None
