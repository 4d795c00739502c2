// The calls: those that ring, the one that is talked in, the others; and the pad for a new one.

import { h, type Node } from "../dom";
import { incoming } from "../alerts";
import { shownName } from "../number";
import type { Page } from "../page";
import type { State } from "../state";
import { focused, live, lineOf, rings, type Talk, talks } from "../talk";
import { texts } from "../texts";
import { call } from "./call";
import { dialPad } from "./pad";
import { avatar, button, iconButton } from "./parts";
import { status } from "./status";

export function stage(state: State, page: Page): Node {
  const all = talks(state);
  const ringing = all.filter((one) => rings(one) && one.place !== "returning");
  const current = focused(state);
  const shown = [current, ...ringing].map((one) => one?.id);
  const others = live(state).filter((one) => !shown.includes(one.id));
  const busy = all.length > 0;
  return h(
    "section",
    { class: "stage", id: "stage", key: "stage", tabindex: "-1", "data-home": true, "aria-labelledby": "stage-title" },
    h("h1", { class: busy ? "unseen" : "title", id: "stage-title" }, busy ? texts.calls : texts.dialTitle),
    ringing.map((one) => incomingCall(state, one, page)),
    current && call(state, current, page),
    others.length > 0 &&
      h(
        "section",
        { class: "others", key: "others", "aria-label": texts.otherCalls },
        h("h2", {}, texts.otherCalls),
        h("ul", {}, others.map((one) => otherCall(state, one, page))),
      ),
    busy && !state.adding
      ? live(state).length > 0 &&
          button(texts.newCall, () => newCall(page), "plus", { class: "quiet new-call", key: "new" })
      : dialPad(state, page),
  );
}

function newCall(page: Page): void {
  page.set({ adding: true });
  queueMicrotask(() => document.getElementById("number")?.focus());
}

function incomingCall(state: State, one: Talk, page: Page): Node {
  const name = shownName(one.peer) || texts.unknownCaller;
  const here = state.lines[lineOf(state, one.id)] !== undefined;
  const mine = one.direction === "out";
  const talking = live(state).some((other) => other.state === "connected" && !other.held && other.place === "here");
  return h(
    "section",
    {
      class: "incoming",
      key: `incoming-${one.id}`,
      role: "group",
      "aria-label": mine ? texts.yourCallTo(name) : texts.incomingFrom(name),
      "data-home": true,
      tabindex: "-1",
    },
    h("p", { class: "kind" }, texts.incomingCall),
    h("span", { class: "pulse" }, avatar(name)),
    h("p", { class: "peer-name" }, name),
    one.peer.name && h("p", { class: "peer-number" }, one.peer.number),
    talking && h("p", { class: "hint" }, texts.waitingCall),
    h(
      "div",
      { class: "incoming-actions" },
      button(texts.decline, () => page.calls.decline(one.id), "hangup", { class: "end", key: "decline" }),
      here &&
        button(texts.answer, () => page.calls.answer(one.id), "phone", {
          class: "answer",
          key: "answer",
          ...(incoming(state)?.id === one.id ? { "aria-keyshortcuts": "A" } : {}),
        }),
    ),
  );
}

function otherCall(state: State, one: Talk, page: Page): Node {
  const name = shownName(one.peer) || texts.unknownCaller;
  return h(
    "li",
    { key: one.id, class: "other" },
    h(
      "button",
      { type: "button", class: "row", on: { click: () => page.calls.show(one.id) } },
      avatar(name),
      h(
        "span",
        { class: "words" },
        h("span", { class: "name" }, name),
        h("span", { class: "hint" }, status(state, one)),
      ),
    ),
    one.held &&
      one.place === "here" &&
      iconButton(texts.resumeCallWith(name), () => page.calls.hold(one.id, false), "play", { key: "resume" }),
    iconButton(texts.endCallWith(name), () => page.calls.end(one.id), "hangup", { class: "danger", key: "end" }),
  );
}
