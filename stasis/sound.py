"""The sound handle: a prompt installed on the server."""

from __future__ import annotations

from stasis.ari import Ari
from stasis.ari.sounds import Sound as Snapshot
from stasis.errors import NotFound

__all__ = ["Sound"]


class Sound:
    """A sound file of the server, in its languages and formats.

    name: such as `hello-world`, played as `sound:hello-world`.
    """

    def __init__(self, ari: Ari, name: str) -> None:
        self.name = name
        self.media_uri = f"sound:{name}"
        self._ari = ari

    def __repr__(self) -> str:
        return f"<Sound {self.name}>"

    async def get(self) -> Snapshot | None:
        """Its text, languages and formats; None when it is not installed.

        ARI: GET /sounds/{soundId}.
        """
        try:
            return await self._ari.sounds.get(self.name)
        except NotFound:
            return None

    @staticmethod
    async def names(ari: Ari, language: str | None = None) -> frozenset[str]:
        """The names of all installed sounds. language: only those that exist in it.

        ARI: GET /sounds. Asterisk knows those that were there when it started or reloaded.
        """
        try:
            return frozenset(sound.id for sound in await ari.sounds.list(lang=language))
        except NotFound:
            return frozenset()
