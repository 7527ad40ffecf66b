// The first look: what is wrong, how far, how fast, what flows; and the events.

import { h } from "./dom.js";
import { clock, count, number, percent, seconds, text } from "./format.js";
import { stageGraph } from "./graph.js";
import { empty, panel, pill, table, tile } from "./parts.js";
import { curves } from "./views-training.js";

export function overview(state) {
  const { overview: all, job, graph, events } = state;
  return [
    alerts(all),
    job ? tiles(job, all) : null,
    job ? panel("Stages", { aside: h("span", { class: "note" }, "share of the last second") }, stageGraph(graph)) : noJob(),
    job ? panel("Loss and KL", { key: "curves", aside: h("a", { href: "#training" }, "all curves") },
      h("div", { class: "charts" }, curves(state, ["loss", "heldout"]))) : null,
    panel("Latest events", { aside: h("a", { href: "#events" }, "all events") }, eventList(events.slice(-8).reverse())),
  ];
}

function noJob() {
  return panel("No job", {}, empty("Nothing runs here yet. Submit one:"),
    h("pre", {}, "./espalier job submit config/recipes/continual-demo.conf"));
}

function alerts(all) {
  if (all.alerts.length === 0) {
    return h("section", { class: "alerts calm", "aria-label": "Alerts", "data-key": "alerts" }, pill("ok", "Nothing to see to"));
  }
  return h("section", { class: "alerts", role: "alert", "aria-label": "Alerts", "data-key": "alerts" },
    h("ul", {}, all.alerts.map((alert) => h("li", { class: alert.severity },
      pill(alert.severity, alert.code.replaceAll("_", " ")), h("span", {}, alert.message)))));
}

function pace(job) {
  if (job.step_overdue) return "overdue";
  return job.since_last_step_s === null ? "none seen yet" : job.state === "running" ? "on time" : job.state;
}

function tiles(job, all) {
  const { all: together, ...domains } = job.heldout_kl ?? {};
  const kls = Object.values(domains).filter(Number.isFinite);
  const dead = all.ranks.total - all.ranks.healthy;
  return h("section", { class: "tiles", "aria-label": "Figures", "data-key": "tiles" },
    tile("Step", count(job.step), { sub: job.steps_per_s === null ? "no pace yet" : `${number(job.steps_per_s)} steps/s` }),
    tile("Since last step", seconds(job.since_last_step_s), { kind: job.step_overdue ? "error" : "", sub: pace(job) }),
    tile("Loss", number(job.loss), { sub: "nats per target" }),
    tile("Live KL", number(job.kl), { sub: "student to teacher" }),
    tile("Held-out KL", number(together ?? kls.reduce((a, b) => a + b, 0) / kls.length), { sub: `${kls.length} domains` }),
    tile("Tokens/s", count(job.tokens_per_s), { sub: `lr ${number(job.learning_rate)}` }),
    tile("Ranks", `${all.ranks.healthy} / ${all.ranks.total}`, { kind: dead > 0 ? "error" : "", sub: dead > 0 ? `${dead} not healthy` : "healthy" }),
    tile("Checkpoint", count(job.committed_step), { kind: job.checkpoint_overdue ? "warning" : "", sub: job.since_checkpoint_s === null ? "none seen yet" : `${seconds(job.since_checkpoint_s)} ago` }),
    tile("Published", text(job.published), { sub: job.published ? "complete model" : "none yet" }),
    tile("Dead letters", count(job.dead_letters), { kind: job.dead_letters > 0 ? "warning" : "", sub: "records set aside" }));
}

export function eventList(events) {
  if (events.length === 0) return empty("Nothing has happened yet.");
  return h("ol", { class: "events" }, events.map((event) =>
    h("li", { class: event.severity, "data-key": `event-${event.sequence}` },
      h("time", { datetime: event.time, title: event.time }, clock(event.time)),
      pill(event.severity, event.kind.replaceAll("_", " ")),
      h("span", { class: "message" }, event.message ?? "",
        event.step === undefined ? null : h("span", { class: "note" }, ` step ${count(event.step)}`)))));
}

