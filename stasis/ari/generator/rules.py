"""What the generator knows beyond the API description: tables, and nothing else.

Every row is an observation of real servers. A row is named `section.operation`,
`section.operation.parameter`, `Model` or `Model.field`, in ARI's own spelling; the generator
fails when a row no longer matches anything, so that no table outlives what it is for.
"""

from __future__ import annotations

__all__ = [
    "ABSENT_DEFAULTS",
    "ADDITIONS",
    "ALIASES",
    "BLOCKING",
    "KINDS",
    "LISTING",
    "NAMES",
    "NOT_REPEATABLE",
    "NULLABLE",
    "REPEATABLE",
    "RESOLVED_BY",
    "SINCE",
    "STATUSES",
    "VALUES",
]

# The first version of each release line. Found by comparing the releases: the description's own
# `since` is wrong in places, and it says nothing of parameters and fields.
SINCE: dict[str, tuple[str, ...]] = {
    # operations
    "applications.filter": ("16.3",),
    "asterisk.ping": ("16.2",),
    "bridges.getBridgeVar": ("20.20", "22.10", "23.4"),
    "bridges.getBridgeVars": ("20.20", "22.10", "23.4"),
    "bridges.setBridgeVar": ("20.20", "22.10", "23.4"),
    "bridges.setBridgeVars": ("20.20", "22.10", "23.4"),
    "channels.externalMedia": ("16.6",),
    "channels.getChannelVars": ("20.20", "22.10", "23.4"),
    "channels.move": ("16.3",),
    "channels.progress": ("20.16", "21.11", "22.6"),
    "channels.rtpstatistics": ("16.4",),
    "channels.setChannelVars": ("20.20", "22.10", "23.4"),
    "channels.transfer_progress": ("20.13", "21.8", "22.3"),
    "endpoints.refer": ("18.20", "20.5"),
    "endpoints.referToEndpoint": ("18.20", "20.5"),
    "events.claimChannel": ("20.20", "22.10", "23.4"),
    # parameters
    "bridges.addChannel.inhibitConnectedLineUpdates": ("18.0",),
    "bridges.create.variables": ("20.20", "22.10", "23.4"),
    "bridges.createWithId.variables": ("20.20", "22.10", "23.4"),
    "bridges.play.announcer_format": ("20.17", "22.7", "23.1"),
    "bridges.playWithId.announcer_format": ("20.17", "22.7", "23.1"),
    "bridges.record.recorder_format": ("20.17", "22.7", "23.1"),
    "channels.externalMedia.data": ("18.0",),
    "channels.externalMedia.transport_data": ("20.18", "22.8", "23.2"),
    "channels.hangup.reason_code": ("18.0",),
    "channels.setChannelVar.report_events": ("20.20", "22.10", "23.4"),
    # models
    "AdditionalParam": ("20.13", "21.8", "22.3"),
    "ApplicationRegistered": ("20.15", "21.10", "22.5"),
    "ApplicationUnregistered": ("20.15", "21.10", "22.5"),
    "CallBroadcast": ("20.20", "22.10", "23.4"),
    "CallClaimed": ("20.20", "22.10", "23.4"),
    "ChannelToneDetected": ("22.0",),
    "ChannelTransfer": ("20.13", "21.8", "22.3"),
    "RESTHeader": ("20.14", "21.9", "22.4"),
    "RESTQueryStringParameter": ("20.14", "21.9", "22.4"),
    "RESTRequest": ("20.14", "21.9", "22.4"),
    "RESTResponse": ("20.14", "21.9", "22.4"),
    "ReferTo": ("20.13", "21.8", "22.3"),
    "ReferredBy": ("20.13", "21.8", "22.3"),
    "RequiredDestination": ("20.13", "21.8", "22.3"),
    "Variables": ("20.20", "22.10", "23.4"),
    # fields
    "Bridge.bridgevars": ("20.20", "22.10", "23.4"),
    "Channel.caller_rdnis": ("18.21", "20.6"),
    "Channel.protocol_id": ("16.27", "18.13"),
    "Channel.tenantid": ("18.25", "20.10"),
    "ChannelDestroyed.tech_cause": ("20.17", "22.7", "23.1"),
    "ChannelHangupRequest.tech_cause": ("20.17", "22.7", "23.1"),
}

# Fields that servers send and no description has.
ADDITIONS: dict[str, str] = {
    "Endpoint.max_channels": "int",
    "RTPstat.txmes": "double",
    "RTPstat.rxmes": "double",
    "RTPstat.remote_maxmes": "double",
    "RTPstat.remote_minmes": "double",
    "RTPstat.remote_normdevmes": "double",
    "RTPstat.remote_stdevmes": "double",
    "RTPstat.local_maxmes": "double",
    "RTPstat.local_minmes": "double",
    "RTPstat.local_normdevmes": "double",
    "RTPstat.local_stdevmes": "double",
}

# Fields that may be null even where the description requires them.
NULLABLE = {"DialplanCEP.app_data", "DialplanCEP.app_name", "DialplanCEP.priority"}

