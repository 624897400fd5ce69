# SPDX-License-Identifier: Apache-2.0
"""Where a C++ source can be changed, and the source with all of these changes in it.

Reads the syntax tree with libclang. Each Point is one mutant: texts that are inserted before and
behind a part of the source, so that points compose however they are nested. `@` in such a text
is the mutant's number; tests/prove/mutant.hpp has the functions that they call.

Tables are made by the compiler; so that their rows can have mutants they lose their `constexpr`, in
namespaces with the functions beside them and what is asserted of them.
"""

import re
import sys
from dataclasses import dataclass, field

sys.path.append("/usr/lib/python3/dist-packages")  # For an interpreter beside Debian's own.
from clang.cindex import CursorKind, Index, TypeKind  # noqa: E402

HEADER = "mutant.hpp"
HELPERS = {"<": "less", "<=": "less_equal", ">": "greater", ">=": "greater_equal",
           "+": "plus", "-": "minus", "+=": "add", "-=": "subtract"}
BECOMES = {"<": "<=", "<=": "<", ">": ">=", ">=": ">", "==": "!=", "!=": "==", "+": "-", "-": "+",
           "+=": "-=", "-=": "+=", "++": "--", "--": "++"}
NUMBER = re.compile(r"(?:0[xX][0-9a-fA-F']+|[0-9][0-9']*)[uUlLzZ]*|[0-9][0-9']*\.[0-9']*")
ONLY_QUICKER = re.compile(r"[\w.>\[\]-]+(?:\.|->)(?:reserve|shrink_to_fit)\(")

NUMBERS = {TypeKind.SHORT, TypeKind.USHORT, TypeKind.INT, TypeKind.UINT, TypeKind.LONG,
           TypeKind.ULONG, TypeKind.LONGLONG, TypeKind.ULONGLONG, TypeKind.UCHAR, TypeKind.SCHAR,
           TypeKind.DOUBLE, TypeKind.FLOAT}
FUNCTIONS = {CursorKind.FUNCTION_DECL, CursorKind.CXX_METHOD, CursorKind.CONSTRUCTOR,
             CursorKind.DESTRUCTOR, CursorKind.CONVERSION_FUNCTION, CursorKind.FUNCTION_TEMPLATE}
CONSTANT = {CursorKind.STATIC_ASSERT, CursorKind.ENUM_DECL, CursorKind.TYPEDEF_DECL,
            CursorKind.TYPE_ALIAS_DECL, CursorKind.TEMPLATE_NON_TYPE_PARAMETER,
            CursorKind.TYPE_REF, CursorKind.TEMPLATE_REF}
BRANCHES = {CursorKind.IF_STMT: "(;", CursorKind.WHILE_STMT: "(", CursorKind.FOR_STMT: ";",
            CursorKind.DO_STMT: "("}
HOLDERS = {CursorKind.COMPOUND_STMT, CursorKind.CXX_FOR_RANGE_STMT, CursorKind.LABEL_STMT}


@dataclass
class Point:
    path: str
    start: int
    end: int
    kind: str
    before: str
    behind: str
    function: str = ""
    line: str = ""
    replaced: tuple = ()  # (start, end, text): an operator between two operands.
    number: int = 0
    order: int = field(default=0, compare=False)  # An outer one has the lower.

    @property
    def key(self):
        return self.path, self.function, self.kind, self.line


