// The page's own icons: lines on a grid of 24, coloured by the text around them.

import { h, type Node } from "./dom";

const PATHS = {
  phone:
    "M7.2 3.6 9.6 8.1a1.3 1.3 0 0 1-.2 1.5L7.9 11.2a13 13 0 0 0 4.9 4.9l1.6-1.5a1.3 1.3 0 0 1 1.5-.2l4.5 2.4c.5.3.8.9.6 1.5a3.8 3.8 0 0 1-3.9 2.7C10 20.6 3.4 14 3 6.9A3.8 3.8 0 0 1 5.7 3c.6-.2 1.2.1 1.5.6Z",
  hangup:
    "M12 9c-3.6 0-6.8 1-9 2.7a1.6 1.6 0 0 0-.5 2l1 2c.4.7 1.2 1 1.9.7l2.6-1c.6-.2 1-.8 1-1.5v-1.5a13 13 0 0 1 6 0v1.5c0 .7.4 1.3 1 1.5l2.6 1c.7.3 1.5 0 1.9-.7l1-2a1.6 1.6 0 0 0-.5-2C18.8 10 15.6 9 12 9Z",
  people:
    "M9 11a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Zm-6.5 8.5c0-3.3 2.9-5.5 6.5-5.5s6.5 2.2 6.5 5.5M16 4.5a3.3 3.3 0 0 1 0 6.2m2 3.8c2.1.7 3.5 2.5 3.5 5",
  clock: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm0-14v5.2l3.4 2",
  voicemail: "M6.5 15.5a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm11 0a4 4 0 1 0 0-8 4 4 0 0 0 0 8Zm-11 0h11",
  gear: "M12 15.2a3.2 3.2 0 1 0 0-6.4 3.2 3.2 0 0 0 0 6.4ZM4 12h2m12 0h2M12 4v2m0 12v2M6.3 6.3l1.5 1.5m8.4 8.4 1.5 1.5m0-11.4-1.5 1.5m-8.4 8.4-1.5 1.5",
  microphone: "M12 15a3.5 3.5 0 0 0 3.5-3.5v-5a3.5 3.5 0 1 0-7 0v5A3.5 3.5 0 0 0 12 15Zm-6.5-3.8a6.5 6.5 0 0 0 13 0M12 17.7V21m-3 0h6",
  muted: "M8.5 8.5v3a3.5 3.5 0 0 0 5.2 3m1.8-4V6.5a3.5 3.5 0 0 0-6.7-1.3M5.5 11.2a6.5 6.5 0 0 0 9.8 5.6m2.5-2.8c.4-.9.7-1.8.7-2.8M12 17.7V21m-3 0h6M4 3l16 18",
  pause: "M8.5 5v14m7-14v14",
  play: "M8 5.2v13.6l11-6.8-11-6.8Z",
  keypad:
    "M6 5h.01M12 5h.01M18 5h.01M6 11h.01M12 11h.01M18 11h.01M6 17h.01M12 17h.01M18 17h.01",
  transfer: "M4 8h14m-4-4.5L18.5 8 14 12.5M20 17H6m4-4.5L5.5 17l4.5 4.5",
  record: "M12 20a8 8 0 1 0 0-16 8 8 0 0 0 0 16Zm0-4.5a3.5 3.5 0 1 0 0-7 3.5 3.5 0 0 0 0 7Z",
  conference:
    "M12 9.5a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4ZM5.5 18.5a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6Zm13 0a2.3 2.3 0 1 0 0-4.6 2.3 2.3 0 0 0 0 4.6ZM12 9.5V13m0 0-4.2 2m4.2-2 4.2 2",
  merge: "M7 20v-3c0-3 5-4 5-8V4m-3 3 3-3 3 3m2 13v-3c0-1.7-1.5-2.7-2.9-4",
  plus: "M12 5v14M5 12h14",
  close: "m6 6 12 12M18 6 6 18",
  search: "M10.5 17a6.5 6.5 0 1 0 0-13 6.5 6.5 0 0 0 0 13Zm4.7-1.8L20 20",
  erase: "M9 6h11v12H9l-5.5-6L9 6Zm3.5 4 4 4m0-4-4 4",
  incoming: "M18 6 7 17m0-8v8h8",
  outgoing: "M6 18 17 7m-8 0h8v8",
  missed: "m4 7 7 7 8-8M4 12V7h5",
  trash: "M4.5 6.5h15M9.5 6V4h5v2m-8 .5.8 13h9.4l.8-13M10 10.5v5.5m4-5.5v5.5",
  lock: "M6.5 10.5h11v9h-11v-9Zm2-.2V8a3.5 3.5 0 1 1 7 0v2.3",
  bell_off: "M9 4.9A5.5 5.5 0 0 1 17.5 9.5c0 1.7.3 3.1.7 4.2M6.5 9.5c0 4-1.5 5.5-2 7H17m-7 3a2.2 2.2 0 0 0 4 0M4 3l16 18",
  leave: "M14 4.5H6v15h8M10.5 12H20m-3.5-3.5L20 12l-3.5 3.5",
  speaker: "M4 9.5v5h3.5L12.5 19V5L7.5 9.5H4Zm12-1a5 5 0 0 1 0 7m2.5-9.5a8.5 8.5 0 0 1 0 12",
  check: "m5 12.5 4.5 4.5L19 7.5",
  warning: "M12 4 2.8 19.5h18.4L12 4Zm0 6v4.5m0 2.5h.01",
  eye: "M2.5 12S6 5.5 12 5.5 21.5 12 21.5 12 18 18.5 12 18.5 2.5 12 2.5 12Zm9.5 2.7a2.7 2.7 0 1 0 0-5.4 2.7 2.7 0 0 0 0 5.4Z",
  help: "M12 21a9 9 0 1 0 0-18 9 9 0 0 0 0 18Zm-2.6-11.2a2.6 2.6 0 1 1 3.7 2.4c-.8.4-1.1.9-1.1 1.8m0 2.6h.01",
} as const;

export type Icon = keyof typeof PATHS;

/** Decoration: what it stands for is said by the text beside it or the button's label. */
export function icon(name: Icon): Node {
  const thick = name === "keypad" ? "3" : "1.8";
  return h(
    "svg",
    {
      class: "icon",
      viewBox: "0 0 24 24",
      fill: "none",
      stroke: "currentColor",
      "stroke-width": thick,
      "stroke-linecap": "round",
      "stroke-linejoin": "round",
      "aria-hidden": "true",
      focusable: "false",
    },
    h("path", { d: PATHS[name] }),
  );
}
