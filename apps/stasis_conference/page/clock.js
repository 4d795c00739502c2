// @ts-check
/** Moments and durations for people. Pure. */

/**
 * A duration as a clock shows it: `0:07`, `12:30`, `1:02:05`.
 *
 * @param {number} seconds
 */
export function clock(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const two = (/** @type {number} */ part) => String(part).padStart(2, "0");
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return hours ? `${hours}:${two(minutes)}:${two(rest)}` : `${minutes}:${two(rest)}`;
}

/**
 * A duration in words, for who listens: `7 seconds`, `12 minutes 30 seconds`.
 *
 * @param {number} seconds
 */
export function spoken(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const parts = [
    [Math.floor(whole / 3600), "hour"],
    [Math.floor(whole / 60) % 60, "minute"],
    [whole % 60, "second"],
  ];
  const said = parts.filter(([count]) => count).map(([count, unit]) => `${count} ${unit}${count === 1 ? "" : "s"}`);
  return said.join(" ") || "0 seconds";
}

/** @param {string|number} moment */
export function timeOf(moment) {
  return new Date(moment).toLocaleTimeString([], { hour: "numeric", minute: "2-digit", second: "2-digit" });
}

/** @param {string|number} moment */
export function shortTimeOf(moment) {
  return new Date(moment).toLocaleTimeString([], { hour: "numeric", minute: "2-digit" });
}

/** @param {string|number} moment */
export function dayOf(moment) {
  return new Date(moment).toLocaleDateString([], {
    weekday: "short",
    day: "numeric",
    month: "short",
    year: "numeric",
  });
}
