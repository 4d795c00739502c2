// @ts-check
/**
 * The event socket: it stays connected, and says how it is.
 *
 * Rules: the token is the first message, never in the address. What was missed is not asked for:
 * every connection begins with a snapshot. A message that is missing in the order makes it connect
 * anew. It waits longer after each failure, and tries at once when the network is back.
 */

import { BASE } from "./api.js";

/**
 * @typedef {import("./shapes.js").Message} Message
 * @typedef {{how: "connecting"|"online"|"waiting"|"closed", retryAt: number}} Connection
 */

const FIRST_WAIT = 500;
const LONGEST_WAIT = 15_000;
/** How long a connection may take until its snapshot is there. */
const SNAPSHOT_WAIT = 10_000;
/** The server says that the token is no good, or may not. */
const REFUSED = new Set([4401, 4403, 1008]);

/**
 * How long to wait before another try, in milliseconds. Pure.
 *
 * @param {number} failures in a row
 * @param {number} chance 0 to 1: not all pages come back at the same moment
 */
export function waitOf(failures, chance) {
  const longest = Math.min(LONGEST_WAIT, FIRST_WAIT * 2 ** Math.max(0, failures - 1));
  return longest * (0.5 + chance / 2);
}

export class EventSocket {
  /**
   * @param {string} token
   * @param {{
   *   message: (message: Message) => void,
   *   connection: (connection: Connection) => void,
   *   refused: () => void,
   * }} hears
   */
  constructor(token, hears) {
    this.token = token;
    this.hears = hears;
    this.failures = 0;
    this.seq = 0;
    /** @type {WebSocket|null} */
    this.socket = null;
    this.timer = 0;
    this.over = false;
    this.online = () => this.retry();
    this.offline = () => this.drop();
    window.addEventListener("online", this.online);
    window.addEventListener("offline", this.offline);
    this.connect();
  }

  /** Try now instead of waiting. */
  retry() {
    if (this.over || this.socket) return;
    clearTimeout(this.timer);
    this.connect();
  }

  close() {
    this.over = true;
    window.removeEventListener("online", this.online);
    window.removeEventListener("offline", this.offline);
    clearTimeout(this.timer);
    const socket = this.socket;
    this.socket = null;
    socket?.close();
    this.hears.connection({ how: "closed", retryAt: 0 });
  }

  connect() {
    const address = new URL("events", BASE);
    address.protocol = address.protocol.replace("http", "ws");
    const socket = new WebSocket(address);
    this.socket = socket;
    this.seq = 0;
    this.hears.connection({ how: "connecting", retryAt: 0 });
    this.timer = window.setTimeout(() => this.lost(socket, 0), SNAPSHOT_WAIT);
    socket.addEventListener("open", () => socket.send(JSON.stringify({ token: this.token })));
    socket.addEventListener("message", ({ data }) => this.take(socket, data));
    socket.addEventListener("close", ({ code }) => this.lost(socket, code));
  }

  /**
   * @param {WebSocket} socket
   * @param {unknown} data
   */
  take(socket, data) {
    if (socket !== this.socket) return;
    /** @type {Message} */
    let message;
    try {
      message = JSON.parse(String(data));
    } catch {
      this.lost(socket, 0);
      return;
    }
    if (message.type === "snapshot") {
      clearTimeout(this.timer);
      this.failures = 0;
      this.hears.connection({ how: "online", retryAt: 0 });
    } else if (message.seq !== this.seq + 1) {
      this.lost(socket, 0);
      return;
    }
    this.seq = message.seq;
    this.hears.message(message);
  }

  drop() {
    if (this.socket) this.lost(this.socket, 0);
  }

  /**
   * @param {WebSocket} socket
   * @param {number} code why it was closed; 0 when we give it up
   */
  lost(socket, code) {
    if (socket !== this.socket || this.over) return;
    this.socket = null;
    socket.close();
    clearTimeout(this.timer);
    if (REFUSED.has(code)) {
      this.over = true;
      this.hears.refused();
      return;
    }
    this.failures += 1;
    const wait = waitOf(this.failures, Math.random());
    this.hears.connection({ how: "waiting", retryAt: Date.now() + wait });
    this.timer = window.setTimeout(() => this.connect(), wait);
  }
}
