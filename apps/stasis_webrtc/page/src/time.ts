// Times and durations as people read them. Pure.

import { LANGUAGE, texts } from "./texts";

/** `0:07`, `12:34`, `1:02:03`. */
export function clock(seconds: number): string {
  const all = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(all / 3600), Math.floor(all / 60) % 60, all % 60];
  const two = (value: number) => String(value).padStart(2, "0");
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/** `7 seconds`, `12 minutes 34 seconds`: for those who listen. */
export function spoken(seconds: number): string {
  const all = Math.max(0, Math.round(seconds));
  const parts: [number, Intl.NumberFormatOptions["unit"]][] = [
    [Math.floor(all / 3600), "hour"],
    [Math.floor(all / 60) % 60, "minute"],
    [all % 60, "second"],
  ];
  const said = parts.filter(([value]) => value > 0);
  return (said.length ? said : [[0, "second"] as (typeof parts)[0]])
    .map(([value, unit]) =>
      new Intl.NumberFormat(LANGUAGE, { style: "unit", unit: unit!, unitDisplay: "long" }).format(
        value,
      ),
    )
    .join(" ");
}

/** The day's heading: today, yesterday, a weekday, a date. */
export function day(at: string, now: number): string {
  const date = new Date(at);
  const days = Math.round((midnight(new Date(now)) - midnight(date)) / 86_400_000);
  if (days === 0) return texts.today;
  if (days === 1) return texts.yesterday;
  if (days > 1 && days < 7) return date.toLocaleDateString(LANGUAGE, { weekday: "long" });
  return date.toLocaleDateString(LANGUAGE, { day: "numeric", month: "long", year: "numeric" });
}

/** `14:05`. */
export function hour(at: string): string {
  return new Date(at).toLocaleTimeString(LANGUAGE, { hour: "2-digit", minute: "2-digit" });
}

function midnight(date: Date): number {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
