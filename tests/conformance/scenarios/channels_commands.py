"""What an application tells a channel of its own: media, digits, variables, who is connected."""

from __future__ import annotations

from tests.conformance.place import Place
from tests.conformance.scenario import scenario
from tests.conformance.scenarios.calls import hang_up, order, originate, pair
from tests.conformance.scenarios.channels_create import MEDIA

# Done at once, and not told in any event. The others of MEDIA have scenarios of their own.
QUIET = [each for each in MEDIA if each[1] not in ("play", "dtmf", "redirect", "continue")]


@scenario(40)
async def answer_hold_moh_silence_ring_mute(a: Place) -> None:
    """A channel that is up takes them all, twice as well, and no event tells of them."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        before = order(events, channel)
        for method, what, query in [*QUIET, *QUIET]:
            reply = await a.request(method, f"channels/{channel}/{what}", query=[*query.items()])
            assert (reply.status, reply.body) == (204, b""), (method, what)
        for direction in ("in", "out"):
            where = f"channels/{channel}/mute"
            assert (await a.post(where, direction=direction)).status == 204
            assert (await a.delete(where, direction=direction)).status == 204
        await events.settled()
        assert order(events, channel) == before


@scenario()
async def command_parameters(a: Place) -> None:
    """What a command lacks, or has wrong: 400 with the reason. Defaults are not applied."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        for method, what, query, message in (
            ("POST", "mute", {}, "Direction is required"),
            ("DELETE", "mute", {}, "Direction is required"),
            ("POST", "mute", {"direction": "nonsense"}, "Invalid direction specified"),
            ("POST", "dtmf", {}, "DTMF is required"),
            ("POST", "variable", {}, "Variable name is required"),
            ("GET", "variable", {}, "Variable name is required"),
            ("POST", "redirect", {}, "Required parameter 'endpoint' not provided."),
        ):
            reply = await a.request(method, f"channels/{channel}/{what}", query=[*query.items()])
            assert reply.json == {"message": message}, (method, what)
            assert reply.status == 400


@scenario()
async def command_not_in_stasis_409(a: Place) -> None:
    """A channel that is in no application is commanded by none; a channel that is gone neither."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        far, gone = f"{channel};2", a.name("gone")
        tries = [
            *MEDIA,
            ("POST", "variable", {"variable": "X", "value": "1"}),
            ("POST", "dial", {}),
            ("POST", "move", {"app": events.app}),
            ("POST", "record", {"name": a.name("r"), "format": "wav"}),
        ]
        for method, what, query in tries:
            for where, status, message in (
                (far, 409, "Channel not in Stasis application"),
                (gone, 404, "Channel not found"),
            ):
                reply = await a.request(method, f"channels/{where}/{what}", query=[*query.items()])
                assert (reply.status, reply.json) == (status, {"message": message}), (what, where)


@scenario()
async def hangup_reasons(a: Place) -> None:
    """A reason of hanging up is a cause, for our end and the other; a wrong one is refused."""
    reasons = {"normal": 16, "busy": 17, "congestion": 34, "no_answer": 19, "rejected": 21}
    reasons |= {"unallocated": 1, "answered_elsewhere": 26, "number_incomplete": 28}
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        bad = await a.delete(f"channels/{channel}", reason="nonsense")
        what = "hangup reason" if a.at_least(20) else "hangup"
        assert bad.json == {"message": f"Invalid reason for {what} provided"}
        assert bad.status == 400
        assert (await a.delete(f"channels/{channel}", reason="busy")).status == 204
        for reason, cause in reasons.items():
            channel = await originate(a, events, f"c-{reason}")
            assert (await a.delete(f"channels/{channel}", reason=reason)).status == 204
            gone = await events.next("ChannelDestroyed", channel=channel)
            assert gone["cause"] == cause
            far = await events.next("ChannelDestroyed", channel=f"{channel};2")
            assert far["cause"] == cause
        again = await a.delete(f"channels/{channel}")
        assert (again.status, again.json) == (404, {"message": "Channel not found"})


@scenario(41)
async def dtmf_roundtrip(a: Place) -> None:
    """The digits that one end sends are heard by the other, in order."""
    async with a.listen(a.name("app")) as events:
        channel, far = await pair(a, events, "c")
        digits = "19*0#AD"
        reply = await a.post(f"channels/{channel}/dtmf", dtmf=digits, between=20, duration=50)
        assert reply.status == 204
        for digit in digits:
            told = await events.next("ChannelDtmfReceived", channel=far)
            assert told["digit"] == digit
            assert 50 <= told["duration_ms"] <= 150
        reply = await a.post(f"channels/{far}/dtmf", dtmf="7", duration=200)
        told = await events.next("ChannelDtmfReceived", channel=channel)
        assert told["digit"] == "7"
        assert 150 <= told["duration_ms"] <= 250
        await events.settled()
        assert len(events.all("ChannelDtmfReceived")) == len(digits) + 1


@scenario()
async def dtmf_anything(a: Place) -> None:
    """What is no digit is taken as well, and is not heard."""
    async with a.listen(a.name("app")) as events:
        channel, far = await pair(a, events, "c")
        reply = await a.post(f"channels/{channel}/dtmf", dtmf="1yä5", between=20)
        assert reply.status == 204
        heard = [(await events.next("ChannelDtmfReceived", channel=far))["digit"] for _ in range(2)]
        assert heard == ["1", "5"]


@scenario()
async def commands_wait_for_dtmf(a: Place) -> None:
    """Commands are done one after the other: one behind digits waits for them."""
    async with a.listen(a.name("app")) as events:
        channel, far = await pair(a, events, "c")
        assert (await a.post(f"channels/{channel}/dtmf", dtmf="123", between=100)).status == 204
        assert (await a.post(f"channels/{channel}/answer")).status == 204
        await events.settled()
        heard = [each["digit"] for each in events.all("ChannelDtmfReceived", channel=far)]
        assert heard[:2] == ["1", "2"]


@scenario(42)
async def channel_variable_single(a: Place) -> None:
    """A variable is set, told in ChannelVarset, read, emptied, and removed."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        where = f"channels/{channel}/variable"
        reply = await a.get(where, variable="COLOUR")
        assert reply.status == 404
        assert reply.json == {"message": "Provided variable was not found"}
        for value in ("green", "a,b;c\"d'e<f>", "with spaces  two", "ü漢🦉", ""):
            assert (await a.post(where, variable="COLOUR", value=value)).status == 204
            told = await events.next("ChannelVarset", channel=channel, where={"variable": "COLOUR"})
            assert told["value"] == value
            assert (await a.get(where, variable="COLOUR")).json == {"value": value}
        assert (await a.post(where, variable="COLOUR", value="1")).status == 204
        assert (await a.post(where, variable="COLOUR")).status == 204
        last = [
            await events.next("ChannelVarset", channel=channel, where={"variable": "COLOUR"})
            for _ in range(2)
        ]
        assert [each["value"] for each in last] == ["1", ""]
        assert (await a.get(where, variable="COLOUR")).status == 404


