"""What is known of SIP endpoints, out of the manager interface's answers. Pure.

No password is ever in here: an auth only says that it has one.
"""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import UTC, datetime

import msgspec

from stasis.ami import AmiEvent, events
from stasis.ami.message import secret

__all__ = ["Aor", "Auth", "Contact", "Endpoint", "EndpointDetails"]


class Contact(msgspec.Struct, frozen=True, kw_only=True):
    """Where an endpoint is reached.

    status: Reachable, Unreachable, NonQualified (nobody asks it), or Unknown (not asked yet).
    round_trip_ms: of the last answer. expires: when its registration ends; None for one that
    stands in pjsip.conf. address: where it came from.
    """

    endpoint: str
    uri: str
    status: str
    round_trip_ms: float | None = None
    user_agent: str = ""
    expires: datetime | None = None
    address: str = ""
    aor: str = ""

    @classmethod
    def listed(cls, item: events.ContactList) -> Contact:
        """From an item of PJSIPShowContacts."""
        return cls(
            endpoint=item.endpoint,
            uri=item.uri,
            status=item.status,
            round_trip_ms=milliseconds(item.roundtrip_usec),
            user_agent=item.user_agent,
            expires=moment(item.expiration_time),
            address=f"{item.via_addr}:{item.via_port}" if item.via_addr else "",
            aor=item.object_name.partition(";@")[0],
        )

    @classmethod
    def detailed(cls, item: events.ContactStatusDetail) -> Contact:
        """From an item of PJSIPShowEndpoint."""
        return cls(
            endpoint=item.endpoint_name,
            uri=item.uri,
            status=item.status,
            round_trip_ms=milliseconds(item.roundtrip_usec),
            user_agent=item.user_agent,
            expires=moment(item.reg_expire),
            address=item.via_address,
            aor=item.aor,
        )


class Aor(msgspec.Struct, frozen=True, kw_only=True):
    """An address of record: where phones register. Times are in seconds.

    contacts: how many there are now. qualify_every: how often each is asked for a sign of life;
    0 is never; qualify_timeout: for its answer. expires, minimum, maximum: of a registration.
    """

    name: str
    contacts: int
    max_contacts: int
    qualify_every: int
    qualify_timeout: float
    remove_existing: bool
    expires: int
    minimum: int
    maximum: int
    mailboxes: str = ""

    @classmethod
    def of(cls, item: events.AorList | events.AorDetail) -> Aor:
        """From an item of PJSIPShowAors or PJSIPShowEndpoint."""
        return cls(
            name=item.object_name,
            contacts=len(uris(item.contacts)),
            max_contacts=item.max_contacts or 0,
            qualify_every=item.qualify_frequency or 0,
            qualify_timeout=item.qualify_timeout or 0.0,
            remove_existing=bool(item.remove_existing),
            expires=item.default_expiration or 0,
            minimum=item.minimum_expiration or 0,
            maximum=item.maximum_expiration or 0,
            mailboxes=item.mailboxes,
        )


class Auth(msgspec.Struct, frozen=True, kw_only=True):
    """Who may log in, or as whom we do. password: `***` when there is one. realm: empty for any."""

    name: str
    username: str
    password: str
    kind: str
    realm: str = ""

    @classmethod
    def of(cls, item: events.AuthList | events.AuthDetail) -> Auth:
        """From an item of PJSIPShowAuths or PJSIPShowEndpoint."""
        secrets = (item.password, item.md5_cred, item.password_digest, item.oauth_secret)
        return cls(
            name=item.object_name,
            username=item.username,
            password="***" if any(each.reveal() for each in secrets) else "",
            kind=item.auth_type,
            realm=item.realm,
        )


class Endpoint(msgspec.Struct, frozen=True, kw_only=True):
    """An endpoint. state: as a device: Not in use, In use, Busy, Ringing, Unavailable …

    channels: how many it has now. contacts: the URIs where it is reached.
    """

    name: str
    state: str
    channels: int
    contacts: Sequence[str]
    aors: Sequence[str]
    auths: Sequence[str]
    transport: str = ""

    @classmethod
    def of(cls, item: events.EndpointList) -> Endpoint:
        """From an item of PJSIPShowEndpoints, without channels on 16."""
        return cls(
            name=item.object_name,
            state=item.device_state,
            channels=count(item.active_channels),
            contacts=uris(item.contacts),
            aors=names(item.aor),
            auths=names(item.auths),
            transport=item.transport,
        )


