# SPDX-License-Identifier: Apache-2.0
"""`promoflow run`: real programs, real signals, and no process left behind."""

import json
import os
import pty
import pwd
import shutil
import signal
import subprocess
import unittest

from run_support import EXAMPLE, PATIENCE_S, PROGRAM, WITH_STORE, RunCase, living, wait_for


class Run(RunCase):
    # --- the example ---------------------------------------------------------------------------

    def example(self, *options, **env):
        self.env.update(env)
        self.hooks = os.path.join(EXAMPLE, "hooks")
        return self.run_it(os.path.join(EXAMPLE, "flow.yaml"), "--format", "jsonl",
                           "--set", "release.version=1.4.0", *options)

    def test_the_example_succeeds_and_hands_its_context_on(self):
        status, out, err = self.example()
        lines = [json.loads(line) for line in out.splitlines()]
        self.assertEqual(status, 0, err)
        self.assertEqual(lines[-1]["status"], "Succeeded")
        last = [line for line in lines if line["event"] == "hook"][-1]
        self.assertEqual(last["arguments"]["TESTS_PASSED"], "17 of 17")
        self.assertIn("1.4.0 is in staging, by commit", self.read("work", "r-1", "2.log"))
        self.assertEqual(living(self.marker), [])

    def test_the_example_fails_with_what_the_promotion_said(self):
        status, out, err = self.example(FAIL_IN="prod-eu")
        self.assertEqual(status, 1)
        self.assertIn('"event":"promotion-failed"', out)
        self.assertIn('"message":"Application degraded: 2 of 3 pods crash"', out)
        self.assertIn("the logs are in " + self.work, err)

    # --- many ----------------------------------------------------------------------------------

    def test_as_many_at_once_as_allowed(self):
        journal = self.path("journal")
        self.script("promotions/default",
                    "echo + >>{0}\nsleep 0.1\necho - >>{0}".format(journal))
        steps = "".join("    - {environment: e%d, dependsOn: [dev]}\n" % i for i in range(12))
        status, _, err = self.run_it(self.flow("  steps:\n" + steps), "--parallel", "3")
        self.assertEqual(status, 0, err)
        running = most = 0
        for line in self.read("journal").split():
            running += 1 if line == "+" else -1
            most = max(most, running)
        self.assertEqual(running, 0)
        self.assertTrue(2 <= most <= 3, most)

    def test_a_thousand_environments_complete_without_a_zombie(self):
        with open(self.path("commands.yaml"), "w", encoding="utf-8") as file:
            file.write("hooks: {ok: /bin/true}\npromotions: {default: /bin/true}\n")
        steps = "".join("    - {environment: e%d, dependsOn: [dev], hooks: {onStart: ok}}\n" % i
                        for i in range(1000))
        status, out, err = self.run_it(self.flow("  steps:\n" + steps), "--commands",
                                       self.path("commands.yaml"), "--format", "jsonl")
        self.assertEqual(status, 0, err)
        self.assertIn('"status":"Succeeded"}', out.splitlines()[-1])
        self.assertEqual(out.count('"event":"hook-succeeded"'), 1000)
        self.assertEqual(living(self.marker), [])

    def test_nothing_that_has_ended_stays_a_zombie_while_the_run_goes_on(self):
        flow = self.slow_flow()
        self.script("quick", "true")
        with open(flow, "a", encoding="utf-8") as file:
            file.write("  hooks: {onStart: [quick, quick, quick]}\n")
        process = self.start(flow)
        self.wait_until_slow()
        children = subprocess.run(["ps", "-o", "stat=", "--ppid", str(process.pid)], text=True,
                                  stdout=subprocess.PIPE, check=True).stdout.split()
        self.assertTrue(children)
        self.assertFalse([stat for stat in children if stat.startswith("Z")], children)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)

    def test_programs_that_wait_for_a_free_slot_are_shown(self):
        # The first program ends when both others are known to wait.
        self.script("promotions/a", "while ! [ -e %s ]; do sleep 0.05; done" % self.path("go"))
        self.script("promotions/default", "true")
        flow = self.flow("  steps:\n"
                         "    - {environment: a, dependsOn: [dev]}\n"
                         "    - {environment: b, dependsOn: [dev]}\n"
                         "    - {environment: c, dependsOn: [dev]}\n")
        process = self.start(flow, "--parallel", "1")
        shown = []
        while sum("waits for a free slot" in line for line in shown) < 2:
            shown.append(process.stdout.readline())
            self.assertTrue(shown[-1], shown)
        with open(self.path("go"), "w", encoding="utf-8"):
            pass
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0, out + err)
        self.assertEqual(out.count("promotion starts\n"), 2)

    def test_a_run_until_an_environment_skips_the_others(self):
        self.script("promotions/default", "true")
        flow = self.flow("  steps:\n"
                         "    - {environment: a, dependsOn: [dev]}\n"
                         "    - {environment: b, dependsOn: [a]}\n")
        status, out, err = self.run_it(flow, "--until", "a")
        self.assertEqual(status, 0, err)
        self.assertRegex(out, r"(?m)  b +Skipped$")
        self.assertRegex(out, r"(?m)  a +Successful$")

    def test_an_environment_that_soaks_is_shown(self):
        self.script("promotions/default", "true")
        flow = self.flow("  steps:\n"
                         "    - {environment: a, dependsOn: [dev], soak: 100ms}\n")
        status, out, err = self.run_it(flow)
        self.assertEqual(status, 0, err)
        self.assertIn("soak of 100ms ...\n", out)
        self.assertIn("soak of 100ms ended well after ", out)

    # --- being stopped -------------------------------------------------------------------------

    def test_ctrl_c_terminates_the_release_and_runs_its_on_fail_hooks(self):
        process = self.start(self.slow_flow())
        self.wait_until_slow()
        os.killpg(process.pid, signal.SIGINT)  # As a terminal does it.
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 1)
        user = pwd.getpwuid(os.getuid()).pw_name
        self.assertIn("terminate: stopped by Ctrl-C (by %s)" % user, out)
        self.assertIn("its onFail hooks still run", err)
        self.assertEqual(self.read("paged"), "paged\n")
        self.assertEqual(living(self.marker), [])

    def test_in_one_file_the_summary_comes_behind_the_last_line(self):
        self.script("promotions/default", "echo 'out of sync' >&2; exit 1")
        flow = self.flow("  steps: [{environment: a, dependsOn: [dev]}]\n")
        done = subprocess.run(self.command(flow), env=self.env, text=True, timeout=PATIENCE_S,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, check=False)
        lines = done.stdout.splitlines()
        self.assertRegex(lines[-3], r"release +Failed$")
        self.assertEqual(lines[-2:], ["promoflow: Failed: out of sync",
                                      "promoflow: the logs are in " + self.path("work", "r-1")])

    def test_a_second_ctrl_c_forces_the_end(self):
        flow = self.slow_flow()
        self.script("page", "trap '' TERM INT\necho here >%s\nwhile :; do sleep 1000; done"
                    % self.path("paged"))
        self.script("last", "touch %s" % self.path("last-ran"))
        with open(flow, "a", encoding="utf-8") as file:
            file.write("  hooks: {onFail: last}\n")
        process = self.start(flow, "--grace", "1h")
        self.wait_until_slow()
        process.send_signal(signal.SIGINT)
        wait_for(lambda: os.path.exists(self.path("paged")), "the onFail hook")

        def ended():
            process.send_signal(signal.SIGINT)
            return process.poll() is not None
        wait_for(ended, "the forced end")
        out, err = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 130)
        self.assertIn("terminate by force: stopped by Ctrl-C", out)
        self.assertIn("forcing the end of the release", err)
        self.assertFalse(os.path.exists(self.path("last-ran")))
        # What the killed programs had started is killed, too, but its end is not waited for.
        wait_for(lambda: living(self.marker) == [], "the end of all that was started")

    def test_sigterm_terminates_like_ctrl_c(self):
        process = self.start(self.slow_flow())
        self.wait_until_slow()
        process.send_signal(signal.SIGTERM)
        out, _ = process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 1)
        self.assertIn("stopped by SIGTERM", out)
        self.assertTrue(os.path.exists(self.path("paged")))

    def test_a_kill_of_the_process_group_leaves_only_what_a_supervisor_watches(self):
        process = self.start(self.slow_flow())
        self.wait_until_slow()
        self.assertGreaterEqual(len(living(self.marker)), 3)  # It, the promotion, its sleep.
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate(timeout=PATIENCE_S)
        if WITH_STORE:  # `promoflow resume` finds it again.
            self.assertGreaterEqual(len(living(self.marker)), 3)  # Its supervisor, and the same.
            self.end_all()
        wait_for(lambda: living(self.marker) == [], "the end of all that was started")

    # --- what programs do ----------------------------------------------------------------------

    def test_a_log_is_bounded(self):
        self.script("promotions/default", "head -c 5000000 /dev/zero")
        status, _, err = self.run_it(self.flow(
            "  steps:\n    - {environment: a, dependsOn: [dev]}\n"))
        self.assertEqual(status, 0, err)
        self.assertLess(os.path.getsize(self.path("work", "r-1", "1.log")), (1 << 20) + 200)

    def test_a_name_cannot_leave_the_directory(self):
        self.script("promotions/default", "true")
        with open(self.path("outside"), "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\ntouch %s\n" % self.path("escaped"))
        os.chmod(self.path("outside"), 0o755)
        for name in ("../outside", self.path("outside"), "./../outside", ".."):
            flow = self.flow("  steps:\n    - {environment: a, dependsOn: [dev]}\n"
                             "  hooks: {onStart: '%s'}\n" % name)
            status, _, err = self.run_it(flow)
            self.assertEqual(status, 2, name)
            self.assertIn("cannot be the name of a program", err)
        self.assertFalse(os.path.exists(self.path("escaped")))

    def test_a_context_given_at_start_reaches_hooks(self):
        self.script("promotions/default", "true")
        self.script("say", 'echo "${CHANNEL-none} $PROMOFLOW_CONTEXT_CHANNEL"')
        with open(self.path("context.json"), "w", encoding="utf-8") as file:
            file.write('{"CHANNEL": "#releases"}')
        flow = self.flow("  steps:\n    - {environment: a, dependsOn: [dev]}\n"
                         "  hooks: {onStart: say}\n")
        status, _, err = self.run_it(flow, "--context", self.path("context.json"))
        self.assertEqual(status, 0, err)
        self.assertEqual(self.read("work", "r-1", "1.log"), "none #releases\n")
        shutil.rmtree(self.work)
        status, _, err = self.run_it(flow, "--context", self.path("context.json"),
                                     "--export-variables", "CHANNEL,OTHER")
        self.assertEqual(status, 0, err)
        self.assertEqual(self.read("work", "r-1", "1.log"), "#releases #releases\n")
        status, _, err = self.run_it(flow, "--export-variables", "GIT_EXTERNAL_DIFF")
        self.assertEqual(status, 2)
        self.assertIn("--export-variables: 'GIT_EXTERNAL_DIFF' decides which code", err)

    def test_logs_of_a_success_are_removed_unless_a_directory_is_named(self):
        self.script("promotions/default", 'test "$PROMOFLOW_ENVIRONMENT" = a')
        for name, left in (("a", 0), ("b", 1)):
            flow = self.flow("  steps:\n    - {environment: %s, dependsOn: [dev]}\n" % name)
            subprocess.run([PROGRAM, "run", flow, "--hooks", self.hooks, "--no-store"],
                           env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                           stderr=subprocess.PIPE, check=False)
            kept = [n for n in os.listdir(self.root) if n.startswith("promoflow-")]
            self.assertEqual(len(kept), left, name)

    # --- calls and the terminal ----------------------------------------------------------------

    def test_a_wrong_call_is_explained_in_one_line(self):
        flow = self.flow("  steps:\n    - {environment: a, dependsOn: [dev]}\n")
        for options, part in ((["--hooks", self.path("absent")], "no such directory"),
                              (["--hooks", self.hooks, "--commands", flow], "leave one out"),
                              ([], "--hooks DIR or"),
                              (["--hooks", self.hooks, "--grace", "soon"], "such as 10s"),
                              (["--hooks", self.hooks, "--until", "b"], "no environment 'b'"),
                              (["--hooks", self.hooks, "--parallel", "0"], "from 1 to 1024")):
            done = subprocess.run([PROGRAM, "run", flow, *options, "--work-dir", self.work],
                                  env=self.env, text=True, stdin=subprocess.DEVNULL,
                                  stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
            self.assertEqual(done.returncode, 2, options)
            self.assertIn(part, done.stderr)

    def test_on_a_terminal_what_runs_is_drawn_anew(self):
        self.script("promotions/default", "sleep 0.3")
        flow = self.flow("  steps:\n    - {environment: a, dependsOn: [dev]}\n")
        leader, follower = pty.openpty()
        env = dict(self.env, TERM="xterm", COLUMNS="80")
        process = subprocess.Popen(self.command(flow), env=env, stdin=subprocess.DEVNULL,
                                   stdout=follower, stderr=subprocess.PIPE)
        os.close(follower)
        shown = b""
        try:
            while True:
                part = os.read(leader, 4096)
                if not part:
                    break
                shown += part
        except OSError:
            pass  # The other side is closed.
        os.close(leader)
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(process.returncode, 0)
        self.assertIn(b"> a             promotion", shown)
        self.assertIn(b"of 2 environments successful", shown)
        self.assertIn(b"\x1b[2A\x1b[J", shown)


if __name__ == "__main__":
    unittest.main()
