"""Print a deck to PDF with a Chromium that is already on the machine."""

import os
import shutil
import subprocess
import tempfile
from pathlib import Path

from twolevers.errors import TwoLeversError

BROWSERS = ("chromium", "chromium-browser", "google-chrome", "chrome", "msedge")
SECONDS = 120


def print_pdf(page: Path) -> Path:
    """Print the deck `page` to a PDF beside it, one page a slide; raises TwoLeversError where that fails."""
    browser = next(filter(None, map(shutil.which, BROWSERS)), None)
    if browser is None:
        raise TwoLeversError(
            f"No Chromium to print {page.name} with: install it, or open {page.name}?print-pdf and print."
        )
    pdf = page.with_suffix(".pdf")
    pdf.unlink(missing_ok=True)
    options = ["--headless", "--disable-gpu", "--no-pdf-header-footer", "--virtual-time-budget=10000"]
    if hasattr(os, "geteuid") and os.geteuid() == 0:
        options.append("--no-sandbox")  # Chromium's sandbox does not start for the administrator
    with tempfile.TemporaryDirectory(prefix="twolevers-", ignore_cleanup_errors=True) as profile:
        options += [f"--user-data-dir={profile}", f"--print-to-pdf={pdf.resolve()}"]
        command = [browser, *options, f"{page.resolve().as_uri()}?print-pdf"]
        try:
            subprocess.run(command, capture_output=True, timeout=SECONDS, check=False)
        except subprocess.TimeoutExpired as error:
            raise TwoLeversError(f"{browser} printed nothing in {SECONDS} s: try again.") from error
    if not pdf.exists():
        raise TwoLeversError(f"{browser} could not print {page.name}: open it with ?print-pdf.")
    return pdf
