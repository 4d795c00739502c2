"""The configuration files of a lab, as texts.

ari.conf and the dialplan's way into Stasis are ari.conf.example as it stands; the rest is written
for the lab: its ports, its phones, extensions that answer, ring, are busy. Nothing listens anywhere
but on 127.0.0.1.
"""

from __future__ import annotations

import fnmatch
from collections.abc import Iterable, Mapping

from stasis.lab import backoffice, example
from stasis.lab.ports import Ports

__all__ = ["TONE_HZ", "example_files", "http", "lab_files"]

# What the extensions `tone` and `early` play, in Hz.
TONE_HZ = 440

# Modules a lab has no use for: they want files, databases or devices, open ports, or log errors.
UNWANTED = (
    "app_adsiprog.so app_alarmreceiver.so app_amd.so app_festival.so"
    " app_followme.so app_getcpeid.so app_ices.so app_image.so app_jack.so app_minivm.so"
    " app_nbscat.so app_sla.so app_url.so app_voicemail_*.so cdr_adaptive_odbc.so cdr_csv.so"
    " cdr_custom.so cdr_odbc.so cdr_pgsql.so cdr_radius.so cdr_sqlite3_custom.so cdr_tds.so"
    " cel_*.so chan_alsa.so chan_console.so chan_iax2.so chan_mgcp.so chan_motif.so chan_oss.so"
    " chan_sip.so chan_skinny.so chan_unistim.so func_odbc.so pbx_ael.so pbx_dundi.so"
    " pbx_lua.so pbx_realtime.so res_adsi.so res_aeap.so res_ael_share.so res_calendar*.so"
    " res_cdrel_custom.so res_clialiases.so res_config_*.so res_geolocation.so res_hep*.so"
    " res_odbc*.so res_phoneprov.so res_pjsip_config_wizard.so res_pjsip_geolocation.so"
    " res_pjsip_phoneprov_provider.so res_pjsip_stir_shaken.so"
    " res_prometheus.so res_realtime.so res_resolver_unbound.so res_smdi.so res_snmp.so"
    " res_speech_aeap.so res_statsd.so res_stir_shaken.so res_stun_monitor.so res_xmpp.so"
).split()

# Files that are empty on purpose: Asterisk logs an error when they are not there.
EMPTY = (
    "acl cel ccss cli_aliases pjproject pjsip_notify res_http_media_cache udptl websocket_client"
    " chan_websocket"
).split()

