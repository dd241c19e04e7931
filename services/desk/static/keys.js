// Single keys, off while typing. Each is shown in a tooltip and under "?".
export const typing = (target) => target.closest?.("input:not([type=checkbox]), textarea, select, [contenteditable]");

export function keys(ofPage = {}) {
  const rows = () => [...document.querySelectorAll("[data-list] tbody tr")];
  const posts = () => [...document.querySelectorAll(".timeline > .entry:not(.system)")];

  function moveRow(step) {
    const all = rows();
    const at = all.findIndex((row) => row.classList.contains("current"));
    const next = all[Math.min(Math.max(at + step, 0), all.length - 1)];
    if (!next) return;
    all[at]?.classList.remove("current");
    next.classList.add("current");
    next.querySelector("a, button")?.focus({ preventScroll: true });
    next.scrollIntoView({ block: "nearest" });
  }

  function movePost(step) {
    const all = posts();
    const at = all.findIndex((post) => post.contains(document.activeElement));
    const next = at < 0 ? all.at(step > 0 ? 0 : -1) : all[at + step];
    next?.querySelector("summary")?.focus();
    next?.scrollIntoView({ block: "center" });
  }

  function write(kind) {
    const choice = document.getElementById(`write-${kind}`);
    if (!choice) return false;
    choice.checked = true;
    document.querySelector(`.editor form.${kind} :is(.rich, textarea:not([hidden]))`).focus();
    return true;
  }

  const acts = {
    "/": () => document.querySelector('[data-key="/"]')?.focus(),
    c: () => document.querySelector('[data-key="c"]')?.click(),
    u: () => document.querySelector('[data-key="u"]')?.click(),
    j: () => (rows().length ? moveRow(1) : document.querySelector('[data-key="j"]')?.click()),
    k: () => (rows().length ? moveRow(-1) : document.querySelector('[data-key="k"]')?.click()),
    o: () => document.querySelector("tr.current a")?.click(),
    z: () => [...document.querySelectorAll(':is([data-asks], .toast) [data-key="z"]')].find((one) => one.offsetParent)?.click(),
    n: () => movePost(1),
    b: () => movePost(-1),
    r: () => write("reply"),
    m: () => write("note"),
    ".": () => document.querySelector('[data-key="."]:not([hidden])')?.click(),
    "?": () => document.getElementById("keys")?.showModal(),
    ...ofPage,
  };

  document.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) {
      const form = event.target.closest?.(".editor form");
      if (form) { event.preventDefault(); form.requestSubmit(form.querySelector("[data-send]")); }
      return;
    }
    if (document.documentElement.dataset.keys === "off" || event.ctrlKey || event.metaKey || event.altKey || typing(event.target) || document.querySelector("dialog[open]")) return;
    const act = acts[event.key];
    // arrows move rows from within the list; elsewhere they scroll
    if (event.key.startsWith("Arrow") && !event.target.closest?.("[data-list]")) return;
    if (act) { event.preventDefault(); act(); }
  });
}
