"""For tests of flows: a fake Asterisk between the two seams, and a clock that does not wait."""

from stasis.testing.clock import Stalled, VirtualClockLoop, run, virtual_time
from stasis.testing.fake import FakeAsterisk, FakeCall

__all__ = ["FakeAsterisk", "FakeCall", "Stalled", "VirtualClockLoop", "run", "virtual_time"]
