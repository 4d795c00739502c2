"""Tokens: which are believed, which are not, and how keys come and go."""

from __future__ import annotations

import base64
import json
from datetime import timedelta
from typing import Any

import jwt
import pytest
from hypothesis import given
from hypothesis import strategies as st
from stasis_webrtc.rows import KeyRow
from stasis_webrtc.token import Claims, TokenError, TokenRules, Tokens, digest, named, new_refresh

from tests.apps.stasis_webrtc.accounts import NOON, Clock, Desk

CLAIMS = Claims("ann", "s1", frozenset({"phone"}))
DAY = 86_400


async def token_of(tokens: Tokens) -> str:
    return (await tokens.access("ann", "s1", frozenset({"phone"}))).text


def parts(text: str) -> tuple[dict[str, Any], dict[str, Any], str]:
    """Header, claims and signature."""
    header, claims, signature = text.split(".")
    return read(header), read(claims), signature


def read(part: str) -> dict[str, Any]:
    found: dict[str, Any] = json.loads(base64.urlsafe_b64decode(part + "=" * (-len(part) % 4)))
    return found


def written(value: object) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


async def key_of(desk: Desk) -> KeyRow:
    return (await desk.store.keys())[-1]


async def signed(desk: Desk, **different: Any) -> str:
    """A token that is signed with the right key and says something else; None: not at all."""
    claims = parts(await token_of(desk.tokens))[1] | different
    key = await key_of(desk)
    claims = {name: value for name, value in claims.items() if value is not None}
    # Not by the library: it does not sign everything.
    head = written({"alg": "HS256", "kid": key.kid})
    text = f"{head}.{written(claims)}"
    algorithm = jwt.get_algorithm_by_name("HS256")
    signature = algorithm.sign(text.encode(), bytes.fromhex(key.secret))
    return f"{text}.{base64.urlsafe_b64encode(signature).decode().rstrip('=')}"


async def refused(desk: Desk, text: str) -> str:
    with pytest.raises(TokenError) as caught:
        await desk.tokens.read(text)
    assert not text or text not in str(caught.value)
    return str(caught.value)


class TestAccess:
    async def test_it_says_whose_it_is_and_until_when(self, desk: Desk):
        token = await desk.tokens.access("ann", "s1", frozenset({"phone"}))
        assert await desk.tokens.read(token.text) == CLAIMS
        assert token.expires == NOON + timedelta(seconds=900)
        assert token.text not in repr(token)

    async def test_another_process_with_the_same_database_believes_it(self, quick_desk: Desk):
        text = await token_of(quick_desk.tokens)
        assert await Desk(quick_desk.store, quick_desk.clock).tokens.read(text) == CLAIMS

    async def test_it_is_good_until_it_expires(self, quick_desk: Desk):
        text = await token_of(quick_desk.tokens)
        quick_desk.clock.go(899.9)
        assert await quick_desk.tokens.read(text) == CLAIMS
        quick_desk.clock.go(0.1)
        assert await refused(quick_desk, text) == "expired"

    async def test_a_clock_that_goes_back_makes_none_older_than_it_may_be(self, quick_desk: Desk):
        text = await token_of(quick_desk.tokens)
        quick_desk.clock.go(-59)
        assert await quick_desk.tokens.read(text) == CLAIMS
        quick_desk.clock.go(-2)
        assert await refused(quick_desk, text) == "signed in the future"

    async def test_the_librarys_own_clock_is_not_asked(self, quick_desk: Desk):
        """NOON may be long ago, or to come."""
        for days in (-10_000, 20_000):
            quick_desk.clock.go(days * DAY)
            text = await token_of(quick_desk.tokens)
            assert await quick_desk.tokens.read(text) == CLAIMS


