// The page's side of a quiz, after dom.js. It shows items and sends answers; Python grades (messages: quiz.py).

// One function per way of answering: { node, read(), write(answer), mark(lines) }.
const inputs = {
  options(item, name) {
    const type = item.kind === "several" ? "checkbox" : "radio";
    const rows = item.options.map((html, i) => choice(type, name, i, html));
    const numbered = item.kind === "spot_the_flaw" ? " tl-lines" : "";
    return {
      node: el("div", { className: `tl-choices${numbered}` }, ...rows.map((row) => row.label)),
      read: () => rows.flatMap((row, i) => (row.box.checked ? [i] : [])),
      write: (answer) => rows.forEach((row, i) => (row.box.checked = answer.includes(i))),
      mark(lines) {
        rows.forEach((row, i) => {
          const line = lines.find((one) => one.option === i);
          row.mark.textContent = line ? (line.right ? "✓ right" : "✗ not so") : "";
          row.label.dataset.mark = line ? (line.right ? "right" : "wrong") : "";
        });
      },
    };
  },

  typed(item, name) {
    const box = input({ type: "text", id: `${name}-box`, autocomplete: "off", className: "tl-box" });
    if (item.kind === "numeric") box.inputMode = "decimal";
    else box.classList.add("tl-wide");
    const label = el("label", { htmlFor: box.id, textContent: "Your answer" });
    const unit = el("span", { id: `${name}-unit`, textContent: item.unit ?? "" });
    if (item.unit) box.setAttribute("aria-describedby", unit.id);
    return {
      node: el("div", { className: "tl-typed" }, label, box, unit),
      read: () => box.value,
      write: (answer) => (box.value = answer),
      mark() {},
    };
  },

  steps(item) {
    const list = el("ol", { className: "tl-steps" });
    const said = el("p", { className: "tl-sr", role: "status" });
    const move = (row, up) => {
      const other = up ? row.previousElementSibling : row.nextElementSibling;
      if (!other) return;
      if (up) other.before(row);
      else other.after(row);
      row.querySelector(up ? "[data-up]" : "[data-down]").focus(); // moving a node drops its focus
      const place = [...list.children].indexOf(row) + 1;
      said.textContent = `${row.querySelector(".tl-choice-text").textContent}: place ${place} of ${list.children.length}`;
    };
    const rows = item.steps.map((html, i) => {
      const text = el("span", { className: "tl-choice-text", html });
      const name = text.textContent;
      const up = button("↑", { "aria-label": `Move up: ${name}`, "data-up": "" });
      const down = button("↓", { "aria-label": `Move down: ${name}`, "data-down": "" });
      const row = el(
        "li",
        { className: "tl-step", "data-step": i },
        text,
        el("span", { className: "tl-moves" }, up, down),
      );
      up.onclick = () => move(row, true);
      down.onclick = () => move(row, false);
      return row;
    });
    list.append(...rows);
    return {
      node: el("div", {}, list, said),
      read: () => [...list.children].map((row) => Number(row.dataset.step)),
      write: (answer) => list.append(...answer.map((i) => rows[i])),
      mark() {},
    };
  },

  pairs(item, name) {
    const selects = item.lefts.map((_, i) => {
      const select = keepKeys(el("select", { id: `${name}-${i}`, className: "tl-box" }));
      select.append(el("option", { value: "", textContent: "choose…" }));
      item.rights.forEach((text, j) => select.append(el("option", { value: j, textContent: text })));
      return select;
    });
    const rows = item.lefts.map((html, i) =>
      el("div", { className: "tl-pair" }, el("label", { htmlFor: `${name}-${i}`, html }), selects[i]),
    );
    return {
      node: el("div", {}, ...rows),
      read: () => selects.map((select) => (select.value === "" ? null : Number(select.value))),
      write: (answer) => answer.forEach((value, i) => (selects[i].value = value ?? "")),
      mark() {},
    };
  },
};

const WAY = { numeric: "typed", short_text: "typed", ordering: "steps", matching: "pairs" };

function confidence(name) {
  const levels = ["low", "medium", "high"];
  const rows = levels.map((level) => choice("radio", `${name}-sure`, level, level));
  return {
    node: el(
      "fieldset",
      { className: "tl-sure" },
      el("legend", { textContent: "How sure are you?" }),
      el("div", { className: "tl-sure-row" }, ...rows.map((row) => row.label)),
    ),
    read: () => levels.find((_, i) => rows[i].box.checked) ?? null,
    write: (level) => rows.forEach((row, i) => (row.box.checked = levels[i] === level)),
  };
}

function badge(result) {
  if (result.first) return "✓ Right first time";
  if (result.right && !result.shown) return `✓ Right after ${result.tries} tries`;
  if (result.shown) return "Answer shown";
  return result.tries ? `✗ Not yet (${result.tries} ${result.tries === 1 ? "try" : "tries"})` : "";
}

