// What the quiz and the guess share; Python puts it before their scripts.

const WAITING = "Waiting for Python: it is busy. Your answer is read as soon as it is free.";
const STOPPED = "Python was stopped or restarted since: run this cell again.";

// Send, and tell what the matter is when no answer comes. Gives the timer to clear when one does.
function ask(model, message, tell) {
  try {
    model.send(message);
    return setTimeout(() => tell(WAITING), 2000);
  } catch {
    tell(STOPPED); // the kernel that knew this widget is gone
    return null;
  }
}

function el(tag, props = {}, ...children) {
  const node = document.createElement(tag);
  for (const [name, value] of Object.entries(props)) {
    if (name === "html")
      node.innerHTML = value; // made and escaped in Python
    else if (name in node && !name.startsWith("aria")) node[name] = value;
    else node.setAttribute(name, value);
  }
  node.append(...children);
  return node;
}

// JupyterLab reads single keys as commands (b adds a cell, d d deletes one) unless a focused element says otherwise.
// Escape leads back to the notebook's cell, as it does from the cell's text.
function keepKeys(node) {
  node.setAttribute("data-lm-suppress-shortcuts", "true");
  node.addEventListener("keydown", (event) => {
    event.stopPropagation();
    if (event.key === "Escape") node.closest(".jp-Cell")?.focus();
  });
  return node;
}

function input(props) {
  return keepKeys(el("input", props));
}

function button(text, props) {
  return keepKeys(el("button", { type: "button", textContent: text, ...props }));
}

// A radio or checkbox inside its label, with room for a mark.
function choice(type, name, value, html) {
  const id = `${name}-${value}`;
  const label = el("label", { htmlFor: id, className: "tl-choice" });
  const mark = el("span", { className: "tl-mark" });
  label.append(input({ type, id, name, value }), el("span", { className: "tl-choice-text", html }), mark);
  return { label, mark, box: label.firstChild };
}