class TestTampered:
    async def test_no_signature(self, quick_desk: Desk):
        header, claims, _ = parts(await token_of(quick_desk.tokens))
        for algorithm in ("none", "None", "NONE", "nOnE", ""):
            head = written({**header, "alg": algorithm})
            for signature in ("", "AA"):
                await refused(quick_desk, f"{head}.{written(claims)}.{signature}")
        head, body, _ = (await token_of(quick_desk.tokens)).split(".")
        await refused(quick_desk, f"{head}.{body}.")
        await refused(quick_desk, f"{head}.{body}")

    @pytest.mark.filterwarnings("ignore::jwt.warnings.InsecureKeyLengthWarning")
    @pytest.mark.parametrize("algorithm", ["HS384", "HS512"])
    async def test_another_algorithm_with_the_right_key(self, quick_desk: Desk, algorithm: str):
        key = await key_after(quick_desk)
        _, claims, _ = parts(await token_of(quick_desk.tokens))
        text = jwt.encode(claims, bytes.fromhex(key.secret), algorithm, headers={"kid": key.kid})
        assert await refused(quick_desk, text) == "InvalidAlgorithmError"

    async def test_another_key_that_calls_itself_ours(self, quick_desk: Desk):
        key = await key_after(quick_desk)
        _, claims, _ = parts(await token_of(quick_desk.tokens))
        text = jwt.encode(claims, b"x" * 32, "HS256", headers={"kid": key.kid})
        assert await refused(quick_desk, text) == "InvalidSignatureError"

    @pytest.mark.parametrize(
        "kid", ["other", "", None, 7, "../../../dev/null", "' OR 1=1 --", "\0"]
    )
    async def test_another_name_of_a_key(self, quick_desk: Desk, kid: object):
        header, claims, signature = parts(await token_of(quick_desk.tokens))
        header["kid"] = kid
        if kid is None:
            del header["kid"]
        await refused(quick_desk, f"{written(header)}.{written(claims)}.{signature}")

    async def test_a_key_that_the_token_brings_along(self, quick_desk: Desk):
        key = await key_after(quick_desk)
        _, claims, _ = parts(await token_of(quick_desk.tokens))
        mine = base64.urlsafe_b64encode(b"x" * 32).decode().rstrip("=")
        brought = {"kid": key.kid, "jwk": {"kty": "oct", "k": mine}, "jku": "http://127.0.0.1:9/"}
        text = jwt.encode(claims, b"x" * 32, "HS256", headers=brought)
        await refused(quick_desk, text)

    async def test_other_claims_under_the_old_signature(self, quick_desk: Desk):
        head, body, signature = (await token_of(quick_desk.tokens)).split(".")
        for different in ({"sub": "root"}, {"scope": "admin"}, {"exp": 9e9}):
            claims = written(read(body) | different)
            assert await refused(quick_desk, f"{head}.{claims}.{signature}")

    @pytest.mark.parametrize(
        "different",
        [
            {"aud": "another"},
            {"aud": None},
            {"aud": ["another"]},
            {"iss": "another"},
            {"iss": None},
            {"sub": None},
            {"sub": 7},
            {"sub": ["ann"]},
            {"sid": None},
            {"sid": {"a": 1}},
            {"scope": 7},
            {"exp": None},
            {"exp": "tomorrow"},
            {"exp": "99999999999"},
            {"exp": True},
            {"exp": 0},
            {"exp": -1e300},
            {"iat": None},
            {"iat": "now"},
            {"iat": 9e9},
            {"iat": 1e300},
        ],
        ids=str,
    )
    async def test_claims_that_are_not_ours_though_the_key_is(
        self, quick_desk: Desk, different: dict[str, Any]
    ):
        assert await quick_desk.tokens.read(await signed(quick_desk)) == CLAIMS
        await refused(quick_desk, await signed(quick_desk, **different))

    async def test_not_a_number_is_no_moment(self, quick_desk: Desk):
        for name in ("exp", "iat"):
            for value in (float("nan"), float("inf")):
                if (name, value) != ("exp", float("inf")):
                    await refused(quick_desk, await signed(quick_desk, **{name: value}))

    @pytest.mark.parametrize(
        "text", ["", ".", "..", "a.b.c", "ey.ey.ey", "\ud800", "ä.ö.ü", "x" * 5000, "e30.e30.e30"]
    )
    async def test_what_is_no_token_at_all(self, quick_desk: Desk, text: str):
        await refused(quick_desk, text)

    @given(st.text(max_size=200) | st.binary(max_size=100).map(lambda b: b.decode("latin-1")))
    def test_nothing_makes_it_raise_something_else(self, text: str):
        with pytest.raises(TokenError):
            named(text)

    async def test_every_changed_character_counts(self, quick_desk: Desk):
        text = await token_of(quick_desk.tokens)
        # The last one has bits that no byte is made of.
        for index in range(0, len(text) - 1, 7):
            other = "A" if text[index] != "A" else "B"
            await refused(quick_desk, text[:index] + other + text[index + 1 :])


