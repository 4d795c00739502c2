"""The support archive: what was collected, as one zip file without secrets. Pure."""

from __future__ import annotations

import io
import re
import time
import zipfile

from stasis.pbx.collect import Collected
from stasis.pbx.mask import Masked

__all__ = ["archived"]

README = """What an Asterisk has told about itself, for whoever is to help.

asterisk/  what its command line says
config/    its configuration files, as Asterisk reads them: included files stand where they are
           included, templates are resolved, comments are not there
log/       the end of its log, if it could be read
problems   what could not be asked

Passwords, PINs and keys are ***. Names, numbers and addresses of people are in it.
"""


def archived(found: Collected, at: float | None = None) -> tuple[str, bytes]:
    """The archive's name and its bytes. at: seconds since 1970; None takes now."""
    masked = Masked()
    configuration = {f"config/{each.name}": masked.file(each) for each in found.files}
    texts = {
        "README": README,
        **{f"asterisk/{name}.txt": text for name, text in found.commands.items()},
        **configuration,
        **{f"log/{name}": text for name, text in found.logs.items()},
        "problems": "\n".join(found.problems) + "\n",
    }
    moment = time.gmtime(at)
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w", zipfile.ZIP_DEFLATED) as file:
        for name, text in texts.items():
            entry = zipfile.ZipInfo(name, moment[:6])
            entry.compress_type = zipfile.ZIP_DEFLATED
            file.writestr(entry, masked.text(text))
    version = re.search(r"\d+\.\d+\.\d+", found.commands.get("version", ""))
    told = f"{version[0]}-" if version else ""
    return f"asterisk-{told}{time.strftime('%Y%m%dT%H%M%SZ', moment)}.zip", buffer.getvalue()
