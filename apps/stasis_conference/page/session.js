// @ts-check
/**
 * Who is logged in: the token and what it may.
 *
 * It is kept in sessionStorage: a reload in the middle of a conference must not ask for the PIN
 * again, and it ends with the tab. It is no cookie, so no other page can send it along, and not in
 * localStorage, so no other tab, and nobody at this browser tomorrow, has it.
 */

/** @typedef {import("./shapes.js").Grant} Grant */

const KEY = "conference.session";

/** @returns {Grant|null} what is kept, unless it has expired */
export function kept() {
  try {
    const grant = JSON.parse(sessionStorage.getItem(KEY) ?? "null");
    if (!grant || typeof grant.token !== "string" || !Array.isArray(grant.scopes)) return null;
    return expired(grant, Date.now()) ? null : grant;
  } catch {
    return null;
  }
}

/** @param {Grant} grant */
export function keep(grant) {
  try {
    sessionStorage.setItem(KEY, JSON.stringify(grant));
  } catch {
    // Storage is off: then it lasts until the page is left.
  }
}

export function forget() {
  try {
    sessionStorage.removeItem(KEY);
  } catch {
    // There is none.
  }
}

/**
 * @param {Grant} grant
 * @param {number} now
 */
export function expired(grant, now) {
  return grant.expires != null && Date.parse(grant.expires) <= now;
}

/**
 * Whether a token may do something.
 *
 * @param {Grant} grant
 * @param {string} scope
 */
export function may(grant, scope) {
  return grant.scopes.includes(scope);
}

/**
 * The room that a token is for, when it is for one only; empty otherwise.
 *
 * @param {Grant} grant
 */
export function onlyRoom({ rooms }) {
  return rooms.length === 1 && !/[*?]/.test(rooms[0]) ? rooms[0] : "";
}
