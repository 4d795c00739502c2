// @ts-check
/**
 * What a screen reader is told by itself. Events are gathered and said together, and many at once
 * only as a number, so that it does not chatter. Who talks is never said unasked.
 */

import { h } from "./dom.js";

const GATHER = 1200;
const MOST = 4;

export class Announcer {
  constructor() {
    this.polite = h("div", { class: "unseen", role: "status", "aria-live": "polite", "data-announcer": "polite" });
    this.urgent = h("div", { class: "unseen", role: "alert", "data-announcer": "urgent" });
    this.element = h("div", {}, this.polite, this.urgent);
    /** @type {string[]} */
    this.waiting = [];
    this.timer = 0;
  }

  /**
   * Say something soon, with what else there is to say.
   *
   * @param {string} text
   */
  tell(text) {
    this.waiting.push(text);
    if (!this.timer) this.timer = window.setTimeout(() => this.speak(), GATHER);
  }

  /**
   * Say something now: it was asked for, or must not wait.
   *
   * @param {string} text
   */
  now(text) {
    this.put(this.polite, text);
  }

  /** @param {string} text */
  alert(text) {
    this.put(this.urgent, text);
  }

  speak() {
    const texts = this.waiting;
    this.waiting = [];
    this.timer = 0;
    this.put(this.polite, gathered(texts));
  }

  /**
   * @param {HTMLElement} region
   * @param {string} text
   */
  put(region, text) {
    // The same text again is told only as a new one.
    region.replaceChildren(h("p", {}, text));
  }

  clear() {
    clearTimeout(this.timer);
    this.timer = 0;
    this.waiting = [];
    this.polite.replaceChildren();
    this.urgent.replaceChildren();
  }
}

/**
 * Some texts as one. Pure.
 *
 * @param {string[]} texts
 */
export function gathered(texts) {
  if (texts.length <= MOST) return texts.map((text) => `${text}.`).join(" ");
  return `${texts.length} changes in the room. The last one: ${texts[texts.length - 1]}.`;
}
