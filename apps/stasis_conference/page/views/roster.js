// @ts-check
/**
 * Who is in the room: a grid of one row for each member, with its controls.
 *
 * The order is that in which they came; nobody moves because somebody talks.
 */

import { clock } from "../clock.js";
import { TOGGLES, action, actionOf, press, rename, volumeText } from "../controls.js";
import { each, h, say, set, show } from "../dom.js";
import { icon } from "../icons.js";
import { Roving } from "../keyboard.js";
import { may } from "../session.js";
import { memberOf, speakingOf } from "../state.js";
import { initialsOf, nameOf } from "../texts.js";
import { askRemove } from "./asking.js";
import { memberDialog } from "./member.js";

/**
 * @typedef {import("../shapes.js").Member} Member
 * @typedef {import("../shapes.js").Room} Room
 * @typedef {import("./context.js").Context} Context
 * @typedef {ReturnType<typeof memberDialog>} Dialog
 */

/**
 * @param {Context} context
 * @param {string} room name
 */
export function roster(context, room) {
  const acts = may(context.grant, "members:act");
  const grid = h("div", { class: "roster", role: "grid", "aria-labelledby": "members-title", "aria-describedby": "members-keys" });
  const title = h("h2", { id: "members-title", tabindex: -1 }, "Members");
  const talks = h("p", { class: "talks-now" });
  const nobody = h("p", { class: "empty" }, "Nobody is in the room now.");
  const roving = new Roving(grid, () => title.focus());
  /** @type {Map<string, ReturnType<typeof row>>} */
  const rows = new Map();
  /** @type {Dialog|null} */
  let dialog = null;
  /** @type {Room|undefined} */
  let shown;

  grid.addEventListener("keydown", (event) => {
    const id = /** @type {HTMLElement} */ (event.target).closest("[data-member]")?.getAttribute("data-member");
    const member = id ? memberOf(shown, id) : null;
    if (!member || event.ctrlKey || event.altKey || event.metaKey) return;
    const done = pressed(event.key, member, event);
    if (done) event.preventDefault();
  });

  /**
   * @param {string} key
   * @param {Member} member
   * @param {KeyboardEvent} event
   */
  function pressed(key, member, event) {
    const onName = /** @type {HTMLElement} */ (event.target).getAttribute("role") === "rowheader";
    if (onName && (key === "Enter" || key === " ")) return more(member.id);
    if (!acts) return false;
    const toggle = TOGGLES.find((one) => one.key === key.toLowerCase());
    if (toggle) return act(actionOf(toggle, member), member);
    if (key === "+") return act("talk_up", member);
    if (key === "-") return act("talk_down", member);
    if (key === "Delete") return askRemove(context, room, member);
    return false;
  }

  /**
   * @param {string} name
   * @param {Member} member
   */
  function act(name, member) {
    void context.act(room, name, {}, member.id);
    return true;
  }

  /** @param {string} id */
  function more(id) {
    dialog = memberDialog(context, room, id, () => (dialog = null));
    return true;
  }

  return {
    title,
    element: h(
      "section",
      { class: "card members", "aria-labelledby": "members-title" },
      h("div", { class: "card-head" }, title, talks),
      h("p", { id: "members-keys", class: "unseen" }, "Arrow keys lead through the list. Press question mark for all keys."),
      grid,
      nobody,
    ),
    focus: () => roving.focus() || title.focus(),
    /** @param {Room|undefined} next */
    update(next) {
      shown = next;
      const members = next?.live?.members ?? [];
      say(title, members.length ? `Members (${members.length})` : "Members");
      each(
        grid,
        rows,
        members,
        (member) => member.id,
        (member) => row(context, room, member.id, acts, more),
        (view, member) => view.update(member, next?.live?.speaker === member.id),
      );
      roving.refresh();
      show(nobody, members.length === 0);
      show(grid, members.length > 0);
      say(talks, talkText(members));
      dialog?.update(next);
    },
    /** @param {number} now */
    tick(now) {
      const members = shown?.live?.members ?? [];
      const total = members.reduce((sum, member) => sum + speakingOf(member, now), 0);
      rows.forEach((view) => view.tick(now, total));
      dialog?.tick(now);
    },
    close: () => dialog?.close(),
  };
}

/** @param {Member[]} members */
function talkText(members) {
  const talking = members.filter((each) => each.talking).map(nameOf);
  if (!talking.length) return "";
  return talking.length > 2 ? `${talking.length} people are talking` : `${talking.join(" and ")} ${talking.length > 1 ? "are" : "is"} talking`;
}

