// What changed elsewhere comes in where it stands. Nothing that is read moves, and nothing that is typed is touched.
const MOST_JITTER_MS = 400;
const AWAY_AFTER_MS = 5_000;

export function live(prepare) {
  const stream = document.getElementById("live");
  if (!stream) return;
  away(stream);
  if (document.querySelector("[data-timeline]")) followTicket(stream, prepare);
}

// The page of a ticket (the navigation asks for itself): its head and panel, and each entry of the timeline, as the server shows them now.
function followTicket(stream, prepare) {
  let looking = false;
  let again = false;

  async function look() {
    if (looking) { again = true; return; }
    looking = true;
    await new Promise((done) => setTimeout(done, Math.random() * MOST_JITTER_MS));
    const answer = await fetch(location.pathname + fromList(), { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.ok && !answer.redirected) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      for (const id of ["ticket-head", "ticket-notices", "panel"]) await take(page, id);
      await takeEntries(page, prepare);
    }
    looking = false;
    if (again) { again = false; look(); }
  }

  for (const name of ["ticket-changed", "resync"]) stream.addEventListener(name, look);
  document.addEventListener("desk:changed", look);
}

// The list that one came from, and the place there: the head of the ticket shows it.
function fromList() {
  const asked = new URLSearchParams(location.search);
  const kept = new URLSearchParams(["from", "at"].filter((name) => asked.has(name)).map((name) => [name, asked.get(name)]));
  return kept.size ? `?${kept}` : "";
}

async function take(page, id) {
  const mine = document.getElementById(id);
  const theirs = page.getElementById(id);
  if (!mine || !theirs || mine.contains(document.activeElement) && typing(document.activeElement)) return;
  for (const line of mine.querySelectorAll("[data-refused]")) {
    theirs.querySelector(`label [name="${line.dataset.refused}"]`)?.closest("label").after(line.cloneNode(true));
  }
  await window.htmx.swap({ target: mine, text: theirs.outerHTML, swap: "outerMorph" });
  for (const form of document.querySelectorAll(`#${id} form[data-in-place]`)) agree(form, theirs.querySelector("form[data-in-place]"));
}

// A field that was chosen in keeps its choice through a morph, and would hide that of somebody else.
function agree(form, theirs) {
  for (const field of theirs?.elements ?? []) {
    const mine = field.name && form.elements[field.name];
    if (mine?.matches?.("select:not([multiple]), input:not([type=hidden])")) mine.value = field.value;
  }
}

const typing = (field) => field.matches("input:not([type=checkbox]), textarea, select");

async function takeEntries(page, prepare) {
  const list = document.querySelector("[data-timeline]");
  const fresh = [...page.querySelectorAll("[data-timeline] > li")];
  if (!list || !fresh.length || document.querySelector(".newer")) return;
  const known = new Set(fresh.map((entry) => entry.id));
  const first = list.children[[...list.children].findIndex((entry) => known.has(entry.id))];
  const added = [];
  let before = null;
  for (const entry of fresh) {
    const mine = document.getElementById(entry.id);
    if (mine) {
      if (words(mine) !== words(entry)) await window.htmx.swap({ target: mine, text: entry.outerHTML, swap: "outerMorph" });
      before = document.getElementById(entry.id);
      continue;
    }
    if (before) before.after(entry);
    else if (first) first.before(entry);
    else list.append(entry);
    entry.classList.add("arrived");
    window.htmx.process(entry);
    added.push(entry);
    before = entry;
  }
  for (const entry of [...list.children]) {
    const old = first && entry.compareDocumentPosition(first) & Node.DOCUMENT_POSITION_FOLLOWING;
    if (!known.has(entry.id) && !old && !entry.contains(document.activeElement)) entry.remove();
  }
  prepare(list);
  announce(added.filter((entry) => !entry.classList.contains("system")));
}

// The keys of forms and the state of folds differ each time; what is said does not.
const words = (entry) => entry.className.replace(/\s*arrived/, "") + entry.textContent.replace(/\s+/g, " ");

function announce(added) {
  const hidden = added.filter((entry) => entry.getBoundingClientRect().top > window.innerHeight);
  const pill = document.getElementById("arrived");
  if (!pill || !hidden.length) return;
  const who = hidden.at(-1).querySelector("h3")?.textContent ?? "";
  pill.textContent = pill.dataset.words.replace("%", who);
  pill.hidden = false;
  pill.onclick = () => {
    hidden[0].scrollIntoView({ block: "center" });
    hidden[0].querySelector("summary")?.focus({ preventScroll: true });
    pill.hidden = true;
  };
}

// Reading works without a connection; sending does not, and the page says so.
function away(stream) {
  const bar = document.getElementById("away");
  if (!bar) return;
  let timer = 0;
  stream.addEventListener("htmx:sse:error", () => {
    timer ||= setTimeout(() => { if (!document.hidden) bar.hidden = false; }, AWAY_AFTER_MS);
  });
  stream.addEventListener("htmx:sse:after:connection", () => {
    clearTimeout(timer);
    timer = 0;
    bar.hidden = true;
  });
}
