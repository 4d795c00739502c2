// The server's REST API. Addresses are relative to the page; the token is asked for each time, and
// a call that is refused as expired is made once more with a new one.

import type { SignedIn } from "./wire";

/** What the server refused (RFC 9457), or `offline` when it was not reached. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    readonly detail: string,
    readonly retryAfter = 0,
  ) {
    super(`${status} ${code}: ${detail}`);
  }
}

/** Who knows the access token. */
export interface Bearer {
  token(): Promise<string>;
  renewed(refused: string): Promise<string>;
}

const BASE = new URL("api/v1/", document.baseURI);

export class Api {
  constructor(private readonly bearer: Bearer) {}

  get = <T>(path: string): Promise<T> => this.asked<T>("GET", path);
  post = <T = void>(path: string, body?: object): Promise<T> => this.asked<T>("POST", path, body);
  put = <T = void>(path: string, body: object): Promise<T> => this.asked<T>("PUT", path, body);
  delete = (path: string): Promise<void> => this.asked<void>("DELETE", path);

  /** A sound of the server, to be played as a blob. */
  async sound(path: string): Promise<Blob> {
    return (await this.sent("GET", path)).blob();
  }

  private async asked<T>(method: string, path: string, body?: object): Promise<T> {
    const answer = await this.sent(method, path, body);
    return (answer.status === 204 ? undefined : await answer.json()) as T;
  }

  private async sent(method: string, path: string, body?: object): Promise<Response> {
    const token = await this.bearer.token();
    try {
      return await fetched(method, path, body, token);
    } catch (problem) {
      if (!(problem instanceof Problem) || problem.status !== 401) throw problem;
      return fetched(method, path, body, await this.bearer.renewed(token));
    }
  }
}

/** Log in, refresh, log out: what needs no token. */
export async function signedIn(path: string, body?: object): Promise<SignedIn> {
  return (await fetched("POST", path, body)).json() as Promise<SignedIn>;
}

export async function signedOut(): Promise<void> {
  await fetched("POST", "session/logout");
}

/** The address of the event socket. */
export function eventsUrl(): string {
  const url = new URL("events", BASE);
  url.protocol = url.protocol.replace("http", "ws");
  return url.href;
}

async function fetched(
  method: string,
  path: string,
  body?: object,
  token?: string,
): Promise<Response> {
  const headers: Record<string, string> = { Accept: "application/json, audio/*" };
  if (body) headers["Content-Type"] = "application/json";
  if (token) headers["Authorization"] = `Bearer ${token}`;
  let answer: Response;
  try {
    answer = await fetch(new URL(path, BASE), {
      method,
      headers,
      body: body ? JSON.stringify(body) : null,
      credentials: "same-origin",
      cache: "no-store",
    });
  } catch {
    throw new Problem(0, "offline", "");
  }
  if (answer.ok) return answer;
  const told = (await answer.json().catch(() => ({}))) as { code?: string; detail?: string };
  throw new Problem(
    answer.status,
    told.code ?? "failed",
    told.detail ?? "",
    Number(answer.headers.get("Retry-After")) || 0,
  );
}
