// What a screen reader says by itself: the changes that others see. Pure.

import type { State } from "./state";
import { rings, type Talk, talks } from "./talk";
import { shownName } from "./number";
import { texts } from "./texts";

export interface Said {
  polite: string[];
  urgent: string[];
}

export function announced(now: State, before: State): Said {
  const said: Said = { polite: [], urgent: [] };
  if (now.stage !== "signed_in" || before.stage !== "signed_in") return said;
  if (now.standing !== before.standing && now.standing !== "registering")
    said.polite.push(texts.said.standing(texts.standings[now.standing]));
  if (before.fresh && now.unheard > before.unheard) said.polite.push(texts.said.message);
  const dnd = now.me?.settings.dnd;
  if (before.me && dnd !== before.me.settings.dnd)
    said.polite.push(dnd ? texts.dndOn : texts.dndOff);
  const earlier = new Map(talks(before).map((one) => [one.id, one]));
  for (const one of talks(now)) aboutTalk(said, one, earlier.get(one.id));
  return said;
}

/** What the live regions hold next; null: what they hold now. A ring that is over is not there to read. */
export function regions(now: State, before: State): State["said"] | null {
  const { polite, urgent } = announced(now, before);
  const rang = ringing(before);
  const over = rang.length > 0 && rang.some((id) => !ringing(now).includes(id));
  if (!polite.length && !urgent.length && !(over && now.said.urgent)) return null;
  return {
    polite: polite.join(". ") || now.said.polite,
    urgent: urgent.join(". ") || (over ? "" : now.said.urgent),
  };
}

function ringing(state: State): string[] {
  return talks(state).filter((one) => rings(one) && one.place !== "returning").map((one) => one.id);
}

function aboutTalk(said: Said, now: Talk, before: Talk | undefined): void {
  const name = shownName(now.peer) || texts.unknownCaller;
  const { polite, urgent } = said;
  if (!before) {
    if (rings(now) && now.place !== "returning")
      urgent.push(`${texts.incomingFrom(name)}. ${texts.incomingHint}`);
    else if (now.state === "ringing") polite.push(texts.said.calling(name));
    return;
  }
  // The phone knows that it is over, the server a moment later why.
  if (now.state !== before.state || (now.state === "ended" && now.reason !== before.reason)) {
    if (now.state === "connected") polite.push(texts.said.connected(name));
    if (now.state === "ended")
      polite.push(texts.said.ended(name, texts.reasons[now.reason ?? "hangup"]));
    return;
  }
  if (now.state !== "connected") return;
  if (now.peer.number !== before.peer.number) polite.push(texts.said.peer(name));
  if (now.held !== before.held)
    polite.push(now.held ? texts.said.held(name) : texts.said.resumed(name));
  if (now.heldByOther !== before.heldByOther)
    polite.push(now.heldByOther ? texts.said.heldByOther(name) : texts.said.heldNoMore(name));
  if (now.muted !== before.muted) polite.push(now.muted ? texts.said.muted : texts.said.unmuted);
  if (now.silenced && !before.silenced) urgent.push(texts.silenced);
  if (now.recording !== before.recording)
    urgent.push(now.recording ? texts.said.recording : texts.said.recordingOver);
  if (now.conference && now.conference !== before.conference)
    polite.push(texts.said.conference(now.conference));
}