DIALPLAN = f"""
; The lab's own extensions, beside those of ari.conf.example.
[default](+)
; Any application: stasis-NAME.
exten => _stasis-.,1,Stasis(${{EXTEN:7}})
 same => n,Goto(after-stasis,s,1)

; Offered to every application whose name begins so, for two seconds: broadcast-NAME.
exten => _broadcast-.,1,StasisBroadcast(2000,^${{EXTEN:10}},,yes)
 same => n,Goto(after-stasis,s,1)

exten => echo,1,Answer()
 same => n,Echo()
 same => n,Hangup()

exten => tone,1,Answer()
 same => n,Playtones({TONE_HZ})
 same => n,Wait(600)
 same => n,Hangup()

; For so many seconds, then hang up: tone-2, music-2, echo-2. (In a pattern a plain n is a digit.)
exten => _to[n]e-X,1,Answer()
 same => n,Playtones({TONE_HZ})
 same => n,Wait(${{EXTEN:5}})
 same => n,Hangup()

exten => _music-X,1,Answer()
 same => n,MusicOnHold(default,${{EXTEN:6}})
 same => n,Hangup()

exten => _echo-X,1,Answer()
 same => n,Set(TIMEOUT(absolute)=${{EXTEN:5}})
 same => n,Echo()
 same => n,Hangup()

; Any prompt, then hang up: prompt-hello-world.
exten => _prompt-.,1,Answer()
 same => n,Playback(${{EXTEN:7}})
 same => n,Hangup()

; Reads three digits, says them, hangs up.
exten => digits,1,Answer()
 same => n,Read(PRESSED,,3,,1,10)
 same => n,SayDigits(${{PRESSED}})
 same => n,Hangup()

; Rings a desk and talks to it: dial-1.
exten => _dial-X,1,Dial(PJSIP/desk${{EXTEN:5}},20)
 same => n,Hangup()

; Rings any endpoint and talks to it: phone-alice.
exten => _pho[n]e-.,1,Dial(PJSIP/${{EXTEN:6}},20)
 same => n,Hangup()

; Calls an extension of another lab through a trunk: trunk-main-echo.
exten => _tru[n]k-.,1,Dial(PJSIP/${{CUT(EXTEN,-,3-)}}@${{CUT(EXTEN,-,2)}},20)
 same => n,Hangup()

; Rings a user of the softphone: call-alice.
exten => _call-.,1,Stasis(webrtc,ring,${{EXTEN:5}})
 same => n,Goto(after-stasis,s,1)

; Three digits and a 1: the softphone's user of that number. A 7 or 8: a conference room.
exten => _1XX,1,Stasis(webrtc,ring,${{EXTEN}})
 same => n,Goto(after-stasis,s,1)

exten => _7XXX,1,Stasis(conference,${{EXTEN}})
 same => n,Goto(after-stasis,s,1)

exten => _8XX,1,Stasis(conference,${{EXTEN}})
 same => n,Goto(after-stasis,s,1)

exten => milliwatt,1,Answer()
 same => n,Milliwatt()

exten => music,1,Answer()
 same => n,MusicOnHold(default,600)
 same => n,Hangup()

exten => answer,1,Answer()
 same => n,Wait(600)
 same => n,Hangup()

exten => hangup-soon,1,Answer()
 same => n,Wait(1)
 same => n,Hangup()

exten => busy,1,Hangup(17)

exten => congestion,1,Hangup(34)

exten => noanswer,1,Wait(60)
 same => n,Hangup(19)

exten => ring,1,Ringing()
 same => n,Wait(60)
 same => n,Hangup(19)

exten => early,1,Progress()
 same => n,Playtones({TONE_HZ})
 same => n,Wait(60)
 same => n,Hangup(19)

{backoffice.DIALPLAN}
; What phones in a browser dial. A single letter is none: `h` is what a hang-up would run.
[stasis-webrtc]
exten => _[+*#0-9],1,Stasis(webrtc,dial,${{EXTEN}})
 same => n,Hangup(34)
exten => _[+*#0-9a-zA-Z].,1,Stasis(webrtc,dial,${{EXTEN}})
 same => n,Hangup(34)
"""

# Endpoints can be made through ARI, beside those of pjsip.conf; a restart forgets them.
SORCERY = """[res_pjsip]
auth = config,pjsip.conf,criteria=type=auth
auth = memory
aor = config,pjsip.conf,criteria=type=aor
aor = memory
endpoint = config,pjsip.conf,criteria=type=endpoint
endpoint = memory
"""

PHONE = """
[{name}]
type = endpoint
context = default
disallow = all
allow = ulaw,alaw
direct_media = no
rtp_symmetric = yes
force_rport = yes
rewrite_contact = yes
dtmf_mode = rfc4733
call_group = 1
pickup_group = 1
aors = {name}
"""

REGISTERING = """auth = {name}

[{name}]
type = auth
auth_type = userpass
username = {name}
password = {password}

[{name}]
type = aor
max_contacts = 5
remove_existing = yes
"""


def lab_files(ports: Ports, phones: Mapping[str, str], modules: Iterable[str]) -> dict[str, str]:
    """All configuration files of a lab, name to content.

    phones: names of the phones that register, each with its password.
    modules: file names of the modules the server has, to leave out the unwanted ones.
    """
    companions = example.companions()
    files = {f"{name}.conf": "" for name in EMPTY}
    files |= backoffice.FILES
    files |= {
        "ari.conf": example.text(),
        "asterisk.conf": "[options]\nnocolor = yes\nverbose = 3\n",
        "extensions.conf": companions["extensions.conf"] + DIALPLAN,
        "http.conf": http(ports),
        "indications.conf": INDICATIONS,
        "logger.conf": LOGGER,
        "manager.conf": manager(ports),
        "modules.conf": without(modules),
        "musiconhold.conf": "[default]\nmode = files\ndirectory = /var/lib/asterisk/moh\n",
        "pjsip.conf": pjsip(ports, phones),
        "rtp.conf": rtp(ports),
        "sorcery.conf": SORCERY,
    }
    return files


