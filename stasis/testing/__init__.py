"""For tests of flows and programs: a fake Asterisk, a clock that does not wait, a fault proxy."""

from stasis.testing.clock import Stalled, VirtualClockLoop, run, virtual_time
from stasis.testing.fake import FakeAsterisk, FakeCall
from stasis.testing.fault import Fault
from stasis.testing.proxy import FaultProxy
from stasis.testing.tally import Happened

__all__ = [
    "FakeAsterisk",
    "FakeCall",
    "Fault",
    "FaultProxy",
    "Happened",
    "Stalled",
    "VirtualClockLoop",
    "run",
    "virtual_time",
]
