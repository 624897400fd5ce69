# SPDX-License-Identifier: Apache-2.0
"""What the public headers of C++ promise of every function: what it answers cannot be dropped
unnoticed, what is borrowed is marked, and what throws says so. Part of tools/lint.py."""

import re
from collections import namedtuple

# One function. `result` is its type without attributes and specifiers, empty of constructors and
# destructors; `scope` the class that it is declared in, or empty; `said` its comment, and that of
# its class.
Function = namedtuple("Function", "line name result text scope said")

WORDS = re.compile(r"\[\[.*?\]\]|\btemplate\s*<[^>]*>|\b(?:virtual|static|inline|explicit|constexpr"
                   r"|friend|PROMOFLOW_API|PROMOFLOW_LIFETIMEBOUND)\b")
NAME = re.compile(r"(?P<before>(?:.*[\s&*>\]])?)(?P<name>~?\w+|operator\s*[^\w\s]+)\s*$", re.DOTALL)
CLASS = re.compile(r"(?:template\s*<[^>]*>\s*)?(?P<kind>class|struct)\s+(?:PROMOFLOW_API\s+)?"
                   r"(?P<name>[\w:]+)")
ACCESS = re.compile(r"\s*(public|protected|private)\s*:(?!:)")


def statements(code):
    """(offset, text, what ends it) of all that ends with one of ; { } outside of parentheses."""
    depth, begin = 0, 0
    for match in re.finditer(r"[(){};]", code):
        mark = match.group(0)
        depth += {"(": 1, ")": -1}.get(mark, 0)
        if depth == 0 and mark in "{};":
            yield begin, code[begin:match.start()], mark
            begin = match.end()


def comment_above(lines, number):
    """The comment that ends on the line before this one (from 1), and the one beside it."""
    first = number - 1
    while first > 0 and lines[first - 1].lstrip().startswith("//"):
        first -= 1
    return " ".join(lines[first:number])


def function_of(text):
    """(name, result) if this declares a function."""
    head, parenthesis, _ = text.replace("operator()(", "operator_call(").partition("(")
    found = NAME.match(head)
    if not parenthesis or not found or head.count("<") - head.count("->") > head.count(">"):
        return None
    if re.match(r"\s*(?:using|return|static_assert|if|while|for|switch|case|namespace)\b", text):
        return None
    result = " ".join(WORDS.sub(" ", found.group("before")).split())
    return None if "=" in result else (found.group("name"), result)


def functions(text, code):
    """All functions of a header that others can call; `code` is the text without comments."""
    lines = text.splitlines()
    code = re.sub(r"^[ \t]*#(?:[^\n]*\\\n)*[^\n]*", lambda m: re.sub(r"[^\n]", " ", m.group(0)),
                  code, flags=re.MULTILINE)
    scopes = []  # Of each brace that is open: its class, whether what comes is public, a comment.
    for offset, statement, end in statements(code):
        while True:
            access = ACCESS.match(statement)
            if not access:
                break
            scopes[-1] = (scopes[-1][0], access.group(1) == "public", scopes[-1][2])
            offset, statement = offset + access.end(), statement[access.end():]
        offset += len(statement) - len(statement.lstrip())
        line = code.count("\n", 0, offset) + 1
        of_class = CLASS.match(statement.strip())
        scope, is_public, said = scopes[-1] if scopes else ("", True, "")
        found = None if scope is None else function_of(statement)
        if end == "{":
            if of_class:
                name = of_class.group("name").rsplit("::", 1)[-1]
                scopes.append((name, is_public and of_class.group("kind") == "struct",
                               comment_above(lines, line)))
                if not is_public:
                    scopes[-1] = (None, False, "")
            elif re.match(r"\s*(?:inline\s+)?namespace\b", statement):
                scopes.append(("", "detail" not in statement, ""))
            else:  # The body of a function, an enum, an initial value.
                scopes.append((None, False, ""))
        if found and not found[1] and found[0].lstrip("~") != scope:
            found = None  # A call, or a macro.
        if found and is_public:
            yield Function(line, *found, statement.strip(), scope,
                           f"{comment_above(lines, line)} {said}")
        if end == "}" and scopes:
            scopes.pop()


def is_settled_by_language(function):
    """What has no body of its own, and what ends an object."""
    return (re.search(r"=\s*(?:default|delete)\s*$", function.text)
            or function.name.startswith("~"))


ANSWER = re.compile(r"(?:Result|std::optional)<")


def check_nodiscard(function):
    """A refusal must be looked at, and a command that was taken must be carried out. Who calls an
    interface wants to know what it answers."""
    is_interface = re.search(r"\b(?:virtual|override)\b", function.text)
    has_value = function.result not in ("", "void")
    if ((ANSWER.match(function.result) or (is_interface and has_value))
            and "[[nodiscard]]" not in function.text):
        yield "what it answers must not be dropped: [[nodiscard]]"


# Views: what they refer to is not theirs, and outlives them.
VIEWS = {"Context", "Arguments"}
BORROWED = re.compile(r"[&*]$|\bstd::(?:string_view|span)\b|Iterator\b|\b(?:Context|Command|Record"
                      r"|RunHook|EnvironmentState|ContextConflict|RejectedExport|KeyShadowed"
                      r"|OutstandingCommand|ContextUse)\b")


def check_borrowed(function):
    """A compiler that knows the mark complains of what is borrowed of a temporary object."""
    if (not function.scope or function.scope in VIEWS | {function.result}
            or re.match(r"static\b|friend\b", function.text)
            or re.fullmatch(r"operator\s*(?:[-+*/]?=|\+\+|--)", function.name)
            or not BORROWED.search(function.result) or "Static storage" in function.said):
        return
    if "PROMOFLOW_LIFETIMEBOUND" not in function.text:
        yield "what it answers is borrowed: PROMOFLOW_LIFETIMEBOUND, or say `Static storage`"


def check_throws(function):
    """Errors are values. What may throw std::bad_alloc nevertheless says so."""
    if (re.search(r"\bnoexcept\b", function.text) or is_settled_by_language(function)
            or re.search(r"\bthrow", function.said)):
        return
    yield "noexcept, or say `May throw std::bad_alloc` in its comment or in that of its class"


CHECKS = [check_nodiscard, check_borrowed, check_throws]


def check(path, text, code):
    """All findings of a public header, as (line, message)."""
    if re.fullmatch(r"include/promoflow/\w+\.hpp", path):
        for function in functions(text, code):
            for one in CHECKS:
                for message in one(function):
                    yield function.line, f"{function.name}: {message}"
