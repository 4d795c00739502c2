"""Messages: how long one is. How they are left and heard: `calls/forwards.py`."""

from __future__ import annotations

import io
import wave

from stasis_webrtc.ledger import Message
from stasis_webrtc.message import length_of

from stasis.testing.clock import virtual_time
from tests.apps.stasis_webrtc.calls.race import Slow
from tests.apps.stasis_webrtc.house import House, dials, opened


def sound(seconds: float) -> bytes:
    """A WAV file of silence."""
    file = io.BytesIO()
    with wave.open(file, "wb") as writing:
        writing.setparams((1, 2, 8000, 0, "NONE", ""))
        writing.writeframes(bytes(round(seconds * 8000) * 2))
    return file.getvalue()


class TestLength:
    def test_of_a_file(self):
        assert length_of(sound(2.5)) == 2.5
        assert length_of(sound(0)) == 0

    def test_of_what_is_no_plain_file_it_is_not_known(self):
        assert length_of(b"") is None and length_of(b"RIFF????WAVE") is None


class TestLeft:
    @virtual_time
    async def test_it_is_told_and_has_who_has_left_it(self):
        house = House()
        told: list[Message] = []
        async with opened(house) as asterisk:
            house.calls.message_listeners = [told.append]
            house.directory.registered["bert"] = []
            anna = await dials(asterisk, "anna", "202")
            await anna.hears("sound:vm-intro")
            await anna.waits(4.5)
            await anna.speaks(4)
            await anna.hangs_up()
            await anna.waits(1)
            (message,) = told
            assert message in house.ledger.inbox
            assert message.user == "bert" and message.peer.user == "anna"
            assert message.recording.startswith("webrtc/messages/bert/20261123-1000")

    @virtual_time
    async def test_who_hangs_up_while_it_is_looked_at_has_left_it_all_the_same(self):
        house = House()
        house.directory.registered["bert"] = []
        async with Slow(house, sounds={}) as asterisk:
            anna = await dials(asterisk, "anna", "202")
            await anna.hears("sound:vm-intro")
            await anna.waits(4.5)
            await anna.speaks(2)
            asterisk.seconds = 0.4
            await anna.dials("#")
            await anna.waits(0.3)
            await anna.hangs_up()
            await anna.waits(5)
            assert [each.user for each in house.ledger.inbox] == ["bert"]

    @virtual_time
    async def test_one_that_asterisk_does_not_begin_ends_the_call_by_itself(self):
        house = House()
        async with opened(house) as asterisk:
            house.directory.registered["bert"] = []
            asterisk.refuse("POST /channels/.*/record", 500)
            anna = await dials(asterisk, "anna", "202")
            await anna.is_hung_up()
            assert anna.failure is not None
            await anna.waits(1)
            assert house.ledger.inbox == [] and house.saw("anna")[-1].startswith("ended")
