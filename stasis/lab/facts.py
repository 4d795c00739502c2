"""What is known of a lab: where it is, how to reach it. Kept as lab.json in its folder."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Self

from attrs import field, frozen

from stasis.lab.chroot import Chroot
from stasis.lab.docker import Docker
from stasis.lab.engine import Engine
from stasis.lab.fault import LabError
from stasis.lab.place import state
from stasis.lab.ports import Ports

__all__ = ["Facts"]

FILE = "lab.json"
USER, PASSWORD = "stasis", "stasis-change-me"


@frozen
class Facts:
    """The facts of one lab, whether it runs or not.

    version: "22" or "16". name: unique on this machine. folder: all its files.
    ports: see `Ports`. phones: name and password of the phones that may register.
    sounds: the folder of the English prompts it has, as files on this machine.
    """

    version: str
    name: str
    folder: Path
    ports: Ports
    phones: dict[str, str] = field(repr=False)
    sounds: Path
    engine: Engine = field(repr=False)

    @property
    def url(self) -> str:
        """ARI's address, as asterisk.url in stasis.toml."""
        return f"http://127.0.0.1:{self.ports.http}/ari"

    @property
    def username(self) -> str:
        """The ARI and AMI user."""
        return USER

    @property
    def password(self) -> str:
        """Its password, the one of ari.conf.example."""
        return PASSWORD

    @property
    def http_port(self) -> int:
        """TCP port of ARI and WebSockets."""
        return self.ports.http

    @property
    def https_port(self) -> int:
        """TCP port of the same over TLS, after `secure`; 0 for a lab of the example."""
        return self.ports.https

    @property
    def sip_port(self) -> int:
        """UDP and TCP port of SIP."""
        return self.ports.sip

    @property
    def ami_port(self) -> int:
        """TCP port of AMI."""
        return self.ports.ami

    @property
    def rtp_ports(self) -> tuple[int, int]:
        """First and last UDP port of its audio."""
        return self.ports.rtp

    @property
    def desk_ports(self) -> tuple[int, ...]:
        """UDP ports on 127.0.0.1 where PJSIP/desk1, PJSIP/desk2, … are looked for."""
        return self.ports.desks

    @property
    def recordings(self) -> Path:
        """Where ARI's stored recordings are, as files on this machine."""
        return self.folder / "spool" / "recording"

    def prompt(self, name: str) -> Path:
        """The sound file Asterisk plays for sound:NAME, like digits/1, to compare with.

        Raises LabError when there is none.
        """
        own = name.startswith("custom/")
        stem = self.custom_sounds / name.removeprefix("custom/") if own else self.sounds / name
        for form in ("wav", "gsm"):  # in the order it prefers them, for phones that speak ulaw
            if (file := stem.with_name(f"{stem.name}.{form}")).exists():
                return file
        raise LabError(f"the lab {self.name} has no sound {name}")

    @property
    def custom_sounds(self) -> Path:
        """Put a prompt x.wav here to play it as sound:custom/x."""
        return self.folder / "sounds"

    @property
    def etc(self) -> Path:
        """Its configuration files. See `write`."""
        return self.folder / "etc"

    def store(self) -> None:
        """Write lab.json: whole, or not at all."""
        facts = {
            "version": self.version,
            "ports": [
                self.http_port,
                self.sip_port,
                self.ami_port,
                self.rtp_ports,
                self.desk_ports,
            ],
            # Beside the list, which programs of an older version read too.
            "https": self.https_port,
            "phones": self.phones,
            "sounds": str(self.sounds),
            "place": str(self.engine.place) if isinstance(self.engine, Chroot) else None,
            "image": self.engine.image if isinstance(self.engine, Docker) else None,
        }
        part = self.folder / f"{FILE}.part"
        part.write_text(json.dumps(facts, indent=1), "utf-8")
        part.rename(self.folder / FILE)

    @classmethod
    def read(cls, name: str) -> Self | None:
        """The lab of that name, running or not; None when there is none."""
        folder = state() / name
        try:
            facts = json.loads((folder / FILE).read_text("utf-8"))
        except FileNotFoundError:
            return None
        http, sip, ami, rtp, desks = facts["ports"]
        https = facts.get("https", 0)
        ports = Ports(http, sip, ami, (rtp[0], rtp[1]), tuple(desks), https)
        engine: Engine
        if facts["place"]:
            engine = Chroot(facts["version"], Path(facts["place"]))
        else:
            engine = Docker(facts["version"], facts["image"])
        phones, sounds = facts["phones"], Path(facts["sounds"])
        return cls(facts["version"], name, folder, ports, phones, sounds, engine)
