// Rows of a table are put in order: dragged, or moved by Alt and an arrow. Without it, buttons do the same.
const body = document.querySelector("[data-order]");
const form = document.getElementById("order");
let dragged = null;

function send(first) {
  for (const row of [first, ...body.rows]) {
    const field = document.createElement("input");
    field.type = "hidden";
    field.name = row === first && !form.querySelector("[name=trigger]") ? "trigger" : "order";
    field.value = row.dataset.id;
    form.append(field);
  }
  form.submit();
}

function begin(row) {
  row.draggable = true;
  row.addEventListener("dragstart", (event) => {
    dragged = row;
    event.dataTransfer.effectAllowed = "move";
    event.dataTransfer.setData("text/plain", row.dataset.id);
    row.classList.add("dragged");
  });
  row.addEventListener("dragend", () => {
    row.classList.remove("dragged");
    dragged = null;
  });
  row.addEventListener("dragover", (event) => {
    if (!dragged || dragged === row) return;
    event.preventDefault();
    const { top, height } = row.getBoundingClientRect();
    if (event.clientY < top + height / 2) row.before(dragged);
    else row.after(dragged);
  });
}

if (body && form) {
  for (const row of body.rows) begin(row);
  body.addEventListener("dragover", (event) => dragged && event.preventDefault());
  body.addEventListener("drop", (event) => {
    if (!dragged) return;
    event.preventDefault();
    send(dragged);
  });
  body.addEventListener("keydown", (event) => {
    const way = { ArrowUp: "up", ArrowDown: "down" }[event.key];
    if (!way || !event.altKey) return;
    event.preventDefault();
    event.target.closest("tr").querySelector(`[data-move=${way}]:not(:disabled)`)?.click();
  });
  const moved = location.hash.startsWith("#t-") && document.getElementById(location.hash.slice(1));
  if (moved) moved.querySelector("[data-move]:not(:disabled)")?.focus();
}
