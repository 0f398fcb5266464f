// Sends a form as JSON to the API: data-method, data-action, data-then (where to go), data-confirm (a question first).

import { call } from '/console/static/api.js';
import { ask } from '/console/static/dom.js';

function read(form) {
  const body = {};
  for (const field of form.elements) {
    if (!field.name || field.disabled) continue;
    const type = field.dataset.type;
    if (type === 'list') {
      body[field.name] ??= [];
      if (field.checked) body[field.name].push(field.value);
    } else if (field.type === 'radio') {
      if (field.checked) body[field.name] = field.value;
    } else if (field.type === 'checkbox') body[field.name] = field.checked;
    else if (type === 'boolean') body[field.name] = field.value === 'true';
    else if (type === 'number') body[field.name] = Number(field.value);
    else body[field.name] = field.value;
  }
  return body;
}

async function send(form) {
  const problem = form.querySelector('.problem');
  const button = form.querySelector('button');
  if (form.dataset.confirm && !(await ask('请确认', form.dataset.confirm, '确定', { danger: true }))) return;
  problem.hidden = true;
  button.disabled = true;
  try {
    await call(form.dataset.method, form.dataset.action, read(form));
    if (form.dataset.then) location.assign(form.dataset.then);
    else location.reload();
  } catch (error) {
    problem.textContent = error.message;
    problem.hidden = false;
    button.disabled = false;
  }
}

for (const form of document.querySelectorAll('form[data-action]')) {
  form.addEventListener('submit', (event) => {
    event.preventDefault();
    send(form);
  });
}
