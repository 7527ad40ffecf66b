// Actors, ranks, transport, cluster, configuration.

import { h } from "./dom.js";
import { bytes, clock, count, percent, seconds, text } from "./format.js";
import { button, cut, empty, panel, pill, table } from "./parts.js";

export function actors(state) {
  const answer = state.actors;
  if (!answer) return panel("Actors", {}, empty("Not seen yet."));
  const paths = answer.actors.map((actor) => actor.path);
  return [
    panel("Actors", { aside: h("span", { class: "note" }, `${count(answer.total)} actors`) }, table("Actors", [
      ["actor", (a) => h("span", { class: `path depth${Math.min(6, depth(a.path, paths))}`, title: a.path }, leaf(a.path))],
      ["class", (a) => a.class],
      ["state", (a) => pill(a.state)],
      ["mailbox", (a) => count(a.mailbox), "num"],
      ["wait p50", (a) => seconds(a.mailbox_p50_s), "num"],
      ["p99", (a) => seconds(a.mailbox_p99_s), "num"],
      ["work p50", (a) => seconds(a.processing_p50_s), "num"],
      ["p99", (a) => seconds(a.processing_p99_s), "num"],
      ["messages", (a) => count(a.messages), "num"],
      ["restarts", (a) => count(a.restarts), "num"],
      ["now", (a) => (a.busy_with ? `${a.busy_with} for ${seconds(a.busy_s)}` : "–")],
      ["last failure", (a) => failure(a.last_failure)],
    ], answer.actors, { key: (a) => a.path, rowClass: (a) => (a.state === "failed" ? "bad" : "") }), cut(answer, answer.actors.length)),
    h("div", { class: "columns" },
      panel("By class", {}, table("Actor classes", [
        ["class", (r) => r.class], ["alive", (r) => count(r.alive), "num"], ["mailbox", (r) => count(r.mailbox), "num"],
        ["messages", (r) => count(r.messages), "num"], ["failures", (r) => count(r.failures), "num"], ["restarts", (r) => count(r.restarts), "num"],
      ], answer.roles ?? [])),
      panel("Lost messages", { aside: h("span", { class: "note" }, `${count(answer.dead_letters)} to nobody, ${count(answer.unhandled)} unhandled`) },
        (answer.lost_messages ?? []).length === 0 ? empty("None.") : table("Lost messages", [
          ["time", (l) => clock(l.time)], ["", (l) => (l.unhandled ? "unhandled" : "nobody")],
          ["message", (l) => h("code", { title: l.message }, l.message.split(/[.$]/).at(-1))], ["to", (l) => h("code", {}, l.to)],
        ], answer.lost_messages.slice(0, 20)))),
  ];
}

// Under those of its parents that are shown.
function depth(path, paths) {
  return paths.filter((other) => path.startsWith(`${other}/`)).length;
}

function leaf(path) {
  return decodeURIComponent(path.split("/").at(-1).replace(/%(?![0-9a-fA-F]{2})/g, "%25"));
}

function failure(last) {
  if (!last) return "–";
  return h("details", { class: "failure" },
    h("summary", {}, h("b", {}, last.type.split(".").at(-1)), ` ${clock(last.time)}`),
    h("pre", {}, last.message));
}

const HEALTH = { ok: "ok", starting: "starting", dead: "dead" };

export function ranks(state) {
  const answer = state.ranks;
  if (!answer || answer.ranks.length === 0) return panel("Ranks", {}, empty("This node runs no ranks."));
  return panel("Ranks and devices", { aside: h("span", { class: "note" }, `${count(answer.total)} ranks`) }, table("Ranks", [
    ["rank", (r) => h("b", {}, r.name)],
    ["health", (r) => pill(HEALTH[r.health] ?? r.health)],
    ["process", (r) => text(r.process)],
    ["model", (r) => (r.state === "loading" && r.progress > 0 ? `loading ${percent(r.progress)}` : text(r.state))],
    ["device", (r) => text(r.device)],
    ["memory", (r) => (r.resident_bytes > 0 ? bytes(r.resident_bytes) : "–"), "num"],
    ["pid", (r) => text(r.pid || "")],
    ["job", (r) => text(r.job)],
    ["answered", (r) => count(r.answered), "num"],
    ["restarts", (r) => count(r.restarts), "num"],
    ["last end", (r) => (r.cause ? h("details", {}, h("summary", {}, "why"), h("pre", {}, r.cause)) : "–")],
    ["", (r) => button("Restart", "restart-rank", { rank: r.name })],
  ], answer.ranks, { key: (r) => r.name, rowClass: (r) => (r.health === "dead" ? "bad" : r.health === "starting" ? "warn" : "") }), cut(answer, answer.ranks.length));
}

export function system(state) {
  const { members, transport, config } = state;
  return [
    panel("Cluster members", { aside: h("span", { class: "note" }, `${count(members?.leader_changes)} changes of leader`) },
      members ? table("Members", [
        ["address", (m) => h("code", {}, m.address)],
        ["status", (m) => pill(m.status)],
        ["", (m) => (m.reachable ? null : pill("error", "unreachable"))],
        ["", (m) => [m.self ? "this node" : null, m.leader ? " leader" : null]],
        ["roles", (m) => m.roles.join(", ")],
      ], members.members, { rowClass: (m) => (m.reachable ? "" : "bad") }) : empty("Not seen yet.")),
    h("div", { class: "columns" },
      panel("Transport", {}, transport?.present ? counters(transport) : empty("This process has no transport of tensors.")),
      panel("Build", {}, config ? definitions(Object.entries(config.build)) : empty("Not seen yet."))),
    panel("Configuration in force", {}, config ? table("Configuration", [
      ["key", ([key]) => h("code", {}, key)], ["value", ([, entry]) => h("code", {}, entry.value)], ["from", ([, entry]) => h("span", { class: "note" }, entry.origin)],
    ], Object.entries(config.config)) : empty("Not seen yet.")),
  ];
}

function definitions(entries) {
  return h("dl", {}, entries.map(([name, value]) => [h("dt", {}, name.replaceAll("_", " ")), h("dd", {}, value)]));
}

function counters(transport) {
  const shown = ([name, value]) => [name.replace(/_(s|bytes)$/, ""), name.endsWith("_bytes") || name.startsWith("bytes") ? bytes(value) : name.endsWith("_s") ? seconds(value) : count(value)];
  const group = (title, values) => h("div", {}, h("h3", {}, title), definitions(Object.entries(values ?? {}).map(shown)));
  return h("div", { class: "counters" }, group("This process", transport.process), group("Media driver", transport.driver),
    group("Dropped", transport.dropped), group("Frame memory", transport.memory));
}
