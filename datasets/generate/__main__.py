"""Make the company's data: `python datasets/generate [--out DIR]`. The same bytes at each run."""

import argparse
import csv
import io
import json
from pathlib import Path

import yaml
from asking import Asker, policy_id
from briefs import briefs
from library import library
from pages import PageWriter
from products import build_products
from replies import Replier
from revisions import Reviser
from tickets import Tickets

from twolevers.paths import write_atomically

HERE = Path(__file__).parent
SEED = "norvik-and-tarn"


def read(name: str) -> dict:
    """One of the YAML files beside this module."""
    return yaml.safe_load((HERE / f"{name}.yaml").read_text(encoding="utf-8"))


def catalogue(products: list, writer: PageWriter, policies: dict) -> list[dict]:
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
    return lines


def jsonl(lines: list[dict]) -> str:
    """Text of a JSON Lines file."""
    return "".join(json.dumps(line, ensure_ascii=False) + "\n" for line in lines)


def table(rows: list[dict]) -> str:
    """Text of a CSV file with the columns of its first row; lists are JSON."""
    stream = io.StringIO()
    writer = csv.DictWriter(stream, rows[0], lineterminator="\n")
    writer.writeheader()
    for row in rows:
        writer.writerow({k: json.dumps(v, ensure_ascii=False) if isinstance(v, list) else v for k, v in row.items()})
    return stream.getvalue()


def facts(topics: dict) -> list[dict]:
    """Rows of general_knowledge.csv: each entry of a topic is two wordings, then the accepted answers."""
    entries = [(topic, *entry) for topic, listed in topics.items() for entry in listed]
    return [
        {
            "fact_id": f"G{number:03d}",
            "topic": topic,
            "question": question,
            "second_wording": second,
            "answer": answer,
            "aliases": aliases,
        }
        for number, (topic, question, second, answer, *aliases) in enumerate(entries, start=1)
    ]


def main() -> None:
    """Write all files."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--out", type=Path, default=HERE.parent, help="folder for the files (default: datasets/)")
    out = parser.parse_args().out
    categories, names, policies, wordings = read("categories"), read("names"), read("policies"), read("wordings")
    products = build_products(categories, names, SEED)
    writer = PageWriter(read("phrases"), read("frames"), categories, names, SEED)
    pages = catalogue(products, writer, policies)
    write_atomically(out / "catalogue.jsonl", jsonl(pages))
    asker = Asker(products, categories, wordings, policies, names, SEED)
    rows = asker.rows()
    write_atomically(out / "questions.csv", table(rows))
    replier = Replier(products, categories, wordings, policies, read("replies"), SEED)
    write_atomically(out / "replies.csv", table(replier.rows()))
    writer = PageWriter(read("phrases"), read("frames"), categories, names, f"{SEED}/revisions")
    reviser = Reviser(products, pages, rows, asker, writer, read("revisions"), SEED)
    write_atomically(out / "revisions.jsonl", jsonl(reviser.lines()))
    matters = {q: m for part in ("repair", "delivery", "account", "advice") for q, m in read(f"tickets_{part}").items()}
    tickets = Tickets(products, categories, matters, read("tickets_gist"), read("tickets_voices"), SEED)
    write_atomically(out / "tickets.csv", table(tickets.rows()))
    known = facts(read("general_knowledge"))
    write_atomically(out / "general_knowledge.csv", table(known))
    asked = {row[wording] for row in known for wording in ("question", "second_wording")}
    for name, (documents, items) in briefs(SEED, asked).items():
        if documents:
            write_atomically(out / "briefs" / name / "documents.jsonl", jsonl(documents))
        write_atomically(out / "briefs" / name / "items.csv", table(items))
    texts, rows = library(read("library"), SEED)
    for path, text in texts.items():
        write_atomically(out / "library" / "pages" / path, text)
    write_atomically(out / "library" / "questions.csv", table(rows))


if __name__ == "__main__":
    main()
