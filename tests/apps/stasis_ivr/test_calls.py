"""The IVR's calls, from the first word to hang-up, each a row of a table in `calls/`."""

from __future__ import annotations

import time
from collections.abc import Iterator
from itertools import chain
from pathlib import Path

import pytest
from structlog.testing import capture_logs

from stasis.testing.clock import run, virtual_time
from tests.apps.stasis_ivr.calls.deploys import DEPLOYS
from tests.apps.stasis_ivr.calls.desks import DESKS
from tests.apps.stasis_ivr.calls.example import EXAMPLE
from tests.apps.stasis_ivr.calls.faults import CUTS, REFUSED
from tests.apps.stasis_ivr.calls.hours import HOURS
from tests.apps.stasis_ivr.calls.menus import CODES, MENUS, TYPED
from tests.apps.stasis_ivr.calls.messages import ANNOUNCEMENTS, MESSAGES
from tests.apps.stasis_ivr.calls.row import Plugin, Row, make_sounds, simulated, went
