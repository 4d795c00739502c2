"""A census: what lives on one Asterisk at one moment."""

from __future__ import annotations

import pytest

from stasis.ari import Ari
from stasis.ari.channels import Channel, DialplanCEP
from stasis.census import Census, args_of, is_out
from stasis.errors import NotFound, ServerError, Unreachable
from tests.answers import Answers


def answering(answers: Answers) -> None:
    """A server with two calls, one of them in a bridge with a phone that is nobody's."""
    answers.answer("GET /channels", 200, [{"id": "c1"}, {"id": "c2"}, {"id": "other"}])
    answers.answer(
        "GET /bridges", 200, [{"id": "b1", "channels": ["c1", "other"]}, {"id": "empty"}]
    )
    answers.answer("GET /applications/ivr", 200, {"name": "ivr", "channel_ids": ["c1", "c2"]})
    answers.answer("GET /applications/queue", 200, {"name": "queue"})
    answers.answer("GET /playbacks/plays", 200, {"id": "plays", "state": "playing"})
    answers.refuse("GET /playbacks/over", 404)
    answers.answer("GET /recordings/live/runs", 200, {"name": "runs"})
    answers.refuse("GET /recordings/live/over", 404)


class TestTaking:
    async def test_it_tells_who_lives_and_who_is_where(self, ari: Ari, answers: Answers):
        answering(answers)
        census = await Census.take(ari, ["ivr", "queue"])
        assert set(census.channels) == {"c1", "c2", "other"}
        assert set(census.bridges) == {"b1", "empty"}
        assert census.within == {"c1": "b1", "other": "b1"}
        assert census.heard == {"ivr": {"c1", "c2"}, "queue": frozenset()}

    async def test_and_which_of_some_media_there_are(self, ari: Ari, answers: Answers):
        answering(answers)
        asked = [
            ("playback", "plays"),
            ("playback", "over"),
            ("recording", "runs"),
            ("recording", "over"),
            ("channel", "c1"),
        ]
        census = await Census.take(ari, ["ivr"], asked)
        assert set(census.playbacks) == {"plays"} and set(census.recordings) == {"runs"}

    async def test_media_are_not_asked_for_unless_named(self, ari: Ari, answers: Answers):
        answering(answers)
        census = await Census.take(ari, ["ivr"])
        assert census.playbacks == {} and census.recordings == {}
        assert sorted(answers.requests) == [
            "GET /applications/ivr",
            "GET /bridges",
            "GET /channels",
        ]

    @pytest.mark.parametrize("line", ["GET /channels", "GET /bridges", "GET /applications/ivr"])
    @pytest.mark.parametrize("error", [Unreachable, ServerError], ids=["down", "500"])
    async def test_what_cannot_be_asked_makes_no_census(
        self, ari: Ari, answers: Answers, line: str, error: type[Exception]
    ):
        answering(answers)
        answers.refuse(line, 500)
        if error is Unreachable:
            answers.given[line] = Unreachable("GET", "/x", "down")
        with pytest.raises(error):
            await Census.take(ari, ["ivr"])

    async def test_nor_do_media_whose_lot_is_unknown(self, ari: Ari, answers: Answers):
        answering(answers)
        answers.refuse("GET /playbacks/plays", 500)
        with pytest.raises(ServerError):
            await Census.take(ari, ["ivr"], [("playback", "plays")])

    async def test_nor_does_an_application_that_asterisk_has_forgotten(
        self, ari: Ari, answers: Answers
    ):
        answering(answers)
        answers.refuse("GET /applications/ivr", 404)
        with pytest.raises(NotFound):
            await Census.take(ari, ["ivr"])


def in_dialplan(id: str, app_name: str | None, app_data: str | None = None) -> Channel:
    """A channel of which the dialplan says so."""
    return Channel(id=id, dialplan=DialplanCEP(app_name=app_name or "", app_data=app_data))


