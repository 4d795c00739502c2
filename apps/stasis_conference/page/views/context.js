// @ts-check
/**
 * What every view is given, and what it gives. Types only.
 *
 * @typedef {object} Context
 * @property {import("../api.js").Api} api
 * @property {import("../shapes.js").Grant} grant
 * @property {() => import("../shapes.js").Known} known
 * @property {() => number} now the server's milliseconds
 * @property {import("../announcer.js").Announcer} announcer
 * @property {(route: import("../route.js").Route) => void} go
 * @property {(problem: unknown) => void} fail shows what went wrong
 * @property {(room: string, action: string, body?: object, member?: string) => Promise<void>} act
 *   has something done, and shows what went wrong
 *
 * @typedef {object} View
 * @property {HTMLElement} element
 * @property {() => string} title of the browser's window
 * @property {(known: import("../shapes.js").Known) => void} update
 * @property {(now: number) => void} [tick] once a second, with the server's milliseconds
 * @property {(key: string) => boolean} [key] a single key; whether it was taken
 * @property {() => void} [close]
 */
export {};
