// Fields of a ticket change where they stand: a choice by pointer at once, by keys with Enter or when the field is left.
import { lasts } from "./bulk.js";
import { isOut, posted, signIn } from "./session.js";

const CONTROL = "form[data-in-place] :is(select, input:not([type=hidden]))";

// Returns what keys do here: they go to a field.
export function fields() {
  const told = document.getElementById("toasts");
  if (!told) return {};
  let byKey = false;
  let last = Promise.resolve();
  const applied = new Map();

  document.addEventListener("pointerdown", () => { byKey = false; }, true);
  document.addEventListener("focusin", ({ target }) => { if (target.matches(CONTROL)) applied.set(target.name, valueOf(target)); });
  document.addEventListener("focusout", ({ target }) => { if (target.matches(CONTROL)) apply(target); });
  document.addEventListener("change", ({ target }) => { if (target.matches(`${CONTROL}:is(select:not([multiple]))`) && !byKey) apply(target); });
  document.addEventListener("submit", (event) => {
    if (!event.target.matches("form[data-in-place]")) return;
    event.preventDefault();
    delete event.target.dataset.sent;
    if (document.activeElement.matches(CONTROL)) apply(document.activeElement);
  });
  document.addEventListener("keydown", (event) => {
    byKey = true;
    const { target } = event;
    if (!target.matches?.(CONTROL)) return;
    if (event.key === "Enter" && changed(target)) { event.preventDefault(); apply(target); }
    if (event.key === "Escape" && changed(target)) { event.stopPropagation(); put(target, was(target).split("\n")); }
  }, true);

  const control = (name) => document.querySelector(`form[data-in-place] [name="${name}"]`);
  const goTo = (name) => () => {
    const field = control(name);
    if (field && !field.offsetParent) location.hash = "panel";
    field?.focus();
    if (field?.options) try { field.showPicker(); } catch { /* a browser without it opens it by Alt and the arrow */ }
  };
  const toMe = () => {
    const field = control("assignee");
    if (!field) return;
    field.value = field.dataset.me;
    apply(field);
  };

  const was = (field) => applied.get(field.name) ?? given(field);
  const changed = (field) => valueOf(field) !== was(field);

  function apply(field) {
    if (!changed(field)) return;
    applied.set(field.name, valueOf(field));
    const values = valueOf(field).split("\n");
    last = last.then(() => save(field.form, field.name, field.multiple ? [...values, ""] : values));
  }

  // One after another: each names the version that the one before it made.
  async function save(form, name, values, undoes = false) {
    const field = form.elements[name];
    const at = field.matches?.("select, input") ? field : form.querySelector(`[name="${name}"]`);
    at.setAttribute("aria-busy", "true");
    const answer = await post(form, name, values);
    at.removeAttribute("aria-busy");
    form.querySelector(`[data-refused="${name}"]`)?.remove();
    if (answer.lost) { refused(form, at, answer.lost); return; }
    if (!answer.ok) { refused(form, at, answer.told, values); return; }
    if (answer.told.to) { location.assign(answer.told.to); return; }
    know(answer.told.version);
    if (undoes) put(at, values);
    applied.set(name, valueOf(at));
    const old = answer.told.undo?.[name];
    toast(answer.told.said, old && !undoes ? () => { last = last.then(() => save(document.querySelector("form[data-in-place]") ?? form, name, old, true)); } : null);
    document.dispatchEvent(new Event("desk:changed"));
  }

  async function post(form, name, values) {
    const body = new URLSearchParams({ csrf: form.elements.csrf.value, version: form.elements.version.value });
    for (const value of values) body.append(name, value);
    const answer = await posted(form.action, body);
    const told_ = answer && !answer.redirected ? await answer.json().catch(() => null) : null;
    const lost = isOut(answer) ? { why: told.dataset.out, out: true } : { why: told.dataset.away };
    return told_ ? { ok: answer.ok, told: told_ } : { lost };
  }

  // The other forms of the page change the same version.
  function know(version) {
    for (const form of document.querySelectorAll('form[action$="/change"]')) form.elements.version.value = version;
  }

  // Why it was not done stands at the field, with what can be done: nothing is set back behind one's back.
  function refused(form, field, why, wanted) {
    const line = document.createElement("p");
    line.className = "refused";
    // by its id it stays where it is when the panel comes anew
    line.id = `refused-${field.name}`;
    line.dataset.refused = field.name;
    line.setAttribute("role", "alert");
    line.append(Object.assign(document.createElement("span"), { textContent: why.why ?? why.detail ?? told.dataset.away }));
    const now = () => control(field.name) ?? field;
    const keep = () => { line.remove(); now().focus(); };
    if (why.values) {
      put(field, why.values[field.name]);
      applied.set(field.name, valueOf(field));
      know(why.version);
      if (why.set) line.append(button(why.keep, keep), button(why.set, () => { keep(); put(now(), wanted); apply(now()); }));
    }
    if (why.out) line.append(button(told.dataset.signIn, signIn));
    field.closest("label").after(line);
    line.querySelector("button")?.focus();
  }

  function toast(text, undo) {
    const one = document.createElement("div");
    one.className = "toast";
    one.setAttribute("role", "status");
    const line = document.createElement("p");
    line.append(Object.assign(document.createElement("span"), { textContent: text }));
    one.append(line);
    if (undo) {
      const act = button(told.dataset.undo, () => { one.remove(); undo(); });
      act.dataset.key = "z";
      act.title = `${told.dataset.undo} (Z)`;
      one.append(act);
    }
    const away = button("×", () => one.remove());
    away.className = "quiet square";
    away.setAttribute("aria-label", told.dataset.dismiss);
    one.append(away);
    told.replaceChildren(one);
    lasts(one);
  }

  return {
    a: goTo("assignee"),
    i: toMe,
    s: goTo("status"),
    p: goTo("priority"),
    t: goTo("tags"),
    e: goTo("subject"),
  };
}

const valueOf = (field) => (field.multiple ? [...field.selectedOptions].map((one) => one.value).join("\n") : field.value);

// What the page was made with.
function given(field) {
  const chosen = field.options && [...field.options].filter((one) => one.defaultSelected);
  return chosen ? (chosen.length || field.multiple ? chosen : [field.options[0]]).map((one) => one.value).join("\n") : field.defaultValue;
}

function put(field, values) {
  if (field.multiple) for (const option of field.options) option.selected = values.includes(option.value);
  else field.value = values[0] ?? "";
}

function button(text, act) {
  const made = Object.assign(document.createElement("button"), { type: "button", className: "small", textContent: text });
  made.addEventListener("click", act);
  return made;
}
