"""The device state handle: a lamp of ours, `Stasis:<name>`, that phones can subscribe to."""

from __future__ import annotations

from stasis.ari import Ari
from stasis.errors import InvalidRequest, NotFound

__all__ = ["DeviceState"]


class DeviceState:
    """A device's state. Only names that begin with `Stasis:` can be set.

    name: such as `Stasis:front-door`, or any device to read it. States: `NOT_INUSE`, `INUSE`,
    `BUSY`, `INVALID`, `UNAVAILABLE`, `RINGING`, `RINGINUSE`, `ONHOLD`.
    """

    def __init__(self, ari: Ari, name: str) -> None:
        self.name = name
        self._ari = ari

    def __repr__(self) -> str:
        return f"<DeviceState {self.name}>"

    async def get(self) -> str:
        """The state now; `UNKNOWN` for a device nobody knows. ARI: GET /deviceStates/{name}."""
        return (await self._ari.device_states.get(self.name)).state

    async def set(self, state: str) -> None:
        """Set it. Raises InvalidRequest for a device that is not ours to set.

        ARI: PUT /deviceStates/{deviceName}.
        """
        self._ours()
        await self._ari.device_states.update(self.name, device_state=state)

    async def delete(self) -> None:
        """Forget it; one that is not there is fine. ARI: DELETE /deviceStates/{deviceName}."""
        self._ours()
        try:
            await self._ari.device_states.delete(self.name)
        except NotFound:
            pass

    def _ours(self) -> None:
        if not self.name.startswith("Stasis:"):
            raise InvalidRequest(
                "PUT",
                "/deviceStates",
                f"{self.name!r}: only names that begin with Stasis: can be set",
            )
