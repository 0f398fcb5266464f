// Brings the conversation's events to the page in order, once each: by WebSocket, by long polling where that fails.

const SOCKET_TRIES = 2;
const POLL_WAIT_S = 25;
const POLLING_MS = 120000;
const READY_MS = 8000;
const SLOWEST_MS = 15000;
const SILENCE_MS = 40000;

export class Transport {
  #session;
  #last = 0;
  #socketFailures = 0;
  #delay = 500;
  #wake = () => {};
  #drop = () => {};

  /** Handlers: event(event), state("online" | "offline"), reset() when the conversation is another one. */
  constructor(session, handlers) {
    this.#session = session;
    this.on = handlers;
    window.addEventListener("online", () => this.#wake());
    document.addEventListener("visibilitychange", () => this.#wake());
    window.addEventListener("offline", () => this.#drop());
  }

  /** Follows from a sequence number; never returns. */
  async follow(after) {
    this.#last = after;
    for (;;) {
      try {
        await (this.#socketFailures < SOCKET_TRIES ? this.#bySocket() : this.#byPolling());
      } catch (error) {
        if (error.status === 401) await this.renew();
      }
      this.on.state("offline");
      await this.#pause();
    }
  }

  /** The token is no longer valid: start over as whoever we are now. */
  async renew() {
    const before = this.#session.conversation;
    await this.#session.open().catch(() => null);
    if (this.#session.conversation !== before) this.#restart();
  }

  #restart() {
    this.#last = 0;
    this.on.reset();
    this.#drop();
  }

  #take(event) {
    if (event.seq !== undefined) {
      if (event.seq <= this.#last) return;
      this.#last = event.seq;
    }
    this.on.event(event);
  }

  #online() {
    this.#delay = 500;
    this.on.state("online");
  }

  async #pause() {
    const jitter = this.#delay * (0.7 + Math.random() * 0.6);
    this.#delay = Math.min(this.#delay * 2, SLOWEST_MS);
    await new Promise((resolve) => {
      this.#wake = resolve;
      setTimeout(resolve, jitter);
    });
  }

  #bySocket() {
    return new Promise((resolve, reject) => {
      const socket = this.#session.socket();
      let ready = false;
      // A browser does not notice a dead line by itself; the desk sends a beat at least every 15 s.
      let timer = setTimeout(() => socket.close(), READY_MS);
      this.#drop = () => socket.close();
      socket.onopen = () => socket.send(JSON.stringify({ token: this.#session.token, after: this.#last }));
      socket.onmessage = ({ data }) => {
        const said = JSON.parse(data);
        clearTimeout(timer);
        timer = setTimeout(() => socket.close(), SILENCE_MS);
        if (said.ready) {
          ready = true;
          this.#socketFailures = 0;
          this.#online();
          if (said.seq < this.#last) this.#restart();
        } else if (said.kind) {
          this.#take(said);
          // What is said of a ticket must be known to have arrived.
          if (said.notice !== undefined) socket.send(JSON.stringify({ seen: said.seq }));
        }
      };
      socket.onclose = ({ code }) => {
        clearTimeout(timer);
        if (!ready) this.#socketFailures += 1;
        if (code === 4401) reject(Object.assign(new Error("unauthorized"), { status: 401 }));
        else resolve();
      };
    });
  }

  async #byPolling() {
    const until = Date.now() + POLLING_MS;
    let wait = 0;
    while (Date.now() < until) {
      const abort = new AbortController();
      this.#drop = () => abort.abort();
      const { events } = await this.#session.events(this.#last, wait, abort.signal);
      this.#online();
      events.forEach((event) => this.#take(event));
      wait = POLL_WAIT_S;
    }
    this.#socketFailures = SOCKET_TRIES - 1;
  }
}
