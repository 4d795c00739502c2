"""Everything about a PBX: one facade over AMI, ARI and the command line.

    async with Pbx(load().asterisk) as pbx:
        await pbx.astdb.put("cidname", "2001", "Zoë")

Each method is a `stasis …` command and, in the plugin `pbx`, an HTTP route too. Import it where
it is needed: `import stasis` does not.
"""

from stasis.pbx.astdb import AstDb, Entry
from stasis.pbx.command_line import CommandLine
from stasis.pbx.download import Download
from stasis.pbx.errors import (
    BadValue,
    Denied,
    Missing,
    Needs,
    NotConfirmed,
    PbxError,
    Refused,
    Unavailable,
)
from stasis.pbx.group import Group
from stasis.pbx.pbx import GROUPS, Pbx
from stasis.pbx.thing import Parameter, Thing, thing, things_of
from stasis.pbx.ways import Ways

__all__ = [
    "GROUPS",
    "AstDb",
    "BadValue",
    "CommandLine",
    "Denied",
    "Download",
    "Entry",
    "Group",
    "Missing",
    "Needs",
    "NotConfirmed",
    "Parameter",
    "Pbx",
    "PbxError",
    "Refused",
    "Thing",
    "Unavailable",
    "Ways",
    "thing",
    "things_of",
]
