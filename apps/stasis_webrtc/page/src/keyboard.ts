// Single keys for all that is done often, as one table: what `?` shows is what they do.

import { incoming } from "./alerts";
import type { Page } from "./page";
import type { State } from "./state";
import { focused, live, type Talk } from "./talk";
import { texts } from "./texts";

export interface Shortcut {
  key: string;
  name: keyof typeof texts.shortcutNames;
  /** Does it, if it can be done now. */
  deed: (page: Page, state: State) => void;
}

export const SHORTCUTS: readonly Shortcut[] = [
  { key: "a", name: "answer", deed: (page, state) => ringing(state, (id) => page.calls.answer(id)) },
  { key: "d", name: "decline", deed: (page, state) => ringing(state, (id) => page.calls.decline(id)) },
  { key: "e", name: "end", deed: (page, state) => current(state, ({ id }) => page.calls.end(id)) },
  {
    key: "m",
    name: "mute",
    deed: (page, state) => talking(state, ({ id, muted }) => page.calls.mute(id, !muted)),
  },
  {
    key: "h",
    name: "hold",
    deed: (page, state) => talking(state, ({ id, held }) => page.calls.hold(id, !held)),
  },
  {
    key: "t",
    name: "transfer",
    deed: (page, state) => talking(state, ({ id }) => page.calls.panel(id, "transfer")),
  },
  {
    key: "k",
    name: "keypad",
    deed: (page, state) => talking(state, ({ id }) => page.calls.panel(id, "keypad")),
  },
  {
    key: "r",
    name: "record",
    deed: (page, state) => {
      if (state.me?.grants.may_record)
        talking(state, ({ id, recording, recordedByOther }) =>
          recordedByOther ? undefined : page.calls.record(id, !recording),
        );
    },
  },
  {
    key: "c",
    name: "conference",
    deed: (page, state) => {
      if (!state.rooms.absent) talking(state, ({ id }) => page.calls.panel(id, "conference"));
    },
  },
  { key: "x", name: "next", deed: next },
  { key: "/", name: "dial", deed: toNumber },
  { key: "1", name: "contacts", deed: (page) => page.go("contacts") },
  { key: "2", name: "history", deed: (page) => page.go("history") },
  { key: "3", name: "messages", deed: (page) => page.go("messages") },
  { key: "4", name: "settings", deed: (page) => page.go("settings") },
  {
    key: "q",
    name: "dnd",
    deed: (page, state) => void page.account.dnd(!state.me?.settings.dnd),
  },
  { key: "?", name: "help", deed: (page) => page.set({ dialog: { kind: "shortcuts" } }) },
];

/** Listen to the whole page. */
export function listen(page: Page): void {
  document.addEventListener("keydown", (event) => {
    const { state } = page.store;
    if (event.defaultPrevented || state.stage !== "signed_in" || state.dialog) return;
    if (event.key === "Escape") return escaped(page, state);
    if (!state.preferences.shortcuts || event.ctrlKey || event.metaKey || event.altKey) return;
    if (event.repeat || types(event.target)) return;
    const key = event.key.toLowerCase();
    const shortcut = SHORTCUTS.find((one) => one.key === key);
    if (!shortcut) return;
    event.preventDefault();
    shortcut.deed(page, state);
  });
}

function types(target: EventTarget | null): boolean {
  if (!(target instanceof HTMLElement)) return false;
  if (target.closest("[data-keys]")) return true; // it has keys of its own: a pad
  const field = target.matches("textarea, select") || target.isContentEditable;
  return field || (target instanceof HTMLInputElement && !["checkbox", "radio"].includes(target.type));
}

function escaped(page: Page, state: State): void {
  if (state.panel) page.set({ panel: null });
  else if (state.adding) page.set({ adding: false });
  else if (state.search) page.set({ search: "" });
}

function ringing(state: State, deed: (id: string) => unknown): void {
  const call = incoming(state);
  if (call) deed(call.id);
}

function current(state: State, deed: (call: Talk) => unknown): void {
  const call = focused(state);
  if (call && call.state !== "ended") deed(call);
}

function talking(state: State, deed: (call: Talk) => unknown): void {
  const call = focused(state);
  if (call?.state === "connected" && call.place === "here" && call.known) deed(call);
}

function next(page: Page, state: State): void {
  const calls = live(state);
  const at = calls.findIndex((one) => one.id === focused(state)?.id);
  const call = calls[(at + 1) % calls.length];
  if (call) page.calls.show(call.id);
}

function toNumber(page: Page, state: State): void {
  if (live(state).length) page.set({ adding: true });
  page.go("phone");
  queueMicrotask(() => document.getElementById("number")?.focus());
}
