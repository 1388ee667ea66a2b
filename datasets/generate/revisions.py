"""Twelve monthly revisions of the catalogue: new prices and specs, recalls, new products, deletions."""

import random
import re
from collections.abc import Iterator
from dataclasses import replace

import values
from asking import Asker, leading_number, policy_aliases, policy_answer
from pages import Deck, Page, PageWriter
from products import Product

MONTHS = range(1, 13)
YEAR = 2027  # of the revisions and of the new products
PRICES, SPECS = 4, 4  # products a month
PRICED, RESPECIFIED = 40, 44  # products that these are drawn from; a few are drawn twice
NEW, DELETED, RECALLED = (1, 3, 5, 7, 9, 11), (2, 4, 6, 8, 10, 12), (3, 6, 9, 12)
# What a maker can change from one batch to the next; nobody shrinks an oven.
REVISABLE = ("noise_level", "cord_length", "colour", "care_interval", "part_code", "app_channel", "guarantee",
             "assembly_town", "filter_code", "programme_time")  # fmt: skip
PRICE_STEP = (0.04, 0.16)  # share by which a price rises or falls
TRIES = 6  # values drawn at a time, fewer than there are colours


class Reviser:
    """Makes the lines of revisions.jsonl, keeping products, pages and answers as they stand in the month at work."""

    def __init__(self, products: list[Product], pages: list[dict], rows: list[dict], asker: Asker, writer: PageWriter,
                 recalls: dict, seed: str):  # fmt: skip
        self.products = {product.doc_id: product for product in products}
        self.texts = {page["doc_id"]: page["text"] for page in pages if page["kind"] == "product"}
        self.rows = [dict(row) for row in rows]
        self.asker, self.writer, self.recalls = asker, writer, recalls
        self.rng = random.Random(f"{seed}/revisions")
        self.past = {product.doc_id: {name: [v] for name, v in product.attributes.items()} for product in products}
        self.asked = {product.doc_id: [] for product in products}
        for row in rows:
            if row["kind"] == "fact":
                self.asked[row["doc_ids"][0]].append(row["attribute"])

    def lines(self) -> list[dict]:
        """All revisions in order of time."""
        found = [line for month in self.plan() for line in month]
        return [{"revision_id": f"V{i:03d}", **line} for i, line in enumerate(found, start=1)]

    def plan(self) -> Iterator[list[dict]]:
        """The revisions of one month after another. Products with one fate have no other; the rest is left alone."""
        left = self.rng.sample(list(self.products), len(self.products))
        oldest = [doc for doc in left if self.products[doc] is self.line(doc)[0] and len(self.line(doc)) > 2]
        deleted = oldest[: len(DELETED)]
        recalled = [doc for doc in left if doc not in deleted][: len(RECALLED)]
        left = [doc for doc in left if doc not in (*deleted, *recalled)]
        priced = [doc for doc in left if "price" in self.asked[doc]][:PRICED]
        specified = [doc for doc in left if doc not in priced and self.revisable(doc)][:RESPECIFIED]
        renewed = self.rng.sample(sorted({p.line for p in self.products.values()}), len(NEW))
        deck = Deck(self.rng)
        for month in MONTHS:
            prices, specs = self.drawn(deck, "price", priced, PRICES), self.drawn(deck, "spec", specified, SPECS)
            lines = [self.change(month, "price", doc, ["price"]) for doc in prices]
            lines += [self.change(month, "spec", doc, self.some(doc)) for doc in specs]
            if month in NEW:
                lines.append(self.launch(month, renewed.pop()))
            if month in DELETED:
                lines.append(self.delete(month, deleted.pop()))
            if month in RECALLED:
                lines.append(self.recall(month, recalled.pop()))
            yield lines

    def drawn(self, deck: Deck, kind: str, pool: list[str], count: int) -> list[str]:
        """`count` different products of a pool, in the order of the catalogue."""
        found: set[str] = set()
        while len(found) < count:
            found.add(deck.draw(kind, pool))
        return [doc for doc in self.products if doc in found]

    def line(self, doc_id: str) -> list[Product]:
        """The products of a page's line, oldest first."""
        name = doc_id.rpartition("-")[0]
        return [product for product in self.products.values() if product.line.lower() == name]

    def revisable(self, doc_id: str) -> list[str]:
        """Attributes of a product that can change and that questions ask for."""
        return [name for name in self.asked[doc_id] if name in REVISABLE]

    def some(self, doc_id: str) -> list[str]:
        """One or two of them."""
        names = self.revisable(doc_id)
        return self.rng.sample(names, min(len(names), self.rng.choice([1, 2])))

    def entry(self, month: int, doc_id: str, kind: str, **fields) -> dict:
        """A line, with the answers that it changes among the questions asked so far."""
        line = {"attributes": {}, "edits": [], "document": None, "questions": [], **fields}
        changed = {}
        for row in self.rows:
            if doc_id in row["doc_ids"] and (now := self.answers(row)) != row["answers"]:
                row["answers"] = changed[row["question_id"]] = now
        return {"month": month, "doc_id": doc_id, "kind": kind, **line, "answers": changed}

    def answers(self, row: dict) -> list[str]:
        """What a question's answers are now: none once a page that it needs is gone."""
        pages = [doc for doc in row["doc_ids"] if not doc.startswith("policy-")]
        products = [self.products.get(doc) for doc in pages]
        if not row["answers"] or None in products:
            return []
        name, first = row["attribute"], products[0]
        if row["kind"] == "policy":
            return policy_aliases(policy_answer(self.asker.policies[name], first))
        if row["kind"] == "comparison":
            low = self.asker.wordings["compare"][name]["low"] in row["question"]
            winner = sorted(products, key=lambda p: leading_number(p.attributes[name]))[0 if low else 1]
            named = row["answers"][0] in [product.title for product in products]
            return [winner.title] if named else values.aliases(winner.attributes[name])
        return values.aliases(first.attributes[name]) if name in first.attributes else row["answers"]

    def edit(self, doc_id: str, new: str) -> list[dict]:
        """The sentences that differ between a page as it stands and its `new` text, which becomes the page."""
        old = self.texts[doc_id]
        pairs = zip(sentences(old), sentences(new), strict=True)
        self.texts[doc_id] = new
        edits = [{"doc_id": doc_id, "old": before, "new": after} for before, after in pairs if before != after]
        assert all(old.count(pair["old"]) == 1 for pair in edits), doc_id
        return edits

    def change(self, month: int, kind: str, doc_id: str, names: list[str]) -> dict:
        """New values on a product's page, and wherever a sibling's page states them."""
        product, attributes, edits = self.products[doc_id], {}, []
        for name in names:
            old, new = product.attributes[name], self.fresh(product, name)
            attributes[name] = [old, new]
            self.past[doc_id][name].append(new)
            product = replace(product, attributes={**product.attributes, name: new})
        self.products[doc_id] = product
        for other in self.line(doc_id):
            text = self.texts[other.doc_id]
            parts = [
                swapped(part, attributes) if other is product or product.title in part else part
                for part in re.split(r"(?<=[.?!])(\s+)", text)
            ]
            edits += self.edit(other.doc_id, "".join(parts))
        return self.entry(month, doc_id, kind, attributes=attributes, edits=edits)

    def fresh(self, product: Product, name: str) -> str:
        """A value that the line never had and that stands on none of its pages."""
        entry = self.asker.categories[product.category]
        limits = entry["ranges"].get(name)
        line = self.line(product.doc_id)
        if name == "price":
            price = leading_number(product.attributes[name])
            low, high = (round(price * (1 + share)) for share in PRICE_STEP)
            spans = (range(low, high + 1), range(round(2 * price) - high, round(2 * price) - low + 1))
            numbers = [n for n in self.rng.choice(spans) if not values.guessable("price", n, 1)]
            drawn = [f"{values.number_text(n, 1)} crowns" for n in self.rng.sample(numbers, len(numbers))]
        else:
            drawn = values.draw(self.rng, name, product.category, limits, self.asker.names, TRIES)
        had = {value for p in line for value in self.past[p.doc_id].get(name, [])}
        free = [v for v in drawn if v not in had and not any(states(self.texts[p.doc_id], v) for p in line)]
        return free[0]

    def launch(self, month: int, name: str) -> dict:
        """A product of the new year in line `name`; its page states the same attributes as its oldest sister's."""
        siblings = self.line(f"{name.lower()}-0")
        sister = siblings[0]
        attributes = {}
        for attribute in sister.attributes:
            probe = replace(sister, attributes={**sister.attributes, **attributes})
            attributes[attribute] = self.fresh(probe, attribute)
        product = replace(sister, year=YEAR, attributes=attributes)
        self.products[product.doc_id] = product
        self.texts[product.doc_id] = self.writer.write(product, siblings)
        self.past[product.doc_id] = {attribute: [value] for attribute, value in attributes.items()}
        own = self.asker
        asker = Asker([product], own.categories, own.wordings, own.policies, own.names, own.seed)
        rows = self.numbered(asker.facts(self.rng))
        document = {
            "doc_id": product.doc_id,
            "title": product.title,
            "text": self.texts[product.doc_id],
            "kind": "product",
            "line": product.line,
            "year": product.year,
            "attributes": product.attributes,
            "split": product.split,
        }
        return self.entry(month, product.doc_id, "new", document=document, questions=rows)

    def delete(self, month: int, doc_id: str) -> dict:
        """A product leaves the catalogue; siblings' pages that named it state their own value alone."""
        gone = self.products.pop(doc_id)
        del self.texts[doc_id]
        edits = []
        for other in self.line(doc_id):
            parts = re.split(r"(?<=[.?!])(\s+)", self.texts[other.doc_id])
            edits += self.edit(
                other.doc_id, "".join(self.alone(other, part) if gone.title in part else part for part in parts)
            )
        return self.entry(month, doc_id, "delete", edits=edits)

    def alone(self, product: Product, sentence: str) -> str:
        """A plain sentence on the value of `product` that a comparison with a sibling told."""
        told = next(name for name, value in product.attributes.items() if states(sentence, value))
        return Page(self.writer, "bench", product, []).sentence("s", told)

    def recall(self, month: int, doc_id: str) -> dict:
        """A notice at the head of a page, and two questions on it."""
        product = self.products[doc_id]
        entry = self.asker.categories[product.category]
        code, total = f"RN-{self.rng.randint(2113, 9877)}", f"{self.rng.randint(11, 39)} crowns"
        form = self.recalls["notices"][RECALLED.index(month)]
        notice = form.format(p=product.title, noun=entry["noun"], code=code, sum=total, **entry["words"])
        first = sentences(self.texts[doc_id])[0]
        edit = {"doc_id": doc_id, "old": first, "new": f"{notice}\n\n{first}"}
        self.texts[doc_id] = self.texts[doc_id].replace(edit["old"], edit["new"], 1)
        rows = [
            self.asker.row(
                self.rng,
                "fact",
                self.recalls[name],
                product.split,
                entity=product.title,
                attribute=name,
                doc_ids=(doc_id,),
                answers=tuple(values.aliases(value)),
                p=product.title,
            )
            for name, value in (("recall_number", code), ("recall_payment", total))
        ]
        return self.entry(month, doc_id, "recall", edits=[edit], questions=self.numbered(rows))

    def numbered(self, rows: list[dict]) -> list[dict]:
        """New questions with ids of their own, remembered from now on."""
        start = 1 + sum(row["question_id"].startswith("N") for row in self.rows)
        new = [{"question_id": f"N{i:03d}", **row} for i, row in enumerate(rows, start=start)]
        self.rows += [dict(row) for row in new]
        return new


def sentences(text: str) -> list[str]:
    """The sentences of a page, in order."""
    return re.split(r"(?<=[.?!])\s+", text)


def states(text: str, value: str) -> bool:
    """Whether `text` holds `value` as a whole: 3.7 kg is not stated by 13.7 kg."""
    return re.search(rf"(?<![\w.,]){re.escape(value)}(?!\w)", text) is not None


def swapped(sentence: str, attributes: dict[str, list[str]]) -> str:
    """`sentence` with new values for old ones."""
    for old, new in attributes.values():
        sentence = re.sub(rf"(?<![\w.,]){re.escape(old)}(?!\w)", new, sentence)
    return sentence
