// The page: what it knows, how it keeps that fresh, and which view shows it.

import { ask, isAction, toast } from "./actions.js";
import { authorize, enter, get, stream } from "./api.js";
import { readOff } from "./chart.js";
import { h, morphChildren } from "./dom.js";
import { seconds } from "./format.js";
import { button, panel, pill } from "./parts.js";
import { data, events, overview } from "./views.js";
import { models, training } from "./views-training.js";
import { actors, ranks, system } from "./views-system.js";

const EVERY = 2000;
const MOST_EVENTS = 2000;

// What each view needs besides the overview, and what draws it.
const VIEWS = {
  overview: { title: "Overview", needs: ["graph", "series"], draw: overview },
  training: { title: "Training", needs: ["series"], draw: training },
  models: { title: "Models", needs: ["checkpoints", "versions"], draw: models },
  data: { title: "Data", needs: ["detail", "ledger", "deadLetters"], draw: data },
  ranks: { title: "Ranks", needs: ["ranks"], draw: ranks },
  actors: { title: "Actors", needs: ["actors"], draw: actors },
  system: { title: "System", needs: ["members", "transport", "config"], draw: system },
  events: { title: "Events", needs: [], draw: events },
};

const PATHS = {
  graph: (job) => job && `/v1/jobs/${job}/graph`,
  series: (job) => job && `/v1/jobs/${job}/series?points=300`,
  checkpoints: (job) => job && `/v1/jobs/${job}/checkpoints`,
  versions: (job) => job && `/v1/jobs/${job}/versions`,
  detail: (job) => job && `/v1/jobs/${job}`,
  ledger: (job) => job && `/v1/jobs/${job}/ledger`,
  deadLetters: (job) => job && `/v1/jobs/${job}/dead-letters?limit=50`,
  ranks: () => "/v1/ranks",
  actors: () => "/v1/actors?limit=300",
  members: () => "/v1/cluster/members",
  transport: () => "/v1/transport",
  config: () => "/v1/config",
};

const OF_A_JOB = ["graph", "series", "checkpoints", "versions", "detail", "ledger", "deadLetters"];

const state = {
  view: "overview", chosen: null, job: null, overview: null, events: [],
  filter: { severity: "", kind: "", text: "" },
  options: { log: false, smoothing: 0, x: "step", checkpoints: false },
  // When the daemon's own time last moved on, by this page's clock: no two clocks are compared.
  daemonTime: null, movedAt: performance.now(), failure: null,
};

let refreshing = false;
let again = false;

async function refresh() {
  if (refreshing) {
    again = true;
    return;
  }
  refreshing = true;
  try {
    const all = await get("/v1/overview");
    if (all.time !== state.daemonTime) {
      state.daemonTime = all.time;
      state.movedAt = performance.now();
    }
    state.overview = all;
    show(all.jobs.find((job) => job.id === state.chosen) ?? liveliest(all.jobs));
    await Promise.all(VIEWS[state.view].needs.map(load));
    state.failure = null;
  } catch (failure) {
    state.failure = failure;
    if (failure.status === 401) askForToken();
  }
  refreshing = false;
  draw();
  if (again) {
    again = false;
    soon();
  }
}

// What was known of another job is not kept under this one's name.
function show(job) {
  if (job?.id !== state.job?.id) OF_A_JOB.forEach((name) => delete state[name]);
  state.job = job;
}

async function load(name) {
  const path = PATHS[name](state.job?.id);
  if (path) state[name] = await get(path);
}

function liveliest(jobs) {
  const order = ["running", "paused", "draining", "stopping", "starting", "failed", "stopped"];
  return [...jobs].sort((a, b) => order.indexOf(a.state) - order.indexOf(b.state))[0] ?? null;
}

let pending = null;
let pointedAt = null;

function soon() {
  pending ??= setTimeout(() => {
    pending = null;
    refresh();
  }, 120);
}

function draw() {
  drawStatus();
  if (!state.overview) return;
  const view = VIEWS[state.view];
  document.title = `${titleSign()}${state.job ? `${state.job.id} · ` : ""}Espalier`;
  morphChildren(document.getElementById("jobbar"), whole("The job", jobBar));
  morphChildren(document.getElementById("main"), [h("h1", { class: "hidden" }, view.title), ...whole(view.title, () => view.draw(state))]);
}

// A part that cannot be drawn says so in its own place: nothing older may stand there as if it were new.
function whole(title, drawing) {
  try {
    return [drawing()].flat(Infinity).filter(Boolean);
  } catch (failure) {
    console.error(failure);
    return [panel(title, { class: "broken", key: "broken" }, h("p", { role: "alert" },
      pill("error", "cannot be shown"), ` ${failure.message}. The other views are not concerned.`))];
  }
}

function titleSign() {
  return state.overview.state === "healthy" ? "" : state.overview.state === "failing" ? "✖ " : "▲ ";
}

// Nothing old is ever shown as new: the age is counted by the page itself.
function drawStatus() {
  const age = (performance.now() - state.movedAt) / 1000;
  const stale = age > (state.overview?.stale_after_s ?? 5) + EVERY / 1000;
  document.body.classList.toggle("stale", stale || state.failure !== null);
  const old = state.overview ? `data ${age < 60 ? `${age.toFixed(1)} s` : seconds(age)} old` : "no data";
  const [kind, label] = state.failure ? ["disconnected", `not connected · ${old}`]
    : stale ? ["stale", `stale · ${old}`] : state.overview ? [state.overview.state, `${state.overview.state} · ${old}`] : ["idle", "connecting"];
  const sign = pill(kind, label);
  const place = document.getElementById("freshness");
  // Told aloud when it changes, and not with every second that passes.
  if (place.dataset.state !== kind) document.getElementById("announce").textContent = `The daemon is ${kind}.`;
  place.className = sign.className;
  place.dataset.state = kind;
  place.replaceChildren(...sign.childNodes);
}

