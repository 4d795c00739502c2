"""Sessions: how they begin, go on and end, and what becomes of a token that was stolen."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from typing import Any

import pytest
from attrs import evolve
from stasis_webrtc.grant import Grants
from stasis_webrtc.rows import SessionRow
from stasis_webrtc.session import NoSession, SessionEvent, SessionRules, SignedIn
from stasis_webrtc.store import Store, StoreError
from stasis_webrtc.token import digest
from structlog.testing import capture_logs

from tests.apps.stasis_webrtc.accounts import ADDRESS, NOON, OTHER, PASSWORD, Desk


async def code_of(desk: Desk, refresh: str) -> str:
    """Why a refresh token is refused."""
    with pytest.raises(NoSession) as caught:
        await desk.sessions.refresh(refresh, ADDRESS)
    assert not refresh or refresh not in str(caught.value)
    return caught.value.code


async def alive(desk: Desk, signed_in: SignedIn) -> bool:
    """Whether the access token of a session is good for something."""
    return await desk.sessions.authenticate(signed_in.access.text) is not None


class TestBegin:
    async def test_it_is_one_device_of_its_user(self, desk: Desk):
        signed_in = await desk.log_in()
        row = signed_in.session
        assert (row.user, row.device, row.address, row.began) == ("ann", "Chrome", ADDRESS, NOON)
        assert row.expires == NOON + timedelta(seconds=3600)
        assert await desk.store.sessions() == [row]
        assert desk.events == [SessionEvent("begun", row)]

    async def test_who_was_disabled_or_has_another_password_meanwhile_begins_none(self, desk: Desk):
        ann = await desk.ann()
        assert await desk.sessions.begin(evolve(ann, password="$argon2id$old")) is None
        await desk.accounts.disable("ann")
        assert await desk.sessions.begin(ann) is None
        await desk.accounts.remove("ann")
        assert await desk.sessions.begin(ann) is None
        assert await desk.store.sessions() == [] and desk.events == []

    async def test_the_oldest_gives_way_when_there_are_too_many(self, quick_desk: Desk):
        signed_in = []
        for _ in range(4):
            signed_in.append(await quick_desk.log_in())
            quick_desk.clock.go(1)
        assert [await alive(quick_desk, each) for each in signed_in] == [False, True, True, True]
        assert quick_desk.events[-1].session.id == signed_in[0].session.id
        assert (quick_desk.events[-1].kind, quick_desk.events[-1].why) == ("ended", "revoked")

    async def test_a_device_is_called_as_it_can_be_shown(self, quick_desk: Desk):
        await quick_desk.accounts.log_in("ann", PASSWORD, "<b>\n\0" + "x" * 500, ADDRESS)
        (row,) = await quick_desk.store.sessions()
        assert row.device == "<b>??" + "x" * 75


class TestAuthenticate:
    async def test_it_finds_who_asks(self, desk: Desk):
        signed_in = await desk.log_in()
        bearer = await desk.sessions.authenticate(signed_in.access.text)
        assert bearer is not None
        assert (bearer.name, bearer.scopes) == ("ann", {"phone"})
        assert bearer.user == await desk.ann() and bearer.session == signed_in.session

    async def test_a_session_that_has_ended_is_nobody_at_once_in_every_process(
        self, quick_desk: Desk
    ):
        signed_in, other = await quick_desk.log_in(), Desk(quick_desk.store, quick_desk.clock)
        assert await alive(other, signed_in)
        await quick_desk.sessions.end(signed_in.session.id, "revoked", by="root")
        assert not await alive(quick_desk, signed_in) and not await alive(other, signed_in)

    async def test_one_that_was_not_refreshed_is_nobody_though_nothing_has_ended_it(
        self, quick_desk: Desk
    ):
        rules = SessionRules(idle=100)
        quick_desk.sessions.rules = rules
        signed_in = await quick_desk.log_in()
        quick_desk.clock.go(99)
        assert await alive(quick_desk, signed_in)
        quick_desk.clock.go(1)
        assert not await alive(quick_desk, signed_in)

    async def test_what_a_user_may_counts_at_once_but_never_more_than_the_token_says(
        self, quick_desk: Desk
    ):
        root = await quick_desk.accounts.log_in("root", OTHER)
        ann = await quick_desk.log_in()
        await quick_desk.accounts.change("root", grants=Grants())
        await quick_desk.accounts.change("ann", grants=Grants(admin=True))
        for signed_in in (root, ann):
            bearer = await quick_desk.sessions.authenticate(signed_in.access.text)
            assert bearer is not None and bearer.scopes == {"phone"}

    async def test_a_user_that_was_removed_and_made_anew_has_no_old_sessions(
        self, quick_desk: Desk
    ):
        signed_in = await quick_desk.log_in()
        await quick_desk.store.remove_user("ann")
        await quick_desk.accounts.add("ann", PASSWORD)
        assert not await alive(quick_desk, signed_in)
        assert await code_of(quick_desk, signed_in.refresh) == "no_session"

    async def test_the_token_of_one_user_with_the_session_of_another_is_nobody(
        self, quick_desk: Desk
    ):
        ann = await quick_desk.log_in()
        mixed = await quick_desk.tokens.access(
            "root", ann.session.id, frozenset({"phone", "admin"})
        )
        assert await quick_desk.sessions.authenticate(mixed.text) is None

    async def test_refresh_tokens_and_nonsense_are_nobody_and_are_not_logged(
        self, quick_desk: Desk
    ):
        signed_in = await quick_desk.log_in()
        with capture_logs() as logs:
            for text in (signed_in.refresh, "", "x.y.z", "\ud800"):
                assert await quick_desk.sessions.authenticate(text) is None
        assert len(logs) == 4 and signed_in.refresh not in repr(logs)

    async def test_a_database_that_is_gone_is_told(self, quick_desk: Desk):
        signed_in = await quick_desk.log_in()
        await quick_desk.store.close()
        with pytest.raises(StoreError):
            await quick_desk.sessions.authenticate(signed_in.access.text)


class TestRefresh:
    async def test_it_gives_new_tokens_and_a_longer_life(self, desk: Desk):
        first = await desk.log_in()
        desk.clock.go(850)
        second = await desk.sessions.refresh(first.refresh)
        assert second.session.id == first.session.id and second.refresh != first.refresh
        assert second.session.seen == desk.clock.now
        assert second.session.expires == desk.clock.now + timedelta(seconds=3600)
        desk.clock.go(850)
        assert await alive(desk, second) and not await alive(desk, first)
        third = await desk.sessions.refresh(second.refresh)
        assert await alive(desk, third)

    async def test_a_session_cannot_be_refreshed_for_ever(self, quick_desk: Desk):
        signed_in = await quick_desk.log_in()
        for _ in range(40):
            quick_desk.clock.go(2400)
            if quick_desk.clock.now >= NOON + timedelta(days=1):
                break
            signed_in = await quick_desk.sessions.refresh(signed_in.refresh)
        assert signed_in.session.expires == NOON + timedelta(days=1)
        assert await code_of(quick_desk, signed_in.refresh) == "no_session"
        assert quick_desk.heard() == [("begun", ""), ("ended", "expired")]

    @pytest.mark.parametrize("text", ["", "nonsense", "\ud800", "x" * 5000, "\0"])
    async def test_what_is_no_refresh_token_is_refused(self, quick_desk: Desk, text: str):
        await quick_desk.log_in()
        assert await code_of(quick_desk, text) == "no_session"

    async def test_a_hash_from_the_database_is_no_refresh_token(self, quick_desk: Desk):
        signed_in = await quick_desk.log_in()
        kept = await quick_desk.store.unused_refresh(signed_in.session.id)
        assert kept is not None
        assert await code_of(quick_desk, kept.hash) == "no_session"

    async def test_neither_is_an_access_token(self, quick_desk: Desk):
        signed_in = await quick_desk.log_in()
        assert await code_of(quick_desk, signed_in.access.text) == "no_session"

    @pytest.mark.parametrize(
        ("why", "code"),
        [
            ("logged_out", "no_session"),
            ("expired", "no_session"),
            ("revoked", "revoked"),
            ("disabled", "revoked"),
            ("replayed", "replayed"),
        ],
    )
    async def test_that_of_a_session_that_has_ended_says_why(
        self, quick_desk: Desk, why: str, code: str
    ):
        signed_in = await quick_desk.log_in()
        await quick_desk.sessions.end(signed_in.session.id, why)  # type: ignore[arg-type]
        assert await code_of(quick_desk, signed_in.refresh) == code

    async def test_of_who_is_disabled_behind_our_back_the_session_ends(self, quick_desk: Desk):
        signed_in = await quick_desk.log_in()
        await quick_desk.store.change_user("ann", NOON, disabled=True)
        assert await code_of(quick_desk, signed_in.refresh) == "revoked"
        assert quick_desk.heard() == [("begun", ""), ("ended", "disabled")]


class TestReplay:
    async def test_one_that_comes_twice_ends_the_session(self, desk: Desk):
        first = await desk.log_in()
        second = await desk.sessions.refresh(first.refresh)
        desk.clock.go(11)
        assert await code_of(desk, first.refresh) == "replayed"
        assert await code_of(desk, second.refresh) == "replayed"
        assert not await alive(desk, second)
        assert desk.heard() == [("begun", ""), ("ended", "replayed")]
        assert await desk.kinds() == ["logged_in", "refresh_replayed", "session_ended"]
        replayed = (await desk.store.audit())[1]
        assert (replayed.user, replayed.address) == ("ann", ADDRESS)

    async def test_also_when_the_thief_was_first(self, quick_desk: Desk):
        """The owner's own token is the old one then."""
        owner = await quick_desk.log_in()
        thief = await quick_desk.sessions.refresh(owner.refresh, "198.51.100.7")
        quick_desk.clock.go(700)
        assert await code_of(quick_desk, owner.refresh) == "replayed"
        assert await code_of(quick_desk, thief.refresh) == "replayed" and not await alive(
            quick_desk, thief
        )

    async def test_other_sessions_of_the_user_go_on(self, quick_desk: Desk):
        first, other = await quick_desk.log_in(), await quick_desk.log_in()
        await quick_desk.sessions.refresh(first.refresh)
        quick_desk.clock.go(11)
        await code_of(quick_desk, first.refresh)
        assert await alive(quick_desk, other)

    async def test_two_tabs_at_the_same_moment_both_go_on(self, desk: Desk):
        first = await desk.log_in()
        one = await desk.sessions.refresh(first.refresh)
        desk.clock.go(9)
        two = await desk.sessions.refresh(first.refresh)
        assert one.session.id == two.session.id and one.refresh != two.refresh
        assert await alive(desk, one) and await alive(desk, two)
        desk.clock.go(700)
        assert await alive(desk, await desk.sessions.refresh(two.refresh))

    async def test_what_was_replaced_is_as_good_as_used(self, quick_desk: Desk):
        """A thief who comes within seconds has the owner's next refresh tell on it."""
        first = await quick_desk.log_in()
        owner = await quick_desk.sessions.refresh(first.refresh)
        thief = await quick_desk.sessions.refresh(first.refresh, "198.51.100.7")
        quick_desk.clock.go(700)
        assert await code_of(quick_desk, owner.refresh) == "replayed"
        assert not await alive(quick_desk, thief)

    async def test_within_seconds_the_replaced_one_may_still_be_what_the_browser_has_kept(
        self, quick_desk: Desk
    ):
        """The answers to two tabs may come in another order than they were sent."""
        first = await quick_desk.log_in()
        kept = await quick_desk.sessions.refresh(first.refresh)
        await quick_desk.sessions.refresh(first.refresh)
        quick_desk.clock.go(5)
        last = await quick_desk.sessions.refresh(kept.refresh)
        quick_desk.clock.go(700)
        assert await alive(quick_desk, await quick_desk.sessions.refresh(last.refresh))

    async def test_not_when_what_was_given_for_it_is_used(self, quick_desk: Desk):
        first = await quick_desk.log_in()
        second = await quick_desk.sessions.refresh(first.refresh)
        await quick_desk.sessions.refresh(second.refresh)
        assert await code_of(quick_desk, first.refresh) == "replayed"

    @pytest.mark.parametrize("seconds", [-11, -3600])
    async def test_a_clock_that_goes_back_makes_no_second_use(
        self, quick_desk: Desk, seconds: float
    ):
        first = await quick_desk.log_in()
        await quick_desk.sessions.refresh(first.refresh)
        quick_desk.clock.go(seconds)
        assert await code_of(quick_desk, first.refresh) == "replayed"

    async def test_many_at_once_have_one_session_with_one_unused_token(
        self, database_url: str, desk: Desk
    ):
        first = await desk.log_in()
        store = Store(database_url)
        await store.open()
        both = desk.sessions, Desk(store, desk.clock).sessions
        found = await asyncio.gather(
            *(both[number % 2].refresh(first.refresh) for number in range(6))
        )
        await store.close()
        assert len({each.refresh for each in found}) == 6
        desk.clock.go(700)
        worked = []
        for each in found:
            unused = await desk.store.refresh(digest(each.refresh))
            worked += [each] if unused is not None and unused.used is None else []
        (last,) = worked
        assert await alive(desk, await desk.sessions.refresh(last.refresh))


