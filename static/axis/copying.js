/* Copying: a text from data-copy, or the text of the element that data-copy-from names. A secret is never in an attribute. */

const toast = (message, tone) => document.dispatchEvent(new CustomEvent("toast", { detail: { message, tone } }));

document.addEventListener("click", async (event) => {
  const button = event.target.closest("[data-copy]");
  if (!button) return;
  const source = button.dataset.copyFrom && document.querySelector(button.dataset.copyFrom);
  try {
    await navigator.clipboard.writeText(source ? source.textContent.trim() : button.dataset.copy);
    toast("Copied");
  } catch {
    toast("Copying was blocked. Select the text and copy it.", "bad");
  }
});
