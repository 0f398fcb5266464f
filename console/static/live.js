// The live line: a WebSocket that comes back by itself, and polling while it is away.

import { call, signInAgain } from '/console/static/api.js';

const SIGNED_OUT = 4401;
const SILENCE_MS = 20_000;
const POLL_MS = 4_000;

export class Live {
  constructor({ onQueue, onConversation, onState }) {
    this.on = { queue: onQueue, conversation: onConversation, state: onState };
    this.watched = null; // { id, after }
    this.tries = 0;
    this.heard = Date.now();
    this.connect();
    setInterval(() => this.poll(), POLL_MS);
    setInterval(() => this.checkSilence(), 5_000);
    window.addEventListener('online', () => this.reconnectNow());
    document.addEventListener('visibilitychange', () => { if (!document.hidden) this.checkSilence(); });
  }

  get open() {
    return this.socket?.readyState === WebSocket.OPEN;
  }

  connect() {
    clearTimeout(this.again);
    const socket = new WebSocket(`${location.protocol === 'https:' ? 'wss' : 'ws'}://${location.host}/api/v1/live`);
    this.socket = socket;
    socket.onopen = () => {
      this.heard = Date.now();
      if (this.watched) this.send({ subscribe: this.watched.id, after: this.watched.after });
    };
    socket.onmessage = (event) => {
      if (socket === this.socket) this.hear(JSON.parse(event.data));
    };
    socket.onclose = (event) => {
      if (socket !== this.socket) return;
      if (event.code === SIGNED_OUT) return signInAgain();
      this.on.state(false);
      this.again = setTimeout(() => this.connect(), Math.min(15_000, 500 * 2 ** this.tries++));
    };
  }

  reconnectNow() {
    if (this.open) return;
    this.tries = 0;
    this.connect();
  }

  checkSilence() {
    if (this.open && Date.now() - this.heard > SILENCE_MS) this.socket.close();
  }

  send(message) {
    if (this.open) this.socket.send(JSON.stringify(message));
  }

  watch(id, after) {
    if (this.watched) this.send({ unsubscribe: this.watched.id });
    this.watched = id ? { id, after } : null;
    if (id) this.send({ subscribe: id, after });
  }

  // Only a word from the server proves that the line works; some proxies open it and let nothing through.
  hear(message) {
    this.heard = Date.now();
    this.tries = 0;
    this.on.state(true);
    this.take(message);
  }

  take(message) {
    if (message.topic === 'queue') this.on.queue(message);
    if (message.topic === 'conversation' && this.watched?.id === message.id) {
      if (message.next) this.watched.after = Math.max(this.watched.after, message.next);
      this.on.conversation(message);
    }
  }

  async poll() {
    if (this.open || this.polling) return;
    this.polling = true;
    try {
      this.on.queue(await call('GET', '/api/v1/queue'));
      const watched = this.watched;
      if (watched) {
        const path = `/api/v1/conversations/${watched.id}/events?after=${watched.after}`;
        const answer = await call('GET', path);
        if (answer.events.length) this.take({ topic: 'conversation', id: watched.id, ...answer });
      }
    } catch { /* the next poll tries again; the banner says that the line is down */ }
    this.polling = false;
  }
}
