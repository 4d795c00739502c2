"""A call's record: what a new process must know to go on with it."""

from __future__ import annotations

import dataclasses
import enum
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any, ClassVar
from uuid import UUID

import attrs
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from stasis.ari import Ari
from stasis.ari.events import Event
from stasis.ask import Entered
from stasis.bridge import Bridge
from stasis.channel import Channel
from stasis.config import EngineConfig
from stasis.dialling import Dialling
from stasis.errors import FlowError
from stasis.flow import Flow
from stasis.keep import Variable
from stasis.owner import Owner
from stasis.record import FORMAT, Record, packed, unpacked
from stasis.recording import StoredRecording
from stasis.router import Router
from stasis.testing.clock import virtual_time
from tests.answers import Answers

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=50)
PLAIN = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**64 - 1) | st.floats(allow_nan=False, allow_infinity=False) | TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(TEXT, inner, max_size=4),
    max_leaves=10,
)  # fmt: skip


def record(**values: Any) -> Record:
    """A record with these values."""
    given: dict[str, Any] = {
        "app": "ivr",
        "flow": "Menu",
        "state": "pin",
        "token": "0123456789abcdef",
        "entry": 3,
        "media": "fedcba9876543210",
    }
    return Record(**{**given, **values})


class Ear:
    """Hears nothing."""

    def hear(self, event: Event) -> None:
        """Nobody is told."""


def owner_of(name: str = "c1") -> Owner:
    """An owner that can be written down."""
    return Owner(name, "ivr", Ari(Answers()), Router(), EngineConfig(), Ear())


class Living:
    """Finds handles by making them."""

    def __init__(self) -> None:
        self.owner = owner_of("after")
        self.caller = Channel(self.owner, "c1")
        self.dialled: list[dict[str, Any]] = []

    def channel(self, channel_id: str, *, gone: bool) -> Channel:
        channel = Channel(self.owner, channel_id, own=False)
        if gone:
            channel.lose("gone before")
        return channel

    def bridge(self, bridge_id: str) -> Bridge:
        return Bridge(self.owner, bridge_id, own=False)

    def dialling(self, told: dict[str, Any]) -> Dialling:
        self.dialled.append(told)
        return Dialling.resumed(self.caller, told, lambda id: self.channel(id, gone=False), None)

    def stored(self, name: str, format: str) -> StoredRecording:
        return StoredRecording(self.owner, name, format)


def flow_of(initial: Any, version: int = 1) -> type[Flow]:
    """A flow with these data, as its class declares them."""
    given_version = version

    class Menu(Flow):
        data = initial
        version: ClassVar[int] = given_version

        async def pin(self, event: Event) -> None:
            """A state."""

        start = pin

    return Menu


def again(data: Any, initial: Any | None = None, living: Living | None = None) -> Any:
    """The data as a new process has them: written, kept as text, read."""
    kept = Record.decode(record(data=packed(data, "Menu")).encode())
    flow = flow_of(initial if initial is not None else type(data)())
    return unpacked(flow, kept, living or Living())


class TestText:
    @given(
        args=st.lists(TEXT, max_size=4).map(tuple),
        data=st.none() | st.dictionaries(TEXT, PLAIN, max_size=4),
        state=st.from_regex(r"[a-z_]{1,20}", fullmatch=True),
        entry=st.integers(0, 10**9),
    )
    def test_what_is_written_is_read(
        self, args: tuple[str, ...], data: dict[str, Any] | None, state: str, entry: int
    ):
        written = record(args=args, data=data, state=state, entry=entry)
        assert Record.decode(written.encode()) == written

    @given(text=TEXT)
    def test_whatever_it_holds_it_is_text_that_can_be_sent(self, text: str):
        @virtual_time
        async def test() -> None:
            answers = Answers()
            written = record(args=(text,), data={text: text}).encode()
            await Variable(Ari(answers)).save("c1", written)
            assert answers.last["value"] == written and "\n" not in written

        test()

    @given(text=st.text(max_size=200) | st.from_type(type(None)).map(str))
    def test_what_is_no_record_says_so(self, text: str):
        with pytest.raises(FlowError, match="cannot be read"):
            Record.decode(text)

    @pytest.mark.parametrize(
        "text",
        [
            "",
            "null",
            "[]",
            "{}",
            '{"app":"ivr"}',
            record().encode()[:-1],
            record().encode().replace("3", '"3"'),
            record().encode() + record().encode(),
            "[" * 100_000,
            '{"data":' * 100_000,
        ],
        ids=["empty", "null", "list", "no fields", "few fields", "cut", "wrong type", "twice", "deep", "deep data"],
    )  # fmt: skip
    def test_nor_is_what_is_nearly_one(self, text: str):
        with pytest.raises(FlowError, match="cannot be read"):
            Record.decode(text)

    def test_a_later_format_is_refused_naming_both(self):
        with pytest.raises(FlowError, match=f"format {FORMAT + 1}; this stasis knows {FORMAT}"):
            Record.decode(record(format=FORMAT + 1).encode())

    def test_fields_that_a_later_stasis_adds_are_no_matter(self):
        text = record().encode()
        assert Record.decode(text[:-1] + ',"added":{"by":"later"}}') == record()