class TestEnd:
    async def test_it_ends_once_and_everybody_is_told_once(self, desk: Desk):
        id = (await desk.log_in()).session.id
        ended = await asyncio.gather(*(desk.sessions.end(id, "revoked", by="root") for _ in "123"))
        await desk.sessions.expire()
        assert sorted(ended) == [False, False, True]
        assert desk.heard() == [("begun", ""), ("ended", "revoked")]
        row = (await desk.store.audit())[0]
        assert (row.kind, row.user, row.by, row.session) == ("session_ended", "ann", "root", id)

    async def test_who_logs_out_is_logged_out(self, quick_desk: Desk):
        signed_in = await quick_desk.log_in()
        for refresh in ("nonsense", signed_in.refresh, signed_in.refresh):
            await quick_desk.sessions.log_out(refresh)
        assert not await alive(quick_desk, signed_in)
        assert quick_desk.heard() == [("begun", ""), ("ended", "logged_out")]

    async def test_an_old_refresh_token_logs_out_too(self, quick_desk: Desk):
        """Better nobody than two."""
        first = await quick_desk.log_in()
        await quick_desk.sessions.refresh(first.refresh)
        quick_desk.clock.go(60)
        await quick_desk.sessions.log_out(first.refresh)
        assert await quick_desk.store.sessions() == []

    async def test_all_of_a_user_but_one(self, quick_desk: Desk):
        signed_in = [await quick_desk.log_in() for _ in range(3)]
        root = await quick_desk.accounts.log_in("root", OTHER)
        assert await quick_desk.sessions.end_all("ann", "revoked", but=signed_in[1].session.id) == 2
        assert [await alive(quick_desk, each) for each in (*signed_in, root)] == [
            False, True, False, True
        ]  # fmt: skip

    async def test_a_listener_that_fails_harms_no_other(self, quick_desk: Desk):
        def fail(event: SessionEvent) -> None:
            raise RuntimeError("x")

        quick_desk.sessions.listeners = [fail, quick_desk.events.append]
        with capture_logs() as logs:
            signed_in = await quick_desk.log_in()
        assert await alive(quick_desk, signed_in) and quick_desk.heard() == [("begun", "")]
        assert "a listener of sessions failed" in [each["event"] for each in logs]


