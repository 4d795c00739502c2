"""The server itself: what it is, its modules and logs, and what it keeps for applications."""

from __future__ import annotations

from tests.conformance.party import enter
from tests.conformance.place import Place
from tests.conformance.scenario import scenario

# A module that nothing depends on, and one that can be reloaded.
SPARE, RELOADS = "app_milliwatt.so", "res_musiconhold.so"


@scenario(67)
async def asterisk_info(a: Place) -> None:
    """The whole, or the sections asked for; what is unknown is left out."""
    whole = (await a.get("asterisk/info")).json
    assert set(whole) == {"build", "system", "config", "status"}
    assert set(whole["build"]) == {"os", "kernel", "machine", "options", "date", "user"}
    assert set(whole["system"]) == {"version", "entity_id"}
    assert whole["system"]["version"].startswith(f"{a.version}.")
    assert set(whole["status"]) == {"startup_time", "last_reload_time"}
    assert whole["config"]["default_language"] == "en"
    for only, sections in (
        ("system", {"system"}),
        (["status", "config"], {"status", "config"}),
        ("nonsense", set()),
        (["build", "nonsense"], {"build"}),
    ):
        reply = await a.get("asterisk/info", only=only)
        assert reply.status == 200
        assert set(reply.json) == sections, only


@scenario(67)
async def asterisk_ping(a: Place) -> None:
    """It answers with its id and its time."""
    reply = await a.get("asterisk/ping")
    assert reply.status == 200
    assert set(reply.json) == {"ping", "timestamp", "asterisk_id"}
    assert reply.json["ping"] == "pong"


@scenario(67, alone=True)
async def modules(a: Place) -> None:
    """A module is listed, unloaded, loaded and reloaded; what cannot be says why."""
    one = f"asterisk/modules/{SPARE}"
    found = (await a.get(one)).json
    assert found["status"] == "Running" and found["use_count"] == 0
    assert found in (await a.get("asterisk/modules")).json
    running = "Module not found in running modules"
    for method, path, status, text in (
        ("POST", SPARE, 409, "Module is already loaded"),
        ("DELETE", SPARE, 204, None),
        ("GET", SPARE, 404, "Module could not be found in running modules"),
        ("DELETE", SPARE, 404, running),
        ("PUT", SPARE, 404, running),
        ("POST", SPARE, 204, None),
        ("PUT", SPARE, 409, "Module does not support reloading"),
        ("PUT", RELOADS, 204, None),
        ("PUT", "nonsense.so", 404, running),
        ("POST", "nonsense.so", 409, "Module load declined"),
        ("DELETE", "nonsense.so", 404, running),
        ("DELETE", "res_stasis.so", 409, "Module could not be unloaded"),
    ):
        reply = await a.request(method, f"asterisk/modules/{path}")
        body = None if text is None else {"message": text}
        assert (reply.status, reply.json) == (status, body), (method, path)
    assert (await a.get(one)).json == found


@scenario(67, alone=True)
async def logging(a: Place) -> None:
    """A log is added once; rotating the logs forgets it."""
    name = a.name("log")
    path = f"asterisk/logging/{name}"
    before = (await a.get("asterisk/logging")).json
    reply = await a.post(path)
    assert (reply.status, reply.json["message"]) == (400, "Configuration levels are required")
    assert (await a.post(path, configuration=["notice", "warning"])).status == 204
    reply = await a.post(path, configuration="notice")
    assert (reply.status, reply.json) == (409, {"message": "Log channel already exists"})
    (added,) = [each for each in (await a.get("asterisk/logging")).json if each not in before]
    assert added["channel"].endswith(f"/{name}")
    assert added["configuration"] == "NOTICE WARNING "
    assert (added["type"], added["status"]) == ("File", "Enabled")
    assert (await a.put(f"{path}/rotate")).status == 204
    assert (await a.get("asterisk/logging")).json == before
    for reply in (await a.delete(path), await a.put(f"{path}/rotate")):
        assert (reply.status, reply.json) == (404, {"message": "Log channel does not exist"})
    assert (await a.post(path, configuration="nonsense")).status == 204
    assert (await a.delete(path)).status == 204


