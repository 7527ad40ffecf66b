// Curves: mean as a line, least to greatest as a band, what happened as marks. Drawn as SVG, so that the theme colours it.

import { h, svg } from "./dom.js";
import { clock, count, number, tick } from "./format.js";

const WIDTH = 640;
const HEIGHT = 220;
const LEFT = 56;
const RIGHT = 12;
const TOP = 12;
const BOTTOM = 26;

const MARKS = {
  checkpoint: "◆", published: "★", drift: "▲", rolled_back: "↶", collapse: "✖", student_restarted: "↻",
  teacher_swapped: "⇄", started: "↻", paused_by_dead_letters: "Ⅱ", candidate_kept: "◇",
};

// What was drawn last under each title, to be read off where somebody points.
const drawnLast = new Map();

export function markGlyph(kind) {
  return MARKS[kind];
}

function smooth(points, share) {
  if (share <= 0) return points;
  let value = null;
  let weight = 0;
  return points.map((p) => {
    value = value === null ? (1 - share) * p.mean : share * value + (1 - share) * p.mean;
    weight = share * weight + (1 - share);
    return { ...p, mean: value / weight };
  });
}

function ticks(low, high, wanted) {
  const raw = (high - low) / wanted;
  const power = 10 ** Math.floor(Math.log10(raw));
  const step = [1, 2, 5, 10].map((m) => m * power).find((s) => s >= raw);
  const found = [];
  for (let v = Math.ceil(low / step) * step; v <= high + step * 1e-9; v += step) found.push(Math.abs(v) < step * 1e-9 ? 0 : v);
  return found;
}

function logTicks(low, high) {
  const found = [];
  for (let e = Math.floor(Math.log10(low)); e <= Math.ceil(Math.log10(high)); e++) {
    for (const m of [1, 2, 5]) {
      const v = m * 10 ** e;
      if (v >= low && v <= high) found.push(v);
    }
  }
  return found.length > 7 ? found.filter((v) => /^1/.test(v.toExponential())) : found;
}

// Points come as [time, step, mean, min, max].
function parse(line, options) {
  const points = line.points
    .map(([time, step, mean, min, max]) => ({ time, step, mean, min, max, x: options.x === "time" ? time : step }))
    .filter((p) => !options.log || p.mean > 0);
  return { ...line, points: smooth(points, options.smoothing) };
}

export function chart(title, lines, options) {
  const drawn = lines.map((line) => parse(line, options)).filter((line) => line.points.length > 0);
  const head = h("figcaption", {}, h("span", { class: "chart-title" }, title, h("span", { class: "chart-at note" })),
    h("span", { class: "legend" }, drawn.map((line, i) =>
      h("span", { class: `key c${i % 6}` }, h("span", { class: "swatch", "aria-hidden": "true" }),
        line.label ? `${line.label} ` : null, h("b", {}, number(line.points.at(-1).mean))))));
  if (drawn.length === 0) {
    return h("figure", { class: "chart", "data-key": title }, head, h("p", { class: "empty" }, "No values yet."));
  }
  const all = drawn.flatMap((line) => line.points);
  const xs = all.map((p) => p.x);
  let [x0, x1] = [Math.min(...xs), Math.max(...xs)];
  if (x0 === x1) x1 = x0 + 1;
  let low = Math.min(...all.map((p) => p.mean));
  let high = Math.max(...all.map((p) => p.mean));
  const map = options.log ? Math.log10 : (v) => v;
  if (low === high) {
    low = options.log ? low / 2 : low - Math.max(1e-9, Math.abs(low) * 0.1);
    high = options.log ? high * 2 : high + Math.max(1e-9, Math.abs(high) * 0.1);
  }
  const pad = (map(high) - map(low)) * 0.06;
  const [y0, y1] = [map(low) - pad, map(high) + pad];
  const x = (v) => LEFT + ((v - x0) / (x1 - x0)) * (WIDTH - LEFT - RIGHT);
  const y = (v) => HEIGHT - BOTTOM - ((Math.min(y1, Math.max(y0, map(v))) - y0) / (y1 - y0)) * (HEIGHT - TOP - BOTTOM);
  drawnLast.set(title, { drawn, x0, x1, x, over: options.x });
  const summary = drawn.map((line) => `${line.label || title} ${number(line.points.at(-1).mean)}`).join(", ");
  return h("figure", { class: "chart", "data-key": title, "data-chart": title }, head,
    svg("svg", { viewBox: `0 0 ${WIDTH} ${HEIGHT}`, role: "img", "aria-label": `${title}: now ${summary}`, preserveAspectRatio: "none" },
      grid(options, x0, x1, y0, y1, x, y),
      marks(options, x0, x1, x),
      drawn.map((line, i) => curve(line, i, x, y, options)),
      svg("line", { class: "pointer", x1: -9, x2: -9, y1: TOP + 8, y2: HEIGHT - BOTTOM })));
}

