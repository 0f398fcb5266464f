// The right pane: the customer, what the bot learnt, tickets and bookings.

import { $, el } from '/console/static/dom.js';
import { dateOf } from '/console/static/times.js';

function pairs(rows) {
  return el('dl', { class: 'pairs' }, rows.filter(([, value]) => value).map(([label, value]) =>
    [el('dt', {}, label), el('dd', {}, value)]));
}

function card(title, ...content) {
  return el('section', { class: 'card' }, el('h2', {}, title), ...content);
}

function customerCard(customer) {
  if (!customer) return card('客户', el('p', { class: 'hint' }, '客户还没有核验身份，不能查看资料。'));
  return card('客户',
    el('p', { class: 'customer-name' }, el('strong', {}, customer.name), el('span', { class: 'badge' }, customer.tier)),
    pairs([['客户号', customer.customer_no], ['手机', customer.phone], ['地址', customer.address], ['套餐', customer.plan],
      ['余额', `${customer.balance} 元`], ['合约到期', customer.contract_until && dateOf(customer.contract_until)],
      ['备注', customer.notes]]));
}

function learntCard(whole) {
  const rows = new Map((whole.handoff?.summary ?? []).map((one) => [one.name, one]));
  for (const one of whole.slots) rows.set(one.name, one);
  const handoff = whole.handoff;
  const all = [['转接原因', handoff?.reason_name], ['排队号码', handoff?.number], ['已登记回电', handoff?.callback_ticket],
    ['正在办理', whole.task],
    ...[...rows.values()].filter((one) => !(one.name === 'task' && whole.task)).map((one) => [one.label, one.value])];
  const known = all.filter(([, value]) => value);
  return card('机器人了解到的', known.length ? pairs(known) : el('p', { class: 'hint' }, '机器人还没有记下什么。'));
}

function ticketsCard(tickets) {
  if (!tickets.length) return card('工单', el('p', { class: 'hint' }, '没有工单。'));
  return card('工单', el('ul', { class: 'things' }, tickets.map((one) => el('li', {},
    el('a', { href: `/console/tickets/${one.number}` }, one.subject),
    el('p', { class: 'small' }, el('span', { class: `status ${one.status}` }, one.status_name),
      el('span', { class: 'muted' }, ` ${one.kind_name} · ${one.number}`))))));
}

function bookingsCard(bookings) {
  if (!bookings.length) return card('预约', el('p', { class: 'hint' }, '没有预约。'));
  return card('预约', el('ul', { class: 'things' }, bookings.map((one) => el('li', {},
    el('strong', {}, one.service_name),
    el('p', { class: 'small' }, `${one.when} · ${one.place_name}${one.address ? `（${one.address}）` : ''}`),
    el('p', { class: 'small' }, el('span', { class: `status ${one.status}` }, one.status_name),
      el('span', { class: 'muted' }, ` ${one.number}`))))));
}

export function showSide(whole) {
  $('side-empty').hidden = true;
  $('side-body').hidden = false;
  $('side-body').replaceChildren(customerCard(whole.customer), learntCard(whole), ticketsCard(whole.tickets),
    bookingsCard(whole.bookings));
}
