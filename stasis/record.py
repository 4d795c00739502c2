"""A call's record: what a new process must know to go on with it. JSON, with a format version.

A flow's data are plain values and handles. A handle is written as its id, and read as the handle
of what lives now; what has gone meanwhile is a handle that says so. What a caller has entered is
written as its text; not what was entered in secret.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Callable
from typing import Any, Protocol, TypeVar

import attrs
import msgspec

from stasis.bridge import Bridge
from stasis.channel import Channel
from stasis.dialling import Dialling
from stasis.errors import FlowError
from stasis.flow import Flow
from stasis.recording import StoredRecording

__all__ = ["FORMAT", "Living", "Record", "packed", "unpacked"]

T = TypeVar("T")

# Of the record itself. One that is newer than ours cannot be read.
FORMAT = 1


class Record(msgspec.Struct, frozen=True, kw_only=True):
    """What is kept of a call.

    app: the Stasis application. flow, state: names; no state while it has not begun. token, entry,
    media: of its ids, see `Identity`. args: of its StasisStart. version: of the flow. data: the
    flow's, by field. id: of the channel that was made with it; Asterisk copies variables to the
    other end of a Local channel, and that is no call of ours. Empty in a record that was written
    later.
    """

    format: int = FORMAT
    app: str
    flow: str
    state: str
    token: str
    entry: int
    media: str
    args: tuple[str, ...] = ()
    version: int = 1
    data: dict[str, Any] | None = None
    id: str = ""

    @property
    def begun(self) -> bool:
        """Whether its flow has entered a state; one that was handed over has yet to."""
        return self.state != ""

    def encode(self) -> str:
        """As text of one line. DEL is the one control character that JSON would leave as it is."""
        return msgspec.json.encode(self).decode().replace("\x7f", "\\u007f")

    @classmethod
    def decode(cls, text: str) -> Record:
        """Raises FlowError when it is not a record, or one of a later format."""
        try:
            record = msgspec.json.decode(text, type=cls)
        except (msgspec.MsgspecError, UnicodeError, RecursionError) as error:
            raise FlowError(f"what was kept of the call cannot be read: {error}") from None
        if record.format > FORMAT:
            raise FlowError(
                f"what was kept of the call has format {record.format}; this stasis knows {FORMAT}"
            )
        return record


class Living(Protocol):
    """Finds the handle of what lives."""

    def channel(self, channel_id: str, *, gone: bool) -> Channel:
        """A channel's handle. gone: whether it had gone already when it was written down."""

    def bridge(self, bridge_id: str) -> Bridge:
        """A bridge's handle."""

    def dialling(self, told: dict[str, Any]) -> Dialling:
        """What had come of dialling."""

    def stored(self, name: str, format: str) -> StoredRecording:
        """A stored recording."""


def packed(data: object, flow: str) -> dict[str, Any]:
    """A flow's data by field, ready for JSON. Raises FlowError for what cannot be kept."""
    try:
        found = msgspec.to_builtins(data, enc_hook=written)
    except (TypeError, ValueError, RecursionError) as error:
        raise FlowError(
            f"{flow}.data{refused(data)} cannot be kept: {error}; use plain values, and handles of"
            " channels, bridges, diallings and stored recordings"
        ) from None
    if not isinstance(found, dict):
        raise FlowError(
            f"{flow}.data must be an instance of an attrs class or a dataclass,"
            f" not {type(data).__name__}"
        )
    return found


def unpacked(flow: type[Flow], record: Record, living: Living) -> Any:
    """The data of a new flow object, from what was kept of the call.

    Raises FlowError when it does not fit, and whatever the flow's `upgrade` raises.
    """
    if flow.data is None:
        return None
    fields = record.data
    if fields is None:
        raise FlowError("the flow has data now, and kept none")
    if record.version != flow.version:
        fields = flow.upgrade(dict(fields), record.version)
    try:
        return msgspec.convert(
            fields, type=type(flow.data), str_keys=True, dec_hook=reading(living)
        )
    except (msgspec.MsgspecError, TypeError, KeyError, ValueError) as error:
        raise FlowError(
            f"the data that were kept do not fit {flow.__name__}.data: {error}"
        ) from None


def refused(data: object) -> str:
    """The field that cannot be kept, such as `.number`; nothing when it is none alone."""
    for name in fields_of(data):
        try:
            msgspec.to_builtins(getattr(data, name), enc_hook=written)
        except (TypeError, ValueError, RecursionError):
            return f".{name}"
    return ""


def fields_of(data: Any) -> list[str]:
    """The names of the fields of an attrs class or a dataclass."""
    if attrs.has(type(data)):
        return [field.name for field in attrs.fields(type(data))]
    if dataclasses.is_dataclass(data):
        return [field.name for field in dataclasses.fields(data)]
    return []


def written(value: Any) -> Any:
    """A handle as what is written of it; a text that knows more as the text."""
    if isinstance(value, Channel):
        return {"channel": value.id, "gone": value.gone is not None}
    if isinstance(value, Bridge):
        return {"bridge": value.id}
    if isinstance(value, Dialling):
        return {"dialling": value.told()}
    if isinstance(value, StoredRecording):
        return {"stored": value.name, "format": value.format}
    if isinstance(value, str):
        if getattr(value, "secret", False):
            raise TypeError("it was entered in secret; keep what it has led to")
        return str(value)
    raise TypeError(f"{named(type(value))} is no plain value")


def reading(living: Living) -> Callable[[type, Any], Any]:
    """What `msgspec` calls for a field that is a handle."""

    def read(kind: type, told: Any) -> Any:
        if issubclass(kind, Channel):
            return living.channel(told["channel"], gone=told["gone"])
        if issubclass(kind, Bridge):
            return living.bridge(told["bridge"])
        if issubclass(kind, Dialling):
            return living.dialling(told["dialling"])
        if issubclass(kind, StoredRecording):
            return living.stored(told["stored"], told["format"])
        hint = ": declare the field as str" if issubclass(kind, str) else ""
        raise TypeError(f"{named(kind)} cannot be read{hint}")

    return read


def named(kind: type) -> str:
    """A type with its article."""
    name = kind.__name__
    return f"{'an' if name[0] in 'AEIOUaeiou' else 'a'} {name}"
