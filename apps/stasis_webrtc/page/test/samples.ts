// A state with a user, contacts and calls, for tests.

import type { Line } from "../src/phone";
import { initial, type State } from "../src/state";
import type { Call, Contact, Entry, Me } from "../src/wire";

export const ME: Me = {
  user: "alice",
  name: "Alice",
  extension: "101",
  admin: false,
  grants: { may_call: ["*"], may_receive: true, may_record: true },
  settings: { dnd: false, forward_always: null, forward_busy: null, forward_no_answer: null },
};

export const BOB: Contact = { user: "bob", name: "Bob Berger", extension: "102", presence: "available" };

export function state(change: Partial<State> = {}): State {
  return { ...initial(), stage: "signed_in", me: ME, fresh: true, endpoint: "w-alice-1", ...change };
}

export function call(change: Partial<Call> = {}): Call {
  return {
    id: "c1",
    state: "connected",
    direction: "in",
    peer: { name: "Bob Berger", number: "102" },
    since: "2026-01-01T10:00:00Z",
    device: "w-alice-1",
    held: false,
    held_by_other: false,
    muted: false,
    recording: false,
    ...change,
  };
}

export function line(change: Partial<Line> = {}): Line {
  return {
    id: "c1",
    direction: "in",
    state: "connected",
    name: "",
    number: "102",
    early: false,
    since: "2026-01-01T10:00:00Z",
    ...change,
  };
}

export function entry(change: Partial<Entry> = {}): Entry {
  return {
    id: "h1",
    direction: "in",
    peer: { name: "Bob Berger", number: "102" },
    at: "2026-01-01T10:00:00Z",
    seconds: 0,
    outcome: "noanswer",
    missed: true,
    seen: false,
    ...change,
  };
}
