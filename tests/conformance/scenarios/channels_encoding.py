"""Text of every kind: what goes in comes out, and what cannot be told is left out or replaced."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote_from_bytes, urlencode

from tests.conformance.place import FORM, JSON, Place
from tests.conformance.scenario import scenario
from tests.conformance.scenarios.calls import hang_up, originate

# Umlauts, Han, a bird beyond the first plane, a combining accent, right-to-left, and its override.
TEXTS = ["Jürgen Größe", "漢字 かな", "🦉 owl", "e\u0301", "שלום", "a\u202eb\u202cc"]
# No UTF-8: an ü in Latin-1.
LATIN = b"J\xfcrgen"


def form(**values: str | bytes) -> bytes:
    """A form body, of which values may be any bytes."""
    parts = [
        f"{name}={quote_from_bytes(value)}"
        if isinstance(value, bytes)
        else urlencode({name: value})
        for name, value in values.items()
    ]
    return "&".join(parts).encode()


@scenario()
async def encoding_caller_name(a: Place) -> None:
    """A caller's name may hold any text, and comes out in every reply and event as it went in."""
    async with a.listen(a.name("app")) as events:
        for number, text in enumerate(TEXTS):
            channel = a.name(f"c{number}")
            await a.post(
                f"channels/{channel}",
                endpoint=f"Local/call-answer@{a.context}",
                app=events.app,
                callerId=f'"{text}" <42>',
            )
            start = await events.next("StasisStart", channel=channel)
            assert start["channel"]["caller"] == {"name": text, "number": "42"}
            shown = await a.get(f"channels/{channel}")
            assert shown.json["caller"]["name"] == text
            assert (await hang_up(a, events, channel))["channel"]["caller"]["name"] == text


@scenario()
async def encoding_caller_name_no_utf8(a: Place) -> None:
    """A caller's name that is no UTF-8 is told as an empty one; the rest of the event is there."""
    async with a.listen(a.name("app")) as events:
        channel = a.name("c")
        reply = await a.request(
            "POST",
            f"channels/{channel}",
            headers={"Content-Type": FORM},
            body=form(
                endpoint=f"Local/call-answer@{a.context}",
                app=events.app,
                callerId=b'"' + LATIN + b'" <42>',
            ),
        )
        assert reply.status == 200
        assert reply.json["caller"]["name"] == ""
        start = await events.next("StasisStart", channel=channel)
        assert start["channel"]["caller"] == {"name": "", "number": "42"}


@scenario()
async def encoding_arguments(a: Place) -> None:
    """Arguments of an application: any text; a comma parts them, unless it is quoted."""
    async with a.listen(a.name("app")) as events:
        for number, (text, args) in enumerate(
            [(each, [each]) for each in TEXTS]
            + [
                ("say 'hi', a;b|c", ["say 'hi'", " a;b|c"]),
                ('"one, two",say "three"', ["one, two", "say three"]),
                ("a\\,b,c", ["a,b", "c"]),
                ("a b  c", ["a b  c"]),
                ("<b>&amp;%20+", ["<b>&amp;%20+"]),
                ("${COLOUR}", ["${COLOUR}"]),
            ]
        ):
            channel = a.name(f"c{number}")
            await a.post(
                f"channels/{channel}",
                endpoint=f"Local/call-answer@{a.context}",
                app=events.app,
                appArgs=text,
            )
            start = await events.next("StasisStart", channel=channel)
            assert start["args"] == args, (text, start["args"])


@scenario()
async def encoding_stasis_argument_no_utf8(a: Place) -> None:
    """An argument of Stasis() that is no UTF-8: it does not enter, STASISSTATUS is FAILED."""
    async with a.listen(a.name("app")) as events:
        for number, (name, args) in enumerate(
            (("Jürgen".encode(), ["Jürgen"]), (LATIN, ["FAILED"]))
        ):
            channel = a.name(f"c{number}")
            reply = await a.request(
                "POST",
                f"channels/{channel}",
                headers={"Content-Type": FORM},
                body=form(
                    endpoint=f"Local/call-answer@{a.context}",
                    extension=f"call-odd-{events.app}",
                    context=a.context,
                    callerId=b'"' + name + b'" <42>',
                ),
            )
            assert reply.status == 200
            start = await events.next("StasisStart", channel=channel)
            assert start["args"] == args


@scenario()
async def encoding_variables(a: Place) -> None:
    """A variable holds any text, set in the query, a form or JSON; a NUL is refused."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        where = f"channels/{channel}/variable"
        texts = [*TEXTS, "tab\tnew\nline", 'back\\slash "quote"', "a=b&c=d%41+ "]
        for number, text in enumerate([*texts, *texts, "the end"]):
            told = {"variable": "TEXT", "value": text}
            # The nine texts come twice, each time in another way.
            ways: list[dict[str, Any]] = [told, {"json": told}, {"form": told}]
            assert (await a.post(where, **ways[(number + number // 9) % 3])).status == 204
            await events.next("ChannelVarset", where={"variable": "TEXT", "value": text})
            assert (await a.get(where, variable="TEXT")).json == {"value": text}
        reply = await a.request(
            "POST",
            where,
            headers={"Content-Type": JSON},
            body=b'{"variable": "TEXT", "value": "a\\u0000b"}',
        )
        assert reply.status == 400
        assert reply.json == {"message": "Error parsing request body"}


@scenario()
async def encoding_variable_no_utf8(a: Place) -> None:
    """A value that is no UTF-8: 22 tells it with what was wrong replaced, 16 does not tell it."""
    async with a.listen(a.name("app")) as events:
        channel = await originate(a, events, "c")
        reply = await a.request(
            "POST",
            f"channels/{channel}/variable",
            headers={"Content-Type": FORM},
            body=form(variable="TEXT", value=LATIN),
        )
        assert reply.status == 204
        where = {"variable": "TEXT"}
        if a.at_least(20):
            told = await events.next("ChannelVarset", channel=channel, where=where)
            assert told["value"] == "J\ufffdrgen"
        else:
            await events.none("ChannelVarset", channel=channel, where=where)
        found = await a.get(f"channels/{channel}/variable", variable="TEXT")
        assert (found.status, found.json) == (500, {"error": "Allocation failed"})


@scenario()
async def encoding_ids(a: Place) -> None:
    """An id of ours may hold any printable character; in a path it is percent-encoded."""
    async with a.listen(a.name("app")) as events:
        for number, odd in enumerate("/;@+%\"' ?#&=,ü漢"):
            channel = a.name(f"c{number}{odd}x")
            path = "channels/" + quote_from_bytes(channel.encode(), safe="")
            reply = await a.post(path, endpoint=f"Local/call-answer@{a.context}", app=events.app)
            assert (reply.status, reply.json["id"]) == (200, channel)
            await events.next("StasisStart", channel=channel)
            assert (await a.get(path)).json["id"] == channel
            assert (await a.delete(path)).status == 204
            await events.next("ChannelDestroyed", channel=channel)


@scenario()
async def encoding_plus_is_a_space(a: Place) -> None:
    """A + is a space, in the query and in the path: what is meant is sent as %2B."""
    async with a.listen(a.name("app")) as events:
        channel = a.name("c x")
        await a.post(
            "channels",
            endpoint=f"Local/call-answer@{a.context}",
            app=events.app,
            channelId=channel,
        )
        await events.next("StasisStart", channel=channel)
        for space, status in (("%20", 200), ("+", 200), ("%2B", 404)):
            assert (await a.get("channels/" + channel.replace(" ", space))).status == status
