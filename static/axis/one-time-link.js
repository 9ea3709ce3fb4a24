/* A one-time link: what stands behind its # goes into the form, and out of the address once it was sent. */

const form = document.querySelector("[data-one-time-link]");
const field = form.elements.token;

function take() {
  const token = location.hash.slice(1);
  // The link "Skip to content" has a # too.
  if (token.length < 40) return;
  field.value = token;
  form.querySelector("[data-typed]").hidden = true;
}

/* A second press would be a second opening, which raises the alarm. */
form.addEventListener("submit", () => {
  form.querySelector("[type=submit]").disabled = true;
  history.replaceState(null, "", location.pathname);
});
/* Whoever comes back by the browser's history finds the form as it was. */
addEventListener("pageshow", () => {
  form.querySelector("[type=submit]").disabled = false;
});
addEventListener("hashchange", take);
take();
