"""The site: lessons with recorded outputs, quizzes, decks, guide and glossary as pages that open from a folder.

Made with nbconvert's filters and one Jinja page. MyST and Jupyter Book 2 were weighed: their pages load scripts as
modules and fetch their search index, and a browser allows neither from file://.
"""

import json
import re
from dataclasses import dataclass
from html import escape, unescape
from pathlib import Path
from typing import TYPE_CHECKING

from twolevers import paths
from twolevers.learn.bank import load_bank
from twolevers.publish import notebook as notebooks
from twolevers.publish import slides
from twolevers.publish.execute import executed
from twolevers.publish.site.lesson import TAG, lesson_body, prose
from twolevers.publish.site.quizzes import QUIZ, scripts

if TYPE_CHECKING:
    from nbformat import NotebookNode

HERE = Path(__file__).parent
MENU = [("Lessons", "index.html"), ("Decks", "decks.html"), ("Guide", "guide.html"), ("Glossary", "glossary.html")]
SECTION = re.compile(r'<h[1-4] id="([^"]*)">(.*?)</h[1-4]>', re.DOTALL)
UNSEEN = re.compile(r"<(script|svg|style)\b.*?</\1>", re.DOTALL)


@dataclass(frozen=True)
class Page:
    """One page: its address below the site's folder, its title and its body."""

    address: str
    title: str
    body: str

    @property
    def root(self) -> str:
        """The way back to the site's folder."""
        return "../" * self.address.count("/")


def build(out: Path, run: "dict[Path, NotebookNode] | None" = None) -> list[Path]:
    """Write the site to the folder `out`; returns the pages, the first page first.

    `run` holds executed lessons by path; without it, every lesson's kept copy is taken, or made. Raises UsageError for
    a lesson that cannot be shown and TwoLeversError for one that fails.
    """
    root = paths.repository()
    lessons = run
    if lessons is None:
        lessons = {path: executed(path) for path in sorted((root / "notebooks").glob("*.ipynb"))}
    pages = [_lesson(path, made) for path, made in lessons.items()]
    decks = _decks(lessons, root, out)
    others = [_index(pages, lessons), _deck_list(decks), _guide(root), _glossary(root)]
    written = [_write(page, out, _neighbours(page, pages)) for page in [*others, *pages]]
    _assets(out, [*pages, *others])
    return written


def _lesson(path: Path, made: "NotebookNode") -> Page:
    bank = load_bank(path.stem) if (paths.datasets() / "quizzes" / f"{path.stem}.yaml").is_file() else None
    title = notebooks.title(made, path.stem)
    return Page(f"lessons/{path.stem}.html", title, lesson_body(made, path.stem, bank))


def _index(pages: list[Page], lessons: "dict[Path, NotebookNode]") -> Page:
    rows = []
    for page, (path, made) in zip(pages, lessons.items(), strict=True):
        minutes = made.metadata.get("twolevers", {}).get("minutes", {})
        times = f"read {minutes.get('read', 0)}, run {minutes.get('run', 0)}, exercise {minutes.get('exercise', 0)} min"
        link = f'<a href="{page.address}">{path.stem[:2]} {escape(page.title)}</a>'
        rows.append(f"<li>{link}<span>{times}</span></li>")
    intro = prose(
        "# Fine-tuning or RAG?\n\nA course that answers with measurements. These pages show what was measured on one "
        "machine. To measure on yours, run the lessons: `make lab` in the course's folder.\n\n"
        "Press `/` to search."
    )
    listed = f'<h2 id="lessons">Lessons</h2><ol class="lessons">{"".join(rows)}</ol>'
    return Page("index.html", "Fine-tuning or RAG?", intro + listed)


def _decks(lessons: "dict[Path, NotebookNode]", root: Path, out: Path) -> list[tuple[str, str]]:
    """Write each lesson's deck; their titles and addresses."""
    written = []
    for path, made in lessons.items():
        address = f"decks/{path.stem}.html"
        paths.write_atomically(out / address, slides.render(made, path.stem, root / "slides"))
        written.append((notebooks.title(made, path.stem), address))
    return written


def _deck_list(decks: list[tuple[str, str]]) -> Page:
    rows = "".join(f'<li><a href="{address}">{escape(title)}</a></li>' for title, address in decks)
    keys = "Arrows turn the pages, `S` opens the speaker's window, `?` lists the keys."
    said = prose(f"# Decks\n\nOne for each lesson. {keys}")
    return Page("decks.html", "Decks", f'{said}<ol class="lessons">{rows}</ol>')


def _guide(root: Path) -> Page:
    source = next(path for path in (root / "slides" / "guide.md", root / "slides" / "README.md") if path.is_file())
    return Page("guide.html", "Guide for instructors", prose(source.read_text(encoding="utf-8")))


def _glossary(root: Path) -> Page:
    return Page("glossary.html", "Glossary", prose((root / "slides" / "glossary.md").read_text(encoding="utf-8")))


def _neighbours(page: Page, pages: list[Page]) -> dict[str, tuple[str, str] | None]:
    """Titles and addresses of the lessons before and after."""
    if page not in pages:
        return {"before": None, "after": None}
    at = pages.index(page)
    near = {"before": pages[at - 1] if at else None, "after": pages[at + 1] if at + 1 < len(pages) else None}
    return {name: (one.title, Path(one.address).name) if one else None for name, one in near.items()}


def _write(page: Page, out: Path, near: dict[str, tuple[str, str] | None]) -> Path:
    from jinja2 import Environment, FileSystemLoader

    template = Environment(loader=FileSystemLoader(HERE), autoescape=True).get_template("page.html.j2")
    has_quiz = QUIZ in page.body
    shown = {"title": page.title, "body": page.body, "root": page.root, "here": page.address, "menu": MENU}
    text = template.render(**shown, quiz=has_quiz, **near)
    path = out / page.address
    paths.write_atomically(path, text)
    return path


def _assets(out: Path, pages: list[Page]) -> None:
    learn = (HERE.parents[1] / "learn" / "learn.css").read_text(encoding="utf-8")
    index = json.dumps([entry for page in pages for entry in entries(page)], ensure_ascii=False)
    files = {
        "site.css": (HERE / "site.css").read_text(encoding="utf-8") + learn,
        "site.js": (HERE / "site.js").read_text(encoding="utf-8"),
        "quiz.js": scripts((HERE / "grade.js").read_text(encoding="utf-8")),
        "search-index.js": f"window.TWO_LEVERS_INDEX = {index};\n",
    }
    for name, text in files.items():
        paths.write_atomically(out / "assets" / name, text)


def entries(page: Page) -> list[dict[str, str]]:
    """The page's parts for the search: `page`, `heading`, `url` and plain `text`, one for each heading."""
    parts = SECTION.split(UNSEEN.sub(" ", page.body))
    named = [("", "", parts[0]), *zip(parts[1::3], parts[2::3], parts[3::3], strict=True)]
    rows = [
        (f"{page.address}#{name}" if name else page.address, _plain(head), _plain(text)) for name, head, text in named
    ]
    return [{"page": page.title, "heading": head, "url": url, "text": text} for url, head, text in rows if head or text]


def _plain(html: str) -> str:
    return " ".join(unescape(TAG.sub(" ", html)).split())
