// What the server says and is told: the bodies of its API, as they are on the wire.
// Times are ISO 8601.

export type Presence = "offline" | "available" | "busy" | "ringing" | "dnd";
export type Standing = "registering" | "ready" | "offline";
export type CallState = "ringing" | "connected" | "ended";
export type Direction = "in" | "out";
export type Reason =
  | "hangup"
  | "busy"
  | "noanswer"
  | "rejected"
  | "unavailable"
  | "forbidden"
  | "cancelled"
  | "transferred"
  | "failed"
  | "answered_elsewhere";
export type WhySignedOut = "logged_out" | "revoked" | "expired" | "disabled" | "replayed";

export interface SignedIn {
  access_token: string;
  expires_in: number;
  session: string;
}

export interface IceServer {
  urls: string[];
  username?: string | null;
  credential?: string | null;
}

/** Where this page's phone registers, and as what. */
export interface Device {
  endpoint: string;
  uri: string;
  password: string;
  websocket: string;
  ice_servers: IceServer[];
  expires: string;
}

export interface Settings {
  dnd: boolean;
  forward_always: string | null;
  forward_busy: string | null;
  forward_no_answer: string | null;
}

export interface Me {
  user: string;
  name: string;
  extension: string;
  admin: boolean;
  grants: { may_call: string[]; may_receive: boolean; may_record: boolean };
  settings: Settings;
}

export interface Peer {
  name: string;
  number: string;
  user?: string | null;
}

/** A call of the user, as the server sees it. */
export interface Call {
  id: string;
  sip?: string | null;
  state: CallState;
  direction: Direction;
  peer: Peer;
  since: string;
  device?: string | null;
  held: boolean;
  held_by_other: boolean;
  muted: boolean;
  recording: boolean;
  /** Only who began it may stop it. */
  recording_by_me?: boolean;
  conference?: string | null;
  reason?: Reason | null;
  rejoin?: boolean | null;
}

export interface Contact {
  user: string;
  name: string;
  extension: string;
  presence: Presence;
}

export interface Entry {
  id: string;
  direction: Direction;
  peer: Peer;
  at: string;
  seconds: number;
  outcome: "answered" | Reason;
  missed: boolean;
  seen: boolean;
  recording?: string | null;
  message?: string | null;
}

export interface Message {
  id: string;
  from: Peer;
  at: string;
  seconds: number;
  heard: boolean;
}

export interface Recording {
  id: string;
  peer: Peer;
  at: string;
  seconds: number;
}

export interface RoomLine {
  room: string;
  title?: string | null;
  members: number;
  locked: boolean;
}

export interface Member {
  id: string;
  name: string;
  number?: string | null;
  moderator: boolean;
  muted: boolean;
  talking: boolean;
  me: boolean;
}

export interface Room {
  room: string;
  title?: string | null;
  locked: boolean;
  recording: boolean;
  members: Member[];
}

/** A message of the event socket. Types that are not listed are let pass. */
export type Told =
  | {
      type: "snapshot";
      me: Me;
      device: { endpoint?: string | null; state: Standing };
      calls: Call[];
      contacts: Contact[];
      missed: number;
      unheard: number;
    }
  | { type: "device"; device: { endpoint?: string | null; state: Standing } }
  | { type: "call"; call: Call }
  | { type: "presence"; user: string; presence: Presence }
  | { type: "contacts"; contacts: Contact[] }
  | { type: "me"; me: Me }
  | { type: "history"; entry?: Entry | null; missed: number }
  | { type: "message"; message?: Message | null; removed?: string | null; unheard: number }
  | { type: "recording" }
  | { type: "room"; room: string }
  | { type: "credentials" }
  | { type: "taken"; tab: string }
  | { type: "signed_out"; reason: WhySignedOut };
