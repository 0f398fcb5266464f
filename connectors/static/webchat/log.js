// The list of messages: one element per event, in order, own messages at the end until they have a number.

import { dayOf, timeOf } from "./times.js";

const STATES = { sending: "发送中", sent: "" };
const FACES = { bot: "应", agent: "客" };

export class Log {
  #root;
  #resend;
  #rate;
  #own = new Map();
  #seen = new Set();

  /** `resend()` is called by the button under an undelivered message, `rate(button)` by a rating. */
  constructor(root, { resend, rate }) {
    this.#root = root;
    this.#resend = resend;
    this.#rate = rate;
  }

  get empty() {
    return this.#root.childElementCount === 0;
  }

  get first() {
    return Math.min(...this.#seen, Infinity);
  }

  clear() {
    this.#root.replaceChildren();
    this.#own.clear();
    this.#seen.clear();
  }

  /** Shows a stored event; says false for one that is shown already. */
  add(event) {
    if (this.#seen.has(event.seq)) return false;
    this.#seen.add(event.seq);
    const own = event.id && this.#own.get(event.id);
    if (own) {
      this.settle(event.id, event.seq);
      return false;
    }
    if (event.kind === "queue") this.#dropOldPlace(event.seq);
    this.#insert(this.#element(event), event.seq);
    if (event.sender === "customer") this.#noteRating(event.text);
    return true;
  }

  /** Shows an own message that has no number yet. */
  addOwn(message) {
    if (this.#own.has(message.id)) return;
    const item = this.#element({ ...message, kind: "message", sender: "customer", at: new Date().toISOString() });
    const state = document.createElement("p");
    state.className = "state";
    item.append(state);
    this.#own.set(message.id, item);
    this.#root.append(item);
    this.#tidy();
    this.#noteRating(message.text);
  }

  mark(id, state, problem) {
    const item = this.#own.get(id);
    if (!item || item.dataset.seq) return;
    item.classList.toggle("failed", state === "failed");
    const line = item.querySelector(".state");
    if (state !== "failed") line.textContent = STATES[state];
    else if (problem) line.textContent = problem;
    else line.replaceChildren(button("未送达，点此重发", "resend", this.#resend));
  }

  /** The desk has an own message under this number. */
  settle(id, seq) {
    const item = this.#own.get(id);
    if (!item) return;
    item.classList.remove("failed");
    item.querySelector(".state")?.remove();
    if (item.dataset.seq) return;
    this.#seen.add(seq);
    item.remove();
    this.#insert(item, seq);
  }

  #insert(item, seq) {
    item.dataset.seq = seq;
    const next = [...this.#root.children].find((one) => !one.dataset.seq || Number(one.dataset.seq) > seq);
    this.#root.insertBefore(item, next ?? null);
    this.#tidy();
  }

  /** A day where a day begins; face and time only where the speaker changes. */
  #tidy() {
    let before = { day: "", speaker: "" };
    for (const item of this.#root.children) {
      const day = dayOf(item.dataset.at);
      const { speaker } = item.dataset;
      const newDay = day !== before.day;
      if (newDay) item.dataset.day = day;
      else delete item.dataset.day;
      item.classList.toggle("follows", !newDay && speaker !== "" && speaker === before.speaker);
      before = { day, speaker };
    }
  }

  #element(event) {
    const item = document.createElement("article");
    const spoken = event.kind === "message" && event.sender !== "system";
    item.className = spoken ? `message from-${event.sender}` : `notice notice-${event.kind}`;
    item.dataset.at = event.at;
    item.dataset.speaker = spoken ? `${event.sender}:${event.agent ?? ""}` : "";
    if (!spoken) item.append(paragraph("text", event.text));
    else this.#speech(item, event);
    if (event.kind === "rating") item.append(this.#ratingOf(event.buttons));
    return item;
  }

  #speech(item, event) {
    const name = { customer: "我", bot: "小应" }[event.sender] ?? `客服${event.agent ?? ""}`;
    if (event.sender !== "customer") {
      const face = document.createElement("span");
      face.className = `avatar avatar-${event.sender}`;
      face.setAttribute("aria-hidden", "true");
      face.textContent = (event.agent ?? "").slice(0, 1) || FACES[event.sender];
      item.append(face);
    }
    const by = paragraph("by", name);
    const time = Object.assign(document.createElement("time"), { dateTime: event.at, textContent: timeOf(event.at) });
    by.append(" ", time);
    item.append(by, paragraph("bubble text", event.text));
  }

  #ratingOf(buttons) {
    const group = document.createElement("div");
    group.className = "rating";
    group.setAttribute("role", "group");
    group.setAttribute("aria-label", "服务评分");
    for (const one of [...buttons].reverse()) {
      const [score, ...words] = one.title.split(" ");
      const choice = button("", "score", () => this.#rate(one));
      choice.dataset.title = one.title;
      choice.setAttribute("aria-label", one.title);
      const number = document.createElement("b");
      number.textContent = score.replace("分", "");
      choice.append(number, Object.assign(document.createElement("span"), { textContent: words.join(" ") }));
      group.append(choice);
    }
    return group;
  }

  #noteRating(text) {
    const open = [...this.#root.querySelectorAll(".rating:not(.done)")].pop();
    const chosen = open && [...open.children].find((one) => one.dataset.title === text);
    if (!chosen) return;
    open.classList.add("done");
    for (const one of open.children) one.disabled = true;
    chosen.setAttribute("aria-pressed", "true");
  }

  /** Of places in the queue only the newest of a row is kept. */
  #dropOldPlace(seq) {
    const places = [...this.#root.querySelectorAll(".notice-queue")].filter((one) => Number(one.dataset.seq) < seq);
    const old = places.pop();
    if (old && old.nextElementSibling === null) old.remove();
  }
}

export function button(text, name, pressed) {
  const made = document.createElement("button");
  made.type = "button";
  made.className = name;
  made.textContent = text;
  made.addEventListener("click", pressed);
  return made;
}

function paragraph(name, text) {
  return Object.assign(document.createElement("p"), { className: name, textContent: text });
}
