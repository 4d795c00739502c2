// @ts-check
/** Logging in: by a room and its moderator's PIN, or by a token. */

import { Problem, grantOf, logIn } from "../api.js";
import { fill, h, say, set, show } from "../dom.js";
import { icon } from "../icons.js";
import { may } from "../session.js";
import { problemText } from "../texts.js";

/** @typedef {import("../shapes.js").Grant} Grant */

/** Scopes without which there is nothing to see. */
const NEEDED = ["rooms:read", "events"];

/**
 * @param {{room: string, notice: string, entered: (grant: Grant, room: string) => void}} options
 *   room: that is wanted; notice: why one has to log in again
 */
export function login({ room, notice, entered }) {
  const problem = h("p", { class: "problem", role: "alert", hidden: true });
  const said = h("p", { class: "notice", role: "status", hidden: !notice }, notice);
  const roomField = field("room", "Room", { value: room, autocomplete: "off", spellcheck: "false" });
  const pinField = field("pin", "Moderator PIN", {
    type: "password",
    inputmode: "numeric",
    autocomplete: "off",
  });
  const tokenField = field("token", "Access token", { type: "password", autocomplete: "off" });

  const byPin = entry([roomField, pinField], "Log in", async () => {
    const name = roomField.control.value.trim();
    entered(await logIn(name, pinField.control.value.trim()), name);
  });
  const byToken = entry([tokenField], "Log in with the token", async () => {
    const grant = await grantOf(tokenField.control.value.trim());
    const missing = NEEDED.filter((scope) => !may(grant, scope));
    if (missing.length) throw new Problem(403, "", `That token lacks ${missing.join(" and ")}.`);
    entered(grant, "");
  });
  const other = h("button", { type: "button", class: "link", onclick: turn }, "Use an access token instead");
  show(byToken, false);

  function turn() {
    const token = byToken.hidden !== false;
    show(byToken, token);
    show(byPin, !token);
    show(problem, false);
    say(other, token ? "Use a room and its PIN instead" : "Use an access token instead");
    (token ? tokenField : roomField).control.focus();
  }

  /**
   * @param {ReturnType<typeof field>[]} fields
   * @param {string} label
   * @param {() => Promise<void>} send
   */
  function entry(fields, label, send) {
    const button = h("button", { type: "submit", class: "button primary wide" }, label);
    const form = h("form", { class: "fields", novalidate: true }, ...fields.map((each) => each.element), button);
    form.addEventListener("submit", async (event) => {
      event.preventDefault();
      if (button.disabled) return;
      const empty = fields.find(({ control }) => !control.value.trim());
      for (const { control } of fields) set(control, "aria-invalid", control === empty?.control ? "true" : null);
      if (empty) return wrong(`${empty.label}: fill this in.`, empty.control);
      button.disabled = true;
      try {
        await send();
      } catch (error) {
        wrong(entryProblem(error), fields[fields.length - 1].control);
      } finally {
        button.disabled = false;
      }
    });
    return form;
  }

  /**
   * @param {string} text
   * @param {HTMLInputElement} control
   */
  function wrong(text, control) {
    say(problem, text);
    show(problem, true);
    show(said, false);
    control.focus();
    control.select();
  }

  const element = h(
    "main",
    { id: "main", class: "login", tabindex: -1 },
    h(
      "div",
      { class: "card" },
      h("div", { class: "brand big" }, icon("people"), h("span", {}, "Conference")),
      h("h1", {}, "Moderate a room"),
      said,
      byPin,
      byToken,
      problem,
      other,
    ),
  );
  return {
    element,
    title: () => "Log in · Conference",
    update() {},
    focus: () => (room ? pinField : roomField).control.focus(),
  };
}

/** @param {unknown} error */
function entryProblem(error) {
  const { status = 0, message = "" } = /** @type {{status?: number, message?: string}} */ (error);
  // A room or PIN that cannot be one is as wrong as any other.
  if (status === 422 || status === 400) return problemText({ code: "wrong_pin" });
  if (status === 403 && message.startsWith("That token lacks")) return message;
  if (status === 401) return "That token is not valid, or not any more.";
  return problemText(error);
}

/**
 * @param {string} name
 * @param {string} label
 * @param {Record<string, any>} properties
 */
function field(name, label, properties) {
  const control = h("input", { id: `login-${name}`, name, type: "text", required: true, ...properties });
  const element = h("div", { class: "field" });
  fill(element, h("label", { for: control.id }, label), control);
  return { label, control, element };
}
