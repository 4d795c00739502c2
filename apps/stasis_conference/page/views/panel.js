// @ts-check
/** What can be done to the room, and to many members at once. */

import { action, actEach, press } from "../controls.js";
import { confirmed } from "../dialogs.js";
import { fill, h, say, show } from "../dom.js";
import { clock } from "../clock.js";
import { may } from "../session.js";
import { recordedOf } from "../state.js";
import { calledOf, nameOf, titleOf } from "../texts.js";
import { WHOM, askAnnounce, askInvite, askMove, othersOf } from "./asking.js";
import { recordingText } from "./head.js";

/**
 * @typedef {import("../shapes.js").Room} Room
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./asking.js").Many} Many
 */

/**
 * The controls of the room itself.
 *
 * @param {Context} context
 * @param {string} name of the room
 */
export function roomPanel(context, name) {
  const [acts, invites] = [may(context.grant, "rooms:act"), may(context.grant, "invite")];
  /** @type {Room|undefined} */
  let room;
  const act = (/** @type {string} */ action) => context.act(name, action);
  const lock = action({
    label: "Lock",
    icon: "unlock",
    class: "toggle",
    press: () => act(room?.live?.locked ? "unlock" : "lock"),
  });
  const invite = action({ label: "Invite…", icon: "call", press: () => askInvite(context, name) });
  const end = action({ label: "End for all…", icon: "end", class: "danger-text", press: askEnd });
  const start = action({ label: "Record", icon: "record", class: "red", press: () => moved("start_record", pause) });
  const pause = action({ label: "Pause", icon: "pause", press: () => moved("pause_record", resume) });
  const resume = action({ label: "Go on", icon: "record", class: "red", press: () => moved("resume_record", pause) });
  const stop = action({ label: "Stop", icon: "stop", press: () => moved("stop_record", start) });
  const state = h("p", { class: "recording-state" }, h("span", { class: "dot" }), h("span"), h("span", { class: "clock" }));
  const calling = h("ul", { class: "calling", "aria-label": "Being called" });
  /** @type {HTMLElement|null} */
  let next = null;

  /**
   * The button that was pressed goes away: the focus goes on to the one that comes in its place.
   *
   * @param {string} name
   * @param {HTMLElement} to
   */
  async function moved(name, to) {
    next = to;
    await act(name);
  }

  async function askEnd() {
    const count = room?.live?.members.length ?? 0;
    const sure = await confirmed({
      title: `End ${room ? titleOf(room) : name} for everybody?`,
      text: `${count === 1 ? "The one member" : `All ${count} members`} will be told that the conference is over, and leave.`,
      yes: "End for all",
    });
    if (sure) await act("end");
  }

  return {
    element: h(
      "section",
      { class: "card", "aria-labelledby": "room-panel" },
      h("div", { class: "card-head" }, h("h2", { id: "room-panel" }, "Room")),
      h("div", { class: "buttons even" }, acts && lock, invites && invite, acts && end),
      calling,
      h("div", { class: "recorder", role: "group", "aria-label": "Recording" }, state, acts && h("div", { class: "buttons even" }, start, resume, pause, stop)),
    ),
    invite: () => invites && usable(invite) && askInvite(context, name),
    /** @param {Room|undefined} now */
    update(now) {
      room = now;
      const live = now?.live ?? null;
      press(lock, Boolean(live?.locked), ["unlock", "lock"]);
      for (const button of [lock, invite, end]) button.disabled = !live;
      const recording = live?.recording ?? "off";
      const byHand = live?.paused !== false;
      const focused = document.activeElement;
      show(start, recording === "off" && live?.record !== "off");
      start.disabled = !live?.members.length;
      show(pause, recording === "running");
      show(resume, recording === "paused" && byHand);
      show(stop, recording !== "off");
      if (next && focused instanceof HTMLElement && focused.hidden) next.focus();
      state.className = `recording-state ${recording}`;
      say(/** @type {Element} */ (state.children[1]), textOf(now));
      show(/** @type {HTMLElement} */ (state.children[2]), recording !== "off");
      const called = live?.inviting ?? [];
      show(calling, called.length > 0);
      fill(calling, called.map(({ endpoint }) => h("li", {}, `Calling ${calledOf(endpoint)}…`)));
    },
    /** @param {number} now */
    tick(now) {
      const recorded = room?.live ? recordedOf(room.live, now) : null;
      say(/** @type {Element} */ (state.children[2]), recorded === null ? "" : clock(recorded));
    },
  };
}

