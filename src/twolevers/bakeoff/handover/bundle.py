"""Write a handover: everything of the chosen arm in formats of the field, and five answers to check it by."""

import json
import shutil
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Any

from twolevers import __version__
from twolevers.arms.registry import ARMS
from twolevers.bakeoff import grounds
from twolevers.bakeoff.engine import Found
from twolevers.bakeoff.handover import gguf_file
from twolevers.bakeoff.handover import weights as merged
from twolevers.bakeoff.read.folder import HANDOVER as ABOUT
from twolevers.bakeoff.tasks.protocol import Data, Report, Task
from twolevers.bakeoff.write import record
from twolevers.data.records import Question
from twolevers.decide.weights import measured, stored
from twolevers.errors import UsageError
from twolevers.paths import write_atomically
from twolevers.retrieval.tables import COLUMNS

CHECKED = 5  # recorded answers
PLACE = "{question}"
NEEDS = ("torch", "transformers", "peft", "safetensors")


@dataclass(frozen=True)
class Source:
    """What a bake-off was run on: the model as it was `given` lies in `base`."""

    task: Task
    data: Data
    model: str
    given: str
    base: Path


def source(folder: Path, task: Task, data: Data, model: str, given: str) -> Source:
    """Whether there can be a handover, before anything is run. Raises UsageError, in one line, where there cannot."""
    if folder.exists() and (not folder.is_dir() or (any(folder.iterdir()) and not (folder / ABOUT).exists())):
        raise UsageError(f"{folder} holds something else: give a new folder to --handover.")
    base = stored(given)
    if base is None:
        raise UsageError(f"The weights of {model} are not on this machine: a handover needs a model in a folder.")
    return Source(task, data, model, given, base)


def hand_over(
    folder: Path, source: Source, found: Found, results: Mapping[str, Any], report: Report = print
) -> list[str]:
    """Write the handover of the recommended arm, or of the best where none is; returns what is to be said of it.

    A classifier without a language model has no weights to hand over: its test set and record are written.
    """
    arms = results["arms"]
    own = [each for each in arms if each in ARMS]  # of answers brought in there is nothing to hand over
    name = results["recommendation"]["arm"] or ""
    name = name if name in own else max(own, key=lambda each: arms[each]["accuracy"])
    training = found.training.get(f"{ARMS[name].adapter} 0")
    arm = found.contest.make(name, training)
    if folder.exists():
        shutil.rmtree(folder)  # an earlier handover, see `source`
    folder.mkdir(parents=True)
    asked = found.contest.tested[: results["data"]["tested"]]
    _papers(folder, source, results)
    if not hasattr(arm, "model"):
        write_atomically(folder / "test.jsonl", _lines(_test(name, asked, found, [[] for _ in asked])))
        write_atomically(folder / ABOUT, json.dumps({"arm": name, "task": source.task.kind.name}, indent=1) + "\n")
        return [f"{name} is a classifier without a language model: fit it anew on your examples (scikit-learn)."]
    report(f"handing over {name} …")
    model = merged.write(source.base, training.adapter if training else None, folder / "model")
    said = _gguf(model, folder / "model.gguf")
    if training:
        _adapter(training.adapter.save(folder / "adapter"))
    embedder = _index(arm, folder)
    chats = _chats(arm, asked)
    write_atomically(folder / "test.jsonl", _lines(_test(name, asked, found, chats)))
    about = _about(name, arm, source, embedder)
    write_atomically(folder / "expected.jsonl", _lines(_expected(model, asked[:CHECKED], chats[:CHECKED], about)))
    write_atomically(folder / ABOUT, json.dumps(about, indent=1, ensure_ascii=False) + "\n")
    shutil.copyfile(Path(__file__).with_name("answer.py"), folder / "answer.py")
    needs = [f"{package}=={version(package).partition('+')[0]}" for package in NEEDS]
    write_atomically(folder / "requirements.txt", "\n".join(needs) + "\n")
    write_atomically(folder / "README.md", _readme(name, source, bool(training), folder, said))
    return said


def _papers(folder: Path, source: Source, results: Mapping[str, Any]) -> None:
    """The record with its grounds, as seen from the handover, so that `twolevers recheck` works there too."""
    model = measured(source.model, source.given, folder)
    stamp = grounds.stamp(source.task, source.data, results, model, folder)
    write_atomically(folder / "decision-record.md", record(dict(results), source.task.kind, stamp))
    write_atomically(folder / grounds.RESULTS, json.dumps(results, indent=1, ensure_ascii=False))
    write_atomically(folder / grounds.ITEMS, json.dumps(grounds.hashes(source.data), indent=1, ensure_ascii=False))


def _adapter(folder: Path) -> None:
    """Our own fields of the configuration go: peft warns of what it does not know."""
    path = folder / "adapter_config.json"
    settings = json.loads(path.read_text("utf-8"))
    known = {name: value for name, value in settings.items() if not name.startswith("twolevers_")}
    write_atomically(path, json.dumps(known, indent=2) + "\n")


