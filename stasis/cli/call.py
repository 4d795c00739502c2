"""`stasis call`: a phone calls an extension of the lab, and it is told what was heard.

The prompts are not guessed: Asterisk's log names those it has played, and each is then looked for
in the sound that reached the phone.
"""

from __future__ import annotations

import asyncio
import re
import shutil
from collections.abc import Sequence
from pathlib import Path
from time import perf_counter
from typing import Annotated

import attrs
import typer

from stasis.cli.hint import program
from stasis.cli.lab import Asterisk, pick
from stasis.cli.screen import as_json, tell
from stasis.errors import StasisError
from stasis.lab.audio import level, seconds, tones
from stasis.lab.baresip import Baresip
from stasis.lab.fault import PhoneError
from stasis.lab.lab import Lab
from stasis.lab.prompt import contains

__all__ = ["Heard", "call"]

# Above this a prompt is in the recording; see stasis.lab.prompt.
SURE = 0.75
# How much of a prompt must be heard: a key pressed later than this still lets it be recognised.
PROMPT_SECONDS = 1.5
PITCHES = (350, 440, 620, 700, 1000, 1400)
PLAYED = re.compile(r"Playing '([\w./-]+?)(?:\.\w+)?' ")
ENTERED = re.compile(r'Stasis\("')
NOBODY = re.compile(r"Stasis app '([^']+)' (?:doesn't exist|not registered|not active)")
# What baresip says of a call that the other side has ended as it should, with BYE.
NORMAL = "Connection reset by peer"
SCRIPT = re.compile(r"[0-9*#A-D,]*")


@attrs.frozen
class Heard:
    """What came of a call.

    answered: seconds until it was. ended: who hung up, or why it ended. seconds, level: of the
    sound, level from 0 to 1. prompts: each that Asterisk says it has played, and how well it is
    found in the sound (above 0.75 it is there). tones: Hz and seconds. nobody: the application
    that the call was for when no program has registered it, else empty.
    """

    answered: float
    ended: str
    seconds: float
    level: float
    prompts: dict[str, float]
    tones: list[tuple[float, float]]
    nobody: str = ""


def call(
    extension: Annotated[
        str, typer.Argument(help="such as 8000, 8001, 7001, stasis-NAME, echo, tone")
    ],
    press: Annotated[
        str, typer.Option(help="keys to press once answered; a comma waits a second: ,,1")
    ] = "",
    listen: Annotated[
        float, typer.Option(help="seconds to stay after the last key, if not hung up before")
    ] = 8.0,
    expect: Annotated[
        list[str] | None, typer.Option(help="a prompt that must be heard, such as hello-world")
    ] = None,
    save: Annotated[Path | None, typer.Option(help="keep the sound in this WAV file")] = None,
    asterisk: Annotated[
        Asterisk | None, typer.Option("--asterisk", help="the lab of this version")
    ] = None,
    name: Annotated[str | None, typer.Option("--name", help="the lab's name")] = None,
    json: Annotated[bool, typer.Option("--json", help="for machines")] = False,
) -> None:
    """Call the lab and say what was heard.

    Exits with 1 when the call is not answered, when an expected prompt is not heard, or when no
    program runs for the call's application and no prompt was expected.
    """
    if not SCRIPT.fullmatch(press):
        raise typer.BadParameter(f"--press {press!r}: keys are 0-9, *, #, A-D, and a comma waits")
    lab = pick(asterisk, name)
    wanted = [each.removeprefix("sound:") for each in expect or ()]
    missing = [each for each in wanted if sound_file(lab, each) is None]
    if missing:
        raise PhoneError(f"--expect {missing[0]}: the lab has no such sound")
    heard = asyncio.run(placed(lab, extension, press, listen, wanted, save))
    unheard = [each for each in wanted if heard.prompts[each] < SURE]
    failed = bool(unheard or (heard.nobody and not wanted))
    if json:
        as_json({"ok": not failed, "extension": extension, **attrs.asdict(heard)})
    else:
        show(extension, heard, unheard)
    if failed:
        raise typer.Exit(1)


