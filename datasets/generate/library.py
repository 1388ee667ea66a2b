"""The pages and questions of a town's libraries for lesson 15, from hand-written parts; the same bytes at each run."""

import random

UNANSWERED = 16  # pages whose second question asks for a fact that the page does not state


def library(parts: dict, seed: str) -> tuple[dict[str, str], list[dict]]:
    """(pages, questions): a Markdown text by path, and rows question, answers, doc_id, answerable; two a page."""
    rng = random.Random(f"{seed}/library")
    pages, questions = {}, []
    names = [(kind, name) for kind, part in parts["kinds"].items() for name in part["names"]]
    silent = set(rng.sample(names, UNANSWERED))
    for kind, name in names:
        part = parts["kinds"][kind]
        facts = part["facts"]
        stated = rng.sample(list(facts), part["each"])
        values = {fact: rng.choice(facts[fact]["values"]) for fact in stated}
        said = [rng.choice(facts[fact]["says"]).format(value=values[fact]) for fact in stated]
        text = " ".join([rng.choice(part["opening"]).format(name=name), *said])
        path = f"{part['folder']}/{name.lower().replace(' ', '-')}.md"
        pages[path] = f"# {part['title'].format(name=name)}\n\n{text}\n\n{parts['closing']}\n"
        asked = rng.sample(stated, 2)
        missing = rng.choice([fact for fact in facts if fact not in stated])
        if (kind, name) in silent:
            asked[1] = missing
        for fact in asked:
            question = rng.choice(facts[fact]["asks"]).format(name=name)
            answers = [values[fact]] if fact in values else []
            row = {"question": question, "answers": answers, "doc_id": path if answers else ""}
            questions.append(row | {"answerable": "yes" if answers else "no"})
    return pages, questions
