"""Questions on the catalogue: seven wordings each, 0-3 for training, 4-6 held out."""

import random
import re

import values
from products import Product, applicable

FACTS_PER_PRODUCT = 5
COUNTS = {"comparison": 92, "policy": 7, "unanswerable": 72}  # policy: products per policy
# What may be left out of a policy's answer.
SHORTER = {" working days": " days", " trial nights": " nights", " a year": "", " bench": ""}
TRAINING, HELD_OUT = 4, 3


class Asker:
    """Makes rows of questions.csv."""

    def __init__(
        self, products: list[Product], categories: dict, wordings: dict, policies: dict, names: dict, seed: str
    ):
        self.products, self.categories, self.wordings = products, categories, wordings
        self.policies, self.names, self.seed = policies, names, seed
        self.siblings: dict[str, list[Product]] = {}
        for product in products:
            self.siblings.setdefault(product.line, []).append(product)

    def rows(self) -> list[dict]:
        """All questions, numbered in the order of their kinds."""
        kinds = (self.facts, self.comparisons, self.policy, self.unanswerable, self.out_of_corpus)
        rows = [row for kind in kinds for row in kind(random.Random(f"{self.seed}/ask/{kind.__name__}"))]
        return [{"question_id": f"Q{i:04d}", **row} for i, row in enumerate(rows, start=1)]

    def row(
        self,
        rng: random.Random,
        kind: str,
        ask: dict,
        split: str,
        *,
        entity: str = "",
        attribute: str = "",
        doc_ids: tuple = (),
        answers: tuple = (),
        **fields: str,
    ) -> dict:
        """One question: wordings drawn from `ask`, their fields filled."""
        chosen = rng.sample(ask["train"], TRAINING) + rng.sample(ask["held"], HELD_OUT)
        texts = [(text := form.format(**fields))[0].upper() + text[1:] for form in chosen]
        return {
            "kind": kind,
            "entity": entity,
            "attribute": attribute,
            "doc_ids": list(doc_ids),
            "question": texts[0],
            "paraphrases": texts[1:],
            "answers": list(answers),
            "split": split,
        }

    def words(self, product: Product) -> dict:
        """Fields that a wording may use for a product."""
        return {"p": product.title, **self.categories[product.category]["words"]}

    def facts(self, rng: random.Random) -> list[dict]:
        """Single facts, five of the eight of each product."""
        rows = []
        for product in self.products:
            for name in rng.sample(list(product.attributes), FACTS_PER_PRODUCT):
                rows.append(
                    self.row(
                        rng,
                        "fact",
                        self.wordings[name],
                        product.split,
                        entity=product.title,
                        attribute=name,
                        doc_ids=(product.doc_id,),
                        answers=tuple(values.aliases(product.attributes[name])),
                        **self.words(product),
                    )
                )
        return rows

    def comparisons(self, rng: random.Random) -> list[dict]:
        """Two siblings and one number: asked in turn for the product and for its value."""
        cases = [
            (a, b, name)
            for a in self.products
            for b in self.siblings[a.line]
            if a is not b
            for name in self.wordings["compare"]
            if name in a.attributes and name in b.attributes
        ]
        rows, seen = [], set()
        for a, b, name in rng.sample(cases, len(cases)):
            if (key := (a.line, name)) in seen or len(rows) == COUNTS["comparison"]:
                continue
            seen.add(key)
            spec = self.wordings["compare"][name]
            end = rng.choice(["low", "high"])
            winner = sorted((a, b), key=lambda p: leading_number(p.attributes[name]))[0 if end == "low" else 1]
            if len(rows) % 2:
                ask, answers = self.wordings["compare_value"], values.aliases(winner.attributes[name])
            else:
                ask, answers = self.wordings["compare_product"], [winner.title]
            rows.append(
                self.row(
                    rng,
                    "comparison",
                    ask,
                    a.split,
                    entity=a.title,
                    attribute=name,
                    doc_ids=(a.doc_id, b.doc_id),
                    answers=tuple(answers),
                    r=b.title,
                    word=spec[end],
                    noun=spec["noun"],
                    **self.words(a),
                )
            )
        return rows

    def policy(self, rng: random.Random) -> list[dict]:
        """House rules whose case is decided by the product's page."""
        rows = []
        for name, policy in self.policies.items():
            able = [p for p in self.products if policy_answer(policy, p)]
            for product in rng.sample(able, COUNTS["policy"]):
                answer = policy_answer(policy, product)
                rows.append(
                    self.row(
                        rng,
                        "policy",
                        policy["ask"],
                        product.split,
                        entity=product.title,
                        attribute=name,
                        doc_ids=(product.doc_id, policy_id(name)),
                        answers=tuple(policy_aliases(answer)),
                        **self.words(product),
                    )
                )
        return rows

    def unanswerable(self, rng: random.Random) -> list[dict]:
        """An attribute that the page does not state, where possible one that a sibling's page does."""
        cases = []
        for product in self.products:
            told = {name for sibling in self.siblings[product.line] for name in sibling.attributes}
            missing = [n for n in applicable(self.categories[product.category]) if n not in product.attributes]
            cases.append((product, rng.choice([n for n in missing if n in told] or missing)))
        return [
            self.row(
                rng,
                "unanswerable",
                self.wordings[name],
                product.split,
                entity=product.title,
                attribute=name,
                doc_ids=(product.doc_id,),
                **self.words(product),
            )
            for product, name in rng.sample(cases, COUNTS["unanswerable"])
        ]

    def out_of_corpus(self, rng: random.Random) -> list[dict]:
        """Lines that do not exist, years that a line skipped, and wholly other subjects."""
        rows = []
        own = list(self.siblings.items())
        strangers = [
            (line, rng.choice(list(self.categories)), self.split_by_share(i))
            for i, line in enumerate(self.names["absent_lines"])
        ]
        gaps = [(line, group[0].category, group[0].split) for line, group in rng.sample(own, len(strangers))]
        for line, category, split in strangers + gaps:
            taken = {p.year for p in self.siblings.get(line, [])}
            title = f"{line} {rng.choice([y for y in range(2017, 2027) if y not in taken])}"
            name = rng.choice(applicable(self.categories[category]))
            fields = {"p": title, **self.categories[category]["words"]}
            rows.append(
                self.row(rng, "out_of_corpus", self.wordings[name], split, entity=title, attribute=name, **fields)
            )
        subjects = [(subject, fill) for subject in self.wordings["elsewhere"] for fill in subject["fills"]]
        for i, (subject, (x, z)) in enumerate(subjects):
            rows.append(
                self.row(rng, "out_of_corpus", subject, self.split_by_share(i), entity=x, attribute="other", x=x, z=z)
            )
        return rows

    @staticmethod
    def split_by_share(index: int) -> str:
        """Split of a question that belongs to no line, in about the shares of the lines."""
        return ("train", "test", "train", "test", "train", "dev")[index % 6]


def leading_number(value: str) -> float:
    """The number at the start of a value: 1,870 W gives 1870.0."""
    return float(re.match(r"[\d,.]+", value)[0].replace(",", ""))


def policy_id(name: str) -> str:
    """Identifier of a policy's page."""
    return f"policy-{name.replace('_', '-')}"


def policy_aliases(answer: str) -> list[str]:
    """Spellings of a policy's answer, the canonical one first: 'Lowgate bench' gives also 'Lowgate'."""
    short = answer
    for long, brief in SHORTER.items():
        short = short.replace(long, brief)
    return list(dict.fromkeys([answer, *values.aliases(answer), *values.aliases(short)]))


def policy_answer(policy: dict, product: Product) -> str:
    """What a policy says of a product; empty where the product's page does not state what decides it."""
    by, cases = policy["by"], policy["cases"]
    if by in ("category", "line"):
        return cases.get(getattr(product, by), "")
    value = product.attributes.get(by)
    if not value:
        return ""
    if isinstance(cases, list):
        return next(answer for limit, answer in cases if leading_number(value) < limit)
    return next(answer for key, answer in cases.items() if value.startswith(key) or value.endswith(key))
