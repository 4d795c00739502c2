// How an incoming call is noticed: ring tone, the document's title, a notification.

import { shownName } from "./number";
import type { State } from "./state";
import type { Store } from "./store";
import { live, rings, returns, lineOf, type Talk } from "./talk";
import { texts } from "./texts";
import type { Tones } from "./sound";

/** The INVITE may be here before the server told of the call: it may be one that returns. */
const PATIENCE = 1000;

export class Alerts {
  private shown: { id: string; notification: Notification } | null = null;
  /** Rings for nobody: the user tries the tone. */
  private trying = false;

  constructor(
    private readonly store: Store,
    private readonly tones: Tones,
  ) {
    store.watch((now, before) => {
      if (now.calls !== before.calls || now.lines !== before.lines || now.now !== before.now ||
          now.stage !== before.stage || now.ending !== before.ending || now.me !== before.me)
        this.follow();
    });
  }

  try(on: boolean): void {
    this.trying = on;
    this.follow();
  }

  follow(): void {
    const { state } = this.store;
    const melody = heard(state);
    const { ringTone, ringVolume } = state.preferences;
    this.tones.play(melody ?? (this.trying ? ringTone : null), ringVolume / 100);
    if (melody && this.tones.silent && !state.blocked) this.store.set({ blocked: true });
    document.title = title(state);
    this.notify(state, incoming(state));
  }

  private notify(state: State, call: Talk | undefined): void {
    if (this.shown && this.shown.id !== call?.id) {
      this.shown.notification.close();
      this.shown = null;
    }
    if (!call || this.shown || !document.hidden || !state.preferences.notifications) return;
    if (!("Notification" in window) || Notification.permission !== "granted") return;
    const notification = new Notification(texts.incomingCall, {
      body: shownName(call.peer) || texts.unknownCaller,
      icon: "icon.svg",
      tag: call.id,
      requireInteraction: true,
    });
    notification.onclick = () => {
      window.focus();
      notification.close();
    };
    this.shown = { id: call.id, notification };
  }
}

/** The call that rings here, if one does. */
export function incoming(state: State): Talk | undefined {
  return live(state).find((one) => {
    const line = state.lines[lineOf(state, one.id)];
    if (!rings(one) || !line || returns(state, line)) return false;
    return one.known || Date.now() - Date.parse(line.since) > PATIENCE;
  });
}

/** Which melody is heard now. */
export function heard(state: State): string | null {
  const running = live(state);
  const talking = running.some((one) => one.state === "connected" && one.place === "here");
  if (incoming(state) && !state.me?.settings.dnd)
    return talking ? "waiting" : state.preferences.ringTone;
  const calling = running.some(
    (one) => one.direction === "out" && one.state === "ringing" && one.place === "here" && !one.early,
  );
  return calling && !talking ? "ringback" : null;
}

export function title(state: State): string {
  if (state.stage !== "signed_in") return texts.product;
  const rings = incoming(state);
  if (rings) return `☎ ${texts.titleIncoming(shownName(rings.peer) || texts.unknownCaller)}`;
  const talking = live(state).find((one) => one.state === "connected" && one.place === "here");
  if (talking) return `${texts.titleTalking(shownName(talking.peer))} · ${texts.product}`;
  const news = state.missed + state.unheard;
  return news ? `(${news}) ${texts.product}` : texts.product;
}
