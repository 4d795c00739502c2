"""The errors stasis raises, by meaning. One base, so that one `except` catches them all.

    StasisError
     ├── ConfigError             a value in stasis.toml or the environment is wrong
     ├── FlowError               a flow's table is wrong; raised at import
     ├── PluginError             a plugin failed to import, to start, or is declared twice
     ├── ChannelGone             the channel left Stasis or was hung up; what waited for it ends
     ├── WaitTimeout             a wait's deadline passed (also a TimeoutError)
     ├── NotPlayed               Asterisk could not play a medium (missing file, unknown format)
     ├── NotRecorded             nothing was recorded, or the stored file is not there
     ├── InboxOverflow           a flow was too slow for its channel's events
     ├── ApplicationTaken        another program has registered our Stasis application
     └── AriError                a request to Asterisk did not succeed
          ├── NotSent            refused before sending; nothing happened on the server
          │    ├── InvalidRequest    a value cannot be sent (control character, bad media URI, …)
          │    ├── NotSupported      the server's version lacks the operation
          │    └── Unreachable       no connection: refused, DNS, TLS
          ├── OutcomeUnknown     sent, but no answer came: it may have happened
          └── ResponseError      Asterisk answered, and not with success
               ├── InvalidParameter      400
               ├── Unauthorized          401
               ├── Forbidden             403
               ├── NotFound              404
               ├── MethodNotAllowed      405
               ├── Conflict              409
               ├── InvalidState          412
               ├── TooLarge              413
               ├── Unprocessable         422
               ├── AllocationFailed      500 with «Allocation failed»: unreachable endpoint
               ├── ServerError           500 and the other 5xx
               ├── NotImplementedByServer 501
               ├── NotBooted             503
               └── NotAri                a success that is not ARI's JSON: another server answers

An error carries facts as attributes and builds its text from them. No error ever holds a
password: requests carry credentials only inside the transport.
"""

from __future__ import annotations


class StasisError(Exception):
    """Base of every error stasis raises."""


class ConfigError(StasisError):
    """A configuration value is wrong.

    problems: one line for each thing that is wrong, each naming the key and the fix.
    """

    def __init__(self, *problems: str) -> None:
        super().__init__("\n".join(problems))
        self.problems = problems


class FlowError(StasisError):
    """A flow's table is wrong: an unknown state, trigger or detail. Raised at import."""


class PluginError(StasisError):
    """A plugin could not be imported, configured or started, or two have one name."""


class ChannelGone(StasisError):
    """The channel is no longer ours: hung up, continued in the dialplan, or taken by another.

    channel_id: the channel's id.
    reason: what ended it, for the log.
    """

    def __init__(self, channel_id: str, reason: str = "left Stasis") -> None:
        super().__init__(f"channel {channel_id}: {reason}")
        self.channel_id = channel_id
        self.reason = reason

    def again(self) -> ChannelGone:
        """The same, to raise: an error that is raised twice keeps the frames of both alive."""
        return ChannelGone(self.channel_id, self.reason)


class WaitTimeout(StasisError, TimeoutError):
    """A wait's deadline passed before the event came.

    what: the wait, in words; seconds: how long it waited.
    """

    def __init__(self, what: str, seconds: float) -> None:
        super().__init__(f"{what}: nothing came within {seconds:g} s")
        self.what = what
        self.seconds = seconds


class NotPlayed(StasisError):
    """Asterisk could not play a medium; most often the sound file is missing.

    media_uri: the medium that failed; playback_id: the playback.
    """

    def __init__(self, media_uri: str, playback_id: str) -> None:
        super().__init__(
            f"Asterisk could not play {media_uri!r} (playback {playback_id}): is the file there,"
            " in a format and language the channel has? `stasis check` lists missing sounds"
        )
        self.media_uri = media_uri
        self.playback_id = playback_id


class NotRecorded(StasisError):
    """Nothing was recorded: Asterisk said so, or it said «done» and stored no file.

    name: the recording's name; cause: Asterisk's or our reason.
    """

    def __init__(self, name: str, cause: str) -> None:
        super().__init__(f"recording {name!r} failed: {cause}")
        self.name = name
        self.cause = cause


