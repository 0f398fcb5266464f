// The visitor's own messages until the desk has acknowledged them: in order, resent under the same id.

import { storage } from "./session.js";

const KEY = "yingda.outbox";
const IMPATIENT_MS = 8000;
const AGAIN_MS = 3000;

export class Outbox {
  #session;
  #kept = storage("sessionStorage");
  #waiting = [];
  #busy = false;
  #retry = 0;

  /** Handlers: shown(message), sending(message), failed(message, error, final), sent(message, seq), expired(). */
  constructor(session, handlers) {
    this.#session = session;
    this.on = handlers;
  }

  /** Takes up what an earlier load of this page could not deliver. */
  restore() {
    for (const message of JSON.parse(this.#kept.getItem(KEY) ?? "[]")) this.#add(message);
  }

  put(text, payload) {
    this.#add({ id: newId(), text, ...(payload ? { payload } : {}) });
  }

  /** Seen in the conversation: acknowledged, even if the acknowledgement itself was lost. */
  seen(id) {
    this.#waiting = this.#waiting.filter((message) => message.id !== id);
    this.#keep();
  }

  /** Tries again now. */
  flush() {
    clearTimeout(this.#retry);
    this.#run();
  }

  #add(message) {
    this.#waiting.push(message);
    this.#keep();
    this.on.shown(message);
    this.#run();
  }

  #keep() {
    this.#kept.setItem(KEY, JSON.stringify(this.#waiting));
  }

  async #run() {
    if (this.#busy || !this.#session.conversation) return;
    this.#busy = true;
    while (this.#waiting.length) {
      if (!(await this.#deliver(this.#waiting[0]))) break;
    }
    this.#busy = false;
  }

  async #deliver(message) {
    this.on.sending(message);
    const slow = setTimeout(() => this.on.failed(message), IMPATIENT_MS);
    try {
      const { seq } = await this.#session.send(message);
      this.on.sent(message, seq);
    } catch (error) {
      const final = error.status === 422 || error.status === 413 || error.status === 400;
      this.on.failed(message, error, final);
      if (error.status === 401) this.on.expired();
      if (!final) {
        this.#retry = setTimeout(() => this.#run(), (error.retryAfter || 0) * 1000 || AGAIN_MS);
        return false;
      }
    } finally {
      clearTimeout(slow);
    }
    this.seen(message.id);
    return true;
  }
}

function newId() {
  const bytes = crypto.getRandomValues(new Uint8Array(16));
  return Array.from(bytes, (byte) => byte.toString(16).padStart(2, "0")).join("");
}
