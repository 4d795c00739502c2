"""What is wrong with a configuration file: a line that shows each rule, and one that does not."""

from __future__ import annotations

import pytest

from stasis.ari import Version
from stasis.pbx.ailment import Files
from stasis.pbx.ailments import RULES
from stasis.pbx.config_file import ConfigFile, Line, Section

NOW = Version(22, 10, 1)
STRONG = "fL7_w2-Qx9pTz0"
HTTP = "[general]\nenabled=yes\nbindaddr=127.0.0.1"


def parsed(name: str, text: str) -> ConfigFile:
    """A file out of its lines, as GetConfig would tell it."""
    sections: list[tuple[str, list[Line]]] = []
    for line in text.splitlines():
        if line.startswith("["):
            sections.append((line.strip("[]"), []))
        elif line.strip():
            left, _, right = line.partition("=")
            sections[-1][1].append(Line(name=left.strip(), value=right.lstrip("> ").strip()))
    return ConfigFile(
        name=name, sections=tuple(Section(name=each, lines=tuple(of)) for each, of in sections)
    )


def told(
    name: str,
    text: str,
    *,
    version: Version = NOW,
    contexts: tuple[str, ...] | None = ("default",),
    music: dict[str, int] | None = None,
    members: dict[str, int] | None = None,
    **others: str,
) -> list[str]:
    """What a rule says of a file: state, section and the beginning of the text."""
    files = {name: parsed(name, text)}
    files |= {f"{key}.conf": parsed(f"{key}.conf", each) for key, each in others.items()}
    known = Files(files, version, contexts, music, members)
    found = list(RULES[name][0](known))
    assert all(each.file == name and each.fix for each in found)
    assert not any(STRONG in f"{each.text}{each.fix}" for each in found)
    return [f"{each.state} [{each.section}] {each.text}" for each in found]


PJSIP = f"""[udp]
type=transport
protocol=udp
[alice]
type=endpoint
auth=alice
aors=alice
[alice]
type=auth
username=alice
password={STRONG}
[alice]
type=aor
"""

# File, a file that is well, what to replace in it, and how the finding then begins.
SICK = [
    ("asterisk.conf", "[options]\nverbose=3", "verbose=3", "live_dangerously=yes", "warning [opti"),
    ("asterisk.conf", "[options]\nverbose=3", "verbose=3", "execincludes=yes", "warning [options]"),
    ("http.conf", HTTP, "enabled=yes", "enabled=no", "failed [general] the HTTP server is off"),
    ("http.conf", HTTP, "127.0.0.1", "0.0.0.0", "warning [general] ARI listens on every address"),
    ("http.conf", HTTP, "bindaddr", "tlsenable=yes\nbindaddr", "failed [general] tlsenable = yes"),
    (
        "manager.conf",
        f"[general]\nbindaddr=127.0.0.1\n[me]\nsecret={STRONG}",
        "127.0.0.1",
        "0.0.0.0",
        "warning [general] AMI listens on every address",
    ),
    (
        "manager.conf",
        f"[general]\nbindaddr=0.0.0.0\ntlsenable=yes\n[me]\nsecret={STRONG}\npermit=10.0.0.0/8",
        "permit=10.0.0.0/8",
        "",
        "warning [me] may log in from any address",
    ),
    (
        "manager.conf",
        f"[general]\nbindaddr=127.0.0.1\n[me]\nsecret={STRONG}",
        STRONG,
        "mysecret",
        "warning [me] its secret is one that everybody tries",
    ),
    (
        "manager.conf",
        f"[general]\nbindaddr=127.0.0.1\n[me]\nsecret={STRONG}",
        f"secret={STRONG}",
        "",
        "failed [me] has no secret",
    ),
    (
        "ari.conf",
        f"[general]\nenabled=yes\n[me]\ntype=user\npassword={STRONG}",
        "enabled=yes",
        "enabled=no",
        "failed [general] ARI is off",
    ),
    (
        "ari.conf",
        f"[me]\ntype=user\npassword={STRONG}",
        "type=user",
        "type=user\nread_only=yes",
        "warning [me] read_only",
    ),
    (
        "ari.conf",
        f"[me]\ntype=user\npassword={STRONG}",
        STRONG,
        "me",
        "warning [me] its password is its user's name",
    ),
    ("ari.conf", f"[me]\ntype=user\npassword={STRONG}", "type=user", "", "failed [] there is no u"),
    (
        "ari.conf",
        f"[general]\nallowed_origins=https://x.example\n[me]\ntype=user\npassword={STRONG}",
        "https://x.example",
        "*",
        "warning [general] allowed_origins",
    ),
    ("pjsip.conf", PJSIP, "type=transport", "type=x", "failed [] there is no transport"),
    ("pjsip.conf", PJSIP, "auth=alice", "auth=bob", "failed [alice] auth = bob, but there is no"),
    ("pjsip.conf", PJSIP, "aors=alice", "aors=bob", "failed [alice] aors = bob, but there is no"),
    ("pjsip.conf", PJSIP, "auth=alice\n", "", "warning [alice] has neither auth nor identify"),
    ("pjsip.conf", PJSIP, "auth=alice", "auth=alice\ntransport=tls", "failed [alice] transport ="),
    ("pjsip.conf", PJSIP, "auth=alice", "auth=alice\nwebrtc=yes", "failed [alice] webrtc = yes, b"),
    ("pjsip.conf", PJSIP, "auth=alice", "auth=alice\ncontext=no", "failed [alice] context = no, w"),
    ("pjsip.conf", PJSIP, STRONG, "alice", "warning [alice] its password is its user's name"),
    ("pjsip.conf", PJSIP, f"password={STRONG}", "", "failed [alice] has no password"),
    (
        "rtp.conf",
        "[general]\nrtpstart=10000\nrtpend=20000",
        "20000",
        "9000",
        "failed [general] rtpstart and rtpend are no range",
    ),
    (
        "rtp.conf",
        "[general]\nrtpstart=10000\nrtpend=20000",
        "10000",
        "500",
        "failed [general] rtpstart = 500",
    ),
    (
        "rtp.conf",
        "[general]\nrtpstart=10000\nrtpend=20000",
        "20000",
        "10040",
        "warning [general] 40 ports are enough for 10 calls",
    ),
    (
        "queues.conf",
        "[support]\nstrategy=ringall\nmember=PJSIP/alice",
        "ringall",
        "roundabout",
        "failed [support] strategy = roundabout",
    ),
    (
        "queues.conf",
        "[support]\nstrategy=ringall\nmember=PJSIP/alice",
        "member=PJSIP/alice",
        "",
        "warning [support] has no members",
    ),
    (
        "voicemail.conf",
        "[default]\n2001=8391,Al",
        "8391",
        "1234",
        "warning [default] the PIN of ma",
    ),
    (
        "voicemail.conf",
        "[default]\n2001=8391,Al",
        "8391",
        "2001",
        "warning [default] the PIN of ma",
    ),
    (
        "voicemail.conf",
        "[default]\n2001=8391,Al",
        "8391",
        "",
        "warning [default] the PIN of mailbo",
    ),
    (
        "voicemail.conf",
        "[default]\n2001=8391,Al",
        "8391",
        "77",
        "warning [default] the PIN of mailbo",
    ),
    (
        "musiconhold.conf",
        "[default]\nmode=files\ndirectory=/moh",
        "directory=/moh",
        "",
        "failed [default] mode = files without directory",
    ),
    (
        "musiconhold.conf",
        "[default]\nmode=files\ndirectory=/moh",
        "default",
        "jazz",
        "warning [] there is no class default",
    ),
    (
        "features.conf",
        "[featuremap]\nblindxfer=#1\natxfer=*2",
        "*2",
        "#1",
        "failed [featuremap] #1 is blindxfer and atxfer",
    ),
    (
        "features.conf",
        "[featuremap]\nblindxfer=#1\natxfer=*2",
        "atxfer",
        "automon",
        "warning [featuremap] automon is gone",
    ),
    ("confbridge.conf", "[a]\ntype=user", "type=user", "type=room", "failed [a] type = room"),
    ("confbridge.conf", "[a]\ntype=user", "user", "user\npin=1111", "warning [a] its PIN is one"),
    (
        "extensions.conf",
        "[default]\nexten=100,1,Answer()\ninclude=default",
        "include=default",
        "include=nowhere",
        "failed [default] include => nowhere",
    ),
    (
        "extensions.conf",
        "[default]\nexten=100,1,Answer()",
        "100",
        "_.",
        "warning [default] exten => _. also takes h",
    ),
    (
        "extensions.conf",
        "[default]\nexten=100,1,Answer()",
        "Answer()",
        "Monitor(wav)",
        "failed [default] Monitor() is gone",
    ),
]


