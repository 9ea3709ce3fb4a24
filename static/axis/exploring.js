/* A page whose filter is its address: a link that only changes the filter swaps the part that follows it. */

const part = () => document.querySelector("[data-explores]");
const isHere = (url) => url.origin === location.origin && url.pathname === location.pathname;

/* The server says which address that is, so that Back finds it; without an answer nothing was left. */
function go(url, from) {
  const wanted = place(from);
  const asked = htmx.ajax("GET", `${url.pathname}${url.search || "?"}`, { source: part(), target: part() });
  // What was overtaken by a later choice, or failed, leaves the page as it is; a toast says so where it failed.
  asked.then(() => arrive(wanted), () => undefined);
}

function arrive(wanted) {
  back(wanted);
  document.querySelector("#live").textContent = part().dataset.explores;
}

/* Where somebody was: the list that a choice stood in, or the same link once more. */
function place(from) {
  const box = from.closest(".pick-box");
  const boxes = [...document.querySelectorAll(".pick-box")];
  return { pick: boxes.indexOf(box), href: from.getAttribute("href"), isChart: Boolean(from.closest(".plot")) };
}

function back({ pick, href, isChart }) {
  // A choice that is folded away may lead to the same address, and cannot be focused.
  const links = [...part().querySelectorAll("a:not([tabindex])")].filter((link) => !link.closest(".pick-box"));
  const same = () => links.find((link) => link.getAttribute("href") === href);
  const found = pick < 0 ? !isChart && same() : part().querySelectorAll(".pick-box > summary")[pick];
  (found || part().querySelector(".plot") || part().querySelector("a"))?.focus({ preventScroll: true });
}

document.addEventListener("click", (event) => {
  const link = event.target.closest?.("a[href]");
  if (!link || event.defaultPrevented || event.button || event.metaKey || event.ctrlKey || event.shiftKey || event.altKey) return;
  if (!part()?.contains(link) || link.hasAttribute("download") || link.hasAttribute("hx-get")) return;
  const url = new URL(link.getAttribute("href"), location.href);
  if (!isHere(url) || url.hash) return;
  event.preventDefault();
  go(url, link);
});

document.addEventListener("submit", (event) => {
  const form = event.target;
  if (event.defaultPrevented || form.method !== "get" || !part()?.contains(form)) return;
  const url = new URL(form.getAttribute("action") || location.pathname, location.href);
  if (!isHere(url)) return;
  event.preventDefault();
  url.search = new URLSearchParams(new FormData(form)).toString();
  go(url, form);
});
