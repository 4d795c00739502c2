// Short messages at the page's edge: what was done, what did not work.

import { Problem } from "./api";
import { microphoneProblem } from "./devices";
import type { Notice } from "./state";
import type { Store } from "./store";
import { texts } from "./texts";

const SHOWN: Record<Notice["kind"], number> = { info: 5000, error: 12_000 };

export class Notices {
  private last = 0;

  constructor(private readonly store: Store) {}

  info(text: string): void {
    this.show("info", text);
  }

  error(text: string): void {
    this.show("error", text);
  }

  /** What an exception means, in words. */
  problem(error: unknown): void {
    this.show("error", inWords(error));
  }

  dismiss(id: number): void {
    this.store.set({ notices: this.store.state.notices.filter((one) => one.id !== id) });
  }

  private show(kind: Notice["kind"], text: string): void {
    const { notices } = this.store.state;
    const others = notices.filter((one) => one.text !== text).slice(-2);
    const id = ++this.last;
    this.store.set({ notices: [...others, { id, kind, text }] });
    setTimeout(() => this.dismiss(id), SHOWN[kind]);
  }
}

export function inWords(error: unknown): string {
  if (error instanceof Problem)
    return (
      texts.problems[error.code] ?? (error.status >= 500 ? texts.problem : error.detail || texts.problem)
    );
  return microphoneProblem(error) ?? texts.problem;
}
