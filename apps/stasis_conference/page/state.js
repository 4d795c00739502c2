// @ts-check
/**
 * What the page knows of the rooms, and how each message changes it. Pure: no clock, no network.
 *
 * Rules: the server is the truth, nothing is changed here because a button was pressed. A snapshot
 * replaces everything but the log. What did not change stays the same object.
 */

/**
 * @typedef {import("./shapes.js").Known} Known
 * @typedef {import("./shapes.js").Message} Message
 * @typedef {import("./shapes.js").Member} Member
 * @typedef {import("./shapes.js").Room} Room
 * @typedef {import("./shapes.js").PlannedRoom} PlannedRoom
 * @typedef {import("./shapes.js").Entry} Entry
 * @typedef {import("./shapes.js").Live} Live
 * @typedef {import("./shapes.js").LiveState} LiveState
 * @typedef {import("./shapes.js").LiveWire} LiveWire
 */

export const LOG_LINES = 200;

/** Kinds of events that change what is shown, and are no line of the log. */
const UNLOGGED = new Set(["talking", "silent", "speaker", "volume"]);

/** @returns {Known} what is known before the first message */
export function nothing() {
  return { ready: false, listed: false, rooms: {}, log: {}, offset: 0, entries: 0 };
}

/**
 * What is known after a message.
 *
 * @param {Known} known
 * @param {Message} message
 * @param {number} received our milliseconds when it came
 * @returns {Known}
 */
export function heard(known, message, received) {
  const at = Date.parse(message.at);
  const offset = at - received;
  if (message.type === "snapshot") return snapshot({ ...known, offset }, message.rooms ?? [], at);
  if (!message.room) return known;
  // The message that came quickest says best how far the clocks are apart.
  const next = { ...known, offset: Math.max(known.offset, offset) };
  return logged(changed(next, message, at), message, at);
}

/**
 * Which rooms are there whether or not somebody is in them.
 *
 * @param {Known} known
 * @param {PlannedRoom[]} planned
 * @returns {Known}
 */
export function listed(known, planned) {
  const live = Object.values(known.rooms).filter((room) => room.live);
  const rooms = Object.fromEntries(live.map((room) => [room.name, { ...room, planned: false }]));
  for (const { name, title } of planned) {
    rooms[name] = { name, title, planned: true, live: rooms[name]?.live ?? null };
  }
  return { ...known, listed: true, rooms };
}

/**
 * @param {Known} known
 * @param {LiveWire[]} lives
 * @param {number} at
 * @returns {Known}
 */
function snapshot(known, lives, at) {
  const planned = Object.values(known.rooms).filter((room) => room.planned);
  /** @type {Record<string, Room>} */
  const rooms = Object.fromEntries(planned.map((room) => [room.name, { ...room, live: null }]));
  for (const { members, inviting = [], ...state } of lives) {
    const company = { ...parted(members, at), inviting, at };
    rooms[state.room] = named(known.rooms[state.room], state.room, { ...state, ...company });
  }
  const log = known.ready ? gap(known, at) : known.log;
  const entries = known.entries + Object.keys(log).length;
  return { ...known, ready: true, rooms, log, entries };
}

/**
 * Each log says that something may be missing.
 *
 * @param {Known} known
 * @param {number} at
 */
function gap(known, at) {
  return Object.fromEntries(
    Object.entries(known.log).map(([room, lines], index) => {
      const entry = { id: known.entries + index, at, kind: "gap", member: null, details: {} };
      return [room, [...lines, entry].slice(-LOG_LINES)];
    }),
  );
}

/**
 * Who is inside and who waits.
 *
 * @param {Member[]} members
 * @param {number} at
 */
function parted(members, at) {
  const dated = members.map((each) => ({ ...each, at }));
  return { members: dated.filter((each) => !each.waiting), waiting: dated.filter((each) => each.waiting) };
}

/**
 * A room with what goes on in it.
 *
 * @param {Room|undefined} room
 * @param {string} name
 * @param {Live} live
 * @returns {Room}
 */
function named(room, name, live) {
  const planned = room?.planned ?? false;
  return { name, title: live.title || room?.title || "", planned, live };
}

/**
 * @param {Known} known
 * @param {Message} message
 * @param {number} at
 * @returns {Known}
 */
function changed(known, message, at) {
  const name = /** @type {string} */ (message.room);
  const room = known.rooms[name];
  if (!message.live) {
    // It is over, or never began: only what is planned stays.
    const rooms = room?.planned ? { ...known.rooms, [name]: { ...room, live: null } } : without(known.rooms, name);
    return { ...known, rooms };
  }
  const live = lived(room?.live ?? null, message.live, message, at);
  return { ...known, rooms: { ...known.rooms, [name]: named(room, name, live) } };
}

