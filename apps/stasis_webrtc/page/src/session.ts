// The log-in. The access token lives in this page's memory only, the refresh token in a cookie that
// no script can read. Tabs share the cookie and it changes at each use: a lock has one at a time.

import { type Bearer, Problem, signedIn, signedOut } from "./api";
import type { SignedIn } from "./wire";

const LOCK = "stasis-session";
/** The token is renewed when so much of its time is over. */
const AGE = 0.8;

export class Session implements Bearer {
  private access = "";
  private timer: ReturnType<typeof setTimeout> | undefined;
  private renewing: Promise<string> | null = null;

  /** `ended`: the server knows this log-in no longer. `changed`: there is another token. */
  constructor(
    private readonly ended: (code: string) => void,
    private readonly changed: (token: string) => void,
  ) {}

  async logIn(user: string, password: string, device: string): Promise<void> {
    await locked(async () => this.keep(await signedIn("login", { user, password, device })));
  }

  /** Go on with the log-in of the cookie. Returns whether there is one. */
  async resume(): Promise<boolean> {
    try {
      await this.refreshed();
      return true;
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) return false;
      throw problem;
    }
  }

  async logOut(): Promise<void> {
    await locked(() => signedOut());
    this.forget();
  }

  forget(): void {
    clearTimeout(this.timer);
    this.access = "";
  }

  async token(): Promise<string> {
    return this.access || this.renewed("");
  }

  /** A newer token than the one that was refused. */
  async renewed(refused: string): Promise<string> {
    if (this.access && this.access !== refused) return this.access;
    try {
      return await this.refreshed();
    } catch (problem) {
      if (problem instanceof Problem && problem.status === 401) {
        this.forget();
        this.ended(problem.code);
      }
      throw problem;
    }
  }

  private refreshed(): Promise<string> {
    this.renewing ??= locked(async () => this.keep(await signedIn("session/refresh"))).finally(
      () => (this.renewing = null),
    );
    return this.renewing;
  }

  private keep(answer: SignedIn): string {
    this.access = answer.access_token;
    this.changed(this.access);
    clearTimeout(this.timer);
    const renew = () => void this.renewed(this.access).catch(() => this.later(renew, 5));
    this.later(renew, Math.max(answer.expires_in * AGE, 1));
    return this.access;
  }

  private later(renew: () => void, seconds: number): void {
    if (this.access) this.timer = setTimeout(renew, Math.min(seconds, 2_000_000) * 1000);
  }
}

/** Do it while no other tab does. */
async function locked<T>(work: () => Promise<T>): Promise<T> {
  return "locks" in navigator ? navigator.locks.request(LOCK, work) : work();
}
