// @ts-check
/** What is around every view: the bar at the top, the state of the connection, what went wrong. */

import { h, say, show } from "./dom.js";
import { icon } from "./icons.js";
import { hashOf } from "./route.js";
import { problemText } from "./texts.js";

/** @typedef {import("./socket.js").Connection} Connection */

const TOAST_SECONDS = 12;
/** A connection that is away for a moment only is not worth a word. */
const PATIENCE = 1500;

/**
 * @param {{help: () => void, logOut: () => void, retry: () => void,
 *   announcer: import("./announcer.js").Announcer}} does
 */
export function frame({ help, logOut, retry, announcer }) {
  const state = h("span", { class: "connection" }, h("span", { class: "dot" }), h("span", { class: "connection-text" }));
  const bar = h(
    "header",
    { class: "bar" },
    h("a", { class: "brand", href: hashOf({ view: "rooms" }) }, icon("people"), h("span", {}, "Conference")),
    state,
    h("button", { type: "button", class: "button quiet", onclick: help, "aria-haspopup": "dialog" }, icon("help"), h("span", { class: "label" }, "Keys")),
    h("button", { type: "button", class: "button quiet", onclick: logOut }, icon("leave"), h("span", { class: "label" }, "Log out")),
  );
  const words = h("p");
  const again = h("button", { type: "button", class: "button", onclick: retry }, "Try now");
  const lost = h("div", { class: "banner lost", role: "region", "aria-label": "Connection", hidden: true }, icon("warning"), words, again);
  const toasts = h("div", { class: "toasts" });
  const place = h("div", { class: "place" });
  /** @type {Connection} */
  let connection = { how: "connecting", retryAt: 0 };
  let since = Date.now();
  let told = false;

  function tick() {
    const away = connection.how !== "online" && Date.now() - since > PATIENCE;
    show(lost, away);
    if (!away) return;
    if (!told) {
      told = true;
      announcer.alert("The connection is lost. What is shown may be old.");
    }
    const seconds = Math.max(0, Math.ceil((connection.retryAt - Date.now()) / 1000));
    const soon = connection.how === "waiting" ? `Trying again in ${seconds} s.` : "Connecting…";
    say(words, `The connection is lost, and what is shown may be old. ${soon}`);
    show(again, connection.how === "waiting");
  }

  return {
    element: h("div", { class: "frame" }, bar, lost, place, toasts, announcer.element),
    place,
    bar,
    tick,
    /** @param {Connection} next */
    connected(next) {
      const was = connection.how;
      connection = next;
      if (next.how === "online") {
        if (told) announcer.now("Connected again.");
        told = false;
      } else if (was === "online") {
        since = Date.now();
      }
      state.className = `connection ${next.how}`;
      say(/** @type {Element} */ (state.lastElementChild), TEXTS[next.how]);
      tick();
    },
    begin() {
      since = Date.now();
      told = false;
    },
    /** @param {unknown} problem */
    fail(problem) {
      const text = h("p", {}, problemText(problem));
      const close = () => toast.remove();
      const toast = h(
        "div",
        { class: "toast", role: "alert" },
        icon("warning"),
        text,
        h("button", { type: "button", class: "button quiet icon-only", "aria-label": "Close the message", onclick: close }, icon("close")),
      );
      toasts.append(toast);
      while (toasts.childElementCount > 3) toasts.firstElementChild?.remove();
      setTimeout(close, TOAST_SECONDS * 1000);
    },
  };
}

/** @type {Record<Connection["how"], string>} */
const TEXTS = { connecting: "Connecting…", online: "Live", waiting: "Not connected", closed: "" };
