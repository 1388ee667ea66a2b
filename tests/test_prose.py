"""The prose of lessons and exercises: no figure that no code holds, plain words, no longer than the minutes it states.

A figure that a run produces is rendered by code. What may stand in prose: small facts of the design that the lesson's
code holds too, and figures of practice data in a cell that calls them made up.
"""

import ast
import re
from functools import cache

import pytest

from twolevers import paths
from twolevers.data.claims import load_published
from twolevers.lessons.registry import COURSE
from twolevers.publish.notebook import read

ROOT = paths.repository()
LESSONS = [ROOT / "notebooks" / f"{row.stem}.ipynb" for row in COURSE]
SOLUTIONS = sorted((ROOT / "solutions").glob("*.ipynb"))

# Figures that every lesson may name, each with where it is fixed.
COURSE = {
    135: "million weights of the course's model (models/weights.py)",
    384: "numbers of a sentence vector (models/encoder.py)",
    95: "per cent: the level of every interval (evaluate/statistics.py)",
    100: "per cent",
}
# Words up to twelve are fine.
SMALL = [
    "one",
    "two",
    "three",
    "four",
    "five",
    "six",
    "seven",
    "eight",
    "nine",
    "ten",
    "eleven",
    "twelve",
]  # these are fine
TEENS = ["thirteen", "fourteen", "fifteen", "sixteen", "seventeen", "eighteen", "nineteen"]
TENS = ["twenty", "thirty", "forty", "fifty", "sixty", "seventy", "eighty", "ninety"]
WORDS = {word: 13 + place for place, word in enumerate(TEENS)} | {word: 20 + 10 * i for i, word in enumerate(TENS)}
WORDS |= {"hundred": 100, "thousand": 1000}
LARGER = re.compile(rf"\b(?:(a|{'|'.join(SMALL)})\s+)?({'|'.join(WORDS)})(?:-({'|'.join(SMALL[:9])}))?\b", re.I)
NUMBER = re.compile(r"(?<![\w.,/^-])[-−+]?\d[\d,]*(?:\.\d+)?(?![\w^]|\.\d)(?:\s?(?:%|per cent))?")
NAMES = (  # what holds digits but is no figure
    r"\[[^\]]*\]\([^)]*\.ipynb\)|\]\([^)]*\)|https?://\S+",  # links to lessons, targets of others
    r'"[^"\n]*"',  # what somebody says, as an example
    r"\b[CP]\d\d\b",  # claims, published results
    r"\b\d{4}\.\d{4,5}\b",  # arXiv
    r"\b(?:19|20)\d\d\b(?!\s*(?:%|tokens|questions))",  # years
    r"(?i:lessons?|exercises?|notebooks?|clinics?|tables?|figures?|tasks?|sentences?|steps?|rules?|months?)\s+"
    r"\d+[a-c]?(?:(?:\s*(?:,|and|or|to|–)\s*)+\d+)*",  # what is numbered
    r"(?<![.\d])0\d\b",  # lessons, by themselves
    r"\b\d+(?:\.\d+)? [BM]\b",  # sizes of models
    r"^\s*\d+\.\s|^#+ .*$",  # items of a list, headings
    r"Timing: \d+ minutes?",  # for instructors
)
MADE_UP = re.compile(r"made[- ]up|invented", re.IGNORECASE)

# Reading level: Flesch–Kincaid grade (Kincaid et al. 1975), the school year that can read a text with ease.
GRADE, SENTENCE, WORDS_A_MINUTE = 8, 18, 200


def each(paths_):
    return pytest.mark.parametrize("path", paths_, ids=lambda path: f"{path.parent.name}/{path.stem}")


def prose(path):
    """Markdown cells with their text: fences, code spans, tags and the minutes of the first cell taken out."""
    for cell in read(path).cells:
        if cell.cell_type != "markdown":
            continue
        text = re.sub(r"```.*?```", "", cell.source, flags=re.DOTALL)
        text = re.sub(r"`[^`\n]*`|<[^>\n]+>", "", text)
        text = re.sub(r"\*read \d+ min.*", "", text, flags=re.DOTALL)  # checked in test_notebook_style.py
        yield cell, re.sub(r"exercise \d+ min, [\d.]+ GiB of memory", "", text)


def figures(text):
    """Numbers in a text, as (what stands there, value): digits, and words above twelve."""
    for name in NAMES:
        text = re.sub(name, " ", text, flags=re.MULTILINE)
    found = []
    for match in NUMBER.finditer(text):
        found.append((match[0].strip(), float(re.sub(r"[^\d.]", "", match[0]))))
    for match in LARGER.finditer(text):
        times = SMALL.index(match[1].lower()) + 1 if match[1] and match[1].lower() in SMALL else 1
        value = WORDS[match[2].lower()]
        tail = SMALL.index(match[3].lower()) + 1 if match[3] else 0
        found.append((match[0], float(times * value if value >= 100 else value + tail)))
    return found


def stands(said, value, known):
    """Whether the code holds the figure: a percentage as a share such as 0.95, or as one of the course's."""
    if said.endswith(("%", "per cent")):
        return value in COURSE or any(abs(value - 100 * number) < 1e-9 for number in known if 0 < number < 1)
    return value in known


