// Conference rooms: which one a call is brought into, and who is in one.

import { h, type Node } from "../dom";
import { icon } from "../icons";
import type { Page } from "../page";
import type { State } from "../state";
import type { Talk } from "../talk";
import { texts } from "../texts";
import type { Member, Room } from "../wire";
import { avatar } from "./parts";

export function conferencePanel(state: State, one: Talk, page: Page): Node {
  return h(
    "section",
    { class: "panel", key: "panel-conference", "aria-labelledby": "conference-title" },
    h("h3", { id: "conference-title" }, texts.conferenceTitle),
    h(
      "form",
      {
        on: {
          submit: (event) => {
            event.preventDefault();
            const room = state.roomTyped.trim();
            if (room) void page.calls.conference(one.id, room);
          },
        },
      },
      h(
        "div",
        { class: "field" },
        h("label", { for: "room-name" }, texts.roomName),
        h("input", {
          id: "room-name",
          value: state.roomTyped,
          autocomplete: "off",
          autocapitalize: "none",
          spellcheck: "false",
          on: {
            input: (event) => page.set({ roomTyped: (event.target as HTMLInputElement).value }),
          },
          mount: (element) => element.focus(),
        }),
      ),
      h("button", { type: "submit", class: "button primary" }, icon("conference"), texts.join),
    ),
    state.rooms.items.length > 0 &&
      h(
        "ul",
        { class: "suggestions", "aria-label": texts.suggestions },
        state.rooms.items.map((room) =>
          h(
            "li",
            { key: room.room },
            h(
              "button",
              {
                type: "button",
                class: "row",
                on: { click: () => void page.calls.conference(one.id, room.room) },
              },
              h("span", { class: "room-icon" }, icon(room.locked ? "lock" : "conference")),
              h(
                "span",
                { class: "words" },
                h("span", { class: "name" }, room.title || room.room),
                h("span", { class: "hint" }, texts.memberCount(room.members)),
              ),
            ),
          ),
        ),
      ),
  );
}

export function roster(room: Room | undefined, name: string, heading: "h2" | "h3"): Node {
  return h(
    "section",
    { class: "roster", key: "roster", "aria-labelledby": `roster-${name}` },
    h(
      heading,
      { id: `roster-${name}` },
      `${texts.roster}${room ? ` · ${texts.memberCount(room.members.length)}` : ""}`,
    ),
    !room && h("p", { class: "hint" }, texts.loading),
    room && room.members.length === 0 && h("p", { class: "hint" }, texts.emptyRoom),
    room && h("ul", {}, room.members.map(member)),
  );
}

function member(one: Member): Node {
  const name = one.name || one.number || texts.unknownCaller;
  return h(
    "li",
    { class: `member ${one.talking ? "talking" : ""}`, key: one.id },
    avatar(name),
    h("span", { class: "name" }, name, one.me && ` (${texts.you})`),
    one.moderator && h("span", { class: "chip" }, texts.moderator),
    one.talking && h("span", { class: "sound" }, icon("speaker"), h("span", { class: "unseen" }, texts.talking)),
    one.muted && h("span", { class: "sound" }, icon("muted"), h("span", { class: "unseen" }, texts.isMuted)),
  );
}
