"""A fault: what it hits, how often, the same way for the same seed, and what it cannot be."""

from __future__ import annotations

from typing import Any

import pytest

from stasis.testing.fault import Fault, Faults


def armed(*faults: Fault, seed: int = 0) -> Faults:
    """Some faults, armed."""
    those = Faults(seed)
    those.arm(*faults)
    return those


def pattern(faults: Faults, count: int = 200) -> list[bool]:
    """Which of so many equal requests are hit."""
    return [faults.request("POST", "/ari/channels") is not None for _ in range(count)]


class TestWhatIsHit:
    def test_a_fault_without_conditions_hits_every_request_and_no_frame(self):
        faults = armed(Fault("before"))
        assert faults.request("GET", "/ari/channels") is not None
        assert faults.frame(b'{"type":"StasisStart"}') is None

    def test_a_request_must_contain_both_method_and_path(self):
        faults = armed(Fault("before", method="POST|DELETE", path=r"/channels/[^/]+/play"))
        assert faults.request("POST", "/ari/channels/a/play?media=sound:x") is not None
        assert faults.request("GET", "/ari/channels/a/play") is None
        assert faults.request("POST", "/ari/channels/a/answer") is None

    def test_the_path_is_matched_with_its_query(self):
        faults = armed(Fault("before", path=r"app=ivr\b"))
        assert faults.request("GET", "/ari/events?app=ivr") is not None

    def test_a_frame_is_matched_by_its_text(self):
        faults = armed(Fault("before", on="frame", text='"type":"Stasis(Start|End)"'))
        assert faults.frame(b'{"type":"StasisStart"}') is not None
        assert faults.frame(b'{"type":"Dial"}') is None
        assert faults.request("GET", "/ari/events") is None

    def test_bytes_that_are_no_text_are_matched_too(self):
        assert armed(Fault("before", on="frame", text="Dial")).frame(b"\xff\xfeDial") is not None

    def test_the_nth_match_is_counted_among_matches(self):
        faults = armed(Fault("before", path="play", nth=2))
        hits = [
            faults.request("POST", path) is not None
            for path in ("/answer", "/play", "/answer", "/play", "/play")
        ]
        assert hits == [False, False, False, True, False]

    def test_times_bounds_the_hits(self):
        assert sum(pattern(armed(Fault("before", times=3)))) == 3

    def test_the_first_that_hits_is_the_only_one(self):
        first, second = Fault("delay", seconds=1, nth=1), Fault("before")
        faults = armed(first, second)
        hits = [faults.request("GET", "/") for _ in range(2)]
        assert [hit.fault for hit in hits if hit] == [first, second]

    def test_a_hit_knows_its_number(self):
        faults = armed(Fault("before"))
        hits = [faults.request("GET", "/") for _ in range(3)]
        assert [hit.number for hit in hits if hit] == [1, 2, 3]

    def test_what_is_disarmed_hits_no_more(self):
        first, second = Fault("before"), Fault("between")
        faults = armed(first, second)
        faults.disarm(first)
        hit = faults.request("GET", "/")
        assert hit is not None and hit.fault == second
        faults.disarm()
        assert faults.request("GET", "/") is None


class TestChance:
    def test_the_same_seed_hits_the_same(self):
        fault = Fault("before", probability=0.3)
        assert pattern(armed(fault, seed=7)) == pattern(armed(fault, seed=7))

    def test_another_seed_hits_others(self):
        fault = Fault("before", probability=0.3)
        assert pattern(armed(fault, seed=7)) != pattern(armed(fault, seed=8))

    def test_the_probability_is_kept(self):
        assert 220 < sum(pattern(armed(Fault("before", probability=0.25)), 1000)) < 280

    @pytest.mark.parametrize(("probability", "hits"), [(0.0, 0), (1.0, 200)])
    def test_never_and_always_are_certain(self, probability: float, hits: int):
        assert sum(pattern(armed(Fault("before", probability=probability)))) == hits

    def test_a_fault_draws_for_itself_alone(self):
        """Other traffic and other faults do not change what it hits."""
        fault = Fault("before", path="/channels", probability=0.3)
        alone = pattern(armed(fault))
        faults = armed(fault, Fault("delay", on="frame", seconds=1, probability=0.5))
        mixed = []
        for _ in range(200):
            faults.frame(b"{}")
            mixed.append(faults.request("POST", "/ari/channels") is not None)
        assert mixed == alone

    def test_each_hit_of_a_seed_changes_the_same_bytes(self):
        def changes(seed: int) -> list[dict[int, int]]:
            faults = armed(Fault("corrupt", flips=4), seed=seed)
            hits = [faults.request("GET", "/") for _ in range(5)]
            return [hit.flips(10, 100) for hit in hits if hit]

        assert changes(1) == changes(1) != changes(2)
        assert len({tuple(each) for each in changes(1)}) == 5, "not the same place each time"

    def test_bytes_are_changed_within_bounds_and_really_change(self):
        hit = armed(Fault("corrupt", flips=50)).request("GET", "/")
        assert hit is not None
        flips = hit.flips(10, 60)
        assert set(flips) == set(range(10, 60)) and all(0 < mask < 256 for mask in flips.values())
        assert hit.flips(60, 60) == {}


@pytest.mark.parametrize(
    ("given", "told"),
    [
        ({"kind": "explode"}, "before, between"),
        ({"kind": "before", "how": "gently"}, "rst, fin, silent"),
        ({"kind": "before", "on": "phone"}, "a request or a frame"),
        ({"kind": "between", "on": "frame"}, "before"),
        ({"kind": "before", "on": "frame", "path": "x"}, "text"),
        ({"kind": "before", "text": "x"}, "method and path"),
        ({"kind": "delay"}, "seconds"),
        ({"kind": "throttle"}, "rate"),
        ({"kind": "before", "probability": 1.5}, "between 0 and 1"),
        ({"kind": "before", "nth": 0}, "from 1"),
        ({"kind": "before", "nth": -1}, "from 1"),
        ({"kind": "before", "times": 0}, "from 1"),
        ({"kind": "corrupt", "flips": 0}, "from 1"),
        ({"kind": "before", "path": "("}, "path is not a regular expression"),
    ],
)
def test_what_cannot_be_is_refused_with_the_way_out(given: dict[str, Any], told: str):
    with pytest.raises(ValueError, match=told):
        Fault(**given)
