// @ts-check
/**
 * Dialogs: a question before something cannot be undone, and a few fields to fill in.
 *
 * Rules: the browser's own modal dialog keeps the focus inside, closes by Escape, and is named by
 * its heading. The focus goes back to where it was, or to the place that is given when that has
 * gone meanwhile. A dangerous question begins on its way out.
 */

import { fill, h, say, show } from "./dom.js";
import { icon } from "./icons.js";
import { problemText } from "./texts.js";

let count = 0;

/**
 * @param {{title: string, class?: string, closed?: () => void}} options
 * @returns {{dialog: HTMLDialogElement, body: HTMLDivElement, close: () => void}}
 */
export function open({ title, class: extra = "", closed }) {
  const id = `dialog-${(count += 1)}`;
  const before = /** @type {HTMLElement|null} */ (document.activeElement);
  const body = h("div", { class: "dialog-body" });
  const close = () => dialog.close();
  const dialog = h(
    "dialog",
    { class: `dialog ${extra}`.trim(), "aria-labelledby": id },
    h(
      "div",
      { class: "dialog-head" },
      h("h2", { id }, title),
      h("button", { type: "button", class: "button quiet icon-only", "aria-label": "Close", onclick: close }, icon("close")),
    ),
    body,
  );
  dialog.addEventListener("close", () => {
    dialog.remove();
    closed?.();
    if (before?.isConnected && !before.hidden) before.focus();
    else document.getElementById("main")?.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (event.target === dialog) close();
  });
  document.body.append(dialog);
  dialog.showModal();
  return { dialog, body, close };
}

/** Close what is open, as when the view behind it goes away. */
export function closeAll() {
  for (const dialog of document.querySelectorAll("dialog")) dialog.close();
}

/**
 * Ask before something that cannot be undone.
 *
 * @param {{title: string, text: string, yes: string}} question
 * @returns {Promise<boolean>}
 */
export function confirmed({ title, text, yes }) {
  return new Promise((resolve) => {
    let answer = false;
    const { dialog, body, close } = open({ title, class: "narrow", closed: () => resolve(answer) });
    const id = `dialog-text-${count}`;
    dialog.setAttribute("role", "alertdialog");
    dialog.setAttribute("aria-describedby", id);
    const sure = () => {
      answer = true;
      close();
    };
    const no = h("button", { type: "button", class: "button", onclick: close }, "Cancel");
    fill(
      body,
      h("p", { id }, text),
      h("div", { class: "dialog-foot" }, no, h("button", { type: "button", class: "button danger", onclick: sure }, yes)),
    );
    no.focus();
  });
}

/**
 * @typedef {object} Field
 * @property {string} name
 * @property {string} label
 * @property {"text"|"tel"|"select"} [type]
 * @property {string} [hint]
 * @property {string} [value]
 * @property {string} [pattern]
 * @property {string[][]} [options] value and text; of a text field, what is suggested
 */

/**
 * Have a few fields filled in, and do something with them. What is refused is told in the dialog,
 * which stays.
 *
 * @param {{title: string, text?: string, yes: string, fields: Field[],
 *   send: (values: Record<string, string>) => Promise<void>}} form
 */
export function form({ title, text, yes, fields, send }) {
  const { body, close } = open({ title, class: "narrow" });
  const wrong = h("p", { class: "problem", role: "alert", hidden: true });
  const button = h("button", { type: "submit", class: "button primary" }, yes);
  const inputs = fields.map(input);
  const element = h("form", { novalidate: true, class: "fields" });
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    const empty = inputs.find(({ control }) => !control.value.trim() || !control.checkValidity());
    for (const { control } of inputs) control.setAttribute("aria-invalid", String(control === empty?.control));
    if (empty) {
      tell(empty.control.value.trim() ? `${empty.label}: that is not valid.` : `${empty.label}: fill this in.`);
      empty.control.focus();
      return;
    }
    button.disabled = true;
    try {
      await send(Object.fromEntries(inputs.map(({ name, control }) => [name, control.value.trim()])));
      close();
    } catch (error) {
      tell(problemText(error));
      button.disabled = false;
      inputs[0].control.focus();
    }
  });
  const tell = (/** @type {string} */ what) => {
    say(wrong, what);
    show(wrong, true);
  };
  fill(
    element,
    ...inputs.map((each) => each.element),
    wrong,
    h("div", { class: "dialog-foot" }, h("button", { type: "button", class: "button", onclick: close }, "Cancel"), button),
  );
  fill(body, text && h("p", {}, text), element);
  inputs[0].control.focus();
}

/**
 * @param {Field} field
 * @returns {{name: string, label: string, control: HTMLInputElement|HTMLSelectElement, element: HTMLElement}}
 */
function input({ name, label, type = "text", hint, value = "", pattern, options = [] }) {
  const id = `field-${(count += 1)}`;
  const choices = options.map(([each, text]) => h("option", { value: each }, text));
  const described = hint ? `${id}-hint` : null;
  const control =
    type === "select"
      ? h("select", { id, name, "aria-describedby": described }, choices)
      : h("input", {
          id,
          name,
          type,
          value,
          pattern,
          required: true,
          autocomplete: "off",
          spellcheck: "false",
          maxlength: 200,
          list: options.length ? `${id}-list` : null,
          "aria-describedby": described,
        });
  const element = h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    control,
    type !== "select" && options.length ? h("datalist", { id: `${id}-list` }, choices) : null,
    hint && h("p", { id: `${id}-hint`, class: "hint" }, hint),
  );
  return { name, label, control, element };
}
