// @ts-check
/** The keys, and whether single ones do something. */

import { open } from "../dialogs.js";
import { fill, h } from "../dom.js";
import { shortcutsOn, switchShortcuts } from "../keyboard.js";
import { SHORTCUTS } from "../texts.js";

export function help() {
  const { body } = open({ title: "Keys" });
  const on = h("input", { type: "checkbox", id: "shortcuts", checked: shortcutsOn() });
  on.addEventListener("change", () => switchShortcuts(on.checked));
  fill(
    body,
    SHORTCUTS.map(([where, keys]) =>
      h(
        "section",
        {},
        h("h3", {}, /** @type {string} */ (where)),
        h(
          "dl",
          { class: "keys" },
          /** @type {[string[], string][]} */ (keys).map(([names, what]) =>
            h("div", {}, h("dt", {}, names.map((name) => h("kbd", {}, name))), h("dd", {}, what)),
          ),
        ),
      ),
    ),
    h("div", { class: "choice" }, on, h("label", { for: "shortcuts" }, "Single keys do something anywhere on the page")),
  );
}
