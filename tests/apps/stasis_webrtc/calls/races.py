"""What is done while something else is under way: see `Race`."""

from __future__ import annotations

from tests.apps.stasis_webrtc.calls.race import Race

__all__ = ["RACES"]

RINGS = "anna>202 bert:rings bert2:rings"
TALK = "anna>202 bert:rings bert:answers anna~bert"
SECOND = f"{TALK} anna!hold anna+>203 carl:rings"
THREE = f"{SECOND} carl:answers anna+~carl"
CLICKED = "anna-click>bert anna:rings"
BACK = f"{TALK} anna* anna:rings"
FILED = "anna>202 bert:rings 26s anna:hears:sound:vm-intro 4.5s anna:speaks:2"

ANSWERS = (
    Race("two devices answer", RINGS, "bert:answers", "bert2:answers"),
    Race("one answers, the other declines", RINGS, "bert:answers", "bert2:declines"),
    Race("one declines, the other answers", RINGS, "bert:declines", "bert2:answers"),
    Race("who has answered hangs up", RINGS, "bert:answers", "bert:hangs-up"),
    Race("who has called hangs up", RINGS, "bert:answers", "anna:hangs-up"),
    Race("given up at the page", RINGS, "bert:answers", "anna!hangup"),
    Race("declined at the page", RINGS, "bert:answers", "bert!hangup"),
    Race("its page is loaded anew", RINGS, "bert:answers", "bert*"),
    Race("loaded anew, another answers", RINGS, "bert*", "bert2:answers"),
    Race("loaded anew, another declines", RINGS, "bert*", "bert2:declines"),
    Race("loaded anew, and given up", RINGS, "bert*", "anna:hangs-up"),
    Race("loaded anew, and declined at the page", RINGS, "bert*", "bert!hangup"),
    Race("its session ends", RINGS, "bert:answers", "bert%"),
    Race("that of the caller ends", RINGS, "bert:answers", "anna%"),
    Race("somebody dials and hangs up", "1s", "anna>202", "anna:hangs-up"),
    Race(
        "somebody dials, and the session ends", "1s", "anna>202", "anna%", "bert:rings bert:answers"
    ),
)

TALKS = (
    Race("both hang up", TALK, "anna:hangs-up", "bert:hangs-up"),
    Race("hold, and the other hangs up", TALK, "anna!hold", "bert:hangs-up"),
    Race("both hold", TALK, "anna!hold", "bert!hold"),
    Race("record, and hang up", TALK, "anna!record", "anna:hangs-up"),
    Race("record, and the other hangs up", TALK, "anna!record", "bert:hangs-up"),
    Race("record, and be lost", TALK, "anna!record", "anna:loses"),
    Race("log out", TALK, "anna%", "bert:hangs-up"),
)

TRANSFERS = (
    Race("blind, who is sent on hangs up", TALK, "anna!transfer:203", "bert:hangs-up"),
    Race("blind, who sends on hangs up", TALK, "anna!transfer:203", "anna:hangs-up"),
    Race("blind, both ways", TALK, "anna!transfer:203", "bert!transfer:203"),
    Race("blind, who is sent on is lost", TALK, "anna!transfer:203", "bert:loses"),
    Race("blind, the page of one is loaded anew", TALK, "anna!transfer:203", "anna*"),
    Race("blind, that of the other is", TALK, "anna!transfer:203", "bert*"),
    Race("attended, the first hangs up", THREE, "anna!attend:anna+", "bert:hangs-up"),
    Race("attended, the third hangs up", THREE, "anna!attend:anna+", "carl:hangs-up"),
    Race("attended, one line is hung up", THREE, "anna!attend:anna+", "anna:hangs-up"),
    Race("attended, the other line is", THREE, "anna!attend:anna+", "anna+:hangs-up"),
    Race("attended twice", THREE, "anna!attend:anna+", "anna+!attend:anna"),
    Race("attended, and the page is loaded anew", THREE, "anna!attend:anna+", "anna*"),
    Race("attended, and that of the first is", THREE, "anna!attend:anna+", "bert*"),
    Race(
        "attended, and the first, who records, hangs up",
        THREE.replace("anna!hold", "bert!record anna!hold"),
        "anna!attend:anna+",
        "bert:hangs-up",
    ),
    Race("while it rings, the first hangs up", SECOND, "anna!attend:anna+", "bert:hangs-up"),
    Race("while it rings, the third answers", SECOND, "anna!attend:anna+", "carl:answers"),
    Race("while it rings, the third declines", SECOND, "anna!attend:anna+", "carl:declines"),
    Race("while it rings, it is given up", SECOND, "anna!attend:anna+", "anna+:hangs-up"),
)

CONFERENCES = (
    Race("one hangs up", TALK, "anna!conference:1000", "anna:hangs-up"),
    Race("the other hangs up", TALK, "anna!conference:1000", "bert:hangs-up"),
    Race("hung up at the page", TALK, "anna!conference:1000", "anna!hangup"),
    Race("both want it", TALK, "anna!conference:1000", "bert!conference:1000"),
    Race("the other transfers", TALK, "anna!conference:1000", "bert!transfer:203"),
    Race("the page is loaded anew", TALK, "anna!conference:1000", "anna*"),
    Race("dialled, and hung up", "1s", "anna>1000", "anna:hangs-up"),
    Race("dialled, and the page is loaded anew", "1s", "anna>1000", "anna*"),
)

DEVICES = (
    Race("loaded anew, the other hangs up", TALK, "anna*", "bert:hangs-up"),
    Race("loaded anew, and given up", TALK, "anna*", "anna!hangup"),
    Race("both are loaded anew", TALK, "anna*", "bert*"),
    Race("both are lost", TALK, "anna:loses", "bert:loses"),
    Race("lost, and loaded anew", TALK, "anna:loses", "anna*"),
    Race("back, the other hangs up", BACK, "anna:answers", "bert:hangs-up"),
    Race("back, and hung up", BACK, "anna:answers", "anna:hangs-up"),
    Race("back, and loaded anew once more", BACK, "anna:answers", "anna*"),
    Race(
        "clicked and answered, hung up at the page",
        CLICKED,
        "anna:answers",
        "anna!hangup",
        untold=("anna",),  # what was clicked and given up is in no history
    ),
)

DEPLOYS = (
    Race("while somebody answers", RINGS, "bert:answers", "deploys"),
    Race("while a page that is called is loaded anew", RINGS, "bert*", "deploys"),
    Race("while somebody holds", TALK, "anna!hold", "deploys"),
    Race("while it is recorded", TALK, "anna!record", "deploys"),
    Race("while somebody is sent on", TALK, "anna!transfer:203", "deploys"),
    Race("while two are brought together", THREE, "anna!attend:anna+", "deploys"),
    Race("while somebody hangs up", TALK, "anna:hangs-up", "deploys"),
    Race("while a page is loaded anew", TALK, "anna*", "deploys"),
    Race("while a device comes back", BACK, "anna:answers", "deploys"),
    Race("while they go into a room", TALK, "anna!conference:1000", "deploys"),
    Race("while the page that was clicked at is rung", CLICKED, "anna:answers", "deploys"),
)

RACES = {
    "answers": ANSWERS,
    "talks": TALKS,
    "transfers": TRANSFERS,
    "conferences": CONFERENCES,
    "devices": DEVICES,
    "deploys": DEPLOYS,
}
