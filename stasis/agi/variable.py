"""Commands on variables, functions, and AstDB. They work after a hang-up too."""

from __future__ import annotations

from stasis.agi.asking import Asking
from stasis.agi.errors import CommandFailed

__all__ = ["Variable"]

# Bytes at which GET VARIABLE cuts a value.
CUT = 1_023


class Variable(Asking):
    """See the module. A value may hold anything but CR, LF and NUL, up to the line's length."""

    async def get_variable(self, name: str) -> str | None:
        """A channel variable, or a function like `CALLERID(num)`, as it is. AGI: GET VARIABLE.

        Returns None when it is not set. A value over 1,023 bytes, which the command cuts, is read
        by GET FULL VARIABLE. One with line feeds in it may come cut at a `)`.
        """
        reply = await self.command("GET VARIABLE", name)
        value = reply.value if reply.result == "1" else None
        if value is not None and len(value.encode()) >= CUT - 3:  # half a character may be gone
            whole = await self.get_full_variable("${" + name + "}")
            return value if whole is None or len(whole) < len(value) else whole
        return value

    async def get_full_variable(self, expression: str, channel: str = "") -> str | None:
        """A text with its `${…}` and `$[…]` evaluated. AGI: GET FULL VARIABLE.

        expression: runs functions, SHELL among them: never a text from outside. channel: another
        channel's name. Returns None when there is no such channel.
        """
        rest = [channel] if channel else []
        reply = await self.command("GET FULL VARIABLE", expression, *rest)
        return (reply.value or "") if reply.result == "1" else None

    async def set_variable(self, name: str, value: str) -> None:
        """Set a channel variable, or a function like `CALLERID(num)`. AGI: SET VARIABLE.

        name: `_NAME` and `__NAME` are inherited by channels that this one dials.
        """
        await self.command("SET VARIABLE", name, value)

    async def database_get(self, family: str, key: str) -> str | None:
        """A value of AstDB; None when there is none. AGI: DATABASE GET."""
        reply = await self.command("DATABASE GET", family, key)
        return (reply.value or "") if reply.result == "1" else None

    async def database_put(self, family: str, key: str, value: str) -> None:
        """Set a value of AstDB. AGI: DATABASE PUT. Raises CommandFailed when it is not kept."""
        reply = await self.command("DATABASE PUT", family, key, value)
        if reply.result != "1":
            raise CommandFailed("DATABASE PUT", reply.result, "Asterisk has not kept it")

    async def database_del(self, family: str, key: str) -> None:
        """Delete a value of AstDB; one that is not there is fine. AGI: DATABASE DEL.

        Raises CommandFailed when Asterisk could not.
        """
        reply = await self.command("DATABASE DEL", family, key)
        if reply.result != "1":
            raise CommandFailed("DATABASE DEL", reply.result, "Asterisk has not deleted it")

    async def database_deltree(self, family: str, key_tree: str = "") -> None:
        """Delete a family of AstDB, or what is below a key. AGI: DATABASE DELTREE.

        One that is not there is fine. Whether it has worked is not told: Asterisk's result is 0
        both when it has deleted something and when it could not.
        """
        await self.command("DATABASE DELTREE", family, *([key_tree] if key_tree else []))
