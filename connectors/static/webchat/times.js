// Times as people say them.

const CLOCK = new Intl.DateTimeFormat("zh-CN", { hour: "2-digit", minute: "2-digit", hour12: false });

export function timeOf(at) {
  return CLOCK.format(new Date(at));
}

export function dayOf(at) {
  const day = new Date(at);
  const today = new Date();
  const days = Math.round((midnight(today) - midnight(day)) / 86400000);
  if (days === 0) return "今天";
  if (days === 1) return "昨天";
  const date = `${day.getMonth() + 1}月${day.getDate()}日`;
  return day.getFullYear() === today.getFullYear() ? date : `${day.getFullYear()}年${date}`;
}

function midnight(date) {
  return new Date(date.getFullYear(), date.getMonth(), date.getDate()).getTime();
}
