// The event socket: the server's snapshot, then each change. It comes back by itself.

import { eventsUrl } from "./api";
import { Backoff } from "./backoff";
import type { Told } from "./wire";

/** The server's closes that ask for another token. */
const REFUSED = new Set([1008, 4401]);
/** An opened socket that says nothing is none. */
const SILENCE = 10_000;

export type FeedState = "open" | "connecting" | "waiting";

export interface FeedListener {
  told(message: Told): void;
  state(state: FeedState, retryAt: number): void;
}

export interface TokenSource {
  token(): Promise<string>;
  renewed(refused: string): Promise<string>;
}

export class Feed {
  private socket: WebSocket | null = null;
  private timer: ReturnType<typeof setTimeout> | undefined;
  private running = false;
  private refused = "";
  private turn = 0;
  private readonly backoff = new Backoff();

  constructor(
    private readonly source: TokenSource,
    private readonly listener: FeedListener,
  ) {}

  start(): void {
    if (this.running) return;
    this.running = true;
    this.backoff.reset();
    void this.connect();
  }

  stop(): void {
    this.running = false;
    this.turn += 1;
    clearTimeout(this.timer);
    this.drop();
  }

  /** The network is back, or somebody asks: do not wait any longer. */
  now(): void {
    if (!this.running || this.socket) return;
    clearTimeout(this.timer);
    void this.connect();
  }

  /** The socket outlives a token: it is told the next one. */
  changed(token: string): void {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ token }));
  }

  private async connect(): Promise<void> {
    const turn = ++this.turn;
    this.listener.state("connecting", 0);
    let token: string;
    try {
      token = this.refused ? await this.source.renewed(this.refused) : await this.source.token();
    } catch {
      if (turn === this.turn) this.again();
      return;
    }
    if (!this.running || turn !== this.turn) return;
    this.refused = "";
    const socket = new WebSocket(eventsUrl());
    this.socket = socket;
    const silent = setTimeout(() => socket.close(), SILENCE);
    socket.onopen = () => socket.send(JSON.stringify({ token }));
    socket.onmessage = ({ data }) => {
      clearTimeout(silent);
      const message = JSON.parse(String(data)) as Told;
      if (message.type === "snapshot") {
        this.backoff.reset();
        this.listener.state("open", 0);
      }
      this.listener.told(message);
    };
    socket.onclose = ({ code }) => {
      clearTimeout(silent);
      if (this.socket !== socket) return;
      this.socket = null;
      if (REFUSED.has(code)) this.refused = token;
      this.again();
    };
  }

  private again(): void {
    if (!this.running) return;
    const wait = this.backoff.next();
    this.listener.state("waiting", Date.now() + wait);
    this.timer = setTimeout(() => void this.connect(), wait);
  }

  private drop(): void {
    const socket = this.socket;
    this.socket = null;
    socket?.close();
  }
}
