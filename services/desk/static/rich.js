// Rich text over the textarea. What is pasted or dropped is cleaned here, and on the server once more.
import Squire from "./vendor/squire-2.4.8.min.mjs";
import "./vendor/dompurify-3.4.18.min.js";
import { asHtml } from "./area.js";

const TAGS = ["a", "b", "blockquote", "br", "code", "div", "em", "h1", "h2", "h3", "hr", "i", "img", "li", "ol", "p", "pre", "s", "strong", "sub", "sup", "u", "ul", "#text", "input"];
const OF_TABLES = ["table", "caption", "thead", "tbody", "tfoot", "tr", "td", "th"];
const APART = "blockquote, div, h1, h2, h3, hr, li, p, pre";
const ATTRIBUTES = ["href", "src", "alt", "width", "height"];
const ATTRIBUTE = /([^\s"'<>/=]+)(?:\s*=\s*(?:"[^"]*"|'[^']*'|[^\s"'=<>`]+))?/g;
const OURS = /^(?:https?:\/\/[^/]+)?\/(?:uploads\/[0-9a-f-]{36}\/image|posts\/[0-9a-f-]{36}\/inline\/)/;
const LINKS = /^(?:https?|mailto|tel):/i;

// Neither style nor class stays, no image but of ours, no link but of the web, mail and telephone.
export function cleaned(html) {
  const kept = window.DOMPurify.sanitize(bare(html), {
    ALLOWED_TAGS: [...TAGS, ...OF_TABLES], ALLOWED_ATTR: ATTRIBUTES, ALLOW_DATA_ATTR: false, ALLOW_ARIA_ATTR: false,
    ALLOWED_URI_REGEXP: /^(?:https?:|mailto:|tel:|\/)/i, FORBID_CONTENTS: ["style", "script", "title", "head"], RETURN_DOM_FRAGMENT: true,
  });
  for (const image of kept.querySelectorAll("img")) if (!OURS.test(image.getAttribute("src") ?? "")) image.remove();
  for (const link of kept.querySelectorAll("a")) if (!LINKS.test(link.getAttribute("href") ?? "")) link.replaceWith(...link.childNodes);
  lined(kept);
  for (const input of kept.querySelectorAll("input")) input.remove();
  return document.importNode(kept, true);
}

// Before it is parsed: the policy of the page reports each style and each handler that a parser meets, though none would count.
function bare(html) {
  const worded = html.replace(/<style[\s\S]*?(?:<\/style>|$)/gi, "");
  return worded.replace(/<([a-z][^\s/>]*)((?:"[^"]*"|'[^']*'|[^"'>])*|[^>]*)(?:>|$)/gi, (_, name, rest) => {
    const kept = [...rest.matchAll(ATTRIBUTE)].filter(([, named]) => ATTRIBUTES.includes(named.toLowerCase()));
    return `<${name}${kept.map(([whole]) => ` ${whole}`).join("")}>`;
  });
}

// A table becomes lines, with a wide space between its cells: the innermost first, so that those of a layout come apart too.
function lined(kept) {
  for (const row of [...kept.querySelectorAll("tr")].reverse()) {
    const line = document.createElement("div");
    for (const cell of row.children) {
      const apart = line.lastChild && !cell.querySelector(APART) && !line.querySelector(APART);
      line.append(...(apart ? ["\u2003"] : []), ...cell.childNodes);
    }
    row.replaceWith(line);
  }
  for (const part of [...kept.querySelectorAll(OF_TABLES.join())].reverse()) part.replaceWith(...(part.matches("caption") ? part.childNodes : part.children));
}

class Rich {
  constructor(area, root) {
    this.root = root;
    this.squire = new Squire(root, { blockTag: "DIV", sanitizeToDOMFragment: (html) => cleaned(html), didError: (error) => console.warn(error) });
    // its handles for images set styles that the policy of the page forbids
    this.squire._imageResizer?.destroy();
    this.squire.setHTML(area.form.elements.html.value || asHtml(area.field.value));
    this.squire.addEventListener("input", () => area.told());
  }

  html() { return this.blank() ? "" : this.squire.getHTML().replace(/\s(?:style|class)="[^"]*"/g, ""); }
  text() { return this.root.innerText.replace(/ /g, " ").replace(/​/g, "").replace(/\n$/, ""); }
  blank() { return !this.root.textContent.replace(/​/g, "").trim() && !this.root.querySelector("img"); }
  fill(html) { this.squire.setHTML(html); this.squire.moveCursorToEnd(); }
  insert(html) { this.squire.insertHTML(html); }

  beforeCaret() {
    const range = this.squire.getSelection();
    if (range.startContainer.nodeType !== Node.TEXT_NODE) return "";
    let block = range.startContainer;
    while (block.parentNode !== this.root && !/^(?:DIV|P|LI|BLOCKQUOTE)$/.test(block.nodeName)) block = block.parentNode;
    const before = document.createRange();
    before.setStart(block, 0);
    before.setEnd(range.startContainer, range.startOffset);
    return before.toString().replace(/​/g, "");
  }

  selectBefore(length) {
    const range = this.squire.getSelection();
    range.setStart(range.startContainer, Math.max(0, range.startOffset - length));
    this.squire.setSelection(range);
  }
}

export function enrich(area, { images, words }) {
  const field = area.field;
  const had = document.activeElement === field;
  const root = document.createElement("div");
  root.className = "rich prose";
  root.setAttribute("role", "textbox");
  root.setAttribute("aria-multiline", "true");
  root.setAttribute("aria-label", field.getAttribute("aria-label"));
  if (field.getAttribute("aria-describedby")) root.setAttribute("aria-describedby", field.getAttribute("aria-describedby"));
  root.dataset.placeholder = field.placeholder;
  root.dataset.key = field.dataset.key ?? "";
  field.after(root);
  const rich = new Rich(area, root);
  area.rich = rich;
  field.hidden = true;
  const mark = () => root.classList.toggle("blank", rich.blank() && !root.querySelector("ul, ol, blockquote"));
  mark();
  area.changed(mark);
  rich.squire.addEventListener("pasteImage", (event) => images([...event.detail.clipboardData.files]));
  toolbar(area, rich, images, words);
  if (had) { root.focus(); rich.squire.moveCursorToEnd(); }
}

// A toolbar as the ARIA practices have it: one stop of Tab, arrows move within.
function toolbar(area, rich, images, words) {
  const bar = area.form.querySelector("[data-format]");
  if (!bar) return;
  const { squire } = rich;
  const buttons = [...bar.querySelectorAll("[data-act]")];
  const within = (tag) => squire.hasFormat(tag);
  const acts = {
    bold: () => within("B") ? squire.removeBold() : squire.bold(),
    italic: () => within("I") ? squire.removeItalic() : squire.italic(),
    list: () => within("UL") ? squire.removeList() : squire.makeUnorderedList(),
    quote: () => within("BLOCKQUOTE") ? squire.decreaseQuoteLevel() : squire.increaseQuoteLevel(),
    link: () => link(area, rich, words),
    image: () => choose(images),
  };
  bar.hidden = false;
  bar.addEventListener("mousedown", (event) => event.preventDefault());
  bar.addEventListener("click", (event) => {
    const act = acts[event.target.closest("[data-act]")?.dataset.act];
    if (!act) return;
    act();
    area.told();
  });
  bar.addEventListener("keydown", (event) => {
    const step = { ArrowRight: 1, ArrowLeft: -1 }[event.key];
    const at = buttons.indexOf(document.activeElement);
    const to = event.key === "Home" ? 0 : event.key === "End" ? buttons.length - 1 : step ? (at + step + buttons.length) % buttons.length : -1;
    if (to < 0 || at < 0) return;
    event.preventDefault();
    buttons[at].tabIndex = -1;
    buttons[to].tabIndex = 0;
    buttons[to].focus();
  });
  const pressed = { bold: "B", italic: "I", list: "UL", quote: "BLOCKQUOTE" };
  squire.addEventListener("pathChange", () => {
    for (const button of buttons) if (pressed[button.dataset.act]) button.setAttribute("aria-pressed", within(pressed[button.dataset.act]));
  });
}

function choose(images) {
  const input = document.createElement("input");
  input.type = "file";
  input.accept = "image/*";
  input.multiple = true;
  input.addEventListener("change", () => images([...input.files]));
  input.click();
}

// The address of a link, in a small form below the toolbar; a link at the caret is changed or taken out.
function link(area, rich, words) {
  const open = area.form.querySelector(".link-form");
  if (open) { open.remove(); return; }
  const range = rich.squire.getSelection();
  const at = range.commonAncestorContainer;
  const there = (at.nodeType === Node.TEXT_NODE ? at.parentElement : at).closest("a");
  const box = document.createElement("div");
  box.className = "link-form";
  box.innerHTML = '<input type="text" inputmode="url" placeholder="https://"><button type="button" class="small"></button><button type="button" class="small quiet"></button>';
  const [input, set, unset] = box.children;
  input.setAttribute("aria-label", words.link);
  input.value = there?.getAttribute("href") ?? "";
  set.textContent = words.set;
  unset.textContent = words.unlink;
  unset.hidden = !there;
  const done = (act) => { box.remove(); rich.squire.setSelection(range); rich.root.focus(); act?.(); area.told(); };
  const put = () => done(() => {
    const address = input.value.trim();
    if (address) rich.squire.makeLink(LINKS.test(address) ? address : address.includes("@") ? `mailto:${address}` : `https://${address}`);
  });
  set.addEventListener("click", put);
  unset.addEventListener("click", () => done(() => rich.squire.removeLink()));
  box.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && !event.ctrlKey) { event.preventDefault(); put(); }
    if (event.key === "Escape") { event.stopPropagation(); done(); }
  });
  area.form.querySelector(".tools").before(box);
  input.focus();
}
