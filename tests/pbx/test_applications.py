"""Which applications may be run from outside, and with what."""

from __future__ import annotations

import pytest

from stasis.pbx.applications import APPLICATIONS, checked
from stasis.pbx.errors import BadValue


class TestWhatMayRun:
    @pytest.mark.parametrize(
        ("application", "data"),
        [
            ("Playback", "hello-world&custom/greeting,skip"),
            ("VoiceMailMain", "2001@default"),
            ("VoiceMailMain", "2001@default,p"),
            ("VoiceMailMain", ""),
            ("Queue", "support,t,,,60"),
            ("Dial", "PJSIP/alice&PJSIP/bob,20,tT"),
            ("SayUnixTime", "0,Europe/Berlin,ABdY 'digits/at' IMp"),
            ("Stasis", "app,a b,c"),
            ("Wait", "1.5"),
            ("Echo", ""),
            ("SayNumber", "-12"),
        ],
    )
    def test_what_only_makes_or_plays_something(self, application: str, data: str) -> None:
        assert checked("x", application, data) == application

    def test_its_name_is_written_as_asterisk_writes_it(self) -> None:
        assert checked("x", "pLAYBACK", "a") == "Playback"


class TestWhatMayNot:
    @pytest.mark.parametrize(
        "application",
        "System TrySystem Exec TryExec ExecIf Set MSet AGI DeadAGI EAGI ExternalIVR Record MixMonitor"
        " Monitor MP3Player Originate SMS SendFAX ReceiveFAX Reload Macro ChanSpy DISA".split(),
    )
    def test_what_reaches_the_server_or_other_calls(self, application: str) -> None:
        for spelling in (application, application.lower(), application.upper()):
            with pytest.raises(BadValue, match="call an extension that runs it"):
                checked("x", spelling, "")

    @pytest.mark.parametrize(
        ("application", "data"),
        [
            ("Playback", "/etc/passwd"),
            ("Playback", "a&/etc/passwd"),
            ("Playback", "a/../../b"),
            ("Playback", ".hidden"),
            ("Playback", "http://example.com/x"),
            ("Queue", "support,,,,,agi.sh"),
            ("Dial", "PJSIP/alice,20,U(evil)"),
            ("Dial", "PJSIP/alice,20,A(/etc/passwd)"),
            ("VoiceMail", "2001@default,$(x)"),
            ("VoiceMailMain", "2001@default,s"),
            ("VoiceMailMain", "2001@default,ps"),
            ("VoiceMailMain", "2001@default, s"),
            ("VoiceMailMain", "2001@default&2002,s"),
            ("VoiceMailMain", ",s"),
            ("VoiceMailMain", "2001@default,,s"),
            ("MusicOnHold", "../x"),
            ("Wait", "1\n"),
            ("Echo", "x"),
            ("Stasis", "app,(x"),
        ],
    )
    def test_an_argument_that_does_more_than_the_application(
        self, application: str, data: str
    ) -> None:
        with pytest.raises(BadValue, match="takes no such arguments"):
            checked("x", application, data)

    @pytest.mark.parametrize("application", APPLICATIONS)
    @pytest.mark.parametrize("evil", ["${SHELL(id)}", "`id`", '"', "a\r\nb", "\\"])
    def test_none_takes_what_would_be_evaluated(self, application: str, evil: str) -> None:
        if application == "Stasis" and evil in ("${SHELL(id)}", "`id`"):
            evil = f"app,{evil}("  # `Data` refuses the rest before
        with pytest.raises(BadValue):
            checked("x", application, evil)
