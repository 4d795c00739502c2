"""A model becomes a class that takes what any version sends."""

from __future__ import annotations

from stasis.ari.generator.describe import Model, Property
from stasis.ari.generator.models import aliases, registry, structs


def model(name: str, **fields: str) -> Model:
    """A model; a type that ends in `?` is optional."""
    return Model(
        name,
        tuple(Property(n, kind.rstrip("?"), "?" not in kind, ()) for n, kind in fields.items()),
        (),
    )


def text(*models: Model, events: tuple[str, ...] = ()) -> str:
    return "".join(structs(models, events))


def test_every_field_has_a_default() -> None:
    made = text(
        model("A", s="string", i="int", n="long", d="double", b="boolean", t="Date", o="object")
    )
    for line in (
        's: str = ""',
        "i: int = 0",
        "n: int = 0",
        "d: float = 0.0",
        "b: bool = False",
        "t: datetime | None = None",
        "o: dict[str, Any] = {}",
    ):
        assert f"    {line}\n" in made


def test_objects_and_lists() -> None:
    made = text(model("A", b="B", c="B?", bs="List[B]", ss="List[string]"), model("B"))
    for line in (
        "b: B = B()",
        "c: B | None = None",
        "bs: tuple[B, ...] = ()",
        "ss: tuple[str, ...] = ()",
    ):
        assert f"    {line}\n" in made


def test_a_class_comes_after_those_it_is_made_of() -> None:
    made = text(model("A", b="B"), model("B", c="C"), model("C"))
    assert made.index("class C(") < made.index("class B(") < made.index("class A(")


def test_python_keywords_keep_their_wire_name() -> None:
    made = text(model("TextMessage", **{"from": "string"}))
    assert 'from_: str = msgspec.field(default="", name="from")' in made


def test_fields_that_servers_send_beyond_the_description_are_added() -> None:
    assert "    max_channels: int = 0\n" in text(model("Endpoint", state="string"))


def test_fields_that_may_be_null_are_none() -> None:
    assert "    priority: int | None = None\n" in text(model("DialplanCEP", priority="long"))


def test_known_values_are_listed_and_the_field_stays_open() -> None:
    channel = Model("Channel", (Property("state", "string", True, ("Down", "Up")),), ())
    (alias, words) = aliases([channel])
    assert "ChannelState: TypeAlias = Literal['Down', 'Up', 'Rsrvd', 'Mute']" in alias
    assert "may send others" in words
    assert '    state: str = ""\n' in text(channel)


def test_events_are_kinds_of_event_and_named_with_what_they_are_about() -> None:
    models = [
        model("Started", channel="Channel", other="Channel?", note="string", bridge="Bridge"),
        model("Alone"),
    ]
    assert "class Started(Event, " in text(*models, events=("Started", "Alone"))
    made = registry(models, ("Started", "Alone"))
    assert '"Started": Started,' in made
    about = '(("channel", "channel"), ("other", "channel"), ("bridge", "bridge"),)'
    assert f"Started: {about}," in made and "Alone: ()," in made
