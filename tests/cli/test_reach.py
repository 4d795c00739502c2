"""The hops to ARI: each says what it saw, and a hop that failed says which line mends it."""

from __future__ import annotations

import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager

from aiohttp import web

from stasis.ari import Response
from stasis.cli import reach
from stasis.cli.patient import Patient
from stasis.config import AsteriskConfig
from stasis.section import Secret

Answer = Callable[[web.Request], Awaitable[web.StreamResponse]]


@asynccontextmanager
async def patient_of(answer: Answer, password: str = "seeded") -> AsyncIterator[Patient]:
    """A patient whose Asterisk is this function."""
    app = web.Application()
    app.router.add_route("*", "/{tail:.*}", answer)
    runner = web.AppRunner(app)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    port = runner.addresses[0][1]
    url = f"http://127.0.0.1:{port}/ari"
    try:
        async with Patient(AsteriskConfig(url=url, password=Secret(password))) as patient:
            yield patient
    finally:
        await runner.cleanup()


def free_port() -> int:
    with socket.socket() as trial:
        trial.bind(("127.0.0.1", 0))
        return int(trial.getsockname()[1])


def patient_at(url: str) -> Patient:
    return Patient(AsteriskConfig(url=url))


async def says_json(request: web.Request) -> web.Response:
    return web.json_response({"system": {"version": "22.10.1"}})


class TestTcp:
    async def test_an_open_port_connects(self) -> None:
        async with patient_of(says_json) as patient:
            hop = await reach.tcp(patient)
        assert hop.state == "ok"
        assert " connects in " in hop.text

    async def test_a_closed_port_names_http_conf(self) -> None:
        port = free_port()
        hop = await reach.tcp(patient_at(f"http://127.0.0.1:{port}/ari"))
        assert hop.state == "failed"
        assert f"127.0.0.1:{port}: Connection refused" in hop.text
        assert f"http.conf: [general] enabled = yes, bindaddr = 127.0.0.1, bindport = {port}" in (
            hop.fix
        )

    async def test_an_unknown_host_is_told(self) -> None:
        hop = await reach.tcp(patient_at("http://no-such-host.invalid:8088/ari"))
        assert hop.state == "failed"
        assert "no-such-host.invalid:8088" in hop.text


class TestHttp:
    async def test_the_answer_is_kept_for_the_next_hops(self) -> None:
        async with patient_of(says_json) as patient:
            hop = await reach.http(patient)
            assert hop.state == "ok"
            assert patient.answer.status == 200

    async def test_a_server_that_closes_without_a_word_names_sessionlimit(self) -> None:
        async def closes(request: web.Request) -> web.Response:
            assert request.transport is not None
            request.transport.abort()
            return web.Response()

        async with patient_of(closes) as patient:
            hop = await reach.http(patient)
        assert hop.state == "failed"
        assert "sessionlimit" in hop.fix


class TestAri:
    async def test_json_and_a_refusal_are_ari(self) -> None:
        patient = patient_at("http://127.0.0.1:8088/ari")
        for answer in (Response(200), Response(401, content_type="text/html"), Response(403)):
            patient.answer = answer
            assert (await reach.ari(patient)).state == "ok"

    async def test_a_page_names_ari_conf_and_the_prefix(self) -> None:
        patient = patient_at("http://127.0.0.1:8088/x/ari")
        patient.answer = Response(404, content_type="text/html")
        hop = await reach.ari(patient)
        assert hop.state == "failed"
        assert "/x/ari" in hop.text
        assert "ari.conf: [general] enabled = yes" in hop.fix
        assert "prefix" in hop.fix

    async def test_an_asterisk_that_starts_is_waited_for(self) -> None:
        patient = patient_at("http://127.0.0.1:8088/ari")
        patient.answer = Response(503)
        hop = await reach.ari(patient)
        assert (hop.state, hop.fix) == ("failed", "try again in a moment")


class TestCredentials:
    async def test_a_wrong_password_names_both_places(self) -> None:
        patient = patient_at("http://127.0.0.1:8088/ari")
        patient.answer = Response(401)
        hop = await reach.credentials(patient)
        assert hop.state == "failed"
        assert "ari.conf: [stasis] type = user" in hop.fix
        assert "STASIS_ASTERISK_PASSWORD" in hop.fix

    async def test_an_acl_is_told_apart(self) -> None:
        patient = patient_at("http://127.0.0.1:8088/ari")
        patient.answer = Response(403)
        hop = await reach.credentials(patient)
        assert (hop.state, "permit" in hop.fix) == ("failed", True)

    async def test_the_password_of_the_example_is_a_warning(self) -> None:
        patient = patient_at("http://127.0.0.1:8088/ari")
        patient.answer = Response(200)
        hop = await reach.credentials(patient)
        assert hop.state == "warning"
        assert "stasis-change-me" not in f"{hop}"

    async def test_another_password_is_fine(self) -> None:
        config = AsteriskConfig(password=Secret("seeded"))
        patient = Patient(config)
        patient.answer = Response(200)
        hop = await reach.credentials(patient)
        assert (hop.state, "seeded" in hop.text) == ("ok", False)


class TestWriting:
    async def test_a_user_who_may_only_read_names_the_line(self) -> None:
        async def refuses(request: web.Request) -> web.Response:
            return web.json_response({"message": "Write access denied"}, status=403)

        async with patient_of(refuses) as patient:
            hop = await reach.writing(patient)
        assert (hop.state, hop.fix) == ("failed", "ari.conf: [stasis] read_only = no")

    async def test_an_unknown_application_means_that_writing_is_allowed(self) -> None:
        async def unknown(request: web.Request) -> web.Response:
            assert (request.method, request.path) == ("POST", "/ari/events/user/stasis-doctor")
            return web.json_response({"message": "Application not found"}, status=404)

        async with patient_of(unknown) as patient:
            assert (await reach.writing(patient)).state == "ok"
