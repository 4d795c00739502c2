"""stasis_ivr: an IVR out of a TOML file: menus, desks to ring, opening hours, messages."""

from stasis_ivr.flow import Ivr
from stasis_ivr.ivr_file import load
from stasis_ivr.parts import IvrFile
from stasis_ivr.plugin import IvrConfig, IvrPlugin

__all__ = ["Ivr", "IvrConfig", "IvrFile", "IvrPlugin", "load"]
