// While one types: "@" names a colleague in a note, "/" at the start of a line a saved reply.
import { Suggestions, asking } from "./suggesting.js";

const AT = /(?:^|\s)@([\p{L}\w.+-]*)$/u;
const SLASH = /^\/([\p{L}\w -]*)$/u;

export function completes({ form, area, files }, { words, path, isNote }) {
  const list = new Suggestions(words.suggestions);
  const people = asking((found) => found.map((one) => ({ label: one.name || one.address, note: one.address, text: `@${one.name || one.address} ` })));
  const saved = asking((found) => found.map((one) => ({ label: one.name, note: one.scope, ...one })));
  const mention = isNote && path;

  function look() {
    const before = area.beforeCaret();
    const at = mention && AT.exec(before);
    const slash = SLASH.exec(before);
    if (at) people(`${path}/colleagues?q=${encodeURIComponent(at[1])}`, (items) => show(items, at[1].length + 1));
    else if (slash && path) saved(`${path}/saved-replies?q=${encodeURIComponent(slash[1])}`, (items) => show(items, slash[0].length));
    else { list.hide(); people(""); saved(""); }
  }

  function show(items, length) {
    if (!form.contains(document.activeElement)) return;
    list.show(items, area.element, area.caret(), (item) => {
      area.replaceBefore(length, { text: item.text, html: item.html });
      if (item.files?.length) files.set([...files.kept(), ...item.files]);
    });
  }

  form.addEventListener("input", (event) => { if (event.target === area.element) look(); });
  form.addEventListener("keydown", (event) => { if (event.target === area.element) list.key(event); }, true);
  form.addEventListener("focusout", () => list.hide());
  form.querySelector("[data-format]")?.addEventListener("click", (event) => {
    const act = event.target.closest("[data-act]")?.dataset.act;
    if (act !== "mention" && act !== "saved" || !path) return;
    area.focus();
    if (act === "mention") { area.insert({ text: "@", html: "@" }); look(); }
    else saved(`${path}/saved-replies`, (items) => show(items.length ? items : [{ label: words.nothing, text: "" }], 0));
  });
}
