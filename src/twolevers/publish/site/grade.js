// Grades answers in the page, after dom.js and quiz.js: the same rules as learn/kinds.py, which a test holds it to.

const DIGITS = /^[-+]?(\d+\.?\d*|\.\d+)(e[-+]?\d{1,2})?$/i;

function parseNumber(typed, unit) {
  let text = typed.replace(/[\s_]/g, "").replace(/−/g, "-");
  const percent = text.endsWith("%") && unit !== "%";
  if (text.endsWith("%")) text = text.slice(0, -1);
  const bare = unit.replace(/ /g, "");
  if (bare && text.toLowerCase().endsWith(bare.toLowerCase())) text = text.slice(0, text.length - bare.length);
  if (/^[-+]?\d{1,3}(,\d{3})+(\.\d*)?$/.test(text)) text = text.replace(/,/g, "");
  text = text.replace(/,/g, ".");
  return DIGITS.test(text) ? Number(text) / (percent ? 100 : 1) : null;
}

function normal(text) {
  const words = text.toLowerCase().match(/[\p{L}\p{N}_]+/gu) ?? [];
  return words.filter((word) => !["a", "an", "the"].includes(word)).join(" ");
}

function escaped(text) {
  return el("span", { textContent: text }).innerHTML;
}

// Each gives { right, lines } or { note } where there is nothing to grade yet.
const graders = {
  options(key, answer) {
    if (!answer.length) return { note: "Choose an answer first." };
    const lines = answer.map((i) => ({ ...key.options[i], chosen: key.options[i].text, option: i, text: key.options[i].why }));
    const missing = key.options.filter((one) => one.right).length - lines.filter((line) => line.right).length;
    const right = missing === 0 && lines.every((line) => line.right);
    if (missing && key.kind === "several") {
      const more = missing === 1 ? "One right statement is" : `${missing} right statements are`;
      lines.push({ right: false, chosen: "", text: `${more} still unticked.`, option: null });
    }
    return { right, lines };
  },
  numeric(key, answer) {
    const value = parseNumber(answer, key.unit);
    if (value === null) return { note: `Type a number${key.unit ? ` in ${key.unit}` : ""}, such as 0.4 or 12.` };
    const slack = key.tolerance + 1e-9 * Math.abs(key.value);
    const distance = Math.abs(value - key.value);
    const line = (right, text) => ({ right, lines: [{ right, chosen: escaped(answer.trim()), text, option: null }] });
    if (distance <= slack) return line(true, key.explanation);
    const known = key.mistakes.find((one) => Math.abs(value - one.value) <= slack);
    if (known) return line(false, known.why);
    return line(false, distance <= (key.near_within ?? 3 * key.tolerance) ? key.near : key.far);
  },
  ordering(key, answer) {
    const place = answer.findIndex((shown, at) => key.order[shown] !== at);
    if (place < 0) return { right: true, lines: key.solution };
    const step = key.steps[key.order[answer[place]]];
    const chosen = `In place ${place + 1}: ${step.text}`;
    return { right: false, lines: [{ right: false, chosen, text: step.misplaced, option: null }] };
  },
  matching(key, answer) {
    if (answer.some((one) => one === null)) return { note: "Choose a partner for each first." };
    const lines = key.pairs.map((pair, i) => {
      const right = key.order[answer[i]] === i;
      const chosen = `${pair.left} – ${key.pairs[key.order[answer[i]]].right}`;
      return { right, chosen, text: right ? pair.explanation : pair.confused, option: null };
    });
    return { right: lines.every((line) => line.right), lines };
  },
  short_text(key, answer) {
    const words = normal(answer.trim().slice(0, 200));
    if (!words) return { note: "Type an answer first." };
    const right = key.accept.includes(words);
    const known = key.mistakes.find((one) => one.accept.includes(words));
    const text = right ? key.explanation : (known?.why ?? key.otherwise);
    return { right, lines: [{ right, chosen: escaped(answer.trim()), text, option: null }] };
  },
};

function grade(key, answer) {
  return (graders[key.kind] ?? graders.options)(key, answer);
}

// Stands in for the widget's model: what Python does in the notebook happens here, and is kept until the page is closed.
function localModel(quiz) {
  const state = { title: quiz.title, items: quiz.items, results: {}, score: "", calibration: "", notice: "" };
  const listeners = [];
  const records = {};
  const blank = { tries: 0, right: false, first: false, shown: false, hinted: false, answer: null, confidence: null };
  const tell = () => {
    const done = Object.values(records).filter((one) => one.tries || one.shown);
    const first = done.filter((one) => one.first).length;
    state.score = `${done.length} of ${quiz.items.length} answered, ${first} right first time`;
  };
  tell();
  return {
    get: (name) => state[name],
    on: (events, act) => listeners.push([events.split(" "), act]),
    off() {},
    send({ type, id, answer, confidence }) {
      const key = quiz.keys[id];
      const record = (records[id] ??= { ...blank, lines: [], now: false });
      let note = "";
      if (type === "hint") record.hinted = true;
      if (type === "solution" && record.tries >= 3) Object.assign(record, { shown: true, lines: key.solution });
      if (type === "answer") {
        const graded = grade(key, answer);
        note = graded.note ?? "";
        if (!note) Object.assign(record, { lines: graded.lines, now: graded.right });
        if (!note && !record.right) {
          const tries = record.tries + 1;
          const first = record.first || (tries === 1 && graded.right && !record.shown);
          Object.assign(record, { tries, first, right: graded.right, answer, confidence });
        }
      }
      const offer = record.tries >= 3 && !record.right && !record.shown;
      const turn = (state.results[id]?.turn ?? 0) + 1;
      const hint = record.hinted ? key.hint : "";
      state.results = { ...state.results, [id]: { ...record, now_right: record.now, offer, hint, note, turn } };
      tell();
      for (const [events, act] of listeners) {
        if (events.some((one) => /results|score/.test(one))) act();
      }
    },
  };
}

for (const place of document.querySelectorAll(".quiz")) {
  const quiz = JSON.parse(place.querySelector("script").textContent);
  place.querySelector(".quiz-still")?.remove();
  render({ model: localModel(quiz), el: place });
}
window.TwoLeversQuiz = { grade };
