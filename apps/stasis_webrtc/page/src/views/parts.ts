// Small pieces that views share.

import { type Children, h, type Node, type Props } from "../dom";
import { type Icon, icon } from "../icons";
import { hue, initials } from "../number";
import { texts } from "../texts";
import type { Presence } from "../wire";

type Press = () => unknown;

/** A button with an icon and words. */
export function button(label: string, press: Press, shown: Icon | null, props: Props = {}): Node {
  const { class: more = "", ...others } = props;
  return h(
    "button",
    { type: "button", class: `button ${String(more)}`, on: { click: () => void press() }, ...others },
    shown && icon(shown),
    h("span", {}, label),
  );
}

/** A button that is an icon only; the label is for those who cannot see it, and a tip. */
export function iconButton(label: string, press: Press, shown: Icon, props: Props = {}): Node {
  const { class: more = "", ...others } = props;
  return h(
    "button",
    {
      type: "button",
      class: `icon-button ${String(more)}`,
      "aria-label": label,
      title: label,
      on: { click: () => void press() },
      ...others,
    },
    icon(shown),
  );
}

export function avatar(name: string, presence?: Presence): Node {
  const letters = initials(name);
  return h(
    "span",
    { class: `avatar hue-${hue(name)}`, "aria-hidden": "true" },
    letters || icon("phone"),
    presence && h("span", { class: `dot ${presence}` }),
  );
}

/** One choice of a few, as tabs look; radio buttons, so that arrows work. */
export function segments<T extends string>(
  label: string,
  name: string,
  options: readonly (readonly [T, string])[],
  chosen: T,
  choose: (value: T) => void,
): Node {
  return h(
    "fieldset",
    { class: "segments" },
    h("legend", { class: "unseen" }, label),
    options.map(([value, text]) =>
      h(
        "label",
        { class: "segment", key: value },
        h("input", {
          type: "radio",
          name,
          value,
          checked: value === chosen,
          on: { change: () => choose(value) },
        }),
        h("span", {}, text),
      ),
    ),
  );
}

/** A switch with its words, and more words below. */
export function toggle(
  label: string,
  on: boolean,
  change: (on: boolean) => unknown,
  hint = "",
  props: Props = {},
): Node {
  const id = `switch-${label.replace(/\W+/g, "-").toLowerCase()}`;
  return h(
    "div",
    { class: "toggle" },
    h(
      "div",
      {},
      h("label", { for: id }, label),
      hint && h("p", { class: "hint", id: `${id}-hint` }, hint),
    ),
    h("input", {
      id,
      type: "checkbox",
      role: "switch",
      class: "switch",
      checked: on,
      ...(hint ? { "aria-describedby": `${id}-hint` } : {}),
      on: { change: (event) => void change((event.target as HTMLInputElement).checked) },
      ...props,
    }),
  );
}

export function choice(
  id: string,
  label: string,
  options: readonly (readonly [string, string])[],
  chosen: string,
  choose: (value: string) => void,
  props: Props = {},
): Node {
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    h(
      "select",
      {
        id,
        value: options.some(([value]) => value === chosen) ? chosen : "",
        on: { change: (event) => choose((event.target as HTMLSelectElement).value) },
        ...props,
      },
      options.map(([value, text]) => h("option", { value, key: value }, text)),
    ),
  );
}

/** A list that is not there: because it is empty, on its way, or was not to be had. */
export function nothing(shown: Icon, text: string, ...more: Children): Node {
  return h("div", { class: "nothing" }, icon(shown), h("p", {}, text), more);
}

export function listState(
  state: "none" | "loading" | "there" | "failed",
  empty: boolean,
  again: Press,
): Node | null {
  if (state === "failed")
    return nothing("warning", texts.listFailed, button(texts.tryAgain, again, null));
  if (empty && state !== "there")
    return h("div", { class: "nothing", role: "status" }, h("span", { class: "spinner" }), h("p", {}, texts.loading));
  return null;
}

/** A dialog over the page: modal while it is there. */
export function modal(title: string, close: Press, props: Props, ...content: Children): Node {
  return h(
    "dialog",
    {
      "aria-labelledby": "dialog-title",
      ...props,
      mount: (element) => {
        const before = document.activeElement as HTMLElement | null;
        (element as HTMLDialogElement).showModal();
        return () => queueMicrotask(() => before?.isConnected && before.focus());
      },
      on: {
        cancel: (event) => {
          event.preventDefault();
          close();
        },
        click: (event) => {
          if (event.target === event.currentTarget) close();
        },
      },
    },
    h(
      "div",
      { class: "dialog" },
      h(
        "header",
        {},
        h("h2", { id: "dialog-title" }, title),
        iconButton(texts.close, close, "close"),
      ),
      content,
    ),
  );
}
