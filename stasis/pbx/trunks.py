"""Trunks: endpoints that are other servers, our registrations there, and theirs here.

An endpoint counts as a trunk when one of our registrations names it, when it logs in elsewhere
(outbound_auth), or when it is known by where its calls come from (identify).
"""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

import msgspec

from stasis.ami import Stream, actions, events
from stasis.pbx.endpoint import Contact, EndpointDetails, names, talking
from stasis.pbx.endpoints import details_of
from stasis.pbx.errors import Missing, Refused, Unavailable
from stasis.pbx.group import Group
from stasis.pbx.thing import thing
from stasis.pbx.values import EndpointName, Seconds

__all__ = ["Registration", "Trunk", "Trunks"]

NEEDS = "res_pjsip_outbound_registration.so"
# Asterisk registers a second after it has unregistered, and up to max_random_initial_delay (10 s
# if it does not say) later. Nothing so long after that: it has been forgotten.
INITIAL_SECONDS = 10.0
FORGOTTEN_SECONDS = 5.0


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """Our registration with another server.

    status: Registered, Unregistered, Rejected, Stopped … expiration: seconds that we ask for.
    retry_interval: seconds between tries. auths: as whom. endpoint: what calls from there are for.
    """

    name: str
    status: str
    server: str
    client: str
    auths: Sequence[str]
    endpoint: str
    expiration: int
    retry_interval: int
    max_retries: int
    transport: str = ""

    @classmethod
    def of(cls, item: events.OutboundRegistrationDetail) -> Registration:
        """From an item of PJSIPShowRegistrationsOutbound."""
        return cls(
            name=item.object_name,
            status=item.status,
            server=item.server_uri,
            client=item.client_uri,
            auths=names(item.outbound_auth),
            endpoint=item.endpoint,
            expiration=item.expiration or 0,
            retry_interval=item.retry_interval or 0,
            max_retries=item.max_retries or 0,
            transport=item.transport,
        )


class Trunk(msgspec.Struct, frozen=True, kw_only=True):
    """Another server, as an endpoint.

    registration: the status of ours there; empty without one. reachable: whether one of its
    contacts answers; None when nobody asks. matches: where its calls come from.
    """

    name: str
    state: str
    registration: str
    reachable: bool | None
    channels: int
    contacts: Sequence[str]
    matches: Sequence[str]
    auths: Sequence[str]
    codecs: Sequence[str]
    context: str

    @classmethod
    def of(
        cls, details: EndpointDetails, registrations: Sequence[Registration], channels: Counter[str]
    ) -> Trunk | None:
        """An endpoint as a trunk; None when it is none. channels: of all endpoints."""
        ours = [each.status for each in registrations if each.endpoint == details.name]
        if not ours and not details.outbound_auths and not details.matches:
            return None
        known = {each.status for each in details.contacts} & {"Reachable", "Unreachable"}
        return cls(
            name=details.name,
            state=details.state,
            registration=", ".join(ours),
            reachable="Reachable" in known if known else None,
            channels=channels[details.name],
            contacts=[each.uri for each in details.contacts],
            matches=details.matches,
            auths=[each.name for each in (*details.outbound_auths, *details.auths)],
            codecs=details.codecs,
            context=details.context,
        )


