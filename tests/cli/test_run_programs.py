# SPDX-License-Identifier: Apache-2.0
"""`promoflow run` and its programs: [H19] nothing promoted is no success; [H25] what the line of a
failure says, and what a wrong call is told."""

import json
import os
import shutil
import subprocess
import unittest

from run_support import PATIENCE_S, PROGRAM, RunCase

STEP = "  steps: [{environment: production, dependsOn: [dev]}]\n"


class Promotions(RunCase):
    """[H19]"""

    def refused(self, *options):
        """The complaint of a run that starts nothing."""
        self.script("h", "touch %s" % self.path("ran"))
        flow = self.flow(STEP + "  hooks: {onStart: h}\n")
        status, out, err = self.run_it(flow, *options)
        self.assertEqual((status, out, err.count("\n")), (2, "", 1), err)
        self.assertFalse(os.path.exists(self.path("ran")))
        self.assertFalse(os.path.exists(self.work))
        self.assertIn("--no-promotions", err)
        return err

    def commands(self, text):
        with open(self.path("commands.yaml"), "w", encoding="utf-8") as file:
            file.write(text)
        return "--commands", self.path("commands.yaml")

    def test_no_directory_for_promotions_is_an_error(self):
        os.rmdir(os.path.join(self.hooks, "promotions"))
        self.assertIn("add '%s/promotions/default'" % self.hooks, self.refused())
        self.assertIn("no directory", self.refused("--format", "jsonl"))

    def test_a_near_miss_is_named(self):
        os.rmdir(os.path.join(self.hooks, "promotions"))
        for near in ("promotion", "Promotions", "promotons", "promotions.d", "promote"):
            place = os.path.join(self.hooks, near)
            os.mkdir(place)
            self.assertIn("but '%s'; rename it to 'promotions'" % place, self.refused())
            os.rmdir(place)

    def test_an_empty_directory_and_a_file_are_errors(self):
        self.assertIn("there is no program in " + self.hooks + "/promotions", self.refused())
        os.rmdir(os.path.join(self.hooks, "promotions"))
        self.script("promotions", "true")
        self.assertIn("/promotions is no directory", self.refused())

    def test_commands_without_promotions_are_an_error(self):
        for text in ("hooks: {h: /bin/true}\n", "hooks: {h: /bin/true}\npromotions: {}\n"):
            self.assertIn("it names no program for promotions", self.refused(*self.commands(text)))

    def test_with_the_option_they_succeed_at_once(self):
        os.rmdir(os.path.join(self.hooks, "promotions"))
        self.script("h", "true")
        flow = self.flow(STEP + "  hooks: {onStart: h}\n")
        status, out, err = self.run_it(flow, "--no-promotions")
        self.assertEqual(status, 0, err)
        self.assertIn("promotion succeeded after", out)

    def test_the_option_beside_programs_is_a_contradiction(self):
        self.script("promotions/default", "true")
        err = self.refused("--no-promotions")
        self.assertIn("but there are programs for it (%s/promotions)" % self.hooks, err)
        err = self.refused(*self.commands("promotions: {default: /bin/true}\n"), "--no-promotions")
        self.assertIn("but there are programs for it", err)

    def test_a_program_whose_name_is_nearly_an_environment_s_is_warned_of(self):
        flow = self.flow(STEP)
        self.script("promotions/default", "true")
        for near in ("prod", "production.sh", "Production", "prodution"):
            self.script("promotions/" + near, "true")
            status, _, err = self.run_it(flow)
            self.assertEqual(status, 0, err)
            self.assertIn("the flow has no environment '%s', so this program is not used - did you "
                          "mean 'production'?" % near, err)
            os.remove(os.path.join(self.hooks, "promotions", near))
        self.script("promotions/elsewhere", "true")  # Of another flow.
        self.assertNotIn("warning", self.run_it(flow)[2])
        options = self.commands("promotions: {default: /bin/true, prod: /bin/true}\n"
                                "hooks: {other: /bin/true}\n")
        self.assertEqual(self.run_it(flow, *options)[2].count("warning"), 2)


class Descriptors(RunCase):
    """[H22]"""

    def test_where_no_program_can_ever_start_the_call_fails(self):
        self.script("promotions/default", "true")
        done = subprocess.run(
            ["sh", "-c", 'ulimit -n 12; exec "$@"', "sh", *self.command(
                self.flow(STEP), "--no-store")], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT, text=True, env=self.env, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 1, done.stdout)
        self.assertIn("no room for even one program; raise the limit (ulimit -n), which is 12",
                      done.stdout)


