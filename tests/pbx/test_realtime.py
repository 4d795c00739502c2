"""What realtime refuses before anything is sent."""

from __future__ import annotations

import pytest

from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Pbx


@pytest.mark.parametrize(
    ("family", "column", "value"),
    [
        ("ps endpoints", "id", "carol"),
        ("ps_endpoints", "id LIKE", "%"),
        ("ps_endpoints", "id'", "carol"),
        ("ps_endpoints", "id", "carol bob"),
        ("ps_endpoints", "id", '"carol"'),
        ("ps_endpoints", "id", "'; DROP TABLE ps_endpoints; --"),
        ("ps_endpoints", "id", "carol\n"),
        ("", "id", "carol"),
    ],
)
async def test_what_would_mean_something_on_the_command_line_or_in_sql(
    family: str, column: str, value: str
):
    async with Pbx(AsteriskConfig()) as pbx:
        with pytest.raises(BadValue):
            await pbx.realtime.row(family, column, value)
