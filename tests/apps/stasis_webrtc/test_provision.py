"""Devices: made in order, removed in reverse, worth nothing without their secret."""

from __future__ import annotations

import asyncio
import json
from contextlib import suppress

import pytest
from stasis_webrtc.device import DeviceRules, endpoint_name
from stasis_webrtc.provision import Devices, ProvisionError, Restored

from stasis import Unreachable
from stasis.ari import Ari
from stasis.lab.lab import Lab
from tests.answers import Answers
from tests.apps.stasis_webrtc.real import ari_of, phone_of

NAME = "w-anna-0123abcd"
OTHER = "w-bert-89abcdef"
CALLER = '"Anna" <201>'
HERE = "/asterisk/config/dynamic/res_pjsip"
SDP = {"Content-Type": "application/sdp"}
OFFER = "\r\n".join(
    (
        *("v=0", "o=- 1 1 IN IP4 127.0.0.1", "s=-", "c=IN IP4 127.0.0.1", "t=0 0"),
        *("a=group:BUNDLE 0", "m=audio 9 UDP/TLS/RTP/SAVPF 0", "a=rtpmap:0 PCMU/8000", "a=mid:0"),
        *("a=ice-ufrag:abcd", f"a=ice-pwd:{'x' * 24}", "a=setup:actpass", "a=rtcp-mux"),
        f"a=fingerprint:sha-256 {':'.join(['AB'] * 32)}\r\n",
    )
)
REFUSED = {
    "MESSAGE": {"Content-Type": "text/plain"},
    "SUBSCRIBE": {"Event": "presence", "Expires": "60"},
    "PUBLISH": {"Event": "presence", "Expires": "60"},
    "REFER": {"Refer-To": "<sip:busy@127.0.0.1>"},
}
TEST = DeviceRules(context="default")  # where a lab's extensions are


@pytest.fixture
def devices(ari: Ari, answers: Answers) -> Devices:
    """Devices on a server that takes everything and has none."""
    answers.answer(f"PUT {HERE}", 200, [])
    answers.answer("GET /endpoints/PJSIP", 200, [])
    has_modules(answers, "codec_opus.so")
    return Devices(lambda: ari)


def has_modules(answers: Answers, *names: str) -> None:
    """Have the server tell these modules, as running."""
    found = [{"name": name, "status": "Running"} for name in names]
    answers.answer("GET /asterisk/modules", 200, found)


def listed(answers: Answers, *names: str) -> None:
    """Have the server tell these endpoints."""
    found = [{"technology": "PJSIP", "resource": name} for name in names]
    answers.answer("GET /endpoints/PJSIP", 200, found)


def puts(answers: Answers, kind: str) -> dict[str, str]:
    """The fields of the last object of a kind that was put."""
    request = [each for each in answers.sent if each.path == f"{HERE}/{kind}/{NAME}"][-1]
    assert request.body is not None
    return {each["attribute"]: each["value"] for each in json.loads(request.body)["fields"]}


