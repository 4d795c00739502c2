"""An owner closes everything its call has made, in every way a call can end."""

from __future__ import annotations

import asyncio
import tracemalloc
from functools import partial
from itertools import permutations
from types import SimpleNamespace

import pytest
from structlog.testing import capture_logs

from stasis.ari import Ari
from stasis.ari.channels import Channel
from stasis.ari.events import ChannelDtmfReceived, Event
from stasis.config import EngineConfig
from stasis.errors import (
    ChannelGone,
    Conflict,
    InvalidState,
    NotFound,
    OutcomeUnknown,
    ServerError,
)
from stasis.identity import Identity, identity_of
from stasis.owner import ACTING, PLAYBACKS, Media, Owner, new_id
from stasis.router import Router
from stasis.testing.clock import virtual_time


class Ear:
    """Hears and remembers."""

    def __init__(self) -> None:
        self.heard: list[Event] = []

    def hear(self, event: Event) -> None:
        self.heard.append(event)


class Tune(Media):
    """Media that remember what was done to them."""

    def __init__(self, error: Exception | None = None) -> None:
        self.done: list[str] = []
        self.error = error

    async def stop(self) -> None:
        self.done.append("stop")
        if self.error is not None:
            raise self.error

    def abandon(self) -> None:
        self.done.append("abandon")


@pytest.fixture
def router() -> Router:
    return Router()


@pytest.fixture
def owner(ari: Ari, router: Router) -> Owner:
    return Owner("c1", "ivr", ari, router, EngineConfig(close_timeout=10.0), Ear())


NOTHING = {"resources": 0, "commands": 0, "waits": 0, "media": 0}


def digit(channel: str = "c1") -> ChannelDtmfReceived:
    """A digit pressed on a channel."""
    return ChannelDtmfReceived(application="ivr", channel=Channel(id=channel), digit="1")


def test_ids_begin_with_their_noun_and_are_never_the_same():
    ids = {new_id("bridge") for _ in range(100)}
    assert len(ids) == 100 and all(id.startswith("bridge-") for id in ids)


class TestIds:
    """What a flow makes carries the call's token, so any process can tell whose it is."""

    def test_they_tell_the_call_the_entry_of_its_state_and_the_number(self, owner: Owner):
        owner.enter()
        made = [owner.made_id(kind) for kind in ("channel", "channel", "bridge")]
        assert [identity_of(id) for id in made] == [
            Identity("channel", "ivr", owner.token, 1, "0"),
            Identity("channel", "ivr", owner.token, 1, "1"),
            Identity("bridge", "ivr", owner.token, 1, "0"),
        ]

    def test_each_entry_of_a_state_begins_anew(self, owner: Owner):
        owner.enter()
        first = owner.made_id("bridge")
        owner.enter()
        assert owner.made_id("bridge") == str(Identity("bridge", "ivr", owner.token, 2, "0"))
        assert owner.made_id("bridge") != first

    def test_a_state_that_is_entered_again_after_a_restart_gives_the_same(self, owner: Owner):
        owner.enter()
        first = [owner.made_id("channel") for _ in range(3)]
        owner.enter(again=True)
        assert [owner.made_id("channel") for _ in range(3)] == first

    def test_what_an_action_makes_is_never_taken_for_what_its_state_makes(self, owner: Owner):
        owner.enter()
        token = ACTING.set(True)
        try:
            made = {owner.made_id("channel") for _ in range(100)}
        finally:
            ACTING.reset(token)
        owner.enter(again=True)
        assert len(made) == 100 and owner.made_id("channel") not in made
        assert {identity_of(id).token for id in made} == {owner.token}  # type: ignore[union-attr]

    def test_no_two_calls_share_a_token(self, owner: Owner, ari: Ari, router: Router):
        other = Owner("c2", "ivr", ari, router, EngineConfig(), Ear())
        assert owner.token != other.token and owner.media_token != other.media_token

    def test_those_of_playbacks_can_be_guessed_and_their_word_is_told_when_it_changes(
        self, owner: Owner
    ):
        turns: list[str] = []
        owner.on_turn = lambda: turns.append(owner.media_token)
        owner.enter()
        word = owner.media_token
        ids = [owner.playback_id() for _ in range(PLAYBACKS)]
        assert ids == [f"playback-{word}-{number}" for number in range(PLAYBACKS)]
        assert turns == []
        assert owner.playback_id() == f"playback-{owner.media_token}-0"
        assert turns == [owner.media_token] and owner.media_token != word

    def test_each_entry_has_its_own_playbacks(self, owner: Owner):
        words = set()
        for _ in range(3):
            owner.enter()
            words.add(owner.media_token)
        assert len(words) == 3

    def test_one_that_is_resumed_gives_the_same_ids_again(self, owner: Owner):
        owner.enter()
        ids = [owner.playback_id(), owner.playback_id()]
        owner.enter(again=True)
        assert [owner.playback_id(), owner.playback_id()] == ids

    def test_what_was_there_is_taken_once_and_only_by_a_state_that_is_resumed(self, owner: Owner):
        key = ("bridge", "b")
        owner.keep_found(key, "handle")
        owner.enter()
        assert owner.take_found(key) is None
        owner.enter(again=True)
        assert owner.take_found(key) == "handle" and owner.take_found(key) is None


