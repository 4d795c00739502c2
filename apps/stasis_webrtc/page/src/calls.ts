// What the user does with calls. Making, answering, ending is SIP; the rest is asked of the server,
// and what comes of it is heard from the event socket.

import type { Api } from "./api";
import { newId } from "./id";
import type { Notices } from "./notices";
import { dialable, dialled } from "./number";
import type { Phone } from "./phone";
import type { Panel, State } from "./state";
import type { Store } from "./store";
import { lineOf, live, returns, rings, talk, type Talk, talks } from "./talk";
import { texts } from "./texts";

/** How long a call that is over is still shown; less when the user ended it. */
const SHOWN = 5000;
const SHOWN_MINE = 1200;
/** What the server says is over, must be over here soon. */
const STRAY = 3000;

export class Calls {
  private readonly leaving = new Map<string, ReturnType<typeof setTimeout>>();
  private readonly answering = new Set<string>();
  private digits: Promise<void> = Promise.resolve();

  constructor(
    private readonly store: Store,
    private readonly api: Api,
    private readonly phone: Phone,
    private readonly notices: Notices,
    private readonly keyTone: (key: string) => void,
  ) {
    store.watch((now, before) => {
      if (now.calls !== before.calls || now.lines !== before.lines || now.ending !== before.ending)
        this.follow(this.state);
    });
  }

  private get state(): State {
    return this.store.state;
  }

  async dial(typed: string): Promise<void> {
    const number = dialled(typed);
    if (!dialable(typed)) return this.notices.error(texts.cannotDial);
    if (this.state.standing !== "ready") return this.notices.error(texts.notReadyToDial);
    const id = newId();
    this.store.set({ number: "", lastDialled: typed.trim(), adding: false, panel: null });
    this.show(id);
    const made = await this.attempted(async () => {
      await this.holdOthers(id);
      await this.phone.dial(id, number);
    });
    if (!made && !this.state.number) this.store.set({ number: typed });
  }

  async answer(id: string): Promise<void> {
    const line = lineOf(this.state, id);
    if (this.answering.has(line)) return;
    this.answering.add(line);
    this.show(id);
    this.store.set({ panel: null, adding: false });
    await this.attempted(async () => {
      await this.holdOthers(id);
      await this.phone.answer(line);
    });
    this.answering.delete(line);
  }

  decline(id: string): void {
    this.ends(id);
    const line = lineOf(this.state, id);
    if (this.state.lines[line]) this.phone.end(line, "declined");
    else void this.attempted(() => this.api.post(`calls/${encodeURIComponent(id)}/hangup`));
  }

  end(id: string): void {
    const known = talk(this.state, id);
    if (!known || known.state === "ended") return;
    if (rings(known)) return this.decline(id);
    const line = lineOf(this.state, id);
    if (this.state.lines[line] && known.place === "here") {
      this.ends(id);
      this.phone.end(line);
    } else {
      void this.act(id, "hangup");
    }
  }

  async hold(id: string, held: boolean): Promise<void> {
    if (!held) await this.holdOthers(id);
    await this.act(id, held ? "hold" : "unhold");
    if (!held) this.show(id);
  }

  async mute(id: string, muted: boolean): Promise<void> {
    this.phone.mute(lineOf(this.state, id), muted); // silence does not wait for the server
    if (!(await this.act(id, muted ? "mute" : "unmute"))) this.follow(this.state);
  }

  /** Digits go one after the other. */
  press(id: string, digit: string): void {
    this.keyTone(digit);
    this.store.set({ digits: (this.state.digits + digit).slice(-24) });
    if (this.phone.press(lineOf(this.state, id), digit)) return;
    this.digits = this.digits.then(async () => {
      await this.act(id, "dtmf", { digits: digit });
    });
  }

  async record(id: string, on: boolean): Promise<void> {
    await this.act(id, on ? "record" : "stop_record");
  }

  /** Blind: the other side is sent there, and this call is over. */
  async transfer(id: string, typed: string): Promise<void> {
    if (!dialable(typed)) return this.notices.error(texts.cannotDial);
    if (await this.act(id, "transfer", { to: dialled(typed) })) {
      this.store.set({ panel: null, transferTo: "" });
      this.notices.info(texts.transferred(typed.trim()));
    }
  }

  /** Attended: talk to them first. The call that waits is the one to bring together later. */
  async consult(typed: string): Promise<void> {
    if (!dialable(typed)) return this.notices.error(texts.cannotDial);
    this.store.set({ transferTo: "" });
    await this.dial(typed);
  }

  async attend(id: string, other: string): Promise<void> {
    await this.act(id, "attend", { with: other });
  }

  async conference(id: string, room: string): Promise<void> {
    if (await this.act(id, "conference", { room })) this.store.set({ panel: null });
  }

  show(id: string): void {
    const { wide, view } = this.state;
    this.store.set({ focus: id, digits: "", view: wide ? view : "phone" });
  }

  /** Open a call's panel, or close it. */
  panel(id: string, panel: Panel): void {
    const open = this.state.panel;
    const same = open?.call === id && open.panel === panel;
    this.store.set({ panel: same ? null : { call: id, panel }, transferTo: "", roomTyped: "", digits: "" });
  }

  private async holdOthers(id: string): Promise<void> {
    const others = live(this.state).filter(
      (one) => one.id !== id && one.state === "connected" && one.place === "here" && !one.held,
    );
    await Promise.all(others.map((one) => this.act(one.id, "hold")));
  }

  /** Ask the server; what it refuses is shown. Returns whether it did it. */
  private async act(id: string, action: string, body?: object): Promise<boolean> {
    return this.attempted(() => this.api.post(`calls/${encodeURIComponent(id)}/${action}`, body));
  }

  private async attempted(deed: () => Promise<unknown>): Promise<boolean> {
    try {
      await deed();
      return true;
    } catch (error) {
      this.notices.problem(error);
      return false;
    }
  }

  private ends(id: string): void {
    this.store.set({ ending: { ...this.state.ending, [id]: true } });
  }

  /** Bring the phone where the server is, and forget what is over. */
  private follow(state: State): void {
    for (const line of Object.values(state.lines))
      if (returns(state, line) && !this.answering.has(line.id)) void this.rejoin(line.id);
    for (const one of talks(state)) {
      if (one.known) this.phone.mute(lineOf(state, one.id), one.muted || one.held);
      if (one.state === "ended") this.leave(one);
      else this.stays(one.id);
    }
  }

  private async rejoin(line: string): Promise<void> {
    this.answering.add(line);
    await this.attempted(() => this.phone.answer(line));
  }

  private leave({ id }: Talk): void {
    if (this.leaving.has(id)) return;
    const line = lineOf(this.state, id);
    if (this.state.lines[line]?.state !== "ended")
      setTimeout(() => this.state.lines[line]?.state !== "ended" && this.phone.end(line), STRAY);
    const timer = setTimeout(
      () => {
        this.leaving.delete(id);
        this.answering.delete(line);
        this.store.happened({ kind: "forgotten", id });
        if (line !== id) this.store.happened({ kind: "forgotten", id: line });
      },
      this.state.ending[id] ? SHOWN_MINE : SHOWN,
    );
    this.leaving.set(id, timer);
  }

  private stays(id: string): void {
    clearTimeout(this.leaving.get(id));
    this.leaving.delete(id);
  }
}
