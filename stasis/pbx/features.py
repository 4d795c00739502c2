"""Feature codes: what is pressed in a call, features.conf, and picking up what rings elsewhere."""

from __future__ import annotations

import re
import uuid
from collections.abc import Sequence

import msgspec

from stasis.ami import NoSuch, actions, events
from stasis.pbx.config_edit import ConfigFiles
from stasis.pbx.config_file import AddSection, Edit, SetLine
from stasis.pbx.errors import BadValue, Missing, Needs, Refused
from stasis.pbx.feature import (
    CODES,
    SETTINGS,
    FeatureApplication,
    FeatureCode,
    FeatureName,
    FeatureOption,
    FeatureSetting,
    applications_of,
    codes_of,
    settings_of,
)
from stasis.pbx.group import Group
from stasis.pbx.hearing import heard
from stasis.pbx.originate import originate
from stasis.pbx.thing import thing
from stasis.pbx.values import ChannelName, ConfigValue, Context, Device, Extension, FeatureDigits
from stasis.pbx.ways import Ways

__all__ = ["Features", "PickedUp"]

FILE, MODULE = "features.conf", "features"
PICKUP = "app_directed_pickup.so"
RING_SECONDS = 20.0  # how long the phone rings that is to pick up
PICKUP_SECONDS = 3.0


class PickedUp(msgspec.Struct, frozen=True, kw_only=True):
    """A call that was picked up. by: the channel that has it now. ringing: the one that rang."""

    by: str
    ringing: str


class Features(Group):
    """Feature codes, features.conf, and picking up."""

    name = "features"

    def __init__(self, ways: Ways) -> None:
        super().__init__(ways)
        self.config = ConfigFiles(ways)

    @thing("GET /features/codes")
    async def codes(self) -> Sequence[FeatureCode]:
        """List the built-in codes as they are in force.

        Raises PbxError. CLI: features show.
        """
        return codes_of(await self.ways.command("features show"))

    @thing("PUT /features/codes/{feature}", scope="admin")
    async def set_code(self, feature: FeatureName, digits: FeatureDigits) -> FeatureCode:
        """Set what is pressed for a built-in feature, in features.conf; "" for nothing.

        In force for calls that begin afterwards. Raises Refused when another feature has these
        digits; Needs when this version lacks the feature; PbxError. AMI: UpdateConfig, Reload.
        """
        found = {each.feature: each for each in await self.codes()}
        if feature not in found:
            raise Needs("features.set_code", f"{feature} is not in this version of Asterisk")
        for each in found.values():
            if digits and each.digits == digits and each.feature != feature:
                raise Refused("features.set_code", f"{digits} is {each.feature} already")
        await self._set(CODES[feature][0], feature, digits)
        return next(each for each in await self.codes() if each.feature == feature)

    @thing("GET /features/settings")
    async def settings(self) -> Sequence[FeatureSetting]:
        """List what features.conf sets; what it does not has Asterisk's own value.

        Raises PbxError. AMI: GetConfig.
        """
        return settings_of(await self.config.read(FILE))

    @thing("PUT /features/settings/{option}", scope="admin")
    async def set(self, option: FeatureOption, value: ConfigValue) -> FeatureSetting:
        """Set an option of features.conf.

        value: seconds, milliseconds for featuredigittimeout, digits, a sound, or yes and no.
        Raises BadValue when it is none of the option's; PbxError. AMI: UpdateConfig, Reload.
        """
        if not re.fullmatch(SETTINGS[option], value):
            raise BadValue("features.set", f"value: {option} has to look like {SETTINGS[option]}")
        await self._set("general", option, value)
        return FeatureSetting(option=option, value=value)

    @thing("GET /features/applications")
    async def applications(self) -> Sequence[FeatureApplication]:
        """List the codes that run an application, of `[applicationmap]` in features.conf.

        Raises PbxError. AMI: GetConfig.
        """
        return applications_of(await self.config.read(FILE))

    @thing("POST /features/reload")
    async def reload(self) -> Sequence[FeatureCode]:
        """Read features.conf again.

        Returns the codes that are in force then. Raises Refused when Asterisk does not understand
        it: then all is as before; PbxError. AMI: Reload.
        """
        await self.config.reload(MODULE)
        return await self.codes()

    @thing("POST /features/undo", scope="admin")
    async def undo(self) -> Sequence[FeatureCode]:
        """Put features.conf back as it was before the last change from here.

        Returns the codes that are in force then. Raises Missing when there was none; PbxError.
        AMI: UpdateConfig, Reload.
        """
        await self.config.undo(FILE, reload=MODULE)
        return await self.codes()

    @thing("POST /features/pickup", needs=PICKUP)
    async def pickup(self, device: Device, channel: ChannelName) -> PickedUp:
        """Have a phone take a call that rings at another one.

        device: the phone, which rings and takes the call when it answers. channel: the one that
        rings elsewhere. Raises Missing when that does not ring (any more), Refused when the phone
        does not answer; PbxError. AMI: Originate of PickupChan.
        """
        await self._rings("features.pickup", channel)
        return await self._picked_up("features.pickup", device, "PickupChan", channel)

    @thing("POST /features/pickup/group", needs=PICKUP)
    async def pickup_group(self, device: Device) -> PickedUp:
        """Have a phone take a call that rings in its pickup group.

        device: a phone with pickup_group or named_pickup_group. Which call it gets when several
        ring there Asterisk chooses. Raises Missing when none rings there, Refused when the phone
        does not answer; PbxError. AMI: Originate of Pickup.
        """
        return await self._picked_up("features.pickup_group", device, "Pickup", "")

    @thing("POST /features/pickup/extension", needs=PICKUP)
    async def pickup_extension(
        self, device: Device, extension: Extension, *, context: Context = "default"
    ) -> PickedUp:
        """Have a phone take a call that was made to an extension.

        device: the phone. extension, context: what the caller dialled. Raises Missing when nothing
        rings there, Refused when the phone does not answer; PbxError. AMI: Originate of Pickup.
        """
        where = "features.pickup_extension"
        return await self._picked_up(where, device, "Pickup", f"{extension}@{context}")

    async def _set(self, section: str, option: str, value: str) -> None:
        file = await self.config.read(FILE)
        edit: Edit = SetLine(section=section, name=option, value=value)
        if file.section(section) is None:
            edit = AddSection(section=section, lines=[(option, value)])
        await self.config.edit(FILE, [edit], reload=MODULE, seen=file)

    async def _rings(self, where: str, channel: str) -> None:
        """Raises Missing when a channel does not ring."""
        try:
            action = actions.Getvar(channel=channel, variable="CHANNEL(state)")
            state = (await self.ask(action)).value
        except NoSuch:
            state = ""
        if state != "Ringing":
            raise Missing(where, f"{channel} {'is ' + state if state else 'is gone'}, not ringing")

    async def _picked_up(self, where: str, device: str, application: str, data: str) -> PickedUp:
        ami = await self.ways.ami()
        id = f"stasis-pickup-{uuid.uuid4().hex}"
        async with ami.events(events.Pickup, where=lambda event: event.uniqueid == id) as stream:
            told = await originate(
                ami, device, timeout=RING_SECONDS, application=application, data=data, id=id
            )
            if told.outcome != "ANSWER":
                raise Refused(where, f"{device} was not reached, or did not answer")
            found = await heard(stream, events.Pickup, PICKUP_SECONDS)
        if found is None:
            raise Missing(where, "there was no call to pick up (any more)")
        return PickedUp(by=found.channel, ringing=found.target_channel)
