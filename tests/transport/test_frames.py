"""The seam in: what a source of frames may yield."""

from __future__ import annotations

from stasis.transport.frames import Lost, Opened


async def write(text: str) -> None:
    """Write nothing."""


async def close() -> None:
    """Close nothing."""


def test_an_opened_socket_can_be_written_and_closed():
    opened = Opened(write, close)
    assert opened.write is write and opened.close is close


def test_it_yields_its_frames_unless_it_says_that_it_can_push_them():
    assert Opened(write, close).push is None


def test_its_repr_is_short():
    assert repr(Opened(write, close)) == "Opened()"


def test_a_lost_one_says_why_and_when_it_is_tried_again():
    lost = Lost("Asterisk closed the socket: 1001", 0.5)
    assert (lost.reason, lost.retry_in) == ("Asterisk closed the socket: 1001", 0.5)
