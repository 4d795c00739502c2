// @ts-check
/** All about one member, and all that can be done to it, in a dialog. */

import { clock, shortTimeOf } from "../clock.js";
import { TOGGLES, VOLUME, action, actionOf, press, volumeText } from "../controls.js";
import { open } from "../dialogs.js";
import { fill, h, say, set } from "../dom.js";
import { may } from "../session.js";
import { memberOf, speakingOf } from "../state.js";
import { nameOf } from "../texts.js";
import { askAnnounce, askMove, askRemove } from "./asking.js";

/**
 * @typedef {import("../shapes.js").Member} Member
 * @typedef {import("../shapes.js").Room} Room
 * @typedef {import("./context.js").Context} Context
 */

/**
 * @param {Context} context
 * @param {string} room name
 * @param {string} id of the member
 * @param {() => void} closed
 */
export function memberDialog(context, room, id, closed) {
  const first = memberOf(context.known().rooms[room], id);
  let member = /** @type {Member} */ (first);
  const { dialog, body, close } = open({ title: first ? nameOf(first) : "Member", class: "member", closed });
  const acts = may(context.grant, "members:act");
  const facts = h("dl", { class: "facts" });
  const talked = h("dd", { class: "clock" });
  const values = ["Number", "Profile", "In the room since"].map((label) => {
    const value = h("dd");
    facts.append(h("div", {}, h("dt", {}, label), value));
    return value;
  });
  facts.append(h("div", {}, h("dt", {}, "Has talked for"), talked));

  const act = (/** @type {string} */ name) => context.act(room, name, {}, id);
  const toggles = TOGGLES.map((toggle) => ({
    toggle,
    button: action({
      label: toggle.label,
      icon: toggle.icons[0],
      class: "toggle",
      press: () => act(actionOf(toggle, member)),
    }),
  }));
  const talk = stepper("Is heard", "talk", act);
  const listen = stepper("Hears", "listen", act);
  /** @param {() => void} next */
  const then = (next) => () => {
    close();
    next();
  };
  const others = [
    action({ label: "Move…", icon: "move", press: then(() => askMove(context, room, member)) }),
    action({ label: "Announce…", icon: "announce", press: then(() => askAnnounce(context, room, member)) }),
    action({
      label: "Remove…",
      icon: "leave",
      class: "danger-text",
      press: then(() => askRemove(context, room, member)),
    }),
  ];
  fill(
    body,
    facts,
    acts && [
      h("div", { class: "buttons", role: "group", "aria-label": "Hearing and being heard" }, toggles.map(({ button }) => button)),
      h("div", { class: "steppers" }, talk.element, listen.element),
      h("div", { class: "buttons", role: "group", "aria-label": "Elsewhere" }, others),
    ],
  );
  if (first) renew(first);
  tick(context.now());

  /** @param {Member} next */
  function renew(next) {
    member = next;
    say(values[0], next.number || "not known");
    say(values[1], `${next.profile || "default"}${next.moderator ? ", moderator" : ""}`);
    say(values[2], next.joined ? shortTimeOf(next.joined) : "not yet: waits in the lobby");
    for (const { toggle, button } of toggles) press(button, next[toggle.flag], toggle.icons);
    talk.update(next.talk_volume);
    listen.update(next.listen_volume);
  }

  /** @param {number} now */
  function tick(now) {
    say(talked, clock(speakingOf(member, now)));
  }

  return {
    tick,
    close,
    /** @param {Room|undefined} next */
    update(next) {
      const found = memberOf(next, id);
      if (found) renew(found);
      else if (dialog.open) {
        close();
        context.announcer.now(`${nameOf(member)} has left.`);
      }
    },
  };
}

/**
 * Buttons that make something louder or less loud.
 *
 * @param {string} label
 * @param {"talk"|"listen"} way
 * @param {(action: string) => Promise<void>} act
 */
function stepper(label, way, act) {
  const value = h("output", {}, "0");
  const down = action({
    label: "Less loud",
    name: `${label}: less loud`,
    icon: "minus",
    hide: true,
    press: () => act(`${way}_down`),
  });
  const up = action({ label: "Louder", name: `${label}: louder`, icon: "plus", hide: true, press: () => act(`${way}_up`) });
  const element = h(
    "div",
    { class: "stepper", role: "group", "aria-label": `${label}: volume` },
    h("span", { class: "stepper-label" }, label),
    down,
    value,
    up,
  );
  return {
    element,
    /** @param {number} steps */
    update(steps) {
      say(value, volumeText(steps));
      // Not disabled: that would take the focus away.
      set(down, "aria-disabled", steps <= -VOLUME ? "true" : null);
      set(up, "aria-disabled", steps >= VOLUME ? "true" : null);
    },
  };
}

