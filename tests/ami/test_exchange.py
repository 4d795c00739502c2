"""Actions and their answers, matched by ActionID: lists whole, errors by meaning, losses told."""

from __future__ import annotations

from typing import Any

import pytest

from stasis.ami.answer import Answer, Listing
from stasis.ami.answers import CommandOutput
from stasis.ami.errors import (
    ActionFailed,
    InvalidValue,
    ListIncomplete,
    NoSuch,
    NotUnderstood,
    OutcomeUnknown,
    PermissionDenied,
)
from stasis.ami.event import AmiEvent
from stasis.ami.events import OriginateResponse, UserEvent
from stasis.ami.exchange import Exchange, Waiting
from stasis.ami.message import Message
from stasis.ami.parser import Oversized


class Asked:
    """An action in flight, and what became of it."""

    def __init__(self, exchange: Exchange, action: str = "Ping", **more: Any) -> None:
        self.results: list[Any] = []
        self.progress = 0
        self.waiting = Waiting(action, self.results.append, progress=self.moves, **more)
        self.exchange = exchange
        self.sent = Message.of(exchange.begin(self.waiting, [])[:-4])

    def moves(self) -> None:
        self.progress += 1

    def comes(self, *lines: str) -> AmiEvent | None:
        text = [each.replace("$ID", self.waiting.id) for each in lines]
        return self.exchange.take(Message.of("\r\n".join(text).encode()))

    @property
    def result(self) -> Any:
        (result,) = self.results
        return result


@pytest.fixture
def exchange() -> Exchange:
    return Exchange(max_list=3)


class TestAnswers:
    def test_each_goes_to_its_action(self, exchange: Exchange) -> None:
        one, two = Asked(exchange), Asked(exchange, "Command", kind=CommandOutput)
        assert one.sent.fields == [("Action", "Ping"), ("ActionID", one.waiting.id)]
        two.comes("Response: Success", "ActionID: $ID", "Output: a", "Output: ", "Output: b")
        assert not one.results and two.result.output == ("a", "", "b")
        one.comes("Response: Success", "ActionID: $ID", "Message: fine")
        assert isinstance(one.result, Answer) and one.result.message == "fine"
        assert len(exchange) == 0

    def test_a_late_one_or_a_strangers_is_counted(self, exchange: Exchange) -> None:
        asked = Asked(exchange)
        exchange.forget(asked.waiting)
        asked.comes("Response: Success", "ActionID: $ID")
        asked.comes("Response: Success")
        assert exchange.late == 2 and not asked.results

    @pytest.mark.parametrize(
        ("message", "kind"),
        [("Permission denied", PermissionDenied), ("No way", ActionFailed)],
    )
    def test_an_error_is_one(
        self, exchange: Exchange, message: str, kind: type[ActionFailed]
    ) -> None:
        asked = Asked(exchange)
        asked.comes("Response: Error", "ActionID: $ID", f"Message: {message}\n")
        assert type(asked.result) is kind and asked.result.message == message

    def test_a_success_that_is_none_is_an_error(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "VoicemailMove")
        asked.comes("Response: Success", "ActionID: $ID", "Message: Message move failed\n")
        assert isinstance(asked.result, ActionFailed)

    def test_a_list_of_nobody_is_an_error(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "VoicemailUserStatus", listed=True)
        told = "There is no voicemail user of the given info."
        asked.comes("Response: Success", "ActionID: $ID", f"Message: {told}")
        assert isinstance(asked.result, NoSuch)

    def test_an_action_id_of_the_callers_is_not_sent(self, exchange: Exchange) -> None:
        waiting = Waiting("Ping", lambda result: None)
        sent = Message.of(exchange.begin(waiting, [("ActionID", "mine"), ("A", "b")])[:-4])
        assert sent.all("ActionID") == [waiting.id] and sent.get("A") == "b"

    def test_what_cannot_be_sent_waits_for_nothing(self, exchange: Exchange) -> None:
        with pytest.raises(InvalidValue):
            exchange.begin(Waiting("Ping", lambda result: None), [("A", "\n")])
        assert len(exchange) == 0

    def test_what_is_too_large_ends_its_action(self, exchange: Exchange) -> None:
        asked = Asked(exchange)
        head = Message([("Response", "Success"), ("ActionID", asked.waiting.id)])
        exchange.take(Oversized(999, head))
        assert isinstance(asked.result, NotUnderstood)


