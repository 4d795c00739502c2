// What the views may do.

import type { Account } from "./account";
import type { Alerts } from "./alerts";
import type { Calls } from "./calls";
import type { Devices } from "./devices";
import type { Lists } from "./lists";
import type { MicrophoneTest } from "./microphone_test";
import type { Notices } from "./notices";
import type { Phone } from "./phone";
import type { Sounds } from "./player";
import type { State, View } from "./state";
import type { Store } from "./store";
import type { Tones } from "./sound";

export interface Page {
  store: Store;
  calls: Calls;
  lists: Lists;
  account: Account;
  sounds: Sounds;
  test: MicrophoneTest;
  devices: Devices;
  notices: Notices;
  alerts: Alerts;
  tones: Tones;
  phone: Phone;
  logIn(user: string, password: string): Promise<void>;
  logOut(): Promise<void>;
  /** Bring the phone into this tab. */
  take(): void;
  /** Do not wait for the next try. */
  now(): void;
  /** The user touched the page: sound may be heard. */
  unblock(): void;
  go(view: View): void;
  set(change: Partial<State>): void;
}
