// Messages and recordings are fetched with the token and played one at a time.

import type { Api } from "./api";
import type { Devices } from "./devices";
import type { Store } from "./store";

export class Sounds {
  private readonly audio = new Audio();
  private url = "";

  constructor(
    private readonly store: Store,
    private readonly api: Api,
    private readonly devices: Devices,
  ) {
    const { audio } = this;
    audio.addEventListener("timeupdate", () => this.tell({ position: audio.currentTime }));
    audio.addEventListener("durationchange", () => {
      if (Number.isFinite(audio.duration)) this.tell({ length: audio.duration });
    });
    audio.addEventListener("play", () => this.tell({ state: "playing" }));
    audio.addEventListener("pause", () => this.tell({ state: "paused" }));
    audio.addEventListener("ended", () => this.tell({ state: "paused", position: 0 }));
    audio.addEventListener("error", () => this.url && this.tell({ state: "failed" }));
  }

  /** Play it, pause it, go on with it. `path` is where the server has it. */
  async toggle(path: string, seconds: number): Promise<void> {
    const { player } = this.store.state;
    if (player?.id === path && player.state === "playing") return this.audio.pause();
    if (player?.id === path && player.state === "paused") return this.play();
    this.stop();
    this.store.set({ player: { id: path, state: "loading", position: 0, length: seconds } });
    try {
      const blob = await this.api.sound(path);
      if (this.store.state.player?.id !== path) return;
      this.url = URL.createObjectURL(blob);
      this.audio.src = this.url;
      await this.play();
    } catch {
      if (this.store.state.player?.id === path) this.tell({ state: "failed" });
    }
  }

  seek(position: number): void {
    this.audio.currentTime = position;
    this.tell({ position });
  }

  stop(): void {
    this.audio.pause();
    this.audio.removeAttribute("src");
    URL.revokeObjectURL(this.url);
    this.url = "";
    this.store.set({ player: null });
  }

  private async play(): Promise<void> {
    await this.devices.speaker(this.audio).catch(() => undefined);
    await this.audio.play();
  }

  private tell(change: object): void {
    const { player } = this.store.state;
    if (player) this.store.set({ player: { ...player, ...change } });
  }
}
