// @ts-check
/** The list of rooms: which there are, and what goes on in them. */

import { clock } from "../clock.js";
import { each, h, say, show } from "../dom.js";
import { icon } from "../icons.js";
import { hashOf } from "../route.js";
import { memberOf, roomsOf } from "../state.js";
import { counted, nameOf, titleOf } from "../texts.js";

/**
 * @typedef {import("../shapes.js").Room} Room
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./context.js").View} View
 */

const MANY = 8;

/**
 * @param {Context} context
 * @returns {View}
 */
export function rooms(context) {
  const list = h("ul", { class: "cards", role: "list" });
  const nobody = h("p", { class: "empty" });
  const search = h("input", { type: "search", id: "search", autocomplete: "off", spellcheck: "false" });
  const field = h("div", { class: "field search" }, h("label", { for: "search" }, "Find a room"), search);
  const sum = h("p", { class: "muted-text" });
  /** @type {Map<string, ReturnType<typeof card>>} */
  const views = new Map();
  search.addEventListener("input", () => update(context.known()));

  /** @type {View["update"]} */
  function update(known) {
    const all = roomsOf(known);
    const wanted = search.value.trim().toLowerCase();
    const found = all.filter((room) => `${room.name} ${room.title}`.toLowerCase().includes(wanted));
    each(list, views, found, (room) => room.name, card, (view, room) => view.update(room));
    show(field, all.length > MANY || wanted !== "");
    show(nobody, found.length === 0);
    say(nobody, !known.ready || !known.listed ? "Loading the rooms…" : wanted ? "No room is called that." : "There is no room yet.");
    const live = all.filter((room) => room.live);
    const people = live.reduce((total, room) => total + (room.live?.members.length ?? 0), 0);
    say(sum, known.ready ? `${counted(all.length, "room")}; ${counted(people, "person", "people")} in ${counted(live.length, "of them", "of them")} now` : "");
  }

  return {
    element: h(
      "main",
      { id: "main", class: "page", tabindex: -1 },
      h("div", { class: "page-head" }, h("h1", {}, "Rooms"), sum),
      field,
      list,
      nobody,
    ),
    title: () => "Rooms · Conference",
    update,
    tick: (now) => views.forEach((view) => view.tick(now)),
  };
}

/** @param {Room} first */
function card(first) {
  let room = first;
  const title = h("span", { class: "card-title" });
  const name = h("span", { class: "muted-text" });
  const people = h("span", { class: "card-people" });
  const talks = h("span", { class: "card-talks" });
  const locked = h("span", { class: "badge" }, icon("lock"), "Locked");
  const recording = h("span", { class: "badge recording" });
  const time = h("span", { class: "card-time" });
  const element = h(
    "li",
    {},
    h(
      "a",
      { class: "card room-card", href: hashOf({ view: "room", room: room.name }) },
      h("span", { class: "card-line" }, title, time),
      h("span", { class: "card-line" }, people, name),
      h("span", { class: "card-line badges" }, recording, locked, talks),
    ),
  );

  return {
    element,
    /** @param {Room} next */
    update(next) {
      room = next;
      const live = room.live;
      element.classList.toggle("live", live !== null);
      say(title, titleOf(room));
      say(name, room.title ? `Room ${room.name}` : "");
      say(people, live ? peopleOf(room) : "Nobody is in");
      show(locked, Boolean(live?.locked));
      const state = live?.recording ?? "off";
      show(recording, state !== "off");
      recording.classList.toggle("paused", state === "paused");
      say(recording, state === "paused" ? "Recording paused" : "Recording");
      const speaker = live?.speaker ? memberOf(room, live.speaker) : null;
      show(talks, Boolean(speaker?.talking));
      say(talks, speaker?.talking ? `${nameOf(speaker)} talks` : "");
    },
    /** @param {number} now */
    tick(now) {
      const began = room.live?.began;
      say(time, began ? clock((now - Date.parse(began)) / 1000) : "");
    },
  };
}

/** @param {Room} room */
function peopleOf(room) {
  const live = /** @type {NonNullable<Room["live"]>} */ (room.live);
  const capacity = live.capacity ? ` of ${live.capacity}` : "";
  const waiting = live.waiting.length ? `, ${live.waiting.length} waiting` : "";
  return `${live.members.length}${capacity} in${waiting}`;
}
