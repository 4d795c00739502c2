"""What `cdr show status` prints, as Asterisk 22 and 16 do."""

from __future__ import annotations

from stasis.pbx.cdr_state import CdrState, state_of

HEAD = """
Call Detail Record (CDR) settings
----------------------------------
"""
ON_22 = f"""{HEAD}  Logging:                    Enabled
  Mode:                       Batch
  Log calls by default:       Yes
  Log unanswered calls:       Yes
  Log congestion:             No

  Ignore bridging changes:    No

* Batch Mode Settings
  -------------------
  Safe shutdown:              Enabled
  Threading model:            Scheduler plus separate threads

* Registered Backends
  -------------------
    cdr_manager
    pgsql

"""
NOBODY_ON_16 = f"""{HEAD}  Logging:                    Enabled
  Mode:                       Simple
  Log calls by default:       Yes
  Log unanswered calls:       No
  Log congestion:             No

* Registered Backends
  -------------------
    (none)

"""
OFF = f"{HEAD}  Logging:                    Disabled\n  Mode:                       Simple\n\n"


def test_the_settings_and_who_gets_records():
    assert state_of(ON_22.splitlines()) == CdrState(
        logging=True, mode="batch", unanswered=True, backends=("cdr_manager", "pgsql")
    )


def test_nobody_gets_them():
    assert state_of(NOBODY_ON_16.splitlines()) == CdrState(
        logging=True, mode="simple", unanswered=False, backends=()
    )


def test_switched_off():
    assert state_of(OFF.splitlines()) == CdrState(
        logging=False, mode="simple", unanswered=False, backends=()
    )


def test_something_else_is_nothing():
    assert state_of(["No such command 'cdr show status'", ":", "*"]).backends == ()
