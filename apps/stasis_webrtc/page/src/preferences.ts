// What stays in this browser, and how the page looks by it.

import { PREFERENCES, type Preferences, type Theme } from "./state";

const KEY = "stasis-softphone";

/** What was kept, as far as it is still what it should be. */
export function kept(text: string | null): Preferences {
  const found: Record<string, unknown> = {};
  try {
    const parsed: unknown = JSON.parse(text ?? "{}");
    if (parsed && typeof parsed === "object") Object.assign(found, parsed);
  } catch {
    // Broken by another hand: as if nothing was kept.
  }
  const preferences = { ...PREFERENCES } as unknown as Record<string, unknown>;
  for (const [name, usual] of Object.entries(PREFERENCES))
    if (typeof found[name] === typeof usual) preferences[name] = found[name];
  return preferences as unknown as Preferences;
}

export function load(): Preferences {
  try {
    return kept(localStorage.getItem(KEY));
  } catch {
    return PREFERENCES; // storage is forbidden here
  }
}

export function save(preferences: Preferences): void {
  try {
    localStorage.setItem(KEY, JSON.stringify(preferences));
  } catch {
    // Forbidden or full: it holds until the page is closed.
  }
}

export function dress(theme: Theme): void {
  if (theme === "system") delete document.documentElement.dataset["theme"];
  else document.documentElement.dataset["theme"] = theme;
}