class TestClaims:
    def test_what_it_claims_its_flow_hears(self, owner: Owner, router: Router):
        owner.claim(("channel", "c1"))
        router.dispatch(digit())
        assert owner.hearer.heard == [digit()]  # type: ignore[attr-defined]

    def test_only_of_its_own_application(self, owner: Owner, router: Router):
        owner.claim(("channel", "c1"))
        claim = router.claimed(("channel", "c1"))
        assert claim is not None and claim.app == "ivr"

    async def test_they_end_with_it(self, owner: Owner, router: Router):
        owner.claim(("channel", "c1"))
        owner.claim(("playback", "p"))
        await owner.close()
        assert router.counts() == {"claims": 0, "waits": 0, "held": 0}

    async def test_what_somebody_else_has_taken_stays_theirs(
        self, owner: Owner, ari: Ari, router: Router
    ):
        owner.claim(("channel", "c1"))
        other = Owner("c2", "ivr", ari, router, EngineConfig(), Ear())
        other.claim(("channel", "c1"))
        await owner.close()
        assert router.counts()["claims"] == 1


class TestClosing:
    @pytest.mark.parametrize("kinds", list(permutations(("recording", "channel", "bridge"))))
    async def test_recordings_go_first_then_channels_then_what_they_were_in(
        self, owner: Owner, kinds: tuple[str, ...]
    ):
        closed: list[str] = []

        async def close(what: str) -> None:
            await asyncio.sleep(0)
            closed.append(what)

        for kind in kinds:
            owner.own((kind, "x"), partial(close, kind))
        await owner.close()
        assert closed == ["recording", "channel", "bridge"] and owner.counts() == NOTHING

    @virtual_time
    async def test_those_of_one_kind_go_side_by_side(self):
        owner = Owner("c1", "ivr", Ari(never), Router(), EngineConfig(close_timeout=10.0), Ear())
        for number in range(20):
            owner.own(("channel", f"c{number}"), lambda: asyncio.sleep(1))
        await owner.close()
        assert asyncio.get_running_loop().time() == pytest.approx(1)
        assert owner.counts() == NOTHING

    @pytest.mark.parametrize("kind", ["recording", "channel", "bridge"])
    def test_one_that_hangs_keeps_no_other(self, kind: str):
        @virtual_time
        async def test() -> None:
            limits = EngineConfig(close_timeout=10.0)
            owner = Owner("c1", "ivr", Ari(never), Router(), limits, Ear())
            closed: list[str] = []

            async def close(what: str) -> None:
                closed.append(what)

            others = [(k, n) for k in ("recording", "channel", "bridge") for n in ("1", "2")]
            owner.own((kind, "stuck"), lambda: asyncio.sleep(3600))
            for key in others:
                owner.own(key, partial(close, "".join(key)))
            with capture_logs() as logs:
                await owner.close()
            assert sorted(closed) == sorted("".join(key) for key in others)
            assert asyncio.get_running_loop().time() == pytest.approx(10)
            (log,) = logs
            assert log["event"] == "not closed in time" and log["left"] == [(kind, "stuck")]

        test()

    @virtual_time
    async def test_nor_does_a_prompt_whose_stop_hangs(self):
        class Stuck(Media):
            async def stop(self) -> None:
                await asyncio.sleep(3600)

        owner = Owner("c1", "ivr", Ari(never), Router(), EngineConfig(close_timeout=10.0), Ear())
        closed: list[str] = []

        async def close() -> None:
            closed.append("channel")

        owner.media = {"1": Stuck()}
        owner.own(("channel", "c2"), close)
        await owner.close()
        assert closed == ["channel"] and owner.counts() == NOTHING
        assert asyncio.get_running_loop().time() < 10

    async def test_what_it_owns_no_more_is_left_alone(self, owner: Owner):
        async def close() -> None:
            raise AssertionError("closed")

        owner.own(("bridge", "b"), close)
        assert owner.owns(("bridge", "b"))
        owner.disown(("bridge", "b"))
        owner.disown(("bridge", "b"))
        assert not owner.owns(("bridge", "b"))
        await owner.close()

    @pytest.mark.parametrize(
        "error",
        [
            NotFound("DELETE", "/bridges/b", 404, "gone"),
            Conflict("DELETE", "/bridges/b", 409, "not ours"),
            InvalidState("DELETE", "/bridges/b", 412, "down"),
            ChannelGone("c1"),
        ],
        ids=lambda error: type(error).__name__,
    )
    async def test_what_is_closed_already_is_closed(self, owner: Owner, error: Exception):
        async def close() -> None:
            raise error

        owner.own(("bridge", "b"), close)
        with capture_logs() as logs:
            await owner.close()
        assert logs == [] and owner.counts() == NOTHING

    async def test_what_cannot_be_closed_is_logged_and_the_rest_is_closed(self, owner: Owner):
        closed: list[str] = []

        async def fine() -> None:
            closed.append("fine")

        async def stuck() -> None:
            raise ServerError("DELETE", "/bridges/b", 500, "Internal Server Error")

        owner.own(("bridge", "a"), fine)
        owner.own(("bridge", "b"), stuck)
        with capture_logs() as logs:
            await owner.close()
        assert closed == ["fine"] and owner.counts() == NOTHING
        (log,) = logs
        assert (log["event"], log["id"], log["owner"]) == ("could not close", "b", "c1")

    @virtual_time
    async def test_it_takes_its_time_and_no_more(self):
        owner = Owner("c1", "ivr", Ari(never), Router(), EngineConfig(close_timeout=10.0), Ear())

        async def forever() -> None:
            await asyncio.sleep(3600)

        owner.claim(("bridge", "b"))
        owner.own(("bridge", "b"), forever)
        with capture_logs() as logs:
            await owner.close()
        assert asyncio.get_running_loop().time() == pytest.approx(10)
        assert [log["event"] for log in logs] == ["not closed in time"]
        assert owner.router.counts()["claims"] == 0

    @virtual_time
    async def test_a_stuck_command_does_not_keep_the_rest_from_being_closed(self):
        owner = Owner("c1", "ivr", Ari(never), Router(), EngineConfig(close_timeout=10.0), Ear())
        closed: list[float] = []

        async def close() -> None:
            closed.append(asyncio.get_running_loop().time())

        owner.own(("bridge", "b"), close)
        command = owner.command(asyncio.sleep(30))
        await owner.close()
        assert closed == [pytest.approx(5)]
        await command


