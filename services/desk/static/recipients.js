// The lines To, Cc and Bcc: people as chips, always in view; what is typed becomes one.
import { Suggestions, asking } from "./suggesting.js";

const ADDRESS = /^[^@\s<>()[\],;:"]{1,64}@(?:[^@\s<>()[\],;:".]+\.)+[^@\s<>()[\],;:".]{2,63}$/;
const PARTS = /(?:"(?:[^"\\]|\\.)*"|[^,;\n"])+/g;
const MOST_ROWS = 2;
const NAMED = /^(.*)<\s*([^<>]*?)\s*>$/;

export function recipients(form, words, changed) {
  const lines = [...form.querySelectorAll("[data-line]")].map((line) => new Line(line, words, told));
  for (const line of lines) line.foldsWhenNarrow();
  if (!lines.length) return { set() {}, toAll() {}, reset() {}, settle: () => true };
  const first = JSON.parse(form.dataset.first ?? "null") ?? taken();
  let button = null;
  toggle();

  function told() { mark(); changed(); }
  function taken() { return Object.fromEntries(lines.map((line) => [line.name, line.values()])); }
  function set(fields) {
    for (const line of lines) line.set(fields[line.name] ?? [], fields[`${line.name}_more`]?.[0] ?? "");
    mark();
  }

  // Reply to the sender alone, or to all who were in copy: only where there is a difference.
  function toggle() {
    if (form.dataset.kind !== "reply" || !first.cc?.length) return;
    button = document.createElement("button");
    button.type = "button";
    button.className = "quiet small all";
    button.addEventListener("click", () => { toAll(!isToAll()); told(); });
    lines[0].element.append(button);
    mark();
  }
  function isToAll() { return first.cc.every((one) => lines[1].values().includes(one)); }
  function toAll(all) { lines[1].set(all ? first.cc : [], ""); mark(); }
  function mark() { if (button) button.textContent = isToAll() ? words.one : words.all; }

  return {
    set, toAll: (all) => { if (first.cc?.length) { toAll(all); changed(); } },
    reset: () => set(first), settle: () => lines.every((line) => line.settle()),
  };
}

// One address in a plain field, with the same suggestions.
export function suggests(input, words, changed) {
  const list = new Suggestions(words.suggestions);
  const ask = asking((people) => people.map((one) => ({ label: one.name || one.address, note: one.name ? one.address : "", value: one.name ? `${one.name} <${one.address}>` : one.address })));
  input.setAttribute("role", "combobox");
  input.setAttribute("aria-autocomplete", "list");
  input.setAttribute("aria-expanded", "false");
  input.addEventListener("input", () => {
    const asked = input.value.trim();
    if (asked.length < 2) { list.hide(); ask(""); return; }
    ask(`/people?q=${encodeURIComponent(asked)}`, (items) => {
      if (document.activeElement === input) list.show(items, input, input.getBoundingClientRect(), (item) => { input.value = item.value; changed(); });
    });
  });
  input.addEventListener("blur", () => { list.hide(); ask(""); });
  input.addEventListener("keydown", (event) => list.key(event));
}

class Line {
  constructor(element, words, changed) {
    Object.assign(this, { element, words, changed, name: element.dataset.line, input: element.querySelector(".more") });
    for (const label of element.querySelectorAll("label.tick")) {
      const box = label.querySelector("input");
      if (box.checked) label.replaceWith(this.chip(box.value));
      else label.remove();
    }
    this.list = new Suggestions(words.suggestions);
    this.ask = asking((people) => people.map((one) => ({ label: one.name || one.address, note: one.name ? one.address : "", value: written(one) })));
    this.input.setAttribute("role", "combobox");
    this.input.setAttribute("aria-autocomplete", "list");
    this.input.setAttribute("aria-expanded", "false");
    this.input.addEventListener("input", () => this.typed());
    this.input.addEventListener("blur", () => { this.list.hide(); this.ask(""); this.settle(); });
    this.input.addEventListener("keydown", (event) => this.key(event));
    // focus makes the form higher, and the button would be gone from under the pointer before it is let go
    element.addEventListener("mousedown", (event) => { if (event.target.closest("button")) event.preventDefault(); });
    element.addEventListener("click", (event) => { if (event.target === element) this.input.focus(); });
  }

  values() { return [...this.element.querySelectorAll("input[type=hidden]")].map((one) => one.value); }

  set(values, more) {
    for (const chip of this.people()) chip.remove();
    for (const value of values) this.input.before(this.chip(value));
    this.input.value = more;
    this.wrong("");
    this.fold();
  }

  people() { return [...this.element.querySelectorAll(".person")]; }

