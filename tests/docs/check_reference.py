# SPDX-License-Identifier: Apache-2.0
"""[H34] The reference that ./dev docs has made: C and C++ in groups, and links to the rules.

    check_reference.py build/docs/html
"""

import html
import re
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent.parent


def names_of_headers():
    """What the public headers declare at namespace scope with a comment of its own."""
    for header in sorted((SOURCE / "include" / "promoflow").glob("*.hpp")):
        text = header.read_text(encoding="utf-8")
        for name in re.findall(r"^///[^\n]*\n(?:template [^\n]*\n)?(?:enum class|struct|class)"
                               r"(?: PROMOFLOW_API)? (\w+)(?![\w;])", text, re.MULTILINE):
            yield name


def main():
    pages = {path.name: html.unescape(path.read_text(encoding="utf-8"))
             for path in Path(sys.argv[1]).glob("*.html")}
    c_pages = "".join(text for name, text in pages.items() if name.startswith("group__c__"))
    groups = "".join(text for name, text in pages.items() if name.startswith("group__"))
    everything = "".join(pages.values())
    functions = [name for file in sorted((SOURCE / "capi").glob("*.symbols"))
                 for name in file.read_text(encoding="utf-8").split()]
    rules = re.findall(r"^\*\*([MRACS]\d+)\*\* ",
                       (SOURCE / "docs" / "semantics.md").read_text(encoding="utf-8"), re.MULTILINE)
    names = list(names_of_headers())
    problems = [f"no group of the C reference has {name}()" for name in functions
                if not re.search(rf"\b{name}\b", c_pages)]
    problems += [f"no group has {name}" for name in names
                 if not re.search(rf"\bpromoflow::{name}\b", groups)]
    problems += [f"{rule} has no anchor, or nothing links to it" for rule in rules
                 if f'id="rule-{rule}"' not in everything or f'#rule-{rule}"' not in everything]
    if min(len(functions), len(names), len(rules)) < 40:
        problems.append(f"{len(functions)} functions, {len(names)} names and {len(rules)} rules: "
                        "too few to be all")
    for problem in problems:
        print(f"check_reference.py: {problem}", file=sys.stderr)
    if problems:
        sys.exit(1)
    print(f"the reference has {len(functions)} functions of C, {len(names)} types of C++, and "
          f"links to {len(rules)} rules")


if __name__ == "__main__":
    main()
