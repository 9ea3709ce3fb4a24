/* Dialogs: one task. One that shows a secret cannot be left by accident before it is marked as stored. */

const one = (selector, root = document) => root.querySelector(selector);
const toast = (message, tone) => document.dispatchEvent(new CustomEvent("toast", { detail: { message, tone } }));

const unstored = (root) => Boolean(one("[data-stored]:not(:checked)", root));
const openDialog = () => one("dialog[open]");

function focusFirst(dialog) {
  const wanted = ["[aria-invalid=true]", ".error-summary", "[autofocus]", "input:not([type=hidden]), select, textarea"];
  const first = wanted.map((selector) => one(selector, dialog)).find(Boolean);
  (chosen(first, dialog) || first)?.focus();
}

/* Of radios the one that is on, so that a key pressed by chance changes nothing. */
function chosen(field, dialog) {
  const group = field?.type === "radio" && dialog.querySelectorAll(`input[name="${CSS.escape(field.name)}"]`);
  return group && [...group].find((radio) => radio.checked);
}

function open(dialog) {
  if (!dialog) return;
  dialog.setAttribute("closedby", unstored(dialog) ? "none" : "closerequest");
  holdDone(dialog);
  if (!dialog.open) dialog.showModal();
  focusFirst(dialog);
}

function close(dialog) {
  if (unstored(dialog)) {
    toast("Store the secret first, then tick the box.");
    return;
  }
  one("[data-secret]", dialog)?.replaceChildren();
  dialog.close();
}

/* Done waits for the tick. Without script it is a plain link, so that nobody is locked in. */
function holdDone(root) {
  const done = one("[data-done]", root);
  if (done && one("[data-stored]", root)) done.setAttribute("aria-disabled", String(unstored(root)));
}

document.addEventListener("click", (event) => {
  const target = event.target.closest("[data-open], [data-close], [data-done]");
  if (!target) return;
  if (target.dataset.open) open(one(`#${target.dataset.open}`));
  const dialog = target.closest("dialog");
  if ("close" in target.dataset && dialog) {
    event.preventDefault();
    close(dialog);
  }
  if ("done" in target.dataset && unstored(document)) {
    event.preventDefault();
    toast("Store the secret first, then tick the box.");
  }
});
document.addEventListener("change", (event) => {
  if (event.target.matches("[data-stored]")) holdDone(event.target.closest("[data-guarded], dialog"));
});

/* Esc asks to cancel; a second Esc cannot be cancelled by that event, so the key itself is stopped as well. */
document.addEventListener("cancel", (event) => unstored(event.target) && event.preventDefault(), true);
document.addEventListener("keydown", (event) => {
  if (event.key === "Escape" && openDialog() && unstored(openDialog())) event.preventDefault();
});
addEventListener("beforeunload", (event) => unstored(document) && event.preventDefault());

/* A body that htmx brought opens its dialog; what was in it is forgotten when it closes. */
document.addEventListener("htmx:afterSwap", (event) => {
  const dialog = event.detail.target.closest("dialog");
  if (dialog) open(dialog);
});
document.addEventListener("close", (event) => {
  if (event.target.matches("#dialog")) event.target.replaceChildren();
}, true);
document.addEventListener("axis:open", (event) => open(one(event.detail)));

document.querySelectorAll("[data-guarded]").forEach(holdDone);
document.querySelectorAll("dialog[data-show]").forEach(open);
