// @ts-check
/** Which view an address shows; it is behind the `#`. Pure. */

/**
 * @typedef {{view: "rooms"}|{view: "room"|"history"|"recordings", room: string}} Route
 */

/** @type {Record<string, "room"|"history"|"recordings">} */
const PARTS = { "": "room", history: "history", recordings: "recordings" };

/**
 * @param {string} hash
 * @returns {Route}
 */
export function routeOf(hash) {
  const [first, name, part = ""] = hash.replace(/^#?\/?/, "").split("/");
  if (first !== "rooms" || !name || !Object.hasOwn(PARTS, part)) return { view: "rooms" };
  try {
    return { view: PARTS[part], room: decodeURIComponent(name) };
  } catch {
    return { view: "rooms" };
  }
}

/**
 * @param {Route} route
 * @returns {string}
 */
export function hashOf(route) {
  if (route.view === "rooms") return "#/rooms";
  const part = route.view === "room" ? "" : `/${route.view}`;
  return `#/rooms/${encodeURIComponent(route.room)}${part}`;
}
