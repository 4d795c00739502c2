// The page's own tones, made by WebAudio: ring tones, ring-back, call waiting, keys.

/** When, how high, how long: seconds and Hz. Several at one moment sound together. */
type Note = readonly [at: number, hertz: number, seconds: number];
interface Melody {
  notes: readonly Note[];
  /** Seconds until it begins again. */
  every: number;
  wave: OscillatorType;
}

const warble: Note[] = Array.from({ length: 20 }, (_, at) => [at * 0.05, at % 2 ? 620 : 500, 0.05]);
const MELODIES: Record<string, Melody> = {
  classic: { wave: "triangle", every: 3, notes: [...warble, ...moved(warble, 1.1)] },
  soft: {
    wave: "sine",
    every: 3.2,
    notes: [[0, 523, 0.5], [0.35, 659, 0.5], [0.7, 784, 0.9], [0.7, 392, 0.9]],
  },
  bright: {
    wave: "sine",
    every: 2.6,
    notes: [[0, 880, 0.16], [0.18, 1109, 0.16], [0.36, 1319, 0.3], [0.9, 880, 0.16], [1.08, 1319, 0.4]],
  },
  waiting: { wave: "sine", every: 5, notes: [[0, 440, 0.18], [0.3, 440, 0.18]] },
  ringback: { wave: "sine", every: 5, notes: [[0, 425, 1]] },
};
const KEYS: Record<string, readonly [number, number]> = {
  "1": [697, 1209], "2": [697, 1336], "3": [697, 1477],
  "4": [770, 1209], "5": [770, 1336], "6": [770, 1477],
  "7": [852, 1209], "8": [852, 1336], "9": [852, 1477],
  "*": [941, 1209], "0": [941, 1336], "#": [941, 1477],
};

function moved(notes: readonly Note[], by: number): Note[] {
  return notes.map(([at, hertz, seconds]) => [at + by, hertz, seconds]);
}

export type MelodyName = keyof typeof MELODIES;
export const RING_TONES = ["classic", "soft", "bright"] as const;

export class Tones {
  private context: AudioContext | null = null;
  private playing: { name: string; volume: number; stop: () => void } | null = null;

  /** `placed`: send the tones to the speaker that was chosen. */
  constructor(private readonly placed: (context: AudioContext) => Promise<void>) {}

  /** What is heard over and over, or null for silence. Volume from 0 to 1. */
  play(name: string | null, volume = 0.7): void {
    if (this.playing?.name === name && this.playing?.volume === volume) return;
    this.playing?.stop();
    this.playing = null;
    const melody = name === null ? undefined : MELODIES[name];
    if (!melody || !name) return;
    const once = () => this.sounded(melody, volume);
    let end = once();
    const timer = setInterval(() => (end = once()), melody.every * 1000);
    this.playing = {
      name,
      volume,
      stop: () => {
        clearInterval(timer);
        end();
      },
    };
  }

  /** The two tones of a key, short. */
  key(key: string): void {
    const pair = KEYS[key];
    if (!pair) return;
    const notes: Note[] = pair.map((hertz) => [0, hertz, 0.12]);
    this.sounded({ notes, every: 0, wave: "sine" }, 0.25);
  }

  /** Whether the browser lets tones be heard. */
  get silent(): boolean {
    return this.opened().state === "suspended";
  }

  async resume(): Promise<void> {
    await this.opened().resume();
  }

  async placedAgain(): Promise<void> {
    if (this.context) await this.placed(this.context).catch(() => undefined);
  }

  private opened(): AudioContext {
    if (!this.context) {
      this.context = new AudioContext();
      void this.placed(this.context).catch(() => undefined);
    }
    return this.context;
  }

  private sounded(melody: Melody, volume: number): () => void {
    const context = this.opened();
    if (context.state === "suspended") return () => undefined; // later it would be too late
    const out = context.createGain();
    out.gain.value = 0.5 * volume ** 2;
    out.connect(context.destination);
    const start = context.currentTime + 0.02;
    for (const [at, hertz, seconds] of melody.notes) {
      const tone = context.createOscillator();
      const shape = context.createGain();
      tone.type = melody.wave;
      tone.frequency.value = hertz;
      const [from, to] = [start + at, start + at + seconds];
      shape.gain.setValueAtTime(0, from);
      shape.gain.linearRampToValueAtTime(0.5, from + 0.01);
      shape.gain.setValueAtTime(0.5, Math.max(from + 0.01, to - 0.02));
      shape.gain.linearRampToValueAtTime(0, to);
      tone.connect(shape).connect(out);
      tone.start(from);
      tone.stop(to);
    }
    return () => out.disconnect();
  }
}
