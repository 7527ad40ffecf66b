// What an operator can have done: each is described first, then confirmed, then followed to its end.

import { get, send } from "./api.js";
import { h } from "./dom.js";

const FOLLOW_EVERY = 1000;
const FOLLOW_AT_MOST = 300;

const ACTIONS = {
  pause: (d) => ({
    title: `Pause job ${d.job}?`, verb: "Pause", method: "PUT", path: `/v1/jobs/${d.job}/pause`,
    text: "The step in flight finishes; no further batch is taken until the job is resumed. Nothing is lost.",
  }),
  resume: (d) => ({
    title: `Resume job ${d.job}?`, verb: "Resume", method: "PUT", path: `/v1/jobs/${d.job}/resume`,
    text: "The student takes batches again from where it stopped.",
  }),
  checkpoint: (d) => ({
    title: `Commit a checkpoint of ${d.job} now?`, verb: "Commit", method: "POST", path: `/v1/jobs/${d.job}/checkpoints`,
    text: "At the next whole step, weights, optimiser and source positions are committed together.",
  }),
  drain: (d) => ({
    title: `Drain job ${d.job}?`, verb: "Drain", danger: true, method: "PUT", path: `/v1/jobs/${d.job}/stop?mode=drain`,
    text: "The step in flight finishes, a checkpoint is committed and the job ends for good.",
  }),
  rollback: (d) => ({
    title: `Roll job ${d.job} back to ${d.version}?`, verb: "Roll back", danger: true, method: "POST",
    path: `/v1/jobs/${d.job}/rollback`, body: () => ({ version: d.version }),
    text: "The student takes the weights of that version; the stream goes on from where it is. What was learnt since then is dropped.",
  }),
  "restart-rank": (d) => ({
    title: `Restart rank ${d.rank}?`, verb: "Restart", danger: true, method: "POST", path: `/v1/ranks/${d.rank}/restart`,
    text: "Its process ends and a new one begins. Its job goes on from the last checkpoint.",
  }),
  tune: (d) => ({
    title: `Tune job ${d.job}`, verb: "Apply", method: "POST", path: `/v1/jobs/${d.job}/settings`,
    text: "From the next step on. A field that is left as it is changes nothing.",
    fields: [
      { name: "learning_rate", label: "Learning rate", now: d.rate, min: 0, max: 1 },
      { name: "replay_share", label: "Replay share", now: d.replay, min: 0, max: 1 },
    ],
    body: (values) => values,
  }),
};

export function isAction(name) {
  return name in ACTIONS;
}

export function ask(name, data, onDone) {
  const action = ACTIONS[name](data);
  const dialog = document.getElementById("dialog");
  const form = h("form", { novalidate: true },
    h("h2", { id: "dialog-title" }, action.title),
    h("p", {}, action.text),
    (action.fields ?? []).map((field) => h("label", {}, field.label,
      h("input", { name: field.name, type: "number", step: "any", value: present(field), min: field.min, max: field.max, inputmode: "decimal" }))),
    h("p", { class: "complaint", role: "alert" }),
    h("div", { class: "buttons" },
      h("button", { type: "button", "data-close": true }, "Cancel"),
      h("button", { type: "submit", class: action.danger ? "danger" : "primary", "data-confirm": name }, action.verb)));
  form.addEventListener("submit", (event) => {
    event.preventDefault();
    const values = read(form, action);
    if (values === null) return;
    dialog.close();
    run(action, values, onDone);
  });
  form.querySelector("[data-close]").addEventListener("click", () => dialog.close());
  dialog.replaceChildren(form);
  dialog.showModal();
}

// As a person would type it.
function present(field) {
  return field.now === undefined ? "" : String(Number(Number(field.now).toPrecision(3)));
}

function read(form, action) {
  const values = {};
  for (const field of action.fields ?? []) {
    const text = form.elements[field.name].value.trim();
    if (text === "" || text === present(field)) continue;
    const value = Number(text);
    if (!(value >= field.min && value <= field.max)) {
      form.querySelector(".complaint").textContent = `${field.label}: must be from ${field.min} to ${field.max}.`;
      return null;
    }
    values[field.name] = value;
  }
  if (action.fields && Object.keys(values).length === 0) {
    form.querySelector(".complaint").textContent = "Nothing is changed: change a field, or cancel.";
    return null;
  }
  return values;
}

async function run(action, values, onDone) {
  const what = action.title.replace("?", "");
  try {
    const name = `ui-${Date.now().toString(36)}-${Math.random().toString(36).slice(2, 8)}`;
    const operation = await send(action.method, action.path, name, action.body?.(values));
    toast("info", `${what}: asked for`);
    onDone();
    await follow(operation, what);
  } catch (failure) {
    toast("error", `${what}: ${failure.message}`);
  }
  onDone();
}

async function follow(operation, what) {
  let state = operation;
  for (let i = 0; i < FOLLOW_AT_MOST && state.state === "IN_PROGRESS"; i++) {
    await new Promise((resume) => setTimeout(resume, FOLLOW_EVERY));
    state = await get(`/v1/operations/${state.operationId}`);
  }
  if (state.state === "COMPLETED") toast("ok", `${what}: done`);
  if (state.state === "FAILED") toast("error", `${what}: ${state.detail ?? "failed"}`);
}

export function toast(kind, text) {
  const note = h("div", { class: `toast ${kind}` }, h("span", { class: "glyph", "aria-hidden": "true" }, kind === "error" ? "✖" : "●"), text);
  document.getElementById("toasts").append(note);
  setTimeout(() => note.remove(), kind === "error" ? 12000 : 5000);
}