/** @param {HTMLElement} button */
function usable(button) {
  return !button.hidden && !(/** @type {HTMLButtonElement} */ (button).disabled);
}

/** @param {Room|undefined} room */
function textOf(room) {
  if (room?.live?.record === "off") return "This room is not recorded";
  return room?.live ? recordingText(room.live) : "Not recorded";
}

/** What is done to many at once: label, action, icon. */
const MANY = /** @type {const} */ ([
  ["Mute", "mute", "microphone_off"],
  ["Unmute", "unmute", "microphone"],
  ["Deafen", "deafen", "speaker_off"],
  ["Undeafen", "undeafen", "speaker"],
  ["Hold", "hold", "pause"],
  ["Resume", "unhold", "play"],
]);

/** For these there is no action on many: it is done to one after the other. */
const EACH = /** @type {const} */ ([
  ["Louder", "talk_up", "plus"],
  ["Less loud", "talk_down", "minus"],
]);

/**
 * The controls of many members at once.
 *
 * @param {Context} context
 * @param {string} name of the room
 */
export function manyPanel(context, name) {
  /** @type {Many} */
  let whom = "others";
  const choices = /** @type {Many[]} */ (["others", "all"]).map((each) => {
    const input = h("input", { type: "radio", name: "whom", value: each, id: `whom-${each}`, checked: each === whom });
    input.addEventListener("change", () => (whom = each));
    return h("div", { class: "choice" }, input, h("label", { for: input.id }, each === "all" ? "Everybody" : "All but moderators"));
  });
  const members = () =>
    whom === "others" ? othersOf(context, name) : (context.known().rooms[name]?.live?.members ?? []);
  const buttons = [
    ...MANY.map(([label, each, icon]) =>
      action({ label, icon, press: () => context.act(name, `${each}_${whom}`) }),
    ),
    ...EACH.map(([label, each, icon]) =>
      action({ label, icon, press: () => actEach(context.api, name, members(), each).catch(context.fail) }),
    ),
    action({ label: "Move…", icon: "move", press: () => askMove(context, name, whom) }),
    action({ label: "Announce…", icon: "announce", press: () => askAnnounce(context, name, whom) }),
    action({ label: "Remove…", icon: "leave", class: "danger-text", press: askRemove }),
  ];
  const last = action({ label: "Remove who came last…", icon: "leave", class: "danger-text", press: askLast });

  async function askRemove() {
    const sure = await confirmed({
      title: `Remove ${WHOM[whom]}?`,
      text: `${members().length} of ${context.known().rooms[name]?.live?.members.length ?? 0} members will be out of the room.`,
      yes: "Remove",
    });
    if (sure) await context.act(name, `kick_${whom}`);
  }

  async function askLast() {
    const others = othersOf(context, name);
    const found = others[others.length - 1];
    if (!found) return;
    const sure = await confirmed({
      title: `Remove ${nameOf(found)}?`,
      text: `${nameOf(found)} came last of those who are no moderators.`,
      yes: "Remove",
    });
    // That very one: somebody else may have come while it was asked.
    if (sure) await context.act(name, "kick", {}, found.id);
  }

  return {
    element: h(
      "section",
      { class: "card", "aria-labelledby": "many-panel" },
      h("div", { class: "card-head" }, h("h2", { id: "many-panel" }, "Many at once")),
      h("fieldset", { class: "choices" }, h("legend", { class: "unseen" }, "Applies to"), choices),
      h("div", { class: "buttons even" }, buttons), h("div", { class: "buttons last" }, last),
    ),
    /** @param {Room|undefined} room */
    update(room) {
      const inside = room?.live?.members ?? [];
      for (const button of buttons) button.disabled = inside.length === 0;
      last.disabled = !inside.some((each) => !each.moderator);
    },
  };
}