class TestExpire:
    async def test_what_is_not_refreshed_ends_in_time(self, quick_desk: Desk):
        await quick_desk.log_in()
        quick_desk.clock.go(3599)
        await quick_desk.sessions.expire()
        assert quick_desk.heard() == [("begun", "")]
        quick_desk.clock.go(1)
        await quick_desk.sessions.expire()
        await quick_desk.sessions.expire()
        assert quick_desk.heard() == [("begun", ""), ("ended", "expired")]

    async def test_what_another_process_has_ended_is_told(self, quick_desk: Desk):
        signed_in, other = await quick_desk.log_in(), Desk(quick_desk.store, quick_desk.clock)
        await other.sessions.end(signed_in.session.id, "revoked")
        assert quick_desk.heard() == [("begun", "")]
        await quick_desk.sessions.expire()
        assert quick_desk.heard() == [("begun", ""), ("ended", "revoked")]
        assert quick_desk.events[1].session.id == signed_in.session.id

    async def test_what_another_process_has_begun_is_told(self, quick_desk: Desk):
        other = Desk(quick_desk.store, quick_desk.clock)
        await quick_desk.sessions.expire()
        signed_in = await other.log_in()
        for _ in range(2):
            await quick_desk.sessions.expire()
        assert quick_desk.events == [SessionEvent("begun", signed_in.session)]

    async def test_a_user_that_another_process_has_removed_or_disabled_is_gone(self, desk: Desk):
        root = await desk.accounts.log_in("root", OTHER)
        ann = await desk.log_in()
        await desk.store.remove_user("ann")
        await desk.store.change_user("root", NOON, disabled=True)
        await desk.sessions.expire()
        told = {each.session.id: each.why for each in desk.events if each.kind == "ended"}
        assert told == {ann.session.id: "revoked", root.session.id: "disabled"}

    async def test_of_one_whose_user_is_removed_the_device_is_known_still(self, quick_desk: Desk):
        signed_in = await quick_desk.log_in()
        await quick_desk.store.set_endpoint(signed_in.session.id, "w-ann-1")
        await quick_desk.sessions.expire()
        await quick_desk.store.remove_user("ann")
        await quick_desk.sessions.expire()
        assert quick_desk.heard() == [("begun", ""), ("ended", "revoked")]
        assert quick_desk.events[-1].session.endpoint == "w-ann-1"

    async def test_a_new_process_begins_with_what_lives_and_tells_nobody(self, quick_desk: Desk):
        signed_in = await quick_desk.log_in()
        other = Desk(quick_desk.store, quick_desk.clock)
        assert await other.sessions.start() == [signed_in.session]
        await other.sessions.expire()
        assert other.events == []
        quick_desk.clock.go(9999)
        await other.sessions.expire()
        assert other.heard() == [("ended", "expired")]

    async def test_what_ends_while_it_looks_is_not_begun_again(
        self, quick_desk: Desk, monkeypatch: pytest.MonkeyPatch
    ):
        """The answer of the database may be older than what is known here."""
        signed_in = await quick_desk.log_in()
        ask = quick_desk.store.sessions

        async def slowly(*wanted: Any) -> list[SessionRow]:
            rows = await ask(*wanted)
            if not wanted:
                await quick_desk.sessions.end(signed_in.session.id, "revoked")
            return rows

        monkeypatch.setattr(quick_desk.store, "sessions", slowly)
        await quick_desk.sessions.expire()
        assert quick_desk.heard() == [("begun", ""), ("ended", "revoked")]

    async def test_what_begins_while_it_looks_has_not_ended(
        self, quick_desk: Desk, monkeypatch: pytest.MonkeyPatch
    ):
        ask = quick_desk.store.sessions

        async def slowly(*wanted: Any) -> list[SessionRow]:
            rows = await ask(*wanted)
            if not wanted:
                await quick_desk.log_in()
            return rows

        monkeypatch.setattr(quick_desk.store, "sessions", slowly)
        await quick_desk.sessions.expire()
        assert quick_desk.heard() == [("begun", "")]

    async def test_what_ended_long_ago_is_forgotten(self, quick_desk: Desk):
        signed_in = await quick_desk.log_in()
        await quick_desk.sessions.end(signed_in.session.id, "logged_out")
        quick_desk.clock.go(31 * 86_400)
        await quick_desk.sessions.expire()
        assert await quick_desk.store.session(signed_in.session.id) is None


async def test_no_token_is_in_a_repr_a_log_or_the_database(database_url: str, desk: Desk):
    with capture_logs() as logs:
        first = await desk.log_in()
        second = await desk.sessions.refresh(first.refresh)
        desk.clock.go(60)
        await code_of(desk, first.refresh)
    shown = repr((logs, first, second, desk.events, await desk.store.audit(), vars(desk.sessions)))
    for row in (first, second):
        assert row.refresh not in shown and row.access.text not in shown
    assert PASSWORD not in shown and "$argon2" not in shown
