// The left pane: conversations I hold, and who waits.

import { $, el } from '/console/static/dom.js';
import { setTitle } from '/console/static/ringing.js';
import { timeOf, waited } from '/console/static/times.js';

const SENDERS = { agent: '我：', bot: '助手：', system: '', customer: '' };
let ticking = [];

setInterval(() => ticking.forEach((tick) => tick()), 1000);

function preview(line) {
  if (!line.last) return '还没有消息';
  return SENDERS[line.last.sender] + (line.last.text || '（没有文字）');
}

function mineLine(line, openId, { onOpen }) {
  const owed = line.last?.sender === 'customer';
  return el('li', {},
    el('button', { type: 'button', class: 'line', 'aria-current': line.conversation === openId ? 'true' : null,
      data: { conversation: line.conversation }, onclick: () => onOpen(line.conversation) },
      el('span', { class: 'line-top' },
        el('strong', {}, line.title),
        line.priority === 'emergency' && el('span', { class: 'badge emergency' }, '紧急'),
        owed && el('span', { class: 'badge owed' }, '待回复'),
        el('time', {}, line.last ? timeOf(line.last.at) : '')),
      el('span', { class: 'line-text' }, preview(line))));
}

function waitingLine(line, openId, { onOpen, onAccept }) {
  const since = performance.now() - line.waited_s * 1000;
  const time = el('time', { class: 'ticking' });
  const tick = () => { time.textContent = waited((performance.now() - since) / 1000); };
  tick();
  ticking.push(tick);
  return el('li', { class: `waiting-line ${line.priority}` },
    el('button', { type: 'button', class: 'line', 'aria-current': line.conversation === openId ? 'true' : null,
      data: { conversation: line.conversation }, onclick: () => onOpen(line.conversation) },
      el('span', { class: 'line-top' },
        el('strong', {}, line.title),
        line.number && el('span', { class: 'badge' }, line.number),
        line.priority === 'emergency' && el('span', { class: 'badge emergency' }, '紧急'),
        el('span', { class: 'wait' }, '已等 ', time)),
      el('span', { class: 'line-text' }, preview(line)),
      el('span', { class: 'line-foot' },
        el('span', { class: 'badge' }, line.queue_name), el('span', { class: 'badge' }, line.reason_name),
        line.callback_ticket && el('span', { class: 'badge warn' }, '已登记回电'),
        el('span', {}, `${line.place === 0 ? '下一位' : `前面 ${line.place} 位`} · ${line.why}`),
        line.rings_at && el('span', { class: 'rings' }, `正在呼叫${line.rings_at}`))),
    el('button', { type: 'button', class: 'primary accept', 'aria-label': `接入${line.title}`,
      onclick: (event) => onAccept(line, event.currentTarget) }, '接入'));
}

function fill(list, lines) {
  const focused = document.activeElement;
  const kept = list.contains(focused)
    ? { id: focused.closest('li').querySelector('.line').dataset.conversation, accept: focused.classList.contains('accept') }
    : null;
  list.replaceChildren(...lines);
  if (!kept) return;
  const line = list.querySelector(`[data-conversation="${CSS.escape(kept.id)}"]`);
  (kept.accept ? line?.parentElement.querySelector('.accept') : line)?.focus();
}

export function showQueue(queue, openId, handlers) {
  ticking = [];
  fill($('mine'), queue.mine.map((line) => mineLine(line, openId, handlers)));
  fill($('waiting'), queue.waiting.map((line) => waitingLine(line, openId, handlers)));
  $('mine-count').textContent = queue.mine.length;
  $('waiting-count').textContent = queue.waiting.length;
  $('mine-empty').hidden = queue.mine.length > 0;
  $('waiting-empty').hidden = queue.waiting.length > 0 && queue.on_duty;
  $('waiting-empty').textContent = waitingHint(queue);
  const count = queue.waiting.length;
  $('tab-count').hidden = count === 0;
  $('tab-count').textContent = count;
  setTitle(count ? `(${count}) 应答` : '应答');
}

function waitingHint(queue) {
  if (queue.waiting.length) return '您现在离岗，客户看到的等待时间没有算上您。准备接待时请先上岗。';
  return queue.on_duty ? '没有客户在等，来了会立即显示在这里。' : '没有客户在等。您现在离岗，点右上角可以上岗。';
}
