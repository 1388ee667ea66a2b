// The page's side of a form, after dom.js. Python checks and keeps what is sent (message: form.py).

// One to five, or any few options: radio buttons in a row, with the arrow keys.
function options(field, name) {
  const rows = field.options.map((text, i) => choice("radio", name, i, el("span", { textContent: text }).innerHTML));
  return {
    node: el("div", { className: "tl-choices" }, ...rows.map((row) => row.label)),
    read: () => field.options.find((_, i) => rows[i].box.checked) ?? null,
    write: (value) => rows.forEach((row, i) => (row.box.checked = field.options[i] === value)),
  };
}

function typed(field, name) {
  const long = field.kind === "text";
  const box = keepKeys(el(long ? "textarea" : "input", { id: name, className: "tl-box", autocomplete: "off" }));
  if (long) box.rows = field.rows;
  else box.inputMode = "decimal";
  box.style.width = long ? "100%" : "8em";
  return { node: box, read: () => box.value, write: (value) => (box.value = value ?? "") };
}

function part(field, page) {
  const name = `${page}-${field.name}`;
  const answer = (field.options ? options : typed)(field, name);
  const shown = field.options
    ? el("fieldset", { className: "tl-question" }, el("legend", { html: field.label }), answer.node)
    : el("div", {}, el("label", { htmlFor: name, html: field.label }), answer.node);
  return { ...answer, name: field.name, node: shown };
}

function render({ model, el: root }) {
  const page = `tl-form-${Math.random().toString(36).slice(2)}`;
  const parts = model.get("fields").map((field) => part(field, page));
  const send = button(model.get("submit"), { type: "submit", className: "tl-button tl-main" });
  const notice = el("p", { className: "tl-notice", role: "status" });
  const title = el("p", { className: "tl-meta" }, el("span", { textContent: model.get("title") }));
  const form = el("form", { noValidate: true }, title, ...parts.map((each) => each.node));
  form.append(el("div", { className: "tl-actions" }, send), notice);
  root.append(keepKeys(el("div", { className: "tl tl-card" }, form)));

  let waiting = null;
  const update = () => {
    clearTimeout(waiting);
    notice.textContent = model.get("notice");
    const closed = model.get("closed");
    form.querySelectorAll("input, textarea, button").forEach((node) => (node.disabled = closed));
  };
  form.onsubmit = (event) => {
    event.preventDefault();
    notice.textContent = "";
    clearTimeout(waiting);
    const values = Object.fromEntries(parts.map((each) => [each.name, each.read()]));
    waiting = ask(model, { type: "send", values }, (text) => (notice.textContent = text));
  };
  const stored = model.get("values");
  parts.forEach((each) => each.name in stored && each.write(stored[each.name]));
  model.on("change:turn", update);
  update();
  return () => {
    clearTimeout(waiting);
    model.off("change:turn", update);
  };
}

export default { render };
