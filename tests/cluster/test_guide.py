# SPDX-License-Identifier: Apache-2.0
"""Every command of docs/argo.md works, in the order in which a reader types them."""

import json
import re
import unittest
from pathlib import Path

from support import FOLDER, PROGRAM, ClusterTest, Program, wait_until

PAGE = FOLDER.parents[1] / "docs" / "argo.md"
BLOCK = re.compile(r"(?:^<!-- (?P<mark>[^>]*) -->\n)?^```sh\n(?P<text>.*?)^```$",
                   re.MULTILINE | re.DOTALL)


class Shell(Program):
    """A block of the page, run by a shell in the project's folder."""

    program = "bash"


class Guide(ClusterTest):
    hooks = ()

    def environment(self):
        environment = super().environment()
        environment.update(KUBECONFIG=str(self.plane.kubeconfig),
                           PATH=f"{Path(PROGRAM).parent}:{environment['PATH']}")
        return environment

    def shell(self, text):
        program = Shell(["-e", "-u", "-o", "pipefail", "-c", text], self.environment(),
                        FOLDER.parents[1], errors=self.folder)
        self.addCleanup(program.close)
        return program

    def test_every_command_of_the_page(self):
        own = f"{self.namespace}-guide"  # The page may have been followed here before.
        blocks = [(found["mark"] or "", found["text"].replace("billing-hooks", own))
                  for found in BLOCK.finditer(PAGE.read_text(encoding="utf-8"))]
        self.assertGreater(len(blocks), 5)
        left, background = [], None
        for mark, text in blocks:
            if mark.startswith("not run"):
                left.append(text)
            elif mark == "in the background":
                background = self.shell(text)
                wait_until("that a person is waited for", self.somebody_is_needed)
            else:
                program = self.shell(text)
                self.assertEqual(program.end(), 0, program.report())
                last = "".join(program.lines)
                if background and "approve" in text:
                    self.assertEqual(background.end(), 0, background.report())
        self.assertEqual(len(left), 1)
        self.assertEqual(json.loads(last)["status"], "Succeeded")
        self.assertEqual(json.loads(last)["context"], {"TESTED_RELEASE": "r-1"})

    def somebody_is_needed(self):
        program = self.shell("promoflow show r-1 --format json")
        return program.end() == 0 and '"state":"suspended"' in "".join(program.lines)


if __name__ == "__main__":
    unittest.main()