class Trunks(Group):
    """Trunks: other servers, and the registrations with them."""

    name = "trunks"

    @thing("GET /trunks", needs="res_pjsip.so")
    async def list(self) -> Sequence[Trunk]:
        """List the endpoints that are other servers, with their states.

        Returns them by name. Raises PbxError. AMI: PJSIPShowEndpoint,
        PJSIPShowRegistrationsOutbound.
        """
        ours = await self.outbound()
        channels = talking(each.channel for each in await self.items(actions.CoreShowChannels()))
        found = []
        for item in await self.items(actions.PJSIPShowEndpoints()):
            details = await details_of(self, item.object_name)
            trunk = Trunk.of(details, ours, channels) if details else None
            found += [trunk] if trunk else []
        return sorted(found, key=lambda each: each.name)

    @thing("GET /trunks/registrations", needs=NEEDS)
    async def registrations(self) -> Sequence[Registration]:
        """List our registrations with other servers, and how each stands.

        Returns them by name. Raises PbxError. AMI: PJSIPShowRegistrationsOutbound.
        """
        return await self.outbound()

    @thing("GET /trunks/inbound", needs="res_pjsip.so")
    async def inbound(self) -> Sequence[Contact]:
        """List who is registered with us, phones and servers, and whether they answer.

        Returns them by endpoint. Raises PbxError. AMI: PJSIPShowRegistrationInboundContactStatuses.
        """
        action = actions.PJSIPShowRegistrationInboundContactStatuses()
        found = map(Contact.detailed, await self.items(action))
        return sorted(found, key=lambda each: (each.endpoint, each.uri))

    @thing("POST /trunks/registrations/{registration}", needs=NEEDS)
    async def register(
        self, registration: EndpointName, *, timeout: Seconds = 30.0
    ) -> Registration:
        """Register with another server now, anew if need be, and wait for its answer.

        timeout: seconds; max_random_initial_delay of pjsip.conf (10 s) is part of it, twice when
        Asterisk forgets to register and is asked again. Returns the registration. Raises Missing,
        Refused when the other server says no, Unavailable when it has not answered in time.
        AMI: PJSIPRegister.
        """
        action = actions.PJSIPRegister(registration=registration)
        found = await self.sent("register", action, registration, timeout)
        if found.status != "Registered":
            raise Refused("trunks.register", f"{registration} is {found.status} by {found.server}")
        return found

    @thing(
        "DELETE /trunks/registrations/{registration}",
        needs=NEEDS,
        confirm="no call comes from there until it is registered again",
    )
    async def unregister(
        self, registration: EndpointName, *, timeout: Seconds = 15.0, confirm: bool = False
    ) -> Registration:
        """End a registration with another server, until somebody registers again, or a reload.

        timeout: seconds to wait for its answer. Returns the registration. Raises Missing,
        Unavailable when it has not answered in time. AMI: PJSIPUnregister.
        """
        action = actions.PJSIPUnregister(registration=registration)
        return await self.sent("unregister", action, registration, timeout)

    async def sent(
        self,
        name: str,
        action: actions.PJSIPRegister | actions.PJSIPUnregister,
        registration: str,
        timeout: float,
    ) -> Registration:
        """Send it, and wait until the other server has answered. Raises as `register` does.

        Also to unregister what is not registered: two requests challenged at once confuse
        Asterisk, which then reports Rejected for the one and never sends the other. Nor does it
        send one while an earlier one has no answer, as after an outage.
        """
        where = f"trunks.{name}"
        before = await self.one(where, registration)
        ami = await self.ways.ami()

        def ours(event: events.Registry) -> bool:
            return (event.username, event.domain) == (before.client, before.server)

        async with ami.events(events.Registry, where=ours) as stream:
            await self.ask(action)
            try:
                async with asyncio.timeout(timeout):
                    while await self._forgotten(stream, action):
                        await self.ask(action)
            except TimeoutError:
                raise Unavailable(
                    where, f"{before.server} has not answered in {timeout:g} s"
                ) from None
        return await self.one(where, registration)

    async def _forgotten(
        self,
        stream: Stream[events.Registry],
        action: actions.PJSIPRegister | actions.PJSIPUnregister,
    ) -> bool:
        """Wait for the answer. Returns whether Asterisk has forgotten to ask for it.

        To register, it first unregisters: that answer is not the one, but the next has to come.
        """
        registers = isinstance(action, actions.PJSIPRegister)
        patience: float | None = None
        try:
            while True:
                async with asyncio.timeout(patience):
                    event = await anext(stream, None)
                if event is not None and not isinstance(event, events.Registry):
                    continue  # a gap
                if event is None or not registers or event.status != "Unregistered":
                    return False
                patience = await self._delay(action.registration) + FORGOTTEN_SECONDS
        except TimeoutError:
            return True

    async def _delay(self, name: str) -> float:
        """How long Asterisk may wait until it registers: max_random_initial_delay."""
        listing = await self.items(actions.PJSIPShowRegistrationsOutbound())
        for each in listing.of(events.OutboundRegistrationDetail):
            if each.object_name == name and each.max_random_initial_delay.isdecimal():
                return float(each.max_random_initial_delay)
        return INITIAL_SECONDS

    async def one(self, where: str, name: str) -> Registration:
        """A registration by its name. Raises Missing, AmiError."""
        for each in await self.outbound():
            if each.name == name:
                return each
        raise Missing(where, f"there is no registration {name!r} in pjsip.conf")

    async def outbound(self) -> Sequence[Registration]:
        """Our registrations, by name."""
        listing = await self.items(actions.PJSIPShowRegistrationsOutbound())
        found = map(Registration.of, listing.of(events.OutboundRegistrationDetail))
        return sorted(found, key=lambda each: each.name)
