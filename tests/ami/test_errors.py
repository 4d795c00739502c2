"""An error's meaning is read from Asterisk's own words."""

from __future__ import annotations

import pytest

from stasis.ami import errors
from stasis.errors import StasisError


@pytest.mark.parametrize(
    ("message", "kind"),
    [
        ("Permission denied", errors.PermissionDenied),
        ("Invalid/unknown command: X. Use Action: ListCommands …", errors.UnknownAction),
        ("No such channel", errors.NoSuch),
        ("Database entry not found", errors.NoSuch),
        ("Channel does not exist: x", errors.NoSuch),
        ("Unable to remove interface: Not there", errors.NoSuch),
        ("No Channel by that name found in Conference.", errors.NoSuch),
        ("Transfer invalid", errors.ActionFailed),
        ("", errors.ActionFailed),
    ],
)
def test_a_message_has_a_meaning(message: str, kind: type[errors.ActionFailed]) -> None:
    error = errors.failed("Act", message)
    assert type(error) is kind and isinstance(error, StasisError)
    assert str(error).startswith("Act: ")


def test_a_failed_command_tells_what_it_printed() -> None:
    error = errors.failed("Command", "Command output follows", ["No such command 'x'"])
    assert error.output == ("No such command 'x'",) and "No such command" in str(error)


def test_every_error_is_in_the_tree() -> None:
    for name in errors.__all__:
        kind = getattr(errors, name)
        if isinstance(kind, type):
            assert issubclass(kind, errors.AmiError) and name in (errors.__doc__ or "")
