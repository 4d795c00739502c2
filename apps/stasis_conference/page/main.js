// @ts-check
/**
 * The moderator's page: who is logged in, which view is shown, and what reaches it.
 *
 * What the page knows is in one place (`state.js`); messages change it, and the view that is shown
 * is told. Views ask the API for what is to be done, and show what the server says came of it.
 */

import { Announcer } from "./announcer.js";
import { Api, Problem } from "./api.js";
import { closeAll } from "./dialogs.js";
import { frame } from "./frame.js";
import { shortcutsOn, singleKey } from "./keyboard.js";
import { hashOf, routeOf } from "./route.js";
import { expired, forget, keep, kept, onlyRoom } from "./session.js";
import { EventSocket } from "./socket.js";
import { heard, listed, nothing } from "./state.js";
import { lineOf } from "./texts.js";
import { help } from "./views/help.js";
import { history } from "./views/history.js";
import { login } from "./views/login.js";
import { recordings } from "./views/recordings.js";
import { room } from "./views/room.js";
import { rooms } from "./views/rooms.js";

/**
 * @typedef {import("./shapes.js").Grant} Grant
 * @typedef {import("./shapes.js").Known} Known
 * @typedef {import("./shapes.js").Message} Message
 * @typedef {import("./views/context.js").Context} Context
 * @typedef {import("./views/context.js").View} View
 */

const app = /** @type {HTMLElement} */ (document.getElementById("app"));
const VIEWS = { room, history, recordings };
const EXPIRED = "You were logged in for as long as you may. Log in again.";

class Page {
  constructor() {
    this.announcer = new Announcer();
    this.known = nothing();
    /** @type {View|null} */
    this.view = null;
    /** @type {Grant|null} */
    this.grant = null;
    /** @type {EventSocket|null} */
    this.socket = null;
    /** @type {Api|null} */
    this.api = null;
    this.drawing = 0;
    this.frame = frame({
      help,
      logOut: () => this.logOut(),
      retry: () => this.socket?.retry(),
      announcer: this.announcer,
    });
    window.addEventListener("hashchange", () => this.route());
    document.querySelector(".skip")?.addEventListener("click", (event) => {
      // The address says which view is shown, so it is not for a place in one.
      event.preventDefault();
      document.getElementById("main")?.focus();
    });
    document.addEventListener("keydown", (event) => this.press(event));
    setInterval(() => this.tick(), 1000);
    const grant = kept();
    if (grant) this.enter(grant, "", false);
    else this.leave("");
  }

  // Logged in or not

  /**
   * @param {Grant} grant
   * @param {string} name of the room one came for
   * @param {boolean} asked whether somebody has just logged in
   */
  enter(grant, name, asked) {
    keep(grant);
    this.grant = grant;
    this.known = nothing();
    this.api = new Api(grant.token, () => this.leave(EXPIRED));
    this.frame.begin();
    app.replaceChildren(this.frame.element);
    this.socket = new EventSocket(grant.token, {
      message: (message) => this.hear(message),
      connection: (connection) => this.frame.connected(connection),
      refused: () => this.leave(EXPIRED),
    });
    const wanted = routeOf(location.hash);
    const goal = wanted.view === "rooms" ? name || onlyRoom(grant) : "";
    if (goal) window.history.replaceState(null, "", hashOf({ view: "room", room: goal }));
    this.route(asked);
  }

  /** @param {string} notice why one has to log in again */
  leave(notice) {
    forget();
    this.socket?.close();
    closeAll();
    this.view?.close?.();
    this.announcer.clear();
    this.grant = this.socket = this.api = this.view = null;
    this.known = nothing();
    const wanted = routeOf(location.hash);
    const view = login({
      room: wanted.view === "rooms" ? "" : wanted.room,
      notice,
      entered: (grant, name) => this.enter(grant, name, true),
    });
    app.replaceChildren(view.element);
    document.title = view.title();
    view.focus();
  }

  logOut() {
    this.api?.logOut().catch(() => undefined); // it ends by itself in time
    window.history.replaceState(null, "", "#/rooms");
    this.leave("");
  }

  // What is heard, and what is shown

  /** @param {Message} message */
  hear(message) {
    const before = this.known.entries;
    this.known = heard(this.known, message, Date.now());
    if (message.type === "snapshot") void this.list();
    const wanted = routeOf(location.hash);
    if (wanted.view !== "rooms" && message.room === wanted.room && this.known.entries > before) {
      const lines = this.known.log[wanted.room];
      this.announcer.tell(lineOf(lines[lines.length - 1]));
    }
    this.draw();
  }

  /** Ask which rooms are planned: events tell of those only in which somebody is. */
  async list() {
    const api = this.api;
    try {
      const planned = (await api?.planned()) ?? [];
      if (api === this.api) this.known = listed(this.known, planned);
    } catch (problem) {
      if (api !== this.api) return;
      // A token that may not see them knows the live ones.
      this.known = { ...this.known, listed: true };
      if (!(problem instanceof Problem && problem.status === 403)) this.frame.fail(problem);
    }
    this.draw();
  }

  /** Show what is known, soon: many messages at once are one change. */
  draw() {
    if (this.drawing) return;
    this.drawing = window.setTimeout(() => {
      this.drawing = 0;
      if (!this.view) return;
      this.view.update(this.known);
      this.view.tick?.(this.now());
      document.title = this.view.title();
    }, 30);
  }

  /** @param {boolean} [focus] not where the page is just loaded: that begins at its own beginning */
  route(focus = true) {
    if (!this.grant || !this.api) return;
    const wanted = routeOf(location.hash);
    closeAll();
    this.view?.close?.();
    const context = this.context();
    // Rooms may have been planned meanwhile.
    if (wanted.view === "rooms" && this.known.listed) void this.list();
    this.view = wanted.view === "rooms" ? rooms(context) : VIEWS[wanted.view](context, wanted.room);
    this.frame.place.replaceChildren(this.view.element);
    this.view.update(this.known);
    this.view.tick?.(this.now());
    document.title = this.view.title();
    // Another view is another page: who listens is brought to its beginning.
    if (focus) this.view.element.focus({ preventScroll: true });
    window.scrollTo(0, 0);
  }

  /** @returns {Context} */
  context() {
    const api = /** @type {Api} */ (this.api);
    return {
      api,
      grant: /** @type {Grant} */ (this.grant),
      known: () => this.known,
      now: () => this.now(),
      announcer: this.announcer,
      go: (route) => {
        location.hash = hashOf(route);
      },
      fail: (problem) => this.frame.fail(problem),
      act: async (name, action, body = {}, member = "") => {
        try {
          await api.act(name, action, body, member);
        } catch (problem) {
          if (this.grant) this.frame.fail(problem);
        }
      },
    };
  }

  // Time and keys

  /** The server's milliseconds. */
  now() {
    return Date.now() + this.known.offset;
  }

  tick() {
    if (!this.grant) return;
    if (expired(this.grant, Date.now())) {
      this.leave(EXPIRED);
      return;
    }
    this.frame.tick();
    this.view?.tick?.(this.now());
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    const key = singleKey(event);
    if (!key || !this.grant || !shortcutsOn()) return;
    if (key === "?") help();
    else if (!this.view?.key?.(key)) return;
    event.preventDefault();
  }
}

new Page();
