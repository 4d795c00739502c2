"""Calls: made, hung up, transferred, parked, and listed, whoever has made them.

Asterisk answers a transfer or a redirect with success although there is no such extension, and the
call is lost. So it is asked first whether there is one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Sequence

from stasis.ami import AmiError, actions, events
from stasis.errors import NotFound
from stasis.pbx.applications import checked
from stasis.pbx.call import (
    Call,
    CallDetails,
    ChannelVariable,
    Parked,
    ParkingLot,
    calls_of,
    details_of,
    parked_of,
)
from stasis.pbx.dialplan import wanted
from stasis.pbx.errors import Missing, Refused, Unavailable
from stasis.pbx.group import Group
from stasis.pbx.hearing import heard
from stasis.pbx.originate import Originated, caller_id, originate
from stasis.pbx.thing import thing
from stasis.pbx.values import (
    Application,
    AppName,
    Argument,
    CauseCode,
    ChannelName,
    Context,
    Data,
    Device,
    Digits,
    Extension,
    Name,
    Priority,
    Seconds,
    Value,
    VariableName,
    Variables,
)

__all__ = ["Calls"]

PARKING = "res_parking.so"
PARK_SECONDS = 5.0
# Its keys are pressed for the channel, about 0.1 s each, and then the extension has to be rung.
BEGIN_SECONDS = 3.0
TRANSFER_SECONDS = 10.0
CANCEL_SECONDS = 4.0


class Calls(Group):
    """Calls: originate, hang up, transfer, park, list and show."""

    name = "calls"

    @thing("GET /calls")
    async def list(self) -> Sequence[Call]:
        """List all channels, and who talks to whom.

        Returns them, the oldest call first. Raises PbxError. AMI: CoreShowChannels.
        """
        return calls_of(await self.items(actions.CoreShowChannels()))

    @thing("GET /calls/{channel}")
    async def show(self, channel: ChannelName) -> CallDetails:
        """Show all about a channel: its codecs, its bridge, its place, its variables.

        Returns it. Raises Missing when there is no such channel; PbxError.
        AMI: Status, CoreShowChannels.
        """
        found = await self.items(actions.Status(channel=channel, all_variables=True))
        if not found:
            raise Missing("calls.show", f"there is no channel {channel}")
        return details_of(found[0], await self.list())

    @thing("POST /calls/extension")
    async def originate(
        self,
        device: Device,
        extension: Extension,
        *,
        context: Context = "default",
        priority: Priority = 1,
        caller_number: Extension = "",
        caller_name: Name = "",
        timeout: Seconds = 30.0,
        variables: Variables | None = None,
        wait: bool = True,
    ) -> Originated:
        """Call a device; when it answers, it goes to an extension of the dialplan.

        device: what rings first. caller_number, caller_name: what it is shown. timeout: seconds
        that it may ring. variables: of its channel. wait: until it has answered or not.

        Returns what became of it. Raises Missing when there is no such extension; PbxError.
        AMI: Originate, OriginateResponse.
        """
        return await originate(
            await self.ways.ami(),
            device,
            caller=caller_id(caller_number, caller_name),
            timeout=timeout,
            variables=variables,
            wait=wait,
            exten=extension,
            context=context,
            priority=priority,
        )

    @thing("POST /calls/application")
    async def originate_application(
        self,
        device: Device,
        application: Application,
        *,
        data: Data = "",
        caller_number: Extension = "",
        caller_name: Name = "",
        timeout: Seconds = 30.0,
        variables: Variables | None = None,
        wait: bool = True,
    ) -> Originated:
        """Call a device; when it answers, an application of the dialplan runs on it.

        application: one that only makes or plays something, such as Playback or VoiceMailMain;
        not System, Set or AGI. data: its arguments. The rest: as of `originate`.

        Returns what became of it. Raises BadValue for an application that may not be run from
        outside; PbxError. AMI: Originate, OriginateResponse.
        """
        application = checked("calls.originate_application", application, data)
        return await originate(
            await self.ways.ami(),
            device,
            caller=caller_id(caller_number, caller_name),
            timeout=timeout,
            variables=variables,
            wait=wait,
            application=application,
            data=data or None,
        )

    @thing("POST /calls/stasis")
    async def originate_stasis(
        self,
        device: Device,
        app: AppName,
        *,
        arguments: Sequence[Argument] = (),
        caller_number: Extension = "",
        caller_name: Name = "",
        timeout: Seconds = 30.0,
        variables: Variables | None = None,
        wait: bool = True,
    ) -> Originated:
        """Call a device; when it answers, it enters an application of ARI.

        app: of a program that is connected. arguments: of StasisStart. The rest: as of
        `originate`.

        Returns what became of it. Raises Missing when nobody is connected for the application;
        PbxError. ARI: GET /applications/{app}; AMI: Originate, OriginateResponse.
        """
        try:
            await (await self.ways.ari()).applications.get(app)
        except NotFound:
            raise Missing(
                "calls.originate_stasis", f"no program is connected for the application {app}"
            ) from None
        return await originate(
            await self.ways.ami(),
            device,
            caller=caller_id(caller_number, caller_name),
            timeout=timeout,
            variables=variables,
            wait=wait,
            application="Stasis",
            data=",".join([app, *arguments]),
        )

    @thing("DELETE /calls/{channel}")
    async def hangup(self, channel: ChannelName, *, cause: CauseCode = 16) -> None:
        """Hang a channel up.

        cause: of Q.850; a phone that still calls is refused by it.

        Raises Missing when there is no such channel; PbxError. AMI: Hangup.
        """
        await self.ask(actions.Hangup(channel=channel, cause=cause))

    @thing("POST /calls/{channel}/transfer")
    async def transfer(
        self, channel: ChannelName, extension: Extension, *, context: Context = "default"
    ) -> None:
        """Blind transfer: who talks with a channel goes to an extension, and the channel ends.

        channel: of who gives the call away.

        Raises Missing when there is no such channel or extension, Refused when it talks with
        nobody; PbxError. AMI: BlindTransfer.
        """
        await self._place("calls.transfer", context, extension)
        await self.ask(actions.BlindTransfer(channel=channel, context=context, exten=extension))

    @thing("POST /calls/{channel}/attended-transfer")
    async def attended_transfer(
        self, channel: ChannelName, digits: Digits, *, context: Context = "default"
    ) -> None:
        """Attended transfer: a channel asks at an extension, the other hears music meanwhile.

        It is complete when the channel hangs up (`hangup`), and off by `cancel_transfer`.
        channel: of who gives the call away. digits: an extension that can be dialled by keys:
        Asterisk presses them for the channel.

        Returns when it is connected with the extension, ringing or talking. Raises Missing when
        there is no such channel or extension; Refused when the call may not be transferred so: it
        needs atxfer in [featuremap] of features.conf, and T or t in the options of Dial or Queue
        that made the call; PbxError. AMI: Atxfer.
        """
        await self._place("calls.attended_transfer", context, digits)
        ami = await self.ways.ami()
        kinds = (events.Hold, events.BridgeEnter)
        async with ami.events(*kinds, where=lambda event: same(event.channel, channel)) as stream:
            await ami.send(actions.Atxfer(channel=channel, exten=digits, context=context))
            if await heard(stream, events.Hold, BEGIN_SECONDS) is None:
                raise Refused(
                    "calls.attended_transfer",
                    f"{channel} cannot transfer its call: it talks with nobody, or the options of"
                    " Dial or Queue lack T (for the caller) or t (for the called)",
                )
            if await heard(stream, events.BridgeEnter, TRANSFER_SECONDS) is None:
                raise Refused(
                    "calls.attended_transfer", f"{digits} in {context} did not ring; it is off"
                )

    @thing("DELETE /calls/{channel}/attended-transfer")
    async def cancel_transfer(self, channel: ChannelName) -> None:
        """Cancel an attended transfer: the channel talks with the other again.

        channel: of who wanted to give the call away.

        Raises Missing when there is no such channel, Refused when it transfers nobody; PbxError.
        AMI: CancelAtxfer.
        """
        ami = await self.ways.ami()
        async with ami.events(
            events.BridgeEnter, where=lambda event: same(event.channel, channel)
        ) as stream:
            await ami.send(actions.CancelAtxfer(channel=channel))
            if await heard(stream, events.BridgeEnter, CANCEL_SECONDS) is None:
                raise Refused("calls.cancel_transfer", f"{channel} has begun no attended transfer")

    @thing("POST /calls/{channel}/redirect")
    async def redirect(
        self,
        channel: ChannelName,
        extension: Extension,
        *,
        context: Context = "default",
        priority: Priority = 1,
        other: ChannelName = "",
        other_extension: Extension = "",
        other_context: Context = "",
    ) -> None:
        """Send a channel, whatever it does, to a place in the dialplan.

        Alone it leaves the one it talks with, who is hung up where the dialplan says nothing else.
        other: the one it talks with, sent away at the same moment; other_extension,
        other_context: to where; the same place if not given.

        Raises Missing when there is no such channel or extension; PbxError. AMI: Redirect.
        """
        await self._place("calls.redirect", context, extension, priority)
        if other:
            place = other_context or context, other_extension or extension
            await self._place("calls.redirect", *place)
        await self.ask(
            actions.Redirect(
                channel=channel,
                exten=extension,
                context=context,
                priority=priority,
                extra_channel=other or None,
                extra_exten=place[1] if other else None,
                extra_context=place[0] if other else None,
                extra_priority=1 if other else None,
            )
        )

    @thing("POST /calls/{channel}/park", needs=PARKING)
    async def park(
        self,
        channel: ChannelName,
        *,
        lot: Context = "",
        space: Digits = "",
        timeout: Seconds | None = None,
        parker: ChannelName = "",
    ) -> Parked:
        """Park a channel: it hears music until somebody dials its space.

        lot: of res_parking.conf; else the default. space: where, or at the next that is free.
        timeout: seconds until it rings the parker; 0: never; else the lot's own. parker: the
        channel that is rung then; the one that it talks with hears the space.

        Returns where it is. Raises Missing when there is no such channel or lot; PbxError.
        AMI: Park, ParkedCall; Setvar of PARKINGEXTEN, since Park itself takes no space on 16.
        """
        ami = await self.ways.ami()
        if lot and lot not in [each.lot for each in await self.lots()]:
            raise Missing("calls.park", f"there is no parking lot {lot} in res_parking.conf")
        if space:
            await self._space(channel, space)
        try:
            async with ami.events(
                events.ParkedCall, where=lambda event: same(event.parkee_channel, channel)
            ) as stream:
                await ami.send(
                    actions.Park(
                        channel=channel,
                        timeout=None if timeout is None else int(timeout * 1000),
                        parkinglot=lot or None,
                        timeout_channel=parker or None,
                    )
                )
                told = await heard(stream, events.ParkedCall, PARK_SECONDS)
        finally:
            if space:  # else it would be parked there again, whoever parks it next
                with contextlib.suppress(AmiError):
                    await self._space(channel, "")
        if told is None:
            raise Unavailable("calls.park", f"it is not known where {channel} was parked")
        return parked_of(told)

    @thing("GET /calls/parked", needs=PARKING)
    async def parked(self, *, lot: Context = "") -> Sequence[Parked]:
        """List the parked calls. lot: only its own.

        Returns them. Raises PbxError. AMI: ParkedCalls.
        """
        found = await self.items(actions.ParkedCalls(parking_lot=lot or None))
        return [parked_of(each) for each in found]

    @thing("GET /calls/parking/lots", needs=PARKING)
    async def lots(self) -> Sequence[ParkingLot]:
        """List the parking lots.

        Returns them. Raises PbxError. AMI: Parkinglots.
        """
        return [
            ParkingLot(
                lot=each.name,
                first=each.start_space or 0,
                last=each.stop_space or 0,
                timeout=each.timeout or 0,
            )
            for each in await self.items(actions.Parkinglots())
        ]

    @thing("GET /calls/{channel}/variables/{variable}")
    async def get_variable(self, channel: ChannelName, variable: VariableName) -> ChannelVariable:
        """Get a variable of a channel.

        variable: its name, or such as CHANNEL(language) or CALLERID(num).

        Returns it; its value is "" when it is not set. Raises Missing when there is no such
        channel; PbxError. AMI: Getvar.
        """
        told = await self.ask(actions.Getvar(channel=channel, variable=variable))
        return ChannelVariable(variable=variable, value=told.value)

    @thing("PUT /calls/{channel}/variables/{variable}")
    async def set_variable(
        self, channel: ChannelName, variable: VariableName, value: Value
    ) -> None:
        """Set a variable of a channel. Nothing in its value is evaluated.

        Raises Missing when there is no such channel; PbxError. AMI: Setvar.
        """
        await self.ask(actions.Setvar(channel=channel, variable=variable, value=value))

    async def _space(self, channel: str, space: str) -> None:
        await self.ask(actions.Setvar(channel=channel, variable="PARKINGEXTEN", value=space))

    async def _place(self, thing: str, context: str, extension: str, priority: int = 1) -> None:
        await wanted(await self.ways.ami(), thing, context, extension, priority)


def same(one: str, other: str) -> bool:
    """Whether two names are of the same channel: large and small letters are alike to Asterisk."""
    return one.casefold() == other.casefold()
