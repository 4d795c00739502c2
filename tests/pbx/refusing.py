"""What no argument may be: each of these would mean something on the way."""

from __future__ import annotations

from typing import Any, cast

from stasis.ami import Ami
from stasis.ari import Ari
from stasis.ari.resource import Request, Response
from stasis.config import AsteriskConfig
from stasis.pbx import Pbx
from tests.pbx.fake_ami import FakeAmi

EVIL = (
    "a\r\nAction: Command",
    "a\n",
    "\x00",
    'a"b',
    "a,b",
    "a;b",
    "a|b",
    "$(id)",
    "${SHELL(id)}",
    "`id`",
    "a\\b",
    "../a",
    "",
    "a" * 500,
)


async def nothing(request: Request) -> Response:
    """ARI that must not be asked."""
    raise AssertionError(f"{request.method} {request.path} was sent")


def unasked() -> tuple[Pbx, Any]:
    """A PBX, and its manager interface that keeps what it was asked."""
    ami = FakeAmi({})
    return Pbx(AsteriskConfig(), ami=cast(Ami, ami), ari=Ari(nothing)), ami
