// How long to wait before the next try: doubled each time, with a little chance in it, so that
// many pages do not come back at the same moment.

export class Backoff {
  private tries = 0;

  constructor(
    private readonly first = 500,
    private readonly most = 15_000,
    private readonly chance: () => number = Math.random,
  ) {}

  /** Milliseconds to wait now. */
  next(): number {
    const wait = Math.min(this.first * 2 ** this.tries, this.most);
    this.tries += 1;
    return Math.round(wait * (0.8 + 0.4 * this.chance()));
  }

  /** It worked: the next wait is a short one. */
  reset(): void {
    this.tries = 0;
  }
}
