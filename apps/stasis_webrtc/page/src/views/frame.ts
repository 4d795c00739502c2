// The whole page: log-in, or the navigation, a list, and the calls beside it.

import { h, type Children, type Node } from "../dom";
import { type Icon, icon } from "../icons";
import type { Page } from "../page";
import type { State, View } from "../state";
import { shownName } from "../number";
import { focused, live } from "../talk";
import { texts } from "../texts";
import { contacts } from "./contacts";
import { dialogs } from "./dialogs";
import { history } from "./history";
import { messages } from "./messages";
import { notices } from "./notices";
import { avatar, button, iconButton } from "./parts";
import { settings } from "./settings";
import { signIn } from "./sign_in";
import { stage } from "./stage";
import { status } from "./status";

const LISTS = { contacts, history, messages, settings };
const ICONS: Record<View, Icon> = {
  phone: "phone",
  contacts: "people",
  history: "clock",
  messages: "voicemail",
  settings: "gear",
};

export function whole(state: State, page: Page): Children {
  const shown =
    state.stage === "signed_out"
      ? signIn(state, page)
      : state.stage === "signed_in" && state.me
        ? frame(state, page)
        : starting(state, page);
  return [shown, notices(state, page), dialogs(state, page), spoken(state)];
}

function starting(state: State, page: Page): Node {
  return h(
    "main",
    { class: "starting", key: "starting" },
    h("span", { class: "spinner large" }),
    h("p", { role: "status" }, state.feed === "waiting" ? texts.problems["offline"] : texts.starting),
    state.feed === "waiting" && button(texts.tryNow, page.now, null),
  );
}

function frame(state: State, page: Page): Node {
  const list = LISTS[state.list];
  return h(
    "div",
    { class: "frame", key: "frame", "data-view": state.view, "data-home": true, tabindex: "-1" },
    state.wide &&
      h("a", { class: "skip", key: "skip", href: "#stage", on: { click: (event) => skip(event, page) } }, texts.skip),
    top(state, page),
    navigation(state, page),
    h("section", { class: "banners", key: "banners", "aria-label": texts.warnings }, banners(state, page)),
    h(
      "main",
      { class: "content" },
      (state.wide || state.view !== "phone") &&
        h(
          "section",
          {
            class: "list",
            key: `list-${state.list}`,
            "aria-labelledby": "list-title",
            "data-home": true,
            tabindex: "-1",
          },
          list(state, page),
        ),
      (state.wide || state.view === "phone") && stage(state, page),
    ),
  );
}

function skip(event: Event, page: Page): void {
  event.preventDefault();
  page.go("phone");
  queueMicrotask(() => document.getElementById("stage")?.focus());
}

/** Who is logged in, whether the phone works, do not disturb. */
function top(state: State, page: Page): Node {
  const me = state.me!;
  const { dnd } = me.settings;
  return h(
    "header",
    { class: "top", key: "top" },
    avatar(me.name),
    h(
      "div",
      { class: "who" },
      h("p", { class: "name" }, me.name),
      h("p", { class: "hint" }, texts.extension(me.extension)),
    ),
    h(
      "p",
      { class: `standing ${state.standing}` },
      h("span", { class: "unseen" }, `${texts.connection}: `),
      texts.standings[state.standing],
    ),
    dnd && h("p", { class: "chip recording away", "aria-hidden": "true" }, icon("bell_off"), texts.doNotDisturb),
    h(
      "div",
      { class: "top-actions" },
      iconButton(texts.doNotDisturb, () => page.account.dnd(!dnd), "bell_off", {
        "aria-pressed": String(dnd),
        class: "dnd",
      }),
      iconButton(texts.shortcuts, () => page.set({ dialog: { kind: "shortcuts" } }), "help", {
        class: "help",
      }),
      iconButton(texts.signOut, () => page.logOut(), "leave"),
    ),
  );
}

function navigation(state: State, page: Page): Node {
  const views: View[] = state.wide
    ? ["contacts", "history", "messages", "settings"]
    : ["phone", "contacts", "history", "messages", "settings"];
  const current = state.wide ? state.list : state.view;
  return h(
    "nav",
    { "aria-label": texts.mainNavigation, key: "nav" },
    h(
      "ul",
      {},
      views.map((view) => {
        const count = badge(state, view);
        return h(
          "li",
          { key: view },
          h(
            "button",
            {
              type: "button",
              class: "tab",
              ...(view === current ? { "aria-current": "page" } : {}),
              on: { click: () => page.go(view) },
            },
            icon(ICONS[view]),
            h("span", { class: "tab-name" }, texts.views[view]),
            count.number > 0 && [
              h("span", { class: "badge", "aria-hidden": "true" }, count.number > 99 ? "99+" : count.number),
              h("span", { class: "unseen" }, `, ${count.text(count.number)}`),
            ],
          ),
        );
      }),
    ),
  );
}

function badge(state: State, view: View): { number: number; text: (count: number) => string } {
  if (view === "history") return { number: state.missed, text: texts.missedCount };
  if (view === "messages") return { number: state.unheard, text: texts.unheardCount };
  if (view === "phone") return { number: live(state).length, text: () => texts.calls };
  return { number: 0, text: String };
}

/** What keeps the phone from working, and what can be done. */
function banners(state: State, page: Page): Children {
  const wait = Math.max(0, Math.ceil((state.retryAt - state.now) / 1000));
  const current = focused(state);
  return [
    current &&
      current.state !== "ended" &&
      !state.wide &&
      state.view !== "phone" &&
      banner(
        "call",
        "info",
        `${shownName(current.peer)} · ${status(state, current)}`,
        button(texts.backToCall, () => page.go("phone"), null),
        "phone",
      ),
    state.taken &&
      banner("taken", "info", `${texts.taken} ${texts.takenHint}`, button(texts.useHere, () => page.take(), null)),
    state.feed === "waiting" &&
      banner(
        "feed",
        "warning",
        `${texts.feedLost} ${texts.tryingAgain(wait)}`,
        button(texts.tryNow, () => page.now(), null),
      ),
    state.feed === "open" && state.standing === "offline" && !state.taken &&
      banner("phone", "warning", texts.phoneOffline, button(texts.tryNow, () => page.now(), null)),
    state.blocked &&
      banner("blocked", "info", texts.blocked, button(texts.allowSound, () => page.unblock(), "speaker")),
  ];
}

function banner(key: string, kind: "info" | "warning", text: string, action: Node, shown: Icon = "warning"): Node {
  return h("div", { class: `banner ${kind}`, key }, icon(shown), h("p", {}, text), action);
}

/** Live regions: always there, so that what is written into them is read. */
function spoken(state: State): Node {
  return h(
    "div",
    { class: "unseen", key: "spoken" },
    h("div", { role: "status", "aria-live": "polite", id: "polite" }, state.said.polite),
    h("div", { role: "alert", "aria-live": "assertive", id: "urgent" }, state.said.urgent),
  );
}
