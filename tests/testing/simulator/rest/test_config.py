"""The dynamic configuration over ARI."""

from __future__ import annotations

import pytest

from stasis.testing import Asterisk, virtual_time
from stasis.testing.simulator.phone import Phone
from tests.testing.simulator.machines import ask, new_machine

BASE = "asterisk/config/dynamic"
AOR = f"{BASE}/res_pjsip/aor/x"


def fields(**given: str) -> dict[str, list[dict[str, str]]]:
    """The body of a PUT."""
    return {"fields": [{"attribute": name, "value": value} for name, value in given.items()]}


class TestAnObject:
    @virtual_time
    async def test_it_is_made_changed_read_and_deleted(self):
        machine = new_machine()
        assert (await ask(machine, f"PUT {AOR}", fields(max_contacts="3"))).status == 200
        told = await ask(machine, f"PUT {AOR}", fields(support_path="yes"))
        assert {"attribute": "max_contacts", "value": "3"} in told.json
        assert {"attribute": "support_path", "value": "true"} in told.json
        assert (await ask(machine, f"GET {AOR}")).json == told.json
        assert (await ask(machine, f"DELETE {AOR}")).status == 204
        for method in ("GET", "DELETE"):
            gone = await ask(machine, f"{method} {AOR}")
            assert (gone.status, gone.why) == (404, "Object with id 'x' not found")

    @virtual_time
    async def test_it_may_be_made_of_nothing_and_not_changed_by_nothing(self):
        machine = new_machine()
        assert (await ask(machine, f"PUT {AOR}")).status == 200
        again = await ask(machine, f"PUT {AOR}")
        assert (again.status, again.why) == (400, "Fields must be provided to update object 'x'")


class TestRefusals:
    @pytest.mark.parametrize("method", ["GET", "PUT", "DELETE"])
    @virtual_time
    async def test_an_unknown_class_or_type_is_not_found(self, method: str):
        for path, why in (
            ("nonsense/aor/x", "configClass 'nonsense' not found"),
            ("res_pjsip/nonsense/x", "objectType 'nonsense' not found"),
        ):
            answer = await ask(new_machine(), f"{method} {BASE}/{path}", fields())
            assert (answer.status, answer.why) == (404, why)

    @pytest.mark.parametrize(
        "body",
        [fields(nonsense="1"), fields(max_contacts="x"), {"fields": [{"attribute": "contact"}]}],
    )
    @virtual_time
    async def test_what_an_attribute_cannot_be_is_refused(self, body: dict[str, object]):
        machine = new_machine()
        answer = await ask(machine, f"PUT {AOR}", body)
        why = "Creation of object 'x' failed field value validation"
        assert (answer.status, answer.why) == (400, why)
        await ask(machine, f"PUT {AOR}")
        answer = await ask(machine, f"PUT {AOR}", body)
        assert answer.why == "Update of object 'x' failed field value validation"

    @virtual_time
    async def test_a_type_that_is_not_kept_in_memory_can_only_be_read(self):
        answer = await ask(new_machine(), f"PUT {BASE}/res_pjsip/transport/x", fields())
        assert (answer.status, answer.why) == (
            403,
            "Cannot create sorcery objects of type 'transport'",
        )

    @virtual_time
    async def test_what_the_servers_files_say_cannot_be_changed(self):
        machine = new_machine()
        machine.phones["PJSIP/alice"] = Phone("PJSIP/alice")
        path = f"{BASE}/res_pjsip/endpoint/alice"
        assert (await ask(machine, f"GET {path}")).status == 200
        put = await ask(machine, f"PUT {path}", fields(context="x"))
        assert (put.status, put.why) == (403, "Cannot update sorcery objects of type 'endpoint'")
        delete = await ask(machine, f"DELETE {path}")
        assert (delete.status, delete.why) == (403, "Could not delete object with id 'alice'")

    @virtual_time
    async def test_an_endpoint_without_codecs_cannot_be_changed(self):
        machine = new_machine()
        path = f"{BASE}/res_pjsip/endpoint/x"
        await ask(machine, f"PUT {path}", fields(context="x"))
        answer = await ask(machine, f"PUT {path}", fields(allow="ulaw"))
        assert (answer.status, answer.json) == (500, {"error": "Allocation failed"})


class TestAnEndpoint:
    @virtual_time
    async def test_it_is_a_phone_at_once_where_nobody_is_registered(self):
        machine = new_machine()
        path = f"{BASE}/res_pjsip/endpoint/x"
        await ask(machine, f"PUT {path}", fields(allow="ulaw"))
        endpoint = {"technology": "PJSIP", "resource": "x", "state": "offline", "channel_ids": []}
        assert (await ask(machine, "GET endpoints/PJSIP/x")).json == endpoint
        assert (await ask(machine, f"PUT {path}", fields(context="y"))).status == 200
        await ask(machine, f"DELETE {path}")
        assert (await ask(machine, "GET endpoints/PJSIP/x")).status == 404

    @virtual_time
    async def test_who_is_registered_there_is_forgotten_with_the_aor(self):
        machine = new_machine()
        for kind in ("aor", "endpoint"):
            await ask(machine, f"PUT {BASE}/res_pjsip/{kind}/x", fields())
        machine.phones["PJSIP/x"].behaviour = "rings"
        assert (await ask(machine, "GET endpoints/PJSIP/x")).json["state"] == "online"
        await ask(machine, f"DELETE {AOR}")
        assert (await ask(machine, "GET endpoints/PJSIP/x")).json["state"] == "offline"

    @virtual_time
    async def test_it_is_gone_after_a_restart_and_those_of_the_files_are_not(self):
        machine = new_machine()
        machine.phones["PJSIP/alice"] = Phone("PJSIP/alice")
        await ask(machine, f"PUT {BASE}/res_pjsip/endpoint/x", fields(allow="ulaw"))
        await machine.restart()
        assert (await ask(machine, "GET endpoints/PJSIP/x")).status == 404
        assert (await ask(machine, "GET endpoints/PJSIP/alice")).status == 200

    @virtual_time
    async def test_it_rings_as_any_phone_once_somebody_is_registered(self):
        async with Asterisk() as asterisk:
            path = f"PUT {BASE}/res_pjsip/endpoint/x"
            await ask(asterisk.machine, path, fields(allow="ulaw"))
            asterisk.phone("PJSIP/x", "rings")
            await ask(
                asterisk.machine, "POST channels?endpoint=PJSIP/x&extension=s&context=default"
            )
            await asterisk.rings("PJSIP/x")
