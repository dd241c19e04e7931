// While one types: "@" names a colleague in a note, "/" at the start of a line a saved reply.
import { Suggestions, asking } from "./suggesting.js";

const AT = /(?:^|\s)@([\p{L}\w.+-]*)$/u;
const SLASH = /^\/([\p{L}\w -]*)$/u;

export function completes({ form, area, files }, { words, path, isNote }) {
  const list = new Suggestions(words.suggestions);
  const people = asking((found) => found.map((one) => ({ label: one.name || one.address, note: one.address, text: `@${one.name || one.address} ` })));
  const manage = { label: words.manage, go: "/settings/saved-replies" };
  const saved = asking((found) => [...found.map((one) => ({ label: one.name, note: one.scope, id: one.id })), manage]);
  const mention = isNote && path;

  function look() {
    const before = area.beforeCaret();
    const at = mention && AT.exec(before);
    const slash = SLASH.exec(before);
    if (at) people(`${path}/colleagues?q=${encodeURIComponent(at[1])}`, (items) => show(items, at[1].length + 1));
    else if (slash && path && !isNote) saved(`${path}/saved-replies?q=${encodeURIComponent(slash[1])}`, (items) => show(items, slash[0].length));
    else { list.hide(); people(""); saved(""); }
  }

  function show(items, length) {
    if (!form.contains(document.activeElement)) return;
    list.show(items, area.element, area.caret(), (item) => {
      if (item.go) location.assign(item.go);
      else if (item.id) put(item, length);
      else area.replaceBefore(length, item);
    });
  }

  // A saved reply comes filled from this ticket; what stands here stays.
  async function put(item, length) {
    const body = new URLSearchParams({ csrf: form.elements.csrf.value });
    const answer = await fetch(`${path}/saved-replies/${item.id}`, { method: "POST", body, headers: { Accept: "application/json" } }).catch(() => null);
    const told = answer && !answer.redirected ? await answer.json().catch(() => null) : null;
    if (!answer?.ok || !told) { form.querySelector("[data-draft-state]").textContent = told?.why ?? words.away; return; }
    area.focus();
    area.replaceBefore(length, told);
    if (told.files.length) files.set([...files.kept(), ...told.files]);
  }

  form.addEventListener("input", (event) => { if (event.target === area.element) look(); });
  form.addEventListener("keydown", (event) => { if (event.target === area.element) list.key(event); }, true);
  form.addEventListener("focusout", () => list.hide());
  form.querySelector("[data-format]")?.addEventListener("click", (event) => {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act !== "mention" && act !== "saved" || !path) return;
    area.focus();
    if (act === "mention") { area.insert({ text: "@", html: "@" }); look(); }
    else saved(`${path}/saved-replies`, (items) => show(items, 0));
  });
}
