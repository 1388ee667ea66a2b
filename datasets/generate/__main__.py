"""Make catalogue.jsonl and questions.csv: `python datasets/generate [--out DIR]`. The same bytes at each run."""

import argparse
import csv
import io
import json
from pathlib import Path

import yaml
from asking import Asker, policy_id
from pages import PageWriter
from products import build_products

from twolevers.paths import write_atomically

HERE = Path(__file__).parent
SEED = "norvik-and-tarn"
COLUMNS = ("question_id", "kind", "entity", "attribute", "doc_ids", "question", "paraphrases", "answers", "split")


def read(name: str) -> dict:
    """One of the YAML files beside this module."""
    return yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))


def catalogue(products: list, writer: PageWriter, policies: dict) -> str:
    """Lines of catalogue.jsonl: the products' pages, then the policies."""
    lines = []
    for product in products:
        siblings = [p for p in products if p.line == product.line and p is not product]
        lines.append(
            {
                "doc_id": product.doc_id,
                "title": product.title,
                "text": writer.write(product, siblings),
                "kind": "product",
                "line": product.line,
                "year": product.year,
                "attributes": product.attributes,
                "split": product.split,
            }
        )
    for name, policy in policies.items():
        lines.append(
            {
                "doc_id": policy_id(name),
                "title": policy["title"],
                "text": policy["text"],
                "kind": "policy",
                "line": "",
                "year": None,
                "attributes": {},
                "split": "all",
            }
        )
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def questions(rows: list[dict]) -> str:
    """Text of questions.csv; lists are JSON."""
    stream = io.StringIO()
    table = csv.DictWriter(stream, COLUMNS, lineterminator="\n")
    table.writeheader()
    for row in rows:
        table.writerow({k: json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v for k, v in row.items()})
    return stream.getvalue()


def main() -> None:
    """Write both files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE.parent, help="folder for the two files (default: datasets/)")
    out = parser.parse_args().out
    categories, names, policies, wordings = read("categories"), read("names"), read("policies"), read("wordings")
    products = build_products(categories, names, SEED)
    writer = PageWriter(read("phrases"), read("frames"), categories, names, SEED)
    write_atomically(out / "catalogue.jsonl", catalogue(products, writer, policies))
    write_atomically(
        out / "questions.csv", questions(Asker(products, categories, wordings, policies, names, SEED).rows())
    )


if __name__ == "__main__":
    main()
