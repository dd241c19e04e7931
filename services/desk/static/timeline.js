// Older posts come above what is read, and what is read stays where it is.
export function timeline(prepare) {
  const list = document.querySelector("[data-timeline]");
  if (!list) return;

  async function older(link) {
    link.setAttribute("aria-busy", "true");
    const answer = await fetch(link.dataset.older);
    if (!answer.ok) return location.assign(link.href);
    const part = new DOMParser().parseFromString(await answer.text(), "text/html");
    const entries = document.createDocumentFragment();
    entries.append(...part.querySelectorAll("ol > li"));
    prepare(entries);
    const fromEnd = document.documentElement.scrollHeight - window.scrollY;
    list.prepend(entries);
    link.parentElement.replaceWith(part.querySelector("[data-older-link]"));
    window.scrollTo({ top: document.documentElement.scrollHeight - fromEnd, behavior: "instant" });
    follow();
  }

  function follow() {
    const link = document.querySelector("a[data-older]");
    if (!link) return;
    link.addEventListener("click", (event) => { event.preventDefault(); older(link); });
    // The whole timeline loads by itself, one page at a time, never while the tab is hidden.
    if ("byItself" in link.dataset) setTimeout(() => !document.hidden && older(link), 150);
  }

  follow();
  document.addEventListener("visibilitychange", () => {
    const link = document.querySelector("a[data-older][data-by-itself]:not([aria-busy])");
    if (!document.hidden && link) older(link);
  });
}
