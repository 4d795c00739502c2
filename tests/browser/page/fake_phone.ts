// The page with a phone that is none: tests say what comes in, and the server of the tests is told
// what the user does with it.

import { App } from "../../../apps/stasis_webrtc/page/src/app";
import { Devices } from "../../../apps/stasis_webrtc/page/src/devices";
import type { Line, Phone, PhoneListener } from "../../../apps/stasis_webrtc/page/src/phone";
import { load } from "../../../apps/stasis_webrtc/page/src/preferences";
import { initial } from "../../../apps/stasis_webrtc/page/src/state";
import { Store } from "../../../apps/stasis_webrtc/page/src/store";
import type { Device, Reason, Standing } from "../../../apps/stasis_webrtc/page/src/wire";

class FakePhone implements Phone {
  listener!: PhoneListener;
  /** What the page wanted of it, in order. */
  readonly log: string[] = [];
  readonly muted: Record<string, boolean> = {};
  private readonly lines = new Map<string, Line>();
  private readonly streams = new Map<string, MediaStream>();

  constructor(private readonly devices: Devices) {}

  start(device: Device): void {
    this.log.push(`start ${device.endpoint} ${device.password}`);
    this.listener.standing("registering");
    setTimeout(() => this.listener.standing("ready"), 20);
  }

  async stop(): Promise<void> {
    this.log.push("stop");
    for (const id of [...this.lines.keys()]) this.end(id);
    this.listener.standing("offline");
  }

  abandon(): void {
    this.log.push("abandon");
    for (const line of [...this.lines.values()]) this.tell({ ...line, state: "ended" });
  }

  now(): void {
    this.log.push("now");
    this.listener.standing("ready");
  }

  async dial(id: string, number: string): Promise<void> {
    this.streams.set(id, await this.devices.microphone());
    this.log.push(`dial ${number}`);
    const since = new Date().toISOString();
    this.tell({ id, direction: "out", state: "ringing", name: "", number, early: false, since });
    await this.sip("invite", { id, number });
  }

  async answer(id: string): Promise<void> {
    const line = this.lines.get(id);
    if (!line) return;
    this.streams.set(id, await this.devices.microphone());
    this.log.push("answer");
    this.tell({ ...line, state: "connected" });
    await this.sip("answer", { id });
  }

  end(id: string, why = ""): void {
    const line = this.lines.get(id);
    if (!line) return;
    this.log.push(`end ${why}`.trim());
    this.tell({ ...line, state: "ended", reason: why ? "rejected" : "hangup" });
    void this.sip("bye", { id });
  }

  mute(id: string, muted: boolean): void {
    this.muted[id] = muted;
  }

  press(id: string, digit: string): boolean {
    if (!this.lines.has(id)) return false;
    this.log.push(`press ${digit}`);
    return true;
  }

  outgoing(id: string): MediaStream | null {
    return this.streams.get(id) ?? null;
  }

  async refit(): Promise<void> {
    this.log.push("refit");
  }

  unblock(): void {
    this.log.push("unblock");
  }

  // What tests do with it.

  rings(id: string, name: string, number: string): void {
    const since = new Date().toISOString();
    this.tell({ id, direction: "in", state: "ringing", name, number, early: false, since });
  }

  answered(id: string): void {
    const line = this.lines.get(id);
    if (line) this.tell({ ...line, state: "connected", since: new Date().toISOString() });
  }

  over(id: string, reason: Reason): void {
    const line = this.lines.get(id);
    if (line) this.tell({ ...line, state: "ended", reason });
  }

  standing(standing: Standing, why?: string): void {
    this.listener.standing(standing, why);
  }

  blocked(): void {
    this.listener.blocked();
  }

  private tell(line: Line): void {
    if (line.state === "ended") this.lines.delete(line.id);
    else this.lines.set(line.id, line);
    this.listener.line(line);
  }

  private async sip(method: string, body: object): Promise<void> {
    await fetch(`sip/${method}`, { method: "POST", body: JSON.stringify(body) });
  }
}

const store = new Store(initial(load()));
const devices = new Devices(store);
const phone = new FakePhone(devices);
const app = new App(store, phone, devices);
Object.assign(window, { phone, store });
void app.start(document.getElementById("page")!);
