"""SIP endpoints: phones and trunks of PJSIP, where they are reached, and how they log in."""

from __future__ import annotations

import asyncio
from collections import Counter
from collections.abc import Sequence

from msgspec.structs import replace

from stasis.ami import NoSuch, Stream, actions, events
from stasis.pbx.endpoint import Aor, Auth, Contact, Endpoint, EndpointDetails, talking
from stasis.pbx.errors import Missing, Needs, Unavailable
from stasis.pbx.group import Group
from stasis.pbx.thing import thing
from stasis.pbx.values import EndpointName, Seconds

__all__ = ["EndpointChange", "Endpoints", "details_of"]

EndpointChange = (
    events.ContactStatus | events.PeerStatus | events.DeviceStateChange | events.Registry
)
"""What `Endpoints.changes` yields, beside `Missed` and `Gap`."""

NEEDS = "res_pjsip.so"
# How often Asterisk is asked whether an answer has come: it tells only of a change.
LOOK_SECONDS = 0.1
# What an answer may be late beyond the AOR's own qualify_timeout.
GRACE_SECONDS = 0.5


class Endpoints(Group):
    """SIP endpoints: phones and trunks of PJSIP."""

    name = "endpoints"

    @thing("GET /endpoints", needs=NEEDS)
    async def list(self) -> Sequence[Endpoint]:
        """List the endpoints: state, channels, contacts.

        Returns them by name. Raises PbxError. AMI: PJSIPShowEndpoints.
        """
        listing = await self.items(actions.PJSIPShowEndpoints())
        found = sorted(map(Endpoint.of, listing), key=lambda each: each.name)
        if all(each.active_channels for each in listing):
            return found
        channels = await self.talking()  # 16 does not say how many
        return [replace(each, channels=channels[each.name]) for each in found]

    @thing("GET /endpoints/contacts", needs=NEEDS)
    async def contacts(self, *, endpoint: EndpointName = "") -> Sequence[Contact]:
        """List where endpoints are reached: the registered, and those of pjsip.conf.

        endpoint: this one's only. Raises Missing, PbxError. AMI: PJSIPShowContacts,
        PJSIPShowEndpoint.
        """
        if endpoint:
            return (await self.details("endpoints.contacts", endpoint)).contacts
        found = [Contact.listed(each) for each in await self.items(actions.PJSIPShowContacts())]
        known = {(each.endpoint, each.uri) for each in found}
        for each in map(Endpoint.of, await self.items(actions.PJSIPShowEndpoints())):
            # PJSIPShowContacts leaves out what stands in pjsip.conf.
            if any((each.name, uri) not in known for uri in each.contacts):
                details = await details_of(self, each.name)
                of_it = details.contacts if details else ()
                found += [one for one in of_it if (one.endpoint, one.uri) not in known]
        return sorted(found, key=lambda each: (each.endpoint, each.uri))

    @thing("GET /endpoints/aors", needs=NEEDS)
    async def aors(self) -> Sequence[Aor]:
        """List the addresses of record: where phones may register.

        Returns them by name. Raises PbxError. AMI: PJSIPShowAors.
        """
        found = map(Aor.of, await self.items(actions.PJSIPShowAors()))
        return sorted(found, key=lambda each: each.name)

    @thing("GET /endpoints/auths", needs=NEEDS)
    async def auths(self) -> Sequence[Auth]:
        """List who may log in, without passwords.

        Returns them by name. Raises PbxError. AMI: PJSIPShowAuths.
        """
        found = map(Auth.of, await self.items(actions.PJSIPShowAuths()))
        return sorted(found, key=lambda each: each.name)

    @thing("GET /endpoints/{endpoint}", needs=NEEDS)
    async def show(self, endpoint: EndpointName) -> EndpointDetails:
        """Show all about an endpoint, without passwords.

        Raises Missing, PbxError. AMI: PJSIPShowEndpoint.
        """
        found = await self.details("endpoints.show", endpoint)
        channels = found.channels or (await self.talking())[endpoint]
        return replace(found, channels=channels)

    @thing("POST /endpoints/{endpoint}/qualify", needs=NEEDS)
    async def qualify(
        self, endpoint: EndpointName, *, timeout: Seconds = 10.0
    ) -> Sequence[Contact]:
        """Ask an endpoint's contacts for a sign of life, and wait for the answers.

        timeout: seconds to wait at most; the AOR's qualify_timeout ends it before. Returns its
        contacts with status and round trip as they are then; none when it is not registered.
        Raises Needs when its AOR has no qualify_frequency, without which Asterisk asks and then
        forgets the answer; Unavailable when there is none in time; Missing, PbxError. AMI:
        PJSIPQualify.
        """
        before = await self.details("endpoints.qualify", endpoint)
        asked = {each.name for each in before.aors if each.qualify_every}
        if before.contacts and not asked & {each.aor for each in before.contacts}:
            named = ", ".join(each.name for each in before.aors)
            raise Needs(
                "endpoints.qualify",
                f"needs qualify_frequency in the AOR {named}: without it Asterisk asks, and forgets"
                " the answer",
            )
        last = {each.uri: answer_of(each) for each in before.contacts if each.aor in asked}
        await self.ask(actions.PJSIPQualify(endpoint=endpoint))
        loop = asyncio.get_running_loop()
        begin, limit = loop.time(), patience(before)
        while True:
            now = (await self.details("endpoints.qualify", endpoint)).contacts
            fresh = {each.uri for each in now if last.get(each.uri) != answer_of(each)}
            silent = last.keys() - fresh
            # By its own limit Asterisk has written down that nobody answers: then nothing changes.
            if not silent or loop.time() - begin >= limit:
                return now
            if loop.time() - begin >= timeout:
                raise Unavailable(
                    "endpoints.qualify",
                    f"{', '.join(sorted(silent))} has not answered in {timeout:g} s;"
                    f" Asterisk itself waits {limit:g} s",
                )
            await asyncio.sleep(LOOK_SECONDS)

    async def changes(self) -> Stream[EndpointChange]:
        """Registrations, states and our own registrations elsewhere, as they change.

        `async with await pbx.endpoints.changes() as stream`; see `Ami.events` for what else it
        yields. Raises Unavailable, AmiError.
        """
        ami = await self.ways.ami()
        kinds = (events.ContactStatus, events.PeerStatus, events.DeviceStateChange, events.Registry)
        return ami.events(*kinds)

    async def talking(self) -> Counter[str]:
        """How many channels each endpoint has."""
        listing = await self.items(actions.CoreShowChannels())
        return talking(each.channel for each in listing)

    async def details(self, where: str, endpoint: str) -> EndpointDetails:
        """All about an endpoint. where: the thing that asks. Raises Missing, AmiError."""
        found = await details_of(self, endpoint)
        if found is None:
            raise Missing(where, f"there is no endpoint {endpoint!r}")
        return found


async def details_of(group: Group, endpoint: str) -> EndpointDetails | None:
    """All about an endpoint; None when it is not there, or not any more. Raises AmiError."""
    try:
        items = await group.items(actions.PJSIPShowEndpoint(endpoint=endpoint))
    except NoSuch:
        return None
    return EndpointDetails.of(items)


def patience(details: EndpointDetails) -> float:
    """How long an answer may take at most: Asterisk's own limit, 3 s if it says none."""
    return max((each.qualify_timeout or 3.0 for each in details.aors), default=3.0) + GRACE_SECONDS


def answer_of(contact: Contact) -> tuple[str, float | None]:
    """What changes of a contact when it answers, or does not."""
    return contact.status, contact.round_trip_ms