class TestApplication:
    """In which of our applications a channel is."""

    census = Census(
        {}, {}, {}, {"ivr": frozenset({"c1", "both"}), "queue": frozenset({"both"})}, {}, {}
    )

    @pytest.mark.parametrize("data", ["ivr", "ivr,", "ivr,de,vip", "ivr,queue"])
    def test_the_one_that_the_dialplan_names(self, data: str):
        assert self.census.app_of(in_dialplan("c1", "Stasis", data)) == "ivr"

    def test_of_two_that_hear_it_the_one_that_it_is_in(self):
        assert self.census.app_of(in_dialplan("both", "Stasis", "queue,1")) == "queue"
        assert self.census.app_of(in_dialplan("both", "Stasis", "ivr")) == "ivr"

    def test_one_that_was_moved_is_where_it_is_heard(self):
        assert self.census.app_of(in_dialplan("c1", "Stasis", "queue")) == "ivr"

    @pytest.mark.parametrize("app_name", ["Playback", "AppDial2", "", None])
    def test_none_when_it_is_not_in_stasis(self, app_name: str | None):
        assert self.census.app_of(in_dialplan("c1", app_name, "ivr")) is None

    @pytest.mark.parametrize("data", ["2000,^i,,yes", "2000", "", None, "500,^ivr$,a:b", "1,("])
    def test_who_was_offered_to_several_is_where_it_is_heard(self, data: str | None):
        assert self.census.app_of(in_dialplan("c1", "StasisBroadcast", data)) == "ivr"

    def test_none_when_it_was_offered_to_others_only_or_is_heard_by_none(self):
        """We hear of one that we have dialled, whoever has claimed it."""
        assert self.census.app_of(in_dialplan("c1", "StasisBroadcast", "2000,^queue")) is None
        assert self.census.app_of(in_dialplan("c9", "StasisBroadcast", "2000,^i")) is None

    def test_one_of_a_single_call_is_the_one_that_the_dialplan_names_without_the_call(self):
        single = "ivr:PJSIP/alice-00000001"
        census = Census({}, {}, {}, {single: frozenset({"c1", "desk"})}, {}, {})
        assert census.app_of(in_dialplan("c1", "Stasis", "ivr,de")) == single
        assert census.app_of(in_dialplan("desk", "Stasis", f"{single},de")) == single
        assert census.app_of(in_dialplan("c2", "Stasis", "ivr")) is None

    def test_none_when_it_is_in_somebody_elses_though_we_hear_it(self):
        """The other half of a Local channel that we have dialled."""
        assert self.census.app_of(in_dialplan("c1", "Stasis", "desk")) is None

    def test_none_when_the_application_is_somebody_elses(self):
        assert self.census.app_of(in_dialplan("c9", "Stasis", "other")) is None

    def test_none_when_the_application_hears_nothing_of_it(self):
        assert self.census.app_of(in_dialplan("c9", "Stasis", "ivr")) is None


@pytest.mark.parametrize(
    ("app_name", "data", "args"),
    [
        ("Stasis", "ivr,de,vip", ("de", "vip")),
        ("Stasis", "ivr", ()),
        ("StasisBroadcast", "2000,^ivr-.*,sales:high,yes", ("sales", "high")),
        ("StasisBroadcast", "2000,^ivr-.*,,yes", ()),
        ("StasisBroadcast", None, ()),
        ("", None, ()),
    ],
)
def test_the_dialplan_still_knows_what_a_channel_has_brought(
    app_name: str, data: str | None, args: tuple[str, ...]
):
    assert args_of(in_dialplan("c1", app_name, data)) == args


def test_of_nothing_nothing_lives():
    census = Census.of_nothing()
    assert not any((census.channels, census.bridges, census.within, census.heard))
    assert census.app_of(in_dialplan("c1", "Stasis", "ivr")) is None


class TestLast:
    """Where a channel was last, of those that were moved: the dialplan names the first."""

    census = Census(
        {}, {}, {}, {"ivr": frozenset({"c1", "both"}), "queue": frozenset({"both"})}, {}, {}
    )

    def test_it_is_believed_while_it_is_heard_there(self):
        assert self.census.app_of(in_dialplan("both", "Stasis", "ivr"), "queue") == "queue"

    def test_and_no_longer(self):
        assert self.census.app_of(in_dialplan("c1", "Stasis", "ivr"), "queue") == "ivr"
        assert self.census.app_of(in_dialplan("c1", "Stasis", "ivr"), "gone") == "ivr"
        assert self.census.app_of(in_dialplan("both", "Playback", "x"), "queue") is None


@pytest.mark.parametrize(
    ("app_name", "out"),
    [("Stasis", False), ("StasisBroadcast", False), ("AppDial2", False), ("", False)]
    + [("Queue", True), ("Playback", True)],
)
def test_out_is_who_lives_in_the_dialplan(app_name: str, out: bool):
    assert is_out(in_dialplan("c1", app_name)) is out
