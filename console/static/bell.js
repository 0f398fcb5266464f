// The bell: how many notices wait, live while the page is looked at. Announces changes as the event "notices".

import { call } from '/console/static/api.js';
import { $, toast } from '/console/static/dom.js';

const WAIT_S = 25;
const AGAIN_MS = 5_000;
const bell = $('bell');
let mark = '';
let newest = Infinity;
let waiting;

function show({ notices, count, urgent, more }) {
  const number = $('bell-count');
  number.hidden = !count;
  number.textContent = more ? '99+' : String(count);
  number.classList.toggle('urgent', urgent > 0);
  bell.setAttribute('aria-label', count ? `提醒，${more ? '100 条以上' : `${count} 条`}未看` : '提醒');
  const fresh = notices.filter((one) => one.id > newest);
  newest = Math.max(newest === Infinity ? 0 : newest, ...notices.map((one) => one.id));
  for (const one of fresh.slice(0, 3)) toast(one.text, one.urgent ? 'bad' : 'good');
}

// One request at a time, and only while somebody looks: browsers keep few connections to a site.
async function follow() {
  if (waiting || document.hidden) return;
  waiting = new AbortController();
  try {
    const wait = mark ? `?mark=${mark}&wait=${WAIT_S}` : '';
    const found = await call('GET', `/api/v1/notices${wait}`, undefined, { signal: waiting.signal });
    if (found.mark !== mark) {
      show(found);
      document.dispatchEvent(new CustomEvent('notices', { detail: found }));
      mark = found.mark;
    }
    waiting = undefined;
    follow();
  } catch (error) {
    waiting = undefined;
    if (error.name !== 'AbortError') setTimeout(follow, AGAIN_MS);
  }
}

if (bell) {
  document.addEventListener('visibilitychange', () => (document.hidden ? waiting?.abort() : follow()));
  follow();
}
