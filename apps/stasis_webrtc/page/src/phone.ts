// What the page needs of a SIP phone. `sip.ts` is the real one; tests put another in its place.

import type { Device, Direction, Reason, Standing } from "./wire";

/** One SIP dialog of this page. `id` is the call's, as both sides say it in X-Stasis-Call. */
export interface Line {
  id: string;
  direction: Direction;
  state: "ringing" | "connected" | "ended";
  /** Whom the dialog names: shown until the server tells more. */
  name: string;
  number: string;
  /** The other side sends sound before it answers: no ring-back tone of ours. */
  early: boolean;
  since: string;
  reason?: Reason;
}

export interface PhoneListener {
  standing(standing: Standing, why?: string): void;
  line(line: Line): void;
  /** The browser does not play what it should until somebody touches the page. */
  blocked(): void;
}

export interface Phone {
  listener: PhoneListener;
  /** Register; called again with new credentials while it runs. */
  start(device: Device): void;
  /** End all calls and go. */
  stop(): Promise<void>;
  /** Go without a word: another page has the calls now. */
  abandon(): void;
  /** Try to register now, not later. */
  now(): void;
  /** Raises what the browser raises when there is no microphone. */
  dial(id: string, number: string): Promise<void>;
  answer(id: string): Promise<void>;
  end(id: string, why?: "busy" | "declined"): void;
  mute(id: string, muted: boolean): void;
  /** Send a key in the sound itself (RFC 4733), wherever the call is. False: it talks elsewhere. */
  press(id: string, digit: string): boolean;
  /** The sound that goes out, for a level meter. */
  outgoing(id: string): MediaStream | null;
  /** Use the devices that are chosen now in the calls that run. */
  refit(): Promise<void>;
  /** Play again what the browser had blocked. */
  unblock(): void;
}