class TestLettingGo:
    """Another process goes on with the call: what is on Asterisk stays as it is."""

    async def test_nothing_is_closed_and_every_trace_of_ours_ends(
        self, owner: Owner, router: Router
    ):
        closed: list[str] = []

        async def close() -> None:
            closed.append("closed")

        tune = Tune()
        owner.media = {"p": tune}
        owner.claim(("bridge", "b"))
        owner.own(("bridge", "b"), close)
        wait = owner.expect(("channel", "c1"), ChannelDtmfReceived)
        owner.let_go()
        await owner.close()
        assert closed == [] and tune.done == [] and owner.counts() == NOTHING
        assert router.claimed(("bridge", "b")) is None
        with pytest.raises(ChannelGone, match="another program has taken the call"):
            await wait.within(1)

    async def test_closing_what_was_made_so_far_keeps_the_owner(self, owner: Owner, router: Router):
        closed: list[str] = []

        async def close() -> None:
            closed.append("closed")

        owner.claim(("channel", "c1"))
        owner.own(("bridge", "b"), close)
        await owner.close_made()
        assert closed == ["closed"] and owner.counts() == NOTHING
        assert router.claimed(("channel", "c1")) is not None


class TestWaits:
    async def test_they_end_with_the_owner(self, owner: Owner, router: Router):
        wait = owner.expect(("channel", "c1"), ChannelDtmfReceived)
        await owner.close()
        with pytest.raises(ChannelGone, match="its flow has ended"):
            await wait.within(1)
        assert router.counts()["waits"] == 0

    async def test_settled_ones_are_forgotten_in_a_long_call(self, owner: Owner, router: Router):
        for _ in range(500):
            owner.expect(("channel", "c1"), ChannelDtmfReceived)
            router.dispatch(digit())
        assert len(owner._waits) < 100 and owner.counts()["waits"] == 0

    async def test_open_ones_are_counted(self, owner: Owner):
        owner.expect(("channel", "c1"), ChannelDtmfReceived, what="a digit")
        assert owner.counts()["waits"] == 1
        owner.fail_waits(ChannelGone("c1"))
        assert owner.counts()["waits"] == 0


