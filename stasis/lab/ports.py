"""The loopback ports of one lab: a block of 500 below the range the kernel gives to clients."""

from __future__ import annotations

import fcntl
import os
import socket
from collections.abc import Collection
from pathlib import Path

from attrs import frozen

from stasis.lab.fault import LabError

__all__ = ["EXAMPLE", "Ports", "choose", "closed", "hold", "release"]

FIRST, LAST, BLOCK = 12_000, 32_000, 500
DESKS = 4
FLAGS = os.O_RDONLY | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
# Not where labs are kept, nor what TMPDIR names: programs with other folders start labs on the
# same machine. Nothing is ever written into the locks.
FOLDER = Path("/tmp")  # noqa: S108
# The blocks that this process holds, with the descriptor of each lock.
HELD: dict[int, int] = {}


@frozen
class Ports:
    """Which port is for what.

    http: ARI and WebSockets (TCP). sip: UDP and TCP. ami: TCP. rtp: first and last UDP port.
    desks: UDP ports where Asterisk looks for desk1, desk2, …: a test answers there.
    https: the same as http over TLS, once the lab has a certificate (TCP); 0: never.
    """

    http: int
    sip: int
    ami: int
    rtp: tuple[int, int]
    desks: tuple[int, ...]
    https: int = 0


# The ports ari.conf.example and its companion files name.
EXAMPLE = Ports(8088, 5060, 5038, (10_000, 10_499), ())


def block(start: int) -> Ports:
    """The ports of the block that starts at `start`."""
    # Every other one: a phone may take the next one too, for SIP over TLS.
    desks = tuple(range(start + 10, start + 10 + 2 * DESKS, 2))
    return Ports(start, start + 1, start + 2, (start + 100, start + 499), desks, start + 3)


def choose(taken: Collection[int]) -> Ports:
    """A block whose ports are all free now. It is ours until `release`: Asterisk takes a moment to
    listen, and another process must not choose it meanwhile.

    taken: HTTP ports of labs that exist, whether or not they listen at this moment.

    Raises LabError when no block is free.
    """
    for start in range(FIRST, LAST, BLOCK):
        if start in taken or not hold(start):
            continue
        if not closed(block(start)):
            return block(start)
        release(block(start))
    raise LabError(f"no free block of {BLOCK} ports between {FIRST} and {LAST}; stop some labs")


def hold(start: int) -> bool:
    """Hold a block for this process alone, on the whole machine. Returns whether that worked."""
    if start in HELD:
        return False
    try:
        number = os.open(FOLDER / f"stasis-lab-{start}.lock", FLAGS, 0o666)
    except OSError:
        return True  # another user's: then only the look at the ports is left
    try:
        fcntl.flock(number, fcntl.LOCK_EX | fcntl.LOCK_NB)
    except OSError:
        os.close(number)
        return False
    HELD[start] = number
    return True


def release(ports: Ports) -> None:
    """Asterisk listens on them, or never will. One that is not held is fine."""
    number = HELD.pop(ports.http, None)
    if number is not None:
        os.close(number)


def closed(ports: Ports) -> list[int]:
    """Those of the ports that somebody else holds on 127.0.0.1."""
    stream, datagram = socket.SOCK_STREAM, socket.SOCK_DGRAM
    streams = (ports.http, ports.https, ports.ami, ports.sip)
    wanted = [(stream, each) for each in streams if each]
    wanted += [(datagram, each) for each in (ports.sip, *ports.desks)]
    wanted += [(datagram, each) for each in range(ports.rtp[0], ports.rtp[1] + 1)]
    return [port for kind, port in wanted if not bindable(kind, port)]


def bindable(kind: socket.SocketKind, port: int) -> bool:
    """Whether a server could listen there; a connection in TIME_WAIT does not count."""
    with socket.socket(socket.AF_INET, kind) as trial:
        if kind is socket.SOCK_STREAM:
            trial.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            trial.bind(("127.0.0.1", port))
        except OSError:
            return False
    return True