class Colour(enum.Enum):
    """A plain value with a name."""

    RED = "red"


@attrs.define
class Inner:
    """A part of the data."""

    number: str = ""
    channels: list[Channel] = attrs.field(factory=list)


@attrs.define
class Data:
    """All kinds of plain values."""

    text: str = ""
    count: int = 0
    price: Decimal = Decimal(0)
    ratio: float = 0.0
    yes: bool = False
    none: str | None = None
    numbers: tuple[int, ...] = ()
    seen: set[str] = attrs.field(factory=set)
    by_number: dict[int, list[str]] = attrs.field(factory=dict)
    since: datetime | None = None
    lasts: timedelta = timedelta(0)
    colour: Colour = Colour.RED
    id: UUID = UUID(int=0)
    blob: bytes = b""
    inner: Inner = attrs.field(factory=Inner)
    table: dict[str, Inner] = attrs.field(factory=dict)
    anything: Any = None


@attrs.define
class Asked:
    """What a caller has entered, declared as what `ask` gives."""

    number: Entered | None = None


@dataclasses.dataclass
class Plain:
    """The same as a dataclass, as far as it differs."""

    text: str = ""
    numbers: tuple[int, ...] = ()
    inner: Inner = dataclasses.field(default_factory=Inner)


@attrs.define
class Handles:
    """All kinds of handles."""

    desk: Channel | None = None
    room: Bridge | None = None
    ringing: Dialling | None = None
    message: StoredRecording | None = None
    others: list[Channel] = attrs.field(factory=list)
    rooms: dict[str, Bridge] = attrs.field(factory=dict)
    inner: Inner = attrs.field(factory=Inner)


class TestPlainValues:
    @settings(max_examples=50)
    @given(
        data=st.builds(
            Data,
            text=TEXT,
            count=st.integers(-(2**63), 2**64 - 1),
            price=st.decimals(allow_nan=False, allow_infinity=False),
            ratio=st.floats(allow_nan=False, allow_infinity=False),
            none=st.none() | TEXT,
            numbers=st.lists(st.integers(0, 9), max_size=4).map(tuple),
            seen=st.sets(TEXT, max_size=2),
            by_number=st.dictionaries(st.integers(0, 99), st.just(["x"]), max_size=2),
            since=st.none() | st.datetimes(timezones=st.just(UTC)),
            lasts=st.timedeltas(timedelta(0), timedelta(9)),
            id=st.uuids(),
            blob=st.binary(max_size=9),
        )
    )
    def test_what_is_kept_is_there_again(self, data: Data):
        assert again(data) == data

    @settings(max_examples=50)
    @given(anything=PLAIN)
    def test_also_what_is_of_no_declared_kind(self, anything: Any):
        assert again(Data(anything=anything)) == Data(anything=anything)

    async def test_also_parts_of_the_data(self):
        data = Data(inner=Inner("42"), table={"a": Inner("43")}, colour=Colour.RED, yes=True)
        assert again(data) == data

    async def test_also_of_a_dataclass(self):
        data = Plain(text="«é»", numbers=(1, 2), inner=Inner(number="42"))
        assert again(data) == data

    async def test_what_a_caller_has_entered_is_kept_as_its_text(self):
        again_ = again(Data(text=Entered("4711", "terminator"), anything=[Entered("1", "length")]))
        assert (again_.text, again_.anything) == ("4711", ["1"])
        assert type(again_.text) is str

    async def test_fields_with_a_default_may_be_added_without_a_new_version(self):
        kept = record(data={"text": "kept"})
        data = unpacked(flow_of(Data()), kept, Living())
        assert data == Data(text="kept")

    async def test_fields_that_are_no_more_are_left_out(self):
        kept = record(data={"text": "kept", "gone": 1})
        assert unpacked(flow_of(Plain()), kept, Living()) == Plain(text="kept")

    async def test_a_flow_without_data_needs_none(self):
        assert unpacked(flow_of(None), record(data={"text": "kept"}), Living()) is None

    async def test_one_that_has_data_now_and_kept_none_says_so(self):
        with pytest.raises(FlowError, match="has data now, and kept none"):
            unpacked(flow_of(Data()), record(), Living())

    @pytest.mark.parametrize(
        "fields",
        [{"count": "many"}, {"numbers": 7}, {"inner": {"number": []}}, {"colour": "blue"}],
    )
    async def test_what_does_not_fit_says_which_and_where(self, fields: dict[str, Any]):
        with pytest.raises(FlowError, match=rf"do not fit Menu\.data: .*\$\.{next(iter(fields))}"):
            unpacked(flow_of(Data()), record(data=fields), Living())


