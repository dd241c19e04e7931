// A list of suggestions over the page: of people for a line of recipients, of colleagues and saved replies in a text.
let next = 0;

export class Suggestions {
  constructor(label) {
    this.list = document.createElement("ul");
    this.list.className = "suggestions";
    this.list.id = `suggestions-${next++}`;
    this.list.setAttribute("role", "listbox");
    this.list.setAttribute("aria-label", label);
    this.list.popover = "manual";
    // within the landmark of the page; it shows above everything wherever it stands
    (document.getElementById("main") ?? document.body).append(this.list);
    this.items = [];
    this.at = -1;
    this.list.addEventListener("mousedown", (event) => event.preventDefault());
    this.list.addEventListener("click", (event) => {
      const row = event.target.closest("li");
      if (row) this.take([...this.list.children].indexOf(row));
    });
  }

  get open() { return this.items.length > 0; }

  // `field` is told which row is current; `box` is what the list stands at.
  show(items, field, box, chosen) {
    this.hide();
    if (!items.length) return;
    Object.assign(this, { items, field, chosen });
    this.list.replaceChildren(...items.map((item, at) => {
      const row = document.createElement("li");
      row.id = `${this.list.id}-${at}`;
      row.setAttribute("role", "option");
      row.append(item.label);
      if (item.note) {
        const note = document.createElement("span");
        note.className = "meta";
        note.textContent = item.note;
        row.append(note);
      }
      return row;
    }));
    this.list.showPopover();
    const height = this.list.offsetHeight;
    const above = box.bottom + height + 8 > window.innerHeight && box.top > height;
    this.list.style.left = `${Math.max(8, Math.min(box.left, window.innerWidth - this.list.offsetWidth - 8))}px`;
    this.list.style.top = `${above ? box.top - height - 4 : box.bottom + 4}px`;
    field.setAttribute("aria-controls", this.list.id);
    this.expanded(true);
    this.move(0);
  }

  hide() {
    if (!this.open) return;
    this.items = [];
    this.list.hidePopover();
    this.field.removeAttribute("aria-activedescendant");
    this.expanded(false);
  }

  // Of a text, as against a field, nobody may say that it is expanded: its current row is told all the same.
  expanded(so) {
    if (this.field.getAttribute("role") === "combobox") this.field.setAttribute("aria-expanded", so);
  }

  move(to) {
    this.at = (to + this.items.length) % this.items.length;
    [...this.list.children].forEach((row, at) => row.setAttribute("aria-selected", at === this.at));
    this.list.children[this.at].scrollIntoView({ block: "nearest" });
    this.field.setAttribute("aria-activedescendant", this.list.children[this.at].id);
  }

  take(at) {
    const item = this.items[at];
    this.hide();
    if (item) this.chosen(item);
  }

  // Whether a key was for the list.
  key(event) {
    if (!this.open) return false;
    const acts = {
      ArrowDown: () => this.move(this.at + 1), ArrowUp: () => this.move(this.at - 1),
      Enter: () => this.take(this.at), Tab: () => this.take(this.at), Escape: () => this.hide(),
    };
    if (!acts[event.key] || event.ctrlKey || event.metaKey) return false;
    event.preventDefault();
    event.stopPropagation();
    acts[event.key]();
    return true;
  }
}

// Ask the server, not at each letter, and forget answers that come late.
export function asking(found, wait = 120) {
  let timer = 0;
  let asked = 0;
  return (url, take) => {
    clearTimeout(timer);
    const mine = ++asked;
    timer = setTimeout(async () => {
      const answer = await fetch(url, { headers: { Accept: "application/json" } }).catch(() => null);
      if (!answer?.ok || answer.redirected || mine !== asked) return;
      take(found(await answer.json()));
    }, url ? wait : 0);
    if (!url) clearTimeout(timer);
  };
}
