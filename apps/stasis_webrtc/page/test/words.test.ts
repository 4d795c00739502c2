import assert from "node:assert/strict";
import { describe, it } from "node:test";
import { announced, regions } from "../src/announcer";
import { heard, title } from "../src/alerts";
import { Backoff } from "../src/backoff";
import { loudness } from "../src/meter";
import { dialable, dialled, initials, matches } from "../src/number";
import { kept } from "../src/preferences";
import { PREFERENCES } from "../src/state";
import { clock, day, spoken } from "../src/time";
import { BOB, call, line, state } from "./samples";

describe("what is typed", () => {
  it("is dialled without what people put between digits", () => {
    assert.equal(dialled(" +49 (30) 90-18.20/5 "), "+49309018205");
    assert.equal(dialled("*98#"), "*98#");
    assert.equal(dialled("team-room"), "team-room");
  });
  it("is refused when it is no number and no name", () => {
    for (const bad of ["", "  ", "a b", "<img>", "sip:x@y", "-"]) assert.ok(!dialable(bad), bad);
    for (const good of ["1", "+49 30", "bob", "team-room", "*98"]) assert.ok(dialable(good), good);
  });
  it("finds contacts, the nearest first", () => {
    const carl = { ...BOB, user: "carl", name: "Carl Bobson", extension: "201" };
    assert.deepEqual(matches([carl, BOB], "bob").map((one) => one.user), ["bob", "carl"]);
    assert.deepEqual(matches([carl, BOB], "20"), [carl]);
    assert.deepEqual(matches([BOB], "x"), []);
  });
});

describe("a name without a picture", () => {
  it("is two letters at most", () => {
    assert.equal(initials("Bob Berger"), "BB");
    assert.equal(initials("ada maria lovelace"), "AL");
    assert.equal(initials("Émile"), "É");
    assert.equal(initials("+49 30"), "");
  });
});

describe("times", () => {
  it("are short for the eye and whole for the ear", () => {
    assert.deepEqual([clock(7), clock(754), clock(3723), clock(-1)], ["0:07", "12:34", "1:02:03", "0:00"]);
    assert.equal(spoken(754), "12 minutes 34 seconds");
    assert.equal(spoken(0), "0 seconds");
  });
  it("name the near days", () => {
    const now = new Date(2026, 5, 10, 12).getTime();
    const at = (date: number) => new Date(2026, 5, date, 23).toISOString();
    assert.equal(day(at(10), now), "Today");
    assert.equal(day(at(9), now), "Yesterday");
    assert.equal(day(at(6), now), "Saturday");
    assert.equal(day(new Date(2026, 4, 1).toISOString(), now), "1 May 2026");
  });
});

describe("tries", () => {
  it("become rarer, to a limit, and start anew when it worked", () => {
    const backoff = new Backoff(500, 15_000, () => 0.5);
    const waits = Array.from({ length: 7 }, () => backoff.next());
    assert.deepEqual(waits, [500, 1000, 2000, 4000, 8000, 15_000, 15_000]);
    backoff.reset();
    assert.equal(backoff.next(), 500);
  });
});

describe("preferences", () => {
  it("are the usual ones where what was kept is broken", () => {
    for (const text of [null, "", "{", "null", "[]", '{"theme": 7, "ringVolume": "loud"}'])
      assert.deepEqual(kept(text), PREFERENCES, String(text));
    assert.equal(kept('{"theme": "dark", "more": 1}').theme, "dark");
  });
});

describe("a level", () => {
  it("goes from silence to full scale", () => {
    assert.equal(loudness(new Float32Array(128)), 0);
    assert.equal(loudness(new Float32Array(128).fill(1)), 1);
    const quiet = loudness(new Float32Array(128).fill(0.01));
    assert.ok(quiet > 0.3 && quiet < 0.4, String(quiet));
  });
});

describe("what is heard", () => {
  const rings = { calls: { c1: call({ state: "ringing" }) }, lines: { c1: line({ state: "ringing" }) } };
  it("is the ring tone for a call that comes in", () => {
    assert.equal(heard(state(rings)), "classic");
    assert.equal(title(state(rings)), "☎ Bob Berger is calling");
  });
  it("is a call-waiting tone for one who talks", () => {
    const calls = { ...rings.calls, c2: call({ id: "c2" }) };
    const lines = { ...rings.lines, c2: line({ id: "c2" }) };
    assert.equal(heard(state({ calls, lines })), "waiting");
  });
  it("is nothing for a call that returns", () => {
    const calls = { c1: call({ rejoin: true }) };
    assert.equal(heard(state({ calls, lines: rings.lines })), null);
  });
  it("is nothing while another device rings only", () => {
    assert.equal(heard(state({ calls: rings.calls })), null);
  });
  it("is a ring-back tone until the other side sends its own", () => {
    const calls = { c1: call({ state: "ringing", direction: "out" }) };
    const lines = (early: boolean) => ({ c1: line({ state: "ringing", direction: "out", early }) });
    assert.equal(heard(state({ calls, lines: lines(false) })), "ringback");
    assert.equal(heard(state({ calls, lines: lines(true) })), null);
  });
});

describe("a screen reader", () => {
  const talking = state({ calls: { c1: call() }, lines: { c1: line() } });
  const said = (change: Parameters<typeof call>[0]) =>
    announced(state({ calls: { c1: call(change) }, lines: { c1: line() } }), talking);
  it("says an incoming call at once", () => {
    const ringing = state({ calls: { c1: call({ state: "ringing" }) } });
    assert.match(announced(ringing, state()).urgent[0]!, /^Incoming call from Bob Berger/);
  });
  it("does not find a call that no longer rings", () => {
    const said = { polite: "", urgent: "Incoming call from Bob Berger" };
    const ringing = state({ calls: { c1: call({ state: "ringing" }) }, said });
    const missed = { c1: call({ state: "ended", reason: "cancelled" }) };
    assert.equal(regions(ringing, ringing), null);
    assert.equal(regions(state({ calls: missed, said }), ringing)!.urgent, "");
    assert.equal(regions(state({ calls: {}, said }), ringing)!.urgent, "");
  });
  it("says what changes in a call", () => {
    assert.deepEqual(said({ held: true }).polite, ["Bob Berger is on hold"]);
    assert.deepEqual(said({ held_by_other: true }).polite, ["Bob Berger has put you on hold"]);
    assert.deepEqual(said({ muted: true }).polite, ["Microphone muted"]);
    assert.deepEqual(said({ recording: true }).urgent, ["Recording has started"]);
    assert.deepEqual(said({ conference: "team" }).polite, ["You are in the conference team"]);
    assert.deepEqual(said({ peer: { name: "Carol", number: "103" } }).polite, [
      "You are now connected with Carol",
    ]);
    assert.deepEqual(said({ state: "ended", reason: "hangup" }).polite, ["Bob Berger: Call ended"]);
  });
  it("says why it is over, as soon as that is known", () => {
    const over = (reason: "failed" | "busy") =>
      state({ calls: { c1: call({ state: "ended", reason }) } });
    assert.deepEqual(announced(over("busy"), over("failed")).polite, ["Bob Berger: Busy"]);
  });
  it("says nothing when nothing has changed", () => {
    assert.deepEqual(said({}), { polite: [], urgent: [] });
  });
  it("says when the phone is offline", () => {
    const before = state({ standing: "ready" });
    assert.deepEqual(announced(state({ standing: "offline" }), before).polite, ["Phone: Offline"]);
  });
});
