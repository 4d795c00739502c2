"""The files of a lab: the example as it stands, loopback only, every phone and desk."""

import re

from stasis.lab import configuration, example
from stasis.lab.ports import block

PORTS = block(20_000)
FILES = configuration.lab_files(
    PORTS, {"alice": "one", "bob": "two"}, ["app_stasis.so", "chan_iax2.so", "cdr_csv.so"]
)


def test_ari_conf_is_the_example_byte_for_byte() -> None:
    assert FILES["ari.conf"] == example.text()
    assert configuration.example_files()["ari.conf"] == example.text()


def test_the_example_run_adds_nothing_that_asterisk_acts_on() -> None:
    files = configuration.example_files()
    assert {name: files[name] for name in example.companions()} == example.companions()
    assert set(files) - set(example.companions()) == {"ari.conf", "logger.conf"}


def test_the_dialplan_begins_with_the_examples() -> None:
    assert FILES["extensions.conf"].startswith(example.companions()["extensions.conf"])
    for extension in (
        "_stasis-.",
        "_broadcast-.",
        "echo",
        "tone",
        "answer",
        "busy",
        "noanswer",
        "early",
        "music",
    ):
        assert f"exten => {extension},1," in FILES["extensions.conf"]


def test_rooms_and_softphones_can_be_called() -> None:
    for line in (
        "_1XX,1,Stasis(webrtc,ring,${EXTEN})",
        "_7XXX,1,Stasis(conference,${EXTEN})",
        "_8XX,1,Stasis(conference,${EXTEN})",
    ):
        assert f"exten => {line}\n" in FILES["extensions.conf"]


def test_everything_listens_on_loopback_alone() -> None:
    told = [FILES[name] for name in ("http.conf", "manager.conf", "pjsip.conf")]
    addresses = re.findall(r"^bind(?:addr)? = ([0-9.]+)", "\n".join(told), re.MULTILINE)
    assert addresses == ["127.0.0.1"] * 6


def test_tls_listens_on_loopback_once_there_is_a_certificate() -> None:
    assert "tls" not in FILES["http.conf"]
    secured = configuration.http(PORTS, "/keys")
    assert secured.startswith(FILES["http.conf"])
    assert f"tlsbindaddr = 127.0.0.1:{PORTS.https}\n" in secured
    assert "tlscertfile = /keys/cert.pem\ntlsprivatekey = /keys/key.pem\n" in secured


def test_browsers_can_be_phones() -> None:
    for protocol in ("ws", "wss"):
        assert f"[{protocol}]\ntype = transport\nprotocol = {protocol}\n" in FILES["pjsip.conf"]
    for kind in ("auth", "aor", "endpoint"):
        lines = f"{kind} = config,pjsip.conf,criteria=type={kind}\n{kind} = memory\n"
        assert lines in FILES["sorcery.conf"]
    assert "icesupport = yes" in FILES["rtp.conf"]
    assert "[stasis-webrtc]" in FILES["extensions.conf"]


def test_every_port_is_the_labs() -> None:
    assert f"bindport = {PORTS.http}" in FILES["http.conf"]
    assert f"port = {PORTS.ami}" in FILES["manager.conf"]
    assert FILES["pjsip.conf"].count(f"bind = 127.0.0.1:{PORTS.sip}") == 2
    assert f"rtpstart = {PORTS.rtp[0]}\nrtpend = {PORTS.rtp[1]}" in FILES["rtp.conf"]


def test_phones_register_with_their_passwords_and_desks_have_a_place() -> None:
    pjsip = FILES["pjsip.conf"]
    assert "username = alice\npassword = one" in pjsip
    assert "username = bob\npassword = two" in pjsip
    for number, port in enumerate(PORTS.desks, 1):
        assert f"contact = sip:desk{number}@127.0.0.1:{port}" in pjsip


def test_an_endpoint_and_its_authentication_are_one_section() -> None:
    assert "aors = alice\nauth = alice\n" in FILES["pjsip.conf"]


def test_only_unwanted_modules_that_exist_are_left_out() -> None:
    assert FILES["modules.conf"].splitlines() == [
        "[modules]",
        "autoload = yes",
        "noload = chan_iax2.so",
        "noload = cdr_csv.so",
    ]


def test_there_is_a_back_office_to_try() -> None:
    assert "[support]" in FILES["queues.conf"]
    assert "2001 => 4711,Alice" in FILES["voicemail.conf"]
    assert "parkext = 700" in FILES["res_parking.conf"]
    for extension in ("_queue-.", "_mailbo[x]-.", "_messages-.", "_co[n]fbridge-.", "700", "*8"):
        assert f"exten => {extension},1," in FILES["extensions.conf"]
