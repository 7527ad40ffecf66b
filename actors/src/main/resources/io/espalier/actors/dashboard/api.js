// The way to the daemon. Everything that changes something carries a header that no form of a foreign page can send.

const KEY = "session";

let token = null;

export class Failure extends Error {
  constructor(status, message) {
    super(message);
    this.status = status;
  }
}

// A browser that came in by a link has a cookie, which it sends to all ports of the host, and a key, which it does not.
function headers(more) {
  if (token !== null) return { ...more, Authorization: `Bearer ${token}` };
  const key = localStorage.getItem(KEY);
  return key === null ? more : { ...more, "X-Espalier-Session": key };
}

async function problem(response) {
  try {
    const body = await response.json();
    return body.detail ?? body.title ?? response.statusText;
  } catch {
    return response.statusText || `status ${response.status}`;
  }
}

export function authorize(value) {
  token = value;
}

// With the code of a link, which is then worth nothing any more.
export async function enter(code) {
  const response = await fetch("/v1/session", {
    method: "POST",
    headers: { "Content-Type": "application/json" },
    body: JSON.stringify({ code }),
  });
  if (!response.ok) throw new Failure(response.status, await problem(response));
  localStorage.setItem(KEY, (await response.json()).key);
}

export async function get(path) {
  const response = await fetch(path, { headers: headers({ Accept: "application/json" }), cache: "no-store" });
  if (!response.ok) throw new Failure(response.status, await problem(response));
  return response.json();
}

export async function send(method, path, operation, body) {
  const ours = { "X-Espalier-Request": "1", "X-Espalier-Client": "dashboard", "Idempotency-Key": operation };
  const response = await fetch(path, {
    method,
    headers: headers(body === undefined ? ours : { ...ours, "Content-Type": "application/json" }),
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) throw new Failure(response.status, await problem(response));
  return response.status === 204 ? {} : response.json();
}

// Server-sent events over fetch, which can carry a token where EventSource cannot. Ends by throwing.
export async function stream(path, lastId, onEvent, onOpen) {
  const response = await fetch(path, {
    headers: headers({ Accept: "text/event-stream", "Last-Event-ID": String(lastId) }),
    cache: "no-store",
  });
  if (!response.ok) throw new Failure(response.status, await problem(response));
  onOpen();
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let buffer = "";
  for (;;) {
    const { value, done } = await reader.read();
    if (done) throw new Failure(0, "the stream of events has ended");
    buffer += value.replaceAll("\r", "");
    const blocks = buffer.split("\n\n");
    buffer = blocks.pop();
    blocks.forEach((block) => parse(block, onEvent));
  }
}

function parse(block, onEvent) {
  const data = block
    .split("\n")
    .filter((line) => line.startsWith("data:"))
    .map((line) => line.slice(5).trimStart())
    .join("\n");
  if (data === "") return;
  try {
    onEvent(JSON.parse(data));
  } catch {
    // Not one of ours.
  }
}