  // Two rows of people, then how many more there are, until somebody wants to see them or adds one.
  fold() {
    const people = this.people();
    this.more?.remove();
    for (const chip of people) chip.hidden = false;
    if (this.open || !this.element.offsetParent) return;
    const rows = () => rowsOf([...people.filter((chip) => !chip.hidden), ...(this.more?.isConnected ? [this.more] : []), this.input]);
    if (rows() <= MOST_ROWS) return;
    this.more ??= this.unfolds();
    this.input.before(this.more);
    for (let left = people.length - 1; left > 0 && rows() > MOST_ROWS; left -= 1) {
      people[left].hidden = true;
      this.more.textContent = `+${people.length - left}`;
      this.more.setAttribute("aria-label", this.words.more.replace("%", people.length - left));
    }
  }

  unfolds() {
    const button = Object.assign(document.createElement("button"), { type: "button", className: "quiet small rest" });
    button.addEventListener("click", () => {
      const first = this.people().find((chip) => chip.hidden);
      this.open = true;
      this.fold();
      first?.querySelector("button").focus();
    });
    return button;
  }

  foldsWhenNarrow() {
    let width = 0;
    new ResizeObserver(() => {
      if (this.element.offsetWidth === width) return;
      width = this.element.offsetWidth;
      this.fold();
    }).observe(this.element);
  }

  typed() {
    const text = this.input.value;
    this.wrong("");
    if (/[,;]\s*$/.test(text) && !/"[^"]*$/.test(text)) { this.settle(); return; }
    this.changed();
    const asked = text.trim();
    if (asked.length < 2) { this.list.hide(); this.ask(""); return; }
    this.ask(`/people?q=${encodeURIComponent(asked)}`, (items) => {
      if (document.activeElement !== this.input) return;
      const there = new Set(this.values());
      this.list.show(items.filter((one) => !there.has(one.value)), this.input, this.input.getBoundingClientRect(), (item) => this.add(item.value));
    });
  }

  key(event) {
    if (this.list.key(event)) return;
    if (event.key === "Enter" && !event.ctrlKey && !event.metaKey) { event.preventDefault(); this.settle(); }
    if (event.key === "Backspace" && !this.input.value) {
      const last = this.people().at(-1);
      if (last?.hidden) this.more.click();
      else if (last) { last.remove(); this.changed(); }
    }
  }

  add(value) {
    this.ask("");
    this.input.value = "";
    if (!this.values().includes(value)) this.input.before(this.chip(value));
    if (this.people().some((chip) => chip.hidden)) { this.open = true; this.fold(); }
    this.changed();
  }

  // What is typed becomes chips; whether all of it was addresses. The server has the last word.
  settle() {
    const parts = this.input.value.match(PARTS)?.map((part) => part.trim()).filter(Boolean) ?? [];
    const wrong = parts.filter((part) => !ADDRESS.test(addressOf(part)));
    for (const part of parts) if (!wrong.includes(part)) this.add(part);
    this.input.value = wrong.join(", ");
    this.wrong(wrong.length ? this.words.not_address.replace("%", wrong[0]) : "");
    return !wrong.length;
  }

  wrong(text) {
    this.element.querySelector(".problem")?.remove();
    this.input.toggleAttribute("aria-invalid", Boolean(text));
    if (!text) return;
    const told = document.createElement("p");
    told.className = "problem";
    told.setAttribute("role", "alert");
    told.textContent = text;
    this.element.append(told);
  }

  chip(value) {
    const address = addressOf(value);
    const name = NAMED.exec(value)?.[1].trim().replace(/^"|"$/g, "") || address;
    const chip = document.createElement("span");
    chip.className = "chip person";
    chip.title = address;
    chip.innerHTML = '<input type="hidden"><span></span><button type="button" class="quiet square">×</button>';
    const [field, shown, remove] = chip.children;
    field.name = this.name;
    field.value = value;
    shown.textContent = name;
    remove.setAttribute("aria-label", this.words.remove.replace("%", name));
    remove.addEventListener("click", () => { chip.remove(); this.fold(); this.input.focus(); this.changed(); });
    return chip;
  }
}

// What stands beside each other may differ in height by a little.
function rowsOf(elements) {
  const tops = elements.map((one) => one.offsetTop).sort((one, other) => one - other);
  return tops.filter((top, at) => !at || top - tops[at - 1] > 12).length;
}

export const addressOf = (value) => (NAMED.exec(value)?.[2] ?? value).trim();
const written = ({ name, address }) => name ? `"${name.replace(/["\\]/g, "")}" <${address}>` : address;
