#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Writes the declarations of this crate from capi/promoflow.h.

    generate.py            writes src/constants.rs, src/types.rs, src/functions.rs, tests/layout/
    generate.py --check    writes nothing; ends with 1 if one of them is not what it would write

The header is regular, so a few patterns read it; a declaration that none of them knows is an error.
tests/layout.rs then lets a C compiler say whether what was read is right. Needs rustfmt.
"""

import re
import subprocess
import sys
import textwrap
from pathlib import Path

HERE = Path(__file__).resolve().parent
HEADER = HERE.parents[2] / "capi" / "promoflow.h"
MARK = "// SPDX-License-Identifier: Apache-2.0\n// Written by generate.py from promoflow.h.\n"
NUMBERS = {"int32_t": "i32", "uint32_t": "u32", "int64_t": "i64", "uint64_t": "u64",
           "size_t": "usize", "double": "f64", "char": "c_char", "void": "c_void"}
VALUES = {"UINT32_MAX": "u32::MAX", "INT64_MIN": "i64::MIN"}
CONSTANT_TYPES = {"PROMOFLOW_NO_ENVIRONMENT": "u32", "PROMOFLOW_NO_TIME": "i64"}


def fail(what):
    sys.exit(f"generate.py: cannot read this of {HEADER.name}: {what}")


def without_comments(text):
    return re.sub(r"/\*.*?\*/", "", text, flags=re.DOTALL)


def doc(comment, indent=""):
    """A C comment as Rust documentation: as Markdown it must not be taken for links."""
    text = re.sub(r"^/\*|\*/$", "", comment.strip())
    text = re.sub(r"([\[\]<>*])", r"\\\1", " ".join(text.split()))
    return "".join(f"{indent}/// {line}\n" for line in textwrap.wrap(text, 92))


def rust_type(text):
    text = text.strip()
    pointer = re.fullmatch(r"(const )?(\w+)\s*\*(\*?)", text)
    if pointer:
        inner = NUMBERS.get(pointer.group(2), pointer.group(2))
        once = f"*{'const' if pointer.group(1) else 'mut'} {inner}"
        return f"*mut {once}" if pointer.group(3) else once
    if not re.fullmatch(r"\w+", text):
        fail(text)
    return NUMBERS.get(text, text)


def parameters(text):
    text = " ".join(text.split())
    if text == "void":
        return []
    found = []
    for one in text.split(","):
        parts = re.fullmatch(r"(.*?[\s*])(\w+)", one.strip())
        if not parts:
            fail(one)
        found.append((name_of(parts.group(2)), rust_type(parts.group(1))))
    return found


def name_of(name):
    return "r#" + name if name in ("type", "ref", "where", "match") else name


def signature(result, found):
    arrow = "" if result.strip() == "void" else f" -> {rust_type(result)}"
    return "(" + ", ".join(f"{name}: {kind}" for name, kind in found) + ")" + arrow


def constants(text):
    plain = without_comments(text)
    for body in re.findall(r"\benum \{(.*?)\};", plain, re.DOTALL):
        for entry in filter(None, (part.strip() for part in body.split(","))):
            parts = re.fullmatch(r"(PROMOFLOW_\w+)\s*=\s*(-?\d+)", entry)
            if not parts:
                fail(entry)
            yield parts.group(1), "i32", parts.group(2)
    for name, value in re.findall(r"^#define (PROMOFLOW_\w+) ([\w]+)\s*$", plain, re.MULTILINE):
        if re.fullmatch(r"\d+", value) or value in VALUES:
            yield name, CONSTANT_TYPES.get(name, "u32"), VALUES.get(value, value)


def structs(text):
    """(comment, name, fields); the fields of an opaque one are None."""
    for found in re.finditer(r"typedef struct (\w+) \1;", text):
        yield "", found.group(1), None
    pattern = r"((?:^/\*(?:(?!\*/).)*\*/\s*)?)typedef struct (\w+) \{(.*?)\n\} \2;"
    for found in re.finditer(pattern, text, re.DOTALL | re.MULTILINE):
        yield found.group(1), found.group(2), list(fields(found.group(3)))


def fields(body):
    for entry in filter(None, (part.strip() for part in without_comments(body).split(";"))):
        call = re.fullmatch(r"(.+?)\(\*(\w+)\)\((.*)\)", entry, re.DOTALL)
        if call:
            kind = signature(call.group(1), parameters(call.group(3)))
            yield name_of(call.group(2)), f"Option<unsafe extern \"C\" fn{kind}>"
        else:
            yield parameters(entry)[0]


def functions(text):
    pattern = (r"((?:/\*(?:(?!\*/).)*\*/\n)?)PROMOFLOW_API ([\w\s*]+?)\b(promoflow_\w+)\(([^)]*)\)"
               r"\s*;")
    found = list(re.finditer(pattern, text, re.DOTALL))
    declared = len(re.findall(r"^PROMOFLOW_API ", text, re.MULTILINE))
    if len(found) != declared:
        fail(f"{declared} functions, of which {len(found)} were understood")
    for one in found:
        yield (one.group(1), signature(one.group(2), parameters(one.group(4))), one.group(3))


def write_constants(text):
    lines = [f"pub const {name}: {kind} = {value};\n"
             for name, kind, value in constants(text)]
    return MARK + "//! The numbers of the C ABI.\n\n" + "".join(lines)


def write_types(text):
    out = [MARK, "//! The handles and structs of the C ABI.\n\n",
           "use crate::promoflow_status;\nuse std::ffi::c_void;\n",
           "use std::marker::{PhantomData, PhantomPinned};\nuse std::os::raw::c_char;\n\n"]
    for comment, name, found in structs(text):
        out.append(doc(comment))
        if found is None:
            out.append(f"#[repr(C)]\npub struct {name} {{\n    _opaque: [u8; 0],\n"
                       "    _not_shared: PhantomData<(*mut u8, PhantomPinned)>,\n}\n\n")
            continue
        out.append(f"#[repr(C)]\n#[derive(Clone, Copy)]\npub struct {name} {{\n")
        out += [f"    pub {field}: {kind},\n" for field, kind in found]
        out.append("}\n\n")
        sized = found[0][0] == "struct_size"
        out.append(f"zero_default!({name}{', struct_size' if sized else ''});\n\n")
    return "".join(out)


def write_functions(text):
    out = [MARK, "//! The functions of the C ABI.\n\nuse crate::types::*;\n",
           "use crate::promoflow_status;\nuse std::os::raw::c_char;\n\n",
           "extern \"C\" {\n"]
    for comment, kind, name in functions(text):
        out.append(doc(comment, "    "))
        out.append(f"    pub fn {name}{kind};\n")
    return "".join(out) + "}\n"


def layout(text):
    """The same names once for C and once for Rust; each compiler puts its numbers in."""
    c_lines, rust_lines = [], []
    for name, _, _ in constants(text):
        c_lines.append(f"  NUMBER({name})\n")
        rust_lines.append(f"    number!(out, {name});\n")
    for _, name, found in structs(text):
        if found is None:
            continue
        plain = [field.replace("r#", "") for field, _ in found]
        c_lines.append(f"  SIZE({name})\n" + "".join(f"  PLACE({name}, {f})\n" for f in plain))
        rust_lines.append(f"    size!(out, {name});\n"
                          + "".join(f"    place!(out, {name}, {f});\n" for f, _ in found))
    for _, _, name in functions(text):
        rust_lines.append(f"    function!(out, {name});\n")
    return ("/* SPDX-License-Identifier: Apache-2.0 */\n/* Written by generate.py. */\n"
            "/* clang-format off */\n"
            + "".join(c_lines),
            MARK + "use super::*;\n\npub fn write(out: &mut String) {\n"
            + "".join(rust_lines) + "}\n")


def formatted(text):
    return subprocess.run(["rustfmt", "--edition", "2021", "--config-path", HERE.parent],
                          input=text, text=True, check=True, stdout=subprocess.PIPE).stdout


def main():
    text = HEADER.read_text(encoding="utf-8")
    in_c, in_rust = layout(text)
    files = {"src/constants.rs": formatted(write_constants(text)),
             "src/types.rs": formatted(write_types(text)),
             "src/functions.rs": formatted(write_functions(text)),
             "tests/layout/names.h": in_c, "tests/layout/names.rs": formatted(in_rust)}
    status = 0
    for name, wanted in files.items():
        path = HERE / name
        if "--check" in sys.argv[1:]:
            if not path.exists() or path.read_text(encoding="utf-8") != wanted:
                print(f"{path}: not what the header says; call bindings/rust/promoflow-sys/"
                      "generate.py", file=sys.stderr)
                status = 1
        else:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(wanted, encoding="utf-8")
    sys.exit(status)


if __name__ == "__main__":
    main()