class TestWhatCannotBeKept:
    @pytest.mark.parametrize(
        "value",
        [object(), lambda: 1, iter([])],
        ids=["object", "function", "iterator"],
    )
    def test_a_thing_that_is_no_plain_value_is_named(self, value: object):
        words = (
            rf"Menu\.data\.anything cannot be kept: .*an? {type(value).__name__} is no plain value"
        )
        with pytest.raises(FlowError, match=words):
            packed(Data(anything=value), "Menu")

    def test_and_so_is_its_field_also_in_a_dataclass(self):
        data = Plain(text="kept", inner=Inner(number=object()))  # type: ignore[arg-type]
        with pytest.raises(FlowError, match=r"Menu\.data\.inner cannot be kept: .*an object is"):
            packed(data, "Menu")

    def test_nor_is_what_was_entered_in_secret(self):
        data = Plain(text=Entered("4711", "length", secret=True))
        with pytest.raises(
            FlowError, match=r"Menu\.data\.text cannot be kept: .*in secret"
        ) as raised:
            packed(data, "Menu")
        assert "4711" not in str(raised.value)

    def test_a_field_for_more_than_the_text_says_what_to_declare(self):
        with pytest.raises(FlowError, match="an Entered cannot be read: declare the field as str"):
            unpacked(flow_of(Asked()), record(data={"number": "4711"}), Living())

    def test_nor_can_a_circle(self):
        circle: list[Any] = []
        circle.append(circle)
        with pytest.raises(FlowError, match=r"Menu\.data\.anything cannot be kept"):
            packed(Data(anything=circle), "Menu")

    @pytest.mark.parametrize("data", [[1], "text", 7])
    def test_data_that_are_no_class_say_what_they_must_be(self, data: object):
        with pytest.raises(FlowError, match="must be an instance of an attrs class or a dataclass"):
            packed(data, "Menu")


