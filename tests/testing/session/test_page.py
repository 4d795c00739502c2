"""The page: whole in itself, with a policy that lets nothing else run, and nothing from outside in."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path

import pytest

from stasis.testing.session import file
from stasis.testing.session.file import Came, Header, Session
from stasis.testing.session.page import page
from stasis.testing.session.timeline import Timeline

OFFICE = Path(__file__).parent.parent / "sessions" / "office-22.jsonl"
EVIL = "</script><img src=x onerror=alert(1)>\"'&<b>"


class Reader(HTMLParser):
    """A page's tags with their attributes, and the text of its scripts and styles."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.inner: list[tuple[str, dict[str, str | None], str]] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in ("meta", "input"):
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag, "every element ends where it should"

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] in ("script", "style"):
            self.inner.append((self.open[-1], self.tags[-1][1], data))

    def script(self, kind: str | None = None) -> str:
        (text,) = [
            text
            for tag, attributes, text in self.inner
            if tag == "script" and attributes.get("type") == kind
        ]
        return text


def evil() -> Session:
    """A session in which every text is an attack."""
    channel = {"id": EVIL, "name": EVIL, "caller": {"name": EVIL, "number": EVIL}}
    playback = {"id": "p", "media_uri": EVIL, "target_uri": f"channel:{EVIL}"}
    return Session(
        Path(f"{EVIL}.jsonl"),
        Header(stasis_session=1, server=EVIL, started=EVIL, apps=[EVIL], masked=[EVIL]),
        [
            file.Opened(at=0.0),
            Came(at=0.5, event={"type": EVIL, "application": EVIL, "channel": channel}),
            Came(at=0.6, event={"type": "PlaybackStarted", "playback": playback}),
            Came(at=0.7, event={"type": "ChannelDtmfReceived", "digit": EVIL, "channel": channel}),
            file.Stepped(at=1.0, call=EVIL, app=EVIL, flow=EVIL, target=EVIL),
            file.Sent(at=1.1, id=1, method=EVIL, path=EVIL, query=[(EVIL, EVIL)], call=EVIL),
            file.Lost(at=2.0, reason=EVIL),
        ],
    )


@pytest.fixture(scope="module")
def office() -> Reader:
    return Reader(page(Timeline.of(Session.load(OFFICE))))


class TestPolicy:
    @pytest.mark.parametrize("session", [Session.load(OFFICE), evil()], ids=["office", "evil"])
    def test_its_own_style_and_script_run_and_nothing_else(self, session: Session) -> None:
        read = Reader(page(Timeline.of(session)))
        (policy,) = [
            each["content"] or ""
            for tag, each in read.tags
            if tag == "meta" and each.get("http-equiv") == "Content-Security-Policy"
        ]
        assert "default-src 'none'" in policy and "unsafe" not in policy
        (style,) = [text for tag, _, text in read.inner if tag == "style"]
        for text in (style, read.script()):
            digest = base64.b64encode(hashlib.sha256(text.encode()).digest()).decode()
            assert f"'sha256-{digest}'" in policy
        assert policy.count("sha256-") == 2

    @pytest.mark.parametrize("session", [Session.load(OFFICE), evil()], ids=["office", "evil"])
    def test_nothing_is_loaded_and_no_handler_is_inline(self, session: Session) -> None:
        for tag, attributes in Reader(page(Timeline.of(session))).tags:
            assert tag not in ("img", "link", "iframe", "object", "embed", "base", "b ")
            for name in attributes:
                assert not name.startswith("on") and name not in ("src", "href", "style")


class TestWhatComesFromOutside:
    def test_it_is_text_wherever_it_stands(self) -> None:
        text = page(Timeline.of(evil()))
        assert EVIL not in text
        read = Reader(text)
        assert not [tag for tag, _ in read.tags if tag == "img"]
        assert any(attributes.get("title") == EVIL for _, attributes in read.tags)

    def test_in_the_details_too(self) -> None:
        read = Reader(page(Timeline.of(evil())))
        details = json.loads(read.script("application/json"))
        assert any(
            EVIL in json.dumps(line, ensure_ascii=False).replace('\\"', '"') for _, line in details
        )


class TestWhatIsShown:
    def test_every_item_has_its_details(self, office: Reader) -> None:
        details = json.loads(office.script("application/json"))
        numbers = [int(str(a["data-item"])) for _, a in office.tags if "data-item" in a]
        assert sorted(numbers) == list(range(len(details)))
        assert any("PlaybackStarted sound:demo-instruct" in title for title, _ in details)

    def test_every_item_can_be_reached_and_says_what_it_is(self, office: Reader) -> None:
        items = [attributes for _, attributes in office.tags if "data-item" in attributes]
        assert items
        for attributes in items:
            assert attributes["role"] == "button"
            assert attributes["tabindex"] == "-1", "arrow keys lead to it"
            assert attributes["aria-label"]

    def test_a_call_can_be_chosen(self, office: Reader) -> None:
        values = [attributes.get("value") for tag, attributes in office.tags if tag == "option"]
        assert values == ["", "1795973737.8", "1795973739.9"]
        lanes = [json.loads(str(a["data-calls"])) for _, a in office.tags if "data-calls" in a]
        assert ["1795973737.8"] in lanes

    def test_what_the_script_looks_for_is_there(self, office: Reader) -> None:
        script = office.script()
        ids = {str(attributes["id"]) for _, attributes in office.tags if "id" in attributes}
        assert set(re.findall(r'getElementById\("(\w+)"\)', script)) <= ids
        classes = {name for _, a in office.tags for name in str(a.get("class") or "").split()}
        assert {"item", "lane", "axis", "name", "fine"} <= classes

    def test_nothing_lies_outside_of_the_chart(self, office: Reader) -> None:
        places = [
            float(str(attributes["x"]).removesuffix("%"))
            for tag, attributes in office.tags
            if tag == "svg" and str(attributes.get("x", "")).endswith("%")
        ]
        assert places and all(0 <= place <= 100 for place in places)

    def test_an_empty_session_is_a_page_too(self) -> None:
        empty = Session(Path("s.jsonl"), Header(stasis_session=1))
        assert "<h1>s.jsonl" in page(Timeline.of(empty))
