"""Tokens: made, listed, revoked. Nobody sees or makes one that has more rights than their own."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from stasis.web import Asked, Operation, Problem, unknown_scopes
from stasis_conference.body import NewToken, Token, TokenMade, TokensQuery
from stasis_conference.grant import SCOPES, Grant, more_than
from stasis_conference.operations.access import nothing

if TYPE_CHECKING:
    from stasis_conference.api import Conferences

__all__ = ["Tokens"]

SCOPE = "tokens"
# So many rows are read at a time, for those that may be seen.
PAGE = 500


class Tokens:
    """The operations on tokens."""

    def __init__(self, at: Conferences) -> None:
        self._at = at

    def rows(self) -> list[Operation]:
        """The operations."""
        return [
            Operation(
                "GET", "/tokens", self.list_tokens, SCOPE, query=TokensQuery, answers=list[Token]
            ),
            Operation(
                "POST",
                "/tokens",
                self.make_token,
                SCOPE,
                body=NewToken,
                answers=TokenMade,
                status=201,
                problems={403: ["too_much"], 422: ["no_scope_of_that_name"]},
            ),
            Operation(
                "DELETE",
                "/tokens/{token}",
                self.revoke_token,
                SCOPE,
                problems={404: ["no_token_of_that_id"]},
            ),
        ]

    async def list_tokens(self, asked: Asked[Grant, None]) -> list[Token]:
        """List the tokens that have no more rights than the one that is used.

        Revoked and expired ones are there for 30 days.
        """
        query: TokensQuery = asked.query
        found: list[Token] = []
        after = query.after
        while len(found) < query.limit:
            page = await self._at.grants.kept.list(PAGE, after)
            found += [Token(**shown(each)) for each in page if below(asked.who, each)]
            if len(page) < PAGE:
                break
            after = page[-1].id
        return found[: query.limit]

    async def make_token(self, asked: Asked[Grant, NewToken]) -> TokenMade:
        """Make a token.

        It is in this answer only. Its scopes, rooms and time are at most those of the token that
        is used.
        """
        body, grants = asked.body, self._at.grants
        if unknown := unknown_scopes(body.scopes, SCOPES):
            text = f"{', '.join(unknown)}: no such scope; known: {', '.join(SCOPES)}"
            raise Problem(422, "no_scope_of_that_name", text)
        lasts = None if body.seconds is None else timedelta(seconds=body.seconds)
        expires = None if lasts is None else self._at.now() + lasts
        if problem := more_than(asked.who, body.scopes, body.rooms, expires):
            raise Problem(403, "too_much", problem)
        token, grant = await grants.make(body.name, body.scopes, body.rooms, lasts)
        return TokenMade(token=token, **shown(grant))

    async def revoke_token(self, asked: Asked[Grant, None]) -> None:
        """Revoke a token. It counts no longer from this moment on."""
        grant = await self._at.grants.kept.get(asked.path["token"])
        if grant is None or not below(asked.who, grant):
            raise nothing(asked.who, "no_token_of_that_id", "token")
        await self._at.revoke(grant)


def below(own: Grant, other: Grant) -> bool:
    """Whether a token has no more rights than one's own; how long it counts is no matter."""
    return more_than(own, other.scopes, other.rooms, own.expires) is None


def shown(grant: Grant) -> dict[str, Any]:
    """A token for those who may see it."""
    return {
        "id": grant.id,
        "name": grant.name,
        "scopes": sorted(grant.scopes),
        "rooms": list(grant.rooms),
        "created": grant.created,
        "expires": grant.expires,
        "revoked": grant.revoked,
        "used": grant.used,
    }