@scenario(68)
async def dynamic_config_crud(a: Place) -> None:
    """An object is created, changed, read and deleted; each answer has all its attributes."""
    path = f"asterisk/config/dynamic/res_pjsip/aor/{a.name('aor')}"
    text = f"Object with id '{a.name('aor')}' not found"
    reply = await a.get(path)
    assert (reply.status, reply.json) == (404, {"message": text})
    for options in ({"max_contacts": "3"}, {"max_contacts": "5", "support_path": "yes"}):
        fields = [{"attribute": name, "value": value} for name, value in options.items()]
        reply = await a.put(path, json={"fields": fields})
        assert reply.status == 200
        kept = {each["attribute"]: each["value"] for each in reply.json}
        assert kept["max_contacts"] == options["max_contacts"]
        assert kept["default_expiration"] == "3600"
        assert kept["support_path"] == ("true" if "support_path" in options else "false")
        again = {each["attribute"]: each["value"] for each in (await a.get(path)).json}
        assert again == kept
    assert (await a.delete(path)).status == 204
    for reply in (await a.delete(path), await a.get(path)):
        assert (reply.status, reply.json) == (404, {"message": text})


@scenario(68)
async def dynamic_config_refused(a: Place) -> None:
    """What is unknown, what is nobody's to change, and what an attribute cannot be."""
    base, name = "asterisk/config/dynamic", a.name("aor")
    assert (await a.put(f"{base}/res_pjsip/aor/{name}")).status == 200
    fields = {"fields": [{"attribute": "max_contacts", "value": "3"}]}
    wrong = {"fields": [{"attribute": "nonsense", "value": "3"}]}
    for method, path, body, status, text in (
        ("get", "nonsense/x/y", None, 404, "configClass 'nonsense' not found"),
        ("put", "nonsense/x/y", fields, 404, "configClass 'nonsense' not found"),
        ("delete", "nonsense/x/y", None, 404, "configClass 'nonsense' not found"),
        ("get", "res_pjsip/nonsense/y", None, 404, "objectType 'nonsense' not found"),
        (
            "put",
            f"res_pjsip/aor/{name}",
            wrong,
            400,
            f"Update of object '{name}' failed field value validation",
        ),
        (
            "put",
            f"res_pjsip/aor/{name}",
            None,
            400,
            f"Fields must be provided to update object '{name}'",
        ),
        (
            "put",
            "res_pjsip/aor/alice",
            fields,
            403,
            "Cannot update sorcery objects of type 'aor'",
        ),
        ("delete", "res_pjsip/aor/alice", None, 403, "Could not delete object with id 'alice'"),
    ):
        options = {} if body is None else {"json": body}
        reply = await getattr(a, method)(f"{base}/{path}", **options)
        assert (reply.status, reply.json) == (status, {"message": text}), (method, path)
    assert (await a.delete(f"{base}/res_pjsip/aor/{name}")).status == 204


@scenario(69)
async def device_state_crud(a: Place) -> None:
    """A state of our own is set, told once for each change, listed, and deleted."""
    async with a.listen(a.name("app")) as events:
        name = f"Stasis:{a.name('desk')}"
        path = f"deviceStates/{name}"
        assert (await a.get(path)).json == {"name": name, "state": "UNKNOWN"}
        subscription = f"applications/{events.app}/subscription"
        assert (await a.post(subscription, eventSource=f"deviceState:{name}")).status == 200
        for state in ("INUSE", "INUSE", "BUSY"):
            assert (await a.put(path, deviceState=state)).status == 204
        assert (await a.get(path)).json == {"name": name, "state": "BUSY"}
        assert {"name": name, "state": "BUSY"} in (await a.get("deviceStates")).json
        for state in ("INUSE", "BUSY"):
            changed = await events.next("DeviceStateChanged")
            assert changed["device_state"] == {"name": name, "state": state}
        for _ in range(2):
            assert (await a.delete(path)).status == 204
        assert (await a.get(path)).json == {"name": name, "state": "UNKNOWN"}
        # Asterisk 22 says nothing of a deletion, Asterisk 16 says it, for one or for both.
        if a.version == "16":
            changed = await events.next("DeviceStateChanged")
            assert changed["device_state"] == {"name": name, "state": "UNKNOWN"}
        await a.pause(0.2)
        told = [each["device_state"]["state"] for each in events.all("DeviceStateChanged")]
        assert told[:2] == ["INUSE", "BUSY"]
        assert set(told[2:]) == ({"UNKNOWN"} if a.version == "16" else set())


