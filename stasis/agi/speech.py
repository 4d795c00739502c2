"""Commands on a speech engine, for an Asterisk that has one."""

from __future__ import annotations

from stasis.agi.asking import Asking, milliseconds
from stasis.agi.errors import CommandFailed, UnexpectedReply
from stasis.agi.reply import Reply
from stasis.agi.results import Heard, Recognized

__all__ = ["Speech"]

NO_ENGINE = "there is no such engine, or none was made for this channel"


class Speech(Asking):
    """See the module. Each raises ChannelGone when the channel was hung up, CommandFailed on 0."""

    async def speech_create(self, engine: str) -> None:
        """Give the channel an engine. AGI: SPEECH CREATE."""
        await self._speech("SPEECH CREATE", engine)

    async def speech_set(self, name: str, value: str) -> None:
        """Set something of the engine. AGI: SPEECH SET."""
        await self._speech("SPEECH SET", name, value)

    async def speech_destroy(self) -> None:
        """Take the engine away. Works after a hang-up too. AGI: SPEECH DESTROY."""
        await self._speech("SPEECH DESTROY")

    async def speech_load_grammar(self, grammar: str, path: str) -> None:
        """Load a grammar under a name. AGI: SPEECH LOAD GRAMMAR."""
        await self._speech("SPEECH LOAD GRAMMAR", grammar, path)

    async def speech_unload_grammar(self, grammar: str) -> None:
        """Unload one. Works after a hang-up too. AGI: SPEECH UNLOAD GRAMMAR."""
        await self._speech("SPEECH UNLOAD GRAMMAR", grammar)

    async def speech_activate_grammar(self, grammar: str) -> None:
        """Listen by a grammar. AGI: SPEECH ACTIVATE GRAMMAR."""
        await self._speech("SPEECH ACTIVATE GRAMMAR", grammar)

    async def speech_deactivate_grammar(self, grammar: str) -> None:
        """Listen by it no more. AGI: SPEECH DEACTIVATE GRAMMAR."""
        await self._speech("SPEECH DEACTIVATE GRAMMAR", grammar)

    async def speech_recognize(self, prompt: str, timeout: float, offset: int = 0) -> Recognized:
        """Play a prompt and listen to the caller. AGI: SPEECH RECOGNIZE.

        timeout: seconds. offset: samples of the prompt to skip.
        """
        name = "SPEECH RECOGNIZE"
        rest = [str(offset)] if offset else []
        reply = await self._speech(name, prompt, milliseconds(timeout), *rest)
        return recognized(name, reply)

    async def _speech(self, command: str, *arguments: str) -> Reply:
        number, reply = await self._number(command, *arguments)
        if number < 1:
            if number < 0:
                await self._alive()
            raise CommandFailed(command, reply.result, NO_ENGINE)
        return reply


def recognized(command: str, reply: Reply) -> Recognized:
    """What a reply says was heard."""
    fields = reply.fields
    try:
        heard = tuple(
            Heard(fields[f"text{n}"], int(fields[f"score{n}"]), fields[f"grammar{n}"])
            for n in range(int(fields.get("results", "0")))
        )
        return Recognized(
            reply.note, fields.get("digit", ""), heard, int(fields.get("endpos", "0"))
        )
    except (KeyError, ValueError):
        raise UnexpectedReply(command, f"{reply.code} {reply.text}") from None
