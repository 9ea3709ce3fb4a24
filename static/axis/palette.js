/* Keys: Ctrl K opens the list of pages; "/" goes to the search field, unless the person has switched single keys off. */

const palette = document.querySelector("#palette");
const field = palette?.querySelector("input");
const items = palette ? [...palette.querySelectorAll("li")] : [];
const singleKeys = document.documentElement.dataset.shortcuts !== "off";
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");

function filter() {
  const words = field.value.toLowerCase().split(/\s+/);
  for (const item of items) item.hidden = !words.every((word) => item.textContent.toLowerCase().includes(word));
  palette.querySelector(".none").hidden = items.some((item) => !item.hidden);
}

function walk(event) {
  const stops = [field, ...items.filter((item) => !item.hidden).map((item) => item.querySelector("a"))];
  const next = stops.indexOf(document.activeElement) + (event.key === "ArrowDown" ? 1 : -1);
  event.preventDefault();
  stops[Math.max(0, Math.min(next, stops.length - 1))].focus();
}

function slash(event) {
  const search = document.querySelector("[data-slash]");
  if (!search || document.querySelector("dialog[open]")) return;
  event.preventDefault();
  search.focus();
  search.select();
}

document.addEventListener("keydown", (event) => {
  const command = event.ctrlKey || event.metaKey;
  if (palette && command && event.key.toLowerCase() === "k") {
    event.preventDefault();
    document.dispatchEvent(new CustomEvent("axis:open", { detail: "#palette" }));
  }
  if (event.key === "/" && singleKeys && !command && !event.altKey && !typing(event.target)) slash(event);
  if (["ArrowDown", "ArrowUp"].includes(event.key) && palette?.contains(event.target)) walk(event);
});

if (palette) {
  field.addEventListener("input", filter);
  palette.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    items.find((item) => !item.hidden)?.querySelector("a").click();
  });
  /* What was typed may have been a key: it does not stay. */
  palette.addEventListener("close", () => {
    field.value = "";
    filter();
  });
}
