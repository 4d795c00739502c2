// Is the microphone heard? A level to look at, and three seconds to listen to.

import { type Devices, microphoneProblem } from "./devices";
import { metered } from "./meter";
import type { Store } from "./store";
import { texts } from "./texts";

const SAMPLE = 3000;

export class MicrophoneTest {
  private stream: MediaStream | null = null;
  private unmeter: (() => void) | null = null;
  private playing: HTMLAudioElement | null = null;
  private turn = 0;
  /** Draws the level. */
  shown: (level: number) => void = () => undefined;

  constructor(
    private readonly store: Store,
    private readonly devices: Devices,
  ) {}

  async start(): Promise<void> {
    this.stop();
    const turn = this.turn;
    try {
      const stream = await this.devices.microphone();
      if (turn !== this.turn) return ended(stream);
      this.stream = stream;
      this.unmeter = metered(stream, (level) => this.shown(level));
      this.store.set({ test: { state: "listening", problem: "" } });
    } catch (error) {
      const problem = microphoneProblem(error) ?? texts.problem;
      this.store.set({ test: { state: "off", problem } });
    }
  }

  stop(): void {
    this.turn += 1;
    this.unmeter?.();
    this.unmeter = null;
    if (this.stream) ended(this.stream);
    this.stream = null;
    this.playing?.pause();
    this.playing = null;
    if (this.store.state.test.state !== "off")
      this.store.set({ test: { state: "off", problem: "" } });
  }

  /** Record a sample and play it back through the speaker that was chosen. */
  async sample(): Promise<void> {
    const { stream, turn } = this;
    if (!stream || this.store.state.test.state !== "listening") return;
    this.store.set({ test: { state: "recording", problem: "" } });
    const recorder = new MediaRecorder(stream);
    const parts: Blob[] = [];
    recorder.ondataavailable = ({ data }) => parts.push(data);
    const over = new Promise((done) => (recorder.onstop = done));
    recorder.start();
    setTimeout(() => recorder.state === "recording" && recorder.stop(), SAMPLE);
    await over;
    if (turn !== this.turn) return;
    const url = URL.createObjectURL(new Blob(parts, { type: recorder.mimeType }));
    const audio = new Audio(url);
    this.playing = audio;
    this.store.set({ test: { state: "playing", problem: "" } });
    await this.devices.speaker(audio).catch(() => undefined);
    const heard = new Promise((done) => {
      audio.onended = audio.onerror = audio.onpause = done;
    });
    await audio.play().catch(() => undefined);
    await heard;
    URL.revokeObjectURL(url);
    if (turn === this.turn) this.store.set({ test: { state: "listening", problem: "" } });
  }
}

function ended(stream: MediaStream): void {
  for (const track of stream.getTracks()) track.stop();
}
