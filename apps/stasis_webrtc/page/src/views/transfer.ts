// Where a call is sent: at once, or after asking.

import { h, type Node } from "../dom";
import { matches, shownName } from "../number";
import type { Page } from "../page";
import type { State } from "../state";
import type { Talk } from "../talk";
import { texts } from "../texts";
import { avatar, button } from "./parts";

const SUGGESTED = 5;

export function transferPanel(state: State, one: Talk, page: Page): Node {
  const to = state.transferTo;
  const peers = [one.peer.number, one.peer.user];
  const found = matches(state.contacts, to)
    .filter((contact) => !peers.includes(contact.extension) && !peers.includes(contact.user))
    .slice(0, SUGGESTED);
  return h(
    "section",
    {
      class: "panel",
      key: "panel-transfer",
      "aria-labelledby": "transfer-title",
      mount: (panel) => {
        panel.scrollIntoView({ block: "nearest" });
      },
    },
    h("h3", { id: "transfer-title" }, texts.transferTitle(shownName(one.peer))),
    h(
      "form",
      {
        on: {
          submit: (event) => {
            event.preventDefault();
            void page.calls.transfer(one.id, to);
          },
        },
      },
      h(
        "div",
        { class: "field" },
        h("label", { for: "transfer-to" }, texts.transferTo),
        h("input", {
          id: "transfer-to",
          value: to,
          placeholder: texts.numberHint,
          autocomplete: "off",
          autocapitalize: "none",
          spellcheck: "false",
          on: {
            input: (event) => page.set({ transferTo: (event.target as HTMLInputElement).value }),
          },
          mount: (element) => element.focus(),
        }),
      ),
      found.length > 0 &&
        h(
          "ul",
          { class: "suggestions", "aria-label": texts.suggestions },
          found.map((contact) =>
            h(
              "li",
              { key: contact.user },
              h(
                "button",
                {
                  type: "button",
                  class: "row",
                  "aria-pressed": String(to === contact.extension),
                  on: { click: () => page.set({ transferTo: contact.extension }) },
                },
                avatar(contact.name, contact.presence),
                h(
                  "span",
                  { class: "words" },
                  h("span", { class: "name" }, contact.name),
                  h("span", { class: "hint" }, `${contact.extension} · ${texts.presences[contact.presence]}`),
                ),
              ),
            ),
          ),
        ),
      h(
        "div",
        { class: "panel-actions" },
        button(texts.askFirst, () => page.calls.consult(to), "phone", { title: texts.askFirstHint }),
        h(
          "button",
          { type: "submit", class: "button primary", title: texts.transferNowHint },
          h("span", {}, texts.transferNow),
        ),
      ),
    ),
  );
}
