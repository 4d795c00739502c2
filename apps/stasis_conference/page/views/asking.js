// @ts-check
/** Dialogs that ask for what an action needs: a room to move to, a sound, a number. */

import { actEach } from "../controls.js";
import { confirmed, form } from "../dialogs.js";
import { roomsOf } from "../state.js";
import { ANNOUNCEMENTS, nameOf, titleOf } from "../texts.js";

/**
 * @typedef {import("../shapes.js").Member} Member
 * @typedef {import("./context.js").Context} Context
 *
 * @typedef {"all"|"others"} Many all, or all but moderators
 */

/** @type {Record<Many, string>} */
export const WHOM = { all: "everybody", others: "all but moderators" };

/**
 * @param {Context} context
 * @param {string} room
 * @param {Member|Many} whom
 */
export function askMove(context, room, whom) {
  const others = roomsOf(context.known()).filter((each) => each.name !== room);
  form({
    title: `Move ${called(whom)}`,
    yes: "Move",
    fields: [
      {
        name: "to",
        label: "To which room",
        hint: "Its name, as it is dialled.",
        options: others.map((each) => [each.name, titleOf(each)]),
      },
    ],
    send: async ({ to }) => {
      if (typeof whom === "string") await context.api.act(room, `move_${whom}`, { to });
      else await context.api.act(room, "move", { to }, whom.id);
    },
  });
}

/**
 * @param {Context} context
 * @param {string} room
 * @param {Member|Many} whom
 */
export function askAnnounce(context, room, whom) {
  form({
    title: `Announce to ${called(whom)}`,
    yes: "Announce",
    fields: [
      {
        name: "media",
        label: "What is played",
        hint: "A sound of the telephone system, such as sound:beep or recording:welcome.",
        pattern: "(sound|recording|number|digits|characters|tone):.+",
        options: ANNOUNCEMENTS,
      },
    ],
    send: async ({ media }) => {
      const body = { media: [media] };
      if (whom === "all") await context.api.act(room, "announce_all", body);
      else if (whom === "others") await actEach(context.api, room, othersOf(context, room), "announce", body);
      else await context.api.act(room, "announce", body, whom.id);
    },
  });
}

/**
 * @param {Context} context
 * @param {string} room
 */
export function askInvite(context, room) {
  form({
    title: "Invite somebody",
    text: "They are called, and are in the room once they answer.",
    yes: "Call",
    fields: [
      { name: "number", label: "Number", type: "tel", pattern: "[0-9*#+ ().\\/\\-]{1,40}" },
      {
        name: "profile",
        label: "Comes in as",
        type: "select",
        options: [
          ["default", "Member"],
          ["moderator", "Moderator"],
        ],
      },
    ],
    send: ({ number, profile }) =>
      context.api.act(room, "dial_out", { number: number.replace(/[ ().\/-]/g, ""), profile }),
  });
}

/**
 * Ask, and have a member removed.
 *
 * @param {Context} context
 * @param {string} room
 * @param {Member} member
 */
export function askRemove(context, room, member) {
  const name = nameOf(member);
  void confirmed({
    title: `Remove ${name}?`,
    text: `${name} hears a goodbye and is out of the room. They may call again unless the room is locked.`,
    yes: "Remove",
  }).then((sure) => (sure ? context.act(room, "kick", {}, member.id) : undefined));
  return true;
}

/**
 * Everybody in a room but moderators.
 *
 * @param {Context} context
 * @param {string} room
 */
export function othersOf(context, room) {
  return (context.known().rooms[room]?.live?.members ?? []).filter((each) => !each.moderator);
}

/** @param {Member|Many} whom */
function called(whom) {
  return typeof whom === "string" ? WHOM[whom] : nameOf(whom);
}
