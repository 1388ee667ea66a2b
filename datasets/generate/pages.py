"""Prose of the product pages: seven page plans, filled with plain sentences from phrases.yaml and frames.yaml."""

import random
import re

from products import Product

SHORTEST = 125  # words
# Paragraphs of a page. Every plan spends exactly eight facts: fact, qa and compare one each, pair and follow two,
# sheet four. Most sentences state one fact; fewer than one fact in ten is told beside a sibling's value.
PLANS = {
    "showroom": [
        ["opening", "fact", "filler"],
        ["fact", "compare", "fact"],
        ["follow", "filler"],
        ["fact", "fact", "closing"],
    ],
    "bench": [
        ["opening", "follow", "filler"],
        ["fact", "fact", "compare"],
        ["filler", "fact", "fact", "fact", "closing"],
    ],
    "questions": [["opening", "fact"], ["qa", "qa", "filler"], ["qa", "follow"], ["fact", "filler", "fact", "closing"]],
    "review": [["opening", "pair", "filler"], ["fact", "compare", "fact"], ["follow", "filler", "fact"]],
    "news": [
        ["opening", "compare", "fact"],
        ["filler", "fact", "fact"],
        ["pair", "filler"],
        ["fact", "fact", "closing"],
    ],
    "sheet": [["opening", "filler", "fact"], ["sheet"], ["fact", "filler", "fact", "fact", "closing"]],
    "home": [
        ["opening", "fact", "filler"],
        ["follow", "fact", "filler"],
        ["compare", "fact"],
        ["fact", "fact", "closing"],
    ],
}
SHEET_ROWS = 4


def article(noun: str) -> str:
    """`noun` with its indefinite article."""
    return f"{'an' if noun[0].lower() in 'aeiou' else 'a'} {noun}"


def capital(text: str) -> str:
    """`text` with its first letter in upper case, an opening quotation mark skipped."""
    return re.sub(r"^(\"?)(\w)", lambda m: m[1] + m[2].upper(), text, count=1)


class Deck:
    """Draws items in random order and repeats one only when all were drawn."""

    def __init__(self, rng: random.Random) -> None:
        self.rng, self.left = rng, {}

    def draw(self, name: str, items: list[str]) -> str:
        """Next item of the deck called `name`."""
        if not self.left.get(name):
            self.left[name] = self.rng.sample(items, len(items))
        return self.left[name].pop()


class PageWriter:
    """Writes pages one after another; the shared deck spreads the sentence forms evenly over the catalogue."""

    def __init__(self, phrases: dict, frames: dict, categories: dict, names: dict, seed: str) -> None:
        self.phrases, self.frames, self.categories, self.names, self.seed = phrases, frames, categories, names, seed
        self.deck = Deck(random.Random(f"{seed}/pages"))

    def write(self, product: Product, siblings: list[Product]) -> str:
        """Text of one page, paragraphs separated by an empty line."""
        plan = self.deck.draw("plan", list(PLANS))
        page = Page(self, plan, product, siblings)
        first, *middle, last = PLANS[plan]
        middle = page.rng.sample(middle, len(middle))
        paragraphs = [page.paragraph(slots) for slots in (first, *middle, last)]
        while len(" ".join(paragraphs).split()) < SHORTEST:
            paragraphs[0] += " " + page.filler()
        return "\n\n".join(paragraphs)


class Page:
    """One page in the making."""

    def __init__(self, writer: PageWriter, plan: str, product: Product, siblings: list[Product]) -> None:
        self.writer, self.plan, self.product, self.siblings = writer, plan, product, siblings
        self.rng = random.Random(f"{writer.seed}/page/{product.doc_id}")
        self.deck = Deck(self.rng)
        words = writer.categories[product.category]["words"]
        self.fields = {**words, **{f"a_{name}": article(word) for name, word in words.items()}}
        self.noun = writer.categories[product.category]["noun"]
        self.left = self.rng.sample(list(product.attributes), len(product.attributes))
        self.tester = self.rng.choice(writer.names["testers"])

    def paragraph(self, slots: list[str]) -> str:
        """The sentences of one paragraph."""
        return " ".join(getattr(self, slot)() for slot in slots)

    def fill(self, template: str, **more: str) -> str:
        """`template` with its fields filled; the product is always named in full."""
        text = template.format(
            s=f"the {self.product.title}",
            S=f"The {self.product.title}",
            p=self.product.title,
            noun=self.noun,
            a=article(self.noun),
            t=self.tester,
            **self.fields,
            **more,
        )
        return capital(text)

    def sentence(self, kind: str, attribute: str) -> str:
        """One sentence on one attribute from the pool `kind` of phrases.yaml."""
        form = self.writer.deck.draw(f"{attribute}/{kind}", self.writer.phrases[attribute][kind])
        return self.fill(form, v=self.product.attributes[attribute])

    def predicates(self, attribute: str, *values: str) -> list[str]:
        """Values of one attribute as predicates of one form, e.g. 'weighs 4.6 kg'."""
        form = self.writer.deck.draw(f"{attribute}/d", self.writer.phrases[attribute]["d"])
        return [form.format(v=value, **self.fields) for value in values]

    def opening(self) -> str:
        """First sentence of the page, in the voice of its plan."""
        forms = self.writer.frames["openings"][self.plan]
        return self.fill(self.writer.deck.draw(f"opening/{self.plan}", forms))

    def closing(self) -> str:
        """Last sentence, without a fact."""
        return self.fill(self.writer.deck.draw("closing", self.writer.frames["closings"]))

    def filler(self) -> str:
        """A sentence without a fact, on this kind of appliance or on any."""
        kind = self.deck.draw("filler kind", ["any", self.product.category])
        return self.deck.draw(f"filler/{kind}", self.writer.frames["fillers"][kind])

    def fact(self) -> str:
        """A plain statement."""
        return self.sentence("s", self.left.pop())

    def follow(self) -> str:
        """A plain statement and one that refers to it: 'Its cord is 0.98 m long.'"""
        return f"{self.fact()} {self.sentence('i', self.left.pop())}"

    def qa(self) -> str:
        """A customer's question and its answer."""
        name = self.left.pop()
        question = self.writer.deck.draw(f"{name}/q", self.writer.phrases[name]["q"])
        return f"{self.fill(question)} {self.sentence('s', name)}"

    def pair(self) -> str:
        """Two facts in one sentence."""
        names = (self.left.pop(), self.left.pop())
        first, second = (self.predicates(name, self.product.attributes[name])[0] for name in names)
        return self.fill(self.writer.deck.draw("pair", self.writer.frames["pair"]), d0=first, d1=second)

    def sheet(self) -> str:
        """Four attributes in sentences of one form."""
        rows = []
        for name in (self.left.pop() for _ in range(SHEET_ROWS)):
            label = self.writer.phrases[name]["label"].format(**self.fields)
            rows.append(f"The {label} of the {self.product.title} is {self.product.attributes[name]}.")
        return " ".join([self.fill(self.writer.deck.draw("sheet", self.writer.frames["sheet_intro"])), *rows])

    def compare(self) -> str:
        """A fact beside a sibling's value, which is there to mislead; a plain fact where no sibling states it."""
        for name in reversed(self.left):
            others = [sibling for sibling in self.siblings if name in sibling.attributes]
            if others:
                break
        else:
            return self.fact()
        self.left.remove(name)
        other = self.rng.choice(others)
        ours, theirs = self.predicates(name, self.product.attributes[name], other.attributes[name])
        form = self.writer.deck.draw("compare", self.writer.frames["compare"])
        return self.fill(form, d=ours, o=theirs, r=other.title)
