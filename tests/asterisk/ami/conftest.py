"""Real Asterisks whose manager interface has something to tell: a queue, mailboxes, conferences."""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Iterator

import pytest

from stasis.ami import Ami, AmiConfig
from stasis.lab.lab import Lab
from stasis.section import Secret

# What a lab leaves out, and these tests need.
MODULES = ("app_queue", "app_agent_pool", "app_voicemail.so", "cdr_manager", "cel_manager")
FILES = {
    "queues.conf": "[general]\n[support]\nstrategy = ringall\n",
    "agents.conf": "[general]\n[1001]\nfullname = Agent One\n",
    "voicemail.conf": "[general]\nformat = wav\n[default]\n2001 => 1234,Alice,alice@example.com\n"
    "2002 => 1234,Bob\n",
    "confbridge.conf": "[general]\n[default_user]\ntype = user\n[default_bridge]\ntype = bridge\n",
    "res_parking.conf": "[general]\n[default]\nparkext => 700\nparkpos => 701-720\n"
    "context => parkedcalls\n",
    "features.conf": "[general]\n[featuremap]\natxfer => *3\n",
    "cdr.conf": "[general]\nenable = yes\n",
    "cdr_manager.conf": "[general]\nenabled = yes\n",
}
# A user who hears calls and reports, and may do little.
READER = ("reader", "reader-change-me")


def equip(lab: Lab) -> None:
    """Give a lab what there is to be asked about, and a second user."""
    modules = (lab.etc / "modules.conf").read_text("utf-8").splitlines()
    wanted = [line for line in modules if not any(each in line for each in MODULES)]
    lab.write("modules.conf", "\n".join([*wanted, "noload = app_voicemail_odbc.so", ""]))
    for name, text in FILES.items():
        lab.write(name, text)
    plain = (lab.etc / "manager.conf").read_text("utf-8")
    name, secret = READER
    lab.write(
        "manager.conf", f"{plain}\n[{name}]\nsecret = {secret}\nread = call\nwrite = reporting\n"
    )
    lab.restart()


@pytest.fixture(scope="session", params=["22", "16"])
def pbx(request: pytest.FixtureRequest) -> Iterator[Lab]:
    """A real Asterisk of its own, 22 and then 16: these tests restart and reload it."""
    lab = Lab.up(request.param, f"ami-{request.param}-{os.getpid()}")
    try:
        equip(lab)
        yield lab
    finally:
        lab.down()


@pytest.fixture
def config(pbx: Lab) -> AmiConfig:
    """How it is reached."""
    return AmiConfig(
        port=pbx.ami_port,
        username=pbx.username,
        secret=Secret(pbx.password),
        backoff_min=0.05,
        backoff_max=0.2,
    )


@pytest.fixture
async def ami(config: AmiConfig) -> AsyncIterator[Ami]:
    """A client that is logged in; every call is gone after the test."""
    async with Ami(config) as client:
        yield client
        if client.state.value == "ready":
            await client.action("Hangup", channel="/^.*/")
