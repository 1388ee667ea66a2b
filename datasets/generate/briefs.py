"""The capstone's hidden data: eight small sets from hand-written parts (briefs/*.yaml), the same bytes at each run.

Each set is `documents.jsonl` (doc_id, title, text) where the client has documents, and `items.csv` (item_id, split,
entity, text, answers, doc_id, target): `train` is what the client has on hand, `dev` chooses prompts, `test` is hidden.
"""

import random
from pathlib import Path
from typing import Any

import yaml

PARTS = Path(__file__).parent / "briefs"
SPLITS = ("train", "dev", "test")
LEARNED, HIDDEN = (0, 1), (2, 3)  # wordings of a question: for the pairs on hand, and for the test


def briefs(seed: str, known: set[str]) -> dict[str, tuple[list[dict], list[dict]]]:
    """(documents, items) by brief. Common facts whose question is `known` from another table are left out."""
    made = {}
    for path in sorted(PARTS.glob("*.yaml")):
        part = yaml.safe_load(path.read_text(encoding="utf-8"))
        rng = random.Random(f"{seed}/briefs/{path.stem}")
        documents, items = {"pages": pages, "slots": slots, "facts": facts}[part["kind"]](part, rng, known)
        for number, item in enumerate(items, start=1):
            item["item_id"] = f"{path.stem[0].upper()}{number:03d}"
        columns = ("item_id", "split", "entity", "text", "answers", "doc_id", "target")
        made[path.stem] = documents, [{name: item[name] for name in columns} for item in items]
    return made


def pages(part: dict[str, Any], rng: random.Random, _: set[str]) -> tuple[list[dict], list[dict]]:
    """A page for each name; the client's log asks about one half of the pages, the test about the other."""
    names, kinds = rng.sample(part["names"], len(part["names"])), part["attributes"]
    values = {name: {kind: rng.choice(spec["values"]) for kind, spec in kinds.items()} for name in names}
    documents = []
    for number, name in enumerate(names, start=1):
        says = [rng.choice(spec["says"]).format(value=values[name][kind]) for kind, spec in kinds.items()]
        sentences = [rng.choice(part["opening"]), *rng.sample(says, len(says)), rng.choice(part["closing"])]
        text = " ".join(sentence.format(name=name) for sentence in sentences)
        documents.append({"doc_id": f"D{number:02d}", "title": part["title"].format(name=name), "text": text})
    where = dict(zip(names, (document["doc_id"] for document in documents), strict=True))
    half = len(names) // 2
    items = []
    for split in SPLITS:
        own = names if part.get("log_of_all") else names[half:] if split == "test" else names[:half]
        asked = part.get("learned" if split == "train" else "asked", list(kinds))
        drawn = [(name, kind, wording) for name in own for kind in asked for wording in _wordings(split)]
        gone = round(part["counts"][split] * part.get("unanswerable", 0))
        before = {item["text"] for item in items}
        for name, kind, wording in rng.sample(drawn, len(drawn)):
            text = kinds[kind]["asks"][wording].format(name=name)
            if text in before or sum(item["split"] == split for item in items) >= part["counts"][split] - gone:
                continue
            value = values[name][kind]
            if split == "train" and kind in part.get("stale", ()):
                value = rng.choice([other for other in kinds[kind]["values"] if other != value])
            items.append(_item(split, name, text, [value], where[name], _reply(part, kinds[kind], value, rng)))
        missing = [
            (name, asks[wording]) for name in own for asks in part.get("absent", ()) for wording in _wordings(split)
        ]
        for name, text in rng.sample([each for each in missing if each[1].format(name=each[0]) not in before], gone):
            items.append(_item(split, name, text.format(name=name), [], "", part["refusal"]))
    return documents, items


