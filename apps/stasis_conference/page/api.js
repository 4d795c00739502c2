// @ts-check
/** The HTTP API: one function for each thing the page asks of it. */

/**
 * @typedef {import("./shapes.js").Grant} Grant
 * @typedef {import("./shapes.js").PlannedRoom} PlannedRoom
 * @typedef {import("./shapes.js").Summary} Summary
 * @typedef {import("./shapes.js").Session} Session
 * @typedef {import("./shapes.js").Recording} Recording
 */

export const BASE = new URL("../api/v1/", import.meta.url);

const SECONDS = 15;

/** A request that was refused, or did not get there (`status` 0). */
export class Problem extends Error {
  /**
   * @param {number} status
   * @param {string} code
   * @param {string} detail
   * @param {number} [retryAfter] seconds
   */
  constructor(status, code, detail, retryAfter = 0) {
    super(detail || code);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

export class Api {
  /**
   * @param {string} token
   * @param {() => void} refused called when the token is no good any more
   */
  constructor(token, refused) {
    this.token = token;
    this.refused = refused;
  }

  /**
   * @param {string} room
   * @param {string} action
   * @param {object} [body]
   * @param {string} [member]
   */
  async act(room, action, body, member = "") {
    const one = member ? `/members/${encodeURIComponent(member)}` : "";
    await this.ask("POST", `rooms/${encodeURIComponent(room)}${one}/actions/${action}`, body);
  }

  /**
   * All planned rooms that the token opens.
   *
   * @returns {Promise<PlannedRoom[]>}
   */
  async planned() {
    /** @type {PlannedRoom[]} */
    const rooms = [];
    for (let more = true; more; ) {
      const after = rooms[rooms.length - 1]?.name ?? "";
      const query = new URLSearchParams({ limit: String(MOST), ...(after && { after }) });
      const found = await (await this.ask("GET", `rooms?${query}`)).json();
      rooms.push(...found);
      more = found.length === MOST;
    }
    return rooms;
  }

  /**
   * @param {string} room
   * @param {number} [before] only what came before that id
   * @returns {Promise<Summary[]>}
   */
  async history(room, before) {
    return (await this.ask("GET", `history?${pageOf(room, before)}`)).json();
  }

  /**
   * @param {number} id
   * @returns {Promise<Session>}
   */
  async session(id) {
    return (await this.ask("GET", `history/${id}`)).json();
  }

  /**
   * @param {string} room
   * @param {number} [before] only what came before that id
   * @returns {Promise<Recording[]>}
   */
  async recordings(room, before) {
    return (await this.ask("GET", `recordings?${pageOf(room, before)}`)).json();
  }

  /**
   * The sound of a recording. A page cannot give its token to an `<audio>`, so it is fetched.
   *
   * @param {number} id
   * @returns {Promise<Blob>}
   */
  async sound(id) {
    return (await this.ask("GET", `recordings/${id}/sound`)).blob();
  }

  /** @param {number} id */
  async deleteRecording(id) {
    await this.ask("DELETE", `recordings/${id}`);
  }

  async logOut() {
    await this.ask("DELETE", "session");
  }

  /**
   * @param {string} method
   * @param {string} path
   * @param {object} [body]
   */
  async ask(method, path, body) {
    try {
      return await asked(method, path, this.token, body);
    } catch (error) {
      if (error instanceof Problem && error.status === 401) this.refused();
      throw error;
    }
  }
}

/** Conferences or recordings that are asked for at once, and rooms. */
export const PAGE = 20;
const MOST = 500;

/**
 * @param {string} room
 * @param {number} [before]
 */
function pageOf(room, before) {
  return new URLSearchParams({ room, limit: String(PAGE), ...(before && { before: String(before) }) });
}

/**
 * @param {string} room
 * @param {string} pin
 * @returns {Promise<Grant>}
 */
export async function logIn(room, pin) {
  return (await asked("POST", "session", "", { room, pin })).json();
}

/**
 * What a token may.
 *
 * @param {string} token
 * @returns {Promise<Grant>}
 */
export async function grantOf(token) {
  const grant = await (await asked("GET", "session", token)).json();
  return { ...grant, token };
}

/**
 * @param {string} method
 * @param {string} path
 * @param {string} token
 * @param {object} [body]
 */
async function asked(method, path, token, body) {
  /** @type {Record<string, string>} */
  const headers = { Accept: "application/json" };
  if (token) headers.Authorization = `Bearer ${token}`;
  if (body) headers["Content-Type"] = "application/json";
  const response = await sent(method, path, headers, body);
  if (!response.ok) throw await problemOf(response);
  return response;
}

/**
 * @param {string} method
 * @param {string} path
 * @param {Record<string, string>} headers
 * @param {object} [body]
 */
async function sent(method, path, headers, body) {
  const answered = AbortSignal.timeout(path.endsWith("/sound") ? 600_000 : SECONDS * 1000);
  try {
    return await fetch(new URL(path, BASE), {
      method,
      headers,
      body: body && JSON.stringify(body),
      credentials: "omit",
      cache: "no-store",
      redirect: "error",
      signal: answered,
    });
  } catch (error) {
    const late = error instanceof DOMException && error.name === "TimeoutError";
    throw new Problem(0, late ? "no_answer" : "unreachable", "");
  }
}

/**
 * @param {Response} response
 * @returns {Promise<Problem>}
 */
async function problemOf(response) {
  const after = Number(response.headers.get("Retry-After")) || 0;
  try {
    const { code, detail } = await response.json();
    return new Problem(response.status, String(code ?? ""), String(detail ?? ""), after);
  } catch {
    return new Problem(response.status, "", "", after);
  }
}
