// The bar on top of every page: duty and signing out.

import { call } from '/console/static/api.js';
import { $, toast } from '/console/static/dom.js';

export function showDuty(onDuty) {
  const duty = $('duty');
  if (!duty) return;
  duty.setAttribute('aria-checked', String(onDuty));
  duty.querySelector('.duty-text').textContent = onDuty ? '在岗' : '离岗';
}

export async function toggleDuty() {
  const duty = $('duty');
  if (!duty || duty.disabled) return;
  duty.disabled = true;
  try {
    const { agent } = await call('PUT', '/api/v1/me/duty', { on_duty: duty.getAttribute('aria-checked') !== 'true' });
    showDuty(agent.on_duty);
    toast(agent.on_duty ? '您已上岗，有客户时会呼叫您。' : '您已离岗。接待中的会话还在您这里，请处理完。', 'good');
  } catch (error) {
    toast(error.message);
  }
  duty.disabled = false;
}

async function signOut() {
  try {
    await call('DELETE', '/api/v1/session');
  } catch (error) {
    if (error.status !== 401) return toast(error.message);
  }
  location.assign('/console/login');
}

$('duty')?.addEventListener('click', toggleDuty);
$('sign-out')?.addEventListener('click', signOut);
