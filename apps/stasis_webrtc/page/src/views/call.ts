// The call whose controls are shown.

import { type Children, h, type Node } from "../dom";
import { type Icon, icon } from "../icons";
import { metered } from "../meter";
import { shownName } from "../number";
import type { Page } from "../page";
import type { Panel, State } from "../state";
import { lineOf, live, type Talk } from "../talk";
import { texts } from "../texts";
import { avatar, button } from "./parts";
import { conferencePanel, roster } from "./conference";
import { keys } from "./pad";
import { status } from "./status";
import { transferPanel } from "./transfer";

export function call(state: State, one: Talk, page: Page): Node {
  const name = shownName(one.peer) || texts.unknownCaller;
  const running = one.state !== "ended";
  const controls = running && one.state === "connected" && one.place === "here" && one.known;
  return h(
    "section",
    {
      class: `call ${one.state} ${controls && state.panel?.call === one.id ? "with-panel" : ""}`,
      key: `call-${one.id}`,
      "aria-labelledby": "call-name",
      "data-home": true,
      tabindex: "-1",
    },
    h(
      "header",
      {},
      avatar(name),
      h("h2", { class: "peer-name", id: "call-name" }, name),
      one.peer.name && h("p", { class: "peer-number" }, one.peer.number),
      h("p", { class: "status" }, status(state, one)),
      badges(one),
    ),
    controls && level(one, state, page),
    connect(state, one, page),
    controls && buttons(state, one, page),
    controls && panel(state, one, page),
    one.conference && one.state === "connected" && roster(state.rosters[one.conference], one.conference, "h3"),
    running &&
      h(
        "div",
        { class: "call-end" },
        one.place === "returning" &&
          state.lines[lineOf(state, one.id)] &&
          button(texts.answer, () => page.calls.answer(one.id), "phone", { class: "answer", key: "return" }),
        button(texts.end, () => page.calls.end(one.id), "hangup", {
          class: "end",
          key: "end",
          "aria-keyshortcuts": "E",
        }),
      ),
  );
}

function badges(one: Talk): Node | false {
  if (one.state !== "connected") return false;
  const shown: [boolean, string, Icon, string][] = [
    [one.held, texts.onHold, "pause", "hold"],
    [one.heldByOther, texts.heldByOther, "pause", "hold"],
    [one.muted, texts.isMuted, "muted", "muted"],
    [one.silenced, texts.silenced, "muted", "muted"],
    [one.recording, texts.isRecording, "record", "recording"],
    [one.conference !== null, `${texts.conference} ${one.conference ?? ""}`, "conference", "conference"],
  ];
  const on = shown.filter(([is]) => is);
  return (
    on.length > 0 &&
    h(
      "ul",
      { class: "badges" },
      on.map(([, text, name, kind]) =>
        h("li", { class: `chip ${kind}`, key: text }, icon(name), h("span", {}, text)),
      ),
    )
  );
}

/** The microphone's level, drawn by itself. */
function level(one: Talk, state: State, page: Page): Node {
  const silent = one.muted || one.silenced || one.held;
  return h(
    "div",
    { class: `level ${silent ? "silent" : ""}`, key: "level" },
    icon(silent ? "muted" : "microphone"),
    h(
      "div",
      { class: "level-bar", "aria-hidden": "true" },
      h("span", {
        class: "level-fill",
        mount: (fill) => {
          const stream = page.phone.outgoing(lineOf(state, one.id));
          if (!stream) return;
          return metered(stream, (now) => fill.style.setProperty("--level", now.toFixed(3)));
        },
      }),
    ),
  );
}

function buttons(state: State, one: Talk, page: Page): Node {
  const { calls } = page;
  const { id, muted, silenced, held, recording, recordedByOther } = one;
  const opens = (panel: Panel, label: string, shown: Icon, key: string): Node => {
    const open = state.panel?.call === id && state.panel.panel === panel;
    return control(panel, label, shown, key, open, () => calls.panel(id, panel), {
      "aria-expanded": String(open),
    });
  };
  return h(
    "div",
    { class: "controls", role: "group", "aria-label": texts.currentCall, key: "controls" },
    silenced && !muted
      ? control("mute", texts.isMuted, "muted", "M", true, () => {}, {
          "aria-disabled": "true",
          title: texts.silenced,
        })
      : control("mute", muted ? texts.unmute : texts.mute, muted ? "muted" : "microphone", "M", muted, () =>
          calls.mute(id, !muted),
        ),
    control("hold", held ? texts.resume : texts.hold, held ? "play" : "pause", "H", held, () =>
      calls.hold(id, !held),
    ),
    opens("keypad", texts.keypad, "keypad", "K"),
    opens("transfer", texts.transfer, "transfer", "T"),
    state.me?.grants.may_record &&
      !recordedByOther &&
      control("record", recording ? texts.stopRecording : texts.record, "record", "R", recording, () =>
        calls.record(id, !recording),
      ),
    !state.rooms.absent && !one.conference && opens("conference", texts.conference, "conference", "C"),
  );
}

/** A round button with its name below. `on`: what it does is on now, and its name says how to end it. */
function control(
  kind: string,
  label: string,
  shown: Icon,
  key: string,
  on: boolean,
  press: () => unknown,
  props: Record<string, string> = {},
): Node {
  return h(
    "button",
    {
      type: "button",
      class: `control ${kind} ${on ? "on" : ""}`,
      key: kind,
      title: `${label} (${key})`,
      "aria-keyshortcuts": key,
      on: { click: () => void press() },
      ...props,
    },
    h("span", { class: "disc" }, icon(shown)),
    h("span", { class: "control-name" }, label),
  );
}

function panel(state: State, one: Talk, page: Page): Children {
  if (state.panel?.call !== one.id) return [];
  switch (state.panel.panel) {
    case "keypad":
      return [
        h(
          "section",
          { class: "panel", key: "panel-keypad", "aria-label": texts.sendDigits },
          h("output", { class: "digits", "aria-label": texts.digitsSent }, state.digits || "\u00a0"),
          h("div", { mount: focusFirst }, keys((key) => page.calls.press(one.id, key))),
        ),
      ];
    case "transfer":
      return [transferPanel(state, one, page)];
    case "conference":
      return [conferencePanel(state, one, page)];
  }
}

function focusFirst(element: HTMLElement): void {
  element.querySelector<HTMLElement>("button")?.focus();
  element.scrollIntoView({ block: "nearest" });
}

/** Two calls can be brought together: this one with each that waits. */
function connect(state: State, one: Talk, page: Page): Children {
  if (one.state !== "connected" || one.place !== "here" || one.held || one.conference) return [];
  return live(state)
    .filter((other) => other.id !== one.id && other.state === "connected" && other.held && other.place === "here" && other.known)
    .map((other) =>
      h(
        "div",
        { class: "connect", key: `connect-${other.id}` },
        button(
          texts.connectBoth(shownName(other.peer), shownName(one.peer)),
          () => page.calls.attend(other.id, one.id),
          "merge",
          { class: "primary wide", "aria-describedby": `connect-hint-${other.id}` },
        ),
        h("p", { class: "hint", id: `connect-hint-${other.id}` }, texts.connectHint),
      ),
    );
}
