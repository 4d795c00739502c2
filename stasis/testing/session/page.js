"use strict";
// The chart is drawn already; this zooms, filters, moves the focus, and shows details.
const details = JSON.parse(document.getElementById("data").textContent);
const chart = document.getElementById("chart");
const panel = document.getElementById("details");
const lanes = [...document.querySelectorAll(".lane")];
const drawings = lanes.map((lane) => lane.querySelector("svg"));
const label = () => document.querySelector(".name").offsetWidth;
let width = 0;
let chosen = null;

function zoom(to, around) {
  const least = Math.max(300, chart.clientWidth - label() - 20);
  const middle = around ?? (chart.scrollLeft + (chart.clientWidth - label()) / 2) / (width || 1);
  width = Math.min(Math.max(to, least), 2e6);
  for (const drawing of drawings) drawing.setAttribute("width", Math.round(width));
  chart.scrollLeft = middle * width - (chart.clientWidth - label()) / 2;
  for (const tick of document.querySelectorAll(".fine")) {
    tick.setAttribute("visibility", width > 4 * least ? "visible" : "hidden");
  }
}

function show(item) {
  if (chosen) { chosen.classList.remove("chosen"); chosen.setAttribute("tabindex", "-1"); }
  chosen = item;
  item.classList.add("chosen");
  item.setAttribute("tabindex", "0");
  const [title, line] = details[Number(item.dataset.item)];
  panel.querySelector("h2").textContent = title;
  panel.querySelector("pre").textContent = line === null ? "" : JSON.stringify(line, null, 2);
}

// Where an item stands, as a part of the width.
function place(item) {
  const drawing = item.closest(".lane").querySelector("svg").getBoundingClientRect();
  return (item.getBoundingClientRect().left - drawing.left) / drawing.width;
}

const visible = (item) => item.getClientRects().length > 0;
const at = (item) => Number(item.dataset.at);
const items = (lane) => [...lane.querySelectorAll(".item")].filter(visible)
  .sort((one, other) => at(one) - at(other));

function nearest(lane, time) {
  return items(lane).reduce((best, item) =>
    best === null || Math.abs(at(item) - time) < Math.abs(at(best) - time) ? item : best, null);
}

function move(item, key) {
  const lane = item.closest(".lane");
  const row = items(lane);
  const place = row.indexOf(item);
  if (key === "ArrowRight") return row[place + 1];
  if (key === "ArrowLeft") return row[place - 1];
  if (key === "Home") return row[0];
  if (key === "End") return row[row.length - 1];
  const shown = lanes.filter((each) => !each.hidden && items(each).length);
  const next = shown[shown.indexOf(lane) + (key === "ArrowDown" ? 1 : -1)];
  return next && nearest(next, at(item));
}

chart.addEventListener("focusin", (event) => {
  const item = event.target.closest(".item");
  if (item) show(item);
});
chart.addEventListener("click", (event) => {
  const item = event.target.closest(".item");
  if (item) item.focus();
});
chart.addEventListener("keydown", (event) => {
  const item = event.target.closest(".item");
  if (event.key === "+" || event.key === "-") {
    zoom(width * (event.key === "+" ? 1.5 : 1 / 1.5), item ? place(item) : undefined);
  } else if (item && /^(Arrow|Home|End)/.test(event.key)) {
    const next = move(item, event.key);
    if (next) { next.focus({ preventScroll: true }); next.scrollIntoView({ block: "nearest", inline: "nearest" }); }
    event.preventDefault();
  }
});
chart.addEventListener("wheel", (event) => {
  if (!event.ctrlKey) return;
  event.preventDefault();
  const x = event.clientX - chart.getBoundingClientRect().left - label();
  zoom(width * (event.deltaY < 0 ? 1.25 : 0.8), (chart.scrollLeft + x) / width);
}, { passive: false });

document.getElementById("call").addEventListener("change", (event) => {
  const call = event.target.value;
  for (const lane of lanes) {
    lane.hidden = call !== "" && !lane.classList.contains("axis")
      && !JSON.parse(lane.dataset.calls).includes(call);
  }
});
for (const box of document.querySelectorAll("input[type=checkbox]")) {
  const apply = () => chart.classList.toggle("without-" + box.name, !box.checked);
  box.addEventListener("change", apply);
  apply();
}
document.getElementById("nearer").addEventListener("click", () => zoom(width * 1.5));
document.getElementById("farther").addEventListener("click", () => zoom(width / 1.5));
document.getElementById("whole").addEventListener("click", () => zoom(0));
document.querySelector("form").addEventListener("submit", (event) => event.preventDefault());
window.addEventListener("resize", () => zoom(width));
zoom(0);
const first = document.querySelector(".lane[data-kind=channel] .item") ?? document.querySelector(".item");
if (first) first.setAttribute("tabindex", "0");