function card(model, item, number, total, name) {
  const answer = inputs[WAY[item.kind] ?? "options"](item, name);
  const sure = confidence(name);
  const state = el("span", { className: "tl-state" });
  const check = button("Check", { type: "submit", className: "tl-button tl-main" });
  const hint = button("Hint", { className: "tl-button", "aria-expanded": "false" });
  const solution = button("Show the answer", { className: "tl-button", hidden: true });
  const feedback = el("div", { className: "tl-feedback", role: "status" });
  const hinted = el("div", { className: "tl-hint", role: "status" });

  const asked = new Set(); // a second press while Python is busy must not count as a second try
  let waiting = null;
  let turn = 0;
  const press = (type) => {
    if (asked.has(type)) return;
    asked.add(type);
    clearTimeout(waiting);
    const message = { type, id: item.id, answer: answer.read(), confidence: sure.read() };
    waiting = ask(model, message, (text) => feedback.replaceChildren(el("p", { textContent: text })));
    if (!waiting) asked.clear();
  };
  hint.onclick = () => press("hint");
  solution.onclick = () => press("solution");

  const form = el(
    "form",
    { className: "tl-card", noValidate: true, "aria-label": `Question ${number} of ${total}` },
    el(
      "p",
      { className: "tl-meta" },
      el("span", {
        textContent: `Question ${number} of ${total} · ${item.difficulty}${item.evidence ? " · reads evidence" : ""}`,
      }),
      state,
    ),
    ...item.lead.map((html) => el("p", { html })),
    el("div", { className: "tl-exhibit", html: item.exhibit }),
    el(
      "fieldset",
      { className: "tl-question" },
      el("legend", { html: `${item.question} <span class="tl-instruction">${item.instruction}</span>` }),
      answer.node,
    ),
    el("div", { className: "tl-foot" }, sure.node, el("div", { className: "tl-actions" }, check, hint, solution)),
    hinted,
    feedback,
  );
  form.onsubmit = (event) => {
    event.preventDefault();
    press("answer");
  };

  const verdict = (line) => (line.right ? "✓ Right. " : line.chosen ? "✗ Not so. " : "✗ Incomplete. ");
  const lineOf = (line) =>
    el(
      "p",
      { className: line.right ? "tl-right" : "tl-wrong" },
      el("strong", { textContent: verdict(line) }),
      el("span", { html: line.chosen ? `<em>${line.chosen}</em> ` : "" }),
      el("span", { className: line.chosen ? "tl-why" : "", html: line.text }),
    );

  return {
    node: form,
    restore(result) {
      if (result.answer !== null) answer.write(result.answer);
      sure.write(result.confidence);
    },
    update(result, first) {
      if (!first && result.turn === turn) return;
      turn = result.turn;
      asked.clear();
      clearTimeout(waiting);
      state.textContent = badge(result);
      state.className = `tl-state ${result.right ? "tl-right" : ""}`;
      const lines = result.lines.map(lineOf);
      if (result.note) lines.unshift(el("p", { textContent: result.note }));
      if (result.lines.length && !result.now_right && !result.shown)
        lines.push(el("p", { textContent: "Change your answer and check again." }));
      feedback.replaceChildren(...lines);
      answer.mark(result.lines);
      hinted.replaceChildren(...(result.hint ? [el("p", { html: `<strong>Hint.</strong> ${result.hint}` })] : []));
      hint.setAttribute("aria-expanded", String(Boolean(result.hint)));
      if (solution === document.activeElement && !result.offer) check.focus(); // a hidden button would drop the focus
      solution.hidden = !result.offer;
    },
  };
}

function render({ model, el: root }) {
  const items = model.get("items");
  const view = `tl-${Math.random().toString(36).slice(2)}`;
  const cards = items.map((item, i) => card(model, item, i + 1, items.length, `${view}-${i}`));
  const score = el("span", { className: "tl-score" });
  const sure = el("p", { className: "tl-calibration" });
  const notice = el("p", { className: "tl-notice", role: "alert" });
  root.append(
    keepKeys(
      el(
        "div",
        { className: "tl tl-quiz", role: "group", "aria-label": `Quiz: ${model.get("title")}` },
        el("p", { className: "tl-head" }, el("strong", { textContent: `Quiz: ${model.get("title")}` }), score),
        notice,
        ...cards.map((one) => one.node),
        sure,
      ),
    ),
  );

  const words = () => {
    score.textContent = model.get("score");
    sure.textContent = model.get("calibration");
    notice.textContent = model.get("notice");
  };
  const update = (first) => {
    const results = model.get("results");
    items.forEach((item, i) => {
      if (!results[item.id]) return;
      if (first) cards[i].restore(results[item.id]);
      cards[i].update(results[item.id], first);
    });
  };
  const changed = () => update(false);
  const events = { "change:results": changed, "change:score change:calibration change:notice": words };
  words();
  update(true);
  for (const [event, act] of Object.entries(events)) model.on(event, act);
  return () => Object.entries(events).forEach(([event, act]) => model.off(event, act));
}

export default { render };
