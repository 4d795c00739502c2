// The one store: what is known now, and who is told when it changes.

import { type Happened, reduce } from "./reduce";
import type { State } from "./state";

export type Watcher = (now: State, before: State) => void;

export class Store {
  private readonly watchers: Watcher[] = [];

  constructor(public state: State) {}

  /** Told at once, in the order in which they came. */
  watch(watcher: Watcher): void {
    this.watchers.push(watcher);
  }

  happened(happened: Happened): void {
    const before = this.state;
    this.state = reduce(before, happened);
    if (this.state === before) return;
    for (const watcher of this.watchers) watcher(this.state, before);
  }

  set(change: Partial<State>): void {
    this.happened({ kind: "set", change });
  }
}
