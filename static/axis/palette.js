/* Keys: Ctrl K opens the palette; "/" goes to the search field, unless the person has switched single keys off. */

const palette = document.querySelector("#palette");
const field = palette?.querySelector("input[name=q]");
const pages = palette ? [...palette.querySelectorAll("#palette-pages li")] : [];
const found = palette?.querySelector("#palette-found");
const none = palette?.querySelector(".none");
const singleKeys = document.documentElement.dataset.shortcuts !== "off";
const typing = (target) => target.closest("input, textarea, select, [contenteditable]");
const shown = () => [...palette.querySelectorAll("li:not([hidden]) a")];

function filter() {
  const words = field.value.toLowerCase().split(/\s+/);
  for (const page of pages) page.hidden = !words.every((word) => page.textContent.toLowerCase().includes(word));
  if (!field.value.trim()) found.replaceChildren();
  none.hidden = true;
}

/* Only an answer says that there is nothing. */
function conclude() {
  none.hidden = !field.value.trim() || Boolean(shown().length || found.children.length);
}

function walk(event) {
  const stops = [field, ...shown()];
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
  palette.addEventListener("htmx:afterSwap", conclude);
  palette.querySelector("form").addEventListener("submit", (event) => {
    event.preventDefault();
    shown()[0]?.click();
  });
  /* What was typed may have been a key: it does not stay, nor what was found for it. */
  palette.addEventListener("close", () => {
    field.value = "";
    filter();
  });
}