async def key_after(desk: Desk) -> KeyRow:
    """The key, once there is one."""
    await token_of(desk.tokens)
    return await key_of(desk)


class TestKeys:
    async def test_the_first_is_made_when_it_is_needed_and_used_again(self, quick_desk: Desk):
        assert await quick_desk.store.keys() == []
        await token_of(quick_desk.tokens)
        await token_of(Desk(quick_desk.store, quick_desk.clock).tokens)
        (key,) = await quick_desk.store.keys()
        assert len(bytes.fromhex(key.secret)) == 32 and key.made == NOON

    async def test_a_new_one_comes_in_time_and_the_old_one_goes_when_nothing_needs_it(
        self, desk: Desk
    ):
        clock, tokens = desk.clock, desk.tokens
        first = await key_after(desk)
        clock.go(30 * DAY - 60)
        old = await token_of(tokens)
        clock.go(60)
        new = await token_of(tokens)
        second = await key_of(desk)
        assert [parts(text)[0]["kid"] for text in (old, new)] == [first.kid, second.kid]
        assert first.kid != second.kid and first.secret != second.secret
        clock.go(800)
        assert await tokens.read(old) == await tokens.read(new) == CLAIMS
        assert await desk.store.keys() == [first, second]
        clock.go(400)
        await token_of(tokens)
        assert await desk.store.keys() == [second]
        assert "a key that is not ours" in await refused(desk, old)

    async def test_one_that_another_process_has_made_is_looked_for(self, quick_desk: Desk):
        await token_of(quick_desk.tokens)
        await quick_desk.store.add_key(KeyRow("new", "ab" * 32, NOON + timedelta(seconds=1)))
        other = Desk(quick_desk.store, quick_desk.clock)
        text = await token_of(other.tokens)
        assert parts(text)[0]["kid"] == "new"
        assert await quick_desk.tokens.read(text) == CLAIMS

    async def test_one_that_was_taken_away_signs_nothing_more_within_a_minute(
        self, quick_desk: Desk
    ):
        text = await token_of(quick_desk.tokens)
        await quick_desk.store.forget_keys(NOON + timedelta(seconds=1))
        quick_desk.clock.go(61)
        assert "a key that is not ours" in await refused(quick_desk, text)

    async def test_two_processes_that_start_at_once_believe_each_other(self, quick_desk: Desk):
        """Each may have made a key before it saw the other's."""
        other = Desk(quick_desk.store, quick_desk.clock)
        await quick_desk.store.add_key(KeyRow("mine", "aa" * 32, NOON))
        mine = await token_of(quick_desk.tokens)
        await quick_desk.store.add_key(KeyRow("theirs", "bb" * 32, NOON))
        theirs = await token_of(other.tokens)
        assert {parts(text)[0]["kid"] for text in (mine, theirs)} == {"mine", "theirs"}
        for tokens in (quick_desk.tokens, other.tokens):
            assert await tokens.read(mine) == await tokens.read(theirs) == CLAIMS

    async def test_its_secret_is_in_no_repr(self, quick_desk: Desk):
        key = await key_after(quick_desk)
        assert key.secret not in repr((key, quick_desk.tokens, vars(quick_desk.tokens)))


def test_refresh_tokens_are_random_and_fit_into_a_cookie():
    tokens = {new_refresh() for _ in range(100)}
    assert len(tokens) == 100
    assert all(len(each) == 43 and set(each) <= URL_SAFE for each in tokens)


URL_SAFE = set("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_")


def test_of_any_text_there_is_a_digest_and_it_is_not_the_text():
    assert len({digest(text) for text in ("", "a", "\ud800", "x" * 9999)}) == 4
    assert digest("a") == "ca978112ca1bbdcafac231b39a23dc4da786eff8147c4e72b9807785afee48bb"


async def test_an_access_token_lives_as_long_as_the_rules_say(quick_desk: Desk):
    clock = Clock()
    tokens = Tokens(quick_desk.store, clock, TokenRules(access=5))
    text = await token_of(tokens)
    clock.go(5)
    with pytest.raises(TokenError, match="expired"):
        await tokens.read(text)
