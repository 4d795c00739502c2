// The phone: JsSIP over the WebSocket that the server named. Holding, muting, transferring are the
// server's; here a call is only made, answered and ended.

import JsSIP from "jssip";
import type { IncomingRequest, IncomingResponse } from "jssip/lib/SIPMessage";
import type { EndEvent, IceCandidateEvent, RTCSession } from "jssip/lib/RTCSession";
import type { RTCSessionEvent } from "jssip/lib/UA";
import { newId } from "./id";
import type { Line, Phone, PhoneListener } from "./phone";
import type { Device, Reason } from "./wire";

const HEADER = "X-Stasis-Call";
/** A STUN server that does not answer must not hold up a call. */
const GATHERING = 1500;
/** How long the BYEs have to get out. */
const FAREWELL = 300;
const CODES: Record<number, Reason> = {
  403: "rejected", // what Asterisk makes of 603; what is forbidden is told by the server
  404: "unavailable",
  408: "noanswer",
  410: "unavailable",
  480: "unavailable",
  484: "unavailable",
  486: "busy",
  487: "cancelled",
  600: "busy",
  603: "rejected",
};

/** Microphone and speaker as they are chosen. */
export interface Sound {
  microphone(): Promise<MediaStream>;
  speaker(audio: HTMLAudioElement): Promise<void>;
}

interface Dialog {
  session: RTCSession;
  line: Line;
  audio: HTMLAudioElement;
  stream: MediaStream | null;
  muted: boolean;
}

export class SipPhone implements Phone {
  listener!: PhoneListener;
  private agent: JsSIP.UA | null = null;
  private socket: JsSIP.WebSocketInterface | null = null;
  private device: Device | null = null;
  private readonly dialogs = new Map<string, Dialog>();

  constructor(private readonly sound: Sound) {}

  start(device: Device): void {
    const known = this.device;
    this.device = device;
    if (this.agent && known?.uri === device.uri && known.websocket === device.websocket) {
      this.agent.set("password", device.password);
      this.now();
      return;
    }
    this.begin(device);
  }

  async stop(): Promise<void> {
    const live = this.dialogs.size > 0;
    this.leave();
    if (live) await new Promise((done) => setTimeout(done, FAREWELL));
  }

  abandon(): void {
    // With its socket closed first, nothing the agent says when it stops is heard.
    this.socket?.disconnect();
    this.leave();
    for (const dialog of [...this.dialogs.values()]) this.over(dialog, undefined);
  }

  now(): void {
    if (this.agent?.isConnected()) this.agent.register();
    else if (this.device && this.dialogs.size === 0) this.begin(this.device); // its own wait is longer
  }

  async dial(id: string, number: string): Promise<void> {
    const stream = await this.sound.microphone();
    const { agent, device } = this;
    if (!agent || !device) {
      released(stream);
      throw new Error("the phone is not connected");
    }
    const host = device.uri.slice(device.uri.indexOf("@") + 1);
    const target = `sip:${encodeURIComponent(number)}@${host}`;
    const session = agent.call(target, {
      mediaStream: stream,
      pcConfig: this.ice(),
      extraHeaders: [`${HEADER}: ${id}`],
    });
    this.carried(session, stream, {
      id,
      direction: "out",
      state: "ringing",
      name: "",
      number,
      early: false,
      since: new Date().toISOString(),
    });
  }

  async answer(id: string): Promise<void> {
    const dialog = this.dialogs.get(id);
    if (!dialog || dialog.line.state !== "ringing") return;
    const stream = await this.sound.microphone();
    if (dialog.session.isEnded()) {
      released(stream);
      return;
    }
    dialog.stream = stream;
    dialog.session.answer({ mediaStream: stream, pcConfig: this.ice() });
  }

  end(id: string, why?: "busy" | "declined"): void {
    const dialog = this.dialogs.get(id);
    if (!dialog || dialog.session.isEnded()) return;
    if (dialog.line.direction === "in" && dialog.line.state === "ringing") {
      const [code, phrase] = why === "busy" ? [486, "Busy Here"] : [603, "Decline"];
      dialog.session.terminate({ status_code: code as number, reason_phrase: phrase as string });
    } else {
      dialog.session.terminate();
    }
  }

  mute(id: string, muted: boolean): void {
    const dialog = this.dialogs.get(id);
    if (!dialog) return;
    dialog.muted = muted;
    for (const track of dialog.stream?.getAudioTracks() ?? []) track.enabled = !muted;
  }

  press(id: string, digit: string): boolean {
    const dialog = this.dialogs.get(id);
    if (!dialog || dialog.line.state !== "connected") return false;
    dialog.session.sendDTMF(digit, { transportType: JsSIP.C.DTMF_TRANSPORT.RFC2833 });
    return true;
  }

  outgoing(id: string): MediaStream | null {
    return this.dialogs.get(id)?.stream ?? null;
  }

  async refit(): Promise<void> {
    for (const dialog of this.dialogs.values()) {
      await this.sound.speaker(dialog.audio).catch(() => undefined);
      const sender = dialog.session.connection?.getSenders().find((one) => one.track);
      if (!sender) continue;
      const stream = await this.sound.microphone();
      await sender.replaceTrack(stream.getAudioTracks()[0] ?? null);
      released(dialog.stream);
      dialog.stream = stream;
      this.mute(dialog.line.id, dialog.muted);
    }
  }

