"""What is written of a session, and that no call notices it."""

from __future__ import annotations

import asyncio
import json
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path
from typing import Any

import pytest

from stasis import Channel
from stasis.ari.resource import Request, Response
from stasis.config import Config, load
from stasis.errors import OutcomeUnknown
from stasis.link import Link
from stasis.program import Program
from stasis.testing.clock import virtual_time
from stasis.testing.session import file
from stasis.testing.session.arrivals import ACTING_TURNS
from stasis.testing.session.file import Session, SessionError
from stasis.testing.session.script import TOGETHER
from stasis.testing.session.tap import (
    Masking,
    SessionTap,
    SessionTaps,
    secrets_of,
)
from stasis.transport.frames import Lost, Opened
from tests.server import Server
from tests.testing.session.office import Office
from tests.testing.session.recorded import PASSWORD, Recorded


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.jsonl"


def text(path: Path) -> str:
    """The file as it is."""
    return path.read_text("utf-8")


def forget(path: Path) -> None:
    """The file is not there, if it was."""
    path.unlink(missing_ok=True)


def sessions(folder: Path) -> dict[str, Session]:
    """The files of a folder, by name."""
    return {path.name: Session.load(path) for path in sorted(folder.iterdir())}


def kinds(session: Session) -> list[str]:
    """The lines that a call has made, without the engine's own."""
    found = []
    for line in session.lines:
        if isinstance(line, file.Sent) and line.call and "STASIS_FLOW" not in str(line.query):
            found.append(f"{line.method} {line.operation} in {line.state}")
        elif isinstance(line, file.Came) and line.event.get("type") != "ChannelUserevent":
            found.append(str(line.event["type"]))
        elif isinstance(line, file.Stepped):
            found.append(f"-> {line.target or 'over'}")
    return found


@virtual_time
async def entered(path: Path, masking: Masking | None = None) -> None:
    """Somebody calls, chooses the first point, and types a PIN."""
    server = Server()
    async with Recorded(server, Office, path, masking) as process:
        call = await server.calls()
        await server.digit(call, "1")
        await asyncio.sleep(1)
        for digit in "4711":
            await server.digit(call, digit)
        assert process.runner(call).state == "account"
        await server.hangs_up(call)


class TestWhatIsWritten:
    def test_events_requests_and_states_in_their_order(self, path: Path) -> None:
        entered(path)
        session = Session.load(path)
        assert kinds(session)[:7] == [
            "StasisStart",
            "-> menu",
            "POST channels.answer in menu",
            "ChannelStateChange",
            "POST channels.play_with_id in menu",
            "PlaybackStarted",
            "ChannelDtmfReceived",
        ]
        assert kinds(session)[-1] == "-> over"
        assert session.complete

    def test_each_request_has_its_answer_and_its_time(self, path: Path) -> None:
        entered(path)
        lines = Session.load(path).lines
        sent = {line.id for line in lines if isinstance(line, file.Sent)}
        answered = {line.id for line in lines if isinstance(line, file.Answered)}
        assert sent == answered
        times = [line.at for line in lines if not isinstance(line, file.Hidden)]
        assert times == sorted(times)
        assert times[-1] >= 1.0, "the caller took a second"

    async def test_what_comes_before_anybody_can_act_on_it_came_together(self, path: Path) -> None:
        """Each of these takes the machine longer than what is taken together otherwise."""
        tap = SessionTap(path)
        tap.attach(Link(Config(), {"office": Program.of(Office)}))

        def frame(name: str) -> bytes:
            event = {"type": "BridgeDestroyed", "application": "office", "bridge": {"id": name}}
            return json.dumps(event).encode()

        async def frames() -> AsyncIterator[bytes]:
            yield frame("first")
            time.sleep(2 * TOGETHER)  # noqa: ASYNC251
            yield frame("read with it")
            await asyncio.sleep(0)
            time.sleep(2 * TOGETHER)  # noqa: ASYNC251
            yield frame("read at once after it")
            for _ in range(2 * ACTING_TURNS):
                await asyncio.sleep(0)
            time.sleep(2 * TOGETHER)  # noqa: ASYNC251
            yield frame("later")
            tap.stopping("drain")
            yield frame("after something else")

        async with aclosing(tap.frames(frames())) as items:  # type: ignore[type-var]
            assert [type(item) async for item in items] == [bytes] * 5
        tap.close()
        lines = Session.load(path).lines
        first, *rest = (line.at for line in lines if isinstance(line, file.Came))
        assert rest[:2] == [first, first] and first < rest[2] < rest[3]

    def test_the_header_says_what_is_masked(self, path: Path) -> None:
        entered(path)
        header = Session.load(path).header
        assert header.apps == ["ivr"]
        assert header.keep == "variable"
        assert {"secrets", "numbers", "entries"} <= set(header.masked)

    def test_signs_of_life_are_left_out(self, path: Path) -> None:
        entered(path)
        assert "STASIS_LEASE" not in text(path)

    @virtual_time
    async def test_a_gap_is_told(self, path: Path) -> None:
        server = Server()
        async with Recorded(server, Office, path) as process:
            await process.deaf()
            await process.hears()
        lines = Session.load(path).lines
        socket = [line for line in lines if isinstance(line, (file.Opened, file.Lost))]
        assert [type(line).__name__ for line in socket] == ["Opened", "Lost", "Opened"]

    @virtual_time
    async def test_an_answer_that_does_not_come_is_told(self, path: Path) -> None:
        server = Server()
        server.lose = ("POST /channels/c1/answer",)
        async with Recorded(server, Office, path):
            await server.calls()
        errors = [
            line.error for line in Session.load(path).lines if isinstance(line, file.Answered)
        ]
        assert "unknown" in errors


