"""What a lab has of a PBX beside calls: a queue, mailboxes, parking, conferences, CDR.

Enough to try every thing of `stasis.pbx` at once; a test that wants more writes its own files.
"""

from __future__ import annotations

__all__ = ["DIALPLAN", "FILES"]

DIALPLAN = """
; The queue: queue-support. Its members are added when the lab runs.
exten => _queue-.,1,Answer()
 same => n,Queue(${EXTEN:6},,,,60)
 same => n,Hangup()

; Leave a message, and hear one's messages: mailbox-2001, messages-2001.
exten => _mailbo[x]-.,1,Answer()
 same => n,VoiceMail(${EXTEN:8}@default,us)
 same => n,Hangup()

exten => _messages-.,1,Answer()
 same => n,VoiceMailMain(${EXTEN:9}@default,s)
 same => n,Hangup()

; Asterisk's own conferences: confbridge-sales.
exten => _co[n]fbridge-.,1,Answer()
 same => n,ConfBridge(${EXTEN:11})
 same => n,Hangup()

; Park, and fetch who is parked at 701 to 720.
exten => 700,1,Park()
include => parkedcalls

; Pick up what rings in one's group, or at an extension: *8, *8dial-1.
exten => *8,1,Pickup()
 same => n,Hangup()
exten => _*8.,1,Pickup(${EXTEN:2}@default)
 same => n,Hangup()
"""

FILES = {
    "agents.conf": "[general]\n\n[1001]\nfullname = Agent One\n",
    "cdr.conf": "[general]\nenable = yes\nunanswered = yes\n",
    "cdr_manager.conf": "[general]\nenabled = yes\n",
    "confbridge.conf": "[general]\n\n[default_user]\ntype = user\nquiet = yes\n\n"
    "[default_bridge]\ntype = bridge\n",
    "features.conf": "[general]\npickupexten = *8\n\n"
    "[featuremap]\nblindxfer = *2\natxfer = *3\nparkcall = #72\n",
    "queues.conf": "[general]\npersistentmembers = no\n\n"
    "[support]\nstrategy = ringall\ntimeout = 15\nretry = 1\n",
    "res_parking.conf": "[general]\n\n[default]\nparkext = 700\nparkpos = 701-720\n"
    "context = parkedcalls\n",
    "voicemail.conf": "[general]\nformat = wav\nminsecs = 1\n\n"
    "[default]\n2001 => 4711,Alice\n2002 => 4712,Bob\n",
}
