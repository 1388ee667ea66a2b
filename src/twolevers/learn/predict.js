// The page's side of a guess, after dom.js. Python checks and keeps it (message: predict.py).

function numberInput(scale, name) {
  const slider = input({
    type: "range",
    className: "tl-slider",
    min: scale.low,
    max: scale.high,
    step: scale.step,
    value: (scale.low + scale.high) / 2,
    "aria-label": "Your guess, slider",
    "aria-valuetext": "not set",
  });
  const box = input({
    type: "text",
    inputMode: "decimal",
    id: `${name}-box`,
    className: "tl-box",
    autocomplete: "off",
  });
  const set = (value) => {
    box.value = value;
    slider.value = value;
    slider.setAttribute("aria-valuetext", `${value} ${scale.unit}`);
  };
  slider.oninput = () => set(slider.value);
  box.oninput = () => {
    const typed = Number(box.value.replace(",", "."));
    if (box.value.trim() && Number.isFinite(typed)) slider.value = typed;
  };
  return {
    node: el(
      "div",
      {},
      el(
        "div",
        { className: "tl-range" },
        el("span", { textContent: scale.low }),
        slider,
        el("span", { textContent: scale.high }),
      ),
      el(
        "div",
        { className: "tl-typed" },
        el("label", { htmlFor: box.id, textContent: "Your guess" }),
        box,
        el("span", { textContent: scale.unit }),
      ),
    ),
    read: () => box.value,
    write: set,
  };
}

function choiceInput(scale, name) {
  const rows = scale.options.map((text, i) => choice("radio", name, i, el("span", { textContent: text }).innerHTML));
  return {
    node: el("div", { className: "tl-choices" }, ...rows.map((row) => row.label)),
    read: () => scale.options.find((_, i) => rows[i].box.checked) ?? null,
    write: (value) => rows.forEach((row, i) => (row.box.checked = scale.options[i] === value)),
  };
}

function render({ model, el: root }) {
  const scale = model.get("scale");
  const name = `tl-guess-${Math.random().toString(36).slice(2)}`;
  const answer = (scale.kind === "choice" ? choiceInput : numberInput)(scale, name);
  const words = el("strong", { id: `${name}-words` });
  const commit = button("Commit my guess", { type: "submit", className: "tl-button tl-main" });
  const change = button("Change my guess", { className: "tl-button", "aria-describedby": words.id });
  const notice = el("p", { className: "tl-notice", role: "status" });
  const form = el(
    "form",
    { noValidate: true },
    el("fieldset", { className: "tl-question" }, el("legend", { html: model.get("question") }), answer.node),
    el("div", { className: "tl-actions" }, commit),
  );
  const kept = el(
    "div",
    { className: "tl-kept" },
    el("p", { className: "tl-asked", html: model.get("question") }),
    el("p", {}, words, " Kept. Run on to see the measurement."),
    el("div", { className: "tl-actions" }, change),
  );
  root.append(
    keepKeys(
      el(
        "div",
        { className: "tl tl-card tl-guess" },
        el("p", { className: "tl-meta" }, el("span", { textContent: "Predict" })),
        form,
        kept,
        notice,
      ),
    ),
  );

  let waiting = null;
  const lock = (locked) => {
    const focused = root.contains(document.activeElement);
    form.hidden = locked;
    kept.hidden = !locked;
    if (focused) (locked ? change : commit).focus(); // what had the focus is hidden now
  };
  const tell = () => {
    clearTimeout(waiting);
    notice.textContent = model.get("notice");
  };
  const update = () => {
    tell();
    const guess = model.get("guess");
    if ("guess" in guess) {
      words.textContent = guess.words;
      answer.write(guess.guess);
    }
    lock("guess" in guess);
  };
  change.onclick = () => lock(false);
  form.onsubmit = (event) => {
    event.preventDefault();
    notice.textContent = "";
    clearTimeout(waiting);
    waiting = ask(model, { type: "commit", value: answer.read() }, (text) => (notice.textContent = text));
  };
  model.on("change:guess", update);
  model.on("change:notice", tell);
  update();
  return () => {
    model.off("change:guess", update);
    model.off("change:notice", tell);
  };
}

export default { render };
