#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Checks what clang-format and clang-tidy do not: sizes, the first line, ASCII, include directions,
which module may include which library, what the pure modules must not use, and what the functions
of public headers promise (lint_headers.py). Prints file:line: message, and ends with 1 if there is
a finding. tools/lint.sh calls it, and tests/lint/test_lint.py shows each check failing."""

import re
import subprocess
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
import lint_headers  # noqa: E402

FILE_LINES = 500
HEADER_LINES = 250
C_HEADER_LINES = 1500
LINE_COLUMNS = 100
SPDX = "SPDX-License-Identifier: Apache-2.0"

# Each module may include itself and those after it. A public header's place is that of its name.
# docs/architecture.md draws the same order; tests/docs/test_architecture.py compares the two.
ORDER = ["bindings", "capi_process", "capi_engine", "capi_argo", "capi", "cli", "promoflow",
         "supervisor", "process", "argo", "store_conformance", "engine", "store", "render",
         "executor", "exploration", "simulation", "queue", "release", "record", "command",
         "arguments", "context", "configuration", "manifest", "flow", "document", "diagnostics",
         "base", "event", "diagnostic", "text", "index_iterator", "result", "version", "export"]

# Modules that are in order but in different libraries: the C ABI's library has none of the
# components, no component has another one, and none has the program.
APART = {"capi": {"cli", "process", "engine", "store", "argo"},
         "capi_process": {"capi_engine", "capi_argo", "cli", "engine", "store", "argo"},
         "capi_engine": {"capi_argo", "cli", "process", "argo"},
         "capi_argo": {"cli", "process", "engine", "store"},
         "process": {"engine", "store", "argo"},
         "argo": {"engine", "store", "store_conformance"}}

# Public headers that belong to a module of another name.
SAME_PLACE = {"function_executor": "executor", "scripted_executor": "executor",
              "process_executor": "process", "argo_executor": "argo", "clock": "executor",
              "release_queue": "queue", "sqlite_store": "store", "store_history": "store",
              "properties": "exploration", "flow_diff": "exploration"}

# Modules that only compute: no clock, thread, random number, file or environment variable.
PURE = {"base", "diagnostics", "document", "flow", "manifest", "arguments", "context", "release",
        "simulation", "exploration", "render", "configuration", "queue"}

# Who may include what: prefix of the include -> pattern of the including path.
THIRD_PARTY = {
    "tl/": r"include/promoflow/result\.hpp",
    "nlohmann/": r"src/.*|tests/(unit|prove|bench)/.*",
    "fmt/": r"src/.*|tests/unit/.*",
    "boost/": r"src/flow/.*|tests/bench/.*_peers?\.cpp|examples/08-asio-host/.*",
    "yaml.h": r"src/document/yaml\.cpp",
    "sqlite3.h": r"src/store/.*|tests/(unit|support)/.*|tests/bench/engine/.*",
    "curl/": r"src/argo/.*|tests/cluster/figures\.cpp",
    "CLI/": r"src/cli/.*",
    "catch2/": r"tests/unit/catch\.hpp",
    "rapidcheck": r"tests/.*",
    "Python.h": r"bindings/python/core/core\.hpp",
    "benchmark/": r"tests/bench/.*",
    "yaml-cpp/": r"tests/bench/.*",
    "tbb/": r"tests/bench/tbb_peer\.cpp",
}
POSIX = re.compile(r"((sys|arpa|netinet)/[a-z]+|[a-z]+)\.h")

IMPURE = [
    (r"\w+_clock\s*::\s*now|\b(?:std::|::)(?:time|clock)\s*\(", "a clock"),
    (r"#\s*include\s*<(?:thread|mutex|condition_variable|future)>|\bstd::j?thread\b", "a thread"),
    (r"#\s*include\s*<random>|\b(?:std::|::)s?rand\s*\(|\brandom_device\b", "chance"),
    (r"#\s*include\s*<(?:fstream|filesystem|cstdio|stdio\.h)>|\bfopen\s*\(", "a file"),
    (r"\b(?:secure_)?getenv\b", "the environment"),
    (r"#\s*include\s*<(?:iostream|syncstream|print)>|\bstd::(?:cout|cerr|clog)\b", "a stream"),
    (r"\b\w*printf\s*\(|\bfmt::print\b|\bputs\s*\(", "printing"),
    (r"(?<![\w.>~])(?:std::|::)?(?:abort|_?exit|_Exit|quick_exit)\s*\(|\bstd::terminate\b",
     "ending the process"),
    # A stream may be given std::locale::classic(): that is how not to depend on the global one.
    (r"\bsetlocale\b|\blocale::global\b|\bstd::locale\s*[({]|\blocaleconv\b", "the locale"),
]

# Where no exception can be thrown, what would throw one ends the process: in this file only.
WITHOUT_EXCEPTIONS = "src/base/exceptions.hpp"

# gcovr's markers of what tests cannot reach; the reason follows: GCOV_EXCL_LINE: why.
EXCLUDED = re.compile(r"\b[GL]COVR?_EXCL_(?:BR_)?(?:LINE|START)\b(?!: \w|: `)")

UNFINISHED = re.compile(r"\b(?:TO" r"DO|FIX" r"ME|XX" r"X)\b")
FORBIDDEN = [
    (re.compile(r"(?<![\w./])/wo" r"rk\b|(?<![\w./])/ro" r"ot\b"), "a path of one machine"),
    (re.compile(r"\bissue" r" #?\d|\bissue" r" #", re.IGNORECASE), "talk of an issue"),
    (re.compile(r"\bSPEC" r"\.md\b|\.\./sha" r"red\b"), "a file that is not in the project"),
]

CPP = {".hpp", ".cpp", ".h", ".c"}
SCRIPTS = {".py", ".sh", ".cmake"}
NAMED_SOURCES = {"CMakeLists.txt", "dev", "run", "Doxyfile"}
TEXT = {".md", ".yaml", ".yml", ".json", ".txt", ".in", ".map"}
INCLUDE = re.compile(r'^\s*#\s*include\s*([<"])([^>"]+)[>"]')


def is_source(path):
    name = path.rsplit("/", 1)[-1]
    suffix = Path(name).suffix
    return suffix in CPP | SCRIPTS or name in NAMED_SOURCES or name.endswith(".cmake.in")


def is_text(path):
    return is_source(path) or Path(path).suffix in TEXT


def code_only(text):
    """The text with comments and the insides of literals blanked, line by line as it was."""
    def blank(match):
        return re.sub(r"[^\n]", " ", match.group(0))

    return re.sub(
        r'//[^\n]*|/\*.*?\*/|R"(?P<mark>[^\s()\\]*)\(.*?\)(?P=mark)"|"(?:\\.|[^"\\\n])*"'
        r"|(?<![0-9a-fA-F])'(?:\\.|[^'\\\n])+'", blank, text, flags=re.DOTALL)


def check_sizes(path, text):
    lines = text.splitlines()
    limit = FILE_LINES
    if re.fullmatch(r"include/promoflow/[^/]+\.hpp", path):
        limit = HEADER_LINES
    if path == "capi/promoflow.h":  # One header for the whole C ABI by design.
        limit = C_HEADER_LINES
    is_generated = len(lines) > 1 and "Written by generate.py." in lines[1]
    if (is_source(path) or path.endswith(".md")) and len(lines) >= limit and not is_generated:
        yield len(lines), f"{len(lines)} lines; a file like this has fewer than {limit}"
    if is_source(path):
        for number, line in enumerate(lines, 1):
            if len(line) > LINE_COLUMNS:
                yield number, f"{len(line)} columns; at most {LINE_COLUMNS}"


def check_first_line(path, text):
    if not is_source(path):
        return
    lines = text.splitlines() or [""]
    first = 1 if lines[0].startswith("#!") and len(lines) > 1 else 0
    if SPDX not in lines[first]:
        yield first + 1, f"begins with {SPDX}"


def check_ascii(path, text):
    if not is_source(path):
        return
    for number, line in enumerate(text.splitlines(), 1):
        odd = re.search(r"[^\t\x20-\x7e]", line)
        if odd:
            yield number, f"not ASCII: U+{ord(odd.group(0)):04X}"


def check_words(path, text):
    for number, line in enumerate(text.splitlines(), 1):
        if UNFINISHED.search(line):
            yield number, "unfinished: " + UNFINISHED.search(line).group(0)
        for pattern, what in FORBIDDEN:
            if pattern.search(line):
                yield number, f"{what}: {pattern.search(line).group(0)}"


def check_switches(path, text):
    if not re.match(r"(src|include)/", path) or Path(path).suffix not in CPP:
        return
    named = True  # Whether the last case named something; a switch over characters may have one.
    for number, line in enumerate(code_only(text).splitlines(), 1):
        for label in re.finditer(r"\bcase\b\s*([A-Za-z_]?)|\bdefault\s*:(?!:)", line):
            if label.group(0).startswith("case"):
                named = label.group(1) != ""
            elif named:
                yield number, "a switch over an enum has no default"


def place(path):
    """The name in ORDER of a path of the library, the C ABI or a binding; '' when there is none."""
    header = re.fullmatch(r"include/promoflow/(\w+)\.hpp", path)
    if header:
        return SAME_PLACE.get(header.group(1), header.group(1))
    if path.startswith("capi/"):
        component = re.match(r"capi/(?:promoflow_)?(process|engine|argo)(?:/|\.h)", path)
        return f"capi_{component.group(1)}" if component else "capi"
    if re.match(r"bindings/\w+/(?!bench/)", path):
        return "bindings"
    module = re.match(r"src/(\w+)/", path)
    return module.group(1) if module else ""


def included_place(target):
    """The name in ORDER of an include with a folder in it; '' when it is no file of ours."""
    target = re.sub(r"^(?:\.\./)+", "", target)
    if re.fullmatch(r"promoflow/promoflow(?:_process|_engine|_argo)?\.h", target):
        return place("capi/" + target.split("/")[1])
    if target.startswith("promoflow/"):
        return place("include/" + target)
    if re.match(r"(?:src|include|capi|bindings)/", target):
        return place(target)
    return place("src/" + target)


def check_directions(path, text):
    here = place(path)
    if not here or Path(path).suffix not in CPP:
        return
    if here not in ORDER:
        yield 1, f"'{here}' has no place in ORDER of tools/lint.py"
        return
    public = path.startswith("include/")
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if not found or "/" not in found.group(2):
            continue
        target = found.group(2)
        there = included_place(target)
        ours = target.startswith("promoflow/")
        if public and not ours and there in ORDER:
            yield number, f"a public header includes the private {target}"
        elif found.group(1) == "<" and not ours:
            continue
        elif there not in ORDER:
            yield number, f"{target}: '{there}' has no place in ORDER of tools/lint.py"
        elif ORDER.index(there) < ORDER.index(here) or there in APART.get(here, ()):
            yield number, f"{here} includes {target}: the wrong direction"
        elif (here == "bindings" and there != "bindings" and not there.startswith("capi")
              and not ours):
            yield number, f"bindings include {target}: the wrong direction"


def check_libraries(path, text):
    if Path(path).suffix not in CPP:
        return
    for number, line in enumerate(text.splitlines(), 1):
        found = INCLUDE.match(line)
        if not found:
            continue
        target = found.group(2)
        if (re.match(r"bindings/\w+/(?!bench/)", path)
                and re.match(r"promoflow/(?!promoflow(?:_process|_engine|_argo)?\.h$)", target)):
            yield number, f"{target}: bindings include headers of the C ABI only"
        prefix = next((p for p in THIRD_PARTY if target.startswith(p)), None)
        if prefix:
            if not re.fullmatch(THIRD_PARTY[prefix], path):
                yield number, f"{target}: only {THIRD_PARTY[prefix]} may include it"
        elif found.group(1) == "<" and not target.startswith("promoflow/"):
            if re.search(r"[/.]", target) and not POSIX.fullmatch(target):
                yield number, f"{target}: a library that no file may include"


def check_purity(path, text):
    here = place(path)
    pure = path.startswith("include/") or here in PURE
    if not pure or Path(path).suffix not in CPP:
        return
    for number, line in enumerate(code_only(text).splitlines(), 1):
        for pattern, what in IMPURE:
            if path == WITHOUT_EXCEPTIONS and what == "ending the process":
                continue
            if re.search(pattern, line):
                yield number, f"touches {what}: {line.strip()}"


# promoflow::capi, promoflow::cli and the tests' namespaces have no names that two versions share.
UNVERSIONED = re.compile(r"namespace promoflow(?:::detail)?\s*\{")


def check_namespace(path, text):
    """The library's names are in the inline namespace of the version, of which each file knows."""
    if Path(path).suffix not in CPP:
        return
    lines = code_only(text).splitlines()
    for number, line in enumerate(lines, 1):
        if UNVERSIONED.match(line):
            yield number, "write namespace promoflow::inline PROMOFLOW_NAMESPACE"
    opens = re.search(r"^namespace promoflow::inline PROMOFLOW_NAMESPACE", text, re.MULTILINE)
    included = (INCLUDE.match(line) for line in text.splitlines())
    if opens and path != "include/promoflow/version.hpp" and not any(
            found.group(2).endswith(".hpp") and not found.group(2).endswith("/export.hpp")
            for found in included if found):
        yield 1, "uses PROMOFLOW_NAMESPACE: include promoflow/version.hpp"


