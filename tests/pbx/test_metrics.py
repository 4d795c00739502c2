"""Prometheus' text format read, and the section that scrapes it."""

from __future__ import annotations

import importlib
from typing import Any

import pytest

from stasis.config import AsteriskConfig
from stasis.pbx import BadValue, Pbx, Refused
from stasis.pbx.metrics import netloc, picked

TEXT = """# HELP asterisk_calls_count Current call count.
# TYPE asterisk_calls_count gauge
asterisk_calls_count{eid="02:fc",channel_type="PJSIP"} 2
# HELP asterisk_core_uptime_seconds Uptime.
# TYPE asterisk_core_uptime_seconds gauge
asterisk_core_uptime_seconds 10.5
"""
yaml: Any = importlib.import_module("yaml")


def test_numbers_have_labels_and_a_kind():
    (calls,) = picked(TEXT, "calls")
    assert (calls.name, calls.value, calls.kind) == ("asterisk_calls_count", 2.0, "gauge")
    assert calls.labels == {"eid": "02:fc", "channel_type": "PJSIP"}
    assert len(picked(TEXT, "")) == 2


def test_another_text_is_refused():
    with pytest.raises(Refused, match="text format"):
        picked("<html>{</html>", "")


@pytest.mark.parametrize(
    ("url", "target"),
    [
        ("http://127.0.0.1:8088/ari", "127.0.0.1:8088"),
        ("https://pbx.example.com/ari", "pbx.example.com:443"),
        ("http://[::1]:8088/ari", "[::1]:8088"),
    ],
)
async def test_the_section_is_yaml_with_both_jobs(url: str, target: str):
    config = AsteriskConfig(url=url)
    assert netloc(config) == target
    async with Pbx(config) as pbx:
        found = yaml.safe_load(await pbx.metrics.scrape_config(stasis="app.example.com:8080"))
    jobs = {each["job_name"]: each for each in found["scrape_configs"]}
    assert jobs["asterisk"]["static_configs"] == [{"targets": [target]}]
    assert jobs["asterisk"]["scheme"] == url.partition(":")[0]
    assert jobs["stasis"]["static_configs"] == [{"targets": ["app.example.com:8080"]}]


@pytest.mark.parametrize("stasis", ['x:1"]\n- x', "x", "x:1 y", "$(id):1", "x:1;", 'x":1'])
async def test_nothing_else_gets_into_it(stasis: str):
    async with Pbx(AsteriskConfig()) as pbx:
        with pytest.raises(BadValue):
            await pbx.metrics.scrape_config(stasis=stasis)
