// Talks to the JSON API. Errors carry the sentence that the server wrote for people.

const csrf = document.querySelector('meta[name="csrf-token"]').content;

export class Problem extends Error {
  constructor(status, code, message) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

export async function call(method, path, body, { signal } = {}) {
  const headers = { Accept: 'application/json' };
  if (csrf) headers['X-CSRF-Token'] = csrf;
  if (body !== undefined) headers['Content-Type'] = 'application/json';
  let response;
  try {
    response = await fetch(path, { method, headers, signal, body: body === undefined ? undefined : JSON.stringify(body) });
  } catch (error) {
    if (error.name === 'AbortError') throw error;
    throw new Problem(0, 'offline', '网络不通，请检查连接后重试。');
  }
  const answer = await response.json().catch(() => ({}));
  if (response.ok) return answer;
  if (answer.error === 'not_signed_in') signInAgain();
  throw new Problem(response.status, answer.error, answer.message || '服务暂时没有回应，请稍后再试。');
}

// Once per page: a second navigation would break off the first and lose the way back.
let leaving = false;

export function signInAgain() {
  if (leaving) return;
  leaving = true;
  location.assign(`/console/login?next=${encodeURIComponent(location.pathname + location.search)}`);
}

// crypto.randomUUID exists only on https and localhost.
export function newId() {
  return Array.from(crypto.getRandomValues(new Uint8Array(12)), (byte) => byte.toString(16).padStart(2, '0')).join('');
}