class Reader:
    """Walks through the part of a syntax tree that is in one file."""

    def __init__(self, path, file, text):
        self.path, self.file, self.text = path, file, text
        self.points, self.function = {}, ""
        self.rewrites, self.beside = [], []  # (start, end, text); beside: if there is a table.
        self.in_table = self.has_tables = False

    # --- positions -------------------------------------------------------------------------------

    def span(self, cursor):
        """(start, end) of what is spelled out in this file; None: elsewhere, or by a macro."""
        extent = cursor.extent
        start, end = extent.start, extent.end
        if start.file is None or start.file.name != self.file or end.file is None \
                or end.file.name != self.file or start.offset >= end.offset:
            return None
        return start.offset, end.offset

    def behind(self, offset):
        rest = self.text[offset:offset + 200].lstrip()
        return rest[:1]

    def before(self, offset):
        return self.text[max(0, offset - 200):offset].rstrip()[-1:]

    def sides(self, cursor):
        """The operands of an expression `a op b`, and the position of the operator."""
        whole = self.span(cursor)
        spans = [(child, self.span(child)) for child in cursor.get_children()]
        left = [(c, s) for c, s in spans if s and s[0] == whole[0] and s != whole]
        right = [(c, s) for c, s in spans if s and s[1] == whole[1] and s != whole]
        if not left or not right or left[0][1][1] > right[-1][1][0]:
            return None
        between = self.text[left[0][1][1]:right[-1][1][0]]
        operator = between.strip()
        at = left[0][1][1] + between.find(operator)
        return left[0], right[-1], operator, (at, at + len(operator))

    # --- what is noted ---------------------------------------------------------------------------

    def add(self, span, kind, before, behind, replaced=()):
        key = (*span, kind, replaced)
        if key in self.points:
            return
        begin = self.text.rfind("\n", 0, span[0]) + 1
        end = self.text.find("\n", span[0])
        line = re.sub(r"\s+", " ", self.text[begin:end].split("//")[0]).strip()
        if self.in_table:
            before, behind = (part.replace("::mut(", "::mut_at_start(")
                              for part in (before, behind))
        self.points[key] = Point(self.path, *span, re.sub(r"\s+", " ", kind), before, behind,
                                 self.function, line, replaced, order=len(self.points))

    def negate(self, span):
        self.add(span, "negate", "(::mut(@) != static_cast<bool>(", "))")

    def drop(self, child):
        """A statement that is an expression."""
        span = self.span(child)
        text = self.text[span[0]:span[1]] if span else ""
        if span and self.behind(span[1]) == ";" and not ONLY_QUICKER.match(text) \
                and not text.startswith(("throw", "co_")):
            self.add(span, "drop", "(::mut(@) ? (void)0 : (void)(", "))")

    def swap(self, cursor, sides):
        """`a < b` and its like."""
        operator, where = sides[2], sides[3]
        what = f"{operator} -> {BECOMES[operator]}"
        if operator in ("==", "!="):
            self.add(self.span(cursor), what, "(::mut(@) != static_cast<bool>(", "))")
        else:
            self.add(self.span(cursor), what, f"::promoflow_mutants::{HELPERS[operator]}(@, ", ")",
                     (*where, ","))

    # --- the walk --------------------------------------------------------------------------------

    def visit(self, cursor, negated=False):
        """`negated`: there is a mutant already that has the opposite of this."""
        span = self.span(cursor)
        kind = cursor.kind
        if kind == CursorKind.STATIC_ASSERT and span:
            self.beside.append((*span, ""))
        if kind in CONSTANT or (span is None and kind.is_declaration()):
            return
        if span is None:
            self.all_of(cursor)
        elif kind in FUNCTIONS:
            self.function_of(cursor)
        elif kind in (CursorKind.VAR_DECL, CursorKind.FIELD_DECL, CursorKind.PARM_DECL):
            self.variable(cursor, span)
        elif kind in BRANCHES or kind == CursorKind.CONDITIONAL_OPERATOR:
            self.branch(cursor, span)
        elif kind == CursorKind.CASE_STMT:
            self.statement(list(cursor.get_children())[-1])
        elif kind in HOLDERS:
            for child in cursor.get_children():
                self.statement(child)
        elif kind == CursorKind.RETURN_STMT:
            self.returned(cursor)
        elif kind in (CursorKind.BINARY_OPERATOR, CursorKind.CALL_EXPR,
                      CursorKind.COMPOUND_ASSIGNMENT_OPERATOR):
            self.binary(cursor, negated)
        elif kind == CursorKind.UNARY_OPERATOR:
            self.unary(cursor, span, negated)
        elif kind in (CursorKind.UNEXPOSED_EXPR, CursorKind.PAREN_EXPR):
            self.all_of(cursor, negated)
        elif kind == CursorKind.CXX_BOOL_LITERAL_EXPR:
            if not negated:
                word = self.text[span[0]:span[1]]
                self.add(span, word + (" -> false" if word == "true" else " -> true"),
                         "(::mut(@) != ", ")")
        elif kind in (CursorKind.INTEGER_LITERAL, CursorKind.FLOATING_LITERAL):
            self.number(span)
        elif kind == CursorKind.DECL_REF_EXPR:
            self.enumerator(cursor, span)
        elif kind == CursorKind.MEMBER_REF_EXPR:  # Not its template arguments.
            for child in cursor.get_children():
                there = self.span(child)
                if there and there[1] <= cursor.location.offset:
                    self.visit(child)
        else:
            self.all_of(cursor)

    def all_of(self, cursor, negated=False):
        for child in cursor.get_children():
            self.visit(child, negated)

    def function_of(self, cursor):
        outer = self.function
        self.function = self.function if outer else cursor.spelling
        start = self.span(cursor)[0]
        if re.match(r"constexpr\b", self.text[start:]):
            self.beside.append((start, start + len("constexpr"), "inline"))
        for child in cursor.get_children():
            there = self.span(child)
            if there and there[0] > cursor.location.offset:
                self.visit(child)
        self.function = outer

    def variable(self, cursor, span):
        name = cursor.location.offset
        constant = re.search(r"\bconstexpr\b", self.text[span[0]:name])
        kind = cursor.type.get_canonical()
        if constant and kind.kind != TypeKind.CONSTANTARRAY \
                and not re.match(r"const std::array<", kind.spelling):
            return
        outer, had = self.function, len(self.points)
        self.function, self.in_table = outer or cursor.spelling, bool(constant)
        for child in cursor.get_children():
            there = self.span(child)
            if there and there[0] >= name and (self.before(there[0]) in "={(,"
                                               or there[0] == name):
                self.visit(child)
        self.function, self.in_table = outer, False
        if constant and len(self.points) > had:
            at = span[0] + constant.start()
            self.rewrites.append((at, at + len("constexpr"), "const"))
            self.has_tables = self.has_tables or not outer

    def branch(self, cursor, span):
        opening = BRANCHES.get(cursor.kind)
        constant = re.match(r"if\s+constexpr\b", self.text[span[0]:span[0] + 20])
        for place, child in enumerate(cursor.get_children()):
            there = self.span(child)
            if there is None:
                self.visit(child)
                continue
            if opening is None:
                is_condition = place == 0
            else:
                closing = ";" if cursor.kind == CursorKind.FOR_STMT else ")"
                is_condition = (child.kind.is_expression()
                                and self.before(there[0]) in opening
                                and self.behind(there[1]) == closing)
            if is_condition:
                if not constant:
                    self.negate(there)
                    self.visit(child, negated=True)
            elif opening is None or (cursor.kind == CursorKind.FOR_STMT
                                     and child.kind.is_expression()):
                self.visit(child)
            else:
                self.statement(child)

    def statement(self, child):
        if child.kind.is_expression():
            self.drop(child)
        self.visit(child)

    def returned(self, cursor):
        for child in cursor.get_children():
            there = self.span(child)
            is_bool = there and child.type.get_canonical().kind == TypeKind.BOOL
            if is_bool:
                self.negate(there)
            self.visit(child, negated=bool(is_bool))

    def binary(self, cursor, negated):
        if ONLY_QUICKER.match(self.text, self.span(cursor)[0]):
            return
        sides = self.sides(cursor)
        operator = sides[2] if sides else ""
        if operator in ("&&", "||"):
            self.logical(sides)
            return
        if operator in ("==", "!=") and not negated:
            self.swap(cursor, sides)
        elif operator in ("<", "<=", ">", ">="):
            self.swap(cursor, sides)
        elif operator in ("+", "-", "+=", "-=") and cursor.kind != CursorKind.CALL_EXPR \
                and {sides[0][0].type.get_canonical().kind,
                     sides[1][0].type.get_canonical().kind} <= NUMBERS \
                and self.text[slice(*sides[1][1])] != "1":
            self.swap(cursor, sides)
        self.all_of(cursor)

    def logical(self, sides):
        operator = sides[2]
        for child, there in sides[:2]:
            inner = self.logical_below(child)
            if inner != operator:
                text = "(::mut(@) || " if operator == "&&" else "(!::mut(@) && "
                self.add(there, f"drop {self.text[slice(*there)]}",
                         text + "static_cast<bool>(", "))")
            self.visit(child)

    def logical_below(self, cursor):
        """The operator of an operand that is `a && b` or `a || b` without parentheses."""
        while cursor.kind == CursorKind.UNEXPOSED_EXPR:
            children = list(cursor.get_children())
            if len(children) != 1:
                return ""
            cursor = children[0]
        sides = self.sides(cursor) if cursor.kind == CursorKind.BINARY_OPERATOR else None
        return sides[2] if sides and sides[2] in ("&&", "||") else ""

    def unary(self, cursor, span, negated):
        text = self.text[slice(*span)]
        if re.match(r"!(?!=)", text) and not negated and cursor.type.get_canonical().kind \
                == TypeKind.BOOL:
            self.add(span, "drop !", "(::mut(@) != static_cast<bool>(", "))")
        elif text[:2] in ("++", "--"):
            self.add(span, f"{text[:2]} -> {BECOMES[text[:2]]}", "", ")",
                     (span[0], span[0] + 2, "::promoflow_mutants::"
                      + ("up" if text[0] == "+" else "down") + "(@, "))
        self.all_of(cursor)

    def number(self, span):
        text = self.text[slice(*span)]
        if not NUMBER.fullmatch(text) or self.text[span[1]:span[1] + 1].isalnum():
            return
        ahead = self.text[max(0, span[0] - 80):span[0]]
        if text.rstrip("uUlLzZ") == "1" and \
                re.search(r"(?<!return)(?<=[\w)\]])\s*[-+]\s*$", ahead):
            sign = ahead.rstrip()[-1]
            self.add(span, f"{sign} 1 -> nothing", "(", " - ::mut(@))")
        else:
            self.add(span, f"{text} -> one more", "(", " + ::mut(@))")

    def enumerator(self, cursor, span):
        meant = cursor.referenced
        if meant is None or meant.kind != CursorKind.ENUM_CONSTANT_DECL:
            return
        every = [c for c in meant.semantic_parent.get_children()
                 if c.kind == CursorKind.ENUM_CONSTANT_DECL]
        place = [c.spelling for c in every].index(meant.spelling)
        others = [c.spelling for c in every[place + 1:] + every[:place]
                  if c.enum_value != meant.enum_value]
        text = self.text[slice(*span)]
        if others and text.endswith(meant.spelling):
            other = text[:len(text) - len(meant.spelling)] + others[0]
            self.add(span, f"{meant.spelling} -> {others[0]}", f"(::mut(@) ? {other} : ", ")")


