// How the state changes: pure, one function for each thing that happens.

import type { Line } from "./phone";
import { initial, type State } from "./state";
import type { Call, Told } from "./wire";

/** Something happened. `set` is for what has no rule: a field gets its new value. */
export type Happened =
  | { kind: "set"; change: Partial<State> }
  | { kind: "told"; message: Told }
  | { kind: "line"; line: Line }
  | { kind: "forgotten"; id: string }
  | { kind: "signed_in" }
  | { kind: "signed_out"; why: State["whySignedOut"] };

export function reduce(state: State, happened: Happened): State {
  switch (happened.kind) {
    case "set":
      return { ...state, ...happened.change };
    case "told":
      return told(state, happened.message);
    case "line":
      return { ...state, lines: { ...state.lines, [happened.line.id]: happened.line } };
    case "forgotten":
      return forgotten(state, happened.id);
    case "signed_in":
      return { ...state, stage: "signed_in", whySignedOut: null, signInProblem: "", taken: false };
    case "signed_out":
      return signedOut(state, happened.why);
  }
}

function told(state: State, message: Told): State {
  switch (message.type) {
    case "snapshot":
      return {
        ...state,
        me: message.me,
        calls: snapshotCalls(state.calls, message.calls),
        contacts: message.contacts,
        missed: message.missed,
        unheard: message.unheard,
        fresh: true,
      };
    case "call":
      return { ...state, calls: { ...state.calls, [message.call.id]: message.call } };
    case "presence":
      return {
        ...state,
        contacts: state.contacts.map((one) =>
          one.user === message.user ? { ...one, presence: message.presence } : one,
        ),
      };
    case "contacts":
      return { ...state, contacts: message.contacts };
    case "me":
      return { ...state, me: message.me };
    case "history":
      return withEntry({ ...state, missed: message.missed }, message);
    case "message":
      return withMessage({ ...state, unheard: message.unheard }, message);
    default:
      return state;
  }
}

/** What the server does not list is over, and is shown as that until it is forgotten. */
function snapshotCalls(known: Record<string, Call>, listed: Call[]): Record<string, Call> {
  const calls: Record<string, Call> = {};
  for (const call of Object.values(known)) calls[call.id] = { ...call, state: "ended" };
  for (const call of listed) calls[call.id] = call;
  return calls;
}

function withEntry(state: State, { entry }: Extract<Told, { type: "history" }>): State {
  const { history } = state;
  if (history.state === "none") return state;
  if (!entry) return state;
  if (history.missedOnly && !entry.missed) return state;
  const others = history.items.filter((one) => one.id !== entry.id);
  const items = [entry, ...others].sort((a, b) => b.at.localeCompare(a.at));
  return { ...state, history: { ...history, items } };
}

function withMessage(
  state: State,
  { message, removed }: Extract<Told, { type: "message" }>,
): State {
  const { messages } = state;
  if (messages.state === "none") return state;
  let items = messages.items.filter((one) => one.id !== removed && one.id !== message?.id);
  if (message) items = [message, ...items].sort((a, b) => b.at.localeCompare(a.at));
  return { ...state, messages: { ...messages, items } };
}

function forgotten(state: State, id: string): State {
  const { [id]: _call, ...calls } = state.calls;
  const { [id]: _line, ...lines } = state.lines;
  const { [id]: _ending, ...ending } = state.ending;
  return {
    ...state,
    calls,
    lines,
    ending,
    focus: state.focus === id ? null : state.focus,
    panel: state.panel?.call === id ? null : state.panel,
  };
}

/** What belongs to the user goes; what belongs to the browser stays. */
function signedOut(state: State, why: State["whySignedOut"]): State {
  return {
    ...initial(state.preferences),
    stage: "signed_out",
    whySignedOut: why,
    signInProblem: state.signInProblem,
    waitUntil: state.waitUntil,
    wide: state.wide,
    now: state.now,
    microphones: state.microphones,
    speakers: state.speakers,
    canChooseSpeaker: state.canChooseSpeaker,
    microphoneAllowed: state.microphoneAllowed,
    notificationsAllowed: state.notificationsAllowed,
  };
}