def strangers(path):
    """Figures of a notebook's prose that its code does not hold.

    A task that says it is about made-up data may speak of them; a cell on published evidence of published figures.
    """
    known = held(path)
    cells = list(prose(path))
    practice = {task(cell) for cell, _ in cells if path.parent.name == "solutions" and MADE_UP.search(cell.source)}
    return [
        f"{cell.id}: {said!r}"
        for cell, text in cells
        for said, value in figures(text)
        if task(cell) not in practice and not stands(said, value, known)
        if not (cell.id.startswith("published") and value in published())
    ]


@cache
def published():
    """Numbers of published_results.csv."""
    rows = load_published()
    return {value for text in [*rows["values"], *rows["setting"]] for _, value in figures(text)}


def task(cell):
    """The task that a cell of an exercise belongs to: "task-2" of "task-2-text"."""
    return "-".join(cell.id.split("-")[:2])


@cache
def constants(module):
    """Numbers that the code of a module holds, and those of the experiments it imports."""
    path = ROOT / "src" / f"{module.replace('.', '/')}.py"
    if not path.exists():
        return frozenset()
    tree = ast.parse(path.read_text(encoding="utf-8"))
    found = set(_numbers(tree))
    for name in _imported(tree):
        # The registry's minutes are no figures of an experiment.
        if name.startswith("twolevers.lessons.") and name not in (module, "twolevers.lessons.registry"):
            found |= constants(name)
    return frozenset(found)


def held(path):
    """Every number that the code of a notebook, its experiments and its checks hold."""
    found = {float(number) for number in COURSE}
    for cell in read(path).cells:
        if cell.cell_type == "code":
            tree = ast.parse(cell.source)
            found |= set(_numbers(tree))
            for name in _imported(tree):
                if re.match(r"twolevers\.(lessons|data)\.", name):
                    found |= constants(name)
    return found


def _numbers(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, int | float) and not isinstance(node.value, bool):
            yield float(node.value)


def _imported(tree):
    for node in ast.walk(tree):
        if isinstance(node, ast.ImportFrom) and node.module:
            yield node.module
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def grade(text):
    """(Flesch–Kincaid grade, words a sentence, words): 0.39 words/sentences + 11.8 syllables/words − 15.59."""
    lines = [line for line in text.splitlines() if not re.match(r"\s*(#|\||!\[)", line)]
    text = re.sub(r"\n\s*(?:[-*]|\d+\.)\s+|\n\s*\n", ". ", "\n".join(lines))  # items and paragraphs end a sentence
    text = re.sub(r"\]\([^)]*\)", "]", text)
    parts = re.split(r"[.!?]+(?=\s|$)", text)
    sentences = [words for part in parts if (words := re.findall(r"[A-Za-z][\w'’-]*", part))]
    words = [word for sentence in sentences for word in sentence]
    if not words:
        return 0.0, 0.0, 0
    long = len(words) / len(sentences)
    return 0.39 * long + 11.8 * sum(map(syllables, words)) / len(words) - 15.59, long, len(words)


def syllables(word):
    """Groups of vowels, less a silent e at the end."""
    word = re.sub(r"[^a-z]", "", word.lower())
    groups = len(re.findall(r"[aeiouy]+", word))
    silent = word.endswith("e") and not re.search(r"[^aeiouy]le$|[aeiouy]e$", word)
    return max(1, groups - silent)


@each([*LESSONS, *SOLUTIONS])
def test_no_figure_stands_in_prose_that_no_code_holds(path):
    strange = strangers(path)
    assert not strange, (
        f"{path.name} says figures that no code of the lesson holds; render them by code or leave them out: {strange}"
    )


@each([*LESSONS, *SOLUTIONS])
def test_prose_is_plain(path):
    text = "\n\n".join(text for _, text in prose(path))
    level, long, _ = grade(text)
    assert level <= GRADE, f"reading level {level:.1f}, at most {GRADE}: shorter words, shorter sentences"
    assert long <= SENTENCE, f"{long:.1f} words a sentence, at most {SENTENCE}"


@each(LESSONS)
def test_a_lesson_reads_in_the_minutes_it_states(path):
    notes = [cell for cell, _ in prose(path) if cell.metadata.get("slideshow", {}).get("slide_type") == "notes"]
    words = sum(grade(text)[2] for cell, text in prose(path) if cell not in notes)
    minutes = read(path).metadata.twolevers.minutes["read"]
    assert words <= WORDS_A_MINUTE * minutes, f"{words} words do not read in {minutes} min"
    assert words >= 20 * minutes, f"{minutes} min for {words} words: too much is stated"


# The rules themselves


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("RAG answers 0.55 of them, 27 % more", ["0.55", "27 %"]),
        ("It fell from 61.06 to −3", ["61.06", "−3"]),
        ("about forty facts, a hundred replies, twenty-five labels", ["forty", "a hundred", "twenty-five"]),
        ("three arms, twelve months, one fact", []),
        ("lessons 02 to 10 and 13, claim C18, arXiv 2403.10131, Llama-3.2-1B, GPT-4, in 2026", []),
        ("lesson 12 (Table 2) and task 3", []),
        ("1. first\n2. second", []),
        ("a 900-token guide", ["900"]),
    ],
)
def test_figures_are_found_and_names_are_not(text, found):
    assert [said for said, _ in figures(text)] == found


def test_the_reading_level_knows_plain_from_dense():
    plain = "The model reads the page. It then says what it found. You can check it."
    dense = "Notwithstanding considerable heterogeneity, parametric internalisation necessitates reconsideration."
    assert grade(plain)[0] < 4 < GRADE < grade(dense)[0]
    assert [syllables(word) for word in ("model", "table", "measure", "evidence", "the")] == [2, 2, 2, 3, 1]
