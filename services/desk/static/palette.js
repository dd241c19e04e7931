// Ctrl K: go anywhere, do anything. What this page can do is found at once; tickets and people are asked for.
import { typing } from "./keys.js";

const ASK_AFTER_MS = 120;
const GOTO_MS = 1_500;
const LAST = "postroom-palette";
const MOST_LAST = 5;
const NARROW = "postroom-narrow";
const PLACES = {
  m: "/tickets?view=mine", n: "/tickets?view=new", u: "/tickets?view=unassigned", h: "/outgoing?state=held",
  q: "/quarantine", s: "/settings", o: "/operations",
};

export function palette() {
  const dialog = document.getElementById("palette");
  if (!dialog) return;
  const input = dialog.querySelector("input");
  const list = dialog.querySelector("ul");
  let timer = 0;
  let asked = "";

  // Whatever has a name and a place, or a key: links of the navigation, and controls that say which key they have.
  function actions() {
    const links = [...document.querySelectorAll("#side a[href]")].map((link) => ({
      text: link.querySelector(".word")?.textContent ?? link.textContent.trim(),
      icon: link.querySelector("use")?.getAttribute("href"), go: () => location.assign(link.href), id: link.getAttribute("href"),
    }));
    const keyed = [...document.querySelectorAll("[data-key]:not([hidden])")].filter((it) => it.title || it.ariaLabel).map((it) => ({
      text: (it.title || it.ariaLabel).split(" (")[0], icon: it.querySelector("use")?.getAttribute("href"), key: it.dataset.key,
      go: () => (it.matches("input, textarea, select") ? it.focus() : it.click()), id: `key ${it.dataset.key}`,
    }));
    return [...keyed, ...links].filter((one) => one.text);
  }

  function option({ text, icon, key, go, id }) {
    const item = document.createElement("li");
    item.role = "option";
    if (icon) {
      const svg = document.createElementNS("http://www.w3.org/2000/svg", "svg");
      svg.classList.add("icon");
      svg.ariaHidden = "true";
      svg.append(document.createElementNS("http://www.w3.org/2000/svg", "use"));
      svg.firstChild.setAttribute("href", icon);
      item.append(svg);
    }
    const words = document.createElement("span");
    words.className = "text";
    words.textContent = text;
    item.append(words);
    if (key) item.append(Object.assign(document.createElement("kbd"), { textContent: key.toUpperCase() }));
    item.go = go;
    item.dataset.id = id;
    return item;
  }

  function show() {
    const wanted = input.value.trim().toLowerCase();
    const all = actions();
    const last = JSON.parse(localStorage.getItem(LAST) ?? "[]");
    const fitting = wanted ? all.filter((one) => one.text.toLowerCase().includes(wanted))
      : [...last.map((id) => all.find((one) => one.id === id)).filter(Boolean), ...all.filter((one) => !last.includes(one.id))];
    list.replaceChildren(...fitting.slice(0, wanted ? 5 : 12).map(option));
    settle();
    clearTimeout(timer);
    if (wanted) timer = setTimeout(() => ask(wanted), ASK_AFTER_MS);
  }

  async function ask(wanted) {
    asked = wanted;
    const answer = await fetch(`/palette?q=${encodeURIComponent(wanted)}`).catch(() => null);
    if (!answer?.ok || answer.redirected || asked !== wanted || !dialog.open) return;
    const part = new DOMParser().parseFromString(`<ul>${await answer.text()}</ul>`, "text/html");
    const found = [...part.querySelectorAll("li")];
    const first = /^#?\d+$/.test(wanted);
    if (first) list.prepend(...found);
    else list.append(...found);
    if (!list.children.length) {
      list.append(Object.assign(document.createElement("li"), { className: "none", textContent: list.dataset.none, role: "presentation" }));
    }
    settle();
  }

  function settle() {
    [...list.querySelectorAll("[role=option]")].forEach((item, index) => { item.id = `palette-${index}`; });
    select(list.querySelector("[role=option]"));
  }

  function select(item) {
    for (const other of list.querySelectorAll("[aria-selected=true]")) other.ariaSelected = "false";
    if (!item) return input.removeAttribute("aria-activedescendant");
    item.ariaSelected = "true";
    item.scrollIntoView({ block: "nearest" });
    input.setAttribute("aria-activedescendant", item.id);
  }

  function move(step) {
    const all = [...list.querySelectorAll("[role=option]")];
    const at = all.findIndex((item) => item.ariaSelected === "true");
    if (all.length) select(all[(at + step + all.length) % all.length]);
  }

  function run(item) {
    if (!item || item.className === "none") return;
    dialog.close();
    if (item.dataset.href) return location.assign(item.dataset.href);
    const last = JSON.parse(localStorage.getItem(LAST) ?? "[]").filter((id) => id !== item.dataset.id);
    localStorage.setItem(LAST, JSON.stringify([item.dataset.id, ...last].slice(0, MOST_LAST)));
    item.go();
  }

  function open() {
    input.value = "";
    dialog.showModal();
    show();
  }

  input.addEventListener("input", show);
  input.addEventListener("keydown", (event) => {
    if (event.key === "ArrowDown" || event.key === "ArrowUp") { event.preventDefault(); move(event.key === "ArrowDown" ? 1 : -1); }
    if (event.key === "Enter") { event.preventDefault(); run(list.querySelector("[aria-selected=true]")); }
  });
  list.addEventListener("click", (event) => run(event.target.closest("[role=option]")));
  dialog.addEventListener("click", (event) => event.target === dialog && dialog.close());
  document.addEventListener("click", (event) => event.target.closest("[data-palette]") && open());
  keys(open);
}

function keys(open) {
  document.documentElement.toggleAttribute("data-narrow", Boolean(localStorage.getItem(NARROW)));
  let going = 0;
  document.addEventListener("keydown", (event) => {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === "k") {
      event.preventDefault();
      if (!document.querySelector("dialog[open]")) open();
      return;
    }
    if (document.documentElement.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey) return;
    if (typing(event.target) || document.querySelector("dialog[open]")) return;
    if (Date.now() < going && PLACES[event.key]) {
      event.preventDefault();
      event.stopImmediatePropagation();
      location.assign(PLACES[event.key]);
    }
    going = event.key === "g" ? Date.now() + GOTO_MS : 0;
    if (event.key === "[") localStorage.setItem(NARROW, document.documentElement.toggleAttribute("data-narrow") ? "yes" : "");
  }, true);
}