// Shows the values at the pointer instead of the last ones; without a pointer, the last ones.
export function readOff(figure, clientX) {
  const known = drawnLast.get(figure.dataset.chart);
  const picture = figure.querySelector("svg");
  if (!known || !picture) return;
  const frame = picture.getBoundingClientRect();
  const at = clientX === null ? NaN : ((clientX - frame.left) / frame.width) * WIDTH;
  const wanted = known.x0 + ((at - LEFT) / (WIDTH - LEFT - RIGHT)) * (known.x1 - known.x0);
  const inside = wanted >= known.x0 && wanted <= known.x1;
  const values = figure.querySelectorAll(".legend b");
  let place = -9;
  known.drawn.forEach((line, i) => {
    const point = inside ? nearest(line.points, wanted) : line.points.at(-1);
    if (values[i]) values[i].textContent = number(point.mean);
    if (inside && i === 0) place = known.x(point.x);
    if (i === 0) {
      figure.querySelector(".chart-at").textContent = !inside ? "" : known.over === "time" ? ` at ${clock(point.x)}` : ` at step ${count(point.x)}`;
    }
  });
  const pointer = figure.querySelector(".pointer");
  pointer.setAttribute("x1", place);
  pointer.setAttribute("x2", place);
}

function nearest(points, x) {
  return points.reduce((best, point) => (Math.abs(point.x - x) < Math.abs(best.x - x) ? point : best));
}

function grid(options, x0, x1, y0, y1, x, y) {
  const values = options.log ? logTicks(10 ** y0, 10 ** y1) : ticks(y0, y1, 4);
  const axis = ticks(x0, x1, 5);
  return svg("g", { class: "grid" },
    values.map((v) => [
      svg("line", { x1: LEFT, x2: WIDTH - RIGHT, y1: y(v), y2: y(v) }),
      svg("text", { x: LEFT - 8, y: y(v) + 3.5, "text-anchor": "end" }, tick(v)),
    ]),
    axis.map((v) => svg("text", { x: x(v), y: HEIGHT - 8, "text-anchor": "middle" },
      options.x === "time" ? clock(v).slice(-8) : tick(v))));
}

function marks(options, x0, x1, x) {
  return svg("g", { class: "marks" }, (options.marks ?? []).map((mark) => {
    const at = options.x === "time" ? Date.parse(mark.time) : mark.step;
    if (!(at >= x0 && at <= x1) || MARKS[mark.kind] === undefined) return null;
    return svg("g", { class: `mark ${mark.kind}` },
      svg("line", { x1: x(at), x2: x(at), y1: TOP + 8, y2: HEIGHT - BOTTOM }),
      svg("text", { x: x(at), y: TOP + 4, "text-anchor": "middle" }, MARKS[mark.kind],
        svg("title", {}, `${mark.kind} at step ${mark.step ?? "?"}: ${mark.message ?? ""}`)));
  }));
}

// A run that resumed from an earlier step draws a new piece, not a line backwards.
function curve(line, i, x, y, options) {
  let path = "";
  let band = [];
  let last = -Infinity;
  for (const p of line.points) {
    path += `${p.x < last || path === "" ? "M" : "L"}${x(p.x).toFixed(1)},${y(p.mean).toFixed(1)}`;
    last = p.x;
  }
  if (options.smoothing === 0 && line.points.some((p) => p.max > p.min)) {
    band = [...line.points.map((p) => `${x(p.x).toFixed(1)},${y(Math.max(p.max, 1e-12)).toFixed(1)}`),
      ...[...line.points].reverse().map((p) => `${x(p.x).toFixed(1)},${y(Math.max(p.min, 1e-12)).toFixed(1)}`)];
  }
  const end = line.points.at(-1);
  return svg("g", { class: `line c${i % 6}` },
    band.length > 0 ? svg("polygon", { class: "band", points: band.join(" ") }) : null,
    svg("path", { d: path }),
    svg("circle", { cx: x(end.x), cy: y(end.mean), r: 2.6 }));
}
