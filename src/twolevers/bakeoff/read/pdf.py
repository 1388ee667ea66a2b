"""The text of a PDF, page by page; pages that hold none are named."""

import io
import logging
from typing import Any

from twolevers.errors import UsageError

HARDLY = 16  # letters below which a page with a picture is taken for a scan, such as one with its number alone


def pdf(data: bytes, name: str) -> tuple[str, list[tuple[str, str]]]:
    """The text of all pages, and (which pages, why) for those without. Raises UsageError where no page has text.

    A file that opens without a password is read though it is encrypted.
    """
    from pypdf import PdfReader
    from pypdf.errors import DependencyError

    logging.getLogger("pypdf").setLevel(logging.CRITICAL)  # it warns of each oddity; what matters is raised
    try:
        reader = PdfReader(io.BytesIO(data))
        if reader.is_encrypted and not reader.decrypt(""):
            raise UsageError(f"{name} is locked with a password: save a copy without one.")
        pages = list(reader.pages)
    except UsageError:
        raise
    except DependencyError as error:
        raise UsageError(
            f"{name} is encrypted: install the package cryptography, or save a copy that is not."
        ) from error
    except Exception as error:  # a damaged file raises nearly anything
        raise UsageError(f"{name} cannot be read as PDF ({type(error).__name__}): save it anew.") from error
    texts: list[str] = []
    faults: dict[str, list[int]] = {}
    for number, page in enumerate(pages, start=1):
        text, fault = _page(page)
        texts.append(text)
        if fault:
            faults.setdefault(fault, []).append(number)
    if not any(text.strip() for text in texts):
        only = next(iter(faults), "hold no text")
        pictures = "pictures but no text: run text recognition on it first" if "picture" in only else "no text"
        raise UsageError(f"{name} holds {pictures}.")
    return "\n\n".join(filter(str.strip, texts)), [(_ranges(numbers), fault) for fault, numbers in faults.items()]


def _page(page: Any) -> tuple[str, str]:
    """A page's text, and why there is none."""
    try:
        text = page.extract_text() or ""
    except Exception as error:  # one damaged page should not cost the others
        return "", f"cannot be read ({type(error).__name__}): save the file anew"
    if text.strip():
        scanned = len("".join(text.split())) < HARDLY and _pictured(page)
        return text, "hold a picture and hardly any text: run text recognition on them" if scanned else ""
    return "", "hold a picture and no text: run text recognition on them" if _pictured(page) else "hold no text"


def _pictured(page: Any) -> bool:
    try:
        inside = page["/Resources"].get_object().get("/XObject", {}).get_object()
        return any(each.get_object().get("/Subtype") in ("/Image", "/Form") for each in inside.values())
    except Exception:  # as above
        return False


def _ranges(numbers: list[int]) -> str:
    """ "page 2", "pages 2, 4 to 7"."""
    runs: list[list[int]] = []
    for number in numbers:
        if runs and number == runs[-1][-1] + 1:
            runs[-1].append(number)
        else:
            runs.append([number])
    said = [", ".join(map(str, run)) if len(run) < 3 else f"{run[0]} to {run[-1]}" for run in runs]
    return f"{'page' if len(numbers) == 1 else 'pages'} {', '.join(said)}"
