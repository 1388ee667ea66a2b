"""The invented range of Norvik & Tarn: lines, sibling years, attributes and their values."""

import random
from dataclasses import dataclass

import values

COMMON = (
    "noise_level",
    "rated_power",
    "weight",
    "cord_length",
    "colour",
    "care_interval",
    "part_code",
    "app_channel",
    "guarantee",
    "assembly_town",
    "price",
)
ATTRIBUTES_PER_PRODUCT = 8
YEARS = range(2017, 2027)


@dataclass(frozen=True)
class Product:
    """One product: what its page states (`attributes`) and what it shares with its siblings."""

    line: str
    year: int
    category: str
    split: str
    attributes: dict[str, str]

    @property
    def title(self) -> str:
        """Name in pages and questions, e.g. Brisola 2025."""
        return f"{self.line} {self.year}"

    @property
    def doc_id(self) -> str:
        """Identifier of its page, e.g. brisola-2025."""
        return f"{self.line.lower()}-{self.year}"


def applicable(entry: dict) -> list[str]:
    """Attributes that a kind of appliance can have."""
    extra = [name for name in ("capacity", "programme_time", "pressure", "width") if name in entry["ranges"]]
    return [*COMMON, *extra, *(["filter_code"] if "filter" in entry["words"] else [])]


def line_splits(lines: list[str], seed: str) -> dict[str, str]:
    """Share of lines by split: 55 % train, 10 % dev, 35 % test, whole lines only."""
    order = list(lines)
    random.Random(f"{seed}/split").shuffle(order)
    train, dev = round(0.55 * len(order)), round(0.10 * len(order))
    return {line: "train" if i < train else "dev" if i < train + dev else "test" for i, line in enumerate(order)}


def sibling_counts(splits: dict[str, str]) -> dict[str, int]:
    """Years per line: 3 in most lines, 2 or 4 in every fifth, evenly within each split."""
    counts = {}
    for split in ("train", "dev", "test"):
        for i, line in enumerate(line for line, where in splits.items() if where == split):
            counts[line] = {1: 4, 3: 2}.get(i % 5, 3)
    return counts


def build_products(categories: dict, names: dict, seed: str) -> list[Product]:
    """All products, line by line. Siblings state mostly the same attributes, never with the same value."""
    splits = line_splits([line for entry in categories.values() for line in entry["lines"]], seed)
    counts = sibling_counts(splits)
    products = []
    for category, entry in categories.items():
        for line in entry["lines"]:
            rng = random.Random(f"{seed}/{line}")
            years = sorted(rng.sample(YEARS, counts[line]))
            pool = applicable(entry)
            drawn = {
                name: values.draw(rng, name, category, entry["ranges"].get(name), names, len(years)) for name in pool
            }
            stated = rng.sample(pool, ATTRIBUTES_PER_PRODUCT)
            for i, year in enumerate(years):
                own = list(stated)
                if i and rng.random() < 0.6:  # one attribute is told of a sibling only: a good unanswerable question
                    own[rng.randrange(len(own))] = rng.choice([name for name in pool if name not in own])
                products.append(Product(line, year, category, splits[line], {n: drawn[n][i] for n in own}))
    return products
