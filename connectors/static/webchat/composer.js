// Where the visitor writes.

export class Composer {
  #input;
  #send;

  constructor(form, send) {
    this.#input = form.querySelector("textarea");
    this.#send = form.querySelector("[type=submit]");
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      this.#submit(send);
    });
    this.#input.addEventListener("input", () => this.#fit());
    this.#input.addEventListener("keydown", (event) => {
      // While an input method composes, Enter chooses a word; Safari reports that as key code 229.
      const composing = event.isComposing || event.keyCode === 229;
      if (event.key !== "Enter" || event.shiftKey || composing) return;
      event.preventDefault();
      this.#submit(send);
    });
    this.#fit();
  }

  focus() {
    this.#input.focus({ preventScroll: true });
  }

  /** Back to the input, but on touch screens not at the price of the keyboard jumping up. */
  refocus() {
    if (matchMedia("(hover: hover)").matches) this.focus();
  }

  #submit(send) {
    const text = this.#input.value.trim();
    if (text) {
      send(text);
      this.#input.value = "";
      this.#fit();
    }
    this.focus();
  }

  #fit() {
    this.#send.disabled = !this.#input.value.trim();
    this.#input.style.height = "auto";
    this.#input.style.height = `${this.#input.scrollHeight}px`;
  }
}