class Lines(RunCase):
    """[H25]"""

    def failing(self, body, *options, hook="{name: h}"):
        self.script("promotions/default", "true")
        self.script("h", body)
        flow = self.flow("  steps: [{environment: a, dependsOn: [dev], hooks: {onStart: %s}}]\n"
                         % hook)
        flow_text = self.read("flow.yaml").replace(
            "{name: tested}", '{name: tested, annotations: {promoflow.dev/extensions: "true"}}')
        with open(flow, "w", encoding="utf-8") as file:
            file.write(flow_text)
        return self.run_it(flow, *options)

    def message(self, body):
        status, out, err = self.failing(body, "--format", "jsonl")
        self.assertEqual(status, 1, err)
        shutil.rmtree(self.work)
        return [record["message"] for record in map(json.loads, out.splitlines())
                if record["event"] == "hook-failed"][0]

    def test_a_program_that_complains_on_standard_output_is_heard(self):
        self.assertEqual(self.message("echo refused; exit 3"), "refused")
        self.assertEqual(self.message("echo refused; echo ' ' >&2; exit 3"), "refused")
        self.assertEqual(self.message("echo refused; printf '\\033[0m\\n' >&2; exit 3"), "refused")
        self.assertEqual(self.message("echo aside; echo refused >&2; exit 3"), "refused")
        self.assertEqual(len(self.message("yes | head -c 100000; exit 3").encode()), 4095)

    def test_how_a_program_ended_is_said_in_words(self):
        for body, words in (
                ("exit 3", "exit status 3"),
                ("exit 126", "exit status 126 (a command could not be executed)"),
                ("exit 127", "exit status 127 (a command was not found)"),
                ("exit 137", "exit status 137 (as shells report SIGKILL)"),
                ("kill -KILL $$", "killed by signal 9 (SIGKILL)"),
                ("ulimit -c 0; kill -SEGV $$", "killed by signal 11 (SIGSEGV)"),
                ("echo so far >&2; kill -TERM $$", "killed by signal 15 (SIGTERM): so far")):
            self.assertEqual(self.message(body), words)

    def test_what_expires_timed_out_and_is_not_called_cancelled(self):
        status, out, _ = self.failing("sleep 1000", "--grace", "0s",
                                      hook="{name: h, timeout: 200ms}")
        self.assertEqual(status, 1)
        self.assertIn("onStart hook h timed out after 200ms (log: %s)\n"
                      % self.path("work", "r-1", "1.log"), out)
        self.assertNotIn("cancelled", out)

    def test_each_failure_names_its_log_on_its_first_line(self):
        _, out, err = self.failing("printf 'first\\nsecond\\n' >&2; exit 1")
        log = self.path("work", "r-1", "1.log")
        self.assertRegex(out, r"onStart hook h failed after \S+ \(log: %s\): first\n +second\n"
                         % log)
        self.assertIn("promoflow: the logs are in %s\n" % self.path("work", "r-1"), err)
        _, out, err = self.failing("exit 1", "--format", "jsonl")
        self.assertIn("promoflow: the log of a failure is %s\n" % log, err)

    def test_the_log_of_a_failure_that_is_ignored_is_kept(self):
        self.work = ""
        status, out, err = self.failing("exit 1", hook="{name: h, onError: ignore}")
        self.assertEqual(status, 0, err)
        log = out[out.index("(log: ") + len("(log: "):out.index(")", out.index("(log: "))]
        self.assertTrue(os.path.exists(log), log)

    def test_options_are_named_as_they_were_typed(self):
        self.script("promotions/default", "true")
        flow = self.flow(STEP)
        context = self.path("context.json")
        with open(context, "w", encoding="utf-8") as file:
            file.write("[1]")
        base = ("run", flow, "--hooks", self.hooks)
        for options, words in (
                ((*base, "--parallel", "0"), "--parallel 0: write a number from 1 to 1024"),
                ((*base, "--parallel", "1025"), "--parallel 1025: write a number from 1 to 1024"),
                ((*base, "--parallel", "many"), "--parallel many: write a number from 1 to 1024"),
                ((*base, "--parallel=-1"), "--parallel -1: write a number from 1 to 1024"),
                ((*base, "--grace", "25h"), "--grace 25h: write a time such as 10s, at most 24h"),
                ((*base, "--context", context), "--context %s: the initial promotion" % context),
                ((*base, "--work-dir", flow),
                 "--work-dir %s: " % flow),
                ((*base, "--hooks", self.root), "run: --hooks is given 2 times; give it once"),
                ((*base, "--format", "text", "--format", "jsonl"), "--format is given 2 times"),
                ((*base, "--hooks"), "run: --hooks needs a value"),
                ((*base, "--no-promotions=maybe"), "--no-promotions takes no value"),
                (("validate", "--strict=maybe", flow), "--strict takes no value"),
                (("simulate", flow, "--scenario", "a", "--scenario", "b"),
                 "simulate: --scenario is given 2 times; give it once")):
            done = subprocess.run([PROGRAM, *options], env=self.env,
                                  stdin=subprocess.DEVNULL, text=True,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                                  timeout=PATIENCE_S, check=False)
            self.assertEqual((done.returncode, done.stdout), (2, ""), options)
            self.assertTrue(done.stderr.startswith("promoflow: "), done.stderr)
            self.assertEqual(done.stderr.count("\n"), 1, done.stderr)
            self.assertIn(words, done.stderr)


if __name__ == "__main__":
    unittest.main()