# Values that servers send or take and no description lists.
VALUES: dict[str, tuple[str, ...]] = {
    "Channel.state": ("Rsrvd", "Mute"),
    "Playback.state": ("paused",),
    "channels.externalMedia.direction": ("in", "out"),
    "channels.transfer_progress.states": (
        "channel_progress",
        "channel_answered",
        "channel_unavailable",
        "channel_declined",
    ),
}

# The name of the Literal that lists the known values of a field.
ALIASES = {
    "Bridge.bridge_type": "BridgeType",
    "Channel.state": "ChannelState",
    "ContactInfo.contact_status": "ContactStatus",
    "DeviceState.state": "DeviceStateName",
    "Endpoint.state": "EndpointState",
    "LiveRecording.state": "RecordingState",
    "Playback.state": "PlaybackState",
}

# Python names that the rule (wire name in snake_case) would not give.
NAMES = {"channels.rtpstatistics": "rtp_statistics"}

# Statuses that servers answer with and no description lists (500 and what any operation may give
# are left out).
STATUSES: dict[str, tuple[int, ...]] = {
    "bridges.create": (400,),
    "bridges.createWithId": (400,),
    "bridges.destroy": (409,),
    "bridges.setVideoSource": (400,),
    "bridges.clearVideoSource": (409,),
    "channels.originate": (404,),
    "channels.create": (400,),
    "channels.originateWithId": (404,),
    "channels.continueInDialplan": (400,),
    "channels.mute": (400,),
    "channels.unmute": (400,),
    "channels.play": (400,),
    "channels.playWithId": (400,),
    "channels.rtpstatistics": (403,),
    "channels.externalMedia": (404, 501),
    "events.claimChannel": (400, 501),
    "recordings.copyStored": (400, 403),
    "recordings.cancel": (409,),
    "recordings.stop": (409,),
    "sounds.list": (404,),
    "sounds.get": (404,),
}

# Answered only when the channel's queue comes to it, which may be behind a playback.
BLOCKING = {
    "bridges.addChannel",
    "bridges.clearVideoSource",
    "bridges.removeChannel",
    "bridges.setVideoSource",
    "channels.answer",
    "channels.setChannelVar",
    "channels.setChannelVars",
}

# Answered after work that grows with the server: lists, information, modules, files.
LISTING = {
    "asterisk.getInfo",
    "asterisk.listModules",
    "asterisk.loadModule",
    "asterisk.reloadModule",
    "asterisk.unloadModule",
    "bridges.list",
    "channels.list",
    "deviceStates.list",
    "endpoints.list",
    "endpoints.listByTech",
    "mailboxes.list",
    "recordings.copyStored",
    "recordings.getStoredFile",
    "recordings.listStored",
    "sounds.list",
}

# PUT operations that do something more when they are sent twice.
NOT_REPEATABLE = {"endpoints.sendMessage", "endpoints.sendMessageToEndpoint"}

# POST operations that may be sent twice: the second finds what the first has done, or says that
# the channel has left already, which is what was asked for.
REPEATABLE = {
    "applications.subscribe",
    "asterisk.setGlobalVar",
    "bridges.clearVideoSource",
    "bridges.removeChannel",
    "bridges.setVideoSource",
    "bridges.startMoh",
    "channels.answer",
    "channels.continueInDialplan",
    "channels.hold",
    "channels.mute",
    "channels.progress",
    "channels.ring",
    "channels.setChannelVar",
    "channels.startMoh",
    "channels.startSilence",
    "recordings.stop",
    "recordings.pause",
    "recordings.mute",
}

# Creates with an id of ours: where the object is found when no answer came, by parameter.
RESOLVED_BY = {
    "bridges.create": ("bridgeId", "/bridges/"),
    "bridges.createWithId": ("bridgeId", "/bridges/"),
    "bridges.play": ("playbackId", "/playbacks/"),
    "bridges.playWithId": ("playbackId", "/playbacks/"),
    "bridges.record": ("name", "/recordings/live/"),
    "channels.create": ("channelId", "/channels/"),
    "channels.externalMedia": ("channelId", "/channels/"),
    "channels.originate": ("channelId", "/channels/"),
    "channels.originateWithId": ("channelId", "/channels/"),
    "channels.play": ("playbackId", "/playbacks/"),
    "channels.playWithId": ("playbackId", "/playbacks/"),
    "channels.record": ("name", "/recordings/live/"),
    "channels.snoopChannel": ("snoopId", "/channels/"),
    "channels.snoopChannelWithId": ("snoopId", "/channels/"),
}

# Documented defaults that are not sent: the server does apply these, and they contradict each other
# as soon as one of them is given.
ABSENT_DEFAULTS = {
    "channels.externalMedia.connection_type",
    "channels.externalMedia.direction",
    "channels.externalMedia.encapsulation",
    "channels.externalMedia.transport",
}

# Which models an event can be about, and what the router calls them.
KINDS = {
    "Bridge": "bridge",
    "Channel": "channel",
    "DeviceState": "device",
    "Endpoint": "endpoint",
    "LiveRecording": "recording",
    "Playback": "playback",
}