class TestHandles:
    async def test_they_are_kept_as_their_ids(self):
        owner = owner_of()
        told = packed(
            Handles(
                desk=Channel(owner, "c2", own=False),
                room=Bridge(owner, "b1", own=False),
                message=StoredRecording(owner, "messages/1", "wav"),
            ),
            "Menu",
        )
        assert told["desk"] == {"channel": "c2", "gone": False}
        assert told["room"] == {"bridge": "b1"}
        assert told["message"] == {"stored": "messages/1", "format": "wav"}

    async def test_and_are_handles_of_the_same_again(self):
        owner = owner_of()
        data = Handles(
            desk=Channel(owner, "c2", own=False),
            room=Bridge(owner, "b1", own=False),
            message=StoredRecording(owner, "messages/1", "wav"),
        )
        found = again(data)
        assert isinstance(found.desk, Channel) and found.desk.id == "c2"
        assert isinstance(found.room, Bridge) and found.room.id == "b1"
        assert isinstance(found.message, StoredRecording)
        assert (found.message.name, found.message.format) == ("messages/1", "wav")

    async def test_none_is_none(self):
        assert again(Handles()) == Handles()

    async def test_one_that_had_gone_is_told_as_gone(self):
        channel = Channel(owner_of(), "c2", own=False)
        channel.lose("hung up")
        desk = again(Handles(desk=channel)).desk
        assert desk.id == "c2" and desk.gone is not None

    async def test_they_may_stand_in_lists_tables_and_parts(self):
        owner = owner_of()
        channels = [Channel(owner, f"c{n}", own=False) for n in range(3)]
        data = Handles(
            others=channels[:2],
            rooms={"a": Bridge(owner, "b1", own=False)},
            inner=Inner("42", channels[2:]),
        )
        found = again(data)
        assert [channel.id for channel in found.others] == ["c0", "c1"]
        assert found.rooms["a"].id == "b1"
        assert found.inner.number == "42" and [c.id for c in found.inner.channels] == ["c2"]

    @virtual_time
    async def test_dialling_is_kept_with_what_came_of_it(self):
        caller = Channel(owner_of(), "c1")
        dialling = Dialling(caller, ("PJSIP/a", "PJSIP/b"), 30, False)
        first, second = dialling.attempts
        first.status, second.status = "BUSY", "ANSWER"
        second.channel = Channel(caller._owner, "c2", own=False)
        dialling._timer.cancel()
        living = Living()
        found = again(Handles(ringing=dialling), living=living).ringing
        result = await found.answered()
        assert result.status == "ANSWER" and result.channel.id == "c2"
        assert result.statuses == {"PJSIP/a": "BUSY", "PJSIP/b": "ANSWER"}
        assert living.owner.media == {} and living.owner.counts()["commands"] == 0

    async def test_a_handle_that_is_garbage_does_not_fit(self):
        for told in ({}, {"channel": "c2"}, "c2", 7, ["c2"]):
            with pytest.raises(FlowError, match="do not fit"):
                unpacked(flow_of(Handles()), record(data={"desk": told}), Living())


class TestVersions:
    async def test_the_same_version_is_not_upgraded(self):
        class Menu(flow_of(Plain(), 3)):  # type: ignore[misc]
            @classmethod
            def upgrade(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
                raise AssertionError("not asked for")

        kept = record(version=3, data={"text": "kept"})
        assert unpacked(Menu, kept, Living()) == Plain(text="kept")

    @pytest.mark.parametrize("version", [1, 2, 4])
    async def test_every_other_is_told_to_upgrade_earlier_and_later(self, version: int):
        told: list[tuple[dict[str, Any], int]] = []

        class Menu(flow_of(Plain(), 3)):  # type: ignore[misc]
            @classmethod
            def upgrade(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
                told.append((dict(data), version))
                data["text"] = data.pop("words")
                return data

        kept = record(version=version, data={"words": "kept"})
        assert unpacked(Menu, kept, Living()) == Plain(text="kept")
        assert told == [({"words": "kept"}, version)]
        assert kept.data == {"words": "kept"}

    async def test_without_an_upgrade_the_error_names_both_versions(self):
        with pytest.raises(FlowError, match="no upgrade from version 1 to 3"):
            unpacked(flow_of(Plain(), 3), record(data={"text": "kept"}), Living())

    async def test_what_an_upgrade_raises_is_raised(self):
        class Menu(flow_of(Plain(), 3)):  # type: ignore[misc]
            @classmethod
            def upgrade(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
                raise LookupError("no such customer")

        with pytest.raises(LookupError, match="no such customer"):
            unpacked(Menu, record(data={}), Living())

    async def test_what_an_upgrade_returns_must_fit(self):
        class Menu(flow_of(Plain(), 3)):  # type: ignore[misc]
            @classmethod
            def upgrade(cls, data: dict[str, Any], version: int) -> dict[str, Any]:
                return {"text": 7}

        with pytest.raises(FlowError, match="do not fit"):
            unpacked(Menu, record(data={}), Living())
