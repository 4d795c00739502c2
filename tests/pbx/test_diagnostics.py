"""What is refused before anything is sent."""

from __future__ import annotations

from collections.abc import Awaitable, Callable

import pytest

from stasis.config import AmiConfig, AsteriskConfig, CliConfig
from stasis.pbx import BadValue, Needs, Pbx

# Nothing listens there: what is sent would end as Unavailable.
NOWHERE = AsteriskConfig(url="http://127.0.0.1:1/ari", ami=AmiConfig(port=1, username="me"))

CALLS: list[Callable[[Pbx, str], Awaitable[object]]] = [
    lambda pbx, bad: pbx.diagnostics.debug(1, module=bad),
    lambda pbx, bad: pbx.diagnostics.sip_on(host=bad),
    lambda pbx, bad: pbx.diagnostics.capture(host=bad),
    lambda pbx, bad: pbx.diagnostics.trace(module=bad),
    lambda pbx, bad: pbx.diagnostics.channel(bad),
    lambda pbx, bad: pbx.system.reload(module=bad),
    lambda pbx, bad: pbx.system.load(bad),
    lambda pbx, bad: pbx.system.unload(bad, confirm=True),
    lambda pbx, bad: pbx.system.restart(how=bad, confirm=True),  # type: ignore[arg-type]
    lambda pbx, bad: pbx.configuration.show(bad),
    lambda pbx, bad: pbx.metrics.asterisk(like=bad),
]


@pytest.mark.parametrize("call", CALLS)
@pytest.mark.parametrize(
    "bad", ["a\r\nb", "a\n", 'a"b', "a'b", "a,b", "a;b c", "a|b", "$(id)", "a b"]
)
async def test_what_would_mean_something_on_the_way_is_refused(
    call: Callable[[Pbx, str], Awaitable[object]], bad: str
):
    async with Pbx(NOWHERE) as pbx:
        with pytest.raises(BadValue):
            await call(pbx, bad)


@pytest.mark.parametrize("seconds", [0.0, -1.0, 3601.0, float("nan"), float("inf")])
async def test_nothing_stays_on_for_ever(seconds: float):
    async with Pbx(NOWHERE) as pbx:
        with pytest.raises(BadValue):
            await pbx.diagnostics.capture(seconds=seconds)


async def test_verbose_needs_ami():
    config = AsteriskConfig(cli=CliConfig(way="local"))
    async with Pbx(config) as pbx:
        with pytest.raises(Needs, match="only its own level"):
            await pbx.diagnostics.verbose(5)
