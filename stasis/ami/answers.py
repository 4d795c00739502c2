"""Answers with fields of their own; what else was sent is in `fields`."""

from __future__ import annotations

from collections.abc import Iterator

from stasis.ami.answer import Answer
from stasis.ami.message import secret

__all__ = [
    "Challenged",
    "CommandOutput",
    "CoreSettingsAnswer",
    "CoreStatusAnswer",
    "EventsAnswer",
    "ExtensionStateAnswer",
    "GetConfigAnswer",
    "GetvarAnswer",
    "ListCommandsAnswer",
    "MailboxCountAnswer",
    "MailboxStatusAnswer",
    "MixMonitorAnswer",
    "ModuleCheckAnswer",
    "ParkAnswer",
    "Pong",
    "PresenceStateAnswer",
]


class Pong(Answer, frozen=True, kw_only=True):
    """To Ping. timestamp: the server's clock, seconds since 1970."""

    ping: str = ""
    timestamp: float | None = None


class Challenged(Answer, frozen=True, kw_only=True):
    """To Challenge. challenge: what the secret is hashed with."""

    challenge: str = ""


class EventsAnswer(Answer, frozen=True, kw_only=True):
    """To Events. events: On or Off."""

    events: str = ""


class CommandOutput(Answer, frozen=True, kw_only=True):
    """To Command. output: the lines the command printed, empty ones too."""

    output: tuple[str, ...] = ()

    @property
    def text(self) -> str:
        """The lines as one text."""
        return "\n".join(self.output)


class GetvarAnswer(Answer, frozen=True, kw_only=True):
    """To Getvar. value: "" also for a variable that is not set."""

    variable: str = ""
    value: str = ""


class CoreStatusAnswer(Answer, frozen=True, kw_only=True):
    """To CoreStatus. Dates and times are the server's local ones; core_processed_calls: from 18."""

    core_startup_date: str = ""
    core_startup_time: str = ""
    core_reload_date: str = ""
    core_reload_time: str = ""
    core_current_calls: int | None = None
    core_processed_calls: int | None = None


class CoreSettingsAnswer(Answer, frozen=True, kw_only=True):
    """To CoreSettings. ami_version: of the protocol; asterisk_version: like 22.10.1."""

    ami_version: str = ""
    asterisk_version: str = ""
    system_name: str = ""
    core_max_calls: int | None = None
    core_max_load_avg: float | None = None
    core_run_user: str = ""
    core_run_group: str = ""
    core_max_filehandles: int | None = None
    core_real_time_enabled: bool | None = None
    core_cdr_enabled: bool | None = None
    core_http_enabled: bool | None = None


class ExtensionStateAnswer(Answer, frozen=True, kw_only=True):
    """To ExtensionState. status: 0 idle, 1 in use, 2 busy, 4 unavailable, 8 ringing, -1 no hint."""

    exten: str = ""
    context: str = ""
    hint: str = ""
    status: int | None = None
    status_text: str = ""


class PresenceStateAnswer(Answer, frozen=True, kw_only=True):
    """To PresenceState."""

    state: str = ""
    subtype: str = ""


class MailboxCountAnswer(Answer, frozen=True, kw_only=True):
    """To MailboxCount: messages that are urgent, new and old."""

    mailbox: str = ""
    urg_messages: int | None = None
    new_messages: int | None = None
    old_messages: int | None = None


class MailboxStatusAnswer(Answer, frozen=True, kw_only=True):
    """To MailboxStatus. waiting: 1 when there are new messages."""

    mailbox: str = ""
    waiting: int | None = None


class MixMonitorAnswer(Answer, frozen=True, kw_only=True):
    """To MixMonitor. mix_monitor_id: what StopMixMonitor takes, when option i asked for one."""

    mix_monitor_id: str = ""


class ModuleCheckAnswer(Answer, frozen=True, kw_only=True):
    """To ModuleCheck."""

    version: str = ""


class ParkAnswer(Answer, frozen=True, kw_only=True):
    """To Park. The space is told by the event ParkedCall."""

    parking_space: str = ""


class ListCommandsAnswer(Answer, frozen=True, kw_only=True):
    """To ListCommands: the actions this server has."""

    @property
    def commands(self) -> dict[str, str]:
        """Name to a line about it, with the class it needs."""
        own = ("response", "actionid", "message")
        return {key: text for key, text in self.fields if key and key.lower() not in own}


class GetConfigAnswer(Answer, frozen=True, kw_only=True):
    """To GetConfig: a configuration file, with its secrets; `repr` shows none of them."""

    @property
    def categories(self) -> list[tuple[str, list[tuple[str, str]]]]:
        """Sections in order, each with its lines: a name may come more than once."""
        found: list[tuple[str, list[tuple[str, str]]]] = []
        for key, value in self.fields:
            if key.startswith("Category-"):
                found.append((value, []))
            elif key.startswith("Line-") and found:
                name, _, text = value.partition("=")
                found[-1][1].append((name, text))
        return found

    def shown(self) -> Iterator[str]:
        """The file for people: secrets are `***`."""
        for name, lines in self.categories:
            yield f"[{name}]"
            for key, value in lines:
                yield f"{key} = {'***' if value and secret(key) else value}"
