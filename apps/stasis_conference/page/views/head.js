// @ts-check
/** The head of a room's views: its name, its state, and the way between the views. */

import { clock } from "../clock.js";
import { fill, h, say, set, show } from "../dom.js";
import { icon } from "../icons.js";
import { hashOf } from "../route.js";
import { recordedOf } from "../state.js";
import { may, onlyRoom } from "../session.js";
import { counted, titleOf } from "../texts.js";

/**
 * @typedef {import("../shapes.js").Room} Room
 * @typedef {import("../shapes.js").Live} Live
 * @typedef {import("./context.js").Context} Context
 */

/** From when on it is told that the time limit comes near, in seconds. */
const NEAR = 300;

/** The views of a room, and what it takes to see them. */
const TABS = /** @type {const} */ ([
  ["room", "Now", "rooms:read"],
  ["history", "History", "history:read"],
  ["recordings", "Recordings", "recordings:read"],
]);

/**
 * @param {Context} context
 * @param {string} name of the room
 * @param {"room"|"history"|"recordings"} shown
 */
export function head(context, name, shown) {
  const title = h("h1", { id: "room-title" }, `Room ${name}`);
  const under = h("span", { class: "muted-text" });
  const time = h("span", { class: "badge" }, icon("clock"), h("span", { class: "unseen" }, "Running for "), h("span"));
  const locked = h("span", { class: "badge" }, icon("lock"), "Locked");
  const recording = h("span", { class: "badge recording" }, h("span"), h("span", { class: "clock" }));
  const banner = h("div", { class: "banner warning" }, icon("warning"), h("p"));
  const alone = onlyRoom(context.grant) !== "";
  /** @type {Room|undefined} */
  let room;

  const element = h(
    "div",
    { class: "page-head room-head" },
    alone ? null : h("a", { class: "back", href: hashOf({ view: "rooms" }) }, icon("back"), "All rooms"),
    h("div", { class: "head-line" }, title, h("div", { class: "badges" }, time, recording, locked), under),
    h(
      "nav",
      { class: "tabs", "aria-label": "Views of this room" },
      TABS.filter(([, , scope]) => may(context.grant, scope)).map(([view, label]) =>
        h("a", { href: hashOf({ view, room: name }), "aria-current": view === shown ? "page" : null }, label),
      ),
    ),
    banner,
  );

  /** @param {number} now */
  function tick(now) {
    const live = room?.live;
    const began = live?.began;
    show(time, Boolean(began));
    say(/** @type {Element} */ (time.lastElementChild), began ? clock((now - Date.parse(began)) / 1000) : "");
    const recorded = live ? recordedOf(live, now) : null;
    say(/** @type {Element} */ (recording.lastElementChild), recorded === null ? "" : clock(recorded));
    const text = live ? warningOf(live, now) : "";
    show(banner, text !== "");
    say(/** @type {Element} */ (banner.lastElementChild), text);
  }

  return {
    element,
    tick,
    /** @param {Room|undefined} next */
    update(next) {
      room = next;
      if (!room) return;
      const live = room.live;
      say(title, titleOf(room));
      say(under, room.title ? `Room ${room.name}` : "");
      show(locked, Boolean(live?.locked));
      const state = live?.recording ?? "off";
      show(recording, state !== "off");
      set(recording, "class", `badge recording ${state === "paused" ? "paused" : ""}`.trim());
      say(/** @type {Element} */ (recording.firstElementChild), live ? recordingText(live) : "");
      tick(context.now());
    },
    windowTitle() {
      const live = room?.live;
      const inside = live ? ` · ${counted(live.members.length, "member")}` : "";
      return `${room ? titleOf(room) : name}${inside} · Conference`;
    },
  };
}

/** @param {Live} live */
export function recordingText(live) {
  if (live.recording === "off") return "Not recorded";
  if (live.recording === "running") return "Recording";
  return live.paused === false ? "Recording paused: no moderator is in" : "Recording paused";
}

/**
 * What has to be known about the end of a conference; empty when nothing. Pure.
 *
 * @param {Live} live
 * @param {number} now
 */
export function warningOf(live, now) {
  const left = (/** @type {string|null} */ moment) => (moment ? (Date.parse(moment) - now) / 1000 : Infinity);
  // That one has come back is told before what is kept of the room is changed.
  const grace = live.members.some((each) => each.moderator) ? Infinity : left(live.grace_until);
  if (grace < Infinity) return `No moderator is left. The conference ends in ${clock(grace)} unless one comes back.`;
  const limit = left(live.ends_at);
  return limit <= NEAR ? `The time limit is near: the conference ends in ${clock(limit)}.` : "";
}

/**
 * A room that is not there.
 *
 * @param {HTMLElement} element
 * @param {string} name
 */
export function noRoom(element, name) {
  fill(
    element,
    h("p", {}, `There is no room ${name} that you may see. A room made for one conference ends with it.`),
    h("p", {}, h("a", { href: hashOf({ view: "rooms" }) }, "All rooms")),
  );
}

/**
 * Who is in a room and who talks, in one sentence for who asks.
 *
 * @param {Room|undefined} room
 * @param {(member: import("../shapes.js").Member) => string} name
 */
export function summary(room, name) {
  const members = room?.live?.members ?? [];
  if (!members.length) return "Nobody is in the room.";
  const talking = members.filter((each) => each.talking).map(name);
  const who = talking.length ? `Talking: ${talking.join(", ")}.` : "Nobody talks.";
  return `${who} ${counted(members.length, "member")} in the room.`;
}


