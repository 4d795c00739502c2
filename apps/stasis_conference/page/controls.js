// @ts-check
/** What can be done to members, as tables: which action, which words, which key. */

import { Problem } from "./api.js";
import { h, say, set } from "./dom.js";
import { icon, redraw } from "./icons.js";

/**
 * @typedef {import("./shapes.js").Member} Member
 * @typedef {import("./icons.js").Icon} Icon
 *
 * @typedef {object} Toggle
 * @property {"muted"|"deaf"|"held"} flag of a member
 * @property {string} on action
 * @property {string} off action
 * @property {string} label
 * @property {string} state what a member is then
 * @property {[Icon, Icon]} icons when it is not, when it is
 * @property {string} key
 */

/** @type {Toggle[]} */
export const TOGGLES = [
  {
    flag: "muted",
    on: "mute",
    off: "unmute",
    label: "Mute",
    state: "muted",
    icons: ["microphone", "microphone_off"],
    key: "m",
  },
  {
    flag: "deaf",
    on: "deafen",
    off: "undeafen",
    label: "Deafen",
    state: "deaf",
    icons: ["speaker", "speaker_off"],
    key: "d",
  },
  {
    flag: "held",
    on: "hold",
    off: "unhold",
    label: "Hold",
    state: "on hold",
    icons: ["pause", "play"],
    key: "h",
  },
];

/** Steps up or down that a volume has. */
export const VOLUME = 10;

/**
 * The action of a toggle for a member as it is.
 *
 * @param {Toggle} toggle
 * @param {Member} member
 */
export function actionOf(toggle, member) {
  return member[toggle.flag] ? toggle.off : toggle.on;
}

/**
 * A volume for people.
 *
 * @param {number} steps
 */
export function volumeText(steps) {
  if (!steps) return "0";
  return steps > 0 ? `+${steps}` : `\u2212${-steps}`;
}

/**
 * A button that has something done; it does not take a second press meanwhile.
 *
 * @param {{label: string, name?: string, icon: Icon, class?: string, cell?: boolean, hide?: boolean,
 *   press: () => Promise<unknown>|void}} options name: what it is called when the label is not enough;
 *   hide: the label is only for who listens
 */
export function action({ label, name, icon: drawn, class: extra = "", cell, hide, press }) {
  const text = h("span", { class: hide ? "unseen" : "label" }, name && hide ? name : label);
  const element = h(
    "button",
    {
      type: "button",
      class: `button ${hide ? "icon-only" : ""} ${extra}`.trim(),
      "aria-label": name && !hide ? name : null,
      title: hide ? label : null,
      "data-cell": cell,
      tabindex: cell ? -1 : null,
    },
    icon(drawn),
    text,
  );
  element.addEventListener("click", async () => {
    if (element.getAttribute("aria-busy") === "true") return;
    element.setAttribute("aria-busy", "true");
    try {
      await press();
    } finally {
      element.removeAttribute("aria-busy");
    }
  });
  return element;
}

/**
 * Show whether a button that stays pressed is so.
 *
 * @param {HTMLElement} button
 * @param {boolean} pressed
 * @param {[Icon, Icon]} icons
 */
export function press(button, pressed, icons) {
  set(button, "aria-pressed", String(pressed));
  const svg = button.querySelector("svg");
  if (svg) redraw(svg, icons[pressed ? 1 : 0]);
}

/**
 * @param {HTMLElement} button
 * @param {string} label
 * @param {string} name
 */
export function rename(button, label, name) {
  const text = button.querySelector("span");
  if (text) say(text, name);
  set(button, "title", label);
}

/**
 * Have something done to each of some members. Raises the first problem, when all is done.
 *
 * @param {import("./api.js").Api} api
 * @param {string} room
 * @param {Member[]} members
 * @param {string} name of the action
 * @param {object} [body]
 */
export async function actEach(api, room, members, name, body) {
  const done = await Promise.allSettled(members.map((each) => api.act(room, name, body, each.id)));
  const failed = done.find(
    (each) => each.status === "rejected" && !(each.reason instanceof Problem && each.reason.status === 404),
  );
  if (failed?.status === "rejected") throw failed.reason;
}
