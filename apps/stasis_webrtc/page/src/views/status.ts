// What a call is doing, in a few words.

import type { State } from "../state";
import type { Talk } from "../talk";
import { texts } from "../texts";
import { clock } from "../time";

export function seconds(state: State, talk: Talk): number {
  return (state.now - Date.parse(talk.since)) / 1000;
}

export function status(state: State, talk: Talk): string {
  if (talk.state === "ended") return texts.reasons[talk.reason ?? "hangup"];
  if (talk.place === "returning") return texts.returning;
  if (talk.state === "ringing") return talk.direction === "in" ? texts.incomingCall : texts.calling;
  const time = clock(seconds(state, talk));
  if (talk.place === "elsewhere") return `${texts.elsewhere} · ${time}`;
  if (talk.held) return `${texts.onHold} · ${time}`;
  return time;
}
