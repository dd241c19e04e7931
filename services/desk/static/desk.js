// Everything here only helps: each page reads, filters and replies without it.
import { doctor } from "./doctor.js";
import { toasts } from "./bulk.js";
import { editor } from "./editor.js";
import { fields } from "./fields.js";
import { keys } from "./keys.js";
import { keepWay, list } from "./list.js";
import { live } from "./live.js";
import { menus } from "./menus.js";
import { palette } from "./palette.js";
import { presence } from "./presence.js";
import { timeline } from "./timeline.js";

document.documentElement.classList.add("scripted");

// Frames of mails are as high as their mail: nothing in them can run, but the page may measure them.
export function fitFrames(root) {
  for (const frame of root.querySelectorAll("iframe.mail")) {
    const fit = () => {
      // the body: the page itself is never less high than its frame
      const words = frame.contentDocument?.body;
      if (words) frame.height = Math.min(Math.max(words.scrollHeight, 48), 20_000);
    };
    frame.onload = fit; // once, however often the timeline is prepared
    fit();
  }
}

// The images of a mail that lie elsewhere: its frame is loaded anew, with them, and nothing else of the page.
function imagesOnRequest() {
  document.addEventListener("click", (event) => {
    const link = event.target.closest?.("[data-images]");
    const frame = link?.closest(".body").querySelector("iframe.mail");
    if (!frame) return;
    event.preventDefault();
    const told = link.closest("[data-images-bar]").querySelector("span");
    frame.addEventListener("load", () => {
      const lost = [...frame.contentDocument?.images ?? []].filter((image) => /\/remote\?/.test(image.src) && !image.naturalWidth).length;
      told.textContent = lost ? link.dataset.lost.replace("%", lost) : link.dataset.done;
    }, { once: true });
    frame.src = link.dataset.images;
    link.remove();
  });
}

// A choice by pointer filters at once. By keyboard it waits for the button: arrows pass many choices.
function submitOnChange() {
  let byKey = false;
  document.addEventListener("keydown", () => { byKey = true; }, true);
  document.addEventListener("pointerdown", () => { byKey = false; }, true);
  for (const form of document.querySelectorAll("form[data-submits]")) {
    form.addEventListener("change", () => byKey || form.requestSubmit());
  }
}

// A table that is wider than its place is scrolled by arrows too.
function scrollByKey() {
  for (const part of document.querySelectorAll(".wide")) {
    if (part.scrollWidth > part.clientWidth) part.tabIndex = 0;
  }
}

function loadMore() {
  const link = document.querySelector("[data-more]");
  link?.addEventListener("click", async (event) => {
    event.preventDefault();
    link.setAttribute("aria-busy", "true");
    const answer = await fetch(link.href, { headers: { Accept: "text/html" } });
    if (!answer.ok) return location.assign(link.href);
    const page = new DOMParser().parseFromString(await answer.text(), "text/html");
    const rows = document.querySelector(link.dataset.more);
    rows.append(...page.querySelectorAll(`${link.dataset.more} > tr`));
    const next = page.querySelector("[data-more]");
    document.querySelector(".foot .num").textContent = document.querySelector(".foot .num").textContent.replace(/^\d+/, rows.children.length);
    link.removeAttribute("aria-busy");
    if (next) link.href = next.getAttribute("href");
    else link.remove();
  });
}

function knowTheZone() {
  const zone = Intl.DateTimeFormat().resolvedOptions().timeZone;
  for (const field of document.querySelectorAll("[data-zone]")) field.value = field.value || zone;
  for (const name of document.querySelectorAll("[data-zone-name]")) name.textContent = `(${name.closest("form").elements.zone.value})`;
}

// A form that is on its way is not sent twice by a second click.
function sendOnce() {
  document.addEventListener("submit", (event) => {
    const form = event.target;
    if (form.method !== "post" || event.defaultPrevented) return;
    if (form.dataset.sent) event.preventDefault();
    form.dataset.sent = "yes";
    setTimeout(() => delete form.dataset.sent, 12_000);
  });
  window.addEventListener("pageshow", () => {
    for (const form of document.forms) delete form.dataset.sent;
  });
}

fitFrames(document);
submitOnChange();
scrollByKey();
loadMore();
knowTheZone();
sendOnce();
imagesOnRequest();
keys({ ...list(fitFrames), ...fields() });
palette();
toasts();
doctor();
editor();
timeline(fitFrames);
live(fitFrames);
presence();
menus();
keepWay();
