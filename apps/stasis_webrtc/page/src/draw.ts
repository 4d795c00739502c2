// The state on the screen: drawn again after each change, once for all changes of one moment.
// Who loses the element that had the focus finds it near where it was.

import { patch } from "./dom";
import type { Page } from "./page";
import { whole } from "./views/frame";

export function drawn(root: HTMLElement, page: Page): void {
  let asked = false;
  const draw = () => {
    asked = false;
    const focus = document.activeElement;
    const homes = focus ? [...ancestors(focus)] : [];
    patch(root, whole(page.store.state, page));
    if (focus && !focus.isConnected && document.activeElement === document.body)
      nearest(homes)?.focus();
  };
  page.store.watch(() => {
    if (asked) return;
    asked = true;
    queueMicrotask(draw);
  });
  draw();
}

/** The first that is still there; among the calls, the first call. */
function nearest(homes: HTMLElement[]): HTMLElement | undefined {
  const home = homes.find((one) => one.isConnected);
  return home?.id === "stage" ? (home.querySelector<HTMLElement>("[data-home]") ?? home) : home;
}

/** Where the focus may go: elements around it that are marked so. */
function* ancestors(element: Element): Generator<HTMLElement> {
  for (let one = element.parentElement; one; one = one.parentElement)
    if (one.matches("[data-home]")) yield one;
}
