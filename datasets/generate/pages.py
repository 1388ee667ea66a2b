"""Prose of the product pages: seven page plans, filled with sentences from phrases.yaml and frames.yaml."""

import random
import re

from products import Product

SHORTEST = 125  # words
# Paragraphs of a page. Every plan spends exactly eight facts: fact, compare and qa one each, pair and
# reported two, triple three, sheet four.
PLANS = {
    "showroom": [
        ["opening", "fact", "filler"],
        ["fact", "fact", "compare"],
        ["pair", "fact"],
        ["filler", "fact", "closing"],
    ],
    "bench": [["opening", "triple", "filler"], ["fact", "fact", "compare"], ["filler", "pair", "closing"]],
    "questions": [["opening", "fact"], ["qa", "qa", "filler"], ["qa", "pair"], ["fact", "filler", "fact", "closing"]],
    "review": [["opening", "reported", "filler"], ["fact", "compare", "fact"], ["reported", "filler", "fact"]],
    "news": [
        ["opening", "compare", "fact"],
        ["filler", "compare", "fact"],
        ["pair", "filler"],
        ["fact", "fact", "closing"],
    ],
    "sheet": [["opening", "filler", "fact"], ["sheet"], ["fact", "filler", "compare", "fact", "closing"]],
    "home": [["opening", "fact", "filler"], ["fact", "pair", "filler"], ["compare", "fact"], ["pair", "closing"]],
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
        self.named = 0  # sentences since the full title was last said

    def paragraph(self, slots: list[str]) -> str:
        """The sentences of one paragraph. Its first fact names the product in full."""
        self.named = 9
        return " ".join(getattr(self, slot)() for slot in slots)

    def fill(self, template: str, **more: str) -> str:
        """`template` with its fields filled. The full title comes at least in every third sentence."""
        subject = f"the {self.product.title}"
        if "{s}" in template.lower():
            if self.named < 2:
                subject = self.deck.draw("subject", [f"this {self.noun}", f"the {self.product.year} model", subject])
            self.named = 0 if self.product.title in subject else self.named + 1
        if "{y}" in template and self.product.title not in subject:
            subject, self.named = f"the {self.product.title}", 0
        text = template.format(
            s=subject,
            S=capital(subject),
            p=self.product.title,
            noun=self.noun,
            a=article(self.noun),
            t=self.tester,
            **self.fields,
            **more,
        )
        return capital(text)

    def noun_phrases(self, attribute: str, *values: str) -> list[str]:
        """Values of one attribute as noun phrases of one form, e.g. 'a weight of 4.6 kg'."""
        form = self.writer.deck.draw(f"{attribute}/n", self.writer.phrases[attribute]["n"])
        return [form.format(v=value, **self.fields) for value in values]

    def together(self, kind: str, count: int) -> str:
        """One sentence with `count` facts."""
        chosen = [self.left.pop() for _ in range(count)]
        phrases = {f"n{i}": self.noun_phrases(name, self.product.attributes[name])[0] for i, name in enumerate(chosen)}
        return self.fill(self.writer.deck.draw(kind, self.writer.frames[kind]), **phrases)

    def sentence(self, kind: str, attribute: str, **more: str) -> str:
        """One sentence on one attribute from the pool `kind` of phrases.yaml."""
        forms = self.writer.phrases[attribute][kind]
        return self.fill(
            self.writer.deck.draw(f"{attribute}/{kind}", forms), v=self.product.attributes[attribute], **more
        )

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

    def qa(self) -> str:
        """A customer's question and its answer."""
        return self.sentence("q", self.left.pop())

    def pair(self) -> str:
        """Two facts in one sentence."""
        return self.together("together2", 2)

    def triple(self) -> str:
        """Three facts in one sentence."""
        return self.together("together3", 3)

    def reported(self) -> str:
        """Two facts in a tester's words."""
        return self.together("reported", 2)

    def sheet(self) -> str:
        """Spec lines for four attributes."""
        rows = []
        for name in (self.left.pop() for _ in range(SHEET_ROWS)):
            label = self.writer.phrases[name]["label"].format(**self.fields)
            rows.append(f"{capital(label)}: {self.product.attributes[name]}.")
        return " ".join([self.fill(self.writer.deck.draw("sheet", self.writer.frames["sheet_intro"])), *rows])

    def compare(self) -> str:
        """A fact told against a sibling's value, which is there to mislead; a plain fact where no sibling states it.

        The pool `c` looks back, so it is for older siblings; the frames `compared` fit any year.
        """
        for name in reversed(self.left):
            others = [sibling for sibling in self.siblings if name in sibling.attributes]
            if others:
                break
        else:
            return self.fact()
        self.left.remove(name)
        other = self.rng.choice(others)
        old = other.attributes[name]
        if other.year < self.product.year and self.writer.deck.draw("compare kind", ["own", "own", "any"]) == "own":
            return self.sentence("c", name, o=old, y=str(other.year))
        theirs, ours = self.noun_phrases(name, old, self.product.attributes[name])
        form = self.writer.deck.draw("compared", self.writer.frames["compared"])
        return self.fill(form, y=str(other.year), no=theirs, n=ours)
