"""stasis_hello: it answers, says hello, hangs up, and leaves nothing behind when cut short."""

from __future__ import annotations

from stasis_hello import Hello, hello

from stasis.section import section
from stasis.testing.clock import virtual_time
from tests.fake import FakeAsterisk


def test_the_plugin_has_one_application():
    plugin = Hello(section(Hello.config_class, {}, "[plugin.hello]"))
    assert list(plugin.programs()) == ["hello"]


@virtual_time
async def test_a_call_is_answered_greeted_and_hung_up():
    async with FakeAsterisk(hello) as asterisk:
        call = await asterisk.call()
        assert await asterisk.plays() == ["sound:hello-world"]
        assert "DELETE /channels/c1" not in asterisk.requests
        await asterisk.finish()
        assert call.over
        verbs = [r for r in asterisk.requests if "/channels/c1" in r]
        assert verbs[0] == "POST /channels/c1/answer"
        assert verbs[1].startswith("POST /channels/c1/play/")
        assert verbs[2] == "DELETE /channels/c1"


@virtual_time
async def test_a_caller_who_leaves_early_ends_it():
    async with FakeAsterisk(hello) as asterisk:
        call = await asterisk.call()
        await call.hangs_up()
        assert call.over
        assert "DELETE /channels/c1" not in asterisk.requests