class TestLists:
    START = ("Response: Success", "ActionID: $ID", "EventList: start")

    def test_it_comes_whole(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "QueueStatus", listed=True)
        asked.comes(*self.START)
        for name in ("QueueParams", "QueueMember"):
            assert asked.comes(f"Event: {name}", "ActionID: $ID", "Queue: q") is None
        asked.comes("Event: End", "ActionID: $ID", "EventList: Complete", "ListItems: 2", "X: 1")
        listing = asked.result
        assert isinstance(listing, Listing) and [each.queue for each in listing] == ["q", "q"]
        assert listing.end is not None and listing.end.fields.get("X") == "1"
        assert asked.progress == 3

    def test_other_events_are_for_everybody(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "Status", listed=True)
        asked.comes(*self.START)
        event = asked.comes("Event: UserEvent", "Privilege: user,all", "ActionID: other")
        assert isinstance(event, UserEvent) and not asked.results

    @pytest.mark.parametrize(
        ("end", "why"),
        [
            (("EventList: Complete", "ListItems: 2"), "counts 2"),
            (("EventList: cancelled",), "cancelled"),
        ],
    )
    def test_one_that_is_not_whole_is_told(
        self, exchange: Exchange, end: tuple[str, ...], why: str
    ) -> None:
        asked = Asked(exchange, "Status", listed=True)
        asked.comes(*self.START)
        asked.comes("Event: Status", "ActionID: $ID", "Uniqueid: 1")
        asked.comes("Event: StatusComplete", "ActionID: $ID", *end)
        assert isinstance(asked.result, ListIncomplete) and why in str(asked.result)
        assert [each.uniqueid for each in asked.result.items] == ["1"]  # type: ignore[attr-defined]

    def test_a_count_that_16_has_wrong_is_not_believed(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "DBGetTree", listed=True)
        asked.comes(*self.START)
        asked.comes("Event: X", "ActionID: $ID", "EventList: Complete", "ListItems: 1")
        assert len(asked.result) == 0

    def test_a_count_without_the_auths_is_not_believed(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "PJSIPShowRegistrationsOutbound", listed=True)
        asked.comes(*self.START)
        asked.comes("Event: OutboundRegistrationDetail", "ActionID: $ID")
        asked.comes("Event: AuthDetail", "ActionID: $ID")
        asked.comes("Event: X", "ActionID: $ID", "EventList: Complete", "ListItems: 1")
        assert len(asked.result) == 2

    def test_one_without_a_count_is_believed(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "Status", listed=True)
        asked.comes(*self.START)
        asked.comes("Event: X", "ActionID: $ID", "EventList: Complete", "ListItems: many")
        assert len(asked.result) == 0

    def test_an_error_that_only_says_there_is_none(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "List", listed=True, empty=("no things",))
        asked.comes("Response: Error", "ActionID: $ID", "Message: No things found")
        assert isinstance(asked.result, Listing) and asked.result.end is None

    def test_an_endless_one_is_ended(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "Status", listed=True)
        asked.comes(*self.START)
        for _ in range(4):
            asked.comes("Event: Status", "ActionID: $ID")
        assert isinstance(asked.result, ListIncomplete) and len(asked.result.items) == 3

    def test_an_answer_without_a_list_is_told(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "Ping", listed=True)
        asked.comes("Response: Success", "ActionID: $ID")
        assert isinstance(asked.result, NotUnderstood)


class TestWhatBecame:
    def test_the_event_that_follows_is_the_result(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "Originate", follow="OriginateResponse")
        asked.comes("Response: Success", "ActionID: $ID")
        assert not asked.results
        told = ("Event: OriginateResponse", "Privilege: call,all", "ActionID: $ID", "Reason: 4")
        event = asked.comes(*told)
        assert asked.result is event and isinstance(event, OriginateResponse)

    def test_it_may_overtake_the_answer(self, exchange: Exchange) -> None:
        asked = Asked(exchange, "Originate", follow="OriginateResponse")
        asked.comes("Event: OriginateResponse", "ActionID: $ID")
        asked.comes("Response: Success", "ActionID: $ID")
        assert isinstance(asked.result, OriginateResponse)

    def test_a_loss_ends_all_as_unknown(self, exchange: Exchange) -> None:
        one, two = Asked(exchange), Asked(exchange, "Status", listed=True)
        two.comes(*TestLists.START)
        exchange.lost("cut")
        assert all(isinstance(each.result, OutcomeUnknown) for each in (one, two))
        assert len(exchange) == 0

    def test_ids_cannot_be_guessed(self, exchange: Exchange) -> None:
        ids = {Asked(exchange).waiting.id for _ in range(100)}
        assert len(ids) == 100 and all(len(each) == 16 for each in ids)
