// Where somebody writes: the textarea of a form, until rich.js takes it over. Both are used the same way.
export class Area {
  constructor(form) {
    this.form = form;
    this.field = form.querySelector("[data-area]");
    this.rich = null;
    this.listeners = [];
    this.field.addEventListener("input", () => this.told());
    form.elements.html.value = this.field.dataset.html ?? "";
  }

  get text() { return this.rich ? this.rich.text() : this.field.value; }
  get html() { return this.rich ? this.rich.html() : this.form.elements.html.value; }
  get blank() { return !this.text.trim() && !/<img/.test(this.html); }
  get element() { return this.rich ? this.rich.root : this.field; }

  changed(listener) { this.listeners.push(listener); }

  // The fields of the form say what stands here: plain words alone, when they were typed without the editor.
  told() {
    if (this.rich) this.field.value = this.rich.text();
    this.form.elements.html.value = this.rich ? this.rich.html() : "";
    for (const listener of this.listeners) listener();
    this.form.dispatchEvent(new Event("desk:written"));
  }

  focus() { this.element.focus(); }

  fill({ text, html }) {
    this.field.value = text ?? "";
    this.form.elements.html.value = html ?? "";
    this.rich?.fill(html || asHtml(text ?? ""));
    if (this.rich) this.told();
  }

  insert({ text, html }) {
    if (this.rich) this.rich.insert(html || asHtml(text));
    else this.field.setRangeText(text, this.field.selectionStart, this.field.selectionEnd, "end");
    this.told();
  }

  // The line up to the caret, for what is completed while one types.
  beforeCaret() {
    if (this.rich) return this.rich.beforeCaret();
    const before = this.field.value.slice(0, this.field.selectionStart);
    return before.slice(before.lastIndexOf("\n") + 1);
  }

  replaceBefore(length, what) {
    if (!length) { this.insert(what); return; }
    if (this.rich) this.rich.selectBefore(length);
    else this.field.setSelectionRange(this.field.selectionStart - length, this.field.selectionStart);
    this.insert(what);
  }

  caret() {
    const selected = window.getSelection();
    if (this.rich && selected.rangeCount) {
      const box = selected.getRangeAt(0).getBoundingClientRect();
      if (box.height) return box;
    }
    return this.element.getBoundingClientRect();
  }
}

export function asHtml(text) {
  const escaped = text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
  return escaped.split("\n").map((line) => `<div>${line || "<br>"}</div>`).join("");
}
