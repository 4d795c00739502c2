// What was done and what did not work, at the edge of the page.

import { h, type Node } from "../dom";
import { icon } from "../icons";
import type { Page } from "../page";
import type { State } from "../state";
import { texts } from "../texts";
import { iconButton } from "./parts";

export function notices(state: State, page: Page): Node {
  return h(
    "div",
    { class: "notices", key: "notices" },
    state.notices.map(({ id, kind, text }) =>
      h(
        "div",
        { class: `notice ${kind}`, key: String(id), role: kind === "error" ? "alert" : "status" },
        icon(kind === "error" ? "warning" : "check"),
        h("p", {}, text),
        iconButton(texts.dismiss, () => page.notices.dismiss(id), "close"),
      ),
    ),
  );
}
