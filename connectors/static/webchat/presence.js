// Who answers at present, the place in the queue, and whether the page is connected.

const WORDS = {
  bot: "智能助手小应为您服务",
  queue: "排队中，请稍候",
  closed: "会话已结束，发消息即可重新开始",
};

export class Presence {
  #owner = "bot";
  #offlineSince = 0;

  constructor(find) {
    this.find = find;
  }

  get waiting() {
    return this.#owner === "queue";
  }

  /** What the desk said about the conversation when it was opened. */
  start(owner) {
    this.#show(owner, "");
  }

  /** Learns from every event in turn. */
  hear(event) {
    if (event.kind === "queue") {
      this.#show("queue", "");
      this.#place(event);
    } else if (event.kind === "status" && event.owner) {
      this.#show(event.owner, event.agent ?? "");
    } else if (event.sender === "agent" && this.#owner === "agent" && event.agent) {
      this.#show("agent", event.agent);
    } else if (event.sender === "bot" && this.#owner === "closed") {
      this.#show("bot", "");
    }
  }

  connection(state) {
    const line = this.find("connection");
    if (state === "online") {
      clearTimeout(this.#offlineSince);
      this.#offlineSince = 0;
      line.hidden = true;
    } else if (!this.#offlineSince) {
      this.#offlineSince = setTimeout(() => {
        line.textContent = "网络连接已断开，重连中…";
        line.hidden = false;
      }, 800);
    }
  }

  #show(owner, agent) {
    this.#owner = owner;
    const words = owner === "agent" ? `客服${agent || "人员"}正在为您服务` : WORDS[owner];
    if (this.find("presence-text").textContent !== words) this.find("presence-text").textContent = words;
    this.find("dot").className = `dot dot-${owner}`;
    const face = this.find("face");
    face.className = `avatar avatar-${owner === "agent" ? "agent" : "bot"}`;
    face.textContent = owner === "agent" ? agent.slice(0, 1) || "客" : "应";
    this.find("queue").hidden = owner !== "queue" || !this.find("queue-title").textContent;
  }

  #place(event) {
    const nobody = event.on_duty === 0;
    const next = event.place === 0;
    this.find("queue-number").textContent = nobody ? "…" : String(event.place + 1);
    this.find("queue-unit").textContent = nobody ? "" : "当前排位";
    this.find("queue-title").textContent = nobody ? "已登记人工服务" : next ? "下一位就是您" : `您前面还有 ${event.place} 位`;
    this.find("queue-wait").textContent = nobody ? "客服上线后按顺序接入" : waitOf(event);
    this.find("queue").hidden = false;
  }
}

function waitOf({ low_min: low, high_min: high }) {
  if (high === undefined) return "轮到您时会立即接入";
  if (high <= 1) return "预计等待不到 1 分钟";
  const least = Math.max(1, low);
  return least < high ? `预计等待约 ${least}–${high} 分钟` : `预计等待约 ${high} 分钟`;
}
