// The editor: each form that writes is taken over where it stands. Nothing here is needed to answer a ticket.
import { Area } from "./area.js";
import { completes } from "./completing.js";
import { drafts } from "./drafts.js";
import { recipients, suggests } from "./recipients.js";
import { sending } from "./sending.js";
import { takesFiles, uploads } from "./uploads.js";

const typing = (target) => target.closest?.("input, textarea, select, [contenteditable]");

export function editor() {
  const place = document.querySelector("[data-editor]");
  if (!place) return;
  const words = JSON.parse(document.getElementById("editor-words").dataset.words);
  const number = place.dataset.number;
  const path = place.dataset.path ?? (number ? `/tickets/${number}` : "");
  const all = [...place.querySelectorAll("form.writes")].map((form) => write(form));

  function write(form) {
    const writing = { form, area: new Area(form) };
    const changed = () => writing.drafts?.changed();
    writing.people = recipients(form, words, changed);
    writing.files = uploads(form, words, changed);
    if (place.dataset.place) {
      writing.drafts = drafts(writing, { words, place: place.dataset.place, path });
      writing.drafts.begin();
      writing.area.changed(changed);
    }
    form.addEventListener("change", (event) => { if (event.target.matches("select, input[type=radio], input[type=datetime-local]")) changed(); });
    form.addEventListener("input", (event) => { if (event.target.matches("input[name=subject], input[name=contact]")) changed(); });
    if (form.elements.contact) suggests(form.elements.contact, words, changed);
    if (number) sending(writing, words);
    else form.addEventListener("submit", (event) => leaves(event, writing));
    completes(writing, { words, path, isNote: form.dataset.kind !== "reply" && form.dataset.kind !== "forward" });
    form.addEventListener("keydown", (event) => keys(event, writing));
    return writing;
  }

  // A form of another page is sent with the page; of what it sent, the server says at the next visit whether it went.
  function leaves(event, { drafts: kept, area, files }) {
    if (event.submitter?.hasAttribute("data-discard")) { event.preventDefault(); kept.discard(); area.focus(); return; }
    if (files.busy) { event.preventDefault(); return; }
    if (!event.target.dataset.sent) kept?.leave();
  }

  // A button above the words is pressed where it stands: focus would make the form higher, and move it from under the hand.
  place.addEventListener("mousedown", (event) => { if (event.target.closest(":is([data-asks], [data-others], [data-people]) button")) event.preventDefault(); });

  // On a phone the editor is a sheet over the page while one writes.
  place.addEventListener("focusin", (event) => { if (event.target.closest("form") && !event.target.closest("[data-asks], [data-others]")) place.classList.add("writing"); });
  place.querySelector("[data-close]")?.addEventListener("click", () => leave());
  function leave() { place.classList.remove("writing"); document.activeElement?.blur(); }

  const current = () => all.find(({ form }) => form.offsetParent !== null);

  // Esc leaves, and the text stays. Ctrl+Enter of other pages than a ticket's is here.
  function keys(event, { form }) {
    const sends = event.key === "Enter" && (event.ctrlKey || event.metaKey);
    if (sends && event.shiftKey) {
      event.preventDefault();
      event.stopPropagation();
      form.requestSubmit(form.querySelector("[name=send][value=close]") ?? form.querySelector("[data-send]"));
    } else if (sends && !place.classList.contains("editor")) {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[data-send]"));
    } else if ((event.ctrlKey || event.metaKey) && event.shiftKey && event.key.toLowerCase() === "p") {
      event.preventDefault();
      const menu = form.querySelector("[data-send-menu]");
      if (menu) { menu.open = true; menu.querySelector("input").focus(); }
    } else if (event.key === "Enter" && event.target.name === "send_at") {
      event.preventDefault();
      form.requestSubmit(form.querySelector("[name=send][value=plan]"));
    } else if (event.key === "Escape" && !event.defaultPrevented) {
      const menu = event.target.closest("[data-send-menu][open]");
      if (menu) { menu.open = false; menu.querySelector("summary").focus(); } else leave();
    }
  }

  function choose(kind) {
    const choice = document.getElementById(`write-${kind}`);
    if (!choice) return null;
    choice.checked = true;
    return all.find(({ form }) => form.dataset.kind === kind);
  }

  document.addEventListener("keydown", (event) => {
    if (document.documentElement.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]") || !number) return;
    if (event.key === "R") {
      event.preventDefault();
      const writing = choose("reply");
      writing.people.toAll(true);
      writing.area.focus();
    }
    if (event.key === "w") [...document.querySelectorAll("[data-forward]")].at(-1)?.click();
  });

  // What is selected in a post is quoted below the words of the reply.
  document.addEventListener("click", (event) => {
    const button = event.target.closest?.("[data-quote]");
    if (!button) return;
    const post = button.closest(".entry");
    const chosen = window.getSelection();
    const picked = chosen.rangeCount && post.contains(chosen.anchorNode) ? chosen.toString() : "";
    const text = (picked || post.querySelector(".body .prose")?.innerText || "").trim().replace(/\n{3,}/g, "\n\n");
    const writing = choose("reply");
    if (!text || !writing) return;
    const quoted = `${text.split("\n").map((line) => `> ${line}`).join("\n")}\n`;
    const div = document.createElement("div");
    div.textContent = text;
    writing.area.focus();
    writing.area.insert({ text: quoted, html: `<blockquote>${div.innerHTML.split("\n").map((line) => `<div>${line || "<br>"}</div>`).join("")}</blockquote><div><br></div>` });
  });
  document.addEventListener("mousedown", (event) => { if (event.target.closest?.("[data-quote]")) event.preventDefault(); });
  document.addEventListener("click", (event) => {
    for (const menu of place.querySelectorAll("[data-send-menu][open]")) if (!menu.contains(event.target)) menu.open = false;
  });

  takesFiles(() => { const now = current(); return now && { area: now.area, files: now.files }; }, words);
  later(async () => {
    const { enrich } = await import("./rich.js");
    for (const { area, files } of all) enrich(area, { images: (chosen) => files.draw(chosen, area), words });
  });
}

// After the first paint: the page can be read and written in before.
function later(act) {
  requestAnimationFrame(() => ("requestIdleCallback" in window ? requestIdleCallback(act, { timeout: 500 }) : setTimeout(act, 50)));
}
