// Messages that callers left, and recordings of calls: to listen to.

import { type Children, h, type Node } from "../dom";
import { shownName } from "../number";
import type { Page } from "../page";
import type { MessagesTab, State } from "../state";
import { texts } from "../texts";
import { clock, day, hour, spoken } from "../time";
import type { Message, Recording } from "../wire";
import { avatar, iconButton, listState, nothing, segments } from "./parts";

export function messages(state: State, page: Page): Children {
  const tabs: [MessagesTab, string][] = [
    ["messages", texts.voicemail],
    ["recordings", texts.recordings],
  ];
  return [
    h(
      "header",
      { class: "list-head" },
      h("h1", { id: "list-title", class: "title" }, texts.views.messages),
      segments(texts.showWhich, "messages-tab", tabs, state.messagesTab, (messagesTab) =>
        page.set({ messagesTab }),
      ),
    ),
    state.messagesTab === "messages" ? voicemail(state, page) : recordings(state, page),
  ];
}

function voicemail(state: State, page: Page): Children {
  const { items, state: loading } = state.messages;
  return [
    listState(loading, items.length === 0, () => page.lists.messages()),
    loading === "there" && items.length === 0 && nothing("voicemail", texts.noMessages),
    h("ul", { class: "rows", key: "messages" }, items.map((one) => message(one, state, page))),
  ];
}

function message(one: Message, state: State, page: Page): Node {
  const name = shownName(one.from) || texts.unknownCaller;
  const when = `${day(one.at, state.now)}, ${hour(one.at)}`;
  return h(
    "li",
    { class: `line playable ${one.heard ? "" : "fresh"}`, key: one.id },
    avatar(name),
    h(
      "div",
      { class: "words" },
      h("p", { class: "name" }, name, !one.heard && h("span", { class: "chip new" }, texts.isNew)),
      h("p", { class: "hint" }, h("span", {}, when), length(one.seconds)),
    ),
    one.from.number &&
      iconButton(texts.callBackTo(name), () => page.calls.dial(one.from.number), "phone", {
        class: "call-it",
        key: "call",
      }),
    iconButton(
      texts.deleteMessage(name),
      () =>
        page.set({
          dialog: {
            kind: "confirm",
            title: texts.deleteTitle,
            text: texts.deleteText(name, when),
            verb: texts.delete,
            deed: () => void page.lists.deleteMessage(one.id),
          },
        }),
      "trash",
      { key: "delete" },
    ),
    player(state, page, `messages/${encodeURIComponent(one.id)}/audio`, one.seconds, texts.playMessage(name)),
  );
}

function recordings(state: State, page: Page): Children {
  const { items, state: loading } = state.recordings;
  return [
    listState(loading, items.length === 0, () => page.lists.recordings()),
    loading === "there" && items.length === 0 && nothing("record", texts.noRecordings),
    h("ul", { class: "rows", key: "recordings" }, items.map((one) => recording(one, state, page))),
  ];
}

function recording(one: Recording, state: State, page: Page): Node {
  const name = shownName(one.peer) || texts.unknownCaller;
  return h(
    "li",
    { class: "line playable", key: one.id },
    avatar(name),
    h(
      "div",
      { class: "words" },
      h("p", { class: "name" }, name),
      h("p", { class: "hint" }, h("span", {}, `${day(one.at, state.now)}, ${hour(one.at)}`), length(one.seconds)),
    ),
    player(state, page, `recordings/${encodeURIComponent(one.id)}/audio`, one.seconds, texts.playRecording(name)),
  );
}

function length(seconds: number): Node {
  return h(
    "span",
    {},
    h("span", { "aria-hidden": "true" }, clock(seconds)),
    h("span", { class: "unseen" }, spoken(seconds)),
  );
}

/** Play and pause, and where in it. */
function player(state: State, page: Page, path: string, seconds: number, label: string): Node {
  const mine = state.player?.id === path ? state.player : null;
  const playing = mine?.state === "playing";
  const all = mine?.length || seconds;
  const at = mine?.position ?? 0;
  return h(
    "div",
    { class: "player", key: "player" },
    iconButton(playing ? texts.pause : label, () => page.sounds.toggle(path, seconds), playing ? "pause" : "play", {
      class: "filled",
      "aria-busy": String(mine?.state === "loading"),
    }),
    mine?.state === "failed"
      ? h("p", { class: "problem", role: "alert" }, texts.soundFailed)
      : [
          h("input", {
            type: "range",
            "aria-label": texts.position,
            "aria-valuetext": spoken(at),
            min: "0",
            max: String(Math.max(all, 0.1)),
            step: "0.1",
            value: String(at),
            disabled: !mine || mine.state === "loading",
            on: { input: (event) => page.sounds.seek(Number((event.target as HTMLInputElement).value)) },
          }),
          h("span", { class: "hint", "aria-hidden": "true" }, mine ? `${clock(at)} / ${clock(all)}` : clock(seconds)),
        ],
  );
}