/**
 * @param {Context} context
 * @param {string} room
 * @param {string} id of the member
 * @param {boolean} acts whether there are controls
 * @param {(id: string) => void} more
 */
function row(context, room, id, acts, more) {
  /** @type {Member|null} */
  let member = null;
  const avatar = h("span", { class: "avatar", "aria-hidden": "true" });
  const name = h("span", { class: "name" });
  const number = h("span", { class: "number" });
  const badges = {
    moderator: badge("Moderator", "moderator"),
    muted: badge("Muted", "off"),
    deaf: badge("Deaf", "off"),
    held: badge("On hold", "off"),
    volume: badge("", ""),
    talking: badge("Talking", "talking"),
  };
  const time = h("span", { class: "clock" });
  const share = h("span", { class: "share", "aria-hidden": "true" }, h("span"));
  const head = h(
    "div",
    { role: "rowheader", class: "who", "data-cell": true, tabindex: -1 },
    avatar,
    h(
      "span",
      { class: "who-text" },
      h("span", { class: "who-line" }, name, h("span", { class: "unseen" }, ", "), number),
      h("span", { class: "badges" }, Object.values(badges).map(({ element }) => element)),
    ),
  );
  head.addEventListener("dblclick", () => more(id));
  const talk = h(
    "div",
    { role: "gridcell", class: "talk" },
    h("span", { class: "unseen" }, "has talked for "),
    time,
    share,
  );
  const toggles = acts
    ? TOGGLES.map((toggle) => ({
        toggle,
        button: action({
          label: toggle.label,
          icon: toggle.icons[0],
          class: `toggle ${toggle.flag}`,
          cell: true,
          hide: true,
          press: () => (member ? context.act(room, actionOf(toggle, member), {}, id) : undefined),
        }),
      }))
    : [];
  const other = action({
    label: acts ? "More" : "Details",
    icon: "more",
    class: "quiet",
    cell: true,
    hide: true,
    press: () => void more(id),
  });
  other.setAttribute("aria-haspopup", "dialog");
  const cells = [...toggles.map(({ button }) => button), other].map((button) => h("div", { role: "gridcell" }, button));
  const element = h("div", { role: "row", class: "row", "data-member": id }, head, talk, h("div", { class: "row-controls", role: "presentation" }, cells));

  return {
    element,
    /**
     * @param {Member} next
     * @param {boolean} speaker
     */
    update(next, speaker) {
      member = next;
      const called = nameOf(next);
      say(avatar, initialsOf(next));
      say(name, called);
      say(number, next.name ? next.number : "");
      show(badges.moderator.element, next.moderator);
      show(badges.muted.element, next.muted);
      show(badges.deaf.element, next.deaf);
      show(badges.held.element, next.held);
      show(badges.talking.element, next.talking);
      const volumes = volumesOf(next);
      show(badges.volume.element, volumes !== "");
      say(badges.volume.text, volumes);
      set(element, "class", `row${next.talking ? " is-talking" : ""}${speaker ? " is-speaker" : ""}${next.held ? " is-held" : ""}`);
      for (const { toggle, button } of toggles) {
        press(button, next[toggle.flag], toggle.icons);
        rename(button, `${toggle.label} (${toggle.key})`, `${toggle.label} ${called}`);
      }
      rename(other, acts ? "More" : "Details", `${acts ? "More for" : "Details of"} ${called}`);
    },
    /**
     * @param {number} now
     * @param {number} total seconds that all have talked
     */
    tick(now, total) {
      if (!member) return;
      const seconds = speakingOf(member, now);
      say(time, clock(seconds));
      const part = total > 0 ? Math.round((100 * seconds) / total) : 0;
      set(talk, "title", `${part} % of the talk`);
      share.style.setProperty("--share", `${part}%`);
    },
  };
}

/** @param {Member} member */
export function volumesOf(member) {
  const talk = member.talk_volume ? `heard at ${volumeText(member.talk_volume)}` : "";
  const listen = member.listen_volume ? `hears at ${volumeText(member.listen_volume)}` : "";
  return [talk, listen].filter(Boolean).join(", ");
}

/**
 * @param {string} label
 * @param {string} kind
 */
function badge(label, kind) {
  const text = h("span", {}, label);
  const element = h(
    "span",
    { class: `badge small ${kind}`.trim(), hidden: true },
    kind === "talking" ? bars() : kind === "moderator" ? icon("star") : null,
    text,
    h("span", { class: "unseen" }, ", "),
  );
  return { element, text };
}

function bars() {
  return h("span", { class: "bars", "aria-hidden": "true" }, h("span"), h("span"), h("span"));
}
