import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { reduce } from "../src/reduce";
import type { Told } from "../src/wire";
import { BOB, call, entry, line, ME, state } from "./samples";

const told = (message: Told, before = state()) => reduce(before, { kind: "told", message });
const snapshot = (calls = [call()]): Told => ({
  type: "snapshot",
  me: ME,
  device: { state: "ready" },
  calls,
  contacts: [BOB],
  missed: 2,
  unheard: 1,
});

describe("a snapshot", () => {
  it("is the truth", () => {
    const after = told(snapshot(), state({ me: null, fresh: false }));
    assert.deepEqual([after.me, after.missed, after.unheard, after.fresh], [ME, 2, 1, true]);
    assert.deepEqual(Object.keys(after.calls), ["c1"]);
  });
  it("ends what it does not list", () => {
    const after = told(snapshot([]), state({ calls: { c1: call() } }));
    assert.equal(after.calls["c1"]?.state, "ended");
  });
});

describe("a change", () => {
  it("of a presence is the contact's", () => {
    const after = told({ type: "presence", user: "bob", presence: "dnd" }, state({ contacts: [BOB] }));
    assert.equal(after.contacts[0]?.presence, "dnd");
  });
  it("of the history comes first in the list, once", () => {
    const shown = { state: "there" as const, items: [entry()], missedOnly: false, more: false };
    const newer = entry({ id: "h2", at: "2026-01-02T10:00:00Z" });
    let after = told({ type: "history", entry: newer, missed: 3 }, state({ history: shown }));
    after = told({ type: "history", entry: newer, missed: 3 }, after);
    assert.deepEqual(after.history.items.map((one) => one.id), ["h2", "h1"]);
    assert.equal(after.missed, 3);
  });
  it("of the history is not shown among missed calls when it is none", () => {
    const shown = { state: "there" as const, items: [], missedOnly: true, more: false };
    const after = told(
      { type: "history", entry: entry({ missed: false }), missed: 0 },
      state({ history: shown }),
    );
    assert.deepEqual(after.history.items, []);
  });
  it("of the messages takes one away", () => {
    const one = { id: "m1", from: { name: "", number: "1" }, at: "", seconds: 1, heard: false };
    const before = state({ messages: { state: "there", items: [one] } });
    const after = told({ type: "message", removed: "m1", unheard: 0 }, before);
    assert.deepEqual([after.messages.items, after.unheard], [[], 0]);
  });
  it("of an unknown kind changes nothing", () => {
    const before = state();
    assert.equal(told({ type: "weather" } as unknown as Told, before), before);
  });
});

describe("a call that is forgotten", () => {
  it("leaves nothing", () => {
    const before = state({
      calls: { c1: call() },
      lines: { c1: line() },
      ending: { c1: true },
      focus: "c1",
      panel: { call: "c1", panel: "keypad" },
    });
    const after = reduce(before, { kind: "forgotten", id: "c1" });
    const { calls, lines, ending, focus, panel } = after;
    assert.deepEqual([calls, lines, ending, focus, panel], [{}, {}, {}, null, null]);
  });
});

describe("who signs out", () => {
  it("leaves nothing of theirs, but the browser's own", () => {
    const before = state({ contacts: [BOB], calls: { c1: call() }, wide: false });
    const after = reduce(before, { kind: "signed_out", why: "revoked" });
    assert.deepEqual([after.me, after.contacts, after.calls], [null, [], {}]);
    assert.deepEqual([after.stage, after.whySignedOut, after.wide], ["signed_out", "revoked", false]);
  });
});
