import { isOut, posted, signIn } from "./session.js";

// A form of the editor is sent without leaving the page; what is sent can be taken back for some seconds.
export function sending(writing, words) {
  const { form, area, drafts } = writing;
  let busy = false;

  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    const button = event.submitter;
    if (button?.hasAttribute("data-discard")) { drafts.discard(); area.focus(); return; }
    if (busy || writing.files.busy) return;
    if (!writing.people.settle()) return;
    busy = true;
    drafts.stop();
    form.setAttribute("aria-busy", "true");
    const answer = await send(button);
    form.removeAttribute("aria-busy");
    delete form.dataset.sent;
    busy = false;
    if (answer.ok) sent(answer.told);
    else { drafts.go(); refused(answer.told, button); }
  });

  async function send(button) {
    const data = new FormData(form, button?.name && button.form === form ? button : undefined);
    data.delete("files");
    const answer = await posted(form.action, data);
    const told = answer && !answer.redirected ? await answer.json().catch(() => null) : null;
    return { ok: Boolean(answer?.ok && told), told: told ?? lost(answer) };
  }

  // Why there is no answer of the desk.
  function lost(answer) { return isOut(answer) ? { why: words.out, out: true } : { why: words.away }; }

  function refused(told, button) {
    const acts = told.out ? [[words.sign_in, signIn]] : [];
    if (told.ask === "newer") {
      const know = () => { form.elements.seen.value = told.seen; };
      acts.push([words.read, () => { know(); clear(); document.getElementById(`post-${told.seen}`)?.scrollIntoView({ block: "center" }); }]);
      acts.push([words.anyway, () => { know(); form.requestSubmit(button); }]);
    }
    if (told.ask === "attached") acts.push([words.anyway, () => { form.querySelector("[data-asks]").append(hidden("anyway")); form.requestSubmit(button); }]);
    say(told.why ?? told.detail ?? words.away, acts, true);
    document.dispatchEvent(new Event("desk:changed"));
  }

  function sent(told) {
    const { answers } = drafts.fields();
    drafts.done(told);
    form.querySelector("[data-send-menu]")?.removeAttribute("open");
    form.querySelector("[name=anyway]")?.remove();
    const acts = told.mail && told.undo ? [[words.undo, () => undo(told.mail, { answers }), "z"]] : [];
    const bar = say(told.said, acts, false);
    if (acts.length) countdown(bar, told.undo);
    else setTimeout(() => bar.isConnected && clear(), 6_000);
    document.activeElement?.blur();
    form.closest(".writing")?.classList.remove("writing");
    if (told.to) { location.assign(told.to); return; }
    seeTheNewOne();
    document.dispatchEvent(new Event("desk:changed"));
  }

  // What was sent comes into the timeline; the page goes there.
  function seeTheNewOne() {
    const list = document.querySelector("[data-timeline]");
    if (!list) return;
    const watch = new MutationObserver(() => {
      watch.disconnect();
      list.lastElementChild.scrollIntoView({ block: "nearest" });
    });
    watch.observe(list, { childList: true });
    setTimeout(() => watch.disconnect(), 5_000);
  }

  function countdown(bar, seconds) {
    const left = document.createElement("span");
    left.className = "meta num";
    left.setAttribute("aria-hidden", "true");
    bar.querySelector("span").after(left);
    const until = Date.now() + seconds * 1_000;
    const timer = setInterval(() => {
      const rest = Math.ceil((until - Date.now()) / 1_000);
      left.textContent = words.leaves.replace("%", Math.max(rest, 0));
      if (rest > 0 && bar.isConnected) return;
      clearInterval(timer);
      if (bar.isConnected) clear();
    }, 250);
  }

  async function undo(mail, had) {
    const body = new URLSearchParams({ csrf: form.elements.csrf.value, from: "ticket" });
    const answer = await posted(`/outgoing/${mail}/cancel`, body);
    const told = answer && !answer.redirected ? await answer.json().catch(() => null) : null;
    if (!answer?.ok || !told) { say(told?.why ?? lost(answer).why, isOut(answer) ? [[words.sign_in, signIn]] : [], true); return; }
    clear();
    if (told.kept) say(told.kept, [], false);
    drafts.apply({ ...told, fields: { ...had, ...told.fields }, id: form.elements.draft.value, version: Number(form.elements.version.value) });
    drafts.changed();
    area.focus();
    document.dispatchEvent(new Event("desk:changed"));
  }

  function clear() { form.querySelectorAll("[data-asks] > :not(input)").forEach((one) => one.remove()); }

  function say(text, acts, wrong) {
    clear();
    const bar = document.createElement("p");
    bar.className = wrong ? "problem" : "told";
    bar.setAttribute("role", wrong ? "alert" : "status");
    const words_ = document.createElement("span");
    words_.textContent = text;
    bar.append(words_);
    for (const [word, act, key] of acts) {
      const button = document.createElement("button");
      button.type = "button";
      button.className = "small";
      button.textContent = word;
      button.addEventListener("click", act);
      if (key) Object.assign(button, { title: `${word} (${key.toUpperCase()})` }).dataset.key = key;
      bar.append(button);
    }
    form.querySelector("[data-asks]").append(bar);
    return bar;
  }
}

function hidden(name) {
  const field = document.createElement("input");
  Object.assign(field, { type: "hidden", name, value: "on" });
  return field;
}
