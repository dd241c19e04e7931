// While a mailbox is examined, what was found is added as it comes; what is there already stays as it is.
const FIRST_MS = 700;
const LONGEST_MS = 5_000;

export function doctor() {
  const part = document.querySelector("[data-doctor]");
  if (!part) return;
  let pause = FIRST_MS;

  async function look() {
    const answer = document.hidden ? null : await fetch(location.href).catch(() => null);
    const before = part.innerHTML;
    if (answer?.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-doctor]");
      if (!fresh) return location.reload();
      take(fresh);
    }
    pause = part.innerHTML === before ? Math.min(pause * 1.5, LONGEST_MS) : FIRST_MS;
    if ("open" in part.dataset) setTimeout(look, pause);
  }

  function take(fresh) {
    for (const id of ["doctor-head", "doctor-when", "doctor-again"]) {
      const mine = part.querySelector(`#${id}`);
      const theirs = fresh.querySelector(`#${id}`);
      if (mine.innerHTML === theirs.innerHTML) continue;
      mine.className = theirs.className;
      mine.innerHTML = theirs.innerHTML;
    }
    const list = part.querySelector("#doctor-findings");
    const rows = [...fresh.querySelectorAll("#doctor-findings > li")];
    rows.forEach((row, index) => {
      const mine = list.children[index];
      if (!mine) list.append(row);
      else if (mine.outerHTML !== row.outerHTML) mine.replaceWith(row);
    });
    while (list.children.length > rows.length) list.lastElementChild.remove();
    if (!("open" in fresh.dataset)) delete part.dataset.open;
  }

  if ("open" in part.dataset) setTimeout(look, pause);
}
