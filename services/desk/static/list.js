// The list of tickets: what changed comes in where it stands, and nothing moves under the hand.
import { bulk } from "./bulk.js";

const MOST_JITTER_MS = 400;
const MOST_ASKED = 200;
const SUBJECT_PX = 240;
const GIVE_WAY = ["number", "mailbox", "priority", "assignee", "time", "text"];

export function list(prepare) {
  const table = document.querySelector("[data-list]");
  if (!table) return {};
  makeRoom(table);
  restore(table);
  rememberPlace(table);
  follow(table, prepare);
  return { ...moving(table), ...bulk(table) };
}

// Columns that somebody added leave the subject its width: those that matter less give way.
function makeRoom(table) {
  const subject = table.querySelector("th.c-subject");
  if (!subject) return;
  let width = 0;
  new ResizeObserver(() => {
    if (table.offsetWidth === width) return;
    width = table.offsetWidth;
    const gone = [];
    table.dataset.gone = "";
    while (subject.offsetWidth && subject.offsetWidth < SUBJECT_PX && gone.length < GIVE_WAY.length) {
      gone.push(GIVE_WAY[gone.length]);
      table.dataset.gone = gone.join(" ");
    }
  }).observe(table);
}

const rowsOf = (root) => [...root.querySelectorAll("tbody tr")];
const current = (table) => table.querySelector("tr.current");

// One stop for Tab, in the row that is current; the others are reached by J and K and the arrows.
export function become(table, row) {
  if (!row) return;
  current(table)?.classList.remove("current");
  row.classList.add("current");
  for (const each of rowsOf(table)) {
    for (const stop of each.querySelectorAll(".row-link, .c-select input")) stop.tabIndex = each === row ? 0 : -1;
  }
}

function moving(table) {
  const first = rowsOf(table)[0];
  if (first && !current(table)) {
    become(table, first);
    first.classList.remove("current");
    first.classList.add("first-stop");
  }
  const to = (step) => {
    const all = rowsOf(table);
    const at = all.findIndex((row) => row.classList.contains("current"));
    const row = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    if (!row) return;
    become(table, row);
    row.querySelector(".row-link, a, button")?.focus({ preventScroll: true });
    row.scrollIntoView({ block: "nearest" });
  };
  table.addEventListener("focusin", (event) => {
    const row = event.target.closest("tbody tr");
    if (row && row !== current(table)) become(table, row);
  });
  const open = () => current(table)?.querySelector(".row-link")?.click();
  return {
    j: () => to(1),
    k: () => to(-1),
    ArrowDown: () => to(1),
    ArrowUp: () => to(-1),
    o: open,
    v: () => document.querySelector("#side a[href*='saved='], #side a[aria-current]")?.focus(),
    f: () => {
      const details = document.querySelector('[data-key="f"]').parentElement;
      details.open = true;
      details.querySelector("select, input:not([type=hidden])").focus();
    },
  };
}

// Back fetches the page: the row and the scroll are where they were.
const placeKey = () => `list ${location.pathname}${location.search}`;

function rememberPlace(table) {
  table.addEventListener("click", (event) => {
    const row = event.target.closest(".row-link")?.closest("tr");
    if (row) sessionStorage.setItem(placeKey(), JSON.stringify([row.id, window.scrollY]));
  });
}

function restore(table) {
  const [id, top] = JSON.parse(sessionStorage.getItem(placeKey()) ?? "[]");
  const row = id && table.querySelector(`#${CSS.escape(id)}`);
  if (!row) return;
  become(table, row);
  row.querySelector(".row-link").focus({ preventScroll: true });
  window.scrollTo(0, top);
}

// A form of a ticket comes back without the list that one came from: it is put into the address again.
export function keepWay() {
  if (!document.querySelector("[data-timeline]")) return;
  const asked = new URLSearchParams(location.search);
  const key = `way ${location.pathname}`;
  if (asked.has("at")) {
    sessionStorage.setItem(key, JSON.stringify([asked.get("from") ?? "", asked.get("at")]));
    return;
  }
  const [from, at] = JSON.parse(sessionStorage.getItem(key) ?? "[]");
  if (!at) return;
  const address = new URL(location.href);
  address.searchParams.set("from", from);
  address.searchParams.set("at", at);
  history.replaceState(null, "", address);
  document.dispatchEvent(new Event("desk:changed"));
}

async function fetched(address) {
  const answer = await fetch(address, { headers: { Accept: "text/html" } }).catch(() => null);
  if (!answer?.ok || answer.redirected) return null;
  return new DOMParser().parseFromString(await answer.text(), "text/html");
}

function addressOf(changes) {
  const asked = new URLSearchParams(location.search);
  for (const name of ["after", "said", "did"]) asked.delete(name);
  for (const [name, value] of Object.entries(changes)) asked.set(name, value);
  return `/tickets?${asked}`;
}