def _gguf(model: Path, out: Path) -> list[str]:
    if why := gguf_file.lacking(model):
        return [f"No GGUF file was written: {why}."]
    gguf_file.write(model, out, "F16")
    return []


def _index(arm: Any, folder: Path) -> str:
    """Copy what is searched: passages.jsonl, and the LanceDB table as it stands. Returns the embedder, "" for none."""
    search = getattr(arm, "retriever", None)
    if search is None:
        return ""
    while hasattr(search, "inner"):
        search = search.inner
    import lancedb

    shutil.copytree(search.store.path, folder / "index")
    rows = lancedb.connect(folder / "index").open_table("passages").search().select(COLUMNS).to_list()
    write_atomically(folder / "passages.jsonl", _lines([{name: row[name] for name in COLUMNS} for row in rows]))
    return "static" if type(search.embedder).__name__ == "StaticEmbedder" else "all-MiniLM-L6-v2"


def _chats(arm: Any, asked: Sequence[Question]) -> list[Any]:
    """The prompt of each question, whole."""
    if hasattr(arm, "look_up"):
        found = arm.look_up(asked)
        return [arm.chat(question, passages) for question, passages in zip(asked, found, strict=True)]
    return arm.chats(asked)


def _about(name: str, arm: Any, source: Source, embedder: str) -> dict[str, Any]:
    """handover.json: how the arm asks. `chat`: its prompt with a place for the question, where no search adds to it."""
    question = Question("", PLACE, (), "", (), "", "", "")
    fixed = not hasattr(arm, "look_up") and not hasattr(arm, "embedder")
    return {
        "schema": 1,
        "version": __version__,
        "arm": name,
        "task": source.task.kind.name,
        "model": source.model,
        "instruction": arm.instruction,
        "max_new_tokens": arm.max_new_tokens,
        "retrieves": hasattr(arm, "look_up"),
        "k": getattr(arm, "k", 0),
        "embedder": embedder,
        "labels": list(getattr(arm.model, "labels", ())),
        "chat": arm.chats([question])[0] if fixed else [],
    }


def _test(name: str, asked: Sequence[Question], found: Found, chats: Sequence[Any]) -> list[dict[str, Any]]:
    """The test set with prompts, and what was answered and counted in the bake-off (first seed)."""
    own = found.frame[found.frame["arm"] == name].drop_duplicates("question_id").set_index("question_id")
    return [
        {
            "question_id": question.question_id,
            "question": question.text,
            "accepted": list(question.answers),
            "doc_ids": list(question.doc_ids),
            "chat": chat,
            "measured": own.loc[question.question_id, "text"],
            "right": bool(own.loc[question.question_id, "correct"]),
        }
        for question, chat in zip(asked, chats, strict=True)
        if question.question_id in own.index
    ]


def _expected(model: Path, asked: Sequence[Question], chats: Sequence[Any], about: Mapping[str, Any]) -> list[dict]:
    """Answers of the handed-over weights in float32: the bake-off itself may have rounded, where that is faster."""
    import torch

    from twolevers.arms.choosing import Choosing
    from twolevers.models.native.model import NativeModel

    loaded = NativeModel.load(str(model), torch.float32)
    answering = Choosing(loaded, about["labels"]) if about["labels"] else loaded
    written = answering.generate(chats, about["max_new_tokens"])
    return [
        {"question": question.text, "chat": chat, "answer": done.text}
        for question, chat, done in zip(asked, chats, written, strict=True)
    ]


def _lines(rows: Sequence[Mapping[str, Any]]) -> str:
    return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in rows)


def _readme(name: str, source: Source, trained: bool, folder: Path, said: Sequence[str]) -> str:
    what = {
        "model/": f"{source.model}{' with the adapter merged in' if trained else ', as it was measured'}, float16, "
        "for transformers and every engine that reads safetensors",
        "model.gguf": "the same weights for llama.cpp and its kin (F16)",
        "adapter/": f"the adapter alone, in peft's format, for {source.model}",
        "index/": "the LanceDB table that was searched: passages, vectors, words",
        "passages.jsonl": "the same passages as text",
        "handover.json": "instruction, tokens of an answer, number of passages, embedder",
        "test.jsonl": "the test set: question, accepted answers, whole prompt, what was answered and counted",
        "expected.jsonl": "five prompts with the answers that these weights give in float32",
        "decision-record.md": "the decision and what would end it (`twolevers recheck decision-record.md`)",
        "answer.py": "asks the five again and compares; needs torch and transformers only",
    }
    rows = [f"| `{file}` | {said} |" for file, said in what.items() if file == "README.md" or (folder / file).exists()]
    listed = "\n".join(["| file | what it is |", "|---|---|", *rows])
    base = (
        "\n\nWith peft: `python answer.py --engine adapter --base FOLDER`, where FOLDER holds "
        f"{source.model} as it was measured."
        if trained
        else ""
    )
    notes = "".join(f"\n\n{line}" for line in said)
    return (
        f"# Handover: {name}\n\nWritten by a bake-off of Two Levers {__version__}. First `pip install -r "
        f"requirements.txt`, then `python answer.py`.{base}\n\n{listed}{notes}\n"
    )
