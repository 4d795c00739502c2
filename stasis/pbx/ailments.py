"""The rules about Asterisk's configuration files: what is looked at in each. Pure.

A rule is given everything that could be read, and tells what is wrong. `RULES` is the table.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from typing import TypeAlias

from stasis.pbx.ailment import Ailment, Files, State, is_yes, weak
from stasis.pbx.config_file import Section

__all__ = ["RULES"]

Rule: TypeAlias = Callable[[Files], Iterator[Ailment]]

ANYWHERE = ("0.0.0.0", "::", "[::]")  # noqa: S104  what is warned of, not what is bound
STRATEGIES = frozenset(
    "ringall leastrecent fewestcalls random rrmemory rrordered linear wrandom roundrobin".split()
)
RTP_PORTS = 100
PIN_DIGITS = 4


def asterisk(files: Files) -> Iterator[Ailment]:
    """Options that let a dialplan run anything."""
    for name, means in (
        ("live_dangerously", "whoever may set a variable over AMI or ARI may run programs"),
        ("execincludes", "a configuration file may run programs by #exec"),
    ):
        if is_yes(files.get("asterisk.conf", "options", name)):
            yield warning("asterisk.conf", "options", f"{name} = yes: {means}", f"{name} = no")


def http(files: Files) -> Iterator[Ailment]:
    """ARI, SIP over WebSocket and Prometheus stand on the HTTP server."""

    def get(name: str, default: str = "") -> str:
        return files.get("http.conf", "general", name, default)

    if not is_yes(get("enabled")):
        text = "the HTTP server is off: no ARI, no WebRTC, no /metrics"
        yield failed("http.conf", "general", text, "enabled = yes, bindaddr = 127.0.0.1")
        return
    secure = is_yes(get("tlsenable"))
    if secure and not get("tlscertfile"):
        text = "tlsenable = yes without a certificate"
        yield failed("http.conf", "general", text, "tlscertfile = /etc/asterisk/keys/FILE.pem")
    if get("bindaddr", ANYWHERE[0]) in ANYWHERE and not secure:
        yield warning(
            "http.conf",
            "general",
            "ARI listens on every address without TLS: its password is readable on the way",
            "bindaddr = 127.0.0.1, or tlsenable = yes",
        )


def manager(files: Files) -> Iterator[Ailment]:
    """Who has the manager interface has the server."""
    name = "manager.conf"
    open_to_all = files.get(name, "general", "bindaddr", ANYWHERE[0]) in ANYWHERE
    if open_to_all and not is_yes(files.get(name, "general", "tlsenable")):
        text = "AMI listens on every address without TLS"
        yield warning(name, "general", text, "bindaddr = 127.0.0.1, or tlsenable = yes")
    for user in files.sections(name):
        if user.name == "general":
            continue
        limited = any(user.all(each) for each in ("permit", "deny", "acl"))
        if open_to_all and not limited:
            fix = "deny = 0.0.0.0/0.0.0.0, permit = THE ADDRESS OF THE PROGRAM"
            yield warning(name, user.name, "may log in from any address", fix)
        yield from secret(name, user, "secret")


def ari(files: Files) -> Iterator[Ailment]:
    """ARI's users."""
    name = "ari.conf"
    if not is_yes(files.get(name, "general", "enabled", "yes")):
        yield failed(name, "general", "ARI is off", "enabled = yes")
    origins = files.get(name, "general", "allowed_origins")
    if origins.strip() == "*":
        text = "allowed_origins = *: any page in a browser that knows the password may use ARI"
        yield warning(name, "general", text, "allowed_origins = https://YOUR.PAGE, or none")
    users = list(files.sections(name, "user"))
    if not users and name in files.files:
        yield failed(name, "", "there is no user", "[stasis] type = user, password = …")
    for user in users:
        if is_yes(user.get("read_only") or ""):
            text = "read_only = yes: a flow can do nothing as this user"
            yield warning(name, user.name, text, "read_only = no, unless it is for looking only")
        if (user.get("password_format") or "plain") == "plain":
            yield from secret(name, user, "password")


def pjsip(files: Files) -> Iterator[Ailment]:
    """Transports, and endpoints with what they refer to."""
    name = "pjsip.conf"
    if name not in files.files:
        return
    transports = {
        each.name: each.get("protocol") or "udp" for each in files.sections(name, "transport")
    }
    if not transports:
        yield failed(name, "", "there is no transport: no phone can register", "type = transport")
    has = {kind: {each.name for each in files.sections(name, kind)} for kind in ("auth", "aor")}
    elsewhere = other_sources(files)
    identified = {each.get("endpoint") for each in files.sections(name, "identify")}
    for each in files.sections(name, "endpoint"):
        for line, kind in (("auth", "auth"), ("outbound_auth", "auth"), ("aors", "aor")):
            for other in words(each.get(line)):
                if other not in has[kind] and kind not in elsewhere:
                    text = f"{line} = {other}, but there is no [{other}] with type = {kind}"
                    yield failed(name, each.name, text, f"add [{other}] type = {kind}")
        transport = each.get("transport")
        if transport and transport not in transports:
            text = f"transport = {transport}, which is not there"
            yield failed(name, each.name, text, f"one of {', '.join(transports) or 'none'}")
        if is_yes(each.get("webrtc") or "") and not {"ws", "wss"} & set(transports.values()):
            text = "webrtc = yes, but there is no transport ws or wss: no browser can register"
            yield failed(name, each.name, text, "[wss] type = transport, protocol = wss")
        if not each.get("auth") and each.name not in identified:
            text = "has neither auth nor identify: whoever calls himself so may call as it"
            yield warning(name, each.name, text, "auth = …, or an identify with match = ADDRESS")
        yield from known_context(files, name, each)
    for each in files.sections(name, "auth"):
        if each.get("auth_type") in (None, "userpass", "digest"):
            yield from secret(name, each, "password", each.get("username") or each.name)


