// Calls that were, with those that were missed, and a call back.

import { type Children, h, type Node } from "../dom";
import { type Icon, icon } from "../icons";
import { shownName } from "../number";
import type { Page } from "../page";
import type { State } from "../state";
import { texts } from "../texts";
import { clock, day, hour, spoken } from "../time";
import type { Entry } from "../wire";
import { avatar, button, iconButton, listState, nothing, segments } from "./parts";

export function history(state: State, page: Page): Children {
  const { items, missedOnly, more, state: loading } = state.history;
  return [
    h(
      "header",
      { class: "list-head" },
      h("h1", { id: "list-title", class: "title" }, texts.views.history),
      segments(
        texts.showWhich,
        "history-tab",
        [
          ["all", texts.allCalls],
          ["missed", texts.missedCalls],
        ],
        missedOnly ? "missed" : "all",
        (tab) => void page.lists.history(tab === "missed"),
      ),
    ),
    listState(loading, items.length === 0, () => page.lists.history()),
    loading === "there" &&
      items.length === 0 &&
      nothing("clock", missedOnly ? texts.noMissed : texts.noHistory),
    days(items, state.now).map(([name, entries]) =>
      h(
        "section",
        { key: name, class: "day", "aria-label": name },
        h("h2", {}, name),
        h("ul", { class: "rows" }, entries.map((one) => entry(one, page))),
      ),
    ),
    more && button(texts.earlier, () => page.lists.earlier(), null, { class: "quiet", key: "earlier" }),
  ];
}

function days(items: Entry[], now: number): [string, Entry[]][] {
  const found = new Map<string, Entry[]>();
  for (const one of items) {
    const name = day(one.at, now);
    found.set(name, [...(found.get(name) ?? []), one]);
  }
  return [...found];
}

function entry(one: Entry, page: Page): Node {
  const name = shownName(one.peer) || texts.unknownCaller;
  const kind = one.missed ? "missed" : one.direction === "in" ? "incoming" : "outgoing";
  const how = one.missed ? texts.missed : one.direction === "in" ? texts.incoming : texts.outgoing;
  const talked = one.outcome === "answered" || one.seconds > 0;
  const what = talked ? clock(one.seconds) : one.missed ? "" : texts.reasons[one.outcome as never] ?? "";
  return h(
    "li",
    { class: `line was-${kind} ${one.missed && !one.seen ? "fresh" : ""}`, key: one.id },
    avatar(name),
    h(
      "div",
      { class: "words" },
      h(
        "p",
        { class: "name" },
        name,
        one.missed && !one.seen && h("span", { class: "unseen" }, `, ${texts.isNew}`),
      ),
      h(
        "p",
        { class: "hint" },
        h("span", { class: `way way-${kind}` }, icon(kind as Icon), h("span", {}, how)),
        one.peer.name && h("span", {}, one.peer.number),
        what &&
          h(
            "span",
            {},
            h("span", { "aria-hidden": "true" }, what),
            h("span", { class: "unseen" }, talked ? spoken(one.seconds) : what),
          ),
        one.recording && h("span", { class: "extra" }, icon("record"), h("span", {}, texts.withRecording)),
        one.message && h("span", { class: "extra" }, icon("voicemail"), h("span", {}, texts.withMessage)),
      ),
    ),
    h("time", { datetime: one.at }, hour(one.at)),
    one.peer.number &&
      iconButton(texts.callBackTo(name), () => page.calls.dial(one.peer.number), "phone", {
        class: "call-it",
      }),
  );
}
