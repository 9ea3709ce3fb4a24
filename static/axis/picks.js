/* Open details that float (picks, the phone's menu) close on Esc and on a click beside them. */

const floating = () => document.querySelectorAll(".pick-box[open], .menu[open]");

/* A list that would leave the page at its right edge opens inwards. */
document.addEventListener("toggle", (event) => {
  const options = event.target.matches?.(".pick-box[open]") && event.target.querySelector(".options");
  if (!options) return;
  options.classList.remove("inwards");
  if (options.getBoundingClientRect().right > innerWidth - 8) options.classList.add("inwards");
}, true);

document.addEventListener("click", (event) => {
  for (const box of floating()) if (!box.contains(event.target)) box.open = false;
});
document.addEventListener("keydown", (event) => {
  if (event.key !== "Escape") return;
  for (const box of floating()) {
    box.open = false;
    if (box.contains(document.activeElement)) box.querySelector("summary").focus();
  }
});
