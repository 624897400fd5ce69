# SPDX-License-Identifier: Apache-2.0
"""What calls of `run` and of the commands on stores mean: values, checks, hints."""

import os
import subprocess
import unittest

from run_support import PATIENCE_S, PROGRAM, living, wait_for
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

    def test_a_check_refuses_what_a_run_refuses(self):
        flow = self.simple_flow()
        os.makedirs(self.path("directory"))

        def there():  # The lock of a store may be beside a file that turned out to be none.
            return sorted(name for name in os.listdir(self.root) if not name.endswith(".lock"))
        before = there()
        for options, said in ((["--export-variables", "LD_PRELOAD"], "LD_PRELOAD"),
                              (["--export-variables", "a b"], "a b"),
                              (["--store", flow], "not a database"),
                              (["--store", self.path("directory")], "directory"),
                              (["--store", flow + "/x.db"], "not a directory"),
                              (["--work-dir", flow], "not a directory"),
                              (["--work-dir", flow + "/x"], "irectory")):
            with self.subTest(options=options):
                call = ["run", flow, "--hooks", self.hooks, *options]
                checked = self.call_as_is(*call, "--check")
                self.assertEqual(checked[:2], (2, ""), checked[2])
                self.assertIn(said, checked[2])
                self.assertEqual(there(), before)
                self.assertEqual(self.call_as_is(*call)[0], 2)
                for made in set(os.listdir(self.root)) - set(before):
                    subprocess.run(["rm", "-r", self.path(made)], check=True)
        code, out, err = self.call_as_is("run", flow, "--hooks", self.hooks, "--check",
                                         "--store", self.store, "--work-dir", self.path("w"))
        self.assertEqual(code, 0, err)
        self.assertTrue(out.startswith("ok"), out)
        self.assertEqual(there(), before)  # A check makes nothing.

    def test_hints_name_the_store_that_was_named(self):
        process = self.start(self.gated_flow())
        self.wait_for_file("promoting")
        self.kill(process)
        resume = "promoflow resume r-1 --store " + self.store
        for call, said in ((("terminate", "r-1"), resume), (("retry", "r-1"), resume),
                           (("show", "r-1"), resume),
                           (("show", "r-2"), "promoflow list --store " + self.store),
                           (("approve", "r-1", "x"), "promoflow show r-1 --store " + self.store)):
            with self.subTest(call=call):
                _, out, err = self.call(*call)
                self.assertIn(said, out + err)
        self.assertEqual(self.call("resume", "r-1")[0], 0)
        err = self.call("resume", "r-1")[2]
        self.assertIn("promoflow retry r-1 --store " + self.store, err)
        err = self.finish(self.start(self.path("flow.yaml")))[2]
        self.assertIn("promoflow resume r-1 --store " + self.store, err)

    def test_the_end_of_a_run_names_the_store(self):
        process = self.start(self.gated_flow(), "--detach-on-interrupt")
        self.wait_for_file("promoting")
        process.terminate()
        err = self.finish(process)[2]
        self.touch("gate")
        wait_for(lambda: living(self.marker) == [], "the end of the promotion")
        self.assertIn("promoflow resume r-1 --store " + self.store + "\n", err)

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
