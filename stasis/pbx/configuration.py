"""Asterisk's configuration files: whether they are there, and what is wrong in them.

Read over AMI, so it works from afar. What is in them by itself is judged by `ailments`; what only
the running server knows, such as contexts and files of music, is asked beside them.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from stasis.ami import AmiError, actions
from stasis.pbx.ailment import Ailment, Files, State
from stasis.pbx.ailments import RULES
from stasis.pbx.config_edit import ConfigFiles
from stasis.pbx.config_file import ConfigFile
from stasis.pbx.errors import Missing, PbxError, Refused
from stasis.pbx.group import Group
from stasis.pbx.mask import Masked
from stasis.pbx.thing import thing
from stasis.pbx.values import ConfigFileName

__all__ = ["Configuration"]

# Without these nothing works, even with every module's defaults.
NEEDED = frozenset({"extensions.conf", "pjsip.conf", "http.conf", "ari.conf", "manager.conf"})
# Read besides, since the rules about others want to know.
BESIDES = ("sorcery.conf", "pjsip_wizard.conf")
RIGHTS = "manager.conf: add config to `write` of the user of [asterisk.ami], then reload"


class Configuration(Group):
    """The files in Asterisk's folder, and what is wrong in them."""

    name = "configuration"

    @thing("GET /configuration/check", scope="admin")
    async def check(self) -> Sequence[Ailment]:
        """Look at every file of the guide: is it there, readable, and what is wrong in it.

        Returns a finding for each file at least, `ok` when there is nothing to say. No secret is
        in any. Raises PbxError when Asterisk is not reached. AMI: GetConfig.
        """
        # Most of what follows is told if it fails; that nothing is reached is an error.
        version = await self.ways.version()
        found: list[Ailment] = []
        files: dict[str, ConfigFile] = {}
        for name in (*RULES, *BESIDES):
            try:
                files[name] = await self._read(name)
            except Missing:
                if name in RULES:
                    found.append(await self._absent(name))
            except Refused as error:
                denied = "permission" in error.reason.lower()
                fix = RIGHTS if denied else "Asterisk's log says which line it does not understand"
                state: State = "skipped" if denied else "failed"
                found.append(ailment(name, state, f"cannot be read: {error.reason}", fix))
        known = Files(files, version, *await self._live())
        for name, (rule, _) in RULES.items():
            told = list(rule(known)) if name in files else []
            if name in files and not told:
                count = len(files[name].sections)
                told = [ailment(name, "ok", f"{count} section{'s' * (count != 1)}; nothing to say")]
            found += told
        order = {name: at for at, name in enumerate(RULES)}
        return sorted(found, key=lambda each: order.get(each.file, len(order)))

    @thing("GET /configuration/files/{file}", scope="admin")
    async def show(self, file: ConfigFileName) -> Sequence[str]:
        """Show a file as Asterisk reads it: with what it includes, and without secrets.

        Returns its lines. Raises Missing when there is none, Refused when Asterisk does not give
        it out; PbxError. AMI: GetConfig.
        """
        found, masked = await ConfigFiles(self.ways).read(file), Masked()
        masked.file(found)  # a secret may stand again above the line that tells it is one
        return masked.file(found).splitlines()

    async def _read(self, name: str) -> ConfigFile:
        return await ConfigFiles(self.ways).read(name)

    async def _absent(self, name: str) -> Ailment:
        """What it means that a file is not there."""
        if name in NEEDED:
            text = "is not there, and nothing works without it"
            return ailment(name, "failed", text, f"put {name} into Asterisk's folder")
        module = RULES[name][1]
        if module and not await self.ways.loaded(module):
            return ailment(name, "skipped", f"is not there; {module} is not loaded either")
        return ailment(name, "ok", "is not there: everything in it is as Asterisk has it by itself")

    async def _live(
        self,
    ) -> tuple[frozenset[str] | None, dict[str, int] | None, dict[str, int] | None]:
        """Contexts, music and queue members, as they are now; None for what is not told."""
        contexts, music, members = None, None, None
        try:
            listed = await self.items(actions.ShowDialPlan())
            contexts = frozenset(each.context for each in listed)
        except (AmiError, PbxError):
            pass
        try:
            music = files_of(await self.ways.command("moh show files"))
        except (AmiError, PbxError):
            pass
        try:
            status = await self.items(actions.QueueStatus())
            members = dict(Counter(each.queue for each in status if each.type == "QueueMember"))
        except (AmiError, PbxError):
            pass
        return contexts, music, members


def ailment(file: str, state: State, text: str, fix: str = "") -> Ailment:
    """A finding about a whole file."""
    return Ailment(file=file, state=state, section="", text=text, fix=fix)


def files_of(lines: Sequence[str]) -> dict[str, int]:
    """How many files each class of music has, from `moh show files`."""
    found: dict[str, int] = {}
    current = ""
    for line in lines:
        kind, _, value = line.strip().partition(":")
        if kind == "Class":
            current = value.strip()
            found[current] = 0
        elif kind == "File" and current:
            found[current] += 1
    return found
