# SPDX-License-Identifier: Apache-2.0
"""[H37] packaging/bazel builds the libraries. Debian's Bazel knows no modules, so the dependencies
are repositories of this test, made of what is installed; and it would download rules that its own
packages load, so they are replaced by the ones that are built into it."""

import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from support import PACKAGING, SOURCE, run

BAZEL = shutil.which("bazel") or shutil.which("bazel-bootstrap")
# Repository, target, headers below /usr/include, and the library to link.
INSTALLED = (("tl_expected", "expected", "tl", ""), ("fmt", "fmt", "fmt", ""),
             ("nlohmann_json", "json", "nlohmann", ""), ("libyaml", "libyaml", "yaml.h", "-lyaml"),
             ("boost.graph", "boost.graph", "boost", ""))
# What Bazel's own packages load from rules_cc and rules_java.
NATIVE = {
    "cc": ("cc_binary", "cc_library", "cc_import", "cc_proto_library", "cc_test", "cc_toolchain",
           "cc_toolchain_suite", "objc_library"),
    "java": ("java_binary", "java_import", "java_library", "java_proto_library", "java_runtime",
             "java_toolchain"),
}


def native_rules(language, scratch):
    """A repository whose rules are those that are built into Bazel; its line of a WORKSPACE."""
    name = f"rules_{language}"
    folder = scratch / name / language
    folder.mkdir(parents=True)
    (scratch / name / "WORKSPACE").write_text(f'workspace(name = "{name}")\n')
    (folder / "BUILD").write_text("")
    (folder / "defs.bzl").write_text("".join(
        f"def {rule}(**arguments):\n    native.{rule}(**arguments)\n" for rule in NATIVE[language]))
    return f'local_repository(name = "{name}", path = "{scratch / name}")\n'


@unittest.skipUnless(BAZEL, "bazel is not installed (bazel-bootstrap)")
class Bazel(unittest.TestCase):
    def test_the_libraries_are_built(self):
        scratch = Path(tempfile.mkdtemp(prefix="promoflow-bazel-"))
        self.addCleanup(run, "rm", "-rf", scratch)
        top = scratch / "promoflow"
        top.mkdir()
        for name in ("include", "src", "capi"):
            shutil.copytree(SOURCE / name, top / name)
        shutil.copy(PACKAGING / "bazel" / "BUILD.bazel", top)
        workspace = 'workspace(name = "promoflow")\n'
        for repository, target, headers, flag in INSTALLED:
            folder = scratch / repository
            folder.mkdir()
            (folder / "WORKSPACE").write_text(f'workspace(name = "{repository}")\n')
            # The compiler finds the headers in /usr/include by itself.
            (folder / "BUILD.bazel").write_text(
                'package(default_visibility = ["//visibility:public"])\n'
                f'cc_library(name = "{target}", linkopts = {[flag] if flag else []})\n')
            self.assertTrue((Path("/usr/include") / headers).exists())
            workspace += f'local_repository(name = "{repository}", path = "{folder}")\n'
        workspace += "".join(native_rules(language, scratch) for language in NATIVE)
        (top / "WORKSPACE").write_text(workspace)
        run(BAZEL, f"--output_user_root={scratch}/cache", "--batch", "build", "--jobs=2",
            "//:promoflow", "//:process", cwd=top)
        self.assertIn('name = "promoflow"', (PACKAGING / "bazel" / "MODULE.bazel").read_text())


if __name__ == "__main__":
    unittest.main()
