// @ts-check
/**
 * What the API says, and what the page makes of it, as types only. Moments are ISO 8601, lengths
 * of time are seconds.
 *
 * @typedef {object} Member
 * @property {string} id
 * @property {string} name
 * @property {string} number
 * @property {string} profile
 * @property {string} channel
 * @property {boolean} moderator
 * @property {boolean} muted
 * @property {boolean} deaf
 * @property {boolean} held
 * @property {boolean} talking
 * @property {boolean} waiting in the lobby
 * @property {number} talk_volume steps, 0 is as it came
 * @property {number} listen_volume
 * @property {string|null} joined null in the lobby
 * @property {number} speaking seconds until `at`
 * @property {number} [at] server's milliseconds at which this was so; the page sets it
 *
 * @typedef {object} LiveState how a room is, without its members
 * @property {string} room
 * @property {string} title
 * @property {boolean} locked
 * @property {"off"|"running"|"paused"} recording
 * @property {string} recording_name
 * @property {number} [recording_seconds] recorded until `at`
 * @property {boolean} [paused] by hand, and not because no moderator is in
 * @property {"off"|"demand"|"auto"} [record]
 * @property {string|null} speaker id of a member
 * @property {string|null} began
 * @property {string|null} ends_at
 * @property {string|null} grace_until
 * @property {number} capacity 0: as many as come
 *
 * @typedef {{channel: string, endpoint: string}} Inviting
 *
 * @typedef {object} Company who is in a room
 * @property {Member[]} members
 * @property {Member[]} waiting
 * @property {Inviting[]} inviting
 * @property {number} at server's milliseconds
 *
 * @typedef {LiveState & {members: Member[], inviting?: Inviting[]}} LiveWire as the API has it
 * @typedef {LiveState & Company} Live as the page has it
 *
 * @typedef {{name: string, title: string}} PlannedRoom
 *
 * @typedef {object} Room
 * @property {string} name
 * @property {string} title
 * @property {boolean} planned false: it is there only while somebody is in it
 * @property {Live|null} live
 *
 * @typedef {object} Recording
 * @property {number} id
 * @property {number} session
 * @property {string} name
 * @property {string} begun
 * @property {string|null} ended
 * @property {number} seconds
 *
 * @typedef {object} Stay
 * @property {string} name
 * @property {string} number
 * @property {boolean} moderator
 * @property {string} joined
 * @property {string|null} left
 * @property {string} why
 * @property {number} speaking
 *
 * @typedef {object} Summary of a conference
 * @property {number} id
 * @property {string} room
 * @property {string} began
 * @property {string|null} ended
 * @property {string} why
 * @property {number} members how many stays
 * @property {number} recordings how many
 *
 * @typedef {Omit<Summary, "recordings"> & {stays: Stay[], recordings: Recording[]}} Session
 *
 * @typedef {object} Grant what a token may
 * @property {string} token
 * @property {string|null} expires
 * @property {string} name
 * @property {string[]} scopes
 * @property {string[]} rooms patterns
 *
 * @typedef {object} Message one message of the event socket
 * @property {number} seq
 * @property {string} type
 * @property {string} at
 * @property {string} [room]
 * @property {Member|null} [member]
 * @property {Record<string, any>} [details]
 * @property {LiveState|null} [live]
 * @property {LiveWire[]} [rooms]
 *
 * @typedef {object} Entry a line of the log
 * @property {number} id
 * @property {number} at server's milliseconds
 * @property {string} kind
 * @property {Member|null} member
 * @property {Record<string, any>} details
 *
 * @typedef {object} Known all that the page knows
 * @property {boolean} ready whether there was a snapshot
 * @property {boolean} listed whether the planned rooms are known
 * @property {Record<string, Room>} rooms
 * @property {Record<string, Entry[]>} log of each room, the newest last
 * @property {number} offset the server's clock minus ours, milliseconds
 * @property {number} entries how many lines the log has ever had
 */
export {};