def example_files() -> dict[str, str]:
    """Exactly ari.conf.example and its companions; logger.conf is added to see what happens."""
    return {"ari.conf": example.text(), "logger.conf": LOGGER, **example.companions()}


LOGGER = """[general]
dateformat = %F %T.%3q
[logfiles]
messages.log = notice,warning,error,verbose
"""

# The tones of North America, by their public definition: Hz, and milliseconds on and off.
INDICATIONS = """[general]
country = us

[us]
description = North America
ringcadence = 2000,4000
dial = 350+440
busy = 480+620/500,0/500
ring = 440+480/2000,0/4000
congestion = 480+620/250,0/250
callwaiting = 440/300,0/10000
dialrecall = !350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,350+440
record = 1400/500,0/15000
info = !950/330,!1400/330,!1800/330,0
stutter = !350+440/100,!0/100,!350+440/100,!0/100,!350+440/100,!0/100,350+440
"""


def http(ports: Ports, keys: str = "") -> str:
    """http.conf: many connections, since tests open many at once.

    keys: the folder, as Asterisk sees it, of cert.pem and key.pem; without it there is no TLS.
    """
    plain = f"""[general]
enabled = yes
bindaddr = 127.0.0.1
bindport = {ports.http}
sessionlimit = 1000
"""
    secure = f"""tlsenable = yes
tlsbindaddr = 127.0.0.1:{ports.https}
tlscertfile = {keys}/cert.pem
tlsprivatekey = {keys}/key.pem
"""
    return plain + secure if keys else plain


def rtp(ports: Ports) -> str:
    """rtp.conf: its own ports, and ICE, without which no browser talks."""
    return f"""[general]
rtpstart = {ports.rtp[0]}
rtpend = {ports.rtp[1]}
icesupport = yes
"""


def manager(ports: Ports) -> str:
    """manager.conf: AMI with the user and password of ARI."""
    return f"""[general]
enabled = yes
bindaddr = 127.0.0.1
port = {ports.ami}

[stasis]
secret = stasis-change-me
read = all
write = all
"""


def without(modules: Iterable[str]) -> str:
    """modules.conf: everything but the unwanted modules."""
    lines = ["[modules]", "autoload = yes"]
    for module in modules:
        if any(fnmatch.fnmatch(module, pattern) for pattern in UNWANTED):
            lines.append(f"noload = {module}")
    return "\n".join(lines) + "\n"


def pjsip(ports: Ports, phones: Mapping[str, str]) -> str:
    """pjsip.conf: phones that register, desks at fixed ports, and anybody from 127.0.0.1."""
    parts = [
        f"""[global]
type = global
; Without it, a phone's registration would be taken for the endpoint `sipp`, by its address.
endpoint_identifier_order = username,auth_username,ip,anonymous

[udp]
type = transport
protocol = udp
bind = 127.0.0.1:{ports.sip}

[tcp]
type = transport
protocol = tcp
bind = 127.0.0.1:{ports.sip}

; Browsers come by the HTTP server: /ws on its ports. The address here is not listened on.
[ws]
type = transport
protocol = ws
bind = 127.0.0.1

[wss]
type = transport
protocol = wss
bind = 127.0.0.1
"""
    ]
    for name, password in phones.items():
        parts.append(PHONE.format(name=name))
        parts.append(REGISTERING.format(name=name, password=password))
    for number, port in enumerate(ports.desks, 1):
        name = f"desk{number}"
        parts.append(PHONE.format(name=name))
        parts.append(f"\n[{name}]\ntype = aor\ncontact = sip:{name}@127.0.0.1:{port}\n")
    parts.append(PHONE.format(name="sipp"))
    parts.append("\n[sipp]\ntype = aor\n")
    parts.append("\n[sipp]\ntype = identify\nendpoint = sipp\nmatch = 127.0.0.1\n")
    # The parts of one endpoint are one section: no empty line may part `aors` from `auth`.
    return "".join(parts)
