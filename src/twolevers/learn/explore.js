// The page's side of an explorer, after dom.js. Python draws (message: explore.py).

const STEPS = 300;

// What a place on the scale means, as Python has it: one of a few settings, or a number in powers, or evenly.
function meaning({ steps, low, high, powers }, at) {
  if (steps) return steps[at];
  const share = at / STEPS;
  const value = powers ? low * (high / low) ** share : low + (high - low) * share;
  const digits = value >= 100 ? { maximumFractionDigits: 0 } : { maximumSignificantDigits: 2 };
  return value.toLocaleString("en", digits);
}

function slider(row, id, turn) {
  const max = row.steps ? row.steps.length - 1 : STEPS;
  const range = input({ type: "range", id, className: "tl-slider", min: 0, max, step: 1, value: row.at });
  const shown = el("span", { "aria-hidden": "true" }); // for the eye; the slider itself says its value
  const say = () => {
    shown.textContent = meaning(row, Number(range.value));
    range.setAttribute("aria-valuetext", shown.textContent);
  };
  range.oninput = () => {
    say();
    turn();
  };
  const label = el("label", { htmlFor: id, textContent: row.label });
  const node = el("div", {}, label, el("div", { className: "tl-range" }, range, shown));
  return { name: row.name, range, say, node };
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
  const rows = model.get("sliders").map((row) => slider(row, `${page}-${row.name}`, turn));
  const image = el("img", { style: "max-width:100%;height:auto" });
  const said = el("p", { role: "status" });
  const notice = el("p", { className: "tl-notice", role: "status" });
  const fields = el("fieldset", {}, el("legend", { textContent: model.get("legend") }));
  fields.append(...rows.map((row) => row.node));
  root.append(keepKeys(el("div", { className: "tl tl-card" }, fields, said, image, notice)));

  const draw = () => {
    clearTimeout(waiting);
    image.src = model.get("picture");
    image.alt = model.get("alt");
    said.textContent = model.get("words");
    notice.textContent = model.get("notice");
  };
  rows.forEach((row) => row.say());
  model.on("change:turn", draw);
  draw();
  return () => {
    clearTimeout(pending);
    clearTimeout(waiting);
    model.off("change:turn", draw);
  };
}

export default { render };
