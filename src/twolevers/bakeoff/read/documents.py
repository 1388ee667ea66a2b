"""Somebody's documents: a folder of files, or a table with one document a row."""

import hashlib
import unicodedata
from collections.abc import Collection
from pathlib import Path

import regex

from twolevers.bakeoff.read.answers import NotUnderstood, plain
from twolevers.bakeoff.read.decode import declaration, decoded
from twolevers.bakeoff.read.folder import files
from twolevers.bakeoff.read.html import page
from twolevers.bakeoff.read.kinds import WORD, kind, refuse_other
from twolevers.bakeoff.read.markdown import markdown
from twolevers.bakeoff.read.pdf import pdf
from twolevers.bakeoff.read.rows import Unused
from twolevers.bakeoff.read.table import SUFFIXES, guess, pick, read_bytes, read_table
from twolevers.bakeoff.read.word import word
from twolevers.data.records import Document
from twolevers.errors import UsageError

COLUMNS = {
    "id": ("doc_id", "document_id", "docid", "identifier"),
    "title": ("name", "heading", "subject"),
    "text": ("content", "body", "passage", "context", "document", "contents"),
}
READERS = (".md", ".markdown", ".mdx", ".txt", ".text", ".rst", ".html", ".htm", ".xhtml", ".pdf", ".docx")
_PAGE = regex.compile(rb"\s*(?:\xef\xbb\xbf)?\s*(?:<!doctype html|<html\b)", regex.IGNORECASE)
Found = list[tuple[str, Document]]


def read_documents(path: Path, leave_out: Collection[Path] = ()) -> tuple[list[Document], list[Unused]]:
    """Every document of a folder (its files of `READERS`, deeper folders included) or of a table with a text column.

    In a folder a document's id is its path from there, in NFC. `leave_out` are files and folders that are no
    documents (the questions, the output), and what an earlier bake-off wrote is none. What holds no text, repeats
    another document's text or cannot be read comes back with the reason. Raises UsageError, in one line, when nothing
    can be used.
    """
    path = Path(path)
    if not path.exists():
        raise UsageError(f"{path} is not there: give a folder of documents or a table with a column 'text'.")
    found, unused = _folder(path, leave_out) if path.is_dir() else _single(path)
    kept: list[Document] = []
    ids: set[str] = set()
    texts: dict[str, str] = {}
    for where, document in found:
        digest = hashlib.sha256(" ".join(document.text.split()).encode("utf-8", "replace")).hexdigest()
        if not document.text.strip():
            unused.append(Unused(where, "holds no text"))
        elif document.doc_id in ids:
            unused.append(Unused(where, f"repeats the id {document.doc_id!r}"))
        elif digest in texts:
            unused.append(Unused(where, f"has the same text as {texts[digest]!r}"))
        else:
            ids.add(document.doc_id)
            texts[digest] = document.doc_id
            kept.append(document)
    if not kept:
        reasons = [each for each in unused if not each.used]
        first = f" ({reasons[0].where}: {reasons[0].reason})" if reasons else ""
        raise UsageError(f"{path} holds no document that can be used{first}: add text, Markdown, HTML, PDF or DOCX.")
    return kept, unused


def document(doc_id: str, title: str, text: str) -> Document:
    """A document of no catalogue: no line, year or attributes."""
    return Document(doc_id, title, _clean(text), "page", "", None, {}, "")


def _single(path: Path) -> tuple[Found, list[Unused]]:
    """One file: a table with a document a row, or, where it is of another kind, one document."""
    if path.suffix.casefold() not in SUFFIXES and not (path.suffix.casefold() == ".txt" and _is_table(path)):
        made, remarks = _read_file(path, path.name)
        return [(path.name, made)], remarks
    table = read_table(path)
    columns = pick(table, COLUMNS)
    if "text" not in columns:
        found = ", ".join(table.columns)[:200]
        raise UsageError(f"{path.name} has no column for the documents' text (found: {found}): name one 'text'.")
    rows, unused = [], list(table.unused)
    for place, row in enumerate(table.rows, start=1):
        try:
            values = {name: plain(row.values.get(column)) for name, column in columns.items()}
        except NotUnderstood as error:
            unused.append(Unused(row.where, str(error)))
            continue
        doc_id = values.get("id") or f"row-{place}"
        rows.append((row.where, document(doc_id, values.get("title", ""), values["text"])))
    return rows, unused


def _is_table(path: Path) -> bool:
    """Whether a text file is a table after all: its first line names an id or a title beside the text."""
    try:
        columns = pick(read_table(path), COLUMNS)
    except UsageError:
        return False
    return "text" in columns and len(columns) > 1


def _folder(path: Path, leave_out: Collection[Path]) -> tuple[Found, list[Unused]]:
    listed, unused = files(path, leave_out)
    rows = []
    for file, name in listed:
        if file.suffix.casefold() not in READERS:
            unused.append(Unused(name, f"is of no kind that is read ({', '.join(READERS)})"))
            continue
        try:
            made, remarks = _read_file(file, name)
        except UsageError as error:
            unused.append(Unused(name, str(error).removeprefix(f"{file.name} ").rstrip(".")))
            continue
        rows.append((name, made))
        unused += remarks
    return rows, unused


def _read_file(path: Path, name: str) -> tuple[Document, list[Unused]]:
    """One file as a document, by its suffix. Raises UsageError with the reason where it holds no text."""
    data, suffix = read_bytes(path), path.suffix.casefold()
    remarks: list[Unused] = []
    title = ""
    if suffix == ".pdf" or data.startswith(b"%PDF"):
        text, lacking = pdf(data, path.name)
        remarks = [Unused(f"{name} {pages}", why) for pages, why in lacking]
    elif suffix == ".docx" or kind(data) == WORD:
        if data.startswith(b"PK"):
            refuse_other(data, path.name, WORD)
        text = word(data, path.name)
    else:
        refuse_other(data, path.name)
        is_page = suffix in (".html", ".htm", ".xhtml") or bool(_PAGE.match(data[:1000]))
        found = decoded(data, path.name, declaration(data) if is_page else "")
        if found.guessed:
            remarks.append(guess(name, found.guessed))
        lines = found.text.replace("\r\n", "\n").replace("\r", "\n")
        is_markdown = suffix in (".md", ".markdown", ".mdx")
        text, title = page(lines) if is_page else markdown(lines) if is_markdown else (lines, "")
    return document(name, title or _named(path), text), remarks


def _named(path: Path) -> str:
    """The name of the file in words."""
    words = _shown(path.stem).replace("_", " ").replace("-", " ").split()
    return unicodedata.normalize("NFC", " ".join(words))


def _shown(name: str) -> str:
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


def _clean(text: str) -> str:
    """In NFC, without characters that no text needs: zeros, lone surrogates, marks of byte order inside."""
    text = text.replace("\x00", "").replace("\ufeff", "")
    return unicodedata.normalize("NFC", text.encode("utf-8", "ignore").decode("utf-8").strip())
