// Who else is on the ticket. That a reply is being written is told to them while keys are pressed, and nothing of what it says.
const AGAIN_MS = 5_000;
const RESTS_MS = 8_000;

export function presence() {
  const head = document.getElementById("here");
  const stream = document.getElementById("live");
  const place = document.querySelector("[data-here]");
  if (!head || !stream || !place) return;
  const path = place.dataset.here;
  const page = head.dataset.page;
  for (const name of ["presence-changed", "resync"]) stream.addEventListener(name, show);
  const form = document.querySelector(".editor form.reply");
  if (form) tells(form, (doing) => say(path, page, form, doing));

  async function show() {
    const answer = await fetch(path).catch(() => null);
    if (!answer?.ok || answer.redirected) return;
    const part = new DOMParser().parseFromString(await answer.text(), "text/html");
    for (const id of ["here", "writers"]) {
      const mine = document.getElementById(id);
      const theirs = part.getElementById(id);
      if (mine && theirs && mine.innerHTML.trim() !== theirs.innerHTML.trim()) mine.replaceChildren(...theirs.childNodes);
    }
  }
}

function tells(form, say) {
  let told = 0;
  let rests = 0;
  const rest = () => { clearTimeout(rests); if (told) say("rests"); told = 0; };
  const blank = () => !(form.querySelector(".rich")?.textContent ?? form.elements.text.value).replace(/\u200B/g, "").trim();
  form.addEventListener("input", typed);
  function typed() {
    clearTimeout(rests);
    if (blank()) { rest(); return; }
    rests = setTimeout(rest, RESTS_MS);
    if (Date.now() - told < AGAIN_MS) return;
    told = Date.now();
    say("writes");
  }
  form.addEventListener("submit", rest);
  // words go without a key too: discarded, sent, taken away by a script
  form.addEventListener("desk:written", () => { if (blank()) rest(); });
}

function say(path, page, form, doing) {
  const body = new URLSearchParams({ csrf: form.elements.csrf.value, page, doing });
  fetch(path, { method: "POST", body }).catch(() => {});
}
