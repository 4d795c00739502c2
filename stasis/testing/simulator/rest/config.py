"""ARI's dynamic configuration: objects of PJSIP that are made and changed while the server runs.

An endpoint that is made can be listed and dialled at once; nobody is registered there until a
test says so.
"""

from __future__ import annotations

from stasis.testing.simulator.phone import Phone
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation
from stasis.testing.simulator.sorcery import CLASS, NO_CODECS, Invalid, Stored

__all__: list[str] = []

PATH = "asterisk/config/dynamic/{class}/{type}/{id}"


def object_of(call: Call) -> tuple[str, str, Stored | None]:
    """Type, id and object that the path names. Raises Refusal (404) for an unknown type."""
    sorcery, kind, name = call.machine.sorcery, call.path["type"], call.path["id"]
    if call.path["class"] != CLASS:
        raise Refusal(404, f"configClass '{call.path['class']}' not found")
    if not sorcery.has_kind(kind):
        raise Refusal(404, f"objectType '{kind}' not found")
    found = sorcery.find(kind, name)
    made = sorcery.find("endpoint", name) is not None
    if found is None and not made and f"PJSIP/{name}" in call.machine.phones:
        # A phone that the test has brought is what the server's files say.
        found = sorcery.configured(kind, name)
    return kind, name, found


def tuples(fields: dict[str, str]) -> Answer:
    """An object's attributes, as a list of ARI's model ConfigTuple."""
    return Answer(200, [{"attribute": name, "value": value} for name, value in fields.items()])


@operation("GET", PATH)
def get(call: Call) -> Answer:
    """All attributes of an object."""
    _, name, found = object_of(call)
    if found is None:
        raise Refusal(404, f"Object with id '{name}' not found")
    return tuples(found.fields)


@operation("PUT", PATH)
def put(call: Call) -> Answer:
    """Make an object, or change some attributes of it."""
    machine = call.machine
    kind, name, found = object_of(call)
    doing, noun = ("create", "Creation") if found is None else ("update", "Update")
    if found is not None and "fields" not in call.body:
        raise Refusal(400, f"Fields must be provided to update object '{name}'")
    try:
        given = fields_of(call)
        if not machine.sorcery.writable(kind) or (found is not None and found.fixed):
            raise Refusal(403, f"Cannot {doing} sorcery objects of type '{kind}'")
        if found is not None and found.fields.get("allow") == NO_CODECS:
            # Asterisk cannot copy an endpoint without codecs, so it cannot change it.
            raise Refusal(500, "Allocation failed", "error")
        fields = machine.sorcery.put(kind, name, given)
    except Invalid:
        raise Refusal(400, f"{noun} of object '{name}' failed field value validation") from None
    phone = f"PJSIP/{name}"
    if kind == "endpoint" and phone not in machine.phones:
        made = machine.phones[phone] = machine.new_phone(phone) or Phone(phone)
        made.behaviour = "unreachable"
    return tuples(fields)


def fields_of(call: Call) -> list[tuple[str, str]]:
    """The attributes that the body gives. Raises Invalid."""
    given = call.body.get("fields", [])
    if not isinstance(given, list):
        return []
    try:
        return [(str(each["attribute"]), str(each["value"])) for each in given]
    except (KeyError, TypeError):
        # Asterisk crashes of it.
        raise Invalid("every field needs an attribute and a value") from None


@operation("DELETE", PATH)
def delete(call: Call) -> None:
    """Delete an object."""
    machine = call.machine
    kind, name, found = object_of(call)
    if found is None:
        raise Refusal(404, f"Object with id '{name}' not found")
    if found.fixed:
        raise Refusal(403, f"Could not delete object with id '{name}'")
    machine.sorcery.delete(kind, name)
    phone = machine.phones.get(f"PJSIP/{name}")
    if kind == "aor" and phone is not None:
        phone.behaviour = "unreachable"  # who was registered is forgotten with it
    if kind == "endpoint":
        machine.phones.pop(f"PJSIP/{name}", None)
