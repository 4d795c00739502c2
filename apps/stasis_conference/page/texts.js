// @ts-check
/** What the page says, in one place. Pure. */

import { clock, spoken } from "./clock.js";

/**
 * @typedef {import("./shapes.js").Member} Member
 * @typedef {import("./shapes.js").Entry} Entry
 * @typedef {import("./shapes.js").Room} Room
 */

/**
 * How a caller is called: by name, else by number.
 *
 * @param {{name: string, number: string}} member
 */
export function nameOf(member) {
  return member.name || member.number || "Unknown caller";
}

/**
 * @param {{name: string, number: string}} member
 */
export function initialsOf(member) {
  const words = member.name.match(/[\p{L}\p{N}]+/gu) ?? [];
  const letters = words.length > 1 ? [words[0], words[words.length - 1]] : words;
  return letters.map((word) => [...(word ?? "")][0]?.toUpperCase() ?? "").join("") || member.number.slice(-2) || "?";
}

/** @param {Room} room */
export function titleOf(room) {
  return room.title || `Room ${room.name}`;
}

/**
 * @param {number} count
 * @param {string} one
 * @param {string} [many]
 */
export function counted(count, one, many = `${one}s`) {
  return `${count} ${count === 1 ? one : many}`;
}

/** Why somebody left, or a conference ended. @type {Record<string, string>} */
const REASONS = {
  kicked: "removed",
  left: "left",
  hung_up: "hung up",
  moved: "moved to another room",
  ended: "ended by a moderator",
  limit: "time limit reached",
  no_moderator: "no moderator came back",
  moderator_left: "back to the lobby: the moderator left",
  empty: "everybody left",
  lost: "lost: the server was restarted",
  full: "the room is full",
  locked: "the room is locked",
  elsewhere: "the room is on another server",
  refused: "no right PIN",
};

/** @param {string} why */
export function reasonOf(why) {
  return REASONS[why] ?? why.replaceAll("_", " ");
}

/** Lines of the log by kind. @type {Record<string, (who: string, details: Record<string, any>, member: Member|null) => string>} */
const LINES = {
  began: () => "The conference has begun",
  ended: (_, details) => `The conference is over: ${reasonOf(details.why ?? "")}`,
  waiting: (who) => `${who} waits in the lobby`,
  joined: (who) => `${who} joined`,
  left: (who, details) => `${who} left: ${reasonOf(details.why ?? "left")}`,
  muted: (who) => `${who} is muted`,
  unmuted: (who) => `${who} is no longer muted`,
  deafened: (who) => `${who} hears nobody`,
  undeafened: (who) => `${who} hears the others again`,
  held: (who) => `${who} is on hold`,
  resumed: (who) => `${who} is back from hold`,
  locked: () => "The room is locked",
  unlocked: () => "The room is open again",
  recording: () => "The recording runs",
  recording_paused: () => "The recording is paused",
  recorded: (_, details) => `The recording has ended after ${clock(details.seconds ?? 0)}`,
  announced: (who, _, member) => (member ? `Announced to ${who}` : "Announced to everybody"),
  moving: (who, details) => `${who} moves to room ${details.to ?? ""}`,
  inviting: (_, details) => `Calling ${calledOf(details.endpoint ?? "")}`,
  not_invited: (_, details) => `${calledOf(details.endpoint ?? "")} did not answer`,
  warned: (_, details) => `The time limit is reached in ${spoken(details.seconds ?? 0)}`,
  grace: () => "No moderator is left: the conference ends unless one comes back",
  refused: (who, details) => `${who} was turned away: ${reasonOf(details.why ?? "")}`,
  gap: () => "The connection was lost; what happened meanwhile is not listed",
};

/** @param {Entry} entry */
export function lineOf(entry) {
  const who = entry.member ? nameOf(entry.member) : "";
  const line = LINES[entry.kind];
  return line ? line(who, entry.details, entry.member) : `${entry.kind.replaceAll("_", " ")} ${who}`.trim();
}

/**
 * Whom an endpoint such as `PJSIP/alice@trunk` is about, for people.
 *
 * @param {string} endpoint
 */
export function calledOf(endpoint) {
  return endpoint.replace(/^[^/]*\//, "").replace(/@.*$/, "") || endpoint;
}

/** What is said when something is refused, by code. @type {Record<string, string>} */
const PROBLEMS = {
  wrong_pin: "That room and PIN do not go together.",
  unreachable: "The server cannot be reached. Check the connection and try again.",
  no_answer: "The server did not answer in time. It may have been done all the same.",
  nobody: "That member is not in the room any more.",
  no_member: "That member is not in the room any more.",
  no_room: "There is no such room.",
  full: "The other room is full.",
  locked: "The other room is locked.",
  no_number: "That is not a number that can be called.",
  no_dialling: "Calling out is not set up on this server.",
  no_recording: "The recording cannot be changed: it does not run, or this room may not be recorded.",
  "no_recording 404": "That recording is not there any more.",
  no_sound: "The sound of that recording is not there any more.",
  running: "That recording still runs: stop it first.",
  not_live: "Nobody is in that room any more.",
  other_room: "That room is not one of those you may moderate.",
  waits: "Who waits in the lobby cannot be moved.",
  locked_out: "Too many wrong PINs.",
  busy: "Too many log in at this moment.",
  not_allowed: "You may not do that.",
  forbidden: "You may not do that.",
};

/** What is said when there is no better word, by status. @type {Record<number, string>} */
const STATUSES = {
  401: "You are not logged in any more.",
  403: "You may not do that.",
  404: "That is not there any more.",
  429: "Too many attempts.",
  503: "The telephone system or its database is not available. Try again in a moment.",
};

/** @param {unknown} error */
export function problemText(error) {
  const { status = 0, code = "", message = "", retryAfter = 0 } =
    /** @type {{status?: number, code?: string, message?: string, retryAfter?: number}} */ (error);
  const text = PROBLEMS[`${code} ${status}`] ?? PROBLEMS[code] ?? (STATUSES[status] || message || "That did not work.");
  return retryAfter ? `${text} Try again in ${spoken(retryAfter)}.` : text;
}

/** Announcements that come with Asterisk's sounds. */
export const ANNOUNCEMENTS = [
  ["sound:beep", "A beep"],
  ["sound:one-moment-please", "One moment, please"],
  ["sound:conf-leaderhasleft", "The leader has left the conference"],
  ["sound:conf-lockednow", "The conference is now locked"],
  ["sound:conf-now-recording", "The conference is now being recorded"],
  ["sound:vm-goodbye", "Goodbye"],
];

/** Keys and what they do, as `?` lists them. */
export const SHORTCUTS = [
  [
    "Anywhere",
    [
      [["?"], "This list"],
      [["t"], "Say who talks now"],
      [["g"], "Go to the members"],
      [["l"], "Go to what happened"],
      [["i"], "Invite somebody"],
    ],
  ],
  [
    "In the list of members",
    [
      [["↑", "↓"], "The member before, the next one"],
      [["←", "→"], "Along the controls of a member"],
      [["Home", "End"], "The member's name, its last control"],
      [["Ctrl", "Home"], "The first member; with End the last"],
      [["m"], "Mute or unmute"],
      [["d"], "Deafen or undeafen"],
      [["h"], "Hold or resume"],
      [["+", "-"], "Louder or less loud for the others"],
      [["Enter"], "More for this member"],
      [["Delete"], "Remove from the room"],
    ],
  ],
];
