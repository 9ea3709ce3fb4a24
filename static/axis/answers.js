/* htmx: every failure says what happened to the data. */

const FAILURES = {
  403: "You may not do that. Nothing was changed.",
  404: "That no longer exists. Nothing was changed.",
  409: "Someone changed this meanwhile. Reload to see it.",
  413: "That is larger than 5 MiB. Nothing of it was looked at or kept.",
  429: "Too many attempts. Wait a moment.",
};
const toast = (message) => document.dispatchEvent(new CustomEvent("toast", { detail: { message, tone: "bad" } }));

document.addEventListener("htmx:responseError", (event) => {
  const looked = event.detail.requestConfig?.verb === "get";
  const unknown = looked ? "That could not be loaded." : "That did not work. Look whether it was saved before you try again.";
  toast(FAILURES[event.detail.xhr.status] ?? unknown);
});
document.addEventListener("htmx:sendError", () => toast("No connection. Nothing was sent."));