@scenario(69)
async def device_state_refused(a: Place) -> None:
    """Only states of our own can be set, and only to what a state can be."""
    ours = f"deviceStates/Stasis:{a.name('desk')}"
    theirs = f"deviceStates/Custom:{a.name('desk')}"
    for reply in (await a.put(ours, deviceState="NONSENSE"), await a.put(ours)):
        assert (reply.status, reply.json) == (500, {"message": "Unknown device"})
    for reply in (await a.put(theirs, deviceState="INUSE"), await a.delete(theirs)):
        assert (reply.status, reply.json) == (409, {"message": "Uncontrolled device specified"})
    assert (await a.get(theirs)).json["state"] == "UNKNOWN"
    assert (await a.get("deviceStates/nonsense")).json == {"name": "nonsense", "state": "INVALID"}


@scenario(70, needs=frozenset({"mailboxes"}))
async def mailbox_crud(a: Place) -> None:
    """A mailbox is what was last said of it; one that is deleted is not there."""
    name = a.name("box")
    path = f"mailboxes/{name}"
    assert (await a.get(path)).status == 404
    for old, new in ((1, 2), (3, 0)):
        assert (await a.put(path, oldMessages=old, newMessages=new)).status == 204
        told = {"name": name, "old_messages": old, "new_messages": new}
        assert (await a.get(path)).json == told
        assert told in (await a.get("mailboxes")).json
    assert (await a.delete(path)).status == 204
    for reply in (await a.get(path), await a.delete(path)):
        assert reply.status == 404


@scenario(71)
async def sounds_list(a: Place) -> None:
    """Sounds are listed, by language and format, and asked for by name."""
    every = (await a.get("sounds")).json
    hello = (await a.get("sounds/hello-world")).json
    assert hello["id"] == "hello-world" and hello in every
    assert {"language": "en", "format": "gsm"} in hello["formats"]
    assert (await a.get("sounds/digits%2F1")).json["id"] == "digits/1"
    english = (await a.get("sounds", lang="en", format="gsm")).json
    assert "hello-world" in {each["id"] for each in english}
    for options in ({"lang": "xx"}, {"format": "nonsense"}):
        reply = await a.get("sounds", **options)
        assert reply.status == 404
        assert reply.json == {"message": "No sounds found that matched the query"}
    reply = await a.get("sounds/nonsense")
    assert (reply.status, reply.json) == (404, {"message": "Sound not found"})


@scenario(72)
async def endpoints_unknown(a: Place) -> None:
    """Who is not there cannot be asked for, nor written to."""
    for path, text in (
        ("endpoints/Nonsense", "No Endpoints found - invalid tech Nonsense"),
        ("endpoints/PJSIP/nobody", "Endpoint not found"),
    ):
        reply = await a.get(path)
        assert (reply.status, reply.json) == (404, {"message": text}), path
    reply = await a.put("endpoints/sendMessage")
    assert (reply.status, reply.json) == (400, {"message": "To must be specified"})
    message = {"from": "pjsip:nobody", "body": "hello"}
    reply = await a.put("endpoints/sendMessage", to="nonsense:nobody", **message)
    assert reply.status == 404
    assert (await a.get("endpoints")).status == 200


@scenario(73)
async def danger_shell(a: Place) -> None:
    """Functions that reach outside are not read; harmless ones are."""
    async with a.listen(a.name("app")) as events:
        one = await enter(a, events, "one")
        path = f"channels/{one}/variable"
        for function in ("SHELL(echo x)", "FILE(/etc/hostname)", "NONSENSE(x)"):
            reply = await a.get(path, variable=function)
            assert reply.status == 500, function
            assert reply.json == {"message": "Unable to read provided function"}
        assert (await a.get(path, variable="LEN(abc)")).json == {"value": "3"}
        reply = await a.get("asterisk/variable", variable="SHELL(echo x)")
        assert (reply.status, reply.json) == (200, {"value": ""})


@scenario()
async def global_variable(a: Place) -> None:
    """A global variable is empty until it is set."""
    name = a.name("G").replace("-", "_")
    assert (await a.get("asterisk/variable", variable=name)).json == {"value": ""}
    assert (await a.post("asterisk/variable", variable=name, value="a b")).status == 204
    assert (await a.get("asterisk/variable", variable=name)).json == {"value": "a b"}
    for reply in (await a.get("asterisk/variable"), await a.post("asterisk/variable")):
        assert (reply.status, reply.json) == (400, {"message": "Variable name is required"})
