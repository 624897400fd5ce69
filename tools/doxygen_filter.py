#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Prints a file as Doxygen is to see it; docs/Doxyfile calls it for each input.

The sources stay free of Doxygen's commands, so they are added here:

- Rules that comments and pages name (R12) become links to docs/semantics.md.
- The C header's comments become documentation, and its sections groups.
- Each C++ header's names go into the group that GROUPS gives it; docs/groups.dox describes groups.
- Links between pages, which are those of a forge, become Doxygen's references.
"""

import re
import sys
from pathlib import Path

SOURCE = Path(__file__).resolve().parent.parent
RULES = {f"{letter}{number}" for letter, count in
         (("M", 8), ("R", 19), ("A", 7), ("C", 6), ("S", 5)) for number in range(1, count + 1)}
GROUPS = {
    "flows": ("flow", "manifest", "text", "diagnostic"),
    "releases": ("release", "event", "command", "arguments", "context", "record"),
    "executors": ("executor", "function_executor", "scripted_executor", "process_executor",
                  "argo_executor", "clock"),
    "durable": ("store", "sqlite_store", "store_history", "store_conformance", "engine"),
    "foresight": ("exploration", "properties", "flow_diff"),
    "configurations": ("configuration", "release_queue"),
    "simulation": ("simulation", "render"),
    "basics": ("result", "export", "version", "index_iterator", "promoflow"),
}
PAGES = {path.relative_to(SOURCE).as_posix()
         for path in (*(SOURCE / "docs").glob("*.md"),
                      *(SOURCE / f"{name}.md"
                        for name in ("README", "CONTRIBUTING", "CHANGELOG", "SECURITY")))}
RULE = re.compile(r"\b([MRACS]\d{1,2})\b")


def link_rules(text):
    return RULE.sub(lambda found: f'@ref rule-{found[1]} "{found[1]}"'
                    if found[1] in RULES else found[0], text)


# --- pages ----------------------------------------------------------------------------------------

def anchor(page, title):
    """The name of a heading: the page's, and what a forge makes of the title."""
    words = re.sub(r"[^\w\s-]", "", re.sub(r"[`*]", "", title).lower()).split()
    return f"{Path(page).stem.lower()}-{'-'.join(words)}"


def reference(page, found):
    """One link of a page. What has no page of its own is named by its path."""
    text, target = found[1], found[2]
    if re.match(r"\w+:", target):
        return found[0]
    path, _, fragment = target.partition("#")
    whole = (SOURCE / page).parent.joinpath(path).resolve() if path else SOURCE / page
    name = whole.relative_to(SOURCE).as_posix()
    if name not in PAGES:
        return text if text == path else f"{text} (`{name}`)"
    return f"[{text}](@ref {anchor(name, fragment.replace('-', ' '))})" if fragment else found[0]


def page_line(page, line):
    heading = re.fullmatch(r"(##+) (.*?)\s*", line)
    if heading and page != "CHANGELOG.md":  # Its headings are many times the same.
        return f"{heading[1]} {heading[2]} {{#{anchor(page, heading[2])}}}"
    stated = re.match(r"\*\*([MRACS]\d+)\*\* ", line) if page == "docs/semantics.md" else None
    head = ""
    if stated:
        head, line = f"@anchor rule-{stated[1]} {stated[0]}", line[stated.end():]
    parts = re.split(r"(`[^`]*`|\[[^\]]*\]\([^)\s]*\))", line)
    for index, part in enumerate(parts):
        link = re.fullmatch(r"\[([^\]]*)\]\(([^)\s]*)\)", part)
        if link:
            parts[index] = reference(page, link)
        elif not part.startswith("`") and not line.startswith("#"):
            parts[index] = link_rules(part)
    return head + "".join(parts)


def filter_page(page, text):
    is_code = False
    for line in text.splitlines():
        if re.match(r"\s*```", line):
            is_code = not is_code
        yield line if is_code else page_line(page, line)


# --- C++ ------------------------------------------------------------------------------------------

def filter_header(path, text):
    group = next((name for name, stems in GROUPS.items() if path.stem in stems), None)
    if group is None:
        raise SystemExit(f"{path}: tools/doxygen_filter.py has no group for this header")
    # Pages and addresses do not change with the version.
    lines = text.replace("::inline PROMOFLOW_NAMESPACE", "").splitlines()
    is_of_file = False
    for number, line in enumerate(lines):
        code, slashes, comment = line.partition("//")
        yield code + slashes + link_rules(comment)
        is_of_file = line.startswith("///") and (is_of_file or "@file" in line)
        is_last = not lines[number + 1:number + 2] or not lines[number + 1].startswith("///")
        if line.startswith("///") and is_last and not is_of_file:
            yield f"/// @ingroup {group}"


# --- C --------------------------------------------------------------------------------------------

def escaped(text):
    """The text of a comment, without what Doxygen would take for markup."""
    text = re.sub(r"([<>*#@\\%&$])", r"\\\1", text)
    return link_rules(text)


def c_comment(found, before):
    body = found[1]
    section = re.fullmatch(r"\s*--- (.*?) -+\s*", body)
    if section:
        title, _, note = section[1].partition(": ")
        name = "c_" + re.sub(r"\W+", "_", title.partition(",")[0]).strip("_")
        return (f"/** @}} */\n/** @defgroup {name} {title[0].upper()}{title[1:]}\n"
                f"@ingroup c\n{escaped(note)}\n@{{ */")
    if body.startswith(" SPDX"):
        return found[0]
    if "#ifndef" not in before and "#define" not in before:  # The first comment: of the file.
        return f"/** @file\n@verbatim{body}@endverbatim */"
    line = before.rpartition("\n")[2]
    return f"/**{'<' if line.strip() else ''} {escaped(body).strip()} */"


def filter_c_header(text):
    """Sections follow one another, so each ends the one before; the first ends none."""
    out = re.sub(r"/\*(.*?)\*/", lambda found: c_comment(found, text[:found.start()]), text,
                 flags=re.DOTALL)
    first, last = out.find("/** @} */\n"), out.rfind("#ifdef __cplusplus")
    if first < 0:  # A header without sections.
        return out
    return out[:first] + out[first + len("/** @} */\n"):last] + "/** @} */\n" + out[last:]


def main():
    path = Path(sys.argv[1]).resolve()
    text = path.read_text(encoding="utf-8")
    if path.suffix == ".md":
        text = "\n".join(filter_page(path.relative_to(SOURCE).as_posix(), text))
    elif path.suffix == ".hpp":
        text = "\n".join(filter_header(path, text))
    elif path.suffix == ".h":
        text = filter_c_header(text)
    sys.stdout.write(text + "\n")


if __name__ == "__main__":
    main()
