"""Phones that Asterisk knows as long as somebody is logged in: PJSIP objects, made through ARI.

Rules: a device is an `auth`, an `aor` and an `endpoint` of one name, made in this order and removed
in reverse, so that none is ever there without its secret. A name is of the form w-USER-8HEX;
nothing of another form is touched. A secret is in Asterisk and in this process's memory, nowhere
else. Every field goes with a value: one without ends Asterisk. What is removed or rotated is no
longer registered, and its old secret is worth nothing on its old socket either; a call that it has
goes on until somebody hangs it up.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

import structlog
from attrs import frozen

from stasis import Ari, AriError, Forbidden, InvalidParameter, NotFound, Secret, StasisError
from stasis_webrtc.device import DeviceRules, is_device

__all__ = ["Devices", "ProvisionError", "Restored"]

log = structlog.get_logger("stasis_webrtc")

CLASS = "res_pjsip"
KINDS = ("auth", "aor", "endpoint")


class ProvisionError(StasisError):
    """Asterisk does not take a device; the text names the file and the line that mends it."""


@frozen
class Restored:
    """What `restore` did. made: devices that are there again, with the secret they had.

    lost: those whose secret nobody here knows; they need a new one, by `provision`.
    """

    made: tuple[str, ...] = ()
    lost: tuple[str, ...] = ()


class Devices:
    """The devices on one Asterisk.

    ari: gives the operations on the Asterisk that is connected now. rules: what is alike of all.
    static: endpoints of pjsip.conf that are people's too; they are known and never touched.

    All methods raise AriError when Asterisk does not answer.
    """

    def __init__(
        self,
        ari: Callable[[], Ari],
        rules: DeviceRules | None = None,
        static: Collection[str] = (),
    ) -> None:
        self.ari = ari
        self.rules = rules or DeviceRules()
        self.static = frozenset(static)
        self._made: dict[str, tuple[Secret, str]] = {}
        self._lock = asyncio.Lock()
        self._opus: bool | None = None

    def __contains__(self, endpoint: str) -> bool:
        """Whether it was provisioned by this process, or is static."""
        return endpoint in self._made or endpoint in self.static

    async def provision(self, endpoint: str, secret: str, *, caller: str) -> None:
        """Make a device, or make it anew with this secret; who was registered is so no more.

        endpoint: see `endpoint_name`. caller: what others see, see `caller_id`.

        `PUT /asterisk/config/dynamic/res_pjsip/…`. Raises ValueError for a name of another form,
        and ProvisionError when Asterisk's configuration does not let it; then nothing is left.
        """
        if not is_device(endpoint):
            raise ValueError(f"{endpoint!r} is no device's name: w-USER-8HEX, see endpoint_name")
        if not secret:
            raise ValueError("a device needs a secret")
        async with self._lock:
            self._made.pop(endpoint, None)
            await self._make(endpoint, secret, caller)
            self._made[endpoint] = (Secret(secret), caller)

    async def rotate(self, endpoint: str, secret: str) -> None:
        """Give a device of this process another secret. Its calls go on.

        Raises KeyError when it was not provisioned here, and as `provision`.
        """
        _, caller = self._made[endpoint]
        await self.provision(endpoint, secret, caller=caller)

    async def remove(self, endpoint: str) -> None:
        """Remove a device, and its registration with it. One that is not there is no error.

        `DELETE /asterisk/config/dynamic/res_pjsip/…`. Static ones are left alone.
        """
        async with self._lock:
            self._made.pop(endpoint, None)
            if is_device(endpoint):
                await self._unmake(endpoint)

    async def sweep(self, known: Collection[str]) -> tuple[str, ...]:
        """After a crash: remove devices that are nobody's. known: those of sessions that last.

        What this process has provisioned is somebody's. Returns the names of the removed.
        `GET /endpoints/PJSIP`.
        """
        async with self._lock:
            strays = [
                each
                for each in await self._listed()
                if is_device(each) and each not in known and each not in self._made
            ]
            # One that was removed while a call of it ended may be listed for long after.
            removed = tuple([each for each in strays if await self._unmake(each)])
        if removed:
            log.info("devices of nobody removed", count=len(removed))
        return removed

    async def restore(self, known: Collection[str] = ()) -> Restored:
        """After a gap: Asterisk may have been restarted, and then it has forgotten all devices.

        known: devices that should be there, also those of another process's time.
        """
        async with self._lock:
            self._opus = None  # it may be another Asterisk now
            there = set(await self._listed())
            missing = [each for each in self._made if each not in there]
            for each in missing:
                secret, caller = self._made[each]
                await self._make(each, secret.reveal(), caller)
        lost = (each for each in known if each not in there and each not in self._made)
        return Restored(tuple(missing), tuple(lost))

    async def _listed(self) -> list[str]:
        """The names of all PJSIP endpoints."""
        return [each.resource for each in await self.ari().endpoints.list_by_tech("PJSIP")]

    async def _make(self, name: str, secret: str, caller: str) -> None:
        """Put the three objects, the aor afresh. Raises ProvisionError, and leaves nothing then."""
        asterisk = self.ari().asterisk
        opus = await self._turns_opus()
        for kind, fields in self.rules.objects(name, secret, caller, opus=opus).items():
            pairs = [{"attribute": key, "value": value} for key, value in fields.items()]
            try:
                if kind == "aor":  # with it goes who is registered with the old secret
                    await self._delete(kind, name)
                await asterisk.update_object(CLASS, kind, name, fields=pairs)
            except (Forbidden, NotFound, InvalidParameter) as error:
                await self._unmake(name)
                raise ProvisionError(refusal(kind, error)) from error

    async def _turns_opus(self) -> bool:
        """Whether Asterisk can turn opus into other codecs. Many installations cannot."""
        if self._opus is None:
            running = await self.ari().asterisk.list_modules()
            self._opus = any(
                each.name.startswith("codec_opus") and each.status == "Running" for each in running
            )
            if not self._opus and "opus" in self.rules.codecs:
                log.warning("devices do without opus: Asterisk has no codec_opus module")
        return self._opus

    async def _unmake(self, name: str) -> bool:
        """Delete the three objects, those that are there. Returns whether any was."""
        return any([await self._delete(kind, name) for kind in reversed(KINDS)])

    async def _delete(self, kind: str, name: str) -> bool:
        """Delete an object. Returns whether there was one that could be."""
        try:
            await self.ari().asterisk.delete_object(CLASS, kind, name)
        except (NotFound, Forbidden):
            return False
        return True


def refusal(kind: str, error: AriError) -> str:
    """Why an object cannot be made, and what mends it."""
    if isinstance(error, InvalidParameter):
        return (
            f"Asterisk refuses a field of the {kind} ({error.reason}): look at"
            " [plugin.webrtc] codecs and endpoint_fields in stasis.toml"
        )
    if isinstance(error, NotFound):
        return (
            f"Asterisk does not know the type {kind} ({error.reason}):"
            " modules.conf: [modules] load = res_pjsip.so, load = res_sorcery_memory.so"
        )
    return (
        f"Asterisk does not let ARI make an {kind} ({error.reason}): sorcery.conf: [res_pjsip]"
        f" {kind} = memory, after the line {kind} = config,pjsip.conf,criteria=type={kind};"
        " then restart Asterisk. And ari.conf: read_only = no"
    )
