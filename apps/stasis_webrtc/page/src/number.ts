// What somebody typed, as it is dialled; and how a person is shown without a picture. Pure.

import type { Contact, Peer } from "./wire";

/** Digits without what people put between them; names as they are. */
export function dialled(typed: string): string {
  const text = typed.trim();
  return /^[+*#\d\s().\/-]+$/.test(text) ? text.replace(/[\s().\/-]/g, "") : text;
}

/** Whether it can be dialled at all. */
export function dialable(typed: string): boolean {
  return /^[+*#0-9A-Za-z][+*#0-9A-Za-z_.-]*$/.test(dialled(typed));
}

export function shownName(peer: Peer): string {
  return peer.name || peer.number;
}

/** Up to two letters for the round picture. */
export function initials(name: string): string {
  const words = name.trim().split(/[\s._-]+/).filter((word) => /\p{L}/u.test(word));
  const picked = words.length > 1 ? [words[0], words[words.length - 1]] : words.slice(0, 1);
  return picked.map((word) => [...(word ?? "")][0]?.toLocaleUpperCase() ?? "").join("");
}

/** One of eight hues, always the same for a name. */
export function hue(name: string): number {
  let sum = 0;
  for (const letter of name) sum = (sum * 31 + (letter.codePointAt(0) ?? 0)) % 9973;
  return sum % 8;
}

/** Contacts that fit what is typed, the best first. */
export function matches(contacts: Contact[], typed: string): Contact[] {
  const text = typed.trim().toLocaleLowerCase();
  if (!text) return contacts;
  const rank = (one: Contact): number => {
    const name = one.name.toLocaleLowerCase();
    if (one.extension.startsWith(text) || name.startsWith(text)) return 0;
    if (name.split(/\s+/).some((word) => word.startsWith(text))) return 1;
    return name.includes(text) || one.user.toLocaleLowerCase().includes(text) ? 2 : 3;
  };
  return contacts
    .map((one) => ({ one, rank: rank(one) }))
    .filter(({ rank }) => rank < 3)
    .sort((a, b) => a.rank - b.rank)
    .map(({ one }) => one);
}
