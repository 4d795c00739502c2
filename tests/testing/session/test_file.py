"""The session file: whole lines as things happen, a limit, and what a reader refuses."""

from __future__ import annotations

import stat
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from stasis.testing.session import file
from stasis.testing.session.file import (
    FORMAT,
    Came,
    End,
    Header,
    Sent,
    Session,
    SessionError,
    Writer,
)

HEADER = Header(stasis_session=FORMAT, server="east", apps=["ivr"])
LINES: list[file.Line] = [
    file.Opened(at=0.0),
    Came(at=0.5, event={"type": "StasisStart", "args": ["ä"]}),
    Sent(at=0.6, id=1, method="POST", path="/channels/1/answer", query=[("a", "b")], call="1"),
    file.Answered(at=0.7, id=1, seconds=0.1, status=204),
    file.Stepped(at=0.8, call="1", app="ivr", flow="Ivr", target="menu"),
]


Write = Callable[..., Writer]


@pytest.fixture
def path(tmp_path: Path) -> Path:
    return tmp_path / "s.jsonl"


@pytest.fixture
def written() -> Iterator[Write]:
    """Writes a file, and ends it after the test."""
    writers: list[Writer] = []

    def write(path: Path, limit: int = file.LIMIT) -> Writer:
        writers.append(writer := Writer(path, limit))
        writer.begin(HEADER)
        for line in LINES:
            writer.write(line)
        return writer

    yield write
    for writer in writers:
        writer.end(9.0, "stopped")


class TestWriting:
    def test_what_was_written_is_read(self, path: Path, written: Write) -> None:
        written(path).end(1.0, "stopped")
        session = Session.load(path)
        assert session.header == HEADER
        assert session.lines == [*LINES, End(at=1.0, reason="stopped")]
        assert (session.complete, session.seconds, session.mentioned()) == (True, 1.0, {"ivr"})

    def test_a_line_is_there_at_once(self, path: Path, written: Write) -> None:
        """A process that is killed closes nothing."""
        written(path)
        session = Session.load(path)
        assert session.lines == LINES
        assert not session.complete

    def test_nobody_else_may_read_it(self, path: Path, written: Write) -> None:
        written(path)
        assert stat.S_IMODE(path.stat().st_mode) == 0o600

    def test_a_file_that_is_there_is_not_written_over(self, path: Path) -> None:
        path.write_text("precious")
        with pytest.raises(SessionError, match="is there already"):
            Writer(path)
        assert path.read_text() == "precious"

    def test_a_folder_that_is_not_there_is_told(self, tmp_path: Path) -> None:
        with pytest.raises(SessionError, match="cannot be written: No such file"):
            Writer(tmp_path / "no" / "s.jsonl")

    def test_at_its_limit_it_ends_with_a_line_that_says_so(
        self, path: Path, written: Write
    ) -> None:
        writer = written(path, limit=1200)
        for number in range(100):
            writer.write(Came(at=float(number), event={"type": "X" * 30}))
        session = Session.load(path)
        assert path.stat().st_size <= 1200
        last = session.lines[-1]
        assert isinstance(last, End) and last.reason == "limit"
        assert len(session.lines) > len(LINES) + 1
        writer.end(200.0, "stopped")
        assert Session.load(path).lines == session.lines, "it has ended already"

    def test_a_full_disk_ends_the_file_and_raises_nothing(self, path: Path) -> None:
        writer = Writer(path)
        assert writer._file is not None
        writer._file.close()
        writer._file = open("/dev/full", "wb", buffering=0)
        writer.begin(HEADER)
        assert not writer.open
        writer.write(LINES[0])

    def test_one_in_which_nothing_passed_leaves_no_file(self, path: Path) -> None:
        writer = Writer(path)
        writer.begin(HEADER)
        writer.end(1.0, "Asterisk was not reached")
        assert not writer.open and not path.exists()


class TestReading:
    def test_a_last_line_that_was_cut_off_is_left_out(self, path: Path, written: Write) -> None:
        written(path)
        path.write_bytes(path.read_bytes()[:-20])
        assert Session.load(path).lines == LINES[:-1]

    def test_a_line_that_is_broken_in_the_middle_is_named(self, path: Path, written: Write) -> None:
        written(path)
        lines = path.read_text().splitlines()
        lines[2] = lines[2][:-5]
        path.write_text("\n".join(lines))
        with pytest.raises(SessionError, match="line 3"):
            Session.load(path)

    @pytest.mark.parametrize("text", ["", "{}", "hello", '{"stasis_session": "x"}', "[1]"])
    def test_what_is_no_session_is_refused(self, path: Path, text: str) -> None:
        path.write_text(text)
        with pytest.raises(SessionError, match="line 1: not the header of a session"):
            Session.load(path)

    def test_a_later_format_is_refused(self, path: Path) -> None:
        path.write_text(f'{{"stasis_session": {FORMAT + 1}}}\n')
        with pytest.raises(SessionError, match="or a later one"):
            Session.load(path)

    def test_a_file_that_is_not_there_is_told(self, path: Path) -> None:
        with pytest.raises(SessionError, match="cannot be read: No such file"):
            Session.load(path)