def other_sources(files: Files) -> set[str]:
    """Which of PJSIP's objects come from somewhere else too: a database, memory, a wizard."""
    if any(files.sections("pjsip_wizard.conf")):
        return {"auth", "aor"}
    found = set()
    for each in files.sections("sorcery.conf"):
        for line in each.lines:
            if not line.value.startswith("config,pjsip.conf"):
                found.add(line.name.partition("/")[0])
    return found


def rtp(files: Files) -> Iterator[Ailment]:
    """The ports of the audio, and ICE, without which no browser talks."""
    name = "rtp.conf"
    first, last = (
        number(files.get(name, "general", each, default))
        for each, default in (("rtpstart", "5000"), ("rtpend", "31000"))
    )
    if first is None or last is None or first >= last or last > 65_535:
        text = "rtpstart and rtpend are no range of ports"
        yield failed(name, "general", text, "rtpstart = 10000, rtpend = 20000")
    elif first < 1024:
        text = f"rtpstart = {first}: these ports belong to the system"
        yield failed(name, "general", text, "rtpstart = 10000")
    elif last - first < RTP_PORTS:
        text = f"{last - first} ports are enough for {(last - first) // 4} calls"
        yield warning(name, "general", text, "rtpstart = 10000, rtpend = 20000")
    browsers = [
        each.name
        for each in files.sections("pjsip.conf", "endpoint")
        if is_yes(each.get("webrtc") or "")
    ]
    if browsers and not is_yes(files.get(name, "general", "icesupport", "yes")):
        text = f"icesupport = no, but {', '.join(browsers[:3])} is a browser"
        yield failed(name, "general", text, "icesupport = yes")


def queues(files: Files) -> Iterator[Ailment]:
    """Queues without anybody, and words that Asterisk does not know."""
    name = "queues.conf"
    for each in files.sections(name):
        if each.name == "general":
            continue
        strategy = each.get("strategy") or each.get("ringstrategy")
        if strategy and strategy.lower() not in STRATEGIES:
            text = f"strategy = {strategy} is none: it becomes ringall"
            yield failed(name, each.name, text, f"one of {', '.join(sorted(STRATEGIES))}")
        live = (files.members or {}).get(each.name, 0)
        if not each.all("member") and not live:
            text = "has no members, here or by now: its callers wait for nobody"
            yield warning(name, each.name, text, "member => PJSIP/alice, or stasis queues add")
        music = each.get("musicclass") or each.get("musiconhold")
        if music and files.music is not None and music not in files.music:
            text = f"musicclass = {music}, which is not there"
            yield warning(name, each.name, text, f"[{music}] in musiconhold.conf")


def voicemail(files: Files) -> Iterator[Ailment]:
    """PINs that everybody tries."""
    name = "voicemail.conf"
    for each in files.sections(name):
        if each.name in ("general", "zonemessages"):
            continue
        for line in each.lines:
            if why := guessed(line.value.partition(",")[0].strip(), line.name):
                text = f"the PIN of mailbox {line.name} {why}"
                fix = "another PIN; - before it keeps its owner from changing it"
                yield warning(name, each.name, text, fix)


def guessed(pin: str, mailbox: str) -> str:
    """Why a PIN is easily guessed; "" when it is not."""
    digits = pin.lstrip("-")
    if not digits:
        return "is empty: anybody may listen"
    if len(digits) < PIN_DIGITS:
        return f"has {len(digits)} digits"
    if digits == mailbox:
        return "is the mailbox's number"
    if len(set(digits)) == 1 or digits in "01234567890" or digits in "09876543210":
        return "is one that everybody tries"
    return ""


def music(files: Files) -> Iterator[Ailment]:
    """Classes that have nothing to play."""
    name = "musiconhold.conf"
    for each in files.sections(name):
        if each.name == "general":
            continue
        mode = (each.get("mode") or "").lower()
        for wants, line in (("files", "directory"), ("custom", "application")):
            if mode == wants and not each.get(line):
                text = f"mode = {mode} without {line}"
                yield failed(name, each.name, text, f"{line} = …")
        if mode == "files" and files.music is not None and not files.music.get(each.name):
            text = f"there is nothing to play in {each.get('directory')}"
            fix = "16-bit mono WAV of 8000 Hz there, owned by Asterisk's user; then reload"
            yield failed(name, each.name, text, fix)
    if name in files.files and not any(each.name == "default" for each in files.sections(name)):
        text = "there is no class default: who is on hold hears nothing"
        yield warning(name, "", text, "[default] mode = files, directory = /var/lib/asterisk/moh")


