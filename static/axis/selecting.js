/* Ticking rows: one box for all on the page, and how many are ticked. Without script each row is ticked by itself. */

const boxes = (form) => [...document.querySelectorAll(`input[type=checkbox][name=key][form="${form}"]`)];

function tell(form) {
  const all = boxes(form);
  const ticked = all.filter((box) => box.checked).length;
  const whole = document.querySelector(`[data-select-all="${form}"]`);
  const text = document.querySelector(`[data-selected="${form}"]`);
  if (whole) {
    whole.checked = ticked > 0 && ticked === all.length;
    whole.indeterminate = ticked > 0 && ticked < all.length;
  }
  const everything = document.querySelector(`#${form} [name=all]`)?.checked;
  if (text) text.textContent = ticked && !everything ? `${ticked} selected` : "";
}

for (const whole of document.querySelectorAll("[data-select-all]")) {
  whole.hidden = false;
  tell(whole.dataset.selectAll);
}
document.addEventListener("change", (event) => {
  const { selectAll } = event.target.dataset;
  if (selectAll) for (const box of boxes(selectAll)) box.checked = event.target.checked;
  const form = selectAll ?? event.target.form?.id;
  if (form && document.querySelector(`[data-selected="${form}"]`)) tell(form);
});
