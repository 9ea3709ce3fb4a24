/* Charts: pointer and arrow keys read the same points; the live region speaks those that the keyboard reads. */

const tip = document.querySelector("#tip");

function line(name, text) {
  const node = document.createElement(name);
  node.textContent = text;
  return node;
}

function place(box) {
  const fits = box.right + 10 + tip.offsetWidth <= innerWidth;
  const left = fits ? box.right + 10 : box.left - tip.offsetWidth - 10;
  // The policy forbids style attributes; the object model is allowed.
  tip.style.left = `${Math.max(8, left)}px`;
  tip.style.top = `${Math.max(8, box.top)}px`;
}

function read(point, announce = false) {
  document.querySelectorAll(".pt.on").forEach((node) => node.classList.remove("on"));
  tip.hidden = !point;
  if (!point) return;
  point.classList.add("on");
  const [title, ...lines] = point.dataset.tip.split("|");
  tip.replaceChildren(line("b", title), ...lines.map((text) => line("div", text)));
  place(point.getBoundingClientRect());
  if (announce) document.querySelector("#live").textContent = [title, ...lines].join(", ");
}

document.addEventListener("pointerover", (event) => {
  const point = event.target.closest?.(".pt");
  if (point || !document.activeElement?.matches(".plot")) read(point);
});
document.addEventListener("focusout", (event) => event.target.matches?.(".plot") && read(null));
document.addEventListener("keydown", (event) => {
  if (!event.target.matches?.(".plot")) return;
  const points = [...event.target.querySelectorAll(".pt")];
  if (event.key === "Escape" || !points.length) return read(null);
  const link = event.key === "Enter" && event.target.querySelector(".pt.on a");
  if (link) return link.dispatchEvent(new MouseEvent("click", { bubbles: true, cancelable: true }));
  const last = points.length - 1;
  const at = points.findIndex((point) => point.classList.contains("on"));
  const moves = { ArrowRight: at + 1, ArrowLeft: at < 0 ? last : at - 1, Home: 0, End: last };
  if (!(event.key in moves)) return;
  event.preventDefault();
  read(points[Math.max(0, Math.min(moves[event.key], last))], true);
});

// A timeline that is wider than its place shows now, and not only the weeks before it.
for (const scroll of document.querySelectorAll(".gantt .scroll")) {
  const now = scroll.querySelector(".mark-line.now");
  const left = now ? now.getBoundingClientRect().left - scroll.getBoundingClientRect().left : 0;
  scroll.scrollLeft = left - scroll.clientWidth / 3;
}
