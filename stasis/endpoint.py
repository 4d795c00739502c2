"""The endpoint handle: a phone or trunk that Asterisk knows."""

from __future__ import annotations

from collections.abc import Mapping

from stasis.ari import Ari
from stasis.ari.endpoints import Endpoint as Snapshot
from stasis.errors import InvalidRequest

__all__ = ["Endpoint"]


class Endpoint:
    """An endpoint.

    technology, resource: as in `PJSIP/alice`.
    """

    def __init__(self, ari: Ari, technology: str, resource: str) -> None:
        self.technology = technology
        self.resource = resource
        self._ari = ari

    def __repr__(self) -> str:
        return f"<Endpoint {self.technology}/{self.resource}>"

    @classmethod
    def parse(cls, ari: Ari, text: str) -> Endpoint:
        """From `Technology/resource`. Raises InvalidRequest."""
        technology, slash, resource = text.partition("/")
        if not slash or not technology or not resource:
            raise InvalidRequest("", "", f"endpoint {text!r}: write Technology/resource")
        return cls(ari, technology, resource)

    async def get(self) -> Snapshot:
        """Its state (`online`, `offline`, `unknown`) and channels. Raises NotFound.

        ARI: GET /endpoints/{tech}/{resource}.
        """
        return await self._ari.endpoints.get(self.technology, self.resource)

    async def send_message(
        self, from_: str, body: str, variables: Mapping[str, str] | None = None
    ) -> None:
        """Send a text message (SIP MESSAGE). from_: a URI such as `pjsip:alice`. body: the text.

        ARI: PUT /endpoints/{tech}/{resource}/sendMessage.
        """
        await self._ari.endpoints.send_message_to_endpoint(
            self.technology, self.resource, from_=from_, body=body, variables=variables
        )

    async def refer(
        self, from_: str, refer_to: str, variables: Mapping[str, str] | None = None
    ) -> None:
        """Ask it to call somebody (SIP REFER). refer_to: a URI or a known endpoint.

        ARI: POST /endpoints/{tech}/{resource}/refer (18.20, 20.5).
        """
        await self._ari.endpoints.refer_to_endpoint(
            self.technology, self.resource, from_=from_, refer_to=refer_to, variables=variables
        )
