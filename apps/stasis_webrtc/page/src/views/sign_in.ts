// Log-in.

import { h, type Node } from "../dom";
import { icon } from "../icons";
import type { Page } from "../page";
import type { State } from "../state";
import { texts } from "../texts";
import { iconButton } from "./parts";

export function signIn(state: State, page: Page): Node {
  const wait = Math.ceil((state.waitUntil - state.now) / 1000);
  const problem = wait > 0 ? texts.waitSeconds(wait) : state.signInProblem;
  const why = state.whySignedOut && !problem ? texts.whySignedOut[state.whySignedOut] : "";
  return h(
    "main",
    { class: "sign-in", key: "sign-in" },
    h(
      "form",
      {
        novalidate: true,
        "aria-labelledby": "sign-in-title",
        on: {
          submit: (event) => {
            event.preventDefault();
            if (wait > 0 || state.signingIn) return;
            const form = new FormData(event.target as HTMLFormElement);
            void page.logIn(String(form.get("user")), String(form.get("password")));
          },
        },
      },
      h("span", { class: "logo" }, icon("phone")),
      h("h1", { id: "sign-in-title" }, texts.signInTitle),
      why && h("p", { class: "hint centred", role: "status" }, why),
      h(
        "div",
        { class: "field" },
        h("label", { for: "user" }, texts.user),
        h("input", {
          id: "user",
          name: "user",
          autocomplete: "username",
          autocapitalize: "none",
          spellcheck: "false",
          required: true,
          maxlength: "100",
          ...(problem ? { "aria-describedby": "sign-in-problem", "aria-invalid": "true" } : {}),
          mount: (element) => element.focus(),
        }),
      ),
      h(
        "div",
        { class: "field" },
        h("label", { for: "password" }, texts.password),
        h(
          "div",
          { class: "with-button" },
          h("input", {
            id: "password",
            name: "password",
            type: "password",
            autocomplete: "current-password",
            required: true,
            maxlength: "200",
            ...(problem ? { "aria-describedby": "sign-in-problem", "aria-invalid": "true" } : {}),
          }),
          iconButton(texts.showPassword, () => undefined, "eye", {
            "aria-pressed": "false",
            on: { click: (event) => revealed(event.currentTarget as HTMLElement) },
          }),
        ),
      ),
      h("p", { class: "problem", role: "alert", id: "sign-in-problem" }, problem),
      h(
        "button",
        { class: "button primary wide", type: "submit", "aria-disabled": String(wait > 0 || state.signingIn) },
        state.signingIn && h("span", { class: "spinner" }),
        h("span", {}, state.signingIn ? texts.signingIn : texts.signIn),
      ),
    ),
  );
}

/** The password can be read, until the button is pressed again. */
export function revealed(button: HTMLElement): void {
  const field = button.parentElement?.querySelector("input");
  if (!field) return;
  const shown = field.type === "password";
  field.type = shown ? "text" : "password";
  button.setAttribute("aria-pressed", String(shown));
}
