// The list of notices: follows the bell, puts away what was looked at.

import { call } from '/console/static/api.js';
import { $, el, toast } from '/console/static/dom.js';
import { dayOf, timeOf } from '/console/static/times.js';

function line(one) {
  return el('li', { class: `card${one.urgent ? ' urgent' : ''}`, data: { id: one.id } },
    el('div', { class: 'said' },
      el('p', {}, one.urgent && el('span', { class: 'badge emergency' }, '紧急'), one.urgent && ' ', one.text),
      el('p', { class: 'muted small' }, `${one.audience_name} · ${dayOf(one.at)}${timeOf(one.at)}`)),
    el('div', { class: 'deeds' },
      one.link && el('a', { href: one.link }, '查看'),
      el('button', { type: 'button', data: { seen: one.id } }, '标为已看')));
}

function show(notices) {
  $('notices').replaceChildren(...notices.map(line));
  $('none').hidden = notices.length > 0;
}

function shown() {
  return [...$('notices').querySelectorAll('[data-seen]')].map((button) => button.dataset.seen);
}

// Even the first answer may know more than the page: something was told while the page was on its way.
document.addEventListener('notices', ({ detail }) => {
  if (String(detail.notices.map((one) => one.id)) !== String(shown())) show(detail.notices);
});

// Whoever goes to see it has looked.
$('notices').addEventListener('click', async (event) => {
  const link = event.target.closest('a[href]');
  const button = event.target.closest('[data-seen]') ?? link?.parentElement.querySelector('[data-seen]');
  if (!button) return;
  const leaving = link && !(event.ctrlKey || event.metaKey || event.shiftKey);
  if (leaving) event.preventDefault();
  button.disabled = true;
  try {
    await call('POST', `/api/v1/notices/${button.dataset.seen}/seen`);
    if (leaving) location.assign(link.href);
    else putAway(button.closest('li'));
  } catch (error) {
    if (leaving) location.assign(link.href);
    button.disabled = false;
    toast(error.message);
  }
});

function putAway(gone) {
  const next = (gone.nextElementSibling ?? gone.previousElementSibling)?.querySelector('[data-seen]');
  gone.remove();
  $('none').hidden = $('notices').children.length > 0;
  next?.focus();
}
