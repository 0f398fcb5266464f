// The centre pane: the transcript and the composer.

import { call, newId } from '/console/static/api.js';
import { $, el } from '/console/static/dom.js';
import { dayOf, timeOf } from '/console/static/times.js';

const NAMES = { bot: '智能助手', customer: '客户' };
const NEAR_END = 80;
const TOUCH = matchMedia('(pointer: coarse)').matches;

export class Talk {
  constructor() {
    this.list = $('messages');
    this.scroll = $('scroll');
    this.text = $('text');
    this.drafts = new Map();
    this.id = null;
    if (TOUCH) this.text.placeholder = '输入回复';
    $('composer').addEventListener('submit', (event) => { event.preventDefault(); this.submit(); });
    this.text.addEventListener('keydown', (event) => this.key(event));
    this.text.addEventListener('input', () => this.fit());
    $('newer').addEventListener('click', () => this.toEnd());
    this.scroll.addEventListener('scroll', () => { if (this.atEnd()) $('newer').hidden = true; });
  }

  open(whole) {
    this.leave();
    this.id = whole.conversation.id;
    this.last = 0;
    this.day = '';
    this.list.replaceChildren();
    $('nothing').hidden = true;
    $('talk-body').hidden = false;
    this.text.value = this.drafts.get(this.id) ?? '';
    this.fit();
    this.head(whole.conversation);
    for (const message of whole.messages) this.add(message);
    this.toEnd();
  }

  leave() {
    if (this.id) this.drafts.set(this.id, this.text.value);
    this.id = null;
  }

  head(conversation) {
    this.conversation = conversation;
    $('talk-title').textContent = conversation.title;
    $('talk-state').textContent = [conversation.channel_name, state(conversation)].join(' · ');
    $('talk-actions').hidden = !conversation.mine;
    $('composer').hidden = !conversation.mine;
    $('accept-open').hidden = conversation.owner !== 'queue';
    $('read-only').hidden = conversation.mine;
    $('read-only').textContent = readOnly(conversation);
  }

  take(events) {
    const follow = this.atEnd();
    for (const message of events) this.add(message);
    if (follow) this.toEnd();
    else $('newer').hidden = false;
  }

  add(message) {
    if (message.seq <= this.last) return;
    this.last = message.seq;
    const own = message.id && this.list.querySelector(`[data-own="${CSS.escape(message.id)}"]`);
    if (own) return own.replaceWith(this.bubble(message));
    const day = dayOf(message.at);
    if (day !== this.day) {
      this.day = day;
      this.list.append(el('li', { class: 'day' }, day));
    }
    this.list.append(this.bubble(message));
  }

  bubble(message) {
    if (message.kind !== 'message') {
      return el('li', { class: 'event' }, el('span', {}, message.text, ' ', el('time', {}, timeOf(message.at))));
    }
    const name = message.sender === 'agent' ? message.agent || '客服' : NAMES[message.sender];
    return el('li', { class: `message ${message.sender}`, data: message.id ? { own: message.id } : {} },
      el('p', { class: 'by' }, name, ' ', el('time', {}, timeOf(message.at))),
      el('p', { class: 'bubble' }, message.text),
      message.buttons.length > 0 && el('p', { class: 'offered' }, message.buttons.map((title) => el('span', {}, title))),
      message.parse && el('p', { class: 'parse', title: '机器人的理解' },
        `${message.parse.intent_name} ${Math.round(message.parse.confidence * 100)}%`));
  }

  key(event) {
    if (event.key === 'Escape') return this.text.blur();
    // Enter that confirms an input method's candidate is not ours; keyCode 229 is how Safari says so.
    if (event.key !== 'Enter' || event.shiftKey || event.isComposing || event.keyCode === 229) return;
    event.preventDefault();
    this.submit();
  }

  submit() {
    const text = this.text.value.trim();
    if (!text || !this.conversation?.mine) return;
    this.text.value = '';
    this.drafts.delete(this.id);
    this.fit();
    this.deliver(this.id, newId(), text);
  }

  async deliver(conversation, id, text) {
    const line = el('li', { class: 'message agent sending', data: { own: id } },
      el('p', { class: 'by' }, '正在发送……'), el('p', { class: 'bubble' }, text));
    this.list.querySelector(`[data-own="${CSS.escape(id)}"]`)?.remove();
    this.list.append(line);
    this.toEnd();
    try {
      const { message } = await call('POST', `/api/v1/conversations/${conversation}/messages`, { id, text });
      if (line.isConnected) line.replaceWith(this.bubble(message));
    } catch (error) {
      line.classList.replace('sending', 'failed');
      line.firstChild.replaceChildren(`没有发出：${error.message} `,
        el('button', { type: 'button', class: 'link', onclick: () => this.deliver(conversation, id, text) }, '重新发送'));
    }
  }

  fit() {
    $('send').disabled = !this.text.value.trim();
    this.text.rows = Math.min(6, Math.max(2, this.text.value.split('\n').length));
  }

  focus({ asked = true } = {}) {
    // On a phone a keyboard that nobody asked for would cover the conversation.
    if (!$('composer').hidden && (asked || !TOUCH)) this.text.focus();
  }

  atEnd() {
    return this.scroll.scrollHeight - this.scroll.scrollTop - this.scroll.clientHeight < NEAR_END;
  }

  toEnd() {
    this.scroll.scrollTop = this.scroll.scrollHeight;
    $('newer').hidden = true;
  }
}

function state(conversation) {
  if (conversation.mine) return '由您接待';
  if (conversation.owner === 'agent') return `由${conversation.agent}接待`;
  return conversation.owner_name;
}

function readOnly(conversation) {
  if (conversation.owner === 'queue') return '客户在排队，接入后才能回复。';
  if (conversation.owner === 'agent') return `${conversation.agent}正在接待，您可以查看，不能回复。`;
  if (conversation.owner === 'bot') return '现在由智能助手服务，您可以查看，不能回复。';
  return '会话已结束。客户再来消息时，会先由智能助手接待。';
}