class TestMasked:
    def test_a_pin_is_written_as_other_digits(self, path: Path) -> None:
        for masking in (None, Masking(entries=False), Masking(people=False, entries=False)):
            path.unlink(missing_ok=True)
            entered(path, masking)
            lines = Session.load(path).lines
            digits = [
                line.event["digit"]
                for line in lines
                if isinstance(line, file.Came) and "digit" in line.event
            ]
            assert "".join(digits) == "10000", "a key of the menu is no entry"

    @virtual_time
    async def test_another_entry_is_kept_if_so_wished(self, path: Path) -> None:
        async def asks(channel: Channel) -> None:
            await channel.ask(digits=3)

        for masking, typed in ((Masking(), "000"), (Masking(entries=False), "123")):
            forget(path)
            server = Server()
            async with Recorded(server, asks, path, masking):
                call = await server.calls()
                for digit in "123":
                    await server.digit(call, digit)
            assert [
                line.event["digit"]
                for line in Session.load(path).lines
                if isinstance(line, file.Came) and "digit" in line.event
            ] == list(typed)

    def test_the_caller_is_nowhere_in_the_file(self, path: Path) -> None:
        entered(path)
        assert "PJSIP/100" not in text(path)
        assert "PJSIP/001-" in text(path)

    def test_unless_people_are_kept(self, path: Path) -> None:
        entered(path, Masking(people=False))
        assert "PJSIP/100-" in text(path)

    @virtual_time
    async def test_a_configured_password_is_nowhere(self, path: Path) -> None:
        async def tells(channel: Channel) -> None:
            await channel.set_variable("NOTE", f"it is {PASSWORD}")

        server = Server()
        async with Recorded(server, tells, path, Masking(people=False)):
            await server.calls()
        assert PASSWORD not in text(path)
        assert "it is ***" in text(path)

    def test_secrets_are_found_in_every_section(self, tmp_path: Path) -> None:
        (tmp_path / "stasis.toml").write_text(
            '[asterisk]\npassword = "one"\n[listen]\npassword = "two"\n[plugin.x]\napi_key = "three"'
        )
        config = load(tmp_path / "stasis.toml", {})
        assert {"one", "two", "three"} <= set(secrets_of(config))


class TestNoCallNotices:
    @virtual_time
    async def test_a_file_that_is_full(self, path: Path) -> None:
        server = Server()
        async with Recorded(server, Office, path, limit=2_000) as process:
            call = await server.calls()
            assert process.runner(call).state == "menu"
        last = Session.load(path).lines[-1]
        assert isinstance(last, file.End) and last.reason == "limit"

    @virtual_time
    async def test_a_line_that_cannot_be_written(
        self, path: Path, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        server = Server()
        process = Recorded(server, Office, path)
        async with process:

            def broken(line: Any) -> None:
                raise RuntimeError("seeded")

            monkeypatch.setattr(process.tap.writer, "write", broken)
            call = await server.calls()
            assert process.runner(call).state == "menu"

    @virtual_time
    async def test_what_was_raised_is_raised(self, path: Path) -> None:
        async def send(request: Request) -> Response:
            raise OutcomeUnknown("GET", "/x", "seeded")

        tap = SessionTap(path)
        Link(Config(), {}, send=send, tap=tap)
        with pytest.raises(OutcomeUnknown, match="seeded"):
            await tap.send(send)(Request("GET", "/x"))
        tap.close()

    @virtual_time
    async def test_frames_pass_as_they_are(self, path: Path) -> None:
        async def nothing(_: str = "") -> None: ...

        items = [Opened(nothing, nothing), b"\xff no JSON", b'{"type": "X"}', Lost("cut", 1.0)]

        async def source() -> Any:
            for item in items:
                yield item

        tap = SessionTap(path)
        Link(Config(), {}, tap=tap)
        assert [item async for item in tap.frames(source())] == items
        tap.close()
        (unread,) = [
            line.unread
            for line in Session.load(path).lines
            if isinstance(line, file.Came) and line.unread
        ]
        assert unread == len(items[1])  # type: ignore[arg-type]

    @virtual_time
    async def test_an_answer_over_the_socket_is_written_once(self, path: Path) -> None:
        frame = json.dumps({"type": "RESTResponse", "message_body": "x"}).encode()

        async def source() -> Any:
            yield frame

        tap = SessionTap(path)
        Link(Config(), {}, tap=tap)
        assert [item async for item in tap.frames(source())] == [frame]
        tap.stopping("stop")
        tap.close()
        assert "RESTResponse" not in text(path)


class TestSeveralServers:
    @virtual_time
    async def test_each_has_a_file_of_its_own(self, tmp_path: Path) -> None:
        taps = SessionTaps(tmp_path / "s.jsonl", Masking(), several=True)
        made = [taps(name) for name in ("east", "west", "east")]
        for tap in made:
            Link(Config(), {"x": Program.of(Office)}, tap=tap).stop()
        taps.close()
        found = sessions(tmp_path)
        assert list(found) == ["s-east-2.jsonl", "s-east.jsonl", "s-west.jsonl"]
        assert all(session.complete for session in found.values())

    def test_a_file_that_is_there_is_refused_before_anything_runs(self, path: Path) -> None:
        path.touch()
        with pytest.raises(SessionError, match="is there already"):
            SessionTaps(path, Masking())("asterisk")
