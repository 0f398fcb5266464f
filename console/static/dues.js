// Keeps "还剩 1 小时 20 分" and "超时 25 分钟" true while a page stays open.

const SOON_MS = 30 * 60_000;
const AHEAD_MS = new Date(document.body.dataset.now) - Date.now(); // the desk's clock counts, not the browser's
const UNITS = [[86_400, '天', 3600, '小时'], [3600, '小时', 60, '分']];

function span(seconds) {
  const left = Math.floor(Math.abs(seconds));
  if (left < 60) return '不到 1 分钟';
  if (left < 3600) return `${Math.floor(left / 60)} 分钟`;
  const [size, unit, below, under] = UNITS.find(([most]) => left >= most);
  const rest = Math.floor((left % size) / below);
  return `${Math.floor(left / size)} ${unit}${rest ? ` ${rest} ${under}` : ''}`;
}

function refresh() {
  for (const shown of document.querySelectorAll('[data-due]')) {
    const left = new Date(shown.dataset.due) - Date.now() - AHEAD_MS;
    const length = span(left / 1000);
    shown.textContent = `${left >= 0 ? '还剩' : '超时'}${/^\d/.test(length) ? ' ' : ''}${length}`;
    shown.classList.toggle('late', left < 0);
    shown.classList.toggle('soon', left >= 0 && left < SOON_MS);
  }
}

refresh();
setInterval(refresh, 10_000);
document.addEventListener('visibilitychange', refresh);
