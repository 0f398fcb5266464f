// The visitor's session: a token kept in the browser, renewed on each visit, replaced when it has expired.

const KEY = "yingda.token";
const ROOT = "/channels/web";
const TIMEOUT_MS = 15000;

/** An answer of the desk other than success. */
export class Refused extends Error {
  constructor(status, code, retryAfter) {
    super(`${status} ${code}`);
    this.status = status;
    this.code = code;
    this.retryAfter = retryAfter;
  }
}

/** Storage that still works where a browser forbids it, for as long as the page is open. */
export function storage(kind) {
  try {
    window[kind].getItem(KEY);
    return window[kind];
  } catch {
    const kept = new Map();
    return {
      getItem: (key) => kept.get(key) ?? null,
      setItem: (key, value) => kept.set(key, value),
      removeItem: (key) => kept.delete(key),
    };
  }
}

export class Session {
  #kept = storage("localStorage");
  conversation = "";
  token = this.#kept.getItem(KEY);

  /** Opens or renews the session; a token that no longer counts is replaced by a new visitor's. */
  async open() {
    try {
      const answer = await request("POST", "/sessions", this.token);
      this.token = answer.token;
      this.#kept.setItem(KEY, answer.token);
      this.conversation = answer.conversation;
      return answer;
    } catch (error) {
      if (error.status !== 401 || !this.token) throw error;
      this.token = null;
      return this.open();
    }
  }

  send(message) {
    return request("POST", "/messages", this.token, { body: JSON.stringify(message) });
  }

  events(after, wait, signal) {
    return request("GET", `/events?after=${after}&wait=${wait}`, this.token, { signal, patience: wait * 1000 });
  }

  socket() {
    const address = new URL(`${ROOT}/ws`, location.href);
    address.protocol = address.protocol.replace("http", "ws");
    return new WebSocket(address, ["yingda"]);
  }
}

async function request(method, path, token, { body, signal, patience = 0 } = {}) {
  const headers = token ? { Authorization: `Bearer ${token}` } : {};
  if (body) headers["Content-Type"] = "application/json";
  const abort = new AbortController();
  const timer = setTimeout(() => abort.abort(), TIMEOUT_MS + patience);
  signal?.addEventListener("abort", () => abort.abort());
  try {
    const response = await fetch(ROOT + path, { method, headers, body, signal: abort.signal, cache: "no-store" });
    const answer = await response.json().catch(() => ({}));
    if (!response.ok) throw new Refused(response.status, answer.error, Number(response.headers.get("Retry-After")));
    return answer;
  } finally {
    clearTimeout(timer);
  }
}
