// The number field with suggestions, and the keys: to dial, and to send digits in a call.

import { h, type Node } from "../dom";
import { icon } from "../icons";
import { dialable, dialled, matches } from "../number";
import type { Page } from "../page";
import type { State } from "../state";
import { texts } from "../texts";
import { avatar, button, iconButton } from "./parts";

const KEYS: readonly (readonly [string, string])[] = [
  ["1", ""], ["2", "ABC"], ["3", "DEF"],
  ["4", "GHI"], ["5", "JKL"], ["6", "MNO"],
  ["7", "PQRS"], ["8", "TUV"], ["9", "WXYZ"],
  ["*", ""], ["0", "+"], ["#", ""],
];
const SUGGESTED = 5;

/** The twelve keys. The keyboard's digits work while one of them has the focus. */
export function keys(press: (key: string) => void): Node {
  return h(
    "div",
    {
      class: "keys",
      key: "keys",
      role: "group",
      "aria-label": texts.keypad,
      "data-keys": true,
      on: {
        keydown: (event) => {
          if (event.ctrlKey || event.metaKey || event.altKey) return;
          if (!/^[0-9*#+]$/.test(event.key)) return;
          event.preventDefault();
          press(event.key);
        },
      },
    },
    KEYS.map(([key, letters]) =>
      h(
        "button",
        {
          type: "button",
          class: "key",
          key,
          ...(/\d/.test(key) ? {} : { "aria-label": texts.key(key) }),
          on: { click: () => press(key) },
        },
        h("span", { class: "digit" }, key),
        letters && h("span", { class: "letters", "data-letters": letters }),
      ),
    ),
  );
}

export function dialPad(state: State, page: Page): Node {
  const { number } = state;
  const typed = (value: string) => page.set({ number: value.slice(0, 64) });
  // A name is typed by keyboard: those it fits take the place of the keys. A number leaves the keys
  // where they are, whoever it is of.
  const naming = /[^\d\s+*#().\/-]/.test(number);
  const found = naming ? matches(state.contacts, number).slice(0, SUGGESTED) : [];
  const whose = state.contacts.find((one) => one.extension === dialled(number));
  return h(
    "div",
    { class: "dial", key: "dial" },
    h(
      "form",
      {
        "aria-label": texts.dialTitle,
        on: {
          submit: (event) => {
            event.preventDefault();
            // Nothing typed: as on a mobile phone, the last number comes back first.
            if (!number.trim() && state.lastDialled) typed(state.lastDialled);
            else void page.calls.dial(number);
          },
        },
      },
      h(
        "div",
        { class: "number" },
        h("label", { for: "number", class: "unseen" }, texts.number),
        h("input", {
          id: "number",
          name: "number",
          value: number,
          placeholder: texts.numberHint,
          autocomplete: "off",
          autocapitalize: "none",
          spellcheck: "false",
          inputmode: "text",
          enterkeyhint: "go",
          on: { input: (event) => typed((event.target as HTMLInputElement).value) },
        }),
        number && iconButton(texts.erase, () => typed(number.slice(0, -1)), "erase", { key: "erase" }),
      ),
      !naming && h("p", { class: "hint whose", key: "whose" }, whose?.name ?? "\u00a0"),
      found.length > 0 &&
        h(
          "ul",
          { class: "suggestions", key: "suggestions", "aria-label": texts.suggestions },
          found.map((one) =>
            h(
              "li",
              { key: one.user },
              h(
                "button",
                {
                  type: "button",
                  class: "row",
                  on: { click: () => void page.calls.dial(one.extension) },
                },
                h("span", { class: "unseen" }, `${texts.call} `),
                avatar(one.name, one.presence),
                h(
                  "span",
                  { class: "words" },
                  h("span", { class: "name" }, one.name),
                  h("span", { class: "hint" }, `${one.extension} · ${texts.presences[one.presence]}`),
                ),
              ),
            ),
          ),
        ),
      !naming &&
        keys((key) => {
          page.tones.key(key);
          typed(page.store.state.number + key);
        }),
      h(
        "div",
        { class: "dial-actions", key: "actions" },
        h(
          "button",
          {
            type: "submit",
            class: "button answer round",
            "aria-label": texts.call,
            title: texts.call,
            "aria-disabled": String(state.standing !== "ready" || (!dialable(number) && !state.lastDialled)),
          },
          icon("phone"),
        ),
        state.adding &&
          button(texts.closePad, () => page.set({ adding: false }), "close", { class: "quiet" }),
      ),
    ),
  );
}
