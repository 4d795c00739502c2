"""For tests of flows and programs: a simulated Asterisk, a clock that does not wait, faults."""

from stasis.testing.asterisk import Asterisk, FlowFailed, Left
from stasis.testing.clock import Stalled, VirtualClockLoop, run, virtual_time
from stasis.testing.fault import Fault
from stasis.testing.party import Callee, Caller, NotHeard
from stasis.testing.proxy import FaultProxy
from stasis.testing.refusals import NeverRefused
from stasis.testing.safe import Unsafe, assert_safe
from stasis.testing.session.difference import Difference
from stasis.testing.session.replay import replay, replayed
from stasis.testing.tally import Happened

__all__ = [
    "Asterisk",
    "Callee",
    "Caller",
    "Difference",
    "Fault",
    "FaultProxy",
    "FlowFailed",
    "Happened",
    "Left",
    "NeverRefused",
    "NotHeard",
    "Stalled",
    "Unsafe",
    "VirtualClockLoop",
    "assert_safe",
    "replay",
    "replayed",
    "run",
    "virtual_time",
]