class TestProvisioning:
    async def test_the_secret_is_there_before_the_endpoint(
        self, devices: Devices, answers: Answers
    ):
        await devices.provision(NAME, "geheim", caller=CALLER)
        made = [line for line in answers.requests if line.startswith("PUT")]
        assert made == [f"PUT {HERE}/{kind}/{NAME}" for kind in ("auth", "aor", "endpoint")]
        assert puts(answers, "auth")["password"] == "geheim"
        assert puts(answers, "endpoint")["auth"] == puts(answers, "endpoint")["aors"] == NAME

    async def test_no_field_is_ever_without_a_value(self, devices: Devices, answers: Answers):
        await devices.provision(NAME, "geheim", caller=CALLER)
        for kind in ("auth", "aor", "endpoint"):
            assert all(isinstance(value, str) for value in puts(answers, kind).values())

    async def test_one_page_at_a_time_and_nothing_but_calls(
        self, devices: Devices, answers: Answers
    ):
        await devices.provision(NAME, "geheim", caller=CALLER)
        aor, endpoint = puts(answers, "aor"), puts(answers, "endpoint")
        assert (aor["max_contacts"], aor["remove_existing"]) == ("1", "yes")
        assert endpoint["allow_transfer"] == endpoint["allow_subscribe"] == "no"
        assert endpoint["trust_id_inbound"] == "no" and endpoint["callerid"] == CALLER
        assert endpoint["context"] == "stasis-webrtc"

    async def test_the_rules_have_the_last_word(self, ari: Ari, answers: Answers):
        answers.answer(f"PUT {HERE}", 200, [])
        has_modules(answers)
        rules = DeviceRules("house", ("ulaw",), 0, 0, {"language": "de", "send_pai": "yes"})
        await Devices(lambda: ari, rules).provision(NAME, "geheim", caller=CALLER)
        endpoint = puts(answers, "endpoint")
        assert endpoint["allow"] == "ulaw" and endpoint["context"] == "house"
        assert endpoint["language"] == "de" and endpoint["send_pai"] == "yes"

    @pytest.mark.parametrize(
        ("modules", "codecs"),
        [
            (["codec_opus.so"], "opus,g722,ulaw,alaw"),
            (["codec_opus_open_source.so"], "opus,g722,ulaw,alaw"),
            (["res_format_attr_opus.so"], "g722,ulaw,alaw"),
        ],
    )
    async def test_opus_is_spoken_only_where_asterisk_can_turn_it_into_others(
        self, devices: Devices, answers: Answers, modules: list[str], codecs: str
    ):
        has_modules(answers, *modules)
        await devices.provision(NAME, "geheim", caller=CALLER)
        assert puts(answers, "endpoint")["allow"] == codecs

    async def test_the_modules_are_looked_at_once_and_after_a_gap_again(
        self, devices: Devices, answers: Answers
    ):
        for _ in range(3):
            await devices.provision(NAME, "geheim", caller=CALLER)
        assert answers.requests.count("GET /asterisk/modules") == 1
        await devices.restore()
        assert answers.requests.count("GET /asterisk/modules") == 2

    @pytest.mark.parametrize(
        ("kind", "status", "told"),
        [
            ("auth", 403, "sorcery.conf: [res_pjsip] auth = memory"),
            ("endpoint", 403, "sorcery.conf: [res_pjsip] endpoint = memory"),
            ("aor", 404, "load = res_pjsip.so"),
            ("endpoint", 400, "endpoint_fields"),
        ],
    )
    async def test_a_refusal_leaves_nothing_and_says_what_mends_it(
        self, ari: Ari, answers: Answers, kind: str, status: int, told: str
    ):
        answers.refuse(f"PUT {HERE}/{kind}", status)
        answers.answer(f"PUT {HERE}", 200, [])
        has_modules(answers)
        devices = Devices(lambda: ari)
        with pytest.raises(ProvisionError) as raised:
            await devices.provision(NAME, "geheim", caller=CALLER)
        assert told in str(raised.value) and "geheim" not in str(raised.value)
        assert answers.requests[-3:] == [
            f"DELETE {HERE}/{kind}/{NAME}" for kind in ("endpoint", "aor", "auth")
        ]
        assert NAME not in devices

    @pytest.mark.parametrize("name", ["alice", "w-anna", "w-Anna-0123abcd", "w-a/b-0123abcd", ""])
    async def test_only_names_of_devices_are_made(
        self, devices: Devices, answers: Answers, name: str
    ):
        with pytest.raises(ValueError):
            await devices.provision(name, "geheim", caller=CALLER)
        await devices.remove(name)
        assert answers.requests == []

    async def test_a_device_without_a_secret_is_refused(self, devices: Devices, answers: Answers):
        with pytest.raises(ValueError):
            await devices.provision(NAME, "", caller=CALLER)
        assert answers.requests == []


