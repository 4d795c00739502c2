"""The server's modules."""

from __future__ import annotations

from stasis.testing.simulator.modules import Modules


class TestRunning:
    def test_all_run_at_first(self):
        found = Modules().json("app_echo.so")
        assert found is not None
        assert found["name"] == "app_echo.so"
        assert found["status"] == "Running"

    def test_a_name_is_known_with_and_without_its_ending(self):
        assert Modules().json("app_echo") == Modules().json("app_echo.so") is not None

    def test_what_is_not_there_does_not_run(self):
        assert Modules().json("nonsense.so") is None


class TestLoading:
    def test_what_runs_is_loaded_already(self):
        assert Modules().load("app_echo") == "loaded"

    def test_what_is_unknown_is_declined(self):
        assert Modules().load("nonsense.so") == "declined"

    def test_what_was_unloaded_can_be_loaded_again(self):
        modules = Modules()
        assert modules.unload("app_echo.so") == "done"
        assert modules.json("app_echo.so") is None
        assert modules.load("app_echo.so") == "done"
        assert modules.json("app_echo.so") is not None


class TestUnloading:
    def test_what_others_use_stays(self):
        modules = Modules()
        assert modules.unload("res_stasis.so") == "in use"
        assert modules.json("res_stasis.so") is not None

    def test_what_does_not_run_cannot_be_unloaded_nor_reloaded(self):
        modules = Modules()
        modules.unload("app_echo")
        for name in ("app_echo", "nonsense.so"):
            assert modules.unload(name) == "unknown"
            assert modules.reload(name) == "unknown"


class TestReloading:
    def test_only_some_support_it(self):
        assert Modules().reload("res_musiconhold.so") == "done"
        assert Modules().reload("app_echo.so") == "fixed"
