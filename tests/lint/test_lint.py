# SPDX-License-Identifier: Apache-2.0
"""Each check of tools/lint.py lets good text pass and stops bad text."""

import importlib.util
import unittest
from pathlib import Path

TOOL = Path(__file__).resolve().parents[2] / "tools" / "lint.py"
spec = importlib.util.spec_from_file_location("lint", TOOL)
lint = importlib.util.module_from_spec(spec)
spec.loader.exec_module(lint)

SPDX = "// " + lint.SPDX + "\n"


class Lint(unittest.TestCase):
    def passes(self, path, text, **more):
        self.assertEqual(lint.check(path, text, **more), [])

    def fails(self, path, text, message, line=None, **more):
        found = lint.check(path, text, **more)
        self.assertEqual(len(found), 1, found)
        self.assertIn(message, found[0][1])
        if line is not None:
            self.assertEqual(found[0][0], line)

    def test_a_file_has_fewer_than_500_lines(self):
        self.passes("src/flow/a.cpp", SPDX + "\n" * 498)
        self.fails("src/flow/a.cpp", SPDX + "\n" * 499, "500 lines")
        self.fails("docs/a.md", "\n" * 500, "500 lines")

    def test_a_public_header_has_fewer_than_250_lines(self):
        self.passes("include/promoflow/flow.hpp", SPDX + "\n" * 248)
        self.fails("include/promoflow/flow.hpp", SPDX + "\n" * 249, "250 lines")
        self.passes("src/flow/flow.hpp", SPDX + "\n" * 249)

    def test_a_line_has_at_most_100_columns(self):
        self.passes("src/flow/a.cpp", SPDX + "x" * 100)
        self.fails("src/flow/a.cpp", SPDX + "x" * 101, "101 columns", line=2)
        self.passes("docs/a.md", "x" * 101)

    def test_the_licence_stands_first(self):
        self.passes("tools/a.py", "#!/usr/bin/env python3\n# " + lint.SPDX + "\n")
        self.fails("tools/a.py", "#!/usr/bin/env python3\n", "begins with")
        self.fails("src/flow/a.cpp", "\n" + SPDX, "begins with")
        self.fails("CMakeLists.txt", "project(x)\n", "begins with")
        self.passes("tests/conformance/a/flow.yaml", "kind: x\n")

    def test_sources_are_ascii(self):
        self.fails("tests/unit/a.cpp", SPDX + "\u00e9\n", "U+00E9", line=2)
        self.fails("tools/a.py", "# " + lint.SPDX + "\n# \u2014\n", "U+2014")
        self.fails("src/flow/a.cpp", SPDX + "\x01", "U+0001")
        self.passes("tests/unit/a.cpp", SPDX + "auto e = \"\\xc3\\xa9\";\n")
        self.passes("tests/conformance/a/flow.yaml", "name: \u00e9\n")

    def test_nothing_is_left_unfinished(self):
        for word in ("TO" "DO", "FIX" "ME"):
            self.fails("src/flow/a.cpp", SPDX + "// " + word + ": later\n", "unfinished")
            self.fails("README.md", word + "\n", "unfinished")

    def test_the_text_speaks_of_no_machine_and_no_issue(self):
        self.fails("README.md", "see /wo" "rk/main\n", "a path of one machine")
        self.fails("src/flow/a.cpp", SPDX + "// /ro" "ot/x\n", "a path of one machine")
        self.fails("README.md", "as issue" " #2 says\n", "talk of an issue")
        self.fails("tests/unit/a.cpp", SPDX + "// see SPEC" ".md\n", "not in the project")
        self.fails("CMakeLists.txt", "# " + lint.SPDX + "\nset(X ../sha" "red)\n", "not in the")
        self.passes("README.md", "the network/root/workload at https://x/work\n")

    def test_a_switch_has_no_default(self):
        self.fails("src/flow/a.cpp", SPDX + "switch (s) {\ndefault: f();\n}\n", "default", 3)
        self.fails("include/promoflow/flow.hpp", SPDX + "case A: f(); default :\n", "default")
        self.passes("src/flow/a.cpp", SPDX + "// default: none\nA() = default;\n")
        self.passes("src/flow/a.cpp", SPDX + "f(\"default: 1\");\n")
        self.passes("src/flow/a.cpp", SPDX + "case A: f();\ncase 'n': g();\ndefault: h();\n")
        self.passes("tests/unit/a.cpp", SPDX + "default: break;\n")

    def test_includes_point_to_the_right(self):
        self.passes("src/manifest/a.cpp", SPDX + '#include "flow/graph.hpp"\n')
        self.fails("src/flow/a.cpp", SPDX + '#include "manifest/check.hpp"\n', "wrong", 2)
        self.fails("src/flow/a.cpp", SPDX + "#include <promoflow/release.hpp>\n", "wrong")
        self.fails("src/flow/a.cpp", SPDX + '#include "promoflow/release.hpp"\n', "wrong direction")
        self.passes("src/release/a.cpp", SPDX + '#include "promoflow/record.hpp"\n')
        self.fails("include/promoflow/context.hpp", SPDX + '#include "promoflow/arguments.hpp"\n',
                   "wrong direction")
        self.fails("src/render/a.cpp", SPDX + '#include "cli/options.hpp"\n', "wrong direction")
        self.fails("src/render/a.cpp", SPDX + '#include "promoflow/promoflow.hpp"\n', "wrong")

    def test_the_c_abi_includes_neither_the_program_nor_the_process_executor(self):
        self.passes("capi/a.cpp", SPDX + '#include "promoflow/promoflow.hpp"\n'
                    '#include "capi.hpp"\n#include "base/utf8.hpp"\n')
        self.fails("capi/a.cpp", SPDX + '#include "cli/cli.hpp"\n', "wrong direction", 2)
        self.fails("capi/a.cpp", SPDX + '#include "process/pool.hpp"\n', "wrong direction")
        self.passes("capi/process/a.cpp", SPDX + '#include "process/pool.hpp"\n')
        self.fails("capi/process/a.cpp", SPDX + '#include "cli/cli.hpp"\n', "wrong direction")
        self.fails("src/process/a.cpp", SPDX + '#include "../capi/structs.hpp"\n', "wrong")
        self.fails("src/release/a.cpp", SPDX + "#include <promoflow/promoflow.h>\n", "wrong")

    def test_the_base_modules_include_nothing_above_them(self):
        self.passes("src/diagnostics/a.cpp", SPDX + '#include "base/utf8.hpp"\n')
        self.passes("src/document/a.cpp", SPDX + '#include "diagnostics/diagnostic_text.hpp"\n')
        self.fails("src/base/a.cpp", SPDX + '#include "diagnostics/a.hpp"\n', "wrong direction", 2)
        self.fails("src/diagnostics/a.cpp", SPDX + '#include "document/tree.hpp"\n', "wrong")

    def test_a_coverage_marker_has_a_reason(self):
        self.passes("src/flow/a.cpp", SPDX + "f();  // GCOV_EXCL_LINE: never called twice.\n"
                    "// GCOV_EXCL_BR_START: a hash would collide.\n// GCOV_EXCL_BR_STOP\n")
        self.fails("src/flow/a.cpp", SPDX + "f();  // GCOV_EXCL_LINE\n", "without a reason", 2)
        self.fails("src/flow/a.cpp", SPDX + "// GCOV_EXCL_BR_START\n", "without a reason", 2)

    def test_a_public_header_includes_nothing_private(self):
        self.fails("include/promoflow/flow.hpp", SPDX + '#include "flow/graph.hpp"\n', "private")

    def test_a_module_without_a_place_is_found(self):
        self.fails("src/attic/a.cpp", SPDX, "has no place")
        self.fails("include/promoflow/attic.hpp", SPDX, "has no place")
        self.fails("src/flow/a.cpp", SPDX + '#include "attic/a.hpp"\n', "has no place")

    def test_each_library_has_its_place(self):
        allowed = {
            "tl/expected.hpp": "include/promoflow/result.hpp",
            "nlohmann/json.hpp": "src/document/json.cpp",
            "fmt/format.h": "src/release/a.cpp",
            "boost/graph/graph_traits.hpp": "src/flow/a.cpp",
            "yaml.h": "src/document/yaml.cpp",
            "CLI/CLI.hpp": "src/cli/main.cpp",
            "catch2/catch.hpp": "tests/unit/catch.hpp",
            "rapidcheck.h": "tests/unit/a.cpp",
        }
        for library, path in allowed.items():
            line = f"#include <{library}>\n"
            self.passes(path, SPDX + line)
            self.fails("include/promoflow/flow.hpp", SPDX + line, "may include it", 2)
            self.fails("examples/01-a/main.cpp", SPDX + line, "may include it")
        self.fails("src/flow/a.cpp", SPDX + "#include <yaml-cpp/yaml.h>\n",
                   "only tests/bench/.* may include")

    def test_bindings_include_the_c_abi_only(self):
        path = "bindings/python/core/core.hpp"
        self.passes(path, SPDX + "#include <Python.h>\n#include <promoflow/promoflow.h>\n")
        self.fails(path, SPDX + "#include <promoflow/flow.hpp>\n", "headers of the C ABI only")
        self.fails(path, SPDX + '#include "flow/graph.hpp"\n', "wrong direction", 2)
        self.fails(path, SPDX + '#include "../../../src/flow/graph.hpp"\n', "wrong direction")
        self.fails("src/cli/a.cpp", SPDX + "#include <Python.h>\n", "may include it")
        self.passes("src/cli/a.cpp", SPDX + "#include <sys/stat.h>\n#include <unistd.h>\n")

    def test_the_pure_modules_use_nothing_outside(self):
        impure = ["auto t = std::chrono::steady_clock::now();", "#include <thread>",
                  "#include <random>", "#include <fstream>", "getenv(\"HOME\");",
                  "#include <iostream>", "std::cout << 1;", "printf(\"x\");", "std::abort();",
                  "exit(1);", "std::setlocale(0, \"\");", "#include <filesystem>"]
        for line in impure:
            self.fails("src/release/a.cpp", SPDX + line + "\n", "touches", 2)
            self.fails("include/promoflow/flow.hpp", SPDX + line + "\n", "touches")
            self.passes("src/cli/a.cpp", SPDX + line + "\n")
        self.passes("src/release/a.cpp", SPDX + "// never calls abort()\npolicy.abort();\n")
        self.passes("src/release/a.cpp", SPDX + "s.imbue(std::locale::classic());\n")
        self.passes("src/release/a.cpp", SPDX + "f(\"exit(1)\");\n")

    def test_the_namespace_is_that_of_the_version(self):
        """[H28] A name outside of it would be shared by two versions in one program."""
        include = '#include "promoflow/version.hpp"\n'
        opened = "namespace promoflow::inline PROMOFLOW_NAMESPACE"
        self.passes("src/base/a.hpp", SPDX + include + f"{opened}::detail {{\n")
        self.fails("src/base/a.hpp", SPDX + include + "namespace promoflow {\n", "inline", 3)
        self.fails("src/base/a.hpp", SPDX + include + "namespace promoflow::detail {\n", "inline")
        self.passes("src/cli/a.cpp", SPDX + "namespace promoflow::cli {\n")
        self.fails("src/base/a.hpp", SPDX + f"{opened} {{\n", "include promoflow/version.hpp")
        self.fails("src/base/a.hpp", SPDX + f'#include "promoflow/export.hpp"\n{opened} {{\n',
                   "include promoflow/version.hpp")

    def test_answers_are_nodiscard(self):
        """[H29] All functions that return a Result or an optional, and all of an interface."""
        path, include = "include/promoflow/flow.hpp", '#include "promoflow/result.hpp"\n'
        for line in ("Result<void> apply(const Event& event) noexcept;",
                     "  static Result<std::vector<Flow>> start() noexcept;",
                     "PROMOFLOW_API Result<int> f() noexcept;",
                     "  std::optional<Command> next() noexcept;",
                     "  virtual Result<std::vector<Result<void>>> commit(\n"
                     "      std::span<const Write> writes) noexcept = 0;",
                     "  virtual bool is_gone(const Owner& owner) const noexcept = 0;",
                     "  virtual Recovery recover(const Call& call) noexcept { return {}; }",
                     "  Recovery recover(const Call& call) noexcept override;"):
            self.fails(path, SPDX + include + line + "\n", "[[nodiscard]]", 3)
            marked = line[:len(line) - len(line.lstrip())] + "[[nodiscard]] " + line.lstrip()
            self.passes(path, SPDX + include + marked + "\n")
        for line in ("std::optional<std::string> context{};", "Result<int> result = f();",
                     "void wait(std::optional<Instant> deadline) noexcept;",
                     "std::function<Result<void>(const Event&)> journal{};",
                     "  virtual ~Store() = default;", "  virtual void hold() noexcept {}"):
            self.passes(path, SPDX + include + line + "\n")

    def test_what_is_borrowed_is_marked(self):
        """[H31] All functions of a class that answer with what refers to something else."""
        path = "include/promoflow/flow.hpp"
        before = SPDX + '#include "promoflow/result.hpp"\n/// Text.\nstruct Flow {\n'
        behind = "};\n"
        for line in ("std::string_view name() const noexcept", "Shape& step(int width) noexcept",
                     "const FlowOptions& options() const noexcept",
                     "std::span<const Hook> hooks(Point point,\n    int a = 1) const noexcept",
                     "std::vector<std::string_view> names() const noexcept",
                     "Iterator begin() const noexcept", "const Argument* operator->() noexcept",
                     "[[nodiscard]] Result<std::vector<ContextUse>> uses() const noexcept"):
            self.fails(path, f"{before}  {line};\n{behind}", "PROMOFLOW_LIFETIMEBOUND", 5)
            self.passes(path, f"{before}  {line} PROMOFLOW_LIFETIMEBOUND;\n{behind}")
        for line in ("Flow& operator=(Flow&&) noexcept;", "std::string key() const noexcept;",
                     "static std::string_view all() noexcept;",
                     "std::string_view phase() const noexcept;  ///< Static storage.",
                     "void take(std::string_view text) noexcept;"):
            self.passes(path, f"{before}  {line}\n{behind}")

    def test_what_may_throw_says_so(self):
        """Errors are values, but memory can be short."""
        path = "include/promoflow/flow.hpp"
        before = SPDX + '#include "promoflow/result.hpp"\n'
        self.fails(path, before + "PROMOFLOW_API int f();\n", "May throw std::bad_alloc", 3)
        self.passes(path, before + "/// May throw std::bad_alloc.\nPROMOFLOW_API int f();\n")
        for line in ("explicit Queue(Options options = {});", "void hold(bool wait) { f(wait); }",
                     "std::string text(int number) const;",
                     "virtual void run(Call call) = 0;", "void promote(Call call) override;"):
            for of_class, of_function, passes in (("", "", False), ("", "May throw.", True),
                                                  ("What is not noexcept may throw.", "", True)):
                text = (f"{before}/// {of_class}\nclass Queue {{\n public:\n  /// {of_function}\n"
                        f"  {line}\n}};\n")
                if passes:
                    self.passes(path, text)
                else:
                    self.fails(path, text, "May throw std::bad_alloc", 7)
        for line in ("~Queue();", "Queue(Queue&&) noexcept;", "Queue(const Queue&) = delete;",
                     "bool operator==(const Queue&) const = default;", "int size = f(1);"):
            self.passes(path, f"{before}struct Queue {{\n  {line}\n}};\n")

    def test_all_functions_of_a_header_are_found(self):
        """[H29] Whatever is around them; what others cannot call is left out."""
        header = (
            "#define A(x) \\\n  f(x)\n"
            "namespace promoflow::inline V {\nnamespace detail {\nint hidden() noexcept;\n}\n"
            "enum class Kind : int { One = 1 };\n"
            "/// Of it.\nclass PROMOFLOW_API Shape : public Base {\n  int own() noexcept;\n"
            " public:\n  explicit Shape(int x) noexcept : x_(x), y_{x} {}\n"
            "  /// As said.\n  int area(Box box = {}) const noexcept { return f(x_); }\n"
            "  bool operator==(const Shape&) const = default;\n"
            " private:\n  void mine() noexcept;\n  std::function<int(int)> f_{};\n  int x_ = 1;\n"
            "};\n"
            "template <class T>\nstruct Pair {\n  T left() noexcept;  ///< The left.\n};\n"
            "inline int after() noexcept { if (x(1)) { return y(2); } return 3; }\n}\n")
        found = [(f.line, f.scope, f.result, f.name)
                 for f in lint.lint_headers.functions(header, lint.code_only(header))]
        self.assertEqual(found, [
            (12, "Shape", "", "Shape"), (14, "Shape", "int", "area"),
            (15, "Shape", "bool", "operator=="), (23, "Pair", "T", "left"),
            (25, "", "int", "after")])

    def test_the_documents_name_what_exists(self):
        gone = {"exists": lambda target: target == "docs/there.md"}
        self.passes("docs/a.md", "[x](there.md#part) `docs/there.md` [y](https://z/q)\n", **gone)
        self.fails("docs/a.md", "[x](gone.md)\n", "no such file", 1, **gone)
        self.fails("README.md", "`src/gone.cpp`\n", "no such file", 1, **gone)


if __name__ == "__main__":
    unittest.main()
