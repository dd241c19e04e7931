// Menus that open in place: one at a time, arrows walk them, Escape and a click elsewhere close them.
export function menus() {
  const open = () => document.querySelector("[data-menu][open]");
  const items = (menu) => [...menu.querySelectorAll(".menu-body :is(a, button)")].filter((one) => one.offsetParent);

  function close(menu) {
    menu.open = false;
    menu.querySelector("summary").focus({ preventScroll: true });
  }

  document.addEventListener("click", (event) => {
    const copies = event.target.closest?.("[data-copy]");
    if (copies && navigator.clipboard) { event.preventDefault(); copy(copies); return; }
    for (const menu of document.querySelectorAll("[data-menu][open]")) {
      const within = menu.contains(event.target);
      if (!within || event.target.closest(".menu-body :is(a, button)")) menu.open = false;
    }
  });
  document.addEventListener("keydown", (event) => {
    const menu = open();
    if (!menu?.contains(document.activeElement)) return;
    if (event.key === "Escape") { event.preventDefault(); close(menu); return; }
    const step = { ArrowDown: 1, ArrowUp: -1 }[event.key];
    if (!step) return;
    event.preventDefault();
    const all = items(menu);
    const at = all.indexOf(document.activeElement);
    all[(at + step + all.length) % all.length].focus();
  });

  // The words of the entry say that it was done, and then what it does again.
  async function copy(link) {
    const words = link.querySelector("[aria-live]");
    link.dataset.words ??= words.textContent;
    await navigator.clipboard.writeText(link.href).catch(() => location.assign(link.href));
    words.textContent = link.dataset.done;
    setTimeout(() => { words.textContent = link.dataset.words; }, 2_000);
  }
}
