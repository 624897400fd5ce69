# SPDX-License-Identifier: Apache-2.0
"""The pages of the documentation, and the blocks of code in them."""

import os
import re
from pathlib import Path

SOURCE = Path(os.environ["PROMOFLOW_SOURCE_DIR"]).resolve()
BUILD = Path(os.environ.get("PROMOFLOW_BUILD_DIR", ""))
PROGRAM = os.environ.get("PROMOFLOW_PROGRAM", "")

PAGES = [*sorted(SOURCE.glob("*.md")), *sorted((SOURCE / "docs").glob("*.md")),
         *(SOURCE / folder / "README.md"
           for folder in ("bindings/python", "tests/corpus", "tools/mutation"))]
FENCE = re.compile(r"^```(\w*)\n(.*?)^```$", re.MULTILINE | re.DOTALL)


def text_of(path):
    return path.read_text(encoding="utf-8")


def blocks(language, pages=None):
    """Each fenced block of a language: (page:line, its text)."""
    for page in PAGES if pages is None else pages:
        text = text_of(page)
        for found in FENCE.finditer(text):
            if found.group(1) == language:
                line = text.count("\n", 0, found.start()) + 1
                yield f"{page.relative_to(SOURCE)}:{line}", found.group(2)