async def placed(
    lab: Lab, extension: str, press: str, listen: float, wanted: Sequence[str], save: Path | None
) -> Heard:
    """Place the call, press and listen. Raises PhoneError when nobody answers."""
    before = await asyncio.to_thread(lab.logs, 1)
    async with await Baresip.start(lab.sip_port) as phone:
        begun = perf_counter()
        await phone.dial(extension, timeout=30.0)
        answered = perf_counter() - begun
        ended = "the phone hung up"
        script = asyncio.create_task(pressed(phone, press, listen))
        over = asyncio.create_task(phone.closed(timeout=3600.0))
        await asyncio.wait({script, over}, return_when=asyncio.FIRST_COMPLETED)
        if over.done():
            ended = ""
        else:
            await phone.hangup()
            await over
        script.cancel()
        await asyncio.gather(script, return_exceptions=True)
        log = await asyncio.to_thread(lab.logs, 2000)
        said = new(before, log)
        ended = ended or who_hung_up(said, over.result())
        sound = phone.heard()
        if save is not None:
            kept(sound, save)
        heard = await asyncio.to_thread(
            analysed, lab, sound, answered, ended, [*wanted, *played(before, log)]
        )
        return attrs.evolve(heard, nobody=unregistered(said))


async def pressed(phone: Baresip, press: str, listen: float) -> None:
    """Press the keys with their pauses, then stay for a while."""
    for key in press:
        if key == ",":
            await asyncio.sleep(1)
        else:
            await phone.press(key)
            await asyncio.sleep(0.25)
    await asyncio.sleep(listen)


def kept(sound: Path, save: Path) -> None:
    """Copy the recording. Raises StasisError."""
    try:
        shutil.copyfile(sound, save)
    except OSError as error:
        raise StasisError(f"{save} cannot be written: {error.strerror}") from None


def played(before: str, log: str) -> list[str]:
    """The sounds that the log names since its last line was `before`, each once."""
    return list(dict.fromkeys(PLAYED.findall(new(before, log))))


def new(before: str, log: str) -> str:
    """What the log says since its last line was `before`."""
    return log.rpartition(before)[2] if before else log


def unregistered(log: str) -> str:
    """The application that a call was for and that no program has registered, or nothing."""
    found = NOBODY.search(log)
    return found[1] if found else ""


def who_hung_up(log: str, reason: str) -> str:
    """Who has ended a call that the phone did not. reason: in the phone's words."""
    flow = ENTERED.search(log) and not unregistered(log)
    told = f" ({reason})" if reason and reason != NORMAL else ""
    return f"{'the flow' if flow else 'Asterisk'} hung up{told}"


def analysed(lab: Lab, sound: Path, answered: float, ended: str, names: Sequence[str]) -> Heard:
    """What is in the recording."""
    files = {name: sound_file(lab, name) for name in names}
    return Heard(
        round(answered, 2),
        ended,
        round(seconds(sound), 2),
        round(level(sound), 3),
        {
            name: round(contains(sound, file, PROMPT_SECONDS), 2)
            for name, file in files.items()
            if file
        },
        [(tone.hertz, tone.seconds) for tone in tones(sound, PITCHES, least=0.3)],
    )


def sound_file(lab: Lab, name: str) -> Path | None:
    """The file of a prompt of the lab, as found on this machine."""
    folder, rest = lab.sounds, name
    if name.startswith("custom/"):
        folder, rest = lab.custom_sounds, name.removeprefix("custom/")
    for suffix in ("wav", "gsm", "ulaw"):
        file = folder / f"{rest}.{suffix}"
        if file.is_file():
            return file
    return None


def show(extension: str, heard: Heard, unheard: Sequence[str]) -> None:
    """The call for people."""
    tell(f"{extension} answered after {heard.answered:g} s; {heard.ended}")
    if heard.nobody:
        told = f"no program runs for the application {heard.nobody}; start it: {program()} run"
        tell(told, "red")
    tell(f"heard {heard.seconds:g} s of sound, level {heard.level:g}")
    for name, score in heard.prompts.items():
        word = "heard" if score >= SURE else "not heard"
        style = "red" if name in unheard else ""
        tell(f"  prompt {name}: {word} ({score:.2f})", style)
    for hertz, length in heard.tones:
        tell(f"  tone {hertz:g} Hz for {length:g} s")
