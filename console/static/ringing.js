// The customer who rings at me: a card with the time that is left to answer, and a title that flashes.

import { $, el } from '/console/static/dom.js';

const ICON = '☎';
let ringing = null; // { id, title, until, most }
let plainTitle = document.title;
let shownTitle = false;

// What the page is called while nothing rings.
export function setTitle(title) {
  plainTitle = title;
  if (!ringing) document.title = title;
}

export const ringingLine = () => ringing?.line ?? null;

// Whether the time to answer had run out when the ringing ended.
export function ranOut() {
  return Boolean(ringing) && ringing.until - performance.now() < 1500;
}

export function showRinging(line, { onAccept, onDecline }) {
  const card = $('ringing');
  const same = line && ringing?.id === line.id;
  if (!line) {
    ringing = null;
    card.hidden = true;
    document.title = plainTitle;
    return;
  }
  const until = performance.now() + line.left_s * 1000;
  ringing = { id: line.id, line, until, most: same ? ringing.most : Math.max(60, Math.ceil(line.left_s)) };
  if (!same) {
    card.replaceChildren(...inside(line, onAccept, onDecline));
    card.classList.toggle('emergency', line.priority === 'emergency');
    card.hidden = false;
    takeFocus();
  }
  tick();
}

function inside(line, onAccept, onDecline) {
  return [
    el('div', { class: 'ringing-words', role: 'alert' },
      el('p', { class: 'ringing-title' }, el('span', { class: 'phone', 'aria-hidden': 'true' }, ICON),
        el('strong', {}, `${line.title}正在呼叫您`),
        line.priority === 'emergency' && el('span', { class: 'badge emergency' }, '紧急'),
        line.tier && line.tier !== '普通' && el('span', { class: 'badge' }, line.tier),
        line.number && el('span', { class: 'badge' }, line.number),
        el('span', { class: 'badge' }, line.queue_name), el('span', { class: 'badge' }, line.reason_name),
        line.callback_ticket && el('span', { class: 'badge warn' }, '已登记回电')),
      el('p', { class: 'ringing-last' }, line.last?.text || '还没有消息')),
    el('div', { class: 'ringing-time' },
      el('span', { id: 'ringing-left' }), el('progress', { id: 'ringing-bar', 'aria-hidden': 'true' })),
    el('div', { class: 'ringing-buttons' },
      el('button', { type: 'button', class: 'primary', id: 'ringing-accept', onclick: () => onAccept(ringing.line) },
        '接听 ', el('kbd', {}, 'Enter')),
      el('button', { type: 'button', id: 'ringing-decline', onclick: () => onDecline(ringing.line) },
        '转给下一位 ', el('kbd', {}, 'X'))),
  ];
}

// Enter answers at once, unless the agent is in the middle of writing or of something else.
function takeFocus() {
  const busy = document.activeElement?.closest('input, textarea, select, dialog');
  if (!busy) $('ringing-accept').focus();
}

function tick() {
  if (!ringing) return;
  const left = Math.max(0, Math.ceil((ringing.until - performance.now()) / 1000));
  $('ringing-left').textContent = left ? `还剩 ${left} 秒` : '正在转给下一位';
  $('ringing-bar').max = ringing.most;
  $('ringing-bar').value = left;
  shownTitle = !shownTitle;
  document.title = shownTitle ? `${ICON} ${ringing.line.title}呼叫（${left} 秒）` : plainTitle;
}

setInterval(tick, 1000);
