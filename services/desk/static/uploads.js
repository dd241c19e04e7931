// Files of a form: each goes up at once and shows how far it is; one that is refused stays with the reason.
export function uploads(form, words, changed) {
  const place = form.querySelector(".attach");
  if (!place) return { add() {}, draw() {}, busy: false, kept: () => [], set() {} };
  const input = place.querySelector("input[type=file]");
  const list = document.createElement("ul");
  list.className = "uploads";
  place.prepend(list);
  for (const label of place.querySelectorAll("label.check")) {
    const box = label.querySelector("input");
    if (box.checked) list.append(chip({ id: box.value, name: label.querySelector("span").textContent, note: label.querySelector(".meta").textContent }));
    label.remove();
  }
  place.querySelectorAll(".problem").forEach((one) => list.append(refused(one.textContent.trim())));
  input.addEventListener("change", () => { add([...input.files]); input.value = ""; });
  let under = 0;

  function add(files) { for (const file of files) send(file, (kept, row) => { row.replaceWith(chip(kept)); changed(); }); }

  // Images go into the text; what is none goes beside it.
  function draw(files, area) {
    for (const file of files) {
      send(file, (kept, row) => {
        if (kept.image) { row.remove(); area.insert({ html: `<img src="/uploads/${kept.id}/image" alt="${kept.name.replace(/["<>&]/g, "")}">`, text: kept.name }); }
        else row.replaceWith(chip(kept));
        changed();
      });
    }
  }

  function send(file, done) {
    const row = document.createElement("li");
    row.className = "chip";
    const name = document.createElement("span");
    name.textContent = file.name || words.image;
    const bar = document.createElement("progress");
    bar.max = 1;
    bar.setAttribute("aria-label", words.uploading.replace("%", name.textContent));
    const stop = cross(name.textContent, () => request.abort());
    row.append(name, bar, stop);
    list.append(row);
    const body = new FormData();
    body.append("file", file, file.name || "image.png");
    const request = new XMLHttpRequest();
    request.open("POST", "/uploads");
    request.setRequestHeader("Accept", "application/json");
    request.setRequestHeader("X-Form-Token", form.elements.csrf.value);
    request.responseType = "json";
    request.upload.addEventListener("progress", (event) => { if (event.lengthComputable) bar.value = event.loaded / event.total; });
    request.addEventListener("loadend", () => {
      busy(-1);
      if (request.status === 201) done(request.response, row);
      else if (request.readyState === XMLHttpRequest.UNSENT) row.remove();
      else row.replaceWith(refused(request.response?.why ?? words.broken.replace("%", name.textContent), name.textContent));
    });
    busy(1);
    request.send(body);
  }

  // Send is off while a file is on its way, and says why.
  function busy(step) {
    under += step;
    for (const button of form.querySelectorAll("[data-send], [name=send], [data-send-menu] summary")) button.toggleAttribute("disabled", under > 0);
    let told = form.querySelector(".waits");
    if (under && !told) {
      told = document.createElement("span");
      told.className = "waits meta";
      told.setAttribute("role", "status");
      told.textContent = words.wait;
      (form.querySelector(".tools .gap") ?? form.querySelector(".tools").lastElementChild).after(told);
    }
    if (!under) told?.remove();
  }

  function chip(kept) {
    const row = document.createElement("li");
    row.className = "chip";
    const field = document.createElement("input");
    Object.assign(field, { type: "hidden", name: "upload", value: kept.id });
    const name = document.createElement("span");
    name.textContent = kept.name;
    const size = document.createElement("span");
    size.className = "meta num";
    size.textContent = kept.note ?? sized(kept.size);
    Object.assign(row.dataset, { id: kept.id, name: kept.name, size: size.textContent });
    row.append(field, name, size, cross(kept.name, () => { row.remove(); changed(); }));
    return row;
  }

  function refused(why, name = words.file) {
    const row = document.createElement("li");
    row.className = "chip refused";
    const text = document.createElement("span");
    text.setAttribute("role", "alert");
    text.textContent = why;
    row.append(text, cross(name, () => row.remove()));
    return row;
  }

  function cross(name, act) {
    const button = document.createElement("button");
    button.type = "button";
    button.className = "quiet square";
    button.textContent = "×";
    button.setAttribute("aria-label", words.remove.replace("%", name));
    button.addEventListener("click", act);
    return button;
  }

  return {
    add, draw,
    get busy() { return under > 0; },
    kept: () => [...list.querySelectorAll("[data-id]")].map((row) => ({ id: row.dataset.id, name: row.dataset.name, note: row.dataset.size })),
    set: (files) => list.replaceChildren(...files.map(chip)),
  };
}

// Files may be dropped anywhere on the page, and pasted.
export function takesFiles(current, words) {
  let inside = 0;
  const hasFiles = (event) => event.dataTransfer?.types.includes("Files") && current();
  const over = (on) => { document.body.classList.toggle("dropping", on); document.body.dataset.drop = words.drop; };
  document.addEventListener("dragenter", (event) => { if (hasFiles(event)) { inside += 1; over(true); } });
  document.addEventListener("dragleave", (event) => { if (hasFiles(event) && --inside <= 0) { inside = 0; over(false); } });
  document.addEventListener("dragover", (event) => { if (hasFiles(event)) event.preventDefault(); });
  document.addEventListener("drop", (event) => {
    if (!hasFiles(event)) return;
    event.preventDefault();
    event.stopPropagation();
    inside = 0;
    over(false);
    const files = [...event.dataTransfer.files];
    const { area, files: to } = current();
    const inText = area.rich && area.rich.root.contains(event.target);
    const images = inText ? files.filter((file) => file.type.startsWith("image/")) : [];
    to.draw(images, area);
    to.add(files.filter((file) => !images.includes(file)));
  }, true);
  document.addEventListener("paste", (event) => {
    const files = [...(event.clipboardData?.files ?? [])];
    const now = current();
    if (!files.length || !now || event.defaultPrevented || event.clipboardData.types.includes("text/plain")) return;
    if (now.area.rich?.root.contains(event.target) && files.every((file) => file.type.startsWith("image/"))) return;
    event.preventDefault();
    now.files.add(files);
  });
}

const sized = (bytes) => bytes < 1_000 ? `${bytes} B` : bytes < 1_000_000 ? `${Math.round(bytes / 1_000)} KB` : `${(bytes / 1_000_000).toFixed(1)} MB`;
