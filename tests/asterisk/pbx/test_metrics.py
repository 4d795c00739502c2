"""Prometheus: what the real servers count, what we count, and that the section scrapes both."""

from __future__ import annotations

import importlib
import socket
from collections.abc import Callable
from typing import Any

import pytest

from stasis.config import AsteriskConfig, HttpConfig
from stasis.health import health
from stasis.http import serve
from stasis.metrics import Metrics
from stasis.pbx import Needs, Pbx, Unavailable
from stasis.section import Secret
from tests.asterisk.pbx.alone import alone
from tests.asterisk.pbx.conftest import Office

yaml: Any = importlib.import_module("yaml")
PROMETHEUS = {"prometheus.conf": "[general]\nenabled = yes\nuri = metrics\n"}


@pytest.mark.things("metrics.stasis", "metrics.check", "metrics.scrape_config")
async def test_both_are_scraped_by_the_section(office: Office):
    config = HttpConfig(port=0, health="on")
    async with (
        alone(office, "metrics", PROMETHEUS, "res_prometheus") as server,
        serve(config, [], health=health({}, Metrics())) as port,
        Pbx(server.config()) as pbx,
    ):
        assert port is not None
        section = yaml.safe_load(await pbx.metrics.scrape_config(stasis=f"127.0.0.1:{port}"))
        ours = await pbx.metrics.stasis(port=port)
        assert "process_open_fds" in {each.name for each in ours}
        checked = {each.job: each for each in await pbx.metrics.check(port=port)}
        assert checked["stasis"].up and checked["stasis"].samples == len(ours)
        # 16 as Debian has it lacks the module.
        assert checked["asterisk"].up == (office.version == "22")
        assert bool(checked["asterisk"].text) == (office.version == "16")
        for each in section["scrape_configs"]:
            (target,) = each["static_configs"][0]["targets"]
            assert f"http://{target}{each['metrics_path']}" == checked[each["job_name"]].url


@pytest.mark.things("metrics.asterisk")
async def test_what_asterisk_counts(office: Office, needs: Callable[[Needs], None]):
    async with (
        alone(office, "metrics", PROMETHEUS, "res_prometheus") as server,
        Pbx(server.config()) as pbx,
    ):
        if office.version == "16":
            with pytest.raises(Needs, match="res_prometheus.so") as caught:
                await pbx.metrics.asterisk()
            needs(caught.value)
            return
        (calls,) = await pbx.metrics.asterisk(like="asterisk_calls_count")
        assert calls.value == 0 and calls.kind == "gauge"
        before = await pbx.system.uptime()
        (told,) = await pbx.metrics.asterisk(like="asterisk_core_uptime")
        after = await pbx.system.uptime()
        assert before.seconds - 1 <= told.value <= after.seconds + 1


@pytest.mark.things("metrics.stasis")
async def test_where_nothing_listens_it_says_so():
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        port = free.getsockname()[1]
    config = AsteriskConfig(url="http://127.0.0.1:1/ari", password=Secret("x"))
    async with Pbx(config) as pbx:
        with pytest.raises(Unavailable, match="a program of stasis does not answer there"):
            await pbx.metrics.stasis(port=port)
