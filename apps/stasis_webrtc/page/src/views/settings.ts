// Availability, sound, notifications, colours, keyboard, account.

import { type Children, h, type Node } from "../dom";
import type { Page } from "../page";
import { RING_TONES } from "../sound";
import type { State, Theme } from "../state";
import { texts } from "../texts";
import { button, choice, segments, toggle } from "./parts";

export function settings(state: State, page: Page): Children {
  return [
    h("header", { class: "list-head" }, h("h1", { id: "list-title", class: "title" }, texts.views.settings)),
    availability(state, page),
    sound(state, page),
    ring(state, page),
    appearance(state, page),
    account(state, page),
  ];
}

function group(key: string, title: string, ...content: Children): Node {
  return h("section", { class: "card", key, "aria-labelledby": `${key}-title` }, h("h2", { id: `${key}-title` }, title), content);
}

function availability(state: State, page: Page): Node {
  const { settings } = state.me!;
  const field = (name: "forward_always" | "forward_busy" | "forward_no_answer", label: string) =>
    h(
      "div",
      { class: "field" },
      h("label", { for: name }, label),
      h("input", {
        id: name,
        name,
        // What the server has, until somebody types: then what is typed.
        key: `${name}-${settings[name] ?? ""}`,
        autocomplete: "off",
        autocapitalize: "none",
        spellcheck: "false",
        maxlength: "64",
        mount: (element) => {
          (element as HTMLInputElement).value = settings[name] ?? "";
        },
        ...(state.settingsProblem ? { "aria-describedby": "forward-problem" } : {}),
      }),
    );
  return group(
    "availability",
    texts.availability,
    toggle(texts.doNotDisturb, settings.dnd, (on) => page.account.dnd(on), texts.doNotDisturbHint),
    h(
      "form",
      {
        "aria-label": texts.forwarding,
        on: {
          submit: (event) => {
            event.preventDefault();
            const form = new FormData(event.target as HTMLFormElement);
            const of = (name: string) => String(form.get(name) ?? "");
            void page.account.forward({
              forward_always: of("forward_always"),
              forward_busy: of("forward_busy"),
              forward_no_answer: of("forward_no_answer"),
            });
          },
        },
      },
      h("h3", {}, texts.forwarding),
      h("p", { class: "hint" }, texts.forwardHint),
      field("forward_always", texts.forwardAlways),
      field("forward_busy", texts.forwardBusy),
      field("forward_no_answer", texts.forwardNoAnswer),
      h("p", { class: "problem", role: "alert", id: "forward-problem" }, state.settingsProblem),
      h("button", { class: "button primary", type: "submit" }, texts.save),
    ),
  );
}

function sound(state: State, page: Page): Node {
  const { preferences, test } = state;
  const standard = ["", texts.systemDefault] as const;
  const running = test.state !== "off";
  return group(
    "sound",
    texts.soundSettings,
    choice(
      "microphone",
      texts.microphone,
      [standard, ...state.microphones.map((one) => [one.id, one.label] as const)],
      preferences.microphone,
      (microphone) => page.account.prefer({ microphone }),
    ),
    state.canChooseSpeaker
      ? choice(
          "speaker",
          texts.speaker,
          [standard, ...state.speakers.map((one) => [one.id, one.label] as const)],
          preferences.speaker,
          (speaker) => page.account.prefer({ speaker }),
        )
      : h("p", { class: "hint" }, texts.speakerFixed),
    h(
      "div",
      { class: "test" },
      button(running ? texts.stopTest : texts.testMicrophone, () => (running ? page.test.stop() : page.test.start()), "microphone"),
      running && [
        h("p", { class: "hint", role: "status", key: "say" }, testing(test.state)),
        h(
          "div",
          {
            class: "level-bar large",
            key: "meter",
            role: "meter",
            "aria-label": texts.level,
            "aria-valuemin": "0",
            "aria-valuemax": "100",
            "aria-valuenow": "0",
            mount: (meter) => {
              const fill = meter.firstElementChild as HTMLElement;
              page.test.shown = (level) => {
                fill.style.setProperty("--level", level.toFixed(3));
                meter.setAttribute("aria-valuenow", String(Math.round(level * 100)));
              };
              return () => (page.test.shown = () => undefined);
            },
          },
          h("span", { class: "level-fill" }),
        ),
        button(texts.recordSample, () => page.test.sample(), "record", {
          key: "sample",
          disabled: test.state !== "listening",
        }),
      ],
      h("p", { class: "problem", role: "alert", key: "problem" }, test.problem),
    ),
  );
}

function testing(state: State["test"]["state"]): string {
  if (state === "recording") return texts.sampleRecording;
  return state === "playing" ? texts.samplePlaying : texts.testHint;
}

function ring(state: State, page: Page): Node {
  const { preferences, notificationsAllowed } = state;
  const denied = notificationsAllowed === "denied" || notificationsAllowed === "absent";
  return group(
    "ring",
    texts.incomingCalls,
    choice(
      "ring-tone",
      texts.ringTone,
      RING_TONES.map((name) => [name, texts.ringTones[name] ?? name] as const),
      preferences.ringTone,
      (ringTone) => {
        page.account.prefer({ ringTone });
        page.alerts.follow();
      },
    ),
    h(
      "div",
      { class: "field" },
      h("label", { for: "volume" }, texts.ringVolume),
      h("input", {
        id: "volume",
        type: "range",
        min: "0",
        max: "100",
        step: "5",
        value: String(preferences.ringVolume),
        "aria-valuetext": `${preferences.ringVolume} %`,
        on: {
          input: (event) =>
            page.account.prefer({ ringVolume: Number((event.target as HTMLInputElement).value) }),
        },
      }),
    ),
    button(texts.playRing, () => tried(page), "play"),
    toggle(
      texts.notify,
      preferences.notifications && !denied,
      (on) => page.account.notifications(on),
      denied ? texts.notifyDenied : "",
      { disabled: denied },
    ),
  );
}

/** Heard once. */
function tried(page: Page): void {
  void page.tones.resume().then(() => {
    page.alerts.try(true);
    setTimeout(() => page.alerts.try(false), 2500);
  });
}

function appearance(state: State, page: Page): Node {
  const { preferences } = state;
  const themes = (["system", "light", "dark"] as const).map((one) => [one, texts.themes[one]] as const);
  return group(
    "appearance",
    texts.appearance,
    h("div", { class: "labelled" }, h("p", { "aria-hidden": "true" }, texts.theme),
      segments<Theme>(texts.theme, "theme", themes, preferences.theme, (theme) => page.account.prefer({ theme }))),
    toggle(
      texts.shortcutsOn,
      preferences.shortcuts,
      (shortcuts) => page.account.prefer({ shortcuts }),
      texts.shortcutsHint,
    ),
    button(texts.showShortcuts, () => page.set({ dialog: { kind: "shortcuts" } }), "help"),
  );
}

function account(state: State, page: Page): Node {
  const me = state.me!;
  return group(
    "account",
    texts.account,
    h("p", {}, `${me.name} (${me.user}) · ${texts.extension(me.extension)}`),
    h(
      "div",
      { class: "panel-actions" },
      button(texts.changePassword, () => page.set({ dialog: { kind: "password", problem: "" } }), "lock"),
      button(texts.signOut, () => page.logOut(), "leave"),
    ),
  );
}