@pytest.mark.parametrize(("name", "well", "old", "new", "begins"), SICK)
def test_what_is_wrong_is_found_and_nothing_else(
    name: str, well: str, old: str, new: str, begins: str
):
    music = {"default": 1, "jazz": 1}
    assert told(name, well, music=music) == []
    assert old in well
    found = told(name, well.replace(old, new, 1), music=music)
    assert [each for each in found if each.startswith(begins)], found


def test_every_file_of_the_guide_has_a_rule_that_can_find_something():
    assert {each[0] for each in SICK} == set(RULES) and len(RULES) == 12


def test_an_empty_file_breaks_no_rule():
    for name in RULES:
        told(name, "")


def test_an_identified_trunk_needs_no_auth():
    text = PJSIP.replace("auth=alice\n", "") + "[x]\ntype=identify\nendpoint=alice\n"
    assert told("pjsip.conf", text) == []


def test_what_comes_from_a_database_is_not_missed():
    text = PJSIP.replace("auth=alice", "auth=bob")
    assert told("pjsip.conf", text, sorcery="[res_pjsip]\nauth=realtime,ps_auths") == []
    assert told(
        "pjsip.conf", text, sorcery="[res_pjsip]\nauth=config,pjsip.conf,criteria=type=auth"
    )


def test_a_browser_wants_ice():
    browser = PJSIP.replace("protocol=udp", "protocol=wss").replace("aors", "webrtc=yes\naors")
    good = "[general]\nrtpstart=10000\nrtpend=20000\nicesupport=yes"
    assert told("rtp.conf", good, pjsip=browser) == []
    (found,) = told("rtp.conf", good.replace("=yes", "=no"), pjsip=browser)
    assert "alice is a browser" in found


def test_a_class_without_files_is_only_known_if_the_server_has_told():
    text = "[default]\nmode=files\ndirectory=/moh"
    assert told("musiconhold.conf", text, music=None) == []
    (found,) = told("musiconhold.conf", text, music={"default": 0})
    assert found == "failed [default] there is nothing to play in /moh"


def test_a_queue_with_members_by_now_is_well():
    assert told("queues.conf", "[support]", members={"support": 1}) == []
    (found,) = told("queues.conf", "[support]\nmember=a\nmusicclass=x", music={"default": 1})
    assert "musicclass = x" in found


def test_contexts_that_nobody_could_tell_are_not_missed():
    assert told("pjsip.conf", PJSIP.replace("aors", "context=x\naors"), contexts=None) == []


def test_what_is_gone_in_21_is_there_in_16():
    assert told("features.conf", "[featuremap]\nautomon=*1", version=Version(16, 28)) == []
