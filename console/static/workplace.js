// The workplace: queue, conversation and customer, kept up to date over the live line.

import { call } from '/console/static/api.js';
import { $, ask, toast } from '/console/static/dom.js';
import { showQueue } from '/console/static/lines.js';
import { Live } from '/console/static/live.js';
import { ranOut, ringingLine, showRinging } from '/console/static/ringing.js';
import { showDuty, toggleDuty } from '/console/static/shell.js';
import { showSide } from '/console/static/side.js';
import { Talk } from '/console/static/talk.js';

const talk = new Talk();
const tabs = ['list', 'talk', 'side'];
let queue = { waiting: [], mine: [], ringing: null, on_duty: true };
let openId = null;

function show(name) {
  document.querySelector('.panes').dataset.shown = name;
  for (const tab of tabs) {
    $(`tab-${tab}`).setAttribute('aria-selected', String(tab === name));
    $(`tab-${tab}`).tabIndex = tab === name ? 0 : -1;
  }
  if (name === 'talk') talk.toEnd();
}

function drawQueue() {
  showQueue(queue, openId, { onOpen: open, onAccept: accept });
  showRinging(queue.ringing, { onAccept: accept, onDecline: decline });
}

async function open(id) {
  openId = id;
  drawQueue();
  let whole;
  try {
    whole = await call('GET', `/api/v1/conversations/${encodeURIComponent(id)}`);
  } catch (error) {
    if (openId === id) openId = null;
    drawQueue();
    return toast(error.message);
  }
  if (openId !== id) return;
  talk.open(whole);
  showSide(whole);
  live.watch(id, talk.last);
  history.replaceState(null, '', `/console?c=${encodeURIComponent(id)}`);
  show('talk');
  talk.focus({ asked: false });
}

async function refreshSide(id) {
  const whole = await call('GET', `/api/v1/conversations/${encodeURIComponent(id)}`).catch(() => null);
  if (whole && openId === id) showSide(whole);
}

async function accept(line, button) {
  if (button) button.disabled = true;
  try {
    const { conversation } = await call('POST', `/api/v1/handoffs/${line.id}/accept`);
    if (queue.ringing?.id === line.id) queue = { ...queue, ringing: null };
    await open(conversation.id);
  } catch (error) {
    toast(error.message);
    await readQueue();
  }
}

async function decline(line) {
  if (!line) return;
  try {
    await call('POST', `/api/v1/handoffs/${line.id}/decline`);
    toast('已转给下一位。', 'good');
  } catch (error) {
    toast(error.message);
  }
  await readQueue();
}

async function readQueue() {
  queue = await call('GET', '/api/v1/queue').catch(() => queue);
  drawQueue();
}

function acceptFirst() {
  const next = ringingLine() ?? queue.waiting[0];
  if (next) accept(next);
  else toast('没有客户在等。', 'good');
}

async function end(action, title, text, yes, danger) {
  const id = openId;
  if (!talk.conversation?.mine || document.querySelector('dialog[open]')) return;
  if (!(await ask(title, text, yes, { danger }))) return;
  try {
    await call('POST', `/api/v1/conversations/${id}/${action}`);
    toast(action === 'return' ? '已归还给智能助手。' : '会话已结束。', 'good');
  } catch (error) {
    toast(error.message);
  }
}

const giveBack = () => end('return', '归还给智能助手？', '客户会收到通知和评分邀请，之后的消息由智能助手回答。', '归还', false);
const close = () => end('close', '结束这个会话？', '客户会收到通知和评分邀请。客户再来消息时，先由智能助手接待。', '结束会话', true);

function step(by) {
  if (!queue.mine.length) return;
  const at = queue.mine.findIndex((line) => line.conversation === openId);
  const next = at < 0 ? 0 : (at + by + queue.mine.length) % queue.mine.length;
  open(queue.mine[next].conversation);
}

function showKeys() {
  if (!document.querySelector('dialog[open]')) $('keys').showModal();
}

const KEYS = { '?': showKeys, '？': showKeys, n: acceptFirst, j: () => step(1), k: () => step(-1), r: () => talk.focus(), d: toggleDuty, x: () => decline(ringingLine()) };

document.addEventListener('keydown', (event) => {
  if (event.isComposing || event.ctrlKey || event.metaKey) return;
  if (event.altKey) {
    const action = { KeyR: giveBack, KeyE: close }[event.code];
    if (action && openId) { event.preventDefault(); action(); }
    return;
  }
  if (event.target.closest('input, textarea, select, dialog[open]')) return;
  if (event.key === 'Enter' && ringingLine() && !event.target.closest('button, a, summary')) {
    event.preventDefault();
    accept(ringingLine());
    return;
  }
  const action = KEYS[event.key.toLowerCase()];
  if (action) { event.preventDefault(); action(); }
});

const live = new Live({
  onQueue(news) {
    if (queue.ringing && queue.on_duty && !news.on_duty && ranOut()) {
      toast('您没有及时接听，客户已转给下一位，您已转为离岗。准备好后请重新上岗。');
    }
    queue = news;
    showDuty(news.on_duty);
    drawQueue();
  },
  onConversation(news) {
    if (news.error) {
      toast(news.message);
      return;
    }
    talk.head(news.conversation);
    talk.take(news.events);
    if (news.events.some((event) => event.kind === 'status')) refreshSide(news.id);
  },
  onState(connected) {
    clearTimeout(this.late);
    if (connected) $('connection').hidden = true;
    else this.late = setTimeout(() => { $('connection').hidden = false; }, 1500);
  },
});

$('give-back').addEventListener('click', giveBack);
$('close').addEventListener('click', close);
$('accept-open').addEventListener('click', (event) => {
  const line = queue.waiting.find((one) => one.conversation === openId);
  if (line) accept(line).then(() => { event.target.disabled = false; });
});
$('show-keys').addEventListener('click', showKeys);
for (const tab of tabs) $(`tab-${tab}`).addEventListener('click', () => show(tab));
document.querySelector('.tabs').addEventListener('keydown', (event) => {
  const by = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
  if (!by) return;
  const at = tabs.indexOf(document.querySelector('.panes').dataset.shown);
  const next = tabs[(at + by + tabs.length) % tabs.length];
  show(next);
  $(`tab-${next}`).focus();
});

const wanted = new URLSearchParams(location.search).get('c');
if (wanted) open(wanted);
