// @ts-check
/** The keyboard: one way through a grid with arrow keys, and single keys that do something. */

const CELLS = "[data-cell]";

/**
 * A grid is one stop of the tab key; arrows lead through it. Rows are `[role=row]`, what can have
 * the focus in them `[data-cell]`. After the rows have changed, call `refresh`.
 */
export class Roving {
  /**
   * @param {HTMLElement} grid
   * @param {() => void} empty called when the focus was in the last row, and that has gone
   */
  constructor(grid, empty) {
    this.grid = grid;
    this.empty = empty;
    /** @type {HTMLElement|null} */
    this.current = null;
    this.row = 0;
    this.column = 0;
    this.inside = false;
    grid.addEventListener("focusin", (event) => this.enter(event));
    grid.addEventListener("focusout", (event) => this.exit(event));
    grid.addEventListener("keydown", (event) => this.press(event));
  }

  /** @returns {HTMLElement[][]} what can have the focus, by row */
  cells() {
    const rows = [...this.grid.querySelectorAll("[role=row]")];
    return rows
      .map((row) => /** @type {HTMLElement[]} */ ([...row.querySelectorAll(CELLS)]))
      .map((row) => row.filter((cell) => !cell.hidden))
      .filter((row) => row.length);
  }

  /** @param {FocusEvent} event */
  enter(event) {
    const target = /** @type {HTMLElement} */ (event.target).closest(CELLS);
    if (!target) return;
    this.inside = true;
    this.current = /** @type {HTMLElement} */ (target);
    this.refresh();
  }

  /** @param {FocusEvent} event */
  exit(event) {
    // An element that is removed loses its focus to nobody: then the place is kept.
    if (event.relatedTarget && !this.grid.contains(/** @type {Node} */ (event.relatedTarget))) {
      this.inside = false;
    }
  }

  /** Have exactly one stop; where the focus has gone with its row, give it to the next one. */
  refresh() {
    const cells = this.cells();
    const here = cells.findIndex((row) => this.current && row.includes(this.current));
    const lost = this.inside && !document.activeElement?.closest("[role=grid], dialog, input, button, a");
    if (here >= 0 && this.current) {
      this.row = here;
      this.column = cells[here].indexOf(this.current);
    } else {
      const row = cells[Math.min(this.row, cells.length - 1)];
      this.current = row ? row[Math.min(this.column, row.length - 1)] : null;
      if (lost && this.current) this.current.focus();
      else if (lost) this.empty();
    }
    for (const cell of cells.flat()) {
      const index = cell === this.current ? 0 : -1;
      if (cell.tabIndex !== index) cell.tabIndex = index;
    }
  }

  focus() {
    this.refresh();
    this.current?.focus();
    return this.current !== null;
  }

  /** @param {KeyboardEvent} event */
  press(event) {
    if (event.altKey || event.metaKey || !this.current) return;
    const cells = this.cells();
    const to = destination(
      event.key,
      event.ctrlKey,
      [this.row, this.column],
      cells.map((row) => row.length),
    );
    if (!to) return;
    event.preventDefault();
    cells[to[0]][to[1]].focus();
  }
}

/**
 * Where a key leads in a grid; null when nowhere. Pure.
 *
 * @param {string} key
 * @param {boolean} control
 * @param {[number, number]} from row and column
 * @param {number[]} lengths of the rows
 * @returns {[number, number]|null}
 */
export function destination(key, control, [row, column], lengths) {
  const last = lengths.length - 1;
  const to = (/** @type {number} */ other, /** @type {number} */ at) => {
    const there = Math.max(0, Math.min(last, other));
    return /** @type {[number, number]} */ ([there, Math.max(0, Math.min(lengths[there] - 1, at))]);
  };
  if (last < 0) return null;
  if (key === "ArrowDown") return to(row + 1, column);
  if (key === "ArrowUp") return to(row - 1, column);
  if (key === "ArrowRight") return to(row, column + 1);
  if (key === "ArrowLeft") return to(row, column - 1);
  if (key === "Home") return control ? to(0, 0) : to(row, 0);
  if (key === "End") return control ? to(last, Infinity) : to(row, Infinity);
  if (key === "PageDown") return to(row + 5, column);
  if (key === "PageUp") return to(row - 5, column);
  return null;
}

const OFF = "conference.shortcuts";

/** Whether single keys do something anywhere on the page; people who dictate switch that off. */
export function shortcutsOn() {
  try {
    return localStorage.getItem(OFF) !== "off";
  } catch {
    return true;
  }
}

/** @param {boolean} on */
export function switchShortcuts(on) {
  try {
    if (on) localStorage.removeItem(OFF);
    else localStorage.setItem(OFF, "off");
  } catch {
    // It stays as it is.
  }
}

/**
 * The single key that was pressed; empty when it is meant for a field, a dialog, or the browser.
 *
 * @param {KeyboardEvent} event
 */
export function singleKey(event) {
  const target = /** @type {HTMLElement} */ (event.target);
  if (event.ctrlKey || event.altKey || event.metaKey || event.defaultPrevented) return "";
  if (target.closest?.("input, select, textarea, dialog, [contenteditable]")) return "";
  return event.key;
}
