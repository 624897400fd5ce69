# SPDX-License-Identifier: Apache-2.0
"""[H37] packaging/debian gives packages that lintian accepts."""

import re
import shutil
import sys
import tempfile
import unittest
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parent))
from support import PACKAGING, copy_sources, run, with_ccache

VERSION = re.search(r"\(([\d.]+)-", (PACKAGING / "debian" / "changelog").read_text()).group(1)


class Debian(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.scratch = Path(tempfile.mkdtemp(prefix="promoflow-debian-"))
        cls.addClassCleanup(shutil.rmtree, cls.scratch)
        top = cls.scratch / f"promoflow-{VERSION}"
        copy_sources(top)
        run("tar", "-C", cls.scratch, "-czf", cls.scratch / f"promoflow_{VERSION}.orig.tar.gz",
            top.name)
        shutil.copytree(PACKAGING / "debian", top / "debian")
        run("dpkg-buildpackage", "-us", "-uc", cwd=top, env=with_ccache(cls.scratch))
        cls.changes = next(cls.scratch.glob("*_a*.changes"))

    def contents(self, package):
        found = next(path for path in self.scratch.glob(f"{package}_*.deb")
                     if "dbgsym" not in path.name)
        return {line.split()[5][1:] for line in run("dpkg-deb", "--contents", found).splitlines()
                if not line.startswith("d")}

    def test_lintian_accepts_them(self):
        run("lintian", "--allow-root", "--fail-on", "error,warning", self.changes)

    def test_each_package_has_its_part(self):
        program = self.contents("promoflow")
        self.assertIn("/usr/bin/promoflow", program)
        self.assertIn("/usr/share/man/man1/promoflow-validate.1.gz", program)
        self.assertIn("/usr/share/bash-completion/completions/promoflow", program)
        libraries = self.contents("libpromoflow[0-9]*")
        self.assertTrue([name for name in libraries if re.search(r"libpromoflow\.so\.", name)])
        self.assertTrue([name for name in libraries
                         if re.search(r"^/usr/lib/[^/]+/promoflow/promoflow-supervisor$", name)])
        development = self.contents("libpromoflow-dev")
        self.assertIn("/usr/include/promoflow/promoflow.hpp", development)
        self.assertIn("/usr/include/promoflow/promoflow.h", development)
        self.assertFalse(program & libraries | program & development | libraries & development)


if __name__ == "__main__":
    unittest.main()
