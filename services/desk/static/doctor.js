// While something is waited for, findings of a mailbox or the first ticket, the page looks again when the server says
// that there is news, and never by the clock. What is there already stays as it is.
const PARTS = ["doctor-head", "doctor-when", "doctor-again"];

export function doctor() {
  const part = document.querySelector("[data-doctor]");
  const stream = document.getElementById("live");
  if (!part || !stream) return;
  let looking = false;
  let again = false;

  async function look() {
    if (!("open" in part.dataset)) return;
    if (looking) { again = true; return; }
    looking = true;
    again = false;
    const answer = await fetch(location.href, { headers: { Accept: "text/html" } }).catch(() => null);
    if (answer?.ok) {
      const page = new DOMParser().parseFromString(await answer.text(), "text/html");
      const fresh = page.querySelector("[data-doctor]");
      if (!fresh) return location.reload();
      take(fresh);
    }
    looking = false;
    if (again) look();
  }

  function take(fresh) {
    for (const id of PARTS) {
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

  for (const name of [part.dataset.doctor, "resync"]) stream.addEventListener(name, look);
}
