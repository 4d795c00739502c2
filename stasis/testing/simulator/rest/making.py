"""ARI's channels that call out: originated, or made for an application and dialled later."""

from __future__ import annotations

from stasis.testing.simulator.channel import Channel
from stasis.testing.simulator.dialling import (
    Dialling,
    Unreachable,
    in_application,
    make,
    originated,
)
from stasis.testing.simulator.expand import split_arguments
from stasis.testing.simulator.functions import write
from stasis.testing.simulator.pair import Half
from stasis.testing.simulator.rest.call import Answer, Call, Refusal, operation
from stasis.testing.simulator.rest.channels import channel_of

__all__ = ["FORMATS", "ids_of"]

NOWHERE = "Endpoint must be specified"
# What Asterisk knows of audio, beside the sampling rates of slin.
FORMATS = frozenset(
    "adpcm alaw codec2 g719 g722 g723 g726 g726aal2 g729 gsm ilbc lpc10 opus silk8 silk12 silk16"
    " silk24 siren7 siren14 slin slin12 slin16 slin24 slin32 slin44 slin48 slin96 slin192 speex"
    " speex16 speex32 ulaw".split()
)


def ids_of(call: Call, one: str) -> tuple[str, str]:
    """The ids of a new channel and of its other half. Raises Refusal (409)."""
    one = one or call.text("channelId") or call.machine.new_id()
    two = call.text("otherChannelId") or f"{one};2"
    if one == two or any(each in call.machine.channels for each in (one, two)):
        raise Refusal(409, "Channel with given unique ID already exists")
    return one, two


def made(call: Call, one: str) -> tuple[Channel, str, dict[str, str]]:
    """Make a channel to the endpoint. Returns it, what is dialled, and the variables to set.

    Raises Refusal.
    """
    endpoint = call.needed("endpoint", NOWHERE)
    if "/" not in endpoint:
        raise Refusal(400, "Invalid endpoint specified")
    variables = call.variables()
    check_formats(call.text("formats"))
    one, two = ids_of(call, one)
    try:
        channel, dialled = make(call.machine, endpoint, one, two)
    except Unreachable:
        raise Refusal(500, "Allocation failed", "error") from None
    originator = call.machine.channels.get(call.text("originator"))
    if originator is not None:
        channel.linked = originator.linked
    return channel, dialled, variables


def check_formats(formats: str) -> None:
    """Raises Refusal (400) for a format that there is not."""
    for each in filter(None, formats.split(",")):
        if each not in FORMATS:
            raise Refusal(400, f"Provided format ({each}) was not found")


def assign(channel: Channel, variables: dict[str, str]) -> None:
    """Set variables on a new channel."""
    for name, value in variables.items():
        write(channel, name, value)


def named(text: str) -> tuple[str, str]:
    """`Ann <100>` as name and number."""
    name, bracket, number = text.partition("<")
    if not bracket:
        return "", text.strip(' "')
    return name.strip(' "'), number.rstrip("> ").strip()


@operation("POST", "channels")
def originate(call: Call) -> Answer:
    """Call an endpoint, for an application or the dialplan."""
    return originate_as(call, "")


@operation("POST", "channels/{channel}")
def originate_with_id(call: Call) -> Answer:
    """The same, by an id of the client's choice."""
    return originate_as(call, call.path["channel"])


def originate_as(call: Call, one: str) -> Answer:
    """Call an endpoint."""
    machine = call.machine
    app, extension = call.text("app"), call.text("extension")
    call.needed("endpoint", NOWHERE)
    if not app and not extension:
        raise Refusal(400, "Application or extension must be specified")
    place = ("", "", 1) if app else placed(call, extension)
    if call.text("formats") and call.text("originator"):
        raise Refusal(400, "Originator and formats can't both be specified")
    check_formats(call.text("formats"))
    if call.text("originator") and call.text("originator") not in machine.channels:
        raise Refusal(400, "Provided originator channel was not found")
    channel, dialled, variables = made(call, one)
    assign(channel, variables)
    channel.app_name, channel.app_data = "AppDial2", "(Outgoing Line)"
    channel.tell(
        "ChannelDialplan", dialplan_app=channel.app_name, dialplan_app_data=channel.app_data
    )
    if call.text("callerId"):
        name, number = named(call.text("callerId"))
        channel.set_caller(name, number)
        channel.set_connected(name, number)
    subscribed = machine.bus.active(app) if app else None
    if subscribed is not None:
        subscribed.subscribe(channel.topic)
        if isinstance(channel.far, Half):
            subscribed.subscribe(channel.far.other.topic)
    answer = Answer(200, channel.json())
    dialling = Dialling(channel, dialled, repeats=True)
    timeout = call.integer("timeout", 30)
    target = (app, call.text("appArgs")) if app else None
    channel.start(originated(channel, dialling, float(timeout), target, place))
    return answer


def placed(call: Call, extension: str) -> tuple[str, str, int]:
    """Where an originated channel goes in the dialplan. Raises Refusal."""
    context = call.text("context") or "default"
    priority = call.integer("priority", 1) or 1
    label = call.text("label")
    if label:
        found = call.machine.plan.priority_of(context, extension, label)
        if found is None:
            raise Refusal(404, "Requested label can not be found")
        priority = found
    return context, extension, priority


@operation("POST", "channels/create")
def create(call: Call) -> Answer:
    """Make a channel that is in an application before it is dialled."""
    machine = call.machine
    app = call.text("app")
    channel, dialled, variables = made(call, "")
    channel.app_name = "AppDial2"
    channel.app_data = "(Outgoing Line)"
    answer = Answer(200, channel.json())
    channel.dialstring = dialled
    subscribed = machine.bus.active(app)
    if subscribed is not None:
        subscribed.subscribe(channel.topic)
    assign(channel, variables)
    args = call.text("appArgs")
    channel.runs("Stasis", f"{app},{args}" if args else app)
    channel.start(in_application(channel, app, split_arguments(args)))
    return answer


@operation("POST", "channels/{channel}/dial")
def dial(call: Call) -> None:
    """Call the far end of a channel that was made."""
    channel = channel_of(call)
    control = channel.control
    if control is None:
        raise Refusal(409, "Channel not in Stasis application")
    if channel.state not in ("Down", "Rsrvd") or channel.dialling is not None:
        raise Refusal(409, "Channel is not in the 'Down' state")
    caller_id = call.text("caller")
    caller = call.machine.channels.get(caller_id)
    if caller_id and caller is None:
        raise Refusal(404, "Caller not found")
    seconds = call.integer("timeout")

    async def work() -> None:
        dialling = Dialling(channel, channel.dialstring, repeats=False)
        dialling.caller = caller
        dialling.begin()
        if dialling.settled.done() and dialling.settled.result() == "NONE":
            channel.cause = 16
            channel.end()
        elif seconds > 0:
            watch = call.machine.later(seconds, lambda: late(channel, dialling))
            dialling.settled.add_done_callback(lambda _: watch.cancel())

    control.queue(work)


def late(channel: Channel, dialling: Dialling) -> None:
    """Nobody has answered in time."""
    if not dialling.settled.done():
        dialling.refused(0)
        channel.soft_hangup(19 if channel.machine.version.major > 18 else 16)
