"""A device: its name, its secret, and what Asterisk is told of it. Pure.

A device is one page in one browser, and an endpoint of its own in Asterisk.
"""

from __future__ import annotations

import re
import secrets
import unicodedata
from collections.abc import Mapping

from attrs import field, frozen

__all__ = ["DeviceRules", "caller_id", "endpoint_name", "is_device", "new_secret"]

# No `/ & @ , : -`, which mean something in a dial string or a channel's name.
NAME = re.compile(r"w-[a-z0-9._]{1,24}-[0-9a-f]{8}")
# What a person's name must not bring into a SIP header, and what a number is.
UNSAFE = re.compile(r'[\x00-\x1f\x7f"\\<>,;]+')
NUMBER = re.compile(r"[A-Za-z0-9._+*#-]{1,64}")


@frozen
class DeviceRules:
    """What is alike of all devices.

    context: where what they dial goes. codecs: the first that both know is taken; opus only where
    Asterisk can turn it into others, or no prompt would be heard. silence:
    seconds without any sound packet, then the call is over: how a closed lid or a lost network is
    found out; 0 for never. held: the same while the call is held. extra: further fields of the
    endpoint, such as `language`; they win.
    """

    context: str = "stasis-webrtc"
    codecs: tuple[str, ...] = ("opus", "g722", "ulaw", "alaw")
    silence: int = 60
    held: int = 3600
    extra: Mapping[str, str] = field(factory=dict)

    def objects(
        self, name: str, secret: str, caller: str, *, opus: bool = True
    ) -> dict[str, dict[str, str]]:
        """The fields of the auth, aor and endpoint of a device, in the order they are made."""
        codecs = [each for each in self.codecs if opus or each != "opus"]
        return {
            "auth": {"auth_type": "userpass", "username": name, "password": secret},
            "aor": {
                # One page at a time: the one that registers last.
                "max_contacts": "1",
                "remove_existing": "yes",
                "qualify_frequency": "30",
            },
            "endpoint": {
                # DTLS, ICE, AVPF, RTCP on the same port, all media in one: what browsers want.
                "webrtc": "yes",
                "dtls_auto_generate_cert": "yes",
                "context": self.context,
                "disallow": "all",
                "allow": ",".join(codecs or self.codecs),
                "auth": name,
                "aors": name,
                "direct_media": "no",
                "max_video_streams": "0",
                "device_state_busy_at": "1",
                "rtp_timeout": str(self.silence),
                "rtp_timeout_hold": str(self.held),
                # Who calls is what we say, whatever the page says.
                "callerid": caller,
                "trust_id_inbound": "no",
                "send_pai": "no",
                # Only calls: no REFER, no SUBSCRIBE, and no MESSAGE into the dialplan.
                "allow_transfer": "no",
                "allow_subscribe": "no",
                "message_context": "stasis-webrtc-nowhere",
                **self.extra,
            },
        }


def endpoint_name(user: str) -> str:
    """A new name for a device of a user: w-USER-8HEX, of letters that any dial string can hold."""
    plain = unicodedata.normalize("NFKD", user.lower()).encode("ascii", "ignore").decode()
    return f"w-{re.sub('[^a-z0-9._]+', '_', plain)[:24] or '_'}-{secrets.token_hex(4)}"


def is_device(endpoint: str) -> bool:
    """Whether a PJSIP endpoint's name is of the form that ours have."""
    return NAME.fullmatch(endpoint) is not None


def new_secret() -> str:
    """A SIP password that nobody guesses: 192 random bits."""
    return secrets.token_urlsafe(24)


def caller_id(name: str, number: str) -> str:
    """Who calls, as an endpoint's `callerid`: "NAME" <NUMBER>.

    What could end a header early is left out of the name. Raises ValueError for a number of other
    than letters, digits and . _ + * # -
    """
    if not NUMBER.fullmatch(number):
        raise ValueError(f"{number!r} is no caller's number: letters, digits and . _ + * # -")
    return f'"{" ".join(UNSAFE.sub(" ", name).split())[:64]}" <{number}>'
