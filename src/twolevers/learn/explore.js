// The page's side of the cost map, after dom.js. Python draws (message: explore.py).

function slider(name, id, turn) {
  const range = input({ type: "range", id, className: "tl-slider", min: 0, max: 100, step: 1 });
  const label = el("label", { htmlFor: id });
  const shown = el("output", { htmlFor: id });
  range.oninput = turn;
  return { name, range, label, shown, node: el("div", {}, label, el("div", { className: "tl-range" }, range, shown)) };
}

function render({ model, el: root }) {
  const page = `tl-map-${Math.random().toString(36).slice(2)}`;
  let pending = null;
  let waiting = null;
  const send = () => {
    const values = Object.fromEntries(rows.map((row) => [row.name, Number(row.range.value)]));
    clearTimeout(waiting);
    waiting = ask(model, { type: "turn", values }, (text) => (notice.textContent = text));
  };
  const turn = () => {
    clearTimeout(pending); // one drawing when the slider rests, not one for each step
    pending = setTimeout(send, 150);
  };
  const rows = model.get("sliders").map((row) => slider(row.name, `${page}-${row.name}`, turn));
  const image = el("img", { style: "max-width:100%;height:auto" });
  const said = el("p", { role: "status" });
  const notice = el("p", { className: "tl-notice", role: "status" });
  const fields = el("fieldset", {}, el("legend", { textContent: "What would change the answer?" }));
  fields.append(...rows.map((row) => row.node));
  root.append(keepKeys(el("div", { className: "tl tl-card" }, fields, said, image, notice)));

  const draw = () => {
    clearTimeout(waiting);
    model.get("sliders").forEach((row, i) => {
      rows[i].label.textContent = row.label;
      rows[i].shown.textContent = row.shown;
      rows[i].range.setAttribute("aria-valuetext", row.shown);
      if (document.activeElement !== rows[i].range) rows[i].range.value = row.at; // never under a moving hand
    });
    image.src = model.get("picture");
    image.alt = model.get("alt");
    said.textContent = model.get("words");
    notice.textContent = model.get("notice");
  };
  const watched = ["picture", "alt", "words", "notice", "sliders"].map((name) => `change:${name}`);
  watched.forEach((name) => model.on(name, draw));
  draw();
  return () => {
    clearTimeout(pending);
    watched.forEach((name) => model.off(name, draw));
  };
}

export default { render };
