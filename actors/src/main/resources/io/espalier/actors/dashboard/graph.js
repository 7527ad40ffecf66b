// What flows where: each stage with how it spends its time, in words and as a bar.

import { h, svg } from "./dom.js";
import { count, percent, text } from "./format.js";
import { empty } from "./parts.js";

const BOX = { width: 168, height: 96 };
const GAP = 44;
const SPACE = 10;
const SHARES = [["busy", "busy"], ["idle", "idle"], ["back_pressured", "back-pressured"]];

export function stageGraph(graph) {
  const nodes = graph?.nodes ?? [];
  if (nodes.length === 0) return empty("The student has not said anything of its stages yet.");
  const sources = nodes.filter((node) => node.kind === "source");
  const rest = nodes.filter((node) => node.kind !== "source");
  const columns = (sources.length > 0 ? [sources] : []).concat(rest.map((node) => [node]));
  const rows = Math.max(...columns.map((column) => column.length));
  const height = rows * (BOX.height + SPACE) - SPACE + 2;
  const width = columns.length * (BOX.width + GAP) - GAP + 2;
  const place = new Map();
  columns.forEach((column, i) => column.forEach((node, j) => place.set(node.id, {
    x: 1 + i * (BOX.width + GAP),
    y: (height - column.length * (BOX.height + SPACE) + SPACE) / 2 + j * (BOX.height + SPACE),
  })));
  const drawing = svg("svg", { viewBox: `0 0 ${width} ${height}`, class: "stages", role: "img", "aria-label": describe(nodes) },
    svg("defs", {},
      svg("marker", { id: "arrow", viewBox: "0 0 8 8", refX: 7, refY: 4, markerWidth: 7, markerHeight: 7, orient: "auto" },
        svg("path", { d: "M0,0.6 7,4 0,7.4", class: "arrow" })),
      svg("pattern", { id: "hatch", width: 5, height: 5, patternUnits: "userSpaceOnUse", patternTransform: "rotate(45)" },
        svg("rect", { width: 5, height: 5, class: "hatch-back" }), svg("line", { y2: 5, class: "hatch-line" }))),
    (graph.edges ?? []).map((edge) => arrow(place.get(edge.from), place.get(edge.to))),
    nodes.map((node) => box(node, place.get(node.id))));
  return h("div", { class: "scroll graph", tabindex: "0", role: "region", "aria-label": "Stage graph" }, drawing);
}

function describe(nodes) {
  return nodes.filter((node) => node.kind === "stage").map((node) =>
    `${node.name}: ${SHARES.map(([field, name]) => `${name} ${percent(node[field])}`).join(", ")}`).join("; ");
}

function arrow(from, to) {
  if (!from || !to) return null;
  const [x0, y0] = [from.x + BOX.width, from.y + BOX.height / 2];
  const [x1, y1] = [to.x - 3, to.y + BOX.height / 2];
  return svg("path", { class: "edge", d: `M${x0},${y0} C${x0 + 22},${y0} ${x1 - 22},${y1} ${x1},${y1}`, "marker-end": "url(#arrow)" });
}

function box(node, at) {
  const status = node.kind === "stage" ? node.status : node.kind;
  return svg("g", { class: `node ${status}`, transform: `translate(${at.x},${at.y})`, "data-key": node.id, "data-stage": node.name },
    svg("rect", { class: "box", width: BOX.width, height: BOX.height, rx: 7 }),
    svg("text", { class: "name", x: 12, y: 22 }, short(node.name)),
    node.kind === "stage" ? stage(node) : node.kind === "source" ? source(node) : store(node));
}

function short(name) {
  return name.length > 20 ? `${name.slice(0, 19)}…` : name;
}

function line(y, label, value, kind) {
  return [svg("text", { class: "share", x: 12, y }, label), svg("text", { class: `share value ${kind ?? ""}`, x: BOX.width - 12, y, "text-anchor": "end" }, value)];
}

function stage(node) {
  let left = 12;
  const width = BOX.width - 24;
  const bars = SHARES.map(([field, name]) => {
    const bar = svg("rect", { class: `bar ${name}`, x: left, y: 31, width: Math.max(0, node[field] * width), height: 7 });
    left += node[field] * width;
    return bar;
  });
  return [bars, SHARES.map(([field, name], i) => line(54 + 15 * i, name, percent(node[field]), name === node.status ? "main" : "")),
    svg("text", { class: "share", x: BOX.width - 12, y: 22, "text-anchor": "end" }, count(node.elements))];
}

function source(node) {
  return [line(46, "kind", text(node.source_kind)), line(62, "read", count(node.read)), line(78, "lag", node.lag_records === null ? "unknown" : count(node.lag_records))];
}

function store(node) {
  return node.id === "checkpoints" ? line(46, "committed step", count(node.step)) : line(46, "version", text(node.version));
}
