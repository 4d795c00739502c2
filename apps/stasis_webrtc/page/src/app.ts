// The page, put together: log-in, event socket and phone, and what each does when another speaks.

import { Account } from "./account";
import { Alerts, incoming } from "./alerts";
import { regions } from "./announcer";
import { Api, Problem } from "./api";
import { Backoff } from "./backoff";
import { Calls } from "./calls";
import type { Devices } from "./devices";
import { Feed } from "./feed";
import { newId } from "./id";
import { listen } from "./keyboard";
import { Lists } from "./lists";
import { MicrophoneTest } from "./microphone_test";
import { Notices, inWords } from "./notices";
import type { Page } from "./page";
import type { Phone } from "./phone";
import { Sounds } from "./player";
import { dress } from "./preferences";
import { drawn } from "./draw";
import { Session } from "./session";
import { Tones } from "./sound";
import type { State, View } from "./state";
import type { Store } from "./store";
import { live } from "./talk";
import { texts } from "./texts";
import type { Device, Told, WhySignedOut } from "./wire";

/** Wide enough for a list and the calls side by side. */
const WIDE = "(min-width: 760px)";
/** The device's credentials are renewed so long before they end. */
const MARGIN = 60_000;

export class App implements Page {
  readonly calls: Calls;
  readonly lists: Lists;
  readonly account: Account;
  readonly sounds: Sounds;
  readonly test: MicrophoneTest;
  readonly notices: Notices;
  readonly alerts: Alerts;
  readonly tones: Tones;
  private readonly session: Session;
  private readonly api: Api;
  private readonly feed: Feed;
  private readonly tab = newId();
  private readonly provisions = new Backoff(1000, 30_000);
  private provisioning: ReturnType<typeof setTimeout> | undefined;

  constructor(
    readonly store: Store,
    readonly phone: Phone,
    readonly devices: Devices,
  ) {
    this.notices = new Notices(store);
    this.session = new Session(
      (code) => this.ended(why(code)),
      (token) => this.feed.changed(token),
    );
    this.api = new Api(this.session);
    this.tones = new Tones((context) => devices.speaker(context as AudioContext));
    this.calls = new Calls(store, this.api, phone, this.notices, (key) => this.tones.key(key));
    this.lists = new Lists(store, this.api, this.notices);
    this.account = new Account(store, this.api, this.notices);
    this.sounds = new Sounds(store, this.api, devices);
    this.test = new MicrophoneTest(store, devices);
    this.alerts = new Alerts(store, this.tones);
    this.feed = new Feed(this.session, {
      told: (message) => this.told(message),
      state: (feed, retryAt) =>
        store.set({ feed, retryAt, ...(feed === "open" ? {} : { fresh: false }) }),
    });
    phone.listener = {
      standing: (standing, problem) => {
        if (this.store.state.taken) return;
        store.set({ standing });
        if (standing === "ready") this.provisions.reset();
        if (problem) this.provisionSoon(); // what it has is worth nothing: the server gives new
      },
      line: (line) => store.happened({ kind: "line", line }),
      blocked: () => store.set({ blocked: true }),
    };
  }

  async start(root: HTMLElement): Promise<void> {
    const { store } = this;
    dress(store.state.preferences.theme);
    const wide = matchMedia(WIDE);
    wide.addEventListener("change", () => this.fit(wide.matches));
    this.fit(wide.matches);
    store.watch((now, before) => this.watch(now, before));
    drawn(root, this);
    listen(this);
    this.devices.start();
    store.set({
      now: Date.now(),
      notificationsAllowed: "Notification" in window ? Notification.permission : "absent",
    });
    setInterval(() => this.tick(), 1000);
    window.addEventListener("online", () => this.now());
    window.addEventListener("beforeunload", (event) => {
      if (live(store.state).some((one) => one.place === "here")) event.preventDefault();
    });
    await this.resume();
  }

  async logIn(user: string, password: string): Promise<void> {
    if (!user.trim() || !password) return this.store.set({ signInProblem: texts.userMissing });
    this.store.set({ signingIn: true, signInProblem: "" });
    try {
      await this.session.logIn(user.trim(), password, browser());
      void this.tones.resume(); // this click allows sound
      this.begin();
    } catch (error) {
      const wait = error instanceof Problem && error.status === 429 ? error.retryAfter || 30 : 0;
      this.store.set({
        signInProblem: wait ? "" : inWords(error),
        waitUntil: wait ? Date.now() + wait * 1000 : 0,
        now: Date.now(),
      });
      document.querySelector<HTMLInputElement>("#password")?.select();
    } finally {
      this.store.set({ signingIn: false });
    }
  }

  async logOut(): Promise<void> {
    await this.phone.stop();
    await this.session.logOut().catch((error: unknown) => this.notices.problem(error));
    this.ended("logged_out");
  }

  take(): void {
    this.store.set({ taken: false, standing: "registering" });
    this.provisionSoon(true);
  }

  now(): void {
    if (this.store.state.stage !== "signed_in") return;
    this.feed.now();
    if (this.store.state.standing !== "ready") this.phone.now();
  }

