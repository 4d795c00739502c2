// @ts-check
/** What has happened in the room, the newest first. */

import { each, h, say, show } from "../dom.js";
import { timeOf } from "../clock.js";
import { lineOf } from "../texts.js";

/**
 * @typedef {import("../shapes.js").Entry} Entry
 * @typedef {import("../shapes.js").Known} Known
 */

/**
 * What is said of it by itself comes from the announcer: a list that is a live region would say
 * every line at once.
 *
 * @param {string} room name
 */
export function log(room) {
  const list = h("ol", { class: "log", tabindex: 0, "aria-labelledby": "log-title", reversed: true });
  const nothing = h("p", { class: "empty" }, "Nothing has happened since this page was opened.");
  /** @type {Map<string, {element: HTMLElement}>} */
  const lines = new Map();
  return {
    element: h(
      "section",
      { class: "card happened", "aria-labelledby": "log-title" },
      h("div", { class: "card-head" }, h("h2", { id: "log-title" }, "What happened")),
      list,
      nothing,
    ),
    focus: () => (list.hidden ? undefined : list.focus()),
    /** @param {Known} known */
    update(known) {
      const entries = [...(known.log[room] ?? [])].reverse();
      each(list, lines, entries, (entry) => String(entry.id), line, () => undefined);
      show(list, entries.length > 0);
      show(nothing, entries.length === 0);
    },
  };
}

/** @param {Entry} entry */
function line(entry) {
  const time = h("time", { datetime: new Date(entry.at).toISOString() });
  say(time, timeOf(entry.at));
  return { element: h("li", { class: `line ${entry.kind}` }, time, h("span", {}, lineOf(entry))) };
}
