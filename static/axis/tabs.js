/* Where not all tabs fit, the one that is open is in sight. */

for (const tabs of document.querySelectorAll(".tabs")) {
  const open = tabs.querySelector("[aria-current]");
  if (!open) continue;
  const left = open.getBoundingClientRect().left - tabs.getBoundingClientRect().left;
  tabs.scrollLeft = left - (tabs.clientWidth - open.offsetWidth) / 2;
}
