// Many tickets at once: which are selected, and what a change would do before it happens.
export function bulk(table) {
  const form = document.getElementById("bulk");
  if (!form) return {};
  const boxes = () => [...table.querySelectorAll(".c-select input[name=ticket]")];
  const chosen = () => boxes().filter((box) => box.checked);
  const current = () => table.querySelector("tr.current input[name=ticket]");
  const everything = form.elements.all;
  const selectAll = document.getElementById("select-all");
  const told = document.getElementById("selected");
  let last = null;

  function count() {
    const number = chosen().length;
    told.textContent = told.dataset.words.replace("%", number);
    form.classList.toggle("is-open", number > 0 || everything.checked);
    selectAll.checked = number > 0 && number === boxes().length;
    selectAll.indeterminate = number > 0 && !selectAll.checked;
    if (!number) everything.checked = false;
  }

  function setAll(on) {
    for (const box of boxes()) if (!box.closest(".gone")) box.checked = on;
    count();
  }

  function toggle(box, range) {
    if (!box) return;
    const all = boxes();
    box.checked = !box.checked;
    if (range && last && all.includes(last)) {
      const [from, to] = [all.indexOf(last), all.indexOf(box)].sort((one, other) => one - other);
      for (const each of all.slice(from, to + 1)) each.checked = true;
    }
    settle(box);
  }

  // Who leaves one out does not mean all; a row that left the list by itself is none of them.
  function settle(box) {
    if (!box.checked && !box.closest(".gone")) everything.checked = false;
    last = box;
    count();
  }

  table.addEventListener("click", (event) => {
    if (event.target.name !== "ticket" || !event.shiftKey) return;
    event.target.checked = !event.target.checked;
    toggle(event.target, true);
  });
  table.addEventListener("change", (event) => {
    if (event.target === selectAll) setAll(selectAll.checked);
    else if (event.target.name === "ticket") settle(event.target);
  });
  everything.addEventListener("change", () => { if (everything.checked) setAll(true); });
  form.addEventListener("reset", () => setTimeout(() => { closeAll(form); count(); }));
  document.addEventListener("keydown", (event) => {
    const away = event.target.closest?.("input:not([type=checkbox]), textarea, select, dialog");
    if (event.key === "a" && event.ctrlKey && !away) { event.preventDefault(); setAll(true); }
    if (event.key !== "Escape" || document.querySelector("dialog[open]")) return;
    const open = document.querySelector("details.pop[open]");
    if (open) { open.open = false; open.querySelector("summary").focus(); } else if (chosen().length) form.reset();
  });
  preview(form, table, count);
  count();

  // A key works on what is selected; with nothing selected, on the current row.
  const acting = (act) => () => {
    if (!chosen().length && current()) toggle(current(), false);
    if (chosen().length) act();
  };
  const pick = (name) => acting(() => {
    const select = form.elements[name];
    select.focus();
    try { select.showPicker(); } catch { /* a browser without it opens it by Alt and the arrow */ }
  });
  const set = (name, value) => acting(() => { form.elements[name].value = value; form.requestSubmit(); });
  return {
    x: () => toggle(current(), false),
    X: () => toggle(current(), true),
    a: pick("assignee"),
    i: set("assignee", "me"),
    s: pick("status"),
    p: pick("priority"),
    "#": set("status", "closed"),
    t: acting(() => {
      form.querySelector("details.pop").open = true;
      form.elements.add_tags.focus();
    }),
  };
}

function closeAll(form) {
  for (const details of form.querySelectorAll("details.pop[open]")) details.open = false;
}

// The preview comes into a dialog. Without script, or when it cannot be had, it is a page.
function preview(form, table, count) {
  const dialog = document.getElementById("preview");
  let byKey = true;
  let opener = null;
  // In a choice of the form, the keys of the list would be dead: its row has them.
  const stop = () => table.querySelector('.row-link[tabindex="0"]') ?? table.querySelector(".row-link");
  form.addEventListener("pointerdown", () => { byKey = false; });
  form.addEventListener("keydown", () => { byKey = true; });
  form.addEventListener("change", (event) => {
    if (event.target.matches(":scope > select") && event.target.value && !byKey) form.requestSubmit();
  });
  form.addEventListener("submit", async (event) => {
    event.preventDefault();
    opener = document.activeElement;
    form.setAttribute("aria-busy", "true");
    const answer = await fetch(form.action, { method: "POST", body: new FormData(form) }).catch(() => null);
    form.removeAttribute("aria-busy");
    delete form.dataset.sent;
    const page = answer && new DOMParser().parseFromString(await answer.text(), "text/html");
    const told = page?.getElementById("bulk-told") ?? page?.querySelector(".card-480");
    if (!told) return form.submit();
    told.className = "stack";
    dialog.replaceChildren(told);
    dialog.showModal();
    (dialog.querySelector("button.main") ?? dialog.querySelector("a, button"))?.focus();
  });
  dialog.addEventListener("click", (event) => {
    if (!event.target.closest("a")) return;
    event.preventDefault();
    dialog.close();
  });
  dialog.addEventListener("close", () => {
    for (const select of form.querySelectorAll(":scope > select")) select.value = "";
    const stays = opener?.isConnected && opener !== document.body && !opener.matches("select, input:not([type=checkbox])");
    (stays ? opener : stop() ?? form.querySelector("select"))?.focus();
    count();
  });
}

// It goes after ten seconds.
export function lasts(toast) {
  let left = 10;
  const timer = setInterval(() => {
    if (toast.isConnected && toast.matches(":hover, :focus-within")) return;
    left -= 1;
    if (left > 0 && toast.isConnected) return;
    clearInterval(timer);
    toast.remove();
  }, 1_000);
}

// What was done can be taken back for ten seconds; the time stands still under the hand.
export function toasts() {
  for (const toast of document.querySelectorAll(".toast")) {
    const address = new URL(location.href);
    address.searchParams.delete("did");
    history.replaceState(null, "", address);
    toast.querySelector("[data-dismiss]")?.addEventListener("click", (event) => {
      event.preventDefault();
      toast.remove();
    });
    if (!("stays" in toast.dataset)) lasts(toast);
  }
}
