"""How often an Asterisk may be restarted."""

from __future__ import annotations

from stasis_pbx.restarts import Restarts, restart_like

from tests.apps.stasis_pbx.office import THINGS


def test_so_many_within_the_window_of_each_asterisk():
    now = [100.0]
    restarts = Restarts(2, 60.0, lambda: now[0])
    assert restarts.wait("a") == 0 == restarts.wait("a")
    now[0] += 10
    assert restarts.wait("a") == 50
    assert restarts.wait("b") == 0
    now[0] += 50
    assert restarts.wait("a") == 0


def test_a_restart_is_one_and_hanging_up_is_not():
    assert restart_like(THINGS["system.restart"])
    assert not restart_like(THINGS["calls.hangup"])
    assert not restart_like(THINGS["astdb.get"])
