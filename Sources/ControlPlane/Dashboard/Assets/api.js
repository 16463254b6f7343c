// Talks to the control plane that this page came from.

/** The control plane said no, or said nothing (status 0). */
export class APIFailure extends Error {
  constructor(status, code, message, retryAfter) {
    super(message);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }

  /** Whether trying again later may help: no answer, or one that says so. */
  get isPassing() {
    return this.status === 0 || this.status === 429 || this.status >= 500;
  }
}

const tokenKey = "edge-purge-token";

// One tab, until it is closed. A browser that keeps nothing asks again.
let token = null;
try {
  token = sessionStorage.getItem(tokenKey);
} catch {
  token = null;
}

/** Keeps the token for this tab; null forgets it. */
export function setToken(text) {
  token = text;
  try {
    if (text === null) sessionStorage.removeItem(tokenKey);
    else sessionStorage.setItem(tokenKey, text);
  } catch {
    // It is kept as long as the page is not loaded again.
  }
}

/** Whether there is a token to forget. */
export function hasToken() {
  return token !== null;
}

/** Told when a token is refused in the middle of work. */
export const signals = new EventTarget();

function headers(more) {
  return token === null ? more : { ...more, Authorization: `Bearer ${token}` };
}

async function send(method, path, { body, signal, timeout = 15000, accept = "application/json" } = {}) {
  const limits = [signal, timeout === null ? null : AbortSignal.timeout(timeout)].filter(Boolean);
  let response;
  try {
    response = await fetch(path, {
      method, cache: "no-store", credentials: "omit", redirect: "error", signal: AbortSignal.any(limits),
      headers: headers(body === undefined ? { Accept: accept }
        : { Accept: accept, "Content-Type": "application/json" }),
      body: body === undefined ? undefined : JSON.stringify(body),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    const isLate = error.name === "TimeoutError";
    throw new APIFailure(0, "unreachable", isLate ? "it did not answer in time" : "it cannot be reached");
  }
  if (response.ok) return response;
  throw await refusal(response, path);
}

async function refusal(response, path) {
  let problem = {};
  try {
    problem = (await response.json()).error ?? {};
  } catch {
    // Something in between answered, and not in our form.
  }
  const failure = new APIFailure(
    response.status, problem.code ?? `http_${response.status}`,
    problem.message ?? `the server answered with status ${response.status}`,
    Number(response.headers.get("Retry-After")) || undefined);
  if (failure.status === 401 && path !== "/v1/me") signals.dispatchEvent(new Event("refused"));
  return failure;
}

/** Asks, and reads the JSON that comes back. `method` is GET unless told otherwise. */
export async function ask(path, { method = "GET", ...options } = {}) {
  const response = await send(method, path, options);
  try {
    return await response.json();
  } catch (error) {
    if (options.signal?.aborted) throw error;
    throw new APIFailure(0, "unreachable", "its answer broke off");
  }
}

/** Reads a stream of events until it ends. `onEvent(name, value)`; values are JSON. */
export async function follow(path, onEvent, signal) {
  const response = await send("GET", path, { signal, timeout: null, accept: "text/event-stream" });
  const type = response.headers.get("Content-Type") ?? "";
  if (!type.startsWith("text/event-stream")) throw new APIFailure(0, "no_stream", "it does not send events");
  const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
  let rest = "";
  while (true) {
    const { value, done } = await readInTime(reader);
    if (done) return;
    const events = (rest + value).split(/\r?\n\r?\n/);
    rest = events.pop();
    for (const text of events) {
      const event = parseEvent(text);
      if (event !== null) onEvent(event.name, event.value);
    }
  }
}

// The server says something every 15 s: a stream that is silent for longer is dead, though nobody has closed it.
const silenceMax = 40000;

async function readInTime(reader) {
  let timer;
  const late = new Promise((_, reject) => {
    timer = setTimeout(() => reject(new APIFailure(0, "unreachable", "it stopped sending")), silenceMax);
  });
  try {
    return await Promise.race([reader.read(), late]);
  } catch (error) {
    reader.cancel().catch(() => {});
    throw error;
  } finally {
    clearTimeout(timer);
  }
}

function parseEvent(text) {
  let name = "message";
  const data = [];
  for (const line of text.split(/\r?\n/)) {
    if (line.startsWith("event:")) name = line.slice(6).trim();
    else if (line.startsWith("data:")) data.push(line.slice(5).trimStart());
  }
  if (data.length === 0) return null;
  try {
    return { name, value: JSON.parse(data.join("\n")) };
  } catch {
    return null;
  }
}
