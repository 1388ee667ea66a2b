"""Somebody's documents: a folder of files, or a table with one document a row."""

import hashlib
from collections.abc import Iterator
from pathlib import Path

from twolevers.bakeoff.read.decode import decode
from twolevers.bakeoff.read.table import SUFFIXES, Unused, pick, read_bytes, read_table
from twolevers.data.records import Document
from twolevers.errors import UsageError

COLUMNS = {
    "id": ("doc_id", "document_id", "docid", "identifier"),
    "title": ("name", "heading", "subject"),
    "text": ("content", "body", "passage", "context", "document", "contents"),
}
READERS = (".md", ".markdown", ".txt", ".rst", ".html", ".htm", ".pdf", ".docx")


def read_documents(path: Path) -> tuple[list[Document], list[Unused]]:
    """Every document of a folder (its files of `READERS`, deeper folders included) or of a table with a text column.

    In a folder a document's id is its path from there. What holds no text, repeats another document's text or cannot
    be read comes back with the reason. Raises UsageError, in one line, when nothing can be used.
    """
    path = Path(path)
    if not path.exists():
        raise UsageError(f"{path} is not there: give a folder of documents or a table with a column 'text'.")
    found, unused = _folder(path) if path.is_dir() else _table(path)
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
        first = f" ({unused[0].where}: {unused[0].reason})" if unused else ""
        raise UsageError(f"{path} holds no document that can be used{first}: add text, Markdown, HTML, PDF or DOCX.")
    return kept, unused


def document(doc_id: str, title: str, text: str) -> Document:
    """A document of no catalogue: no line, year or attributes."""
    return Document(doc_id, title, _clean(text), "page", "", None, {}, "")


def _table(path: Path) -> tuple[list[tuple[str, Document]], list[Unused]]:
    if path.suffix.casefold() not in SUFFIXES:
        text = _read_file(path)
        return [(path.name, document(path.name, _title(path, text), text))], []
    table = read_table(path)
    columns = pick(table, COLUMNS)
    if "text" not in columns:
        if path.suffix.casefold() == ".txt":
            text = _read_file(path)
            return [(path.name, document(path.name, path.stem, text))], []
        found = ", ".join(table.columns)[:200]
        raise UsageError(f"{path.name} has no column for the documents' text (found: {found}): name one 'text'.")
    rows = []
    for place, row in enumerate(table.rows, start=1):
        values = {name: _cell(row.values.get(column)) for name, column in columns.items()}
        doc_id = values.get("id") or f"row-{place}"
        rows.append((row.where, document(doc_id, values.get("title", ""), values["text"])))
    return rows, list(table.unused)


def _folder(path: Path) -> tuple[list[tuple[str, Document]], list[Unused]]:
    rows, unused = [], []
    for file in _files(path):
        name = file.relative_to(path).as_posix()
        if file.suffix.casefold() not in READERS:
            unused.append(Unused(name, f"is of no kind that is read ({', '.join(READERS)})"))
            continue
        try:
            text = _read_file(file)
        except UsageError as error:
            unused.append(Unused(name, str(error).removeprefix(f"{file.name} ")))
            continue
        rows.append((name, document(name, _title(file, text), text)))
    return rows, unused


def _files(path: Path) -> Iterator[Path]:
    for file in sorted(path.rglob("*")):
        if file.is_file() and not any(part.startswith(".") for part in file.relative_to(path).parts):
            yield file


def _read_file(path: Path) -> str:
    """The text of one file by its suffix. Raises UsageError with the reason where there is none."""
    data, suffix = read_bytes(path), path.suffix.casefold()
    if suffix == ".pdf":
        return _pdf(data, path.name)
    if suffix == ".docx":
        return _docx(data, path.name)
    text = decode(data, path.name)
    return _html(text) if suffix in (".html", ".htm") else text


def _html(text: str) -> str:
    """The words of a page, a line for each block; scripts, styles and what is hidden in the head left out."""
    from bs4 import BeautifulSoup

    soup = BeautifulSoup(text, "html.parser")
    for tag in soup(["script", "style", "template", "noscript"]):
        tag.decompose()
    return soup.get_text("\n")


def _pdf(data: bytes, name: str) -> str:
    import io
    import logging

    from pypdf import PdfReader

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns of each oddity; what matters is raised
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UsageError(f"{name} is locked with a password: save a copy without one.")
        text = "\n".join(page.extract_text() or "" for page in reader.pages)
    except UsageError:
        raise
    except Exception as error:  # a damaged file raises nearly anything
        raise UsageError(f"{name} cannot be read as PDF ({type(error).__name__}): save it anew.") from error
    if not text.strip():
        raise UsageError(f"{name} holds pictures but no text: run text recognition on it first.")
    return text


def _docx(data: bytes, name: str) -> str:
    import io

    from docx import Document as Reader

    try:
        body = Reader(io.BytesIO(data))
        blocks = [paragraph.text for paragraph in body.paragraphs]
        blocks += [" | ".join(cell.text for cell in row.cells) for table in body.tables for row in table.rows]
    except Exception as error:  # a damaged archive raises nearly anything
        raise UsageError(f"{name} cannot be read as DOCX ({type(error).__name__}): save it anew.") from error
    return "\n".join(blocks)


def _title(path: Path, text: str) -> str:
    """A Markdown file's first heading, else the name of the file in words."""
    if path.suffix.casefold() in (".md", ".markdown"):
        for line in text.splitlines()[:50]:
            if line.startswith("# ") and line[2:].strip():
                return line[2:].strip()[:200]
    return path.stem.replace("_", " ").replace("-", " ")


def _clean(text: str) -> str:
    """Without characters that no text needs: zeros, lone surrogates, marks of byte order inside."""
    text = text.replace("\x00", "").replace("\ufeff", "")
    return text.encode("utf-8", "ignore").decode("utf-8").strip()


def _cell(value: object) -> str:
    return "" if value is None else value.strip() if isinstance(value, str) else str(value)
