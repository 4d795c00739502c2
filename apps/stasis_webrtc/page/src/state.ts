// All that the page knows, in one value. It changes in `reduce.ts` only.

import type { FeedState } from "./feed";
import type { Line } from "./phone";
import type {
  Call,
  Contact,
  Entry,
  Me,
  Message,
  Recording,
  Room,
  RoomLine,
  Standing,
  WhySignedOut,
} from "./wire";

/** What the main part shows. `phone` is a view of its own where the screen is narrow. */
export type View = "phone" | "contacts" | "history" | "messages" | "settings";
export type PeopleTab = "people" | "rooms";
export type MessagesTab = "messages" | "recordings";
export type Panel = "keypad" | "transfer" | "conference";
export type Theme = "system" | "light" | "dark";
export type Dialog =
  | { kind: "shortcuts" }
  | { kind: "password"; problem: string }
  | { kind: "confirm"; title: string; text: string; verb: string; deed: () => void };

/** A list of the server: not asked for yet, on its way, here, or not to be had. */
export interface Listed<T> {
  state: "none" | "loading" | "there" | "failed";
  items: T[];
}

/** What stays in this browser. */
export interface Preferences {
  theme: Theme;
  ringTone: string;
  ringVolume: number;
  shortcuts: boolean;
  notifications: boolean;
  microphone: string;
  speaker: string;
}

export interface DeviceChoice {
  id: string;
  label: string;
}

export interface MicrophoneTest {
  state: "off" | "listening" | "recording" | "playing";
  problem: string;
}

export interface Player {
  id: string;
  state: "loading" | "playing" | "paused" | "failed";
  position: number;
  length: number;
}

export interface Notice {
  id: number;
  kind: "info" | "error";
  text: string;
}

export interface State {
  stage: "starting" | "signed_out" | "signed_in";
  whySignedOut: WhySignedOut | null;
  signingIn: boolean;
  signInProblem: string;
  /** Until when no log-in is tried (milliseconds since the epoch). */
  waitUntil: number;

  me: Me | null;
  feed: FeedState;
  retryAt: number;
  /** Whether the snapshot of this connection was heard. */
  fresh: boolean;
  standing: Standing;
  endpoint: string;
  /** Another tab has the phone. */
  taken: boolean;
  /** The browser keeps silent until the page is touched. */
  blocked: boolean;

  calls: Record<string, Call>;
  lines: Record<string, Line>;
  /** Calls that this page just ends, and those it answers by itself. */
  ending: Record<string, true>;
  focus: string | null;
  panel: { call: string; panel: Panel } | null;
  /** Beside live calls, the pad for one more is open. */
  adding: boolean;
  number: string;
  lastDialled: string;
  digits: string;
  transferTo: string;
  /** What is typed as the room of a conference. */
  roomTyped: string;
  now: number;

  contacts: Contact[];
  search: string;
  missed: number;
  unheard: number;
  history: Listed<Entry> & { missedOnly: boolean; more: boolean };
  messages: Listed<Message>;
  recordings: Listed<Recording>;
  rooms: Listed<RoomLine> & { absent: boolean };
  rosters: Record<string, Room>;
  /** The room whose roster is open in the list of rooms. */
  openRoom: string | null;
  player: Player | null;

  view: View;
  list: Exclude<View, "phone">;
  peopleTab: PeopleTab;
  messagesTab: MessagesTab;
  wide: boolean;
  dialog: Dialog | null;
  notices: Notice[];
  said: { polite: string; urgent: string };

  preferences: Preferences;
  microphones: DeviceChoice[];
  speakers: DeviceChoice[];
  canChooseSpeaker: boolean;
  microphoneAllowed: boolean | null;
  notificationsAllowed: NotificationPermission | "absent";
  test: MicrophoneTest;
  settingsProblem: string;
}

export const PREFERENCES: Preferences = {
  theme: "system",
  ringTone: "classic",
  ringVolume: 70,
  shortcuts: true,
  notifications: false,
  microphone: "",
  speaker: "",
};

export function initial(preferences: Preferences = PREFERENCES): State {
  return {
    stage: "starting",
    whySignedOut: null,
    signingIn: false,
    signInProblem: "",
    waitUntil: 0,
    me: null,
    feed: "connecting",
    retryAt: 0,
    fresh: false,
    standing: "offline",
    endpoint: "",
    taken: false,
    blocked: false,
    calls: {},
    lines: {},
    ending: {},
    focus: null,
    panel: null,
    adding: false,
    number: "",
    lastDialled: "",
    digits: "",
    transferTo: "",
    roomTyped: "",
    now: 0,
    contacts: [],
    search: "",
    missed: 0,
    unheard: 0,
    history: { state: "none", items: [], missedOnly: false, more: false },
    messages: { state: "none", items: [] },
    recordings: { state: "none", items: [] },
    rooms: { state: "none", items: [], absent: false },
    rosters: {},
    openRoom: null,
    player: null,
    view: "phone",
    list: "contacts",
    peopleTab: "people",
    messagesTab: "messages",
    wide: true,
    dialog: null,
    notices: [],
    said: { polite: "", urgent: "" },
    preferences,
    microphones: [],
    speakers: [],
    canChooseSpeaker: false,
    microphoneAllowed: null,
    notificationsAllowed: "default",
    test: { state: "off", problem: "" },
    settingsProblem: "",
  };
}