function jobBar() {
  const job = state.job;
  if (!job) return [h("span", { class: "note" }, "no job")];
  const running = job.state === "running";
  const ended = ["stopped", "failed"].includes(job.state);
  const id = { job: job.id };
  const tuned = { ...id, rate: job.learning_rate, replay: job.replay_share };
  return [
    h("label", { class: "chooser" }, "Job ", h("select", { "data-chooser": "job" },
      state.overview.jobs.map((other) => h("option", { value: other.id, selected: other.id === job.id }, other.id)))),
    pill(job.stale ? "stale" : job.state, job.stale ? `silent for ${seconds(job.data_age_s)}` : job.state),
    job.live_state && job.live_state !== job.state && running ? h("span", { class: "note" }, job.live_state) : null,
    job.cause ? h("span", { class: "note cause", title: job.cause }, job.cause) : null,
    h("div", { class: "buttons", role: "group", "aria-label": "Actions" },
      job.state === "paused" ? button("Resume", "resume", id, { class: "primary" }) : button("Pause", "pause", id, { disabled: !running }),
      button("Checkpoint now", "checkpoint", id, { disabled: !running }),
      button("Tune…", "tune", tuned, { disabled: !running }),
      button("Drain…", "drain", id, { class: "danger", disabled: ended })),
  ];
}

// Events: pushed; a broken stream is begun again after the last event that was seen.
async function follow() {
  let pause = 500;
  for (;;) {
    try {
      await stream("/v1/events", state.events.at(-1)?.sequence ?? 0, onEvent, () => { pause = 500; });
    } catch {
      // The polls go on and say what is wrong.
    }
    await new Promise((resume) => setTimeout(resume, pause));
    pause = Math.min(10000, pause * 2);
  }
}

function onEvent(event) {
  if (!Number.isFinite(event.sequence) || event.sequence <= (state.events.at(-1)?.sequence ?? 0)) return;
  state.events.push(event);
  if (state.events.length > MOST_EVENTS) state.events.splice(0, state.events.length - MOST_EVENTS);
  soon();
}

function askForToken() {
  const dialog = document.getElementById("dialog");
  if (dialog.open) return;
  const field = h("input", { type: "password", name: "token", autocomplete: "off", "aria-label": "token" });
  const form = h("form", {}, h("h2", { id: "dialog-title" }, "A token is needed"),
    h("p", {}, "Better: espalier page prints a link. A token is kept until this page is closed, and nowhere else."), field,
    h("div", { class: "buttons" }, h("button", { type: "submit", class: "primary" }, "Go on")));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    authorize(field.value);
    dialog.close();
    refresh();
  });
  dialog.replaceChildren(form);
  dialog.showModal();
}

function route() {
  const name = location.hash.slice(1);
  state.view = name in VIEWS ? name : "overview";
  morphChildren(document.getElementById("nav"), Object.entries(VIEWS).map(([id, { title }]) =>
    h("a", { href: `#${id}`, "aria-current": id === state.view ? "page" : false }, title)));
  draw();
  refresh();
}

function listen() {
  addEventListener("hashchange", async () => {
    await comeIn();
    route();
    document.getElementById("main").focus({ preventScroll: true });
    scrollTo(0, 0);
  });
  document.addEventListener("click", (event) => {
    const clicked = event.target.closest("[data-action]");
    if (clicked && isAction(clicked.dataset.action)) ask(clicked.dataset.action, { ...clicked.dataset }, soon);
  });
  document.addEventListener("input", ({ target }) => {
    if (target.dataset.filter) state.filter[target.dataset.filter] = target.value;
    else if (target.dataset.option === "smoothing") state.options.smoothing = Number(target.value);
    else if (target.dataset.option) state.options[target.dataset.option] = target.type === "checkbox" ? target.checked : target.value;
    else if (target.dataset.chooser) {
      state.chosen = target.value;
      soon();
    } else return;
    draw();
  });
  document.addEventListener("pointermove", ({ target, clientX }) => {
    const figure = target.closest?.("[data-chart]") ?? null;
    if (pointedAt !== null && pointedAt !== figure) readOff(pointedAt, null);
    pointedAt = figure;
    if (figure !== null) readOff(figure, clientX);
  });
  document.getElementById("theme").addEventListener("click", switchTheme);
  addEventListener("unhandledrejection", (event) => toast("error", String(event.reason)));
}

function switchTheme() {
  const order = ["system", "light", "dark"];
  applyTheme(order[(order.indexOf(localStorage.getItem("theme") ?? "system") + 1) % order.length]);
}

function applyTheme(theme) {
  localStorage.setItem("theme", theme);
  if (theme === "system") delete document.documentElement.dataset.theme;
  else document.documentElement.dataset.theme = theme;
  document.getElementById("theme").textContent = { system: "◐ system", light: "○ light", dark: "● dark" }[theme];
}

// What follows the hash is in no request and no log; it leaves the address bar before it is used.
async function comeIn() {
  const [, code] = location.hash.match(/^#enter=(.+)$/) ?? [];
  if (code === undefined) return;
  history.replaceState(null, "", "#overview");
  try {
    await enter(code);
  } catch (failure) {
    toast("error", failure.message);
  }
}

applyTheme(localStorage.getItem("theme") ?? "system");
listen();
await comeIn();
route();
follow();
setInterval(refresh, EVERY);
setInterval(drawStatus, 500);
