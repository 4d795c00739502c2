// @ts-check
/** The conferences that were: when, who was in, for how long, why they left, what was recorded. */

import { PAGE } from "../api.js";
import { clock, dayOf, shortTimeOf } from "../clock.js";
import { action } from "../controls.js";
import { each, fill, h, say, show } from "../dom.js";
import { hashOf } from "../route.js";
import { may } from "../session.js";
import { counted, nameOf, problemText, reasonOf } from "../texts.js";
import { head } from "./head.js";

/**
 * @typedef {import("../shapes.js").Summary} Summary
 * @typedef {import("../shapes.js").Session} Session
 * @typedef {import("../shapes.js").Stay} Stay
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./context.js").View} View
 */

/**
 * @param {Context} context
 * @param {string} name of the room
 * @returns {View}
 */
export function history(context, name) {
  const top = head(context, name, "history");
  const list = h("div", { class: "sessions" });
  const state = h("p", { class: "empty", role: "status" }, "Loading…");
  const more = action({ label: "Earlier ones", icon: "clock", press: () => load(true) });
  /** @type {Map<string, ReturnType<typeof session>>} */
  const views = new Map();
  /** @type {Summary[]} */
  let found = [];
  let seen = "";
  let over = false;
  show(more, false);

  /** @param {boolean} [earlier] beside those that are shown */
  async function load(earlier = false) {
    try {
      const before = earlier ? found[found.length - 1]?.id : undefined;
      const got = await context.api.history(name, before);
      if (over) return;
      const first = found.length === 0;
      found = earlier ? [...found, ...got] : got;
      show(more, got.length >= PAGE);
      each(
        list,
        views,
        found,
        (one) => String(one.id),
        (one) => session(context, one),
        (view, one) => view.update(one),
      );
      if (first && found.length) views.get(String(found[0].id))?.open();
      say(state, found.length ? "" : "There was no conference in this room yet.");
      show(state, found.length === 0);
    } catch (error) {
      say(state, problemText(error));
      show(state, true);
    }
  }

  return {
    element: h("main", { id: "main", class: "page", tabindex: -1 }, top.element, list, state, more),
    title: () => `History · ${top.windowTitle()}`,
    update(known) {
      const room = known.rooms[name];
      top.update(room);
      // Somebody has come or gone, a conference has begun or ended: it is asked for again.
      const now = `${room?.live?.began ?? ""} ${room?.live?.members.map((one) => one.id).join() ?? ""}`;
      if (known.ready && now !== seen) {
        seen = now;
        void load();
      }
    },
    tick: (now) => top.tick(now),
    close: () => {
      over = true;
    },
  };
}

/**
 * One conference; who was in it is asked for when it is opened.
 *
 * @param {Context} context
 * @param {Summary} first
 */
function session(context, first) {
  const when = h("span", { class: "session-when" });
  const length = h("span", { class: "muted-text" });
  const sizes = h("span", { class: "muted-text" });
  const body = h("div", { class: "session-body" });
  const element = h("details", { class: "card session" }, h("summary", {}, when, length, sizes), body);
  const link = may(context.grant, "recordings:read")
    ? hashOf({ view: "recordings", room: first.room })
    : "";
  let summary = first;
  let shown = "";
  element.addEventListener("toggle", () => void load());

  async function load() {
    const wanted = JSON.stringify(summary);
    if (!element.open || shown === wanted) return;
    shown = wanted;
    try {
      const found = await context.api.session(summary.id);
      fill(body, table(found), heard(found, link));
    } catch (error) {
      shown = "";
      fill(body, h("p", { class: "problem", role: "alert" }, problemText(error)));
    }
  }

  return {
    element,
    open: () => {
      element.open = true;
    },
    /** @param {Summary} next */
    update(next) {
      summary = next;
      const { began, ended, why, members, recordings } = next;
      const seconds = ended ? (Date.parse(ended) - Date.parse(began)) / 1000 : 0;
      say(when, `${dayOf(began)}, ${shortTimeOf(began)}${ended ? `\u2013${shortTimeOf(ended)}` : ""}`);
      say(length, ended ? `${clock(seconds)}, ${reasonOf(why)}` : "goes on");
      say(sizes, `${counted(members, "stay")}${recordings ? `, ${counted(recordings, "recording")}` : ""}`);
      void load();
    },
  };
}

/** @param {Session} session */
function table({ began, members, stays }) {
  const total = stays.reduce((sum, stay) => sum + stay.speaking, 0);
  const columns = ["Member", "Number", "Came", "Left", "Why", "Talked"];
  const name = `Members on ${dayOf(began)}, ${shortTimeOf(began)}`;
  return h(
    "div",
    { class: "scroll", tabindex: 0, role: "region", "aria-label": name },
    h(
      "table",
      {},
      h("thead", {}, h("tr", {}, columns.map((column) => h("th", { scope: "col" }, column)))),
      h("tbody", {}, stays.map((stay) => row(stay, total))),
    ),
    members > stays.length && h("p", { class: "hint" }, `The first ${stays.length} of ${members} are shown.`),
  );
}

/**
 * @param {Stay} stay
 * @param {number} total seconds that all have talked
 */
function row(stay, total) {
  const share = total > 0 ? ` (${Math.round((100 * stay.speaking) / total)} %)` : "";
  const moderator = stay.moderator && h("span", { class: "badge small moderator" }, "Moderator");
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, nameOf(stay), " ", moderator),
    h("td", {}, stay.number),
    h("td", {}, shortTimeOf(stay.joined)),
    h("td", {}, stay.left ? shortTimeOf(stay.left) : "is in"),
    h("td", {}, stay.left ? reasonOf(stay.why) : ""),
    h("td", {}, stay.left ? `${clock(stay.speaking)}${share}` : ""),
  );
}

/**
 * @param {Session} session
 * @param {string} link to the recordings; empty without
 */
function heard({ recordings }, link) {
  if (!link || !recordings.length) return null;
  const one = recordings.length === 1;
  return h("p", {}, h("a", { href: link }, one ? "Listen to the recording" : `Listen to the ${recordings.length} recordings`));
}