class TestCommands:
    async def test_a_command_gives_its_result(self, owner: Owner):
        async def work() -> int:
            return 5

        assert await owner.run(work()) == 5

    async def test_a_command_gives_its_error(self, owner: Owner):
        async def work() -> None:
            raise NotFound("GET", "/x", 404, "no")

        with pytest.raises(NotFound):
            await owner.run(work())

    async def test_it_runs_to_its_end_though_its_caller_is_cancelled(self, owner: Owner):
        steps: list[str] = []
        go = asyncio.Event()

        async def work() -> None:
            await go.wait()
            steps.append("done")

        caller = asyncio.ensure_future(owner.run(work()))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        assert owner.counts()["commands"] == 1
        go.set()
        await owner.close()
        assert steps == ["done"] and owner.counts() == NOTHING

    async def test_an_abandoned_ones_error_makes_no_noise(self, owner: Owner):
        async def work() -> None:
            await asyncio.sleep(0)
            raise OutcomeUnknown("POST", "/x", "no answer")

        caller = asyncio.ensure_future(owner.run(work()))
        await asyncio.sleep(0)
        caller.cancel()
        with pytest.raises(asyncio.CancelledError):
            await caller
        told: list[dict[str, object]] = []
        asyncio.get_running_loop().set_exception_handler(lambda _, context: told.append(context))
        await owner.close()
        assert told == [] and owner.counts() == NOTHING

    async def test_a_cancelled_command_is_forgotten_too(self, owner: Owner):
        task = owner.command(asyncio.sleep(60))
        task.cancel()
        await asyncio.wait({task})
        assert owner.counts() == NOTHING

    @virtual_time
    async def test_one_that_may_take_longer_is_waited_for_so_long_and_goes_on(self):
        owner = Owner("c1", "ivr", Ari(never), Router(), EngineConfig(), Ear())
        done: list[str] = []

        async def slow() -> None:
            await asyncio.sleep(5)
            done.append("done")

        await owner.done_within(1.0, slow())
        assert done == [] and owner.counts()["commands"] == 1
        await asyncio.sleep(5)
        assert done == ["done"] and owner.counts() == NOTHING

    async def test_and_its_error_is_raised_if_it_comes_by_then(self, owner: Owner):
        async def fails() -> None:
            raise ServerError("GET", "/x", 500, "no")

        with pytest.raises(ServerError):
            await owner.done_within(1.0, fails())


