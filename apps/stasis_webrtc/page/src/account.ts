// The user's own things: settings on the server, preferences of this browser.

import type { Api } from "./api";
import { inWords, type Notices } from "./notices";
import { dialable, dialled } from "./number";
import { dress, save } from "./preferences";
import type { Preferences } from "./state";
import type { Store } from "./store";
import { texts } from "./texts";
import type { Settings } from "./wire";

export class Account {
  constructor(
    private readonly store: Store,
    private readonly api: Api,
    private readonly notices: Notices,
  ) {}

  async dnd(on: boolean): Promise<void> {
    const { me } = this.store.state;
    if (me) await this.put({ ...me.settings, dnd: on });
  }

  /** Numbers as they were typed; empty: no forward. */
  async forward(typed: Omit<Settings, "dnd">): Promise<void> {
    const { me } = this.store.state;
    if (!me) return;
    const number = (text: string | null) => (text?.trim() ? dialled(text) : null);
    const wanted = {
      forward_always: number(typed.forward_always),
      forward_busy: number(typed.forward_busy),
      forward_no_answer: number(typed.forward_no_answer),
    };
    const wrong = Object.values(wanted).find((one) => one !== null && !dialable(one));
    if (wrong !== undefined) {
      this.store.set({ settingsProblem: texts.problems["bad_number"]! });
      return;
    }
    if (await this.put({ ...me.settings, ...wanted })) this.notices.info(texts.saved);
  }

  /** Returns what is wrong, or nothing. */
  async password(old: string, fresh: string): Promise<string> {
    if (fresh.length < 8) return texts.passwordShort;
    try {
      await this.api.put("me/password", { old, new: fresh });
    } catch (error) {
      const words = inWords(error);
      return words === texts.problems["wrong_password"] ? texts.passwordWrong : words;
    }
    this.notices.info(texts.passwordChanged);
    return "";
  }

  prefer(change: Partial<Preferences>): void {
    const preferences = { ...this.store.state.preferences, ...change };
    this.store.set({ preferences });
    save(preferences);
    if (change.theme) dress(change.theme);
  }

  /** The browser asks the user once. */
  async notifications(on: boolean): Promise<void> {
    if (on && "Notification" in window) {
      const permission = await Notification.requestPermission();
      this.store.set({ notificationsAllowed: permission });
      on = permission === "granted";
    }
    this.prefer({ notifications: on });
  }

  /** Shown at once; as it was, when the server refuses. */
  private async put(settings: Settings): Promise<boolean> {
    const before = this.store.state.me?.settings;
    this.store.set({ settingsProblem: "" });
    this.show(settings);
    try {
      this.show(await this.api.put<Settings>("me/settings", settings));
      return true;
    } catch (error) {
      const words = inWords(error);
      if (before) this.show(before);
      this.store.set({ settingsProblem: words });
      this.notices.error(words);
      return false;
    }
  }

  private show(settings: Settings): void {
    const { me } = this.store.state;
    if (me) this.store.set({ me: { ...me, settings } });
  }
}