def features(files: Files) -> Iterator[Ailment]:
    """Codes that mean two things, and what is gone."""
    name = "features.conf"
    for each in files.sections(name):
        if each.name != "featuremap":
            continue
        codes = Counter(line.value for line in each.lines if line.value)
        for code, count in codes.items():
            if count > 1:
                both = [line.name for line in each.lines if line.value == code]
                text = f"{code} is {' and '.join(both)}: only one of them can be pressed"
                yield failed(name, each.name, text, "another code for one of them")
        if each.get("automon") and files.version.major >= 21:
            text = "automon is gone in 21, with Monitor()"
            yield warning(name, each.name, text, "automixmon => *3")


def confbridge(files: Files) -> Iterator[Ailment]:
    """Profiles and menus without a kind."""
    name = "confbridge.conf"
    kinds = ("user", "bridge", "menu")
    for each in files.sections(name):
        if each.name == "general":
            continue
        if each.get("type") not in kinds:
            text = f"type = {each.get('type') or 'none'}: Asterisk leaves it out"
            yield failed(name, each.name, text, f"type = {', '.join(kinds)}")
        pin = each.get("pin")
        if pin is not None and (why := guessed(pin, each.name)):
            yield warning(name, each.name, f"its PIN {why}", "another pin")


def extensions(files: Files) -> Iterator[Ailment]:
    """Contexts that are not there, patterns that match too much, applications that are gone."""
    name = "extensions.conf"
    there = contexts(files)
    for each in files.sections(name):
        if each.name in ("general", "globals"):
            continue
        for other in each.all("include"):
            context = other.partition(",")[0].strip()
            if there is not None and context not in there:
                text = f"include => {context}, which is not there"
                yield failed(name, each.name, text, f"[{context}], or leave it out")
        for line in each.all("exten"):
            if line.replace(" ", "").startswith("_.,"):
                text = "exten => _. also takes h, t and i: a hang-up runs it again"
                yield warning(name, each.name, text, "exten => _X., or _[+*#0-9a-zA-Z].")
        gone = [line for line in each.lines if ",Monitor(" in line.value.replace(" ", "")]
        if gone and files.version.major >= 21:
            yield failed(name, each.name, "Monitor() is gone in 21", "MixMonitor()")


def contexts(files: Files) -> set[str] | None:
    """The contexts that there are; None when that is not known."""
    if files.contexts is None:
        return None
    return {*files.contexts, *(each.name for each in files.sections("extensions.conf"))}


def known_context(files: Files, name: str, each: Section) -> Iterator[Ailment]:
    """Whether what calls here comes anywhere."""
    context, there = each.get("context") or "default", contexts(files)
    if there is not None and context not in there:
        text = f"context = {context}, which is not there: its calls fail"
        yield failed(name, each.name, text, f"[{context}] in extensions.conf")


def secret(file: str, section: Section, line: str, user: str = "") -> Iterator[Ailment]:
    """Whether a secret is there, and no easy one."""
    value = section.get(line)
    if value is None:
        text, fix = f"has no {line}: nobody can log in", f"{line} = …"
        yield failed(file, section.name, text, fix)
    elif why := weak(value, user or section.name):
        yield warning(file, section.name, f"its {line} {why}", "20 random characters")


def words(value: str | None) -> list[str]:
    """What stands between commas."""
    return [each.strip() for each in (value or "").split(",") if each.strip()]


def number(text: str) -> int | None:
    """A port; None when it is none."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 6 else None


def failed(file: str, section: str, text: str, fix: str) -> Ailment:
    """It does not work."""
    return found(file, "failed", section, text, fix)


def warning(file: str, section: str, text: str, fix: str) -> Ailment:
    """It works, and is unsafe or probably not meant."""
    return found(file, "warning", section, text, fix)


def found(file: str, state: State, section: str, text: str, fix: str) -> Ailment:
    """A finding."""
    return Ailment(file=file, state=state, section=section, text=text, fix=fix)


RULES: Mapping[str, tuple[Rule, str]] = {
    "asterisk.conf": (asterisk, ""),
    "extensions.conf": (extensions, "pbx_config.so"),
    "pjsip.conf": (pjsip, "res_pjsip.so"),
    "queues.conf": (queues, "app_queue.so"),
    "voicemail.conf": (voicemail, "app_voicemail.so"),
    "musiconhold.conf": (music, "res_musiconhold.so"),
    "manager.conf": (manager, ""),
    "http.conf": (http, ""),
    "ari.conf": (ari, "res_ari.so"),
    "rtp.conf": (rtp, "res_rtp_asterisk.so"),
    "features.conf": (features, ""),
    "confbridge.conf": (confbridge, "app_confbridge.so"),
}
"""The files of the guide, in its order: the rule about each, and the module that reads it."""
