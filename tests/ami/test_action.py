"""An action becomes fields; its repr tells no value."""

from __future__ import annotations

import pytest

from stasis.ami import actions
from stasis.ami.action import ListAction, key_of, texts
from stasis.ami.answer import Answer
from stasis.ami.answers import CommandOutput, Pong
from stasis.ami.errors import InvalidValue
from stasis.ami.writer import encode
from stasis.section import Secret


class TestFields:
    def test_none_is_left_out_and_variables_are_repeated(self) -> None:
        action = actions.Originate(
            channel="PJSIP/alice", timeout=5000, variable={"a": "1,2", "b": "x"}, early_media=False
        )
        assert list(action.fields()) == [
            ("Channel", "PJSIP/alice"),
            ("Timeout", "5000"),
            ("Variable", "a=1\\,2"),
            ("Variable", "b=x"),
            ("EarlyMedia", "false"),
            ("Async", "true"),
        ]

    def test_a_notify_has_its_headers_in_order(self) -> None:
        action = actions.PJSIPNotify(
            endpoint="alice", headers=[("Event", "x"), ("Content", "a: 1, 2"), ("Content", "b: 3")]
        )
        assert list(action.fields()) == [
            ("Endpoint", "alice"),
            ("Variable", "Event=x"),
            ("Variable", "Content=a: 1\\, 2"),
            ("Variable", "Content=b: 3"),
        ]

    def test_yes_and_no_as_the_action_wants_them(self) -> None:
        muted = actions.MixMonitorMute(channel="c", state=True)
        assert ("State", "1") in list(muted.fields())
        assert ("State", "off") in list(
            actions.MuteAudio(channel="c", direction="in", state=False).fields()
        )

    def test_keys(self) -> None:
        assert (key_of("async_"), key_of("content_type")) == ("Async", "Content-Type")
        assert key_of("Timeout") == "Timeout" and key_of("channel1") == "Channel1"

    def test_values(self) -> None:
        assert list(texts("A", ["x", None, 2, Secret("s")])) == [
            ("A", "x"),
            ("A", "2"),
            ("A", "s"),
        ]

    def test_changes_of_a_file_are_numbered(self) -> None:
        change = actions.Change(action="Append", cat="one", var="key", value="v")
        action = actions.UpdateConfig(src_filename="a", dst_filename="a", changes=[change, change])
        fields = list(action.fields())
        assert fields[2:4] == [("Action-000000", "Append"), ("Cat-000000", "one")]
        assert fields[-1] == ("Value-000001", "v") and encode("UpdateConfig", fields)

    @pytest.mark.parametrize("key", ["ActionID", "action", "UserEvent"])
    def test_a_user_event_keeps_to_its_own_fields(self, key: str) -> None:
        with pytest.raises(InvalidValue):
            list(actions.UserEvent(user_event="x", headers={key: "1"}).fields())

    def test_a_pattern_hangs_up_only_where_it_is_meant(self) -> None:
        with pytest.raises(InvalidValue, match="HangupMatching"):
            list(actions.Hangup(channel="/.*/").fields())
        assert actions.HangupMatching(channel="/.*/").name() == "Hangup"


class TestClasses:
    def test_each_knows_its_answer(self) -> None:
        assert actions.Ping.answer() is Pong and actions.Command.answer() is CommandOutput
        assert actions.Hangup.answer() is actions.QueueStatus.answer() is Answer

    def test_no_list_is_an_answer_with_fields(self) -> None:
        for name in actions.__all__:
            kind = getattr(actions, name)
            if name != "Change" and issubclass(kind, ListAction):
                assert kind.answer() is Answer, name

    def test_a_repr_tells_no_value(self) -> None:
        action = actions.Setvar(variable="PIN", value="4711")
        assert repr(action) == "Setvar(variable, value)"
        assert "hush" not in repr(
            actions.UpdateConfig(
                src_filename="a",
                dst_filename="a",
                changes=[actions.Change(action="Append", cat="x", var="secret", value="hush")],
            )
        ) + repr(actions.Change(action="Append", cat="x", var="secret", value="hush"))
