"""An error of the lab names what is missing and the command that brings it."""

from stasis.errors import StasisError
from stasis.lab.fault import LabError, LabUnavailable, PhoneError


def test_what_is_missing_is_listed_with_the_command() -> None:
    error = LabUnavailable("package sox", "package baresip", command="apt-get install sox baresip")
    assert str(error).splitlines() == [
        "no lab can run here:",
        "  - package sox",
        "  - package baresip",
        "install it with: apt-get install sox baresip",
    ]
    assert error.missing == ("package sox", "package baresip")


def test_without_a_command_none_is_told() -> None:
    assert "install it with" not in str(LabUnavailable("a docker daemon"))


def test_every_error_of_the_lab_is_a_lab_error_and_ours() -> None:
    assert issubclass(LabError, StasisError)
    assert issubclass(LabUnavailable, LabError)
    assert issubclass(PhoneError, LabError)
