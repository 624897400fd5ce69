# SPDX-License-Identifier: Apache-2.0
"""Where mutants can be made, and that the explanations of survivors can be read."""

import sys
import tempfile
import unittest
from pathlib import Path

SOURCE = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(SOURCE / "tools" / "mutation"))
import trial  # noqa: E402

try:
    import schemata
except ImportError:
    schemata = None

EXAMPLE = """\
enum class Kind { Hook, Promotion };
constexpr Kind kTable[] = {Kind::Hook};
static_assert(sizeof(kTable) > 0);
constexpr int kLimit = 3;
bool ready(int count, bool admitted, int* list) {
  if (count < kLimit && admitted) { ++list[count - 1]; }
  for (int i = 0; i < count; ++i) { list[i] += 2; }
  switch (kTable[0]) {
    case Kind::Hook: return count == 1;
    case Kind::Promotion: break;
  }
  return !admitted;
}
"""


class Survivors(unittest.TestCase):
    def test_each_names_a_file_and_says_why(self):
        known = trial.known_survivors(SOURCE / "tests" / "prove" / "survivors.txt")
        self.assertGreater(len(known), 0)
        for _, what, why in known:
            path = what.split(" | ")[0]
            with self.subTest(survivor=what):
                self.assertTrue(list(SOURCE.glob(path)), f"there is no {path}")
                self.assertNotEqual(why, "")

    def test_a_star_stands_for_any_text(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "survivors.txt"
            file.write_text("# A comment\na.cpp | f | * | x = a | b; | because\n")
            [(pattern, what, why)] = trial.known_survivors(file)
        self.assertEqual((what, why), ("a.cpp | f | * | x = a | b;", "because"))
        self.assertTrue(pattern.fullmatch("a.cpp | f | drop #2 | x = a | b;"))
        self.assertFalse(pattern.fullmatch("a.cpp | g | drop | x = a | b;"))


@unittest.skipUnless(schemata, "needs libclang's Python bindings")
class Schemata(unittest.TestCase):
    def setUp(self):
        with tempfile.TemporaryDirectory() as folder:
            file = Path(folder) / "example.cpp"
            file.write_text(EXAMPLE)
            entry = {"file": str(file), "command": f"c++ -std=c++20 -c {file}"}
            found, rewrites = schemata.points_of(Path(folder), [entry], lambda path: True)
        self.points, self.rewrites = found["example.cpp"], rewrites["example.cpp"]

    def test_each_change_is_found_once(self):
        found = sorted(f"{point.function}: {point.kind}" for point in self.points)
        self.assertEqual(found, sorted([
            "kTable: Hook -> Promotion", "ready: negate", "ready: drop count < kLimit",
            "ready: < -> <=", "ready: drop admitted", "ready: drop", "ready: ++ -> --",
            "ready: - 1 -> nothing", "ready: 0 -> one more", "ready: negate", "ready: < -> <=",
            "ready: ++ -> --", "ready: drop", "ready: += -> -=", "ready: 2 -> one more",
            "ready: 0 -> one more", "ready: negate", "ready: 1 -> one more", "ready: negate"]))

    def test_all_are_in_the_source_together(self):
        text = schemata.instrument("src/module/example.cpp", EXAMPLE, self.points, self.rewrites)
        numbers = {point.number: point.kind for point in self.points}
        self.assertEqual(len(numbers), len(self.points))
        for number in numbers:
            self.assertRegex(text, rf"\({number}[,)]")
        self.assertTrue(text.startswith('#include "../../mutant.hpp"\n'))
        self.assertIn("const Kind kTable[] = {(::mut_at_start(", text)
        self.assertIn("constexpr int kLimit = 3;", text)
        self.assertNotIn("static_assert", text)
        self.assertIn("case Kind::Hook:", text)

    def test_another_line_elsewhere_leaves_the_names_alone(self):
        names = [trial.name_of(point) for point in self.points]
        self.assertIn("example.cpp | ready | += -> -= | for (int i = 0; i < count; ++i) "
                      "{ list[i] += 2; }", names)


if __name__ == "__main__":
    unittest.main()
