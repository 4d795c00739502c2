"""What Asterisk says of endpoints, as 22 and 16 do, and nothing of their passwords."""

from __future__ import annotations

from datetime import UTC, datetime

import msgspec
import pytest

from stasis.ami import events
from stasis.ami.message import Message
from stasis.ami.typed import fill
from stasis.pbx.endpoint import (
    Aor,
    Auth,
    Contact,
    Endpoint,
    EndpointDetails,
    codecs,
    count,
    moment,
    network,
    talking,
    uris,
)


def item(kind: type[msgspec.Struct], **fields: str) -> msgspec.Struct:
    """An item of a list, as it came."""
    frame = "\r\n".join(f"{key}: {value}" for key, value in fields.items()).encode()
    return fill(kind, Message.of(frame), frame=frame)


LISTED = {
    "ObjectName": "alice", "Transport": "", "Aor": "alice,desk", "Auths": "alice",
    "Contacts": "alice/sip:alice@192.0.2.7:5060,desk/sip:a@192.0.2.8;line=x,",
    "DeviceState": "In use",
}  # fmt: skip
ALICE = item(
    events.EndpointDetail, ObjectName="alice", Webrtc="yes", Aors="alice", Auth="alice",
    OutboundAuth="isp", Allow="(opus|ulaw)", Callerid="<unknown>", MediaEncryption="dtls",
    DeviceState="Not in use", ActiveChannels="0", IceSupport="true", OauthSecret="hush",
)  # fmt: skip
SECRETS = {"Username": "alice", "Password": "s3cr3t", "AuthType": "userpass"}


class TestAnEndpoint:
    @pytest.mark.parametrize(("said", "channels"), [("2", 2), ("0", 0), ("", 0)])
    def test_it_is_listed(self, said: str, channels: int):
        found = Endpoint.of(item(events.EndpointList, **LISTED, ActiveChannels=said))
        assert found == Endpoint(
            name="alice",
            state="In use",
            channels=channels,
            contacts=["sip:alice@192.0.2.7:5060", "sip:a@192.0.2.8;line=x"],
            aors=["alice", "desk"],
            auths=["alice"],
        )

    def test_channels_are_counted_by_their_names(self):
        names = ["PJSIP/alice-00000001", "PJSIP/alice-0000000a", "PJSIP/a-b-00000002", "Local/x-1"]
        assert talking(names) == {"alice": 2, "a-b": 1}


class TestDetails:
    ITEMS = (
        ALICE,
        item(events.AuthDetail, ObjectName="alice", **SECRETS),
        item(events.AuthDetail, ObjectName="isp", Username="4930", Md5Cred="abc"),
        item(events.AorDetail, ObjectName="alice", MaxContacts="2", QualifyFrequency="60",
             QualifyTimeout="3.000000", Contacts="alice/sip:alice@192.0.2.7,"),
        item(events.ContactStatusDetail, AOR="alice", URI="sip:alice@192.0.2.7",
             Status="Reachable", RoundtripUsec="1500", RegExpire="1795996166",
             EndpointName="alice"),
        item(events.IdentifyDetail, ObjectName="isp",
             Match="192.0.2.0/255.255.255.0,198.51.100.1/255.255.255.255"),
    )  # fmt: skip

    def test_all_of_it_is_there(self):
        found = EndpointDetails.of(self.ITEMS)
        assert found is not None and found.webrtc and found.codecs == ["opus", "ulaw"]
        assert [each.name for each in found.auths] == ["alice"]
        assert [each.name for each in found.outbound_auths] == ["isp"]
        assert found.matches == ["192.0.2.0/24", "198.51.100.1/32"]
        assert (found.aors[0].max_contacts, found.aors[0].contacts) == (2, 1)
        assert found.contacts[0].round_trip_ms == 1.5 and found.caller_id == ""

    def test_no_secret_is(self):
        found = EndpointDetails.of(self.ITEMS)
        text = msgspec.json.encode(found).decode() + repr(found)
        assert not any(secret in text for secret in ("s3cr3t", "abc", "hush"))
        assert [each.password for each in (*found.auths, *found.outbound_auths)] == ["***", "***"]

    def test_a_setting_is_found_by_its_name_in_the_file(self):
        found = EndpointDetails.of(self.ITEMS)
        assert (found.setting("ice_support"), found.setting("nothing")) == ("true", "")

    def test_without_the_endpoint_itself_there_is_none(self):
        assert EndpointDetails.of(self.ITEMS[1:]) is None


class TestAContact:
    def test_a_registered_one(self):
        found = Contact.listed(
            item(events.ContactList, ObjectName="alice;@48691e5e", Endpoint="alice",
                 Uri="sip:alice@192.0.2.7", UserAgent="phone", ExpirationTime="1795996166",
                 Status="NonQualified", RoundtripUsec="N/A", ViaAddr="192.0.2.7", ViaPort="5060")
        )  # fmt: skip
        assert (found.aor, found.address, found.round_trip_ms) == ("alice", "192.0.2.7:5060", None)
        assert found.expires == datetime(2026, 11, 29, 23, 49, 26, tzinfo=UTC)

    @pytest.mark.parametrize("seconds", [0, None, 10**18, -(10**18)])
    def test_a_time_that_is_none(self, seconds: int | None):
        assert moment(seconds) is None


class TestTheRest:
    def test_an_auth_without_a_password(self):
        assert Auth.of(item(events.AuthList, ObjectName="x", Username="x")).password == ""

    def test_an_aor_where_nothing_is_said(self):
        assert Aor.of(item(events.AorList, ObjectName="x")).max_contacts == 0

    def test_texts(self):
        assert codecs("nothing") == [] and codecs("(g722)") == ["g722"] and codecs("") == []
        assert uris("") == [] and count("many") == 0 and count("٣") == 0
        assert network("no network") == "no network" and network("2001:db8::/32") == "2001:db8::/32"
