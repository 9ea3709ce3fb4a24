/* A button with data-print prints the page. Without script it would do nothing, so that it is hidden until then. */

for (const button of document.querySelectorAll("[data-print]")) button.hidden = false;

document.addEventListener("click", (event) => {
  if (event.target.closest("[data-print]")) window.print();
});
