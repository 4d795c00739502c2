"""`stasis doctor config`: findings as the doctor tells them."""

from __future__ import annotations

from stasis.cli.doctor_config import hop
from stasis.cli.hop import Hop
from stasis.pbx import Ailment


def test_a_finding_names_file_and_section():
    found = Ailment(file="rtp.conf", state="failed", section="general", text="no range", fix="x")
    assert hop(found) == Hop("rtp", "failed", "[general] no range", "x")


def test_a_finding_about_a_whole_file():
    found = Ailment(file="queues.conf", state="skipped", section="", text="is not there")
    assert hop(found) == Hop("queues", "skipped", "is not there")
