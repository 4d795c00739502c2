// History, messages, recordings and rooms: loaded when they are looked at, kept up by the events.

import { type Api, Problem } from "./api";
import type { Notices } from "./notices";
import type { State } from "./state";
import type { Store } from "./store";
import { talks } from "./talk";
import { texts } from "./texts";
import type { Entry, Message, Recording, Room, RoomLine } from "./wire";

const PAGE = 50;
/** A roster that is shown is asked for so often. */
const ROSTER = 3000;

export class Lists {
  private roster: ReturnType<typeof setInterval> | undefined;

  constructor(
    private readonly store: Store,
    private readonly api: Api,
    private readonly notices: Notices,
  ) {
    store.watch((now, before) => this.follow(now, before));
  }

  private get state(): State {
    return this.store.state;
  }

  async history(missedOnly = this.state.history.missedOnly): Promise<void> {
    const { history } = this.state;
    const items = missedOnly === history.missedOnly ? history.items : [];
    this.store.set({ history: { ...history, missedOnly, items, state: "loading" } });
    await this.historyPage(missedOnly, []);
  }

  async earlier(): Promise<void> {
    const { missedOnly, items } = this.state.history;
    await this.historyPage(missedOnly, items);
  }

  private async historyPage(missedOnly: boolean, known: Entry[]): Promise<void> {
    const query = new URLSearchParams({ limit: String(PAGE) });
    if (missedOnly) query.set("missed", "true");
    const last = known.at(-1);
    if (last) query.set("before", last.at);
    try {
      const items = await this.api.get<Entry[]>(`history?${query}`);
      if (this.state.history.missedOnly !== missedOnly) return;
      const ids = new Set(known.map((one) => one.id));
      const all = [...known, ...items.filter((one) => !ids.has(one.id))];
      const more = items.length === PAGE;
      this.store.set({ history: { state: "there", missedOnly, items: all, more } });
      if (this.state.missed) await this.api.delete("history/missed");
      this.store.set({ missed: 0 });
    } catch (error) {
      if (known.length) return this.notices.problem(error);
      this.store.set({ history: { ...this.state.history, state: "failed" } });
    }
  }

  async messages(): Promise<void> {
    const { messages } = this.state;
    this.store.set({ messages: { ...messages, state: "loading" } });
    try {
      const items = await this.api.get<Message[]>("messages");
      this.store.set({ messages: { state: "there", items } });
    } catch {
      this.store.set({ messages: { ...messages, state: "failed" } });
    }
  }

  async deleteMessage(id: string): Promise<void> {
    try {
      await this.api.delete(`messages/${encodeURIComponent(id)}`);
      const { messages } = this.state;
      const items = messages.items.filter((one) => one.id !== id);
      this.store.set({ messages: { ...messages, items } });
      this.notices.info(texts.deleted);
    } catch (error) {
      this.notices.problem(error);
    }
  }

  async recordings(): Promise<void> {
    const { recordings } = this.state;
    this.store.set({ recordings: { ...recordings, state: "loading" } });
    try {
      const items = await this.api.get<Recording[]>("recordings");
      this.store.set({ recordings: { state: "there", items } });
    } catch {
      this.store.set({ recordings: { ...recordings, state: "failed" } });
    }
  }

  async rooms(): Promise<void> {
    const { rooms } = this.state;
    this.store.set({ rooms: { ...rooms, state: "loading" } });
    try {
      const items = await this.api.get<RoomLine[]>("rooms");
      this.store.set({ rooms: { state: "there", items, absent: false } });
    } catch (error) {
      const absent = error instanceof Problem && error.status === 404;
      this.store.set({ rooms: { state: absent ? "there" : "failed", items: [], absent } });
    }
  }

  openRoom(room: string | null): void {
    this.store.set({ openRoom: this.state.openRoom === room ? null : room });
  }

  async look(room: string): Promise<void> {
    try {
      const found = await this.api.get<Room>(`rooms/${encodeURIComponent(room)}`);
      this.store.set({ rosters: { ...this.state.rosters, [room]: found } });
    } catch {
      // It is asked for again soon; what was known stays on the screen.
    }
  }

  /** What a view needs is loaded when it is shown, and again when it may be old. */
  private follow(now: State, before: State): void {
    if (now.stage !== "signed_in" || !now.fresh) return;
    const began = !before.fresh;
    const shows = (name: State["list"]) => visible(now, name) && (began || !visible(before, name));
    if (shows("history")) void this.history();
    const tab = now.messagesTab !== before.messagesTab;
    if (shows("messages") || (tab && visible(now, "messages")))
      void (now.messagesTab === "messages" ? this.messages() : this.recordings());
    const rooms = now.peopleTab === "rooms" && (shows("contacts") || before.peopleTab === "people");
    const choosing = now.panel?.panel === "conference" && before.panel?.panel !== "conference";
    if (began || rooms || choosing) void this.rooms();
    this.followRosters(now, before);
  }

  private followRosters(now: State, before: State): void {
    const shown = rostersShown(now);
    const earlier = rostersShown(before);
    for (const room of shown) if (!earlier.includes(room)) void this.look(room);
    if (shown.length && !this.roster)
      this.roster = setInterval(() => {
        for (const room of rostersShown(this.state)) void this.look(room);
      }, ROSTER);
    if (!shown.length) {
      clearInterval(this.roster);
      this.roster = undefined;
    }
  }
}

function visible(state: State, name: State["list"]): boolean {
  return state.list === name && (state.wide || state.view === name);
}

export function rostersShown(state: State): string[] {
  if (state.stage !== "signed_in") return [];
  const rooms = talks(state)
    .filter((one) => one.state === "connected" && one.conference)
    .map((one) => one.conference as string);
  if (state.openRoom && visible(state, "contacts") && state.peopleTab === "rooms")
    rooms.push(state.openRoom);
  return [...new Set(rooms)];
}
