"use strict";

// The list is sorted and filtered by what the form says; the address keeps it, behind the #.
const form = document.getElementById("wanted");
const list = document.getElementById("photos");
const collator = new Intl.Collator(undefined, { numeric: true });
const number = new Intl.NumberFormat("en");

const photos = Array.from(list.children, (card) => {
  const faces = Array.from(card.querySelectorAll(".faces > li"), (item, index) => ({
    item,
    drawn: card.querySelectorAll(".picture g")[index],
    score: Number(item.dataset.score),
    size: Number(item.dataset.size),
  }));
  return {
    card,
    faces,
    number: Number(card.dataset.number),
    path: card.dataset.path,
    lowerCase: card.dataset.path.toLowerCase(),
    state: card.dataset.state,
    high: Math.max(...faces.map((face) => face.score)),
    low: Math.min(...faces.map((face) => face.score)),
    largest: Math.max(...faces.map((face) => face.size)),
  };
});
const numFaces = photos.reduce((sum, photo) => sum + photo.faces.length, 0);

// Numbers begin with the highest, but for the lowest score; of equals the first stays first.
const orders = {
  "": (a, b) => a.number - b.number,
  name: (a, b) => collator.compare(a.path, b.path) || a.number - b.number,
  faces: (a, b) => b.faces.length - a.faces.length || a.number - b.number,
  score: (a, b) => descending(a.high, b.high) || a.number - b.number,
  low: (a, b) => descending(b.low, a.low) || a.number - b.number,
  size: (a, b) => descending(a.largest, b.largest) || a.number - b.number,
};

function descending(a, b) {
  return a === b ? 0 : b - a; // both may be infinite: photos without a face
}

function limits(wanted, field) {
  const [low, high] = [wanted.get(field + "_min"), wanted.get(field + "_max")];
  const given = Boolean(low || high);
  const accepts = (value) => !(low && value < Number(low)) && !(high && value > Number(high));
  return { given, accepts };
}

let lastOrder = "";

function sort(wanted) {
  const order = wanted.get("sort") + (wanted.get("reverse") ? "-" : "");
  if (order === lastOrder) return;
  lastOrder = order;
  photos.sort(orders[wanted.get("sort")]);
  if (wanted.get("reverse")) photos.reverse();
  const sorted = document.createDocumentFragment();
  for (const photo of photos) sorted.append(photo.card);
  list.append(sorted);
}

function filter(wanted) {
  const [count, score, size] = ["faces", "score", "size"].map((field) => limits(wanted, field));
  const name = wanted.get("name").toLowerCase();
  const state = wanted.get("state");
  let shownPhotos = 0;
  let shownFaces = 0;
  for (const photo of photos) {
    let meant = 0;
    for (const face of photo.faces) {
      const isMeant = score.accepts(face.score) && size.accepts(face.size);
      meant += isMeant;
      face.item.classList.toggle("other", !isMeant);
      face.drawn?.classList.toggle("other", !isMeant);
    }
    const isShown =
      photo.lowerCase.includes(name) &&
      (!state || photo.state === state) &&
      (!count.given || photo.state !== "failed") &&
      count.accepts(photo.faces.length) &&
      (meant > 0 || !(score.given || size.given));
    photo.card.hidden = !isShown;
    shownPhotos += isShown;
    shownFaces += isShown ? meant : 0;
  }
  document.getElementById("nothing").hidden = shownPhotos > 0;
  document.getElementById("shown").value =
    `${number.format(shownPhotos)} of ${number.format(photos.length)} photos, ` +
    `${number.format(shownFaces)} of ${number.format(numFaces)} faces`;
}

function apply() {
  const wanted = new FormData(form);
  sort(wanted);
  filter(wanted);
}

function remember() {
  const given = Array.from(new FormData(form)).filter(([, value]) => value !== "");
  history.replaceState(null, "", "#" + new URLSearchParams(given));
}

function recall() {
  form.reset();
  for (const [name, value] of new URLSearchParams(location.hash.slice(1))) {
    const field = form.elements.namedItem(name);
    if (!(field instanceof HTMLInputElement || field instanceof HTMLSelectElement)) continue;
    if (field.type === "checkbox") field.checked = value === field.value;
    else field.value = value;
    if (field instanceof HTMLSelectElement && field.selectedIndex < 0) field.value = "";
  }
  apply();
}

function changed() {
  apply();
  remember();
}

function choose(bar) {
  const field = bar.closest("svg").dataset.field;
  form.elements.namedItem(field + "_min").value = bar.dataset.min;
  form.elements.namedItem(field + "_max").value = bar.dataset.max;
  changed();
  form.scrollIntoView({ behavior: "smooth" });
}

form.addEventListener("input", changed);
form.addEventListener("submit", (event) => event.preventDefault());
form.addEventListener("reset", () => setTimeout(changed)); // once the fields are empty
window.addEventListener("hashchange", recall);
for (const bar of document.querySelectorAll(".bar")) {
  bar.addEventListener("click", () => choose(bar));
  bar.addEventListener("keydown", (event) => {
    if (event.key === "Enter" || event.key === " ") {
      event.preventDefault();
      choose(bar);
    }
  });
}
for (const [event, isPointed] of [["pointerover", true], ["pointerout", false]]) {
  list.addEventListener(event, ({ target }) => {
    const item = target.closest(".faces > li");
    if (!item) return;
    const index = Array.from(item.parentElement.children).indexOf(item);
    const drawn = item.closest(".photo").querySelectorAll(".picture g")[index];
    drawn?.classList.toggle("pointed", isPointed);
  });
}
recall();
