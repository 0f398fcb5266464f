// Makes elements. Text always goes in as text, never as markup.

export const $ = (id) => document.getElementById(id);

export function el(tag, props = {}, ...children) {
  const made = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === 'class') made.className = value;
    else if (name.startsWith('on')) made.addEventListener(name.slice(2), value);
    else if (name === 'data') Object.assign(made.dataset, value);
    else made.setAttribute(name, value === true ? '' : value);
  }
  made.append(...children.flat(Infinity).filter((child) => child !== null && child !== undefined && child !== false));
  return made;
}

export function toast(text, kind = 'bad') {
  const shown = el('p', { class: `toast ${kind}` }, text);
  $('toasts').append(shown);
  setTimeout(() => shown.remove(), 6000);
}

// A question with two answers; Escape and 取消 mean no.
export function ask(title, text, yes, { danger = false } = {}) {
  return new Promise((resolve) => {
    const confirm = el('button', { value: 'yes', class: danger ? 'danger' : 'primary' }, yes);
    const dialog = el('dialog', { class: 'dialog', 'aria-label': title },
      el('form', { method: 'dialog' },
        el('h2', {}, title), el('p', {}, text),
        el('div', { class: 'dialog-buttons' }, el('button', { value: 'no' }, '取消'), confirm)));
    dialog.addEventListener('close', () => {
      dialog.remove();
      resolve(dialog.returnValue === 'yes');
    });
    document.body.append(dialog);
    dialog.showModal();
    confirm.focus();
  });
}