function follow(table, prepare) {
  const stream = document.getElementById("live");
  const error = document.getElementById("list-error");
  if (!error) return; // another list, which is not live
  let looking = false;
  let again = false;

  async function look() {
    if (looking) { again = true; return; }
    looking = true;
    await new Promise((done) => setTimeout(done, Math.random() * MOST_JITTER_MS));
    const page = await fetched(addressOf({}));
    error.hidden = Boolean(page);
    if (page) await take(page);
    looking = false;
    if (again) { again = false; look(); }
  }

  async function take(page) {
    if (!table.matches("table")) return table.dataset.list && page.querySelector("table[data-list]") ? offer(rowsOf(page)) : null;
    const known = new Map(rowsOf(table).map((row) => [row.id, row]));
    const fresh = rowsOf(page).filter((row) => row.id.startsWith("t-"));
    for (const row of fresh) if (known.has(row.id)) refresh(known.get(row.id), row, prepare);
    const seen = new Set(fresh.map((row) => row.id));
    const missing = [...known.values()].filter((row) => !seen.has(row.id) && !row.classList.contains("gone"));
    if (missing.length) await lookFor(missing.slice(0, MOST_ASKED), prepare);
    for (const id of ["total", "list-state"]) document.getElementById(id).replaceWith(page.getElementById(id));
    prepare(document.getElementById("list-state"));
    if ("first" in table.dataset) offer(fresh.filter((row) => !known.has(row.id)));
  }

  function offer(added) {
    const pill = document.getElementById("fresh");
    pill.hidden = !added.length;
    pill.textContent = pill.dataset.words.replace("%", added.length);
    pill.onclick = () => {
      if (!table.matches("table")) return location.reload();
      insert(table, added, prepare);
      pill.hidden = true;
    };
  }

  for (const name of ["list-changed", "resync"]) stream.addEventListener(name, look);
  error.querySelector("button").addEventListener("click", look);
}

// What stays in the list further down is shown anew; what left it says where it went, until the next reload.
async function lookFor(missing, prepare) {
  const among = missing.map((row) => row.id.slice(2)).join(",");
  const here = await fetched(addressOf({ among }));
  if (!here) return;
  const gone = [];
  for (const row of missing) {
    const found = here.getElementById(row.id);
    if (found) refresh(row, found, prepare);
    else gone.push(row);
  }
  if (!gone.length) return;
  const all = await fetched(`/tickets?view=all&among=${gone.map((row) => row.id.slice(2)).join(",")}`);
  for (const row of gone) leave(row, all?.getElementById(row.id));
}

function leave(row, now) {
  const words = row.closest("table").dataset;
  const was = row.querySelector(".c-assignee .name")?.textContent ?? "";
  const assignee = now?.querySelector(".c-assignee .name")?.textContent ?? "";
  const status = now?.querySelector(".c-status .sign")?.title ?? "";
  const moved = assignee && assignee !== was ? words.moved.replace("%", assignee) : status ? words.now.replace("%", status) : words.away;
  row.classList.add("gone");
  const box = row.querySelector(".c-select input"); // who only reads has none
  if (box) {
    box.checked = false;
    box.dispatchEvent(new Event("change", { bubbles: true }));
  }
  const note = document.createElement("span");
  note.className = "gone-note";
  note.textContent = ` ∙ ${moved}`;
  row.querySelector(".subject").after(note);
}

const words = (row) => row.textContent.replace(/\s+/g, " ") + row.className.includes("is-unread");

function refresh(row, fresh, prepare) {
  prepare(fresh);
  const back = row.classList.contains("gone");
  if (words(row) === words(fresh) && !back) return;
  const focused = row.contains(document.activeElement) ? document.activeElement.className || "box" : "";
  const ticked = row.querySelector(".c-select input")?.checked;
  const stop = row.querySelector(".row-link").tabIndex;
  const was = row.classList.contains("current");
  row.className = fresh.className;
  row.classList.toggle("current", was);
  row.replaceChildren(...fresh.children);
  if (ticked) row.querySelector(".c-select input").checked = true;
  for (const each of row.querySelectorAll(".row-link, .c-select input")) each.tabIndex = stop;
  if (focused) row.querySelector(focused === "box" ? ".c-select input" : ".row-link").focus({ preventScroll: true });
  tint(row);
}

function tint(row) {
  row.classList.remove("changed");
  void row.offsetWidth;
  row.classList.add("changed");
}

// A new row comes behind the one that the list has before it, or first.
function insert(table, added, prepare) {
  const body = table.tBodies[0];
  const behind = added.map((row) => row.previousElementSibling?.id);
  for (const [number, row] of added.entries()) {
    const before = behind[number] && document.getElementById(behind[number]);
    for (const each of row.querySelectorAll(".row-link, .c-select input")) each.tabIndex = -1;
    prepare(row);
    if (before) before.after(row);
    else body.prepend(row);
    tint(row);
  }
}