  unblock(): void {
    void this.tones.resume().then(() => this.alerts.follow());
    this.phone.unblock();
    this.store.set({ blocked: false });
  }

  go(view: View): void {
    const { list } = this.store.state;
    this.store.set({ view, list: view === "phone" ? list : view });
    if (view !== "settings") this.test.stop();
  }

  set(change: Partial<State>): void {
    this.store.set(change);
  }

  /** Go on with the log-in that the cookie stands for; a server that is not there is waited for. */
  private async resume(): Promise<void> {
    const backoff = new Backoff();
    for (;;) {
      try {
        if (await this.session.resume()) return this.begin();
        return this.store.happened({ kind: "signed_out", why: null });
      } catch {
        const wait = backoff.next();
        this.store.set({ feed: "waiting", retryAt: Date.now() + wait });
        await new Promise((done) => setTimeout(done, wait));
      }
    }
  }

  private begin(): void {
    this.store.happened({ kind: "signed_in" });
    this.feed.start();
    this.provisionSoon(true);
  }

  private ended(reason: WhySignedOut): void {
    if (this.store.state.stage !== "signed_in") return;
    clearTimeout(this.provisioning);
    this.feed.stop();
    this.session.forget();
    this.sounds.stop();
    this.test.stop();
    void this.phone.stop();
    this.store.happened({ kind: "signed_out", why: reason });
  }

  private told(message: Told): void {
    this.store.happened({ kind: "told", message });
    if (message.type === "signed_out") this.ended(message.reason);
    if (message.type === "credentials") this.provisionSoon(true);
    if (message.type === "taken" && message.tab !== this.tab && !this.store.state.taken) {
      clearTimeout(this.provisioning);
      this.store.set({ taken: true, standing: "offline" });
      this.phone.abandon();
      this.store.set({ lines: {} }); // nothing has ended: it goes on elsewhere
    }
    if (message.type === "room") void this.lists.look(message.room);
    if (message.type === "recording" && this.store.state.recordings.state !== "none")
      void this.lists.recordings();
    if (message.type === "device" && message.device.state === "offline")
      if (this.store.state.standing === "ready" && !this.store.state.taken) this.phone.now();
  }

  private provisionSoon(now = false): void {
    clearTimeout(this.provisioning);
    this.provisioning = setTimeout(() => void this.provision(), now ? 0 : this.provisions.next());
  }

  /** Ask the server for a device, and have the phone register as it. */
  private async provision(): Promise<void> {
    if (this.store.state.taken || this.store.state.stage !== "signed_in") return;
    try {
      const device = await this.api.post<Device>("device", { tab: this.tab });
      if (this.store.state.taken || this.store.state.stage !== "signed_in") return;
      this.store.set({ endpoint: device.endpoint });
      this.phone.start(device);
      const left = Date.parse(device.expires) - Date.now() - MARGIN;
      this.provisioning = setTimeout(
        () => void this.provision(),
        Math.min(Math.max(left, MARGIN), 2 ** 31 - 1),
      );
    } catch {
      this.provisionSoon();
    }
  }

  private watch(now: State, before: State): void {
    const said = regions(now, before);
    if (said) this.store.set({ said });
    const rings = incoming(now)?.id;
    if (rings && rings !== incoming(before)?.id && !this.store.state.wide)
      this.store.set({ view: "phone" });
    const chosen = now.preferences;
    if (chosen.microphone !== before.preferences.microphone || chosen.speaker !== before.preferences.speaker) {
      void this.phone.refit().catch((error: unknown) => this.notices.problem(error));
      void this.tones.placedAgain();
      if (now.test.state !== "off") void this.test.start();
    }
  }

  private fit(wide: boolean): void {
    const { view, list } = this.store.state;
    const calls = live(this.store.state).length > 0;
    this.store.set({ wide, view: wide && view === "phone" ? list : !wide && calls ? "phone" : view });
  }

  /** Clocks on the screen go on, while there is one. */
  private tick(): void {
    const { state } = this.store;
    const now = Date.now();
    const runs = live(state).length > 0 || state.waitUntil > state.now || state.feed !== "open";
    if (runs || now - state.now > 30_000) this.store.set({ now });
  }
}

function why(code: string): WhySignedOut {
  return code in texts.whySignedOut ? (code as WhySignedOut) : "expired";
}

/** What the list of sessions calls this browser. */
function browser(): string {
  const agent = navigator.userAgent;
  const name = ["Edg/", "OPR/", "Firefox/", "Chrome/", "Safari/"].find((one) => agent.includes(one));
  const system = ["Android", "iPhone", "iPad", "Windows", "Mac OS", "CrOS", "Linux"].find((one) =>
    agent.includes(one),
  );
  const names: Record<string, string> = { "Edg/": "Edge", "OPR/": "Opera" };
  const shown = name ? (names[name] ?? name.slice(0, -1)) : "Browser";
  return (system ? `${shown} on ${system}` : shown).slice(0, 80);
}
