/* Toasts say what came of the last thing done. #toasts is role=status, so they are announced; errors stay until closed. */

const SHOWN = 6000;

function closeLater(item) {
  if (!item.classList.contains("bad")) setTimeout(() => item.remove(), SHOWN);
}

function boxOf(dialog) {
  let box = dialog.querySelector(":scope > .toasts");
  if (!box) {
    box = document.createElement("div");
    box.className = "toasts";
    box.setAttribute("role", "status");
    dialog.append(box);
  }
  return box;
}

function show(message, tone = "") {
  const item = document.createElement("div");
  item.className = `toast ${tone}`;
  item.append(message);
  const close = document.createElement("button");
  close.type = "button";
  close.setAttribute("aria-label", "Dismiss");
  close.dataset.dismiss = "";
  close.textContent = "✕";
  item.append(close);
  // A modal dialog makes the page behind it inert, toasts too, so that inside one they go into its own box.
  const dialog = document.querySelector("dialog[open]");
  (dialog ? boxOf(dialog) : document.querySelector("#toasts")).append(item);
  closeLater(item);
}

/* Anybody may ask for one: the server by HX-Trigger, the other scripts by an event of this name. */
document.addEventListener("toast", (event) => show(event.detail.message ?? event.detail.value, event.detail.tone));
document.addEventListener("click", (event) => event.target.closest("[data-dismiss]")?.closest(".toast").remove());
document.querySelectorAll("#toasts .toast").forEach(closeLater);
