// Puts the web chat into any page: <script src="https://HOST/embed.js" data-title="在线客服" defer></script>
// A launcher button and, once opened, an iframe; both inside a shadow root, so neither page styles the other.

(() => {
  const script = document.currentScript;
  const base = new URL(script.src).origin;
  const title = script.dataset.title || "在线客服";

  const style = new CSSStyleSheet();
  style.replaceSync(`
    :host { all: initial; position: fixed; inset: auto 0 0 auto; z-index: 2147483000; }
    .launcher { position: fixed; right: 20px; bottom: calc(20px + env(safe-area-inset-bottom)); display: flex;
      align-items: center; gap: 8px; min-height: 52px; padding: 0 20px 0 16px; border: 0; border-radius: 26px;
      background: #2160d8; color: #fff; font: 600 16px/1 system-ui, "PingFang SC", "Microsoft YaHei", sans-serif;
      box-shadow: 0 6px 24px rgb(18 52 120 / .35); cursor: pointer; }
    .launcher:hover { background: #1a51ba; }
    .launcher:focus-visible { outline: 3px solid #9dbcf7; outline-offset: 3px; }
    .launcher svg { width: 24px; height: 24px; fill: currentColor; }
    .badge { min-width: 20px; padding: 0 5px; box-sizing: border-box; border-radius: 10px; background: #d93636;
      font-size: 12px; line-height: 20px; text-align: center; }
    .badge:empty { display: none; }
    iframe { position: fixed; right: 20px; bottom: calc(20px + env(safe-area-inset-bottom)); width: 400px;
      height: min(680px, calc(100dvh - 40px)); border: 0; border-radius: 18px; background: #f4f6fa;
      box-shadow: 0 12px 48px rgb(16 32 72 / .3); color-scheme: light dark; }
    @media (max-width: 480px) { iframe { inset: 0; width: 100%; height: 100dvh; border-radius: 0; } }
    [hidden] { display: none !important; }
  `);

  const host = document.createElement("div");
  const root = host.attachShadow({ mode: "open" });
  root.adoptedStyleSheets = [style];

  const launcher = document.createElement("button");
  launcher.className = "launcher";
  launcher.type = "button";
  launcher.setAttribute("aria-haspopup", "dialog");
  launcher.setAttribute("aria-expanded", "false");
  launcher.append(icon(), Object.assign(document.createElement("span"), { textContent: title }));
  const badge = Object.assign(document.createElement("span"), { className: "badge" });
  launcher.append(badge);
  launcher.addEventListener("click", open);
  root.append(launcher);
  document.body.append(host);

  let frame = null;

  function open() {
    if (!frame) {
      frame = document.createElement("iframe");
      frame.src = `${base}/?embed=1`;
      frame.title = title;
      frame.addEventListener("load", shown);
      root.append(frame);
    }
    show(true);
    shown();
    frame.focus();
  }

  function close() {
    show(false);
    launcher.focus();
  }

  function show(on) {
    frame.hidden = !on;
    launcher.hidden = on;
    launcher.setAttribute("aria-expanded", String(on));
    badge.textContent = "";
  }

  function shown() {
    if (!frame.hidden) frame.contentWindow.postMessage({ yingda: "shown" }, base);
  }

  window.addEventListener("message", (event) => {
    if (!frame || event.origin !== base || event.source !== frame.contentWindow) return;
    if (event.data?.yingda === "close") close();
    if (event.data?.yingda === "unread" && frame.hidden) badge.textContent = String(event.data.count);
  });

  function icon() {
    const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
    svg.setAttribute("viewBox", "0 0 24 24");
    svg.setAttribute("aria-hidden", "true");
    const path = document.createElementNS("http://www.w3.org/2000/svg", "path");
    path.setAttribute("d", "M4 5.500A2.5 2.5 0 0 1 6.5 3h11A2.5 2.5 0 0 1 20 5.500v8a2.5 2.5 0 0 1-2.5 2.500H11l-5 4.500V16a2 2 0 0 1-2-2z");
    svg.append(path);
    return svg;
  }
})();
