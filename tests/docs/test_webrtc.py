"""docs/webrtc.md names every key of the configuration, and every message of the feed."""

from __future__ import annotations

import re
import tomllib

from stasis_webrtc.config import WebrtcConfig
from stasis_webrtc.feed import PhoneFeed

from stasis.section import described, section
from tests.docs.pages import DOCS, ROOT, blocks, table

PAGE = DOCS / "webrtc.md"
TEXT = PAGE.read_text("utf-8")
# What is told of the defaults that are secrets.
SECRETS = {"database": '"sqlite:///webrtc.db"', "turn_secret": '""'}


def test_every_key_stands_there_with_its_default() -> None:
    for name, default, what in described(WebrtcConfig):
        assert f"| `{name}` | `{SECRETS.get(name, default)}` | {what} |" in TEXT


def test_its_table_is_right() -> None:

    (block,) = [each for each in blocks(PAGE, "toml") if each.lines[0] == "# stasis.toml"]
    config = section(WebrtcConfig, tomllib.loads(block.text)["plugin"]["webrtc"], "")
    config.check()
    assert config.rules().dial("+4930123456") == "PJSIP/+4930123456@trunk"


def test_every_message_of_the_feed_stands_there() -> None:
    source = (ROOT / "apps" / "stasis_webrtc" / "feed.py").read_text("utf-8")
    told = set(re.findall(r'(?:_to_user|_to_session|tell)\((?:[\w.]+, )?"(\w+)"', source))
    assert len(told) > 8 and PhoneFeed
    rows = table(PAGE, "## The API")
    named = {name for row in rows for name in re.findall(r"`(\w+)`", row[0])}
    assert named == told | {"snapshot"}
