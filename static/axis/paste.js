/* The paste box: a file can be dropped on it, a long text goes as a file, and a secret does not stay in it. */

const box = document.querySelector("[data-paste]");
const text = box?.querySelector("textarea");
const file = box?.querySelector("input[type=file]");
/* Far longer, a text area is slow to type in. */
const LONGEST = 200_000;

function take(list) {
  file.files = list;
  box.requestSubmit();
}

function asFile(content) {
  const list = new DataTransfer();
  list.items.add(new File([content], "pasted.txt", { type: "text/plain" }));
  return list.files;
}

if (box) {
  for (const name of ["dragenter", "dragover"]) {
    box.addEventListener(name, (event) => {
      event.preventDefault();
      box.classList.add("over");
    });
  }
  for (const name of ["dragleave", "drop"]) box.addEventListener(name, () => box.classList.remove("over"));
  box.addEventListener("drop", (event) => {
    event.preventDefault();
    if (event.dataTransfer.files.length) take(event.dataTransfer.files);
    else text.value = event.dataTransfer.getData("text");
  });
  text.addEventListener("paste", (event) => {
    const content = event.clipboardData.getData("text");
    if (content.length <= LONGEST) return;
    event.preventDefault();
    take(asFile(content));
  });
  /* Enter looks up; a second line is made with Shift. */
  text.addEventListener("keydown", (event) => {
    if (event.key !== "Enter" || event.shiftKey || event.isComposing) return;
    event.preventDefault();
    box.requestSubmit();
  });
  document.addEventListener("htmx:afterSwap", (event) => {
    if (event.detail.target.id !== "found") return;
    file.value = "";
    if (event.detail.target.querySelector("[data-held-secret]")) text.value = "";
  });
}