def check_header(path, text):
    """What is promised of each function of a public header."""
    yield from lint_headers.check(path, text, code_only(text))


def check_markers(path, text):
    if not re.match(r"(src|include|capi)/", path) or Path(path).suffix not in CPP:
        return
    for number, line in enumerate(text.splitlines(), 1):
        if EXCLUDED.search(line):
            yield number, "a coverage marker without a reason: GCOV_EXCL_LINE: why"


def check_paths(path, text, exists):
    """Every path that the documents name exists: links, and `src/...` in backticks."""
    if not path.endswith(".md"):
        return
    folder = path.rsplit("/", 1)[0] + "/" if "/" in path else ""
    is_code = False  # `[x](y)` in code is no link.
    for number, line in enumerate(text.splitlines(), 1):
        is_code = is_code != line.lstrip().startswith("```")
        if is_code:
            continue
        for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", line):
            if not re.match(r"\w+:", target) and not exists(folder + target):
                yield number, f"{target}: there is no such file"
        tops = r"(?:src|include|capi|bindings|docs|tests|examples|cmake|tools)/"
        for target in re.findall(rf"`({tops}[\w./-]+)`", line):
            if not exists(target):
                yield number, f"{target}: there is no such file"


CHECKS = [check_sizes, check_first_line, check_ascii, check_words, check_switches,
          check_directions, check_libraries, check_purity, check_namespace,
          check_header, check_markers]


def check(path, text, exists=lambda target: True):
    """All findings of one file, as (line, message)."""
    findings = [finding for one in CHECKS for finding in one(path, text)]
    return sorted(findings + list(check_paths(path, text, exists)))


def project_files(root):
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard"],
        cwd=root, text=True, check=True, stdout=subprocess.PIPE).stdout
    return sorted(p for p in set(listed.splitlines()) if is_text(p) and (root / p).is_file())


def main():
    root = Path(__file__).resolve().parent.parent
    found = 0
    files = project_files(root)
    for path in files:
        try:
            text = (root / path).read_bytes().decode("utf-8")
        except UnicodeDecodeError:
            if is_source(path):
                print(f"{path}:1: not UTF-8")
                found += 1
            continue
        for line, message in check(path, text, lambda target: (root / target).exists()):
            print(f"{path}:{line}: {message}")
            found += 1
    print(f"lint.py: {len(files)} files, {found} findings")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
