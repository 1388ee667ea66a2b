"""What a file is by its first bytes, and the remedy where it is of no kind that can be read here."""

import zipfile
from io import BytesIO

from twolevers.errors import UsageError

_SIGNS = (
    (b"%PDF", "a PDF", "copy its table into a spreadsheet and save it as CSV"),
    (b"\xd0\xcf\x11\xe0", "an old Office file", "save it as .xlsx, .docx or CSV"),
    (b"PAR1", "a Parquet file", "save it as CSV or JSON Lines"),
    (b"\x1f\x8b", "a compressed file (gzip)", "unpack it first"),
    (b"7z\xbc\xaf", "a compressed file (7z)", "unpack it first"),
    (b"Rar!", "a compressed file (rar)", "unpack it first"),
    (b"BZh", "a compressed file (bzip2)", "unpack it first"),
    (b"\xfd7zXZ", "a compressed file (xz)", "unpack it first"),
    (b"SQLite format 3", "a database (SQLite)", "export the table as CSV"),
    (b"{\\rtf", "an RTF file", "save it as DOCX or text"),
    (b"\x89PNG", "a picture", "run text recognition on it first"),
    (b"\xff\xd8\xff", "a picture", "run text recognition on it first"),
    (b"GIF8", "a picture", "run text recognition on it first"),
)
WORKBOOK, WORD = "workbook", "word"
_INSIDE = (
    ("xl/workbook.xml", WORKBOOK),
    ("word/document.xml", WORD),
    ("xl/workbook.bin", "a binary workbook (.xlsb)"),
    ("ppt/presentation.xml", "a presentation"),
    ("content.xml", "an OpenDocument file"),
    ("Index/Document.iwa", "a Numbers or Pages file"),
)


def kind(data: bytes) -> str:
    """`WORKBOOK` or `WORD` for what openpyxl and python-docx read, else "what it is: the remedy", "" for text."""
    if data.startswith(b"PK\x03\x04"):
        try:
            names = set(zipfile.ZipFile(BytesIO(data)).namelist())
        except (zipfile.BadZipFile, OSError, ValueError, NotImplementedError):
            return "a damaged archive: save it anew"
        inside = next((found for name, found in _INSIDE if name in names), "")
        if inside in (WORKBOOK, WORD):
            return inside
        return f"{inside}: save it as .xlsx, .docx or CSV" if inside else "an archive (zip): unpack it first"
    return next((f"{what}: {remedy}" for sign, what, remedy in _SIGNS if data.startswith(sign)), "")


def refuse_other(data: bytes, name: str, *fine: str) -> str:
    """The kind where it is "" or one of `fine`. Raises UsageError with the remedy for any other."""
    found = kind(data)
    if found in ("", *fine):
        return found
    named = {WORKBOOK: "a workbook: save the sheet as CSV", WORD: "a Word document: put its table into CSV"}
    raise UsageError(f"{name} is {named.get(found, found)}.")