/**
 * @param {Live|null} live
 * @param {LiveState} state
 * @param {Message} message
 * @param {number} at
 * @returns {Live}
 */
function lived(live, state, message, at) {
  const before = live ?? { members: [], waiting: [], inviting: [] };
  const after = { ...before, ...state, at };
  const change = CHANGES[message.type] ?? renewed;
  return change(after, message, at);
}

/**
 * @callback Change
 * @param {Live} live
 * @param {Message} message
 * @param {number} at
 * @returns {Live}
 */

/** What else than its state changes by an event. @type {Record<string, Change>} */
const CHANGES = {
  waiting: (live, message, at) => {
    const member = about(message, at);
    return member ? { ...gone(live, member.id), waiting: [...less(live.waiting, member.id), member] } : live;
  },
  joined: (live, message, at) => {
    const member = about(message, at);
    if (!member) return live;
    const members = [...less(live.members, member.id), member].sort(byArrival);
    const inviting = live.inviting.filter((each) => each.channel !== member.channel);
    return { ...live, members, waiting: less(live.waiting, member.id), inviting };
  },
  left: (live, message) => (message.member ? gone(live, message.member.id) : live),
  inviting: (live, { details }) => {
    const called = { channel: details?.channel ?? "", endpoint: details?.endpoint ?? "" };
    return { ...live, inviting: [...live.inviting, called] };
  },
  not_invited: (live, { details }) => ({
    ...live,
    inviting: live.inviting.filter((each) => each.channel !== details?.channel),
  }),
  refused: (live) => live,
};

/** @type {Change} */
function renewed(live, message, at) {
  const member = about(message, at);
  if (!member) return live;
  const renew = (/** @type {Member} */ each) => (each.id === member.id ? member : each);
  return { ...live, members: live.members.map(renew), waiting: live.waiting.map(renew) };
}

/**
 * @param {Message} message
 * @param {number} at
 * @returns {Member|null}
 */
function about(message, at) {
  return message.member ? { ...message.member, at } : null;
}

/**
 * @param {Live} live
 * @param {string} id
 * @returns {Live}
 */
function gone(live, id) {
  return { ...live, members: less(live.members, id), waiting: less(live.waiting, id) };
}

/**
 * @param {Member[]} members
 * @param {string} id
 */
function less(members, id) {
  return members.filter((each) => each.id !== id);
}

/**
 * @param {Member} one
 * @param {Member} other
 */
function byArrival(one, other) {
  const moment = (/** @type {Member} */ member) => (member.joined ? Date.parse(member.joined) : Infinity);
  const [first, second] = [moment(one), moment(other)];
  return first === second ? 0 : first - second;
}

/**
 * @param {Known} known
 * @param {Message} message
 * @param {number} at
 * @returns {Known}
 */
function logged(known, message, at) {
  const name = /** @type {string} */ (message.room);
  if (UNLOGGED.has(message.type)) return known;
  const { type: kind, member = null, details = {} } = message;
  const entry = { id: known.entries, at, kind, member, details };
  const lines = [...(known.log[name] ?? []), entry].slice(-LOG_LINES);
  return { ...known, entries: known.entries + 1, log: { ...known.log, [name]: lines } };
}

/**
 * @template T
 * @param {Record<string, T>} table
 * @param {string} key
 * @returns {Record<string, T>}
 */
function without(table, key) {
  return Object.fromEntries(Object.entries(table).filter(([each]) => each !== key));
}

// What is to be read out of it

/**
 * Seconds that a member has talked until now.
 *
 * @param {Member} member
 * @param {number} now server's milliseconds
 */
export function speakingOf(member, now) {
  const since = member.talking && member.at ? Math.max(0, now - member.at) / 1000 : 0;
  return member.speaking + since;
}

/**
 * Seconds that are recorded until now; null when that is not known, or nothing is.
 *
 * @param {Live} live
 * @param {number} now server's milliseconds
 */
export function recordedOf(live, now) {
  const { recording, recording_seconds: seconds, at } = live;
  if (recording === "off" || seconds === undefined) return null;
  return seconds + (recording === "running" ? Math.max(0, now - at) / 1000 : 0);
}

/**
 * Rooms in the order in which they are shown: those with people first.
 *
 * @param {Known} known
 */
export function roomsOf(known) {
  const size = (/** @type {Room} */ room) => (room.live ? 1 : 0);
  return Object.values(known.rooms).sort(
    (one, other) => size(other) - size(one) || one.name.localeCompare(other.name, "en", { numeric: true }),
  );
}

/**
 * A member of a room by its id, inside or waiting.
 *
 * @param {Room|undefined} room
 * @param {string} id
 */
export function memberOf(room, id) {
  const everybody = [...(room?.live?.members ?? []), ...(room?.live?.waiting ?? [])];
  return everybody.find((each) => each.id === id) ?? null;
}