class EndpointDetails(msgspec.Struct, frozen=True, kw_only=True):
    """All about an endpoint. settings: everything else of pjsip.conf, as Asterisk names it.

    matches: what its `identify` sections match. codecs: in the order they are offered.
    """

    name: str
    state: str
    channels: int
    contacts: Sequence[Contact]
    aors: Sequence[Aor]
    auths: Sequence[Auth]
    outbound_auths: Sequence[Auth]
    matches: Sequence[str]
    context: str
    caller_id: str
    codecs: Sequence[str]
    transport: str
    dtmf: str
    encryption: str
    webrtc: bool
    mailboxes: str
    settings: Mapping[str, str]

    @classmethod
    def of(cls, items: Sequence[AmiEvent]) -> EndpointDetails | None:
        """From the items of PJSIPShowEndpoint; None when none is the endpoint itself."""
        main = next((each for each in items if isinstance(each, events.EndpointDetail)), None)
        if main is None:
            return None
        outbound = names(main.outbound_auth)
        auths = [Auth.of(each) for each in items if isinstance(each, events.AuthDetail)]
        return cls(
            name=main.object_name,
            state=main.device_state,
            channels=count(main.active_channels),
            contacts=[
                Contact.detailed(each)
                for each in items
                if isinstance(each, events.ContactStatusDetail)
            ],
            aors=[Aor.of(each) for each in items if isinstance(each, events.AorDetail)],
            auths=[each for each in auths if each.name in names(main.auth)],
            outbound_auths=[each for each in auths if each.name in outbound],
            matches=[
                part
                for each in items
                if isinstance(each, events.IdentifyDetail)
                for part in (
                    *map(network, names(each.match)),
                    each.match_header,
                    each.match_request_uri,
                )
                if part
            ],
            context=main.context,
            caller_id="" if main.callerid == "<unknown>" else main.callerid,
            codecs=codecs(main.allow),
            transport=main.transport,
            dtmf=main.dtmf_mode,
            encryption=main.media_encryption,
            webrtc=main.webrtc.lower() in ("yes", "true"),
            mailboxes=main.mailboxes,
            settings={
                key: "***" if value and secret(key) else value
                for key, value in main.fields
                if key and key not in NOT_SETTINGS
            },
        )

    def setting(self, name: str) -> str:
        """A setting of pjsip.conf by its name there, such as `ice_support`; "" if unknown."""
        wanted = name.replace("_", "").lower()
        return next((v for k, v in self.settings.items() if k.lower() == wanted), "")


NOT_SETTINGS = frozenset(
    "Event ActionID ObjectType ObjectName DeviceState ActiveChannels Aors Auth OutboundAuth".split()
)


def names(text: str) -> list[str]:
    """A list of names with commas."""
    return [each.strip() for each in text.split(",") if each.strip()]


def uris(text: str) -> list[str]:
    """The URIs of a list like `alice/sip:alice@192.0.2.1,`."""
    return [each.partition("/")[2] for each in names(text)]


def codecs(text: str) -> list[str]:
    """The codecs of a text like `(ulaw|alaw)`."""
    inner = text.strip("()")
    return [] if inner in ("", "nothing") else inner.split("|")


def network(text: str) -> str:
    """A network as people write it: 192.0.2.0/24, not …/255.255.255.0."""
    try:
        return str(ipaddress.ip_network(text, strict=False))
    except ValueError:
        return text


def count(text: str) -> int:
    """A number of channels; 0 where it is not said, as by 16."""
    return int(text) if text.isascii() and text.isdigit() else 0


def talking(channels: Iterable[str]) -> Counter[str]:
    """Channels by their endpoints, out of names like PJSIP/alice-00000001."""
    return Counter(
        each.removeprefix("PJSIP/").rpartition("-")[0]
        for each in channels
        if each.startswith("PJSIP/")
    )


def milliseconds(microseconds: int | None) -> float | None:
    """A round trip; None when there was no answer."""
    return microseconds / 1000 if microseconds else None


def moment(seconds: int | None) -> datetime | None:
    """A time out of seconds since 1970; 0 is none, and so is one that no clock can be at."""
    if not seconds:
        return None
    try:
        return datetime.fromtimestamp(seconds, UTC)
    except (OverflowError, OSError, ValueError):
        return None