  unblock(): void {
    for (const dialog of this.dialogs.values()) void dialog.audio.play().catch(() => undefined);
  }

  private begin(device: Device): void {
    this.leave();
    this.socket = new JsSIP.WebSocketInterface(device.websocket);
    const agent = new JsSIP.UA({
      sockets: [this.socket],
      uri: device.uri,
      password: device.password,
      register: true,
      register_expires: 120,
      session_timers: false,
      no_answer_timeout: 600, // how long it rings is the server's
      connection_recovery_min_interval: 1,
      connection_recovery_max_interval: 15,
      user_agent: "stasis softphone",
    });
    this.agent = agent;
    const standing: PhoneListener["standing"] = (state, why) => {
      if (this.agent === agent) this.listener.standing(state, why);
    };
    agent.on("connecting", () => standing("registering"));
    agent.on("connected", () => standing("registering"));
    agent.on("disconnected", () => standing("offline"));
    agent.on("registered", () => standing("ready"));
    agent.on("unregistered", () => standing("offline"));
    agent.on("registrationFailed", (event) => standing("offline", event.cause));
    agent.on("newRTCSession", (event: RTCSessionEvent) => {
      if (String(event.originator) === "remote")
        this.rings(event.session, event.request as IncomingRequest);
    });
    standing("registering");
    agent.start();
  }

  private ice(): RTCConfiguration {
    const servers = (this.device?.ice_servers ?? []).map((server) => ({
      urls: server.urls,
      ...(server.username ? { username: server.username } : {}),
      ...(server.credential ? { credential: server.credential } : {}),
    }));
    return { iceServers: servers };
  }

  private rings(session: RTCSession, request: IncomingRequest): void {
    const id = request.getHeader(HEADER)?.trim() || newId();
    const before = this.dialogs.get(id);
    if (before) this.over(before, undefined); // a call that comes back: the old dialog is gone
    this.carried(session, null, {
      id,
      direction: "in",
      state: "ringing",
      name: session.remote_identity.display_name ?? "",
      number: session.remote_identity.uri.user ?? "",
      early: false,
      since: new Date().toISOString(),
    });
  }

  /** Follow the session until it is over. */
  private carried(session: RTCSession, stream: MediaStream | null, line: Line): void {
    const audio = new Audio();
    audio.autoplay = true;
    const dialog: Dialog = { session, line, audio, stream, muted: false };
    this.dialogs.set(line.id, dialog);
    session.on("icecandidate", gathered());
    session.on("progress", (event: { response?: IncomingResponse }) => {
      if (event.response?.body) this.tell(dialog, { early: true });
    });
    session.on("accepted", () =>
      this.tell(dialog, { state: "connected", since: new Date().toISOString() }),
    );
    session.on("ended", () => this.over(dialog, "hangup"));
    session.on("failed", ({ originator, message }: EndEvent) =>
      this.over(dialog, whyFailed(line, originator, message)),
    );
    if (session.connection) this.heard(dialog, session.connection);
    else session.on("peerconnection", (event) => this.heard(dialog, event.peerconnection));
    this.listener.line(dialog.line);
  }

  /** Play what comes in. */
  private heard({ audio }: Dialog, connection: RTCPeerConnection): void {
    connection.addEventListener("track", ({ track, streams }: RTCTrackEvent) => {
      audio.srcObject = streams[0] ?? new MediaStream([track]);
      void this.sound.speaker(audio).catch(() => undefined);
      void audio.play().catch((error: unknown) => {
        if ((error as DOMException).name === "NotAllowedError") this.listener.blocked();
      });
    });
  }

  private tell(dialog: Dialog, change: Partial<Line>): void {
    dialog.line = { ...dialog.line, ...change };
    this.listener.line(dialog.line);
  }

  private over(dialog: Dialog, reason: Reason | undefined): void {
    if (dialog.line.state === "ended") return;
    dialog.audio.srcObject = null;
    released(dialog.stream);
    if (this.dialogs.get(dialog.line.id) === dialog) this.dialogs.delete(dialog.line.id);
    this.tell(dialog, { state: "ended", ...(reason ? { reason } : {}) });
  }

  private leave(): void {
    const agent = this.agent;
    this.agent = null;
    this.socket = null;
    agent?.stop();
  }
}

/** Candidates are waited for until one reaches the world, or for a moment. */
function gathered(): (event: IceCandidateEvent) => void {
  let timer: ReturnType<typeof setTimeout> | undefined;
  return ({ candidate, ready }) => {
    if (candidate.type === "srflx" || candidate.type === "relay") ready();
    else timer ??= setTimeout(ready, GATHERING);
  };
}

/** Why it never became a call. */
function whyFailed(
  line: Line,
  originator: string,
  message: IncomingRequest | IncomingResponse | null,
): Reason {
  if (message && "status_code" in message) return CODES[message.status_code] ?? "failed";
  if (line.direction === "in" && originator === "remote") {
    const why = message?.getHeader("Reason") ?? "";
    return /cause=(200|26)\b/.test(why) ? "answered_elsewhere" : "cancelled";
  }
  if (originator === "local") return line.direction === "in" ? "rejected" : "cancelled";
  return "failed";
}

function released(stream: MediaStream | null): void {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
