import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { focused, live, lineOf, returns, talk, talks } from "../src/talk";
import { BOB, call, line, state } from "./samples";

describe("a call that the server knows and this page carries", () => {
  it("is here", () => {
    const known = state({ calls: { c1: call() }, lines: { c1: line() } });
    assert.equal(talk(known, "c1")?.place, "here");
  });
  it("is connected as soon as one of them says so", () => {
    const lines = { c1: line({ state: "connected" }) };
    const known = state({ calls: { c1: call({ state: "ringing" }) }, lines });
    assert.equal(talk(known, "c1")?.state, "connected");
  });
  it("is over as soon as one of them says so", () => {
    const lines = { c1: line({ state: "ended", reason: "hangup" }) };
    assert.equal(talk(state({ calls: { c1: call() }, lines }), "c1")?.state, "ended");
    const told = { c1: call({ state: "ended", reason: "transferred" }) };
    const known = talk(state({ calls: told, lines: { c1: line() } }), "c1");
    assert.deepEqual([known?.state, known?.reason], ["ended", "transferred"]);
  });
  it("is over when the user has ended it, before anybody answers", () => {
    const known = state({ calls: { c1: call() }, lines: { c1: line() }, ending: { c1: true } });
    assert.deepEqual(live(known), []);
  });
  it("may be known to the phone by another id", () => {
    const known = state({ calls: { c1: call({ sip: "s1" }) }, lines: { s1: line({ id: "s1" }) } });
    assert.equal(talks(known).length, 1);
    assert.equal(talk(known, "c1")?.place, "here");
    assert.equal(lineOf(known, "c1"), "s1");
  });
});

describe("a call that only the server knows", () => {
  it("is elsewhere when another device is in it", () => {
    const known = state({ calls: { c1: call({ device: "w-alice-2" }) } });
    assert.equal(talk(known, "c1")?.place, "elsewhere");
  });
  it("returns when this device was in it", () => {
    assert.equal(talk(state({ calls: { c1: call() } }), "c1")?.place, "returning");
  });
  it("is elsewhere when another tab has the phone", () => {
    assert.equal(talk(state({ calls: { c1: call() }, taken: true }), "c1")?.place, "elsewhere");
  });
});

describe("an INVITE", () => {
  const rings = line({ state: "ringing" });
  it("is answered by the page when the server says that the call returns", () => {
    assert.ok(returns(state({ calls: { c1: call({ rejoin: true }) } }), rings));
  });
  it("rings when the server says nothing of that", () => {
    assert.ok(!returns(state({ calls: { c1: call({ state: "ringing" }) } }), rings));
    assert.ok(!returns(state(), rings));
  });
});

describe("a call that the server has not told yet", () => {
  it("has its name from the contacts", () => {
    const known = state({ lines: { c1: line() }, contacts: [BOB] });
    assert.deepEqual(talk(known, "c1")?.peer, { name: "Bob Berger", number: "102" });
    assert.equal(talk(known, "c1")?.known, false);
  });
});

describe("the call whose controls are shown", () => {
  const calls = { c1: call({ held: true }), c2: call({ id: "c2" }) };
  const lines = { c1: line(), c2: line({ id: "c2" }) };
  it("is the one that was chosen", () => {
    assert.equal(focused(state({ calls, lines, focus: "c1" }))?.id, "c1");
  });
  it("is else the one that is talked in", () => {
    assert.equal(focused(state({ calls, lines }))?.id, "c2");
  });
  it("is none that waits to be answered", () => {
    assert.equal(focused(state({ calls: { c1: call({ state: "ringing" }) } })), undefined);
  });
});

describe("a conference whose moderator has muted the user", () => {
  const room = (muted: boolean, me: boolean) => ({
    room: "team",
    locked: false,
    recording: false,
    members: [{ id: "m1", name: "Alice", moderator: false, muted, talking: false, me }],
  });
  const silenced = (muted: boolean, me = true) =>
    talk(state({ calls: { c1: call({ conference: "team" }) }, rosters: { team: room(muted, me) } }), "c1")?.silenced;
  it("says so of the user, and of nobody else", () => {
    assert.deepEqual([silenced(true), silenced(false), silenced(true, false)], [true, false, false]);
  });
});

describe("a recording", () => {
  const seen = (change: Parameters<typeof call>[0]) => {
    const found = talk(state({ calls: { c1: call(change) } }), "c1");
    return [found?.recording, found?.recordedByOther];
  };
  it("is stopped by who began it", () => {
    assert.deepEqual(seen({ recording: true, recording_by_me: true }), [true, false]);
    assert.deepEqual(seen({ recording: true, recording_by_me: false }), [true, true]);
    assert.deepEqual(seen({ recording: true }), [true, false]);
    assert.deepEqual(seen({ recording_by_me: false }), [false, false]);
  });
});
