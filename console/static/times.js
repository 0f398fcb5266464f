// Times in the company's zone, and how long somebody has waited.

const timeZone = document.body.dataset.zone;
const clock = new Intl.DateTimeFormat('zh-CN', { timeZone, hour: '2-digit', minute: '2-digit', hour12: false });
const day = new Intl.DateTimeFormat('zh-CN', { timeZone, year: 'numeric', month: 'numeric', day: 'numeric', weekday: 'short' });

function partsOf(iso) {
  return Object.fromEntries(day.formatToParts(new Date(iso)).map((part) => [part.type, part.value]));
}

export const timeOf = (iso) => clock.format(new Date(iso));

export function dayOf(iso) {
  const parts = partsOf(iso);
  return `${parts.month} 月 ${parts.day} 日（${parts.weekday}）`;
}

export function dateOf(iso) {
  const parts = partsOf(iso);
  return `${parts.year} 年 ${parts.month} 月 ${parts.day} 日`;
}

export function waited(seconds) {
  const whole = Math.max(0, Math.floor(seconds));
  const [hours, minutes, rest] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  if (hours) return `${hours} 小时 ${minutes} 分`;
  return minutes ? `${minutes} 分 ${String(rest).padStart(2, '0')} 秒` : `${rest} 秒`;
}
