"""Everything about a PBX: one facade over AMI, ARI and the command line.

    async with Pbx(load().asterisk) as pbx:
        await pbx.astdb.put("cidname", "2001", "Zoë")

Each method is a `stasis …` command and, in the plugin `pbx`, an HTTP route too. Import it where
it is needed: `import stasis` does not.
"""

from stasis.pbx.ailment import Ailment
from stasis.pbx.astdb import AstDb, Entry
from stasis.pbx.call import Call, CallDetails, ChannelVariable, Parked, ParkingLot
from stasis.pbx.calls import Calls
from stasis.pbx.cdr import Cdr, CdrStatus
from stasis.pbx.cdr_file import read_csv
from stasis.pbx.cdr_record import CdrEntry, CdrRecord
from stasis.pbx.cdr_writer import CdrWriter
from stasis.pbx.certificate import Certificate
from stasis.pbx.command import Commands
from stasis.pbx.command_line import CommandLine
from stasis.pbx.confbridge import ConfBridge, ConferenceInfo, ConferenceRecording, Participant
from stasis.pbx.configuration import Configuration
from stasis.pbx.diagnostics import Diagnostics, Levels
from stasis.pbx.download import Download
from stasis.pbx.endpoint import Aor, Auth, Contact, Endpoint, EndpointDetails
from stasis.pbx.endpoints import EndpointChange, Endpoints
from stasis.pbx.errors import (
    BadValue,
    Denied,
    Missing,
    Needs,
    NotConfirmed,
    PbxError,
    Refused,
    Unavailable,
)
from stasis.pbx.events import Events, Following
from stasis.pbx.failure import Attacker, Failure
from stasis.pbx.failure_log import FailureLog
from stasis.pbx.feature import FeatureApplication, FeatureCode, FeatureSetting
from stasis.pbx.features import Features, PickedUp
from stasis.pbx.group import Group
from stasis.pbx.happening import EVENT_GROUPS, Choice, Happening
from stasis.pbx.mailbox import VoicemailBox, VoicemailCounts, VoicemailMessage
from stasis.pbx.mask import names_secret
from stasis.pbx.metrics import Metrics, MetricSample, Scraped
from stasis.pbx.moh import ChannelMusic, Moh
from stasis.pbx.moh_shown import MusicClass, MusicFile
from stasis.pbx.originate import Originated
from stasis.pbx.pbx import GROUPS, Pbx
from stasis.pbx.playback import Playback, Playing
from stasis.pbx.queue import QueueCaller, QueueDetails, QueueInfo, QueueMember, QueueSummary
from stasis.pbx.queues import Queues
from stasis.pbx.realtime import Realtime, RealtimeDriver, RealtimeRow
from stasis.pbx.realtime_state import FamilyMapping, ObjectMapping
from stasis.pbx.recordings import Recordings, RunningRecording, StoredRecording
from stasis.pbx.restart import Ended
from stasis.pbx.security import Security, fail2ban
from stasis.pbx.security_watch import SecurityWatch
from stasis.pbx.system import LogFile, ModuleInfo, System, SystemSettings, Uptime, VersionInfo
from stasis.pbx.thing import Parameter, Thing, thing, things_of
from stasis.pbx.transport import HttpServer, Transport, WebrtcEndpoint
from stasis.pbx.transports import Transports
from stasis.pbx.trunks import Registration, Trunk, Trunks
from stasis.pbx.voicemail import Voicemail
from stasis.pbx.ways import Ways

__all__ = [
    "Ailment",
    "Aor",
    "AstDb",
    "Attacker",
    "Auth",
    "BadValue",
    "Call",
    "CallDetails",
    "Calls",
    "Cdr",
    "CdrEntry",
    "CdrRecord",
    "CdrStatus",
    "CdrWriter",
    "Certificate",
    "ChannelMusic",
    "ChannelVariable",
    "Choice",
    "CommandLine",
    "Commands",
    "ConfBridge",
    "ConferenceInfo",
    "ConferenceRecording",
    "Configuration",
    "Contact",
    "Denied",
    "Diagnostics",
    "Download",
    "EVENT_GROUPS",
    "Ended",
    "Endpoint",
    "EndpointChange",
    "EndpointDetails",
    "Endpoints",
    "Entry",
    "Events",
    "Failure",
    "FailureLog",
    "FamilyMapping",
    "FeatureApplication",
    "FeatureCode",
    "FeatureSetting",
    "Features",
    "Following",
    "GROUPS",
    "Group",
    "Happening",
    "HttpServer",
    "Levels",
    "LogFile",
    "MetricSample",
    "Metrics",
    "Missing",
    "ModuleInfo",
    "Moh",
    "MusicClass",
    "MusicFile",
    "Needs",
    "NotConfirmed",
    "ObjectMapping",
    "Originated",
    "Parameter",
    "Parked",
    "ParkingLot",
    "Participant",
    "Pbx",
    "PbxError",
    "PickedUp",
    "Playback",
    "Playing",
    "QueueCaller",
    "QueueDetails",
    "QueueInfo",
    "QueueMember",
    "QueueSummary",
    "Queues",
    "Realtime",
    "RealtimeDriver",
    "RealtimeRow",
    "Recordings",
    "Refused",
    "Registration",
    "RunningRecording",
    "Scraped",
    "Security",
    "SecurityWatch",
    "StoredRecording",
    "System",
    "SystemSettings",
    "Thing",
    "Transport",
    "Transports",
    "Trunk",
    "Trunks",
    "Unavailable",
    "Uptime",
    "VersionInfo",
    "Voicemail",
    "VoicemailBox",
    "VoicemailCounts",
    "VoicemailMessage",
    "Ways",
    "WebrtcEndpoint",
    "fail2ban",
    "read_csv",
    "names_secret",
    "thing",
    "things_of",
]
