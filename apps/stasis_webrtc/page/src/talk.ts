// What the user sees of a call: the server's word and this page's SIP dialog, put together. Pure.
// The server is the truth; the dialog knows a moment sooner that it is answered or over.

import type { Line } from "./phone";
import type { State } from "./state";
import type { Call, Direction, Peer, Reason } from "./wire";

export interface Talk {
  id: string;
  state: "ringing" | "connected" | "ended";
  direction: Direction;
  peer: Peer;
  since: string;
  held: boolean;
  heldByOther: boolean;
  muted: boolean;
  /** The conference's moderator has muted the user. */
  silenced: boolean;
  recording: boolean;
  /** Who else records is the only one who may stop it. */
  recordedByOther: boolean;
  conference: string | null;
  reason: Reason | null;
  /** `here`: this page has its sound. `elsewhere`: another device of the user. `returning`: the
   * page was loaded again and the server brings the call back. */
  place: "here" | "elsewhere" | "returning";
  early: boolean;
  /** The server knows of it: its actions can be asked for. */
  known: boolean;
}

/** Every call there is, those that just ended too; in the order in which they began. */
export function talks(state: State): Talk[] {
  const found: Talk[] = [];
  const used = new Set<string>();
  for (const call of Object.values(state.calls)) {
    const id = call.sip ?? call.id;
    used.add(id);
    found.push(joined(state, call, state.lines[id]));
  }
  for (const line of Object.values(state.lines)) {
    if (!used.has(line.id)) found.push(alone(state, line));
  }
  return found;
}

export function live(state: State): Talk[] {
  return talks(state).filter((talk) => talk.state !== "ended");
}

export function talk(state: State, id: string): Talk | undefined {
  return talks(state).find((one) => one.id === id);
}

/** The call whose controls are shown: what was chosen, else the one that is talked in. */
export function focused(state: State): Talk | undefined {
  const all = talks(state).filter((one) => !rings(one));
  const running = all.filter((one) => one.state !== "ended");
  return (
    running.find((one) => one.id === state.focus) ??
    running.find((one) => one.place === "here" && !one.held) ??
    running[0] ??
    all[0]
  );
}

/** Whether it waits for this user to answer. */
export function rings(talk: Talk): boolean {
  return talk.state === "ringing" && talk.direction === "in";
}

/** Whether the page answers it by itself: a call of this device that comes back. */
export function returns(state: State, line: Line): boolean {
  if (line.direction !== "in" || line.state !== "ringing") return false;
  const call = Object.values(state.calls).find((one) => (one.sip ?? one.id) === line.id);
  return call?.rejoin === true;
}

/** The id that the server knows it by, from the dialog's. */
export function lineOf(state: State, id: string): string {
  return state.calls[id]?.sip ?? id;
}

function joined(state: State, call: Call, line: Line | undefined): Talk {
  const ended = call.state === "ended" || line?.state === "ended" || state.ending[call.id];
  const connected = call.state === "connected" || line?.state === "connected";
  return {
    id: call.id,
    state: ended ? "ended" : connected ? "connected" : "ringing",
    direction: call.direction,
    peer: call.peer,
    since: call.state === "connected" || !line ? call.since : line.since,
    held: call.held,
    heldByOther: call.held_by_other,
    muted: call.muted,
    silenced: silenced(state, call.conference),
    recording: call.recording,
    recordedByOther: call.recording && call.recording_by_me === false,
    conference: call.conference || null,
    reason: call.reason || line?.reason || null,
    place: place(state, call, line),
    early: line?.early ?? false,
    known: true,
  };
}

function place(state: State, call: Call, line: Line | undefined): Talk["place"] {
  if (line && !returns(state, line)) return "here";
  if (state.taken) return "elsewhere";
  if (call.rejoin) return "returning";
  if (call.state === "ringing" && call.direction === "in") return "here";
  if (call.device && call.device === state.endpoint) return "returning";
  return "elsewhere";
}

function silenced(state: State, room: string | null | undefined): boolean {
  const members = (room && state.rosters[room]?.members) || [];
  return members.some((one) => one.me && one.muted);
}

function alone(state: State, line: Line): Talk {
  const contact = state.contacts.find((one) => [one.extension, one.user].includes(line.number));
  return {
    id: line.id,
    state: state.ending[line.id] ? "ended" : line.state,
    direction: line.direction,
    peer: { name: line.name || contact?.name || "", number: line.number },
    since: line.since,
    held: false,
    heldByOther: false,
    muted: false,
    silenced: false,
    recording: false,
    recordedByOther: false,
    conference: null,
    reason: line.reason ?? null,
    place: "here",
    early: line.early,
    known: false,
  };
}