class TestAfterwards:
    async def test_a_device_is_removed_in_reverse_and_what_is_not_there_is_no_error(
        self, devices: Devices, answers: Answers
    ):
        answers.refuse(f"DELETE {HERE}", 404)
        await devices.provision(NAME, "geheim", caller=CALLER)
        answers.requests.clear()
        await devices.remove(NAME)
        assert answers.requests == [
            f"DELETE {HERE}/{kind}/{NAME}" for kind in ("endpoint", "aor", "auth")
        ]
        assert NAME not in devices

    async def test_another_secret_ends_the_registration(self, devices: Devices, answers: Answers):
        await devices.provision(NAME, "old", caller=CALLER)
        answers.requests.clear()
        await devices.rotate(NAME, "new")
        assert answers.requests[:3] == [
            f"PUT {HERE}/auth/{NAME}",
            f"DELETE {HERE}/aor/{NAME}",
            f"PUT {HERE}/aor/{NAME}",
        ]
        assert puts(answers, "auth")["password"] == "new"
        assert puts(answers, "endpoint")["callerid"] == CALLER

    async def test_only_what_was_made_here_can_be_rotated(self, devices: Devices):
        with pytest.raises(KeyError):
            await devices.rotate(NAME, "new")

    async def test_a_sweep_removes_what_is_nobodys(self, devices: Devices, answers: Answers):
        await devices.provision(NAME, "geheim", caller=CALLER)
        listed(answers, NAME, OTHER, "w-carl-00000000", "alice", "w-lan", "trunk")
        answers.requests.clear()
        assert await devices.sweep({"w-carl-00000000"}) == (OTHER,)
        assert {line.rpartition("/")[2] for line in answers.requests[1:]} == {OTHER}

    async def test_one_that_is_only_still_listed_is_not_told(
        self, devices: Devices, answers: Answers
    ):
        listed(answers, OTHER)
        answers.refuse(f"DELETE {HERE}", 404)
        assert await devices.sweep(()) == ()

    async def test_devices_are_made_again_after_a_restart_of_asterisk(
        self, devices: Devices, answers: Answers
    ):
        await devices.provision(NAME, "geheim", caller=CALLER)
        answers.requests.clear()
        found = await devices.restore({NAME, OTHER})
        assert found == Restored(made=(NAME,), lost=(OTHER,))
        assert puts(answers, "auth")["password"] == "geheim"

    async def test_nothing_is_restored_that_is_there(self, devices: Devices, answers: Answers):
        await devices.provision(NAME, "geheim", caller=CALLER)
        listed(answers, NAME, OTHER)
        assert await devices.restore({NAME, OTHER}) == Restored()

    async def test_when_asterisk_is_not_there_the_device_is_not_ours(
        self, devices: Devices, answers: Answers
    ):
        answers.given = {f"PUT {HERE}/aor": Unreachable("PUT", HERE, "gone")} | answers.given
        with pytest.raises(Unreachable):
            await devices.provision(NAME, "geheim", caller=CALLER)
        assert NAME not in devices

    async def test_static_endpoints_are_known_and_never_touched(self, ari: Ari, answers: Answers):
        devices = Devices(lambda: ari, static=["alice"])
        assert "alice" in devices and "bob" not in devices
        await devices.remove("alice")
        assert answers.requests == []


