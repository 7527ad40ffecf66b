// Curves, checkpoints and versions.

import { chart, markGlyph } from "./chart.js";
import { h } from "./dom.js";
import { bytes, clock, count, number, text } from "./format.js";
import { button, cut, empty, panel, pill, table } from "./parts.js";

const CHARTS = [
  ["loss", "Loss (nats per target)", (n) => n === "loss" || n === "teacher_loss", (n) => (n === "loss" ? "student" : "teacher")],
  ["parts", "Parts of the loss", (n) => n.startsWith("losses."), (n) => n.slice("losses.".length)],
  ["live", "Live KL to the teacher", (n) => n === "student_kl", () => ""],
  ["heldout", "Held-out KL by domain", (n) => n.startsWith("validation.") && n.endsWith(".kl") && n !== "validation.all.kl", domain],
  ["agreement", "Held-out agreement by domain", (n) => n.startsWith("validation.") && n.endsWith(".top1_agreement") && n !== "validation.all.top1_agreement", domain],
  ["grad", "Gradient norm", (n) => n === "grad_norm", () => ""],
  ["rate", "Learning rate", (n) => n === "learning_rate", () => ""],
  ["speed", "Tokens per second", (n) => n === "tokens_per_s", () => ""],
  ["wait", "Wait for data (s)", (n) => n === "data_wait_s", () => ""],
  ["skipped", "Non-finite batches", (n) => n === "skipped", () => ""],
];

function domain(name) {
  return name.split(".").slice(1, -1).join(".").replace(/\.(txt|jsonl|parquet)$/, "");
}

export function marksOf(state) {
  return state.events.filter((event) => markGlyph(event.kind) !== undefined && event.job === state.job?.id &&
    !["checkpoint", "candidate_kept"].includes(event.kind) || (event.kind === "checkpoint" && state.options.checkpoints));
}

export function curves(state, ids) {
  const series = state.series?.series ?? {};
  const options = { ...state.options, marks: marksOf(state) };
  return CHARTS.filter(([id]) => ids === undefined || ids.includes(id)).map(([, title, wanted, label]) => {
    const lines = Object.keys(series).filter(wanted).map((name) => ({ label: label(name), points: series[name] }));
    return lines.length > 0 || ids !== undefined ? chart(title, lines, options) : null;
  });
}

export function training(state) {
  if (!state.job) return panel("Training", {}, empty("There is no job."));
  const o = state.options;
  const box = (name, label) => h("label", {}, h("input", { type: "checkbox", "data-option": name, checked: o[name] }), label);
  return panel("Curves", { class: "wide", aside: h("div", { class: "filters" },
      box("log", "log y"), box("checkpoints", "checkpoints"),
      h("label", {}, "smoothing ", h("input", { type: "range", min: 0, max: 0.95, step: 0.05, "data-option": "smoothing", "aria-label": "smoothing" }), h("output", {}, number(o.smoothing))),
      h("label", {}, "over ", h("select", { "data-option": "x" },
        ["step", "time"].map((x) => h("option", { value: x, selected: x === o.x }, x))))) },
    h("div", { class: "charts many" }, curves(state)),
    h("p", { class: "note marks-legend" }, "Marks: ▲ drift  ★ published  ↻ restart  ↶ rolled back  ✖ collapse  ⇄ teacher swapped  ◆ checkpoint"),
    cut(state.series, Object.keys(state.series?.series ?? {}).length));
}

export function models(state) {
  const checkpoints = [...(state.checkpoints?.checkpoints ?? [])].sort((a, b) => b.step - a.step);
  const versions = [...(state.versions?.versions ?? [])].reverse();
  const job = state.job?.id;
  return [
    panel("Published versions", {}, versions.length === 0 ? empty("No candidate has passed the gates yet.") : table("Versions", [
      ["version", (v) => h("b", {}, v.version)],
      ["", (v) => (v.published ? pill("ok", "published") : null)],
      ["time", (v) => clock(v.time)],
      ["step", (v) => count(v.lineage?.step), "num"],
      ["held-out KL", (v) => number(meanKl(v.lineage?.scores)), "num"],
      ["change (interval)", (v) => change(v.lineage?.compared), "num"],
      ["size", (v) => bytes(v.bytes), "num"],
      ["teacher", (v) => h("code", { title: digest(v) }, digest(v).slice(0, 12))],
      ["lineage", (v) => (v.lineage ? h("details", {}, h("summary", {}, "show"), h("pre", {}, JSON.stringify(v.lineage, null, 2))) : "–")],
      ["", (v) => button("Roll back to it", "rollback", { job, version: v.version })],
    ], versions, { key: (v) => v.version }), cut(state.versions, versions.length)),
    panel("Checkpoints", { aside: h("span", { class: "note" }, `committed step ${count(state.checkpoints?.committed_step)}`) },
      checkpoints.length === 0 ? empty("None yet.") : table("Checkpoints", [
        ["step", (c) => count(c.step), "num"],
        ["state", (c) => pill(c.state)],
        ["time", (c) => clock(c.time)],
        ["size", (c) => bytes(c.bytes), "num"],
        ["epoch", (c) => text(c.epoch), "num"],
        ["name", (c) => h("code", {}, c.name)],
      ], checkpoints, { key: (c) => c.name }), cut(state.checkpoints, checkpoints.length)),
  ];
}

function meanKl(scores) {
  const kls = Object.values(scores ?? {}).map((score) => score.kl).filter(Number.isFinite);
  return kls.reduce((a, b) => a + b, 0) / kls.length;
}

function change(compared) {
  if (!Number.isFinite(compared?.kl_difference)) return "–";
  return `${number(compared.kl_difference)} (${number(compared.low)} to ${number(compared.high)})`;
}

function digest(version) {
  const teacher = version.lineage?.teacher;
  return typeof teacher === "string" ? teacher : teacher?.digest ?? "–";
}
