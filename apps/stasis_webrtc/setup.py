"""What Asterisk's configuration files need so that browsers can be its phones, as texts.

Rules: each text is the part of one file that the softphone needs, whole sections where it can be,
and says where it goes. What is written never replaces a file that is there.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from attrs import frozen

__all__ = ["KEYS", "Setup", "texts", "written"]

KEYS = "/etc/asterisk/keys"


@frozen
class Setup:
    """What the texts depend on.

    app: the Stasis application. context: where devices' calls go. http, https: ports of
    Asterisk's HTTP server. bind: the address that its TLS port listens on; the plain one stays on
    loopback. keys: the folder of cert.pem and key.pem, as Asterisk sees it. rtp: first and last UDP
    port of sound. stun: HOST:PORT of a STUN server, where Asterisk does not know its own public
    address; empty for none.
    """

    app: str = "webrtc"
    context: str = "stasis-webrtc"
    http: int = 8088
    https: int = 8089
    bind: str = "0.0.0.0"  # noqa: S104  # what browsers elsewhere reach
    keys: str = KEYS
    rtp: tuple[int, int] = (10_000, 20_000)
    stun: str = ""


HTTP = """[general]
enabled = yes
; Plain HTTP, with ARI: this machine alone.
bindaddr = 127.0.0.1
bindport = {setup.http}
; TLS: browsers open wss://HOST:{setup.https}/ws. ARI answers there too: its password must be good.
tlsenable = yes
tlsbindaddr = {setup.bind}:{setup.https}
tlscertfile = {setup.keys}/cert.pem
tlsprivatekey = {setup.keys}/key.pem
; One for each browser, beside those of programs.
sessionlimit = 1000
"""

PJSIP = """; Both transports of browsers. They come by the HTTP server: nothing listens here.
[ws]
type = transport
protocol = ws
bind = 127.0.0.1

[wss]
type = transport
protocol = wss
bind = 127.0.0.1

; Devices are made when somebody logs in. A lasting one, with a password of its own, would be:
;[webrtc-phone](!)
;type = endpoint
;webrtc = yes
;dtls_auto_generate_cert = yes
;context = {setup.context}
;disallow = all
;allow = opus,g722,ulaw,alaw
;direct_media = no
;
;[kitchen](webrtc-phone)
;auth = kitchen
;aors = kitchen
;[kitchen]
;type = auth
;auth_type = userpass
;username = kitchen
;password = …
;[kitchen]
;type = aor
;max_contacts = 1
;remove_existing = yes
"""

SORCERY = """\
; Endpoints can be made through ARI, beside those of pjsip.conf. A restart forgets them, and the
; program makes them again. The line with `config` comes first.
[res_pjsip]
auth = config,pjsip.conf,criteria=type=auth
auth = memory
aor = config,pjsip.conf,criteria=type=aor
aor = memory
endpoint = config,pjsip.conf,criteria=type=endpoint
endpoint = memory
"""

RTP = """[general]
; Open these UDP ports to the browsers.
rtpstart = {setup.rtp[0]}
rtpend = {setup.rtp[1]}
; No browser talks without ICE.
icesupport = yes
"""

STUN = """; Behind NAT: how Asterisk learns the address that browsers outside reach it at.
stunaddr = {setup.stun}
"""

EXTENSIONS = """; What phones in a browser dial: users, rooms, numbers. The program decides; where
; none is connected, the page is told 503.
[{setup.context}]
exten => _[+*#0-9],1,Stasis({setup.app},dial,${{EXTEN}})
 same => n,Hangup(34)
exten => _[+*#0-9a-zA-Z].,1,Stasis({setup.app},dial,${{EXTEN}})
 same => n,Hangup(34)

; How a call from elsewhere rings a user, in the context of your trunk or your phones:
;exten => 201,1,Stasis({setup.app},ring,anna)
"""

SECTIONS: Mapping[str, str] = {
    "http.conf": HTTP,
    "pjsip.conf": PJSIP,
    "sorcery.conf": SORCERY,
    "rtp.conf": RTP,
    "extensions.conf": EXTENSIONS,
}


def texts(setup: Setup) -> dict[str, str]:
    """The parts of Asterisk's files, by the file's name."""
    found = {name: text.format(setup=setup) for name, text in SECTIONS.items()}
    if setup.stun:
        found["rtp.conf"] += STUN.format(setup=setup)
    return found


def written(folder: Path, setup: Setup) -> dict[str, Path]:
    """Write the parts into a folder: as the file where there is none, else beside it.

    Returns where each part is, by the file's name: NAME, or NAME.webrtc, to be merged by hand.
    A NAME.webrtc of an earlier time is written anew. Raises OSError.
    """
    folder.mkdir(parents=True, exist_ok=True)
    places: dict[str, Path] = {}
    for name, text in texts(setup).items():
        place = folder / name
        if place.exists() and place.read_text("utf-8", "replace") != text:
            place = folder / f"{name}.webrtc"
        place.write_text(text, "utf-8")
        places[name] = place
    return places
