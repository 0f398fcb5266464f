// The web chat page: puts session, transport, outbox and the parts of the page together.

import { Composer } from "./composer.js";
import { button, Log } from "./log.js";
import { Outbox } from "./outbox.js";
import { Presence } from "./presence.js";
import { Session } from "./session.js";
import { Transport } from "./transport.js";

const HISTORY = 100;
const TYPING_MS = 8000;
const EXAMPLES = ["保洁多少钱", "预约空调清洗", "宽带上不了网", "我要投诉", "查进度", "转人工"];
const PROBLEMS = { text_too_long: "消息太长，请分几条发送" };

const find = (id) => document.getElementById(id);
const scroll = find("scroll");
const embedded = new URLSearchParams(location.search).has("embed") && window.parent !== window;

const session = new Session();
const presence = new Presence(find);
const composer = new Composer(find("composer"), say);
const log = new Log(find("log"), { resend: () => outbox.flush(), rate: ({ title, payload }) => say(title, payload) });
const outbox = new Outbox(session, {
  shown: (message) => {
    log.addOwn(message);
    log.mark(message.id, "sending");
    settleView(true);
  },
  sending: (message) => log.mark(message.id, "sending"),
  failed: (message, error, final) => log.mark(message.id, "failed", final && (PROBLEMS[error.code] ?? "这条消息无法发送")),
  sent: (message, seq) => log.settle(message.id, seq),
  expired: () => transport.renew(),
});
const transport = new Transport(session, { event: hear, state: connected, reset: startOver });
let typingTimer = 0;
let history = 0; // what was said before this page was opened is not news
let unread = 0;
let resting = true; // at the newest message, where a change of size must leave us

function say(text, payload) {
  replies([]);
  outbox.put(text, payload);
  composer.refocus();
}

function hear(event) {
  if (event.kind === "typing") {
    typing(true);
    return;
  }
  const low = atBottom();
  if (event.id) outbox.seen(event.id);
  const fresh = log.add(event);
  presence.hear(event);
  if (event.sender === "customer") {
    replies([]);
  } else {
    typing(false);
    if (event.kind === "message" && event.buttons.length) replies(event.buttons);
    if (event.kind === "status" && event.owner !== "bot") replies([]);
  }
  if (fresh && event.sender !== "customer" && event.seq > history) notify(low);
  settleView(low);
}

function connected(state) {
  presence.connection(state);
  if (state === "online") outbox.flush();
  else typing(false);
}

function startOver() {
  history = 0;
  log.clear();
  replies([]);
  presence.start("bot");
  settleView(true);
}

function typing(on) {
  clearTimeout(typingTimer);
  const low = atBottom();
  find("typing").hidden = !on;
  if (on) {
    typingTimer = setTimeout(() => typing(false), TYPING_MS);
    settleView(low);
  }
}

function replies(buttons) {
  const list = buttons.map(({ title, payload }) => button(title, "chip", () => say(title, payload)));
  find("replies").replaceChildren(...list);
  find("replies").hidden = !list.length;
}

function atBottom() {
  return scroll.scrollHeight - scroll.scrollTop - scroll.clientHeight < 80;
}

function settleView(follow) {
  find("welcome").hidden = !log.empty;
  find("earlier").hidden = log.first <= 1 || log.first === Infinity;
  if (follow) scroll.scrollTop = scroll.scrollHeight;
}

function notify(low) {
  if (!low) find("newest").hidden = false;
  if (document.visibilityState === "visible" && !embedded) return;
  unread += 1;
  document.title = `(${unread}) ${document.body.dataset.company} · 在线客服`;
  if (embedded) window.parent.postMessage({ yingda: "unread", count: unread }, "*");
}

function noticed() {
  unread = 0;
  document.title = `${document.body.dataset.company} · 在线客服`;
}

async function earlier() {
  const height = scroll.scrollHeight;
  const before = log.first;
  const { events } = await session.events(Math.max(0, before - 1 - HISTORY), 0);
  events.filter((event) => event.seq < before).forEach((event) => log.add(event));
  settleView(false);
  scroll.scrollTop += scroll.scrollHeight - height;
}

async function start() {
  for (let delay = 500; ; delay = Math.min(delay * 2, 10000)) {
    try {
      const { seq, owner } = await session.open();
      history = seq;
      presence.start(owner);
      outbox.restore();
      settleView(true);
      await transport.follow(Math.max(0, seq - HISTORY));
    } catch {
      presence.connection("offline");
      settleView(true);
      await new Promise((resolve) => setTimeout(resolve, delay));
    }
  }
}

find("examples").append(...EXAMPLES.map((text) => button(text, "chip", () => say(text))));
find("leave").addEventListener("click", () => say("取消排队"));
find("earlier").addEventListener("click", earlier);
find("newest").addEventListener("click", () => {
  settleView(true);
  composer.refocus();
});
scroll.addEventListener("scroll", () => {
  resting = atBottom();
  if (resting) find("newest").hidden = true;
});
new ResizeObserver(() => settleView(resting)).observe(scroll);
document.addEventListener("visibilitychange", noticed);
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape" || event.isComposing) return;
  if (embedded) window.parent.postMessage({ yingda: "close" }, "*");
  else composer.focus();
});
if (embedded) {
  find("close").hidden = false;
  find("close").addEventListener("click", () => window.parent.postMessage({ yingda: "close" }, "*"));
  window.addEventListener("message", ({ source, data }) => {
    if (source !== window.parent || data?.yingda !== "shown") return;
    noticed();
    composer.refocus();
  });
}
start();
composer.refocus();
