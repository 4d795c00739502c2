// @ts-check
/** A room now: who is in it, who waits, who talks, and everything that can be done. */

import { action } from "../controls.js";
import { each, h, say, show } from "../dom.js";
import { may } from "../session.js";
import { nameOf } from "../texts.js";
import { askRemove } from "./asking.js";
import { head, noRoom, summary } from "./head.js";
import { log } from "./log.js";
import { manyPanel, roomPanel } from "./panel.js";
import { roster } from "./roster.js";

/**
 * @typedef {import("../shapes.js").Member} Member
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./context.js").View} View
 */

/**
 * @param {Context} context
 * @param {string} name of the room
 * @returns {View}
 */
export function room(context, name) {
  const acts = may(context.grant, "members:act");
  const top = head(context, name, "room");
  const members = roster(context, name);
  const waiting = lobby(context, name, acts);
  const controls = roomPanel(context, name);
  const many = manyPanel(context, name);
  const happened = log(name);
  const missing = h("div", { class: "card missing", hidden: true });
  noRoom(missing, name);
  const columns = h(
    "div",
    { class: "columns" },
    h("div", { class: "column people" }, waiting.element, members.element),
    h("div", { class: "column side" }, controls.element, acts && many.element),
    happened.element,
  );

  /** @type {Record<string, () => unknown>} */
  const keys = {
    t: () => context.announcer.now(summary(context.known().rooms[name], nameOf)),
    g: () => members.focus(),
    l: () => happened.focus(),
    i: () => controls.invite(),
  };

  return {
    element: h("main", { id: "main", class: "page", tabindex: -1 }, top.element, missing, columns),
    title: () => top.windowTitle(),
    update(known) {
      const found = known.rooms[name];
      show(missing, known.ready && known.listed && !found && !known.log[name]?.length);
      show(columns, missing.hidden !== false);
      top.update(found);
      members.update(found);
      waiting.update(found?.live?.waiting ?? []);
      controls.update(found);
      many.update(found);
      happened.update(known);
    },
    tick(now) {
      top.tick(now);
      members.tick(now);
      controls.tick(now);
    },
    key(key) {
      if (!Object.hasOwn(keys, key)) return false;
      keys[key]();
      return true;
    },
    close: () => members.close(),
  };
}

/**
 * Who waits for a moderator.
 *
 * @param {Context} context
 * @param {string} name of the room
 * @param {boolean} acts
 */
function lobby(context, name, acts) {
  const list = h("ul", { class: "lobby-list" });
  const title = h("h2", { id: "lobby-title" });
  /** @type {Map<string, {element: HTMLElement, text: HTMLElement}>} */
  const rows = new Map();
  const element = h(
    "section",
    { class: "card lobby", "aria-labelledby": "lobby-title" },
    h("div", { class: "card-head" }, title),
    h("p", { class: "muted-text" }, "They hear music until a moderator is in the room."),
    list,
  );
  /** @param {Member} member */
  function row(member) {
    const text = h("span");
    const out = action({
      label: "Remove…",
      name: `Remove ${nameOf(member)}`,
      icon: "leave",
      class: "danger-text",
      press: () => void askRemove(context, name, member),
    });
    return { element: h("li", {}, text, acts && out), text };
  }
  return {
    element,
    /** @param {Member[]} members */
    update(members) {
      show(element, members.length > 0);
      say(title, `Lobby (${members.length})`);
      each(list, rows, members, (member) => member.id, row, ({ text }, member) =>
        say(text, member.name && member.number ? `${member.name}, ${member.number}` : nameOf(member)),
      );
    },
  };
}