export function events(state) {
  const filter = state.filter;
  const kinds = [...new Set(state.events.map((event) => event.kind))].sort();
  const wanted = state.events.filter((event) =>
    (filter.severity === "" || event.severity === filter.severity) &&
    (filter.kind === "" || event.kind === filter.kind) &&
    (filter.text === "" || JSON.stringify(event).toLowerCase().includes(filter.text.toLowerCase())));
  const shown = wanted.slice(-300).reverse();
  const option = (value, label, chosen) => h("option", { value, selected: value === chosen }, label);
  return panel("Events", { aside: h("span", { class: "note" }, `${shown.length} of ${state.events.length}`) },
    h("div", { class: "filters" },
      h("label", {}, "Severity ", h("select", { "data-filter": "severity" },
        option("", "all", filter.severity), ["info", "warning", "error"].map((s) => option(s, s, filter.severity)))),
      h("label", {}, "Kind ", h("select", { "data-filter": "kind" },
        option("", "all", filter.kind), kinds.map((kind) => option(kind, kind.replaceAll("_", " "), filter.kind)))),
      h("label", {}, "Holds ", h("input", { type: "search", "data-filter": "text", value: filter.text, placeholder: "rank, text, …" }))),
    eventList(shown));
}

export function data(state) {
  const { detail, ledger, deadLetters } = state;
  const live = detail?.live;
  if (!live) return panel("Data", {}, empty("The student has not said anything of its sources yet."));
  const drift = Object.entries(live.drift ?? {});
  return [
    panel("Sources", {}, sources(live)),
    h("div", { class: "columns" },
      panel("Drift on the live stream", {}, drift.length === 0 ? empty("Not watched.") : table("Drift", [
        ["signal", ([name]) => name.replaceAll("_", " ")],
        ["mean", ([, d]) => number(d.mean), "num"],
        ["alarms", ([, d]) => count(d.alarms), "num"],
      ], drift)),
      panel("Replay", {}, h("p", { class: "big" }, percent(live.replay_share)), h("p", { class: "note" }, "of rows come from anchored and past text"))),
    panel("Ledger", { aside: h("span", { class: "note" }, `${count(ledger?.total)} checkpoints`) }, ledgerTable(ledger)),
    panel("Dead letters", { aside: h("span", { class: "note" }, `${count(deadLetters?.total)} in all`) }, deadLetterTable(deadLetters)),
  ];
}

function sources(live) {
  if (!live.sources?.length) return empty("There are none.");
  const rows = live.sources.flatMap((source) => (source.partitions?.length ? source.partitions : [{}]).map((partition, i) => ({ source, partition, first: i === 0 })));
  return table("Sources", [
    ["source", (r) => (r.first ? h("b", {}, r.source.name) : ""), ""],
    ["kind", (r) => (r.first ? r.source.kind : "")],
    ["partition", (r) => text(r.partition.partition), "num"],
    ["next", (r) => count(r.partition.next), "num"],
    ["end", (r) => (r.partition.end === null || r.partition.end === undefined ? "–" : count(r.partition.end)), "num"],
    ["lag", (r) => (r.first ? (r.source.lag_records === null ? "unknown" : count(r.source.lag_records)) : ""), "num"],
    ["read", (r) => (r.first ? count(r.source.read) : ""), "num"],
    ["duplicates", (r) => (r.first ? count(r.source.duplicates) : ""), "num"],
    ["dead", (r) => (r.first ? count(r.source.dead) : ""), "num"],
    ["last record", (r) => (r.first ? clock(r.source.last_record_time) : "")],
  ], rows);
}

function ledgerTable(ledger) {
  const entries = (ledger?.ledger ?? []).slice(-12).reverse();
  if (entries.length === 0) return empty("No checkpoint has been committed yet.");
  return table("Ledger", [
    ["step", (e) => count(e.step), "num"],
    ["ranges", (e) => h("code", {}, (e.ranges ?? []).map((r) => `${r.source}/${r.partition} [${r.from}, ${r.to})`).join("  "))],
    ["dead", (e) => count(e.dead), "num"],
    ["duplicates", (e) => count(e.duplicates), "num"],
    ["sha-256", (e) => h("code", { title: e.sha256 }, (e.sha256 ?? "").slice(0, 12))],
  ], entries);
}

function deadLetterTable(answer) {
  const letters = answer?.dead_letters ?? [];
  if (letters.length === 0) return empty("Every record could be used.");
  return table("Dead letters", [
    ["time", (l) => clock(l.time)],
    ["reason", (l) => text(l.reason)],
    ["from", (l) => h("code", {}, where(l))],
    ["excerpt", (l) => h("details", {}, h("summary", {}, "peek"), h("pre", {}, text(l.excerpt)))],
  ], letters.slice(0, 50));
}

function where(letter) {
  const p = letter.provenance ?? letter;
  return typeof p === "string" ? p : [p.source, p.partition, p.offset ?? p.from].filter((v) => v !== undefined && v !== null).join("/");
}