def slots(part: dict[str, Any], rng: random.Random, _: set[str]) -> tuple[list[dict], list[dict]]:
    """Sentences with slots, each with its label or its line; dev and test have sentences of their own."""
    items: list[dict] = []
    seen: set[str] = set()
    for split in SPLITS:
        count = 0
        while count < part["counts"][split]:
            filled = {name: rng.choice(_side(part, name, split)) for name in part["slots"]}
            text, target, about = _sentence(part, split, filled, rng, count)
            if text.casefold() in seen:
                continue
            seen.add(text.casefold())
            stated = [target] if "labels" in part else [filled[part["states"]]] if "states" in part else []
            items.append(_item(split, about, text, stated, "", target))
            count += 1
    _mislabel(part, items, rng)
    return [], items


def facts(part: dict[str, Any], rng: random.Random, known: set[str]) -> tuple[list[dict], list[dict]]:
    """Questions of common knowledge, and notes that answer none of them."""
    notes, documents = part["notes"], []
    for number, name in enumerate(notes["names"], start=1):
        filled = {slot: rng.choice(values) for slot, values in notes["slots"].items()}
        text = " ".join(line.format(name=name, **filled) for line in notes["lines"])
        documents.append({"doc_id": f"D{number:02d}", "title": notes["title"].format(name=name), "text": text})
    fresh = [entry for entry in part["items"] if entry[0] not in known]
    order, items = rng.sample(fresh, len(fresh)), []
    for place, (text, *answers) in enumerate(order):
        split = SPLITS[(place >= part["counts"]["train"]) + (place >= part["counts"]["train"] + part["counts"]["dev"])]
        items.append(_item(split, f"fact {place + 1}", text, [str(answer) for answer in answers], "", str(answers[0])))
    return documents, items


def _sentence(part: dict, split: str, filled: dict[str, str], rng: random.Random, place: int) -> tuple[str, str, str]:
    """One text, what is wanted of it, and what it is about: the sentence it was made from, or the name in it."""
    if "labels" in part:
        labels = list(part["labels"])
        label = labels[place % len(labels)]
        number, said = rng.choice(_sentences(part["labels"][label], split))
        said = said.format(**filled)
        text = filled["open"] + (said[0].upper() + said[1:]) + filled["close"].format(**filled)
        return text, label, f"{label} {split} {number}"
    if "actions" in part:
        name, action = rng.choice(list(part["actions"].items()))
        number, said = rng.choice(_sentences(action, split))
        said = said.format(**filled)
        return said[0].upper() + said[1:], action["target"].format(**filled), f"{name} {split} {number}"
    wanted = part["target"].format(name_lower=filled["name"].lower(), **filled)
    return rng.choice(_sentences(part["texts"], split))[1].format(**filled), wanted, filled["name"]


def _sentences(part: dict[str, list[str]], split: str) -> list[tuple[int, str]]:
    """The sentences of a split, numbered: of those to learn from the last is for dev."""
    given = part["test"] if split == "test" else part["learn"][-1:] if split == "dev" else part["learn"][:-1]
    return list(enumerate(given))


def _mislabel(part: dict, items: list[dict], rng: random.Random) -> None:
    """Some pairs on hand bear another label, as past clerks left them; the test does not."""
    for item in items:
        if item["split"] == "train" and rng.random() < part.get("noise", 0):
            item["target"] = rng.choice([label for label in part["labels"] if label != item["target"]])
            item["answers"] = [item["target"]]


def _side(part: dict, name: str, split: str) -> list[str]:
    """The values of a slot; of the one that parts the splits, a half each: a test of known names asks for memory."""
    values = part["slots"][name]
    if name != part.get("split_by"):
        return values
    half = len(values) // 2
    return values[half:] if split == "test" else values[:half]


def _wordings(split: str) -> tuple[int, ...]:
    return HIDDEN if split == "test" else LEARNED


def _reply(part: dict, kind: dict, value: str, rng: random.Random) -> str:
    """The house's reply where it has a form, else the bare value."""
    said = rng.choice(kind["reply"]).format(value=value) if "reply" in kind else value
    return part["target"].format(said=said) if "target" in part else said


def _item(split: str, entity: str, text: str, answers: list[str], doc_id: str, target: str) -> dict:
    row = {"split": split, "entity": entity, "text": text, "answers": answers}
    return row | {"doc_id": doc_id, "target": target}