class TestWhatIsOver:
    def test_a_released_id_is_nobodys(self, owner: Owner, router: Router):
        owner.claim(("channel", "c2"))
        owner.release(("channel", "c2"))
        assert router.counts()["claims"] == 0 and owner._claims == []

    async def test_an_ignored_one_is_kept_up_to_date_and_not_heard(
        self, owner: Owner, router: Router
    ):
        applied: list[Event] = []
        owner.claim(("channel", "c2"), SimpleNamespace(apply=applied.append))
        owner.ignore(("channel", "c2"))
        assert router.dispatch(digit("c2"))
        assert applied == [digit("c2")]
        assert owner.hearer.heard == []  # type: ignore[attr-defined]
        await owner.close()
        assert router.counts()["claims"] == 0

    def test_what_is_somebody_elses_is_not_ours_to_ignore(
        self, owner: Owner, ari: Ari, router: Router
    ):
        other = Owner("c2", "ivr", ari, router, EngineConfig(), Ear())
        other.claim(("channel", "c2"))
        owner.ignore(("channel", "c2"))
        owner.ignore(("channel", "c3"))
        router.dispatch(digit("c2"))
        assert other.hearer.heard == [digit("c2")]  # type: ignore[attr-defined]

    def test_a_deadline_of_none_is_the_longest_and_of_0_is_0(self, owner: Owner):
        assert owner.seconds(None) == EngineConfig().wait_timeout
        assert owner.seconds(0) == 0 and owner.seconds(2.5) == 2.5


class TestMedia:
    async def test_leaving_a_state_abandons_all_of_them_before_it_stops_any(self, owner: Owner):
        first, second = Tune(), Tune()
        owner.media = {"1": first, "2": second}
        await owner.stop_media()
        assert first.done == second.done == ["abandon", "stop"] and owner.media == {}

    async def test_one_that_cannot_be_stopped_does_not_keep_the_others(self, owner: Owner):
        stuck, fine = Tune(ServerError("DELETE", "/playbacks/1", 500, "no")), Tune()
        owner.media = {"1": stuck, "2": fine}
        with capture_logs() as logs:
            await owner.stop_media()
        assert fine.done == ["abandon", "stop"]
        assert [log["event"] for log in logs] == ["could not close"]

    async def test_they_stop_with_the_owner(self, owner: Owner):
        tune = Tune(NotFound("DELETE", "/playbacks/1", 404, "over"))
        owner.media = {"1": tune}
        await owner.close()
        assert tune.done == ["abandon", "stop"] and owner.counts() == NOTHING

    async def test_media_of_no_kind_have_nothing_to_stop(self):
        media = Media()
        media.abandon()
        await media.stop()


async def never(request: object) -> object:
    """A `Send` that is not to be used."""
    raise AssertionError(f"sent {request}")


class TestSize:
    """Each call has an owner, most of which own nothing."""

    def test_one_that_has_nothing_takes_less_than_a_kilobyte(self, ari: Ari, router: Router):
        config, ear = EngineConfig(), Ear()

        def made() -> Owner:
            owner = Owner("c1", "ivr", ari, router, config, ear)
            owner.claim(("channel", "c1"))
            owner.enter()
            return owner

        kept = [made() for _ in range(50)]
        tracemalloc.start()
        try:
            kept += [made() for _ in range(200)]
            size = tracemalloc.get_traced_memory()[0] / 200
        finally:
            tracemalloc.stop()
        assert len(kept) == 250 and size < 800

    async def test_what_owners_share_while_they_have_nothing_stays_empty(
        self, ari: Ari, router: Router
    ):
        first, second = (
            Owner(name, "ivr", ari, router, EngineConfig(), Ear()) for name in ("c1", "c2")
        )
        first.enter()
        first.made_id("bridge")
        first.playback_id()
        first.own(("bridge", "b"), partial(asyncio.sleep, 0))
        tune = Tune()
        tune.id = "p"
        first.play(tune)
        running = first.command(asyncio.sleep(0.01))
        first.expect(("channel", "c1"), ChannelDtmfReceived)
        assert set(first.counts().values()) == {1} and second.counts() == NOTHING
        second.enter()
        assert second.made_id("bridge").endswith("-0")
        await running
        await first.close()
        assert first.counts() == second.counts() == NOTHING

    async def test_one_that_has_nothing_closes_without_a_timer(self, owner: Owner):
        loop = asyncio.get_running_loop()
        before = len(loop._scheduled)  # type: ignore[attr-defined]
        await owner.close()
        assert len(loop._scheduled) == before  # type: ignore[attr-defined]
