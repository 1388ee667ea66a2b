const printing = /print-pdf/i.test(location.search);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// Keys that open something folded must not turn the page.
for (const summary of document.querySelectorAll("summary")) {
  summary.addEventListener("keydown", (event) => {
    if (event.key === " " || event.key === "Enter") event.stopPropagation();
  });
}
if (printing) {
  for (const folded of document.querySelectorAll("details")) folded.open = true;
  // A browser that prints without a window draws no frames, and reveal.js would wait for one for ever.
  window.requestAnimationFrame = (go) => setTimeout(() => go(performance.now()));
}

// The builder parts what is too long by an estimate. What still stands out here is set closer first (theme.css), with
// the words as large as ever, and is shrunk only when that does not do.
const PARTS = ".cell > .tl-poll, .html, pre.text, .code, .prose";
function fit(slide) {
  const parts = [...slide.querySelectorAll(PARTS)].filter((part) => !part.parentElement.closest(PARTS));
  const fits = () => {
    const box = slide.getBoundingClientRect();
    const floor = box.bottom - (parseFloat(getComputedStyle(slide).paddingBottom) / 720) * box.height;
    return Math.max(...[...slide.querySelectorAll("*")].map(lowest)) <= floor + 1;
  };
  const set = (close, zoom) => {
    slide.classList.toggle("close", close);
    for (const part of parts) part.style.zoom = zoom;
    return fits();
  };
  if (!parts.length || set(false, 1)) return;
  for (let zoom = 1; zoom >= 0.4; zoom -= 0.05) if (set(true, zoom)) return;
}
function lowest(node) {
  return node.checkVisibility() ? node.getBoundingClientRect().bottom : 0;
}
for (const folded of document.querySelectorAll("details")) {
  folded.addEventListener("toggle", () => fit(folded.closest("section")));
}
for (const event of ["ready", "slidechanged"]) Reveal.on(event, ({ currentSlide }) => fit(currentSlide));
Reveal.on("pdf-ready", () => Reveal.getSlides().forEach(fit));

// Hands raised for each option of each question; they stand again beside the answers.
const hands = {};
const polls = [...document.querySelectorAll(".tl-poll[data-polled='true']")];
const said = document.getElementById("deck-said");
function optionsOf(poll) {
  return [...poll.querySelectorAll(".tl-options > li")];
}
function count(poll, option) {
  const options = optionsOf(poll);
  if (option >= options.length) return;
  const raised = (hands[poll.dataset.item] ??= options.map(() => 0));
  if (option < 0) raised.fill(0);
  else raised[option] += 1;
  const answers = [...document.querySelectorAll(".tl-answer")].filter((list) => list.dataset.item === poll.dataset.item);
  options.forEach((line, i) => tell(line, raised[i]));
  for (const line of answers.flatMap((list) => [...list.children])) tell(line, raised[line.dataset.option]);
  said.textContent = option < 0 ? "Poll cleared" : `${"ABCDEFGHI"[option]}: ${raised[option]}`;
  fit(Reveal.getCurrentSlide());
}
function tell(line, number) {
  let mark = line.querySelector(":scope > .tl-hands");
  if (!mark) line.append((mark = Object.assign(document.createElement("span"), { className: "tl-hands" })));
  mark.textContent = number ? `${number} ${number === 1 ? "hand" : "hands"}` : "";
}
for (const poll of polls) {
  optionsOf(poll).forEach((line, i) => line.addEventListener("click", () => count(poll, i)));
}
// Keys of the speaker's window reach the copy of the deck that it shows; that copy tells the one on the wall.
const wall = window === window.top ? null : window.parent.opener;
window.addEventListener("message", ({ data }) => {
  const poll = polls.find((one) => one.dataset.item === data?.poll);
  if (poll && Number.isInteger(data.option)) count(poll, data.option);
});
Reveal.on("ready", () => {
  for (let digit = 0; digit <= 9; digit += 1) {
    const description = digit ? `A hand for option ${digit}` : "Clear the poll";
    const act = () => {
      const poll = Reveal.getCurrentSlide().querySelector(".tl-poll[data-polled='true']");
      if (!poll) return;
      count(poll, digit - 1);
      wall?.postMessage({ poll: poll.dataset.item, option: digit - 1 }, "*"); // a file has no origin to name
    };
    for (const keyCode of [48 + digit, 96 + digit]) {
      Reveal.addKeyBinding({ keyCode, key: String(digit), description }, act);
    }
  }
});

Reveal.initialize({
  width: 1280,
  height: 720,
  margin: 0,
  center: false,
  display: "flex",
  hash: true,
  slideNumber: "c/t",
  controlsTutorial: false,
  transition: printing || calm ? "none" : "fade",
  transitionSpeed: "fast",
  backgroundTransition: "none",
  pdfSeparateFragments: false,
  pdfMaxPagesPerSlide: 1,
  totalTime: 60 * Number(document.querySelector("main").dataset.minutes || 0), // the speaker's clock
  plugins: [RevealNotes],
});
