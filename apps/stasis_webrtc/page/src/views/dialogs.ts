// What is over the page: the list of shortcuts, another password, a question.

import { h, type Node } from "../dom";
import { SHORTCUTS } from "../keyboard";
import type { Page } from "../page";
import type { State } from "../state";
import { texts } from "../texts";
import { button, modal } from "./parts";

export function dialogs(state: State, page: Page): Node | false {
  const { dialog } = state;
  if (!dialog) return false;
  const close = () => page.set({ dialog: null });
  switch (dialog.kind) {
    case "shortcuts":
      return shortcuts(close);
    case "password":
      return password(dialog.problem, page, close);
    case "confirm":
      return modal(
        dialog.title,
        close,
        { key: "confirm", role: "alertdialog", "aria-describedby": "confirm-text" },
        h("p", { id: "confirm-text" }, dialog.text),
        h(
          "div",
          { class: "panel-actions" },
          button(texts.cancel, close, null),
          button(
            dialog.verb,
            () => {
              close();
              dialog.deed();
            },
            null,
            { class: "end" },
          ),
        ),
      );
  }
}

function shortcuts(close: () => void): Node {
  const rows: [string, string][] = [
    ...SHORTCUTS.map(({ key, name }): [string, string] => [
      key.toUpperCase(),
      texts.shortcutNames[name],
    ]),
    [texts.escape, texts.shortcutNames.escape],
  ];
  return modal(
    texts.shortcuts,
    close,
    { key: "shortcuts" },
    h(
      "dl",
      { class: "shortcuts" },
      rows.map(([key, name]) =>
        h("div", { key }, h("dt", {}, h("kbd", {}, key)), h("dd", {}, name)),
      ),
    ),
  );
}

function password(problem: string, page: Page, close: () => void): Node {
  return modal(
    texts.changePassword,
    close,
    { key: "password" },
    h(
      "form",
      {
        on: {
          submit: (event) => {
            event.preventDefault();
            const data = new FormData(event.target as HTMLFormElement);
            void page.account
              .password(String(data.get("old")), String(data.get("new")))
              .then((found) =>
                page.set({ dialog: found ? { kind: "password", problem: found } : null }),
              );
          },
        },
      },
      secret("old", texts.oldPassword, "current-password", ""),
      secret("new", texts.newPassword, "new-password", texts.newPasswordHint),
      h("p", { class: "problem", role: "alert" }, problem),
      h(
        "div",
        { class: "panel-actions" },
        button(texts.cancel, close, null),
        h("button", { type: "submit", class: "button primary" }, texts.changePassword),
      ),
    ),
  );
}

function secret(name: string, label: string, autocomplete: string, hint: string): Node {
  return h(
    "div",
    { class: "field" },
    h("label", { for: `${name}-password` }, label),
    h("input", {
      id: `${name}-password`,
      name,
      type: "password",
      autocomplete,
      required: true,
      maxlength: "200",
      ...(hint ? { "aria-describedby": `${name}-hint` } : {}),
    }),
    hint && h("p", { class: "hint", id: `${name}-hint` }, hint),
  );
}
