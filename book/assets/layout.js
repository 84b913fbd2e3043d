// Which layout the page has: side by side, stacked, or prose only. Runs in the head, before paint.
(() => {
  const KEY = "layout";
  const LAYOUTS = ["side", "stacked", "prose"];
  const root = document.documentElement;
  const wide = matchMedia("(min-width: 1200px)");
  const valid = (value) => (LAYOUTS.includes(value) ? value : null);

  const recall = () => {
    try { return valid(localStorage.getItem(KEY)); } catch { return null; }
  };
  const remember = (value) => {
    try { localStorage.setItem(KEY, value); return true; } catch { return false; }
  };

  // Some browsers give each local file, or a private window, a storage of its own or none:
  // there the choice travels in the address as well.
  const asked = valid(new URLSearchParams(location.search).get(KEY));
  let chosen = asked ?? recall() ?? "side";
  const stored = remember(chosen);
  const travels = !stored || location.protocol === "file:";
  const address = (href, value) => {
    const url = new URL(href);
    value ? url.searchParams.set(KEY, value) : url.searchParams.delete(KEY);
    return url.href;
  };
  const readdress = (value) => {
    try { history.replaceState(history.state, "", address(location.href, value)); } catch { /* not allowed here */ }
  };
  if (asked && stored) readdress(null);

  // On a narrow page side by side would be stacked: show it as what it is.
  const shown = () => (chosen === "side" && !wide.matches ? "stacked" : chosen);
  const show = () => {
    root.dataset.layout = shown();
    const input = document.querySelector(`.layout-control input[value="${shown()}"]`);
    if (input) input.checked = true;
  };

  // The reader's place: the first block below the header stays where it is on the screen.
  const landmark = () =>
    [...document.querySelectorAll(".bd-article :is(h1, h2, h3, .pair-prose > *, .cell_output)")]
      .find((element) => element.offsetParent && element.getBoundingClientRect().top > 48);

  const keepingPlace = (change) => {
    const place = scrollY > 0 ? landmark() : null;
    if (!place) return change();
    const before = place.getBoundingClientRect().top;
    root.style.overflowAnchor = "none"; // or the browser corrects a second time
    change();
    scrollBy({ top: place.getBoundingClientRect().top - before, behavior: "instant" });
    requestAnimationFrame(() => requestAnimationFrame(() => { root.style.overflowAnchor = ""; }));
  };

  const choose = (value) => {
    chosen = value;
    if (!remember(value)) readdress(value);
    keepingPlace(show);
  };

  const carry = (event) => {
    const link = event.target.closest?.("a[href]");
    if (!link || link.protocol !== location.protocol || link.host !== location.host) return;
    if (link.pathname === location.pathname || !link.pathname.endsWith(".html")) return;
    link.href = address(link.href, chosen);
  };

  show();
  wide.addEventListener("change", show);
  addEventListener("pageshow", (event) => {
    if (event.persisted) chosen = recall() ?? chosen;
    show();
  });
  document.addEventListener("DOMContentLoaded", () => {
    show();
    document.querySelector(".layout-control")?.addEventListener("change", (event) => choose(event.target.value));
  });
  if (travels) for (const type of ["click", "auxclick", "contextmenu"]) document.addEventListener(type, carry, true);
})();