class InboxOverflow(StasisError):
    """A channel's inbox is full: its flow is slower than its events.

    channel_id: the channel; limit: events the inbox holds (`engine.inbox` in stasis.toml).
    """

    def __init__(self, channel_id: str, limit: int) -> None:
        super().__init__(
            f"channel {channel_id}: {limit} events wait unread; the flow is stuck or too slow"
            " (engine.inbox in stasis.toml sets the limit)"
        )
        self.channel_id = channel_id
        self.limit = limit


class ApplicationTaken(StasisError):
    """Another program has our application: Asterisk talks to the one that has asked last.

    app: the application. by: who has it, where that is known: it runs, and was left alone.
    """

    def __init__(self, app: str, by: str = "") -> None:
        if by:
            text = (
                f"the Stasis application {app!r} is run by {by}; two cannot have it. Stop that one,"
                " take its calls over (stasis run --take-over), or wait for its end"
                ' (when_taken = "standby" in [asterisk])'
            )
        else:
            text = (
                f"another program has taken the Stasis application {app!r}; two cannot have it."
                " Its calls go on there. Stop the other one, or give this one another name"
            )
        super().__init__(text)
        self.app = app
        self.by = by


class AriError(StasisError):
    """A request to Asterisk did not succeed.

    method, path: the request, without credentials, or "" when there was none yet; reason: what
    happened and what to check.
    """

    def __init__(self, method: str, path: str, reason: str) -> None:
        request = f"{method} {path}".strip()
        super().__init__(f"{request}: {reason}" if request else reason)
        self.method = method
        self.path = path
        self.reason = reason


class NotSent(AriError):
    """Refused before sending, so nothing happened on the server."""


class InvalidRequest(NotSent):
    """A value cannot be sent as it is; the text names the parameter and what is allowed."""


class NotSupported(NotSent):
    """The connected Asterisk is too old for the operation; the text names versions that have it."""


class Unreachable(NotSent):
    """No connection to Asterisk: refused, unknown host, TLS failure, or the socket is down."""


class OutcomeUnknown(AriError):
    """The request was sent but the connection or the time ended before an answer.

    It may have happened. With an id of ours a GET tells; without, do not repeat it blindly.

    absent: Asterisk has said since that it does not know the id: the request has not arrived, or
    what it made is over.
    """

    absent: bool = False


class ResponseError(AriError):
    """Asterisk answered with an error status.

    status: the HTTP status; message: Asterisk's own words, or the reason phrase.
    """

    status: int = 0

    def __init__(self, method: str, path: str, status: int, message: str, hint: str = "") -> None:
        text = f"{status} {message}" + (f" ({hint})" if hint else "")
        super().__init__(method, path, text)
        self.status = status
        self.message = message


class InvalidParameter(ResponseError):
    """400: a parameter is missing or wrong."""


class Unauthorized(ResponseError):
    """401: user name or password is wrong."""


class Forbidden(ResponseError):
    """403: the ARI user is read-only, an ACL refuses us, or a file may not be read."""


class NotFound(ResponseError):
    """404: the object is not there (any more)."""


class MethodNotAllowed(ResponseError):
    """405: the path is known, the method is not."""


class Conflict(ResponseError):
    """409: the object exists but not in the right state; or the id is taken."""


class InvalidState(ResponseError):
    """412: the channel's state forbids it; mostly it is not answered yet."""


class TooLarge(ResponseError):
    """413: the body is larger than the 40,960 bytes Asterisk takes."""


class Unprocessable(ResponseError):
    """422: understood but not possible: not in Stasis, unknown format, wrong technology."""


class ServerError(ResponseError):
    """500 and other 5xx: Asterisk failed."""


class AllocationFailed(ServerError):
    """500 «Allocation failed»: the endpoint cannot be reached. A call that failed, not a fault."""


class NotImplementedByServer(ServerError):
    """501: this combination of parameters, or a module it needs, is not there."""


class NotBooted(ServerError):
    """503: Asterisk is still starting."""


class NotAri(ResponseError):
    """The answer is not ARI's: HTML or JSON of another server, or a wrong path prefix."""


BY_STATUS: dict[int, type[ResponseError]] = {
    400: InvalidParameter,
    401: Unauthorized,
    403: Forbidden,
    404: NotFound,
    405: MethodNotAllowed,
    409: Conflict,
    412: InvalidState,
    413: TooLarge,
    422: Unprocessable,
    500: ServerError,
    501: NotImplementedByServer,
    503: NotBooted,
}
