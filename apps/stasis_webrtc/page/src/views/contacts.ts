// Whom one can call: people with what they are doing, and conference rooms.

import { type Children, h, type Node } from "../dom";
import { icon } from "../icons";
import { matches } from "../number";
import type { Page } from "../page";
import type { PeopleTab, State } from "../state";
import { texts } from "../texts";
import type { Contact, RoomLine } from "../wire";
import { roster } from "./conference";
import { avatar, iconButton, button, listState, nothing, segments } from "./parts";

export function contacts(state: State, page: Page): Children {
  const tabs: [PeopleTab, string][] = [
    ["people", texts.people],
    ["rooms", texts.rooms],
  ];
  return [
    h(
      "header",
      { class: "list-head" },
      h("h1", { id: "list-title", class: "title" }, texts.views.contacts),
      !state.rooms.absent &&
        segments(texts.showWhich, "people-tab", tabs, state.peopleTab, (peopleTab) =>
          page.set({ peopleTab }),
        ),
    ),
    state.peopleTab === "rooms" && !state.rooms.absent ? rooms(state, page) : people(state, page),
  ];
}

function people(state: State, page: Page): Children {
  const found = matches(state.contacts, state.search);
  return [
    h(
      "div",
      { class: "search", role: "search", key: "search" },
      icon("search"),
      h("label", { for: "search", class: "unseen" }, texts.searchContacts),
      h("input", {
        id: "search",
        type: "search",
        value: state.search,
        placeholder: texts.searchContacts,
        autocomplete: "off",
        on: {
          input: (event) => page.set({ search: (event.target as HTMLInputElement).value }),
          keydown: (event) => {
            if (event.key === "Escape") page.set({ search: "" });
          },
        },
      }),
    ),
    found.length === 0 &&
      nothing("people", state.search ? texts.noMatches(state.search) : texts.noContacts),
    h("ul", { class: "rows", key: "people" }, found.map((one) => person(one, page))),
  ];
}

function person(one: Contact, page: Page): Node {
  return h(
    "li",
    { class: "line", key: one.user },
    avatar(one.name, one.presence),
    h(
      "div",
      { class: "words" },
      h("p", { class: "name" }, one.name),
      h("p", { class: "hint" }, `${one.extension} · ${texts.presences[one.presence]}`),
    ),
    iconButton(texts.callSomebody(one.name), () => page.calls.dial(one.extension), "phone", {
      class: "call-it",
    }),
  );
}

function rooms(state: State, page: Page): Children {
  const { items } = state.rooms;
  return [
    listState(state.rooms.state, items.length === 0, () => page.lists.rooms()),
    state.rooms.state === "there" && items.length === 0 && nothing("conference", texts.noRooms),
    h("ul", { class: "rows", key: "rooms" }, items.map((one) => room(one, state, page))),
  ];
}

function room(one: RoomLine, state: State, page: Page): Node {
  const name = one.title || one.room;
  const open = state.openRoom === one.room;
  return h(
    "li",
    { class: "line room", key: one.room },
    h("span", { class: "room-icon" }, icon(one.locked ? "lock" : "conference")),
    h(
      "div",
      { class: "words" },
      h("p", { class: "name" }, name, one.locked && h("span", { class: "unseen" }, `, ${texts.locked}`)),
      h("p", { class: "hint" }, texts.memberCount(one.members)),
    ),
    iconButton(texts.showRoster(name), () => page.lists.openRoom(one.room), "people", {
      "aria-expanded": String(open),
      key: "who",
    }),
    button(texts.join, () => page.calls.dial(one.room), "phone", {
      "aria-label": texts.joinRoom(name),
      key: "join",
    }),
    open && roster(state.rosters[one.room], one.room, "h2"),
  );
}