@scenario()
async def channel_variable_functions(a: Place) -> None:
    """Functions are read as variables are; one that is not there is an error of the server."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        where = f"channels/{channel}/variable"
        shown = (await a.get(f"channels/{channel}")).json
        for name, value in {
            "CHANNEL(name)": shown["name"],
            "CHANNEL(state)": "Up",
            "CHANNEL(linkedid)": channel,
            "CHANNEL(language)": "en",
            "CHANNEL": shown["name"],
            "UNIQUEID": channel,
            "EXTEN": "call-answer",
            "CONTEXT": a.context,
            "PRIORITY": "1",
            "CALLERID(num)": "",
            "STASISSTATUS": "",
        }.items():
            reply = await a.get(where, variable=name)
            assert (reply.status, reply.json) == (200, {"value": value}), name
        for name in ("CHANNEL(nonsense)", "NONSENSE(x)"):
            reply = await a.get(where, variable=name)
            assert reply.status == 500
            assert reply.json == {"message": "Unable to read provided function"}
        assert (await a.post(where, variable="NONSENSE(x)", value="1")).status == 204


@scenario(42, versions=("22",))
async def channel_variable_multiple(a: Place) -> None:
    """Several variables at once; report_events says whether every event carries them."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        where = f"channels/{channel}/variables"
        body = {
            "variables": {
                "ONE": "1",
                "TWO": {"value": "2"},
                "THREE": {"value": "3", "report_events": True},
            }
        }
        assert (await a.post(where, json=body)).status == 204
        for name, value in {"ONE": "1", "TWO": "2", "THREE": "3"}.items():
            await events.next(
                "ChannelVarset", channel=channel, where={"variable": name, "value": value}
            )
        reply = await a.get(where, variables="ONE,TWO,THREE")
        assert reply.json == {"variables": {"ONE": "1", "TWO": "2", "THREE": "3"}}
        for method, message in (
            ("GET", "At least one variable name is required"),
            ("POST", "The 'variables' field is required"),
        ):
            reply = await a.request(method, where)
            assert (reply.status, reply.json) == (400, {"message": message})


@scenario(43)
async def connected_line_update(a: Place) -> None:
    """Who one is connected to: told on the channel, and to the other end as who calls."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        where = f"channels/{channel}/variable"
        reply = await a.post(where, variable="CONNECTEDLINE(all)", value='"Bob X" <123>')
        assert reply.status == 204
        told = await events.next("ChannelConnectedLine", channel=channel)
        assert told["channel"]["connected"] == {"name": "Bob X", "number": "123"}
        far = await events.next("ChannelCallerId", channel=f"{channel};2")
        assert far["channel"]["caller"] == {"name": "Bob X", "number": "123"}
        assert (await a.post(where, variable="CALLERID(all)", value="Eve <55>")).status == 204
        told = await events.next("ChannelCallerId", channel=channel)
        assert told["channel"]["caller"] == {"name": "Eve", "number": "55"}
        assert told["caller_presentation"] == 0
        assert told["caller_presentation_txt"] == "Presentation Allowed, Not Screened"


@scenario(44)
async def hold_intercept(a: Place) -> None:
    """With HOLD_INTERCEPT a hold is told to the application; without, nobody hears of it."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        where = f"channels/{channel}"
        assert (await a.post(f"{where}/hold")).status == 204
        assert (await a.delete(f"{where}/hold")).status == 204
        await events.none("ChannelHold")
        reply = await a.post(f"{where}/variable", variable="HOLD_INTERCEPT(set)", value="")
        assert reply.status == 204
        await a.pause(0.2)
        assert (await a.post(f"{where}/hold")).status == 204
        told = await events.next("ChannelHold", channel=channel)
        assert told.get("musicclass", "N/A") == "N/A"
        assert (await a.delete(f"{where}/hold")).status == 204
        await events.next("ChannelUnhold", channel=channel)
        await hang_up(a, events, channel)
