// Search, and the switch between light and dark. The index is a script, since a page from a folder may fetch nothing.
(() => {
  const root = document.documentElement.dataset.root;
  const button = document.getElementById("theme");
  const name = () => {
    button.textContent = document.documentElement.getAttribute("theme") === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `${button.textContent} colours`);
  };
  button.onclick = () => {
    const next = document.documentElement.getAttribute("theme") === "dark" ? "light" : "dark";
    document.documentElement.setAttribute("theme", next);
    try { localStorage.setItem("two-levers-theme", next); } catch { /* kept for this page only */ }
    name();
  };
  name();

  const MOST = 20;
  const box = document.getElementById("search");
  const panel = document.getElementById("search-results");
  const said = document.getElementById("search-said");
  const list = panel.querySelector("ol");
  const words = (text) => text.toLowerCase().match(/[\p{L}\p{N}@-]+/gu) ?? [];

  // Every word must be there; in a heading it counts ten times.
  function find(query) {
    const wanted = words(query);
    if (!wanted.length) return [];
    const score = (entry) => {
      const [head, text] = [`${entry.page} ${entry.heading}`.toLowerCase(), entry.text.toLowerCase()];
      let sum = 0;
      for (const word of wanted) {
        const hits = (head.includes(word) ? 10 : 0) + Math.min(5, text.split(word).length - 1);
        if (!hits) return 0;
        sum += hits;
      }
      return sum;
    };
    return window.TWO_LEVERS_INDEX.map((entry) => [score(entry), entry])
      .filter(([hits]) => hits)
      .sort((a, b) => b[0] - a[0])
      .map(([, entry]) => entry);
  }

  function excerpt(text, word) {
    const at = Math.max(0, text.toLowerCase().indexOf(word));
    const start = Math.max(0, at - 60);
    const line = document.createElement("span");
    const mark = Object.assign(document.createElement("mark"), { textContent: text.slice(at, at + word.length) });
    line.append(`${start ? "…" : ""}${text.slice(start, at)}`, mark, `${text.slice(at + word.length, at + 120)}…`);
    return line;
  }

  box.oninput = () => {
    const found = find(box.value);
    panel.hidden = !box.value.trim();
    const more = found.length > MOST ? `, the first ${MOST} shown` : "";
    said.textContent = `${found.length} ${found.length === 1 ? "place" : "places"} found${more}.`;
    list.replaceChildren(
      ...found.slice(0, MOST).map((entry) => {
        const title = entry.heading && entry.heading !== entry.page ? `${entry.page}: ${entry.heading}` : entry.page;
        const link = Object.assign(document.createElement("a"), { href: root + entry.url, textContent: title });
        const row = document.createElement("li");
        row.append(link, document.createElement("br"), excerpt(entry.text, words(box.value)[0]));
        return row;
      }),
    );
  };
  document.querySelector(".search").onsubmit = (event) => {
    event.preventDefault();
    list.querySelector("a")?.focus();
  };
  document.addEventListener("keydown", (event) => {
    if (event.key === "/" && !/^(input|textarea|select)$/i.test(document.activeElement.tagName)) {
      event.preventDefault();
      box.focus();
    }
    if (event.key === "Escape" && !panel.hidden) {
      box.value = "";
      panel.hidden = true;
      box.focus();
    }
  });
})();
