// Small pieces that every view is put together from.

import { h } from "./dom.js";

const GLYPHS = { ok: "●", info: "●", busy: "▶", warning: "▲", error: "✖", idle: "○" };

const KINDS = {
  ok: "ok", healthy: "ok", running: "ok", up: "ok", member: "ok", ready: "ok", working: "ok", whole: "ok", info: "info",
  starting: "warning", restarting: "warning", degraded: "warning", paused: "warning", draining: "warning", stopping: "warning", loading: "warning",
  waiting: "warning", warning: "warning", joining: "warning", leaving: "warning", exiting: "warning", "weakly-up": "warning",
  dead: "error", failed: "error", failing: "error", "given-up": "error", down: "error", error: "error", damaged: "error",
  foreign: "error", stale: "error", disconnected: "error",
};

// A state as colour, sign and word.
export function pill(state, label) {
  const kind = KINDS[state] ?? "idle";
  return h("span", { class: `pill ${kind}`, "data-state": state },
    h("span", { class: "glyph", "aria-hidden": "true" }, GLYPHS[kind]), label ?? state);
}

export function panel(title, more, ...children) {
  return h("section", { class: `panel ${more?.class ?? ""}`, "aria-label": title, "data-key": more?.key ?? title },
    h("div", { class: "panel-head" }, h("h2", {}, title), more?.aside ?? null), children);
}

export function empty(text) {
  return h("p", { class: "empty" }, text);
}

export function tile(label, value, more) {
  return h("div", { class: `tile ${more?.kind ?? ""}`, title: more?.title },
    h("div", { class: "label" }, label), h("div", { class: "value" }, value),
    h("div", { class: "sub" }, more?.sub ?? "\u00a0"));
}

// Columns: [title, cell(row), class].
export function table(caption, columns, rows, more) {
  return h("div", { class: "scroll", tabindex: "0", role: "region", "aria-label": caption },
    h("table", {},
      h("caption", { class: "hidden" }, caption),
      h("thead", {}, h("tr", {}, columns.map(([title, , kind]) => h("th", { scope: "col", class: kind }, title)))),
      h("tbody", {}, rows.map((row) =>
        h("tr", { class: more?.rowClass?.(row), "data-key": more?.key?.(row) },
          columns.map(([, cell, kind]) => h("td", { class: kind }, cell(row))))))));
}

export function cut(answer, shown) {
  return answer?.truncated ? h("p", { class: "note" }, `Cut: ${shown} of ${answer.total} are shown.`) : null;
}

export function button(label, action, data, more) {
  const attributes = { type: "button", "data-action": action, class: more?.class, disabled: more?.disabled };
  for (const [name, value] of Object.entries(data ?? {})) attributes[`data-${name}`] = value;
  return h("button", attributes, label);
}