@pytest.mark.asterisk
@pytest.mark.parametrize("version", ["22", "16"])
class TestOnARealAsterisk:
    async def test_a_device_registers_with_its_secret_and_with_no_other(
        self, labs: dict[str, Lab], version: str
    ):
        lab, name = labs[version], endpoint_name("anna")
        async with ari_of(lab) as ari:
            devices = Devices(lambda: ari, TEST)
            await devices.provision(name, "geheim", caller=CALLER)
            async with phone_of(lab, name, "geheim") as phone, phone_of(lab, name, "x") as other:
                assert await other.register() == 401
                assert await state(ari, name) == "offline"
                assert await phone.register() == 200
                async with asyncio.timeout(20):
                    while await state(ari, name) != "online":
                        with suppress(TimeoutError):
                            await phone.request("INVITE", 0.3)  # it answers the server's OPTIONS
            await devices.remove(name)

    async def test_a_removed_one_is_gone_also_on_the_socket_that_it_had(
        self, labs: dict[str, Lab], version: str
    ):
        lab, name = labs[version], endpoint_name("anna")
        async with ari_of(lab) as ari:
            devices = Devices(lambda: ari, TEST)
            await devices.provision(name, "geheim", caller=CALLER)
            async with phone_of(lab, name, "geheim") as phone:
                assert await phone.register() == 200
                assert (
                    await phone.ask("INVITE", "sip:busy@127.0.0.1", "busy", SDP, OFFER)
                ).status == 486
                await devices.remove(name)
                for shown in ("endpoints", "aors", "auths", "contacts"):
                    told = await asyncio.to_thread(lab.cli, f"pjsip show {shown}")
                    assert name not in told, shown
                assert await phone.register() != 200
                reply = await phone.ask("INVITE", "sip:busy@127.0.0.1", "busy", SDP, OFFER)
                assert reply.status in (401, 488), "not 486: it does not reach the dialplan"

    async def test_a_rotated_one_is_registered_no_more_and_its_old_secret_is_nothing(
        self, labs: dict[str, Lab], version: str
    ):
        lab, name = labs[version], endpoint_name("anna")
        async with ari_of(lab) as ari:
            devices = Devices(lambda: ari, TEST)
            await devices.provision(name, "old", caller=CALLER)
            async with phone_of(lab, name, "old") as phone, phone_of(lab, name, "new") as next_one:
                assert await phone.register() == 200
                await devices.rotate(name, "new")
                assert name not in await asyncio.to_thread(lab.cli, "pjsip show contacts")
                assert await phone.register() == 401
                assert (
                    await phone.ask("INVITE", "sip:busy@127.0.0.1", "busy", SDP, OFFER)
                ).status == 401
                assert await next_one.register() == 200
            await devices.remove(name)

    async def test_the_second_page_takes_the_device_over(self, labs: dict[str, Lab], version: str):
        lab, name = labs[version], endpoint_name("anna")
        async with ari_of(lab) as ari:
            devices = Devices(lambda: ari, TEST)
            await devices.provision(name, "geheim", caller=CALLER)
            async with (
                phone_of(lab, name, "geheim") as first,
                phone_of(lab, name, "geheim") as second,
            ):
                assert await first.register() == 200
                assert await second.register() == 200
                told = await asyncio.to_thread(lab.cli, f"pjsip show aor {name}")
                assert told.count("Contact:  w-") == 1
            await devices.remove(name)

    async def test_it_can_call_and_nothing_else(self, labs: dict[str, Lab], version: str):
        lab, name = labs[version], endpoint_name("anna")
        async with ari_of(lab) as ari:
            devices = Devices(lambda: ari, TEST)
            await devices.provision(name, "geheim", caller=CALLER)
            async with phone_of(lab, name, "geheim") as phone:
                for method, headers in REFUSED.items():
                    reply = await phone.ask(method, "sip:tone@127.0.0.1", "tone", headers, "x")
                    assert reply.status >= 400, method
            await devices.remove(name)

    async def test_a_sweep_finds_the_devices_of_a_process_that_crashed(
        self, labs: dict[str, Lab], version: str
    ):
        lab, mine, its = labs[version], endpoint_name("anna"), endpoint_name("anna")
        async with ari_of(lab) as ari:
            await Devices(lambda: ari, TEST).provision(its, "geheim", caller=CALLER)
            devices = Devices(lambda: ari, TEST)
            await devices.provision(mine, "geheim", caller=CALLER)
            assert its in await devices.sweep(())
            assert await state(ari, its) is None and await state(ari, mine) == "offline"
            assert await state(ari, "alice") is not None
            await devices.remove(mine)

    async def test_a_restarted_asterisk_has_the_devices_again(
        self, labs: dict[str, Lab], version: str
    ):
        lab, name, lost = labs[version], endpoint_name("anna"), endpoint_name("bert")
        async with ari_of(lab) as ari:
            devices = Devices(lambda: ari, TEST)
            await devices.provision(name, "geheim", caller=CALLER)
            await asyncio.to_thread(lab.restart, kill=True)
            assert await state(ari, name) is None
            assert await devices.restore({name, lost}) == Restored((name,), (lost,))
            async with phone_of(lab, name, "geheim") as phone:
                assert await phone.register() == 200
            await devices.remove(name)


async def state(ari: Ari, name: str) -> str | None:
    """An endpoint's state; None when there is none."""
    found = {each.resource: each.state for each in await ari.endpoints.list_by_tech("PJSIP")}
    return found.get(name)