# --- all files -----------------------------------------------------------------------------------


def flags_of(command):
    """What libclang needs of a compiler's command line."""
    words = command.split()
    while words and not words[0].startswith("-"):
        words.pop(0)
    kept, skip = [], False
    for word in words:
        if skip:
            skip = False
        elif word in ("-o", "-c", "-MF", "-MT"):
            skip = True
        elif not word.startswith(("-W", "-M", "-f", "-g")):
            kept.append(word)
    return kept + ["-w"]


def points_of(root, entries, wanted):
    """Of the files below `root` of which `wanted` says so, by path: their points, each with a
    number; what else is rewritten in them."""
    index, found, rewrites = Index.create(), {}, {}
    for entry in entries:
        tree = index.parse(entry["file"], args=flags_of(entry["command"]))
        errors = [d for d in tree.diagnostics if d.severity >= 3]
        if errors:
            sys.exit(f"schemata.py: {entry['file']}: {errors[0].spelling}")
        readers = {}
        for cursor in tree.cursor.get_children():
            file = cursor.location.file
            path = file.name[len(str(root)) + 1:] if file else ""
            if file is None or not file.name.startswith(str(root)) or not wanted(path) \
                    or path in found:
                continue
            if path not in readers:
                with open(file.name, encoding="ascii") as source:
                    readers[path] = Reader(path, file.name, source.read())
            readers[path].visit(cursor)
        for path, reader in readers.items():
            found[path] = sorted(reader.points.values(), key=lambda p: (p.start, p.order))
            rewrites[path] = reader.rewrites + (reader.beside if reader.has_tables else [])
    number = 0
    for path in sorted(found):
        number += -number % 64  # So that a change of one file seldom rewrites the others.
        names = {}
        for point in found[path]:
            number += 1
            point.number = number
            names[point.key] = names.get(point.key, 0) + 1
            if names[point.key] > 1:
                point.kind += f" #{names[point.key]}"
    return found, rewrites


def instrument(path, text, points, rewrites):
    """The source with all its mutants in it."""
    # (offset, what: suffix, replaced or prefix, rewritten; order within; end; text)
    edits = [(start, 2, 0, end, instead) for start, end, instead in rewrites]
    for point in points:
        number = str(point.number)
        edits.append((point.end, 0, -point.order, point.end, point.behind.replace("@", number)))
        if point.before:
            edits.append((point.start, 1, point.order, point.start,
                          point.before.replace("@", number)))
        if point.replaced:
            start, end, instead = point.replaced
            edits.append((start, 1, point.order, end, instead.replace("@", number)))
    out, at = [f'#include "{"../" * path.count("/")}{HEADER}"\n'], 0
    for start, _, _, end, instead in sorted(edits):
        out += [text[at:start], instead]
        at = max(at, end)
    return "".join(out) + text[at:]
