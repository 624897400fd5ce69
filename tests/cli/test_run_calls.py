# SPDX-License-Identifier: Apache-2.0
"""What calls of `run` and of the commands on stores mean: values, checks, hints."""

import os
import subprocess
import unittest

from run_support import PATIENCE_S, PROGRAM
from store_support import StoreCase


class Calls(StoreCase):
    def simple_flow(self):
        self.script("promotions/default", "true")
        return self.flow("  steps: [{environment: a, dependsOn: [dev]}]\n")

    def call_as_is(self, *arguments, stdin=None):
        done = subprocess.run([PROGRAM, *arguments], env=self.env, text=True, cwd=self.root,
                              stdin=stdin or subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False)
        return done.returncode, done.stdout, done.stderr

    def test_an_empty_value_is_no_value(self):
        flow = self.simple_flow()
        run = ["run", flow, "--hooks", self.hooks]
        calls = [[*run, option] for option in (
            "--store", "--context", "--work-dir", "--grace", "--parallel", "--flow", "--skip",
            "--set", "--hooks", "--namespace", "--export-variables", "--format")]
        calls += [["list", "--status"], ["list", "--store"], ["simulate", flow, "--scenario"],
                  ["prune", "--older-than", "0s", "--store"], ["prune", "--older-than"],
                  ["show", "r-1", "--store"], ["terminate", "r-1", "--reason"],
                  ["answer", "r-1", "1", "--failed"], ["diff", flow, flow, "--check"],
                  ["explore", flow, "--exports"], ["graph", "--config"]]
        for call in calls:
            for ending in (call[:-1] + [call[-1] + "="], call + [""]):
                with self.subTest(call=ending[-3:]):
                    code, out, err = self.call_as_is(*ending)
                    self.assertEqual((code, out), (2, ""), err)
                    self.assertEqual(err.count("\n"), 1, err)
                    self.assertIn(call[-1] + " ", err)
        self.assertFalse(os.path.exists(self.path("state")))

    def test_programs_are_named_in_one_way(self):
        flow = self.simple_flow()
        _, _, err = self.call_as_is("run", flow, "--hooks", self.hooks, "--commands", flow)
        self.assertIn("--hooks and --commands are both given", err)

    def test_replay_reads_what_a_path_leads_to(self):
        code, _, err = self.finish(self.start(self.simple_flow()))
        self.assertEqual(code, 0, err)
        text = self.call("export", "r-1", "--format", "json")[1]
        with open(self.path("export.json"), "w", encoding="utf-8") as file:
            file.write(text)
        os.mkfifo(self.path("fifo"))
        replay = PROGRAM + " replay "
        for command in ("cat export.json | %s/dev/stdin" % replay, "%s <(cat export.json)" % replay,
                        "cat export.json >fifo & %s./fifo" % replay):
            with self.subTest(command=command):
                done = subprocess.run(["bash", "-c", command], cwd=self.root, env=self.env,
                                      text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                      stdin=subprocess.DEVNULL, timeout=PATIENCE_S, check=False)
                self.assertEqual(done.returncode, 0, done.stderr)
                self.assertIn("the same trace", done.stdout)


if __name__ == "__main__":
    unittest.main()
