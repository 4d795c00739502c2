"""Who may do what: credentials, read-only users, access lists."""

from __future__ import annotations

from tests.conformance.place import Place
from tests.conformance.scenario import scenario

HTTP = frozenset({"http"})


@scenario(1, needs=HTTP)
async def auth_missing(a: Place) -> None:
    """Without credentials: 401, and what to send."""
    reply = await a.request("GET", "asterisk/info", auth=None)
    assert reply.status == 401
    assert reply.headers["www-authenticate"].startswith("Basic realm=")
    assert reply.json == {"message": "Authentication required"}
    socket = await a.refused(a.name("app"), auth=None)
    assert socket.status == 401
    assert socket.headers["www-authenticate"].startswith("Basic realm=")


@scenario(2, needs=HTTP)
async def auth_wrong_password(a: Place) -> None:
    """A wrong password, or an unknown user: 401 on a request and on a handshake."""
    for wrong in ((a.users.default[0], "wrong"), ("nobody", a.users.default[1])):
        assert (await a.request("GET", "asterisk/info", auth=wrong)).status == 401
        assert (await a.refused(a.name("app"), auth=wrong)).status == 401
    assert (await a.get("applications/" + a.name("app"))).status == 404


@scenario(3, needs=HTTP)
async def auth_api_key_query(a: Place) -> None:
    """`api_key=user:password` in the query is as good as the header, and no better."""
    good = [("api_key", ":".join(a.users.default))]
    bad = [("api_key", f"{a.users.default[0]}:wrong")]
    assert (await a.request("GET", "asterisk/info", query=good, auth=None)).status == 200
    assert (await a.request("GET", "asterisk/info", query=bad, auth=None)).status == 401
    async with a.listen(a.name("app"), query=good, auth=None) as events:
        await events.settled()
    assert (await a.refused(a.name("app"), query=bad, auth=None)).status == 401


@scenario(4, needs=HTTP)
async def auth_crypt_password(a: Place) -> None:
    """A user whose password is stored as a hash logs in with the password."""
    assert (await a.request("GET", "asterisk/info", auth=a.users.crypt)).status == 200
    wrong = (a.users.crypt[0], "wrong")
    assert (await a.request("GET", "asterisk/info", auth=wrong)).status == 401


@scenario(5, needs=HTTP)
async def auth_read_only(a: Place) -> None:
    """A read-only user reads, and changes nothing."""
    reader = a.users.reader
    assert (await a.request("GET", "channels", auth=reader)).status == 200
    for method, path in (
        ("POST", f"bridges/{a.name('b')}"),
        ("PUT", f"deviceStates/Stasis:{a.name('d')}"),
        ("DELETE", f"bridges/{a.name('b')}"),
    ):
        reply = await a.request(method, path, auth=reader)
        assert reply.status == 403, (method, reply)
        assert reply.json == {"message": "Write access denied"}
    assert (await a.get(f"bridges/{a.name('b')}")).status == 404


@scenario(5, needs=HTTP)
async def auth_read_only_takes_an_application(a: Place) -> None:
    """A read-only user may listen, and may take an application from another."""
    async with a.listen(a.name("app")) as first:
        async with a.listen(a.name("app"), auth=a.users.reader) as second:
            await first.next("ApplicationReplaced")
            await second.settled()


@scenario(5, needs=HTTP, versions=("22",))
async def auth_read_only_over_the_socket(a: Place) -> None:
    """A request over a WebSocket has the rights of the user who opened it."""
    async with a.socket(a.name("app"), auth=a.users.reader) as socket:
        reply = await socket.ask({"method": "GET", "uri": "channels"})
        assert reply["status_code"] == 200
        reply = await socket.ask({"method": "POST", "uri": f"bridges/{a.name('b')}"})
        assert reply["status_code"] == 403
    assert (await a.get(f"bridges/{a.name('b')}")).status == 404


@scenario(6, needs=HTTP, versions=("22",))
async def auth_acl(a: Place) -> None:
    """A user with an access list comes in from the addresses it permits."""
    for user, status in ((a.users.allowed, 200), (a.users.denied, 403), (a.users.shut, 403)):
        assert (await a.request("GET", "asterisk/ping", auth=user)).status == status, user
    assert (await a.refused(a.name("app"), auth=a.users.denied)).status == 403
    async with a.listen(a.name("app"), auth=a.users.allowed) as events:
        await events.settled()
