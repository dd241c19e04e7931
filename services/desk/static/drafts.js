import { addressOf } from "./recipients.js";
import { isOut, posted } from "./session.js";

// What is written is kept: on this device at each short pause, on the server at a longer one and when the page is left.
const HERE_MS = 400;
const THERE_MS = 800;
const AGAIN_MS = 30_000;
const LINES = ["to", "cc", "bcc"];
const SINGLE = ["send_at", "answers", "subject", "contact", "department", "mailbox", "as"];
const FIELDS = [...LINES, "to_more", "cc_more", "bcc_more", ...SINGLE];
// What makes a draft of a form without words, where it differs from what the form began with.
const OWN = [...LINES, "to_more", "cc_more", "bcc_more", "subject", "contact"];
const clock = new Intl.DateTimeFormat(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });

export function drafts(writing, { words, place, path }) {
  const { form, area } = writing;
  const key = `postroom draft ${place} ${form.dataset.kind}`;
  const given = "given" in form.dataset;
  const fields = form.elements;
  let touched = given;
  // How often something was changed, and how far the server has it.
  let changes = 0;
  let kept = 0;
  let ended = false;
  let here = 0;
  let there = 0;
  let others = JSON.parse(form.querySelector("[data-other-drafts]")?.dataset.otherDrafts ?? "[]");

  const first = JSON.parse(form.dataset.first ?? "{}");
  const blank = () => area.blank && !writing.files.kept().length && alike(filled(), first, OWN);

  function filled() {
    const data = new FormData(form);
    return Object.fromEntries(FIELDS.map((name) => [name, data.getAll(name).filter(Boolean)]).filter(([, values]) => values.length));
  }

  function snapshot() {
    return { id: fields.draft.value, version: Number(fields.version.value), at: new Date().toISOString(), text: area.text, html: area.html, fields: blank() ? {} : filled(), files: writing.files.kept() };
  }

  function apply(draft) {
    fields.draft.value = draft.id;
    fields.version.value = draft.version;
    area.fill(draft);
    writing.people.set(draft.fields);
    writing.files.set(draft.files.map((file) => ({ ...file })));
    put(draft.fields);
    touched = true;
  }

  function put(values) {
    for (const name of SINGLE) if (fields[name]) fields[name].value = (values[name] ?? first[name])?.[0] ?? "";
  }

  function changed() {
    if (ended) return;
    touched = true;
    changes += 1;
    clearTimeout(here);
    clearTimeout(there);
    here = setTimeout(saveHere, HERE_MS);
    there = setTimeout(saveThere, THERE_MS);
  }

  function saveHere() {
    if (ended || !touched) return;
    try {
      if (blank()) localStorage.removeItem(key);
      else localStorage.setItem(key, JSON.stringify({ ...snapshot(), dirty: changes !== kept }));
    } catch { /* no room, or not allowed: the server has it in a moment */ }
  }

  let saving = null;
  async function saveThere(leaving = false) {
    clearTimeout(there);
    if (ended || changes === kept) return;
    if (saving && !leaving) { await saving; if (changes === kept) return; }
    const mine = changes;
    if (blank() && fields.version.value === "0") { kept = mine; say(""); return; }
    saving = send(snapshot(), leaving);
    const answer = await saving;
    saving = null;
    if (ended) return;
    if (!answer) {
      saveHere();
      say(unsaved());
      there = setTimeout(saveThere, AGAIN_MS);
    } else take(answer, mine);
  }

  let out = false;
  const unsaved = () => (out ? words.here_out : words.here);
  async function send(draft, leaving) {
    const body = new URLSearchParams({ csrf: fields.csrf.value, kind: form.dataset.kind, text: draft.text, html: draft.html, version: draft.version });
    for (const [name, values] of Object.entries(draft.fields)) for (const value of values) body.append(name, value);
    for (const file of draft.files) body.append("upload", file.id);
    const answer = await posted(`${path}/drafts/${draft.id}`, body, { keepalive: leaving });
    out = isOut(answer);
    return answer?.ok && !answer.redirected ? answer.json().catch(() => null) : null;
  }

  function take(answer, mine) {
    if (answer.state === "kept") {
      fields.version.value = answer.version;
      kept = mine;
      if (changes === kept) say(words.saved.replace("%", clock.format(new Date(answer.at))));
      mark(true);
    } else if (answer.state === "newer" && same(answer.other, snapshot())) {
      // the page before this one saved the same when it was left
      fields.version.value = answer.other.version;
      changes += 1;
      saveThere();
    } else {
      // it was sent or thrown away elsewhere, or another place was faster: what stands here is a draft of its own
      if (answer.state === "newer") offer(answer.other, words.newer);
      fields.draft.value = answer.fresh;
      fields.version.value = 0;
      if (!blank()) { changes += 1; saveThere(); } else { kept = changes; say(""); mark(false); }
    }
    saveHere();
  }

  function say(text) { const told = form.querySelector("[data-draft-state]"); if (told.textContent !== text) told.textContent = text; }
  function mark(on) { form.querySelector("[data-discard]")?.toggleAttribute("hidden", !on); }

  // Another draft of the same: it stays until somebody discards or sends it.
  function offer(draft, text) {
    others = [draft, ...others.filter((one) => one.id !== draft.id)];
    const box = form.querySelector("[data-others]");
    box.replaceChildren(...others.map((one) => {
      const line = document.createElement("p");
      line.className = "other";
      line.append(text.replace("%", clock.format(new Date(one.at))), " ");
      const show = document.createElement("button");
      show.type = "button";
      show.className = "small";
      show.textContent = words.show;
      show.addEventListener("click", () => {
        const mine = snapshot();
        const nothing = blank();
        others = others.filter((each) => each.id !== one.id);
        apply(one);
        if (!nothing) offer(mine, words.other);
        else line.remove();
        area.focus();
      });
      line.append(show);
      return line;
    }));
  }

  // Of what the server has and what this device has, the newer is shown; the other is offered where it differs.
  async function begin() {
    let local = null;
    try { local = JSON.parse(localStorage.getItem(key)); } catch { local = null; }
    const server = Number(fields.version.value) > 0 && !given ? { ...snapshot(), at: form.dataset.at } : null;
    if (server) { touched = true; mark(true); say(words.saved.replace("%", clock.format(new Date(server.at)))); }
    for (const one of [...others].reverse()) offer(one, words.newer);
    if (!local || given) return;
    if (local.sent) {
      const answer = await send(local, false);
      if (answer?.state === "ended") { localStorage.removeItem(key); return; }
    }
    if (!local.dirty) { if (!server || server.id !== local.id) localStorage.removeItem(key); return; }
    if (server && same(server, local)) return;
    if (!server || local.at > server.at || local.id === server.id && local.version === server.version) {
      if (server && local.id === server.id) local.version = server.version;
      if (server && local.id !== server.id) offer(server, words.newer);
      apply(local);
      say(words.here);
      changed();
    } else offer(local, words.other);
  }

  addEventListener("pagehide", () => { saveHere(); saveThere(true); });
  document.addEventListener("visibilitychange", () => { if (document.hidden) { saveHere(); saveThere(true); } });
  addEventListener("online", () => saveThere());

  return {
    begin, changed, apply, fields: filled,
    get touched() { return touched && !blank(); },
    // The form goes with its page: whether it arrived is seen at the next visit.
    leave() {
      if (touched && !blank()) try { localStorage.setItem(key, JSON.stringify({ ...snapshot(), dirty: true, sent: true })); } catch { /* the server has it */ }
      this.stop();
    },
    stop() { ended = true; clearTimeout(here); clearTimeout(there); },
    go() { ended = false; if (touched) changed(); },
    // The words are sent: nothing of them stays, and what is written next is another draft.
    done({ key: fresh, draft }) {
      localStorage.removeItem(key);
      fields.key.value = fresh;
      fields.draft.value = draft;
      fields.version.value = 0;
      area.fill({ text: "", html: "" });
      writing.files.set([]);
      writing.people.reset();
      put({});
      touched = ended = false;
      kept = changes;
      clearTimeout(here);
      clearTimeout(there);
      say("");
      mark(false);
    },
    async discard() {
      this.stop();
      const body = new URLSearchParams({ csrf: fields.csrf.value });
      const answer = await posted(`/drafts/${fields.draft.value}/discard`, body);
      out = isOut(answer);
      if (!answer?.ok || out) { this.go(); say(unsaved()); return; }
      const told = await answer.json();
      this.done({ key: fields.key.value, draft: told.fresh });
      if (others.length) offer(others[0], words.other);
      say(words.discarded);
    },
  };
}

function alike(some, others, names) {
  const said = (values, name) => (values[name] ?? []).map((one) => (LINES.includes(name) ? addressOf(one).toLowerCase() : one.trim())).sort().join("\n");
  return names.every((name) => said(some, name) === said(others, name));
}

const same = (one, other) => one.text.trim() === other.text.trim() && alike(one.fields, other.fields, FIELDS);
