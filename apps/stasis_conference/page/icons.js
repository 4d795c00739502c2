// @ts-check
/** The icons, drawn with the colour of the text. They say nothing by themselves to who listens. */

const SVG = "http://www.w3.org/2000/svg";

/** Paths on a square of 24, stroked. */
const PATHS = {
  microphone: "M12 3a3 3 0 0 1 3 3v5a3 3 0 0 1-6 0V6a3 3 0 0 1 3-3zM5.500 11a6.500 6.500 0 0 0 13 0M12 17.500V21M8.500 21h7",
  microphone_off:
    "M9 9v2a3 3 0 0 0 4.700 2.500M15 10.500V6a3 3 0 0 0-5.800-1M5.500 11a6.500 6.500 0 0 0 10.700 5M18.100 13a6.500 6.500 0 0 0 .4-2M12 17.500V21M8.500 21h7M4 3l16 18",
  speaker: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM15.500 9a4.200 4.200 0 0 1 0 6M18 6.500a7.800 7.800 0 0 1 0 11",
  speaker_off: "M4 9.500v5h3.500L12 18.500v-13L7.500 9.500zM16 9.500l5 5M21 9.500l-5 5",
  pause: "M9 5v14M15 5v14",
  play: "M7 4.500v15l12-7.500z",
  stop: "M6.500 6.500h11v11h-11z",
  record: "M12 5.500a6.500 6.500 0 1 0 0 13a6.500 6.500 0 1 0 0-13z",
  more: "M5 12h.01M12 12h.01M19 12h.01",
  lock: "M6 11h12v9H6zM8.500 11V7.500a3.500 3.500 0 0 1 7 0V11M12 14.500v2",
  unlock: "M6 11h12v9H6zM8.500 11V7.500A3.500 3.500 0 0 1 15 5.700M12 14.500v2",
  call: "M5.500 4h3l1.500 4-2 1.500a11 11 0 0 0 6.500 6.500l1.500-2 4 1.500v3a1.500 1.500 0 0 1-1.600 1.500A15.500 15.500 0 0 1 4 5.600 1.500 1.500 0 0 1 5.500 4zM17.500 3v6M14.500 6h6",
  announce: "M4 10v4h3l8 4.500v-13L7 10zM18 9.500a4 4 0 0 1 0 5M8 14.500l1 5h2.500l-1-4",
  move: "M4 12h14M13 6.500l5.500 5.500-5.500 5.500",
  leave: "M14 4H6v16h8M10.500 12H21M17 8l4 4-4 4",
  end: "M3 14.500c5-5 13-5 18 0l-2.500 2.500-3.500-2v-2.500a12 12 0 0 0-6 0V15l-3.500 2z",
  people: "M9 11.500a3.500 3.500 0 1 0 0-7a3.500 3.500 0 1 0 0 7zM2.500 20a6.500 6.500 0 0 1 13 0M16 5a3.300 3.300 0 0 1 0 6.200M17.500 14a6 6 0 0 1 4 6",
  clock: "M12 3.500a8.500 8.500 0 1 0 0 17a8.500 8.500 0 1 0 0-17zM12 7.500V12l3 2",
  help: "M12 3.500a8.500 8.500 0 1 0 0 17a8.500 8.500 0 1 0 0-17zM9.500 9.500a2.500 2.500 0 1 1 3.700 2.200c-.8.500-1.200 1-1.200 1.800M12 16.500h.01",
  back: "M15 5l-7 7 7 7",
  download: "M12 4v11M7.500 10.500L12 15l4.500-4.500M5 19.500h14",
  trash: "M4.500 7h15M9.500 7V4.500h5V7M6.500 7l1 13h9l1-13M10.500 11v5.500M13.500 11v5.500",
  close: "M6 6l12 12M18 6L6 18",
  plus: "M12 5.500v13M5.500 12h13",
  minus: "M5.500 12h13",
  star: "M12 4l2.400 5 5.600.700-4.100 3.800 1.100 5.500-5-2.800-5 2.800 1.100-5.500L4 9.700 9.600 9z",
  warning: "M12 4.500L21 19.500H3zM12 10v4.500M12 17h.01",
};

/** @typedef {keyof typeof PATHS} Icon */

/**
 * @param {Icon} name
 */
export function icon(name) {
  const svg = document.createElementNS(SVG, "svg");
  svg.setAttribute("viewBox", "0 0 24 24");
  svg.setAttribute("class", name === "more" ? "icon dots" : "icon");
  svg.setAttribute("aria-hidden", "true");
  svg.setAttribute("focusable", "false");
  const path = document.createElementNS(SVG, "path");
  path.setAttribute("d", PATHS[name]);
  svg.append(path);
  return svg;
}

/**
 * Have an icon show something else.
 *
 * @param {Element} svg
 * @param {Icon} name
 */
export function redraw(svg, name) {
  const path = svg.firstElementChild;
  if (path && path.getAttribute("d") !== PATHS[name]) path.setAttribute("d", PATHS[name]);
}
