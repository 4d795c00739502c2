"""Free ports, in blocks that do not meet."""

import socket
import subprocess
import sys
from collections.abc import Iterator
from urllib.parse import urlsplit

import pytest

from stasis.config import Config
from stasis.lab import ports
from stasis.lab.fault import LabError


@pytest.fixture(autouse=True)
def nothing_is_held() -> Iterator[None]:
    """No test leaves a block held for the others."""
    yield
    for start in list(ports.HELD):
        ports.release(ports.block(start))


def numbers(found: ports.Ports) -> list[int]:
    """Every port of a lab."""
    rtp = range(found.rtp[0], found.rtp[1] + 1)
    return [found.http, found.https, found.sip, found.ami, *found.desks, *rtp]


def test_the_ports_of_a_lab_are_all_different_and_free() -> None:
    found = ports.choose(())
    assert len(set(numbers(found))) == len(numbers(found))
    assert ports.closed(found) == []


def test_they_lie_below_the_range_that_clients_get() -> None:
    last = ports.block(ports.LAST - ports.BLOCK)
    assert max(numbers(last)) < 32_768


def test_blocks_of_other_labs_are_left_alone_even_while_nothing_listens_there() -> None:
    first = ports.choose(())
    second = ports.choose({first.http})
    assert not set(numbers(first)) & set(numbers(second))


@pytest.mark.parametrize("kind", [socket.SOCK_STREAM, socket.SOCK_DGRAM])
def test_a_block_with_one_port_taken_is_not_chosen(kind: socket.SocketKind) -> None:
    first = ports.choose(())
    with socket.socket(socket.AF_INET, kind) as other:
        other.bind(("127.0.0.1", first.sip))
        if kind is socket.SOCK_STREAM:
            other.listen()
        assert ports.closed(first) == [first.sip]
        ports.release(first)
        assert ports.choose(()) != first


def test_a_block_is_held_until_asterisk_listens() -> None:
    first = ports.choose(())
    assert ports.choose(()) != first, "this process is about to start a lab there"
    ports.release(first)
    # A block below it may have become free meanwhile: labs of others come and go.
    assert ports.choose(range(ports.FIRST, first.http, ports.BLOCK)) == first


def test_another_process_does_not_choose_what_is_held() -> None:
    first = ports.choose(())
    other = "from stasis.lab import ports; print(ports.choose(()).http)"
    asked = [sys.executable, "-c", other]
    assert subprocess.run(asked, capture_output=True, text=True).stdout != f"{first.http}\n"


def test_no_free_block_is_an_error_that_says_where_it_looked() -> None:
    everything = range(ports.FIRST, ports.LAST, ports.BLOCK)
    with pytest.raises(LabError, match="between 12000 and 32000"):
        ports.choose(everything)


def test_the_examples_ports_are_the_defaults_of_the_configuration() -> None:
    assert urlsplit(Config().asterisk.url).port == ports.EXAMPLE.http
