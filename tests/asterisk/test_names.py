"""Odd characters in ids, endpoints, names and variables: they work, or the error says why not.

Nothing may reach another object than the one named, and nothing may be lost in encoding.
"""

from __future__ import annotations

import asyncio

import pytest

from stasis import (
    AllocationFailed,
    AriError,
    Channel,
    ChannelGone,
    DeviceState,
    InvalidRequest,
)
from tests.asterisk.servers import Callers, Server

pytestmark = pytest.mark.asterisk

ODD = ["/", ";", "@", "+", "%", '"', "'", " ", "é", "漢", "%2F", "?", "#", "&", "=", ","]


async def test_a_channel_id_may_hold_any_printable_character(server: Server) -> None:
    """The id that we choose is the id that the server has, whatever stands in it."""
    async with server.link({"odd": answer_and_wait}) as link:
        for number, odd in enumerate(ODD):
            channel_id = f"odd{number}{odd}x"
            await link.ari.channels.originate_with_id(
                channel_id, endpoint="Local/answer@default/n", app="odd"
            )
            found = await link.ari.channels.get(channel_id)
            assert found.id == channel_id
            await link.ari.channels.hangup(channel_id)
        await link.idle()
        assert await server.channels(link) == []


async def test_a_variable_keeps_every_character(server: Server, callers: Callers) -> None:
    """A value comes back as it was set, also as an argument of originate."""
    seen: dict[str, str | None] = {}
    value = "".join(ODD) + "$()|\\^~`{}[]<>"

    async def flow(channel: Channel) -> None:
        await channel.answer()
        await callers.present.wait()
        for number, odd in enumerate([*ODD, value]):
            await channel.set_variable(f"ODD{number}", f"a{odd}b")
            seen[odd] = await channel.get_variable(f"ODD{number}")
        seen["none"] = await channel.get_variable("NEVER_SET")

    async with server.link({"vars": flow, "caller": callers.caller}) as link:
        caller = await callers.call(link, "vars")
        await caller.ended(15)
    assert {odd: f"a{odd}b" for odd in [*ODD, value]} | {"none": None} == seen


async def test_control_characters_are_refused_before_sending(
    server: Server, callers: Callers
) -> None:
    """CR, LF and NUL never leave: Asterisk writes some values raw to AMI."""
    refused: list[str] = []

    async def flow(channel: Channel) -> None:
        await channel.answer()
        await callers.present.wait()
        for bad in ("\r\n", "\0", "\x1b"):
            with pytest.raises(InvalidRequest, match="control characters"):
                await channel.set_variable("BAD", f"a{bad}b")
            refused.append(bad)

    async with server.link({"vars": flow, "caller": callers.caller}) as link:
        caller = await callers.call(link, "vars")
        await caller.ended(15)
    assert len(refused) == 3


async def test_an_endpoint_that_does_not_exist_is_a_failed_call(server: Server) -> None:
    """Each odd character in an endpoint ends as AllocationFailed or a refusal, never otherwise."""
    async with server.link({"odd": answer_and_wait}) as link:
        for odd in ODD:
            with pytest.raises((AllocationFailed, InvalidRequest)):
                await link.originate(f"PJSIP/no{odd}body", "odd")


async def test_a_device_name_may_hold_what_asterisk_stores(server: Server) -> None:
    """A device state comes back under the same name; what cannot be set says so."""
    async with server.link({"odd": answer_and_wait}) as link:
        for odd in ODD:
            device = DeviceState(link.ari, f"Stasis:lamp{odd}1")
            await device.set("INUSE")
            assert await device.get() == "INUSE"
            listed = [each.name for each in await link.ari.device_states.list()]
            # Asterisk keeps them in a path and lists only what follows the last slash.
            shown = device.name if odd != "/" else "Stasis:1"
            assert shown in listed
            await device.delete()
        with pytest.raises(InvalidRequest, match="Stasis:"):
            await DeviceState(link.ari, "PJSIP/alice").set("INUSE")


async def test_a_recording_name_is_safe_or_refused(server: Server, callers: Callers) -> None:
    """Only names that stay inside the recording folder are sent; the error lists what is allowed."""
    results: dict[str, str] = {}

    async def flow(channel: Channel) -> None:
        await channel.answer()
        await callers.present.wait()
        for odd in [*ODD, "..", "../x"]:
            name = f"odd{odd}name" if odd != "../x" else odd
            try:
                recording = await channel.record(name, if_exists="overwrite")
                await recording.cancel()
                await recording.finished(5)
                results[odd] = "recorded"
            except InvalidRequest as error:
                assert "letters, digits" in str(error)
                results[odd] = "refused"

    async with server.link({"rec": flow, "caller": callers.caller}) as link:
        caller = await callers.call(link, "rec")
        await caller.ended(30)
    assert results.pop("/") == "recorded"
    assert results.pop("..") == "recorded", "dots inside a segment are harmless"
    assert set(results.values()) == {"refused"}


async def test_a_command_for_a_channel_that_left_is_channel_gone(
    server: Server, callers: Callers
) -> None:
    """The server's 404 and 409 for the flow's own channel read as ChannelGone, hangup as success."""
    raised: list[AriError | ChannelGone] = []
    hanging_up: list[asyncio.Task[None]] = []

    async def flow(channel: Channel) -> None:
        await channel.answer()
        await callers.present.wait()
        # Beside it: its end may be told before its hang-up is answered.
        hanging_up.append(asyncio.create_task(channel._owner.ari.channels.hangup(channel.id)))
        try:
            async with asyncio.timeout(10):
                while True:
                    await channel.mute()
                    await asyncio.sleep(0.02)
        except (AriError, ChannelGone) as error:
            raised.append(error)
        await channel.hangup()
        raise raised[0]

    async with server.link({"gone": flow, "caller": callers.caller}) as link:
        caller = await callers.call(link, "gone")
        await caller.ended(10)
        await hanging_up[0]
    (error,) = raised
    assert isinstance(error, ChannelGone)


async def answer_and_wait(channel: Channel) -> None:
    """A flow for channels that the tests look at from outside."""
    await channel.answer()
    await channel.ended(60)
