"""Requests that a simulated Asterisk refuses because a test has said so.

One that has hit nothing is a mistake of the test: it would pass, and show nothing.
"""

from __future__ import annotations

import difflib
import json
import re
from http import HTTPStatus

from attrs import define, field

from stasis.ari.resource import Response
from stasis.errors import StasisError

__all__ = ["NeverRefused", "Refusals"]


class NeverRefused(AssertionError):
    """A request that the test has had refused was never sent."""


@define
class Refusal:
    """Requests whose whole line matches are answered so. times: how often yet; -1 for always."""

    pattern: re.Pattern[str]
    response: Response
    times: int
    hits: int = 0


@define
class Refusals:
    """What is refused, in the order in which it was said. lines: of the requests, each once."""

    said: list[Refusal] = field(factory=list)
    lines: dict[str, None] = field(factory=dict)

    def add(self, line: str, status: int, message: str, times: int) -> None:
        """Refuse requests; parameters as of `Asterisk.refuse`.

        Raises StasisError when the line is no regular expression or the status no refusal.
        """
        try:
            pattern = re.compile(line)
        except re.error as error:
            raise StasisError(f"refuse({line!r}): no regular expression: {error}") from None
        if not 400 <= status < 600:
            raise StasisError(f"refuse({line!r}, {status}): a refusal is 400 to 599")
        named = HTTPStatus(status).phrase if status in set(HTTPStatus) else ""
        body = json.dumps({"message": message}).encode()
        self.said.append(Refusal(pattern, Response(status, named, body), times))

    def answer(self, line: str) -> Response | None:
        """The refusal of a request, or None. line: `METHOD /path`."""
        self.lines[line] = None
        for each in self.said:
            if each.pattern.fullmatch(line) and each.hits != each.times:
                each.hits += 1
                return each.response
        return None

    def unhit(self) -> list[str]:
        """Those that have hit no request, in words, with the nearest request that there was."""
        return [
            f"refuse({each.pattern.pattern!r}, {each.response.status}) has hit no request: it must"
            f" match all of a line, {self._nearest(each.pattern.pattern)}"
            for each in self.said
            if not each.hits and each.times
        ]

    def _nearest(self, pattern: str) -> str:
        near = difflib.get_close_matches(pattern, self.lines, 1, 0.0)
        return f"such as {near[0]!r}" if near else "such as 'POST /channels/ID/play/ID'"
