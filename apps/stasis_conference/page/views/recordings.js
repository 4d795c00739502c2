// @ts-check
/**
 * The recordings of a room: listen, keep, delete. A page cannot give its token to an `<audio>`, so
 * the sound is fetched and played from memory; one at a time, and let go with the view.
 */

import { PAGE } from "../api.js";
import { clock, dayOf, shortTimeOf } from "../clock.js";
import { action } from "../controls.js";
import { confirmed } from "../dialogs.js";
import { each, fill, h, say, set, show } from "../dom.js";
import { icon } from "../icons.js";
import { may } from "../session.js";
import { problemText } from "../texts.js";
import { head } from "./head.js";

/**
 * @typedef {import("../shapes.js").Recording} Recording
 * @typedef {import("./context.js").Context} Context
 * @typedef {import("./context.js").View} View
 */

/**
 * @param {Context} context
 * @param {string} name of the room
 * @returns {View}
 */
export function recordings(context, name) {
  const top = head(context, name, "recordings");
  const list = h("ul", { class: "recordings", "aria-label": "Recordings" });
  const state = h("p", { class: "empty", role: "status" }, "Loading…");
  /** @type {Map<string, ReturnType<typeof row>>} */
  const rows = new Map();
  /** @type {Recording[]} */
  let found = [];
  let seen = "";
  const more = action({ label: "Earlier ones", icon: "clock", press: () => load(true) });
  show(more, false);
  let over = false;

  /** @param {boolean} [earlier] beside those that are shown */
  async function load(earlier = false) {
    try {
      const before = earlier ? found[found.length - 1]?.id : undefined;
      const got = await context.api.recordings(name, before);
      if (over) return;
      show(more, got.length >= PAGE);
      draw(earlier ? [...found, ...got] : got);
    } catch (error) {
      say(state, problemText(error));
      show(state, true);
    }
  }

  /** @param {Recording[]} now */
  function draw(now) {
    found = now;
    each(list, rows, found, (one) => String(one.id), (one) => row(context, one, { silence, deleted }), (view, one) => view.update(one));
    say(state, found.length ? "" : "Nothing was recorded in this room yet.");
    show(state, found.length === 0);
  }

  /** Let go of every sound but one. @param {unknown} [but] */
  function silence(but) {
    for (const view of rows.values()) if (view.element !== but) view.release();
  }

  /** @param {Recording} gone */
  function deleted(gone) {
    const index = found.indexOf(gone);
    rows.get(String(gone.id))?.release();
    draw(found.filter((one) => one !== gone));
    context.announcer.now("The recording is deleted.");
    const next = found[Math.min(index, found.length - 1)];
    (next ? rows.get(String(next.id))?.focus : () => top.element.querySelector("a")?.focus())?.();
  }

  return {
    element: h("main", { id: "main", class: "page", tabindex: -1 }, top.element, list, state, more),
    title: () => `Recordings · ${top.windowTitle()}`,
    update(known) {
      const room = known.rooms[name];
      top.update(room);
      const now = `${room?.live?.recording ?? ""} ${room?.live?.recording_name ?? ""}`;
      if (known.ready && now !== seen) {
        seen = now;
        void load();
      }
    },
    tick: (now) => top.tick(now),
    close() {
      over = true;
      silence();
    },
  };
}

/**
 * @param {Context} context
 * @param {Recording} first
 * @param {{silence: (but: unknown) => void, deleted: (one: Recording) => void}} told
 */
function row(context, first, told) {
  let recording = first;
  let address = "";
  const when = `${dayOf(first.begun)}, ${shortTimeOf(first.begun)}`;
  const length = h("span", { class: "muted-text" });
  const player = h("div", { class: "player", hidden: true });
  const wrong = h("p", { class: "problem", role: "alert", hidden: true });
  const play = action({ label: "Listen", name: `Listen to ${when}`, icon: "play", press: listen });
  const trash = action({
    label: "Delete…",
    name: `Delete ${when}`,
    icon: "trash",
    class: "danger-text",
    press: ask,
  });
  show(trash, may(context.grant, "recordings:delete"));
  const element = h(
    "li",
    { class: "card recording-row" },
    h("div", { class: "recording-line" }, h("div", {}, h("h2", {}, when), length), h("div", { class: "buttons" }, play, trash)),
    player,
    wrong,
  );

  async function listen() {
    told.silence(element);
    show(wrong, false);
    try {
      const blob = await context.api.sound(recording.id);
      release();
      address = URL.createObjectURL(blob);
      const audio = h("audio", { controls: true, src: address, "aria-label": `Recording of ${when}` });
      const file = recording.name.split("/").slice(-2).join("-");
      const save = h("a", { class: "button", href: address, download: `${file}${endingOf(blob)}` }, icon("download"), h("span", { class: "label" }, "Save"));
      set(save, "aria-label", `Save ${when}`);
      fill(player, audio, save);
      show(player, true);
      show(play, false);
      audio.focus();
      audio.play().catch(() => undefined); // it may wait for the listener's own press
    } catch (error) {
      say(wrong, problemText(error));
      show(wrong, true);
    }
  }

  function release() {
    if (address) URL.revokeObjectURL(address);
    address = "";
    player.replaceChildren();
    show(player, false);
    show(play, true);
  }

  async function ask() {
    const sure = await confirmed({
      title: "Delete this recording?",
      text: `The recording of ${when} is deleted for good.`,
      yes: "Delete",
    });
    if (!sure) return;
    try {
      await context.api.deleteRecording(recording.id);
      told.deleted(recording);
    } catch (error) {
      context.fail(error);
    }
  }

  return {
    element,
    release,
    focus: () => play.focus(),
    /** @param {Recording} next */
    update(next) {
      recording = next;
      const runs = next.ended === null;
      say(length, runs ? "is being recorded" : clock(next.seconds));
      play.disabled = runs;
      trash.disabled = runs;
    },
  };
}

/** @param {Blob} blob */
function endingOf(blob) {
  const ending = blob.type.match(/^audio\/(?:x-)?([a-z0-9]+)/)?.[1];
  return ending ? `.${ending}` : "";
}
