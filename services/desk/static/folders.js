// The folders of a mailbox are listed anew: asked for without leaving the form, and put into its choices when they come.
const FIRST_MS = 700;
const LONGEST_MS = 4_000;
const MOST_MS = 90_000;

const form = document.getElementById("list-folders");
const told = document.getElementById("folders-told");
const button = document.querySelector("button[form=list-folders]");

async function asked(options) {
  const answer = await fetch(form.action, { headers: { accept: "application/json" }, ...options }).catch(() => null);
  const found = await answer?.json().catch(() => null);
  if (answer?.ok) return found;
  return { state: "refused", said: found?.detail ?? told.dataset.away };
}

function put(folders) {
  for (const name of ["folder", "move_to"]) {
    const select = document.querySelector(`select[name=${name}]`);
    if (!select) continue;
    const chosen = select.value;
    const empty = [...select.options].filter((one) => !one.value);
    const known = folders.some(([id]) => id === chosen) || !chosen;
    const kept = known ? [] : [[chosen, select.selectedOptions[0]?.textContent ?? chosen]];
    select.replaceChildren(...empty, ...[...kept, ...folders].map(([id, path]) => new Option(path, id)));
    select.value = chosen;
  }
}

async function watch() {
  let pause = FIRST_MS;
  const until = Date.now() + MOST_MS;
  let found = await asked({ method: "POST", body: new URLSearchParams(new FormData(form)) });
  if (found.key) form.elements.key.value = found.key;
  while (found.state === "listing" && Date.now() < until) {
    told.textContent = found.said;
    await new Promise((go) => setTimeout(go, pause));
    pause = Math.min(pause * 1.5, LONGEST_MS);
    if (!document.hidden) found = await asked();
  }
  told.textContent = found.state === "listing" ? told.dataset.late : found.said;
  if (found.state !== "listed") return;
  put(found.folders);
  if (!document.querySelector("select[name=folder]")) told.textContent += ` ${told.dataset.reload}`;
}

form?.addEventListener("submit", (event) => {
  event.preventDefault();
  button.disabled = true;
  watch().finally(() => { button.disabled = false; });
});
