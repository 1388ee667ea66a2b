"""Support messages: one matter each, told in a customer's voice, among things that are beside the point."""

import random
import re
from collections.abc import Iterator
from dataclasses import dataclass

from products import Product

SCENARIOS = {"train": 16, "dev": 3, "test": 8}  # per queue
MESSAGES = {"train": 8, "dev": 8, "test": 7}  # per scenario, each in another voice
WRONG_LABELS = 5  # training messages per queue that bear the label of a queue beside it
NEIGHBOURLY = 0.6  # share of side remarks that belong to a queue beside the right one
# Model years a message may be about: what was bought lately is no old model, what is out of guarantee no new one.
YEARS = {"Lantern": (2022, 2026), "Slipway": (2017, 2019)} | {
    queue: (2022, 2026) for queue in ("Tamarind", "Ferrule", "Foxglove", "Ninepin")
}


@dataclass(frozen=True)
class Scenario:
    """One matter of one queue: wordings of what happened, what may be asked, and summings-up."""

    queue: str
    split: str
    kinds: tuple[str, ...]
    say: list[str]
    ask: list[str]
    gist: list[str]


class Tickets:
    """Makes rows of tickets.csv. `matters`: queue to scenarios, with the pools for faults; `frames`: the voices."""

    def __init__(self, products: list[Product], categories: dict, matters: dict, gists: dict, frames: dict, seed: str):
        self.products, self.categories, self.matters, self.frames = products, categories, matters, frames
        self.rng = random.Random(f"{seed}/tickets")
        self.ages = {queue: self.deal(ages) for queue, ages in matters["ages"].items()}
        self.pools = {
            part: {name: self.deal(texts) for name, texts in frames[part].items()}
            for part in ("openers", "closers", "remarks", "owner_remarks")
        }
        self.gists = {queue: self.deal(texts) for queue, texts in gists.items()}
        self.contexts, self.names = self.deal(frames["contexts"]), self.deal(frames["names"])

    def deal(self, items: list) -> dict[str, list]:
        """`items` in random order, divided among the splits in the shares of the scenarios, none left empty."""
        order, whole = self.rng.sample(items, len(items)), sum(SCENARIOS.values())
        dev, test = (max(1, round(len(items) * SCENARIOS[split] / whole)) for split in ("dev", "test"))
        return {"dev": order[:dev], "test": order[dev : dev + test], "train": order[dev + test :]}

    def scenarios(self) -> Iterator[Scenario]:
        """All scenarios of all queues; the faults are dealt to the two repair queues by chance."""
        faults = self.rng.sample(self.matters["faults"], len(self.matters["faults"]))
        half = len(faults) // 2
        pools = {"Lantern": faults[:half], "Slipway": faults[half:]}
        for queue in self.frames["beside"]:
            entries = pools.get(queue) or self.rng.sample(self.matters[queue], len(self.matters[queue]))
            splits = [split for split, number in SCENARIOS.items() for _ in range(number)]
            for split, entry in zip(splits, entries, strict=True):
                kinds = tuple(entry.get("for", self.categories))
                gist = self.gists[queue][split] + (self.gists["faults"][split] if queue in pools else [])
                yield Scenario(queue, split, kinds, entry["say"], entry.get("ask", []), gist)

    def rows(self) -> list[dict]:
        """All messages in random order, numbered; scenarios bear numbers that say nothing."""
        scenarios = list(self.scenarios())
        numbers = self.rng.sample(range(1, len(scenarios) + 1), len(scenarios))
        rows = []
        for number, scenario in zip(numbers, scenarios, strict=True):
            voices = self.rng.sample(list(self.frames["voices"]), MESSAGES[scenario.split])
            for turn, voice in enumerate(voices):
                product = self.product(scenario)
                rows.append(
                    {
                        "text": self.message(scenario, turn, voice, product),
                        "queue": scenario.queue,
                        "split": scenario.split,
                        "scenario": f"S{number:03d}",
                        "voice": voice,
                        "product": product.title,
                        "clean_queue": scenario.queue,
                    }
                )
        for queue, beside in self.frames["beside"].items():
            own = [row for row in rows if row["clean_queue"] == queue and row["split"] == "train"]
            for row in self.rng.sample(own, WRONG_LABELS):
                row["queue"] = self.rng.choice(beside)
        self.rng.shuffle(rows)
        return [{"ticket_id": f"T{number:04d}", **row} for number, row in enumerate(rows, start=1)]

    def product(self, scenario: Scenario) -> Product:
        """A product that the scenario fits, of a kind drawn first so that large kinds do not prevail."""
        kind = self.rng.choice(scenario.kinds)
        first, last = YEARS.get(scenario.queue, (2017, 2026))
        return self.rng.choice([p for p in self.products if p.category == kind and first <= p.year <= last])

    def message(self, scenario: Scenario, turn: int, voice: str, product: Product) -> str:
        """The text of one message."""
        rng, split, habits = self.rng, scenario.split, self.frames["voices"][voice]

        def has(part: str) -> bool:
            return rng.random() < habits[part]

        matter = [scenario.say[turn % len(scenario.say)]]
        if scenario.queue in self.ages:  # the age decides the queue, so it is never left out
            matter.insert(rng.choice([0, 1, 1]), rng.choice(self.ages[scenario.queue][split]))
        if scenario.ask and has("ask"):
            matter.append(rng.choice(scenario.ask))
        matter.append(rng.choice(scenario.gist))
        if has("remark"):
            matter.insert(rng.choice([0, len(matter)]), self.remark(scenario))
        if has("context"):
            matter.insert(0, rng.choice(self.contexts[split]))
        body = self.spoken(self.named(self.chosen(" ".join(matter)), product, scenario.queue), voice, product)
        opener = rng.choice(self.frame("openers", voice, split)) if has("opener") else ""
        closer = rng.choice(self.frame("closers", voice, split)) if has("closer") else ""
        return " ".join(filter(None, [opener, body, closer.format(name=rng.choice(self.names[split]))]))

    def frame(self, part: str, voice: str, split: str) -> list[str]:
        """Openers or closers of a voice; plain ones where it has none of its own."""
        return self.pools[part].get(voice, self.pools[part]["plain"])[split]

    def remark(self, scenario: Scenario) -> str:
        """Something beside the point, from another queue's world."""
        beside = self.frames["beside"][scenario.queue]
        others = [queue for queue in self.frames["beside"] if queue != scenario.queue]
        queue = self.rng.choice(beside if self.rng.random() < NEIGHBOURLY else others)
        remarks = list(self.pools["remarks"].get(queue, {}).get(scenario.split, []))
        if scenario.queue in self.frames["owners"]:
            remarks += self.pools["owner_remarks"].get(queue, {}).get(scenario.split, [])
        return self.rng.choice(remarks)

    def chosen(self, text: str) -> str:
        """`text` with one of each [a|b]."""
        return re.sub(r"\[([^\]]*)\]", lambda found: self.rng.choice(found[1].split("|")), text)

    def named(self, text: str, product: Product, queue: str) -> str:
        """`text` with the product in it: {t} its name, {p} its name or kind. A fault tells no year."""
        noun, line = self.categories[product.category]["noun"], product.line
        names = [line, f"{line} {noun}"] if queue in self.ages else [product.title, f"{product.title} {noun}", line]
        named = self.rng.choice(names)
        text = text.replace("{t}", named).replace("{p}", self.rng.choice([named, named, noun]))
        text = re.sub(r"\b([Aa]) (?=[aeiouAEIOU])", r"\1n ", text)
        return re.sub(r"(^|[.?!] )([a-z])", lambda found: found[1] + found[2].upper(), text)

    def spoken(self, text: str, voice: str, product: Product) -> str:
        """`text` as the voice would put it, with slips of the fingers."""
        rng = self.rng
        if voice == "terse":
            text = re.sub(r"^(?:The|My|Our) (.)", lambda found: found[1].upper(), text)
        elif voice == "formal":
            text = replaced(text, self.frames["long"])
        elif voice == "non_native":
            text = replaced(text, self.frames["bent"])
            text = re.sub(r"\b(?:the|an?) ", lambda found: "" if rng.random() < 0.5 else found[0], text)
        elif voice == "angry":
            text = re.sub(
                r"\b(?:not|never|nothing|twice|again|nobody|no)\b", lambda found: found[0].upper(), text, count=1
            )
            text = re.sub(r"\.(?= |$)", lambda found: "!" if rng.random() < 0.4 else ".", text)
        elif voice == "texting":
            text = replaced(text.lower(), self.frames["short"]).replace("'", "").rstrip(".")
        words = text.split(" ")
        safe = {*product.title.lower().split(), *self.categories[product.category]["noun"].split()}
        share = self.frames["voices"][voice]["slips"]
        return " ".join(slip(w, rng) if w.lower() not in safe and rng.random() < share else w for w in words)


def replaced(text: str, forms: dict[str, str]) -> str:
    """`text` with each whole word or phrase of `forms` in its other form."""
    return re.sub(r"\b(?:" + "|".join(map(re.escape, forms)) + r")\b", lambda found: forms[found[0]], text)


def slip(word: str, rng: random.Random) -> str:
    """`word` with two letters swapped, one lost or one doubled; short words and names stay."""
    if len(word) < 4 or not word.isalpha() or not word.islower():
        return word
    at = rng.randrange(1, len(word) - 1)
    return rng.choice(
        [
            word[:at] + word[at + 1] + word[at] + word[at + 2 :],
            word[:at] + word[at + 1 :],
            word[:at] + word[at : at + 1] + word[at:],
        ]
    )
