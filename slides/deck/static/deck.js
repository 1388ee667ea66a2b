const printing = /print-pdf/i.test(location.search);
const calm = matchMedia("(prefers-reduced-motion: reduce)").matches;

// Keys that work an answer's disclosure must not turn the page.
for (const summary of document.querySelectorAll("summary")) {
  summary.addEventListener("keydown", (event) => {
    if (event.key === " " || event.key === "Enter") event.stopPropagation();
  });
}
if (printing) {
  for (const answer of document.querySelectorAll("details")) answer.open = true;
  // A browser that prints without a window draws no frames, and reveal.js would wait for one for ever.
  window.requestAnimationFrame = (go) => setTimeout(() => go(performance.now()));
}

// A quiz item is as long as its teaching needs: shrink it, open or closed, until it fits its slide.
function fit(item) {
  const slide = item.closest("section").getBoundingClientRect();
  const floor = slide.bottom - (56 / 720) * slide.height; // the slide's lower padding in theme.css
  for (let zoom = 1; zoom >= 0.5; zoom -= 0.05) {
    item.style.zoom = zoom;
    if (item.getBoundingClientRect().bottom <= floor) break;
  }
}
const fitAll = (slides) => slides.flatMap((slide) => [...slide.querySelectorAll(".tl-static")]).forEach(fit);
for (const answer of document.querySelectorAll(".tl-static details")) {
  answer.addEventListener("toggle", () => fit(answer.closest(".tl-static")));
}
for (const event of ["ready", "slidechanged"]) Reveal.on(event, ({ currentSlide }) => fitAll([currentSlide]));
Reveal.on("pdf-ready", () => fitAll(Reveal.getSlides()));

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
  plugins: [RevealNotes],
});
