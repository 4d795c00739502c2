// Microphones and speakers: what there is, what was chosen, and a stream of it.

import type { Store } from "./store";
import type { DeviceChoice } from "./state";
import type { Sound } from "./sip";
import { texts } from "./texts";

export class Devices implements Sound {
  constructor(private readonly store: Store) {}

  /** Follow what is plugged in. */
  start(): void {
    this.store.set({ canChooseSpeaker: "setSinkId" in HTMLMediaElement.prototype });
    if (!navigator.mediaDevices) return;
    navigator.mediaDevices.addEventListener("devicechange", () => void this.look());
    void this.look();
  }

  /** Labels are told only once the microphone was allowed. */
  async look(): Promise<void> {
    const all = await navigator.mediaDevices.enumerateDevices();
    const listed = (kind: MediaDeviceKind, name: string): DeviceChoice[] =>
      all
        .filter((one) => one.kind === kind && one.deviceId && one.deviceId !== "default")
        .map((one, at) => ({ id: one.deviceId, label: one.label || texts.unnamedDevice(name, at + 1) }));
    this.store.set({
      microphones: listed("audioinput", texts.microphone),
      speakers: listed("audiooutput", texts.speaker),
    });
  }

  /** Raises DOMException as the browser does; one whose choice is unplugged takes another. */
  async microphone(): Promise<MediaStream> {
    if (!navigator.mediaDevices) throw new DOMException("insecure", "SecurityError");
    const { microphone } = this.store.state.preferences;
    const audio: MediaTrackConstraints = {
      echoCancellation: true,
      noiseSuppression: true,
      autoGainControl: true,
      ...(microphone ? { deviceId: { ideal: microphone } } : {}),
    };
    try {
      const stream = await navigator.mediaDevices.getUserMedia({ audio });
      if (!this.store.state.microphoneAllowed) {
        this.store.set({ microphoneAllowed: true });
        void this.look();
      }
      return stream;
    } catch (error) {
      if ((error as DOMException).name === "NotAllowedError")
        this.store.set({ microphoneAllowed: false });
      throw error;
    }
  }

  /** Have an element, or the page's tones, sound where the user chose. */
  async speaker(output: HTMLAudioElement | AudioContext): Promise<void> {
    const { speaker } = this.store.state.preferences;
    if ("setSinkId" in output)
      await (output as { setSinkId(id: string): Promise<void> }).setSinkId(speaker);
  }
}

/** Why there is no microphone, in words. Null: it is not about the microphone. */
export function microphoneProblem(error: unknown): string | null {
  if (!(error instanceof DOMException)) return null;
  return (
    {
      NotAllowedError: texts.microphoneDenied,
      NotFoundError: texts.microphoneMissing,
      OverconstrainedError: texts.microphoneMissing,
      NotReadableError: texts.microphoneBusy,
      SecurityError: texts.microphoneInsecure,
    }[error.name] ?? null
  );
}
