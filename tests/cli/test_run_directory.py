# SPDX-License-Identifier: Apache-2.0
"""Files of `promoflow run`: [H14] the work directory of a release belongs to one run at a time;
[H15] a standard stream that is closed is nobody else's."""

import datetime
import fcntl
import itertools
import json
import os
import signal
import subprocess
import unittest

from run_support import PATIENCE_S, PROGRAM, WITH_STORE, RunCase, living, wait_for


class Locks(RunCase):
    def setUp(self):
        super().setUp()
        self.lock = self.path("work", ".r-1.lock")

    def test_a_second_run_of_a_release_is_refused_and_told_who_has_it(self):
        process = self.start(self.slow_flow())
        self.wait_until_slow()
        for _ in range(2):
            status, out, err = self.run_it(self.path("flow.yaml"))
            self.assertEqual((status, out), (2, ""))
            self.assertRegex(
                err, r"\Apromoflow: release 'r-1' is being run in \S+ by process %d on \S+ "
                     r"since \d{4}-\d\d-\d\dT[\d:]+Z; .*--set release.id=ID\n\Z" % process.pid)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)
        self.assertEqual(self.read("paged"), "paged\n")
        self.assertFalse(os.path.exists(self.lock))

    def test_another_release_or_another_directory_is_no_conflict(self):
        process = self.start(self.slow_flow())
        self.wait_until_slow()
        self.script("promotions/default", "true")
        for work, release in ((self.work, "r-2"), (self.path("elsewhere"), "r-1")):
            done = subprocess.run([PROGRAM, "run", self.path("flow.yaml"), "--hooks", self.hooks,
                                   "--work-dir", work, "--set", "release.id=" + release],
                                  env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                  stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S,
                                  check=False)
            self.assertEqual(done.returncode, 0, done.stderr)
        process.send_signal(signal.SIGTERM)
        process.communicate(timeout=PATIENCE_S)

    def test_a_lock_goes_with_its_process(self):
        process = self.start(self.slow_flow())
        self.wait_until_slow()
        process.kill()
        process.communicate(timeout=PATIENCE_S)
        self.assertTrue(os.path.exists(self.lock))
        if WITH_STORE:
            self.end_all()
        self.script("promotions/default", "true")
        status, _, err = self.run_it(self.path("flow.yaml"))
        self.assertEqual(status, 0, err)
        wait_for(lambda: living(self.marker) == [], "the end of all that was started")

    def test_an_id_that_nobody_chose_makes_way(self):
        self.script("promotions/default", "true")
        flow = self.flow("  steps: [{environment: a, dependsOn: [dev]}]\n")
        held = []
        now = datetime.datetime.now(datetime.timezone.utc)
        for second in range(PATIENCE_S):
            moment = now + datetime.timedelta(seconds=second)
            name = moment.strftime("tested-%Y%m%dT%H%M%SZ")
            os.makedirs(self.path("work"), exist_ok=True)
            held.append(os.open(self.path("work", "." + name + ".lock"), os.O_CREAT | os.O_RDWR))
            fcntl.flock(held[-1], fcntl.LOCK_EX)
        done = subprocess.run([PROGRAM, "run", flow, "--hooks", self.hooks,
                               "--work-dir", self.work],
                              env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)
        for descriptor in held:
            os.close(descriptor)
        self.assertEqual(done.returncode, 0, done.stderr)
        self.assertTrue([name for name in os.listdir(self.work) if name.endswith("Z-2")])

    def test_what_stands_in_the_lock_s_place_neither_blocks_nor_leads_elsewhere(self):
        self.script("promotions/default", "true")
        flow = self.flow("  steps: [{environment: a, dependsOn: [dev]}]\n")
        os.makedirs(self.work)
        with open(self.path("precious"), "w", encoding="utf-8") as file:
            file.write("mine")
        for make in (os.mkfifo, os.mkdir,
                     lambda path: os.symlink(self.path("elsewhere"), path),
                     lambda path: os.link(self.path("precious"), path)):
            make(self.lock)
            status, out, err = self.run_it(flow)
            self.assertEqual((status, out), (2, ""))
            self.assertRegex(err, "cannot (open|lock) " + self.lock)
            os.rmdir(self.lock) if os.path.isdir(self.lock) else os.remove(self.lock)
        self.assertFalse(os.path.exists(self.path("elsewhere")))
        self.assertEqual(self.read("precious"), "mine")

    def test_a_link_in_the_place_of_the_release_s_directory_is_not_followed(self):
        self.script("promotions/default", "true")
        flow = self.flow("  steps: [{environment: a, dependsOn: [dev]}]\n")
        os.makedirs(self.path("other"))
        with open(self.path("other", "lock"), "w", encoding="utf-8") as file:
            file.write("mine")
        os.makedirs(self.work)
        os.symlink(self.path("other"), self.path("work", "r-1"))
        status, out, err = self.run_it(flow)
        self.assertEqual((status, out), (2, ""))
        self.assertIn(self.path("work", "r-1") + " is not a directory; name another", err)
        self.assertEqual(os.listdir(self.path("other")), ["lock"])
        self.assertEqual(self.read("other", "lock"), "mine")

    def test_a_link_that_a_hook_puts_there_is_not_followed_either(self):
        self.script("promotions/default", "true")
        os.makedirs(self.path("other"))
        for name in ("lock", ".r-1.lock"):
            with open(self.path("other", name), "w", encoding="utf-8") as file:
                file.write("mine")
        for put_away in ("mv %s " + self.path("away"), "rm -rf %s"):
            release = self.path("work", "r-1")
            self.script("h", put_away % release + "; ln -s %s %s" % (self.path("other"), release))
            flow = self.flow("  steps: [{environment: a, dependsOn: [dev], "
                             "hooks: {onStart: h, onFail: h}}]\n")
            with self.subTest(put_away=put_away):
                self.run_it(flow)
                self.assertEqual(sorted(os.listdir(self.path("other"))), [".r-1.lock", "lock"])
                self.assertFalse(os.path.lexists(self.lock))
            if os.path.islink(release):
                os.remove(release)

    def test_a_program_that_clears_its_directory_does_not_remove_the_lock(self):
        release = self.path("work", "r-1")
        for clears in ("rm -rf %s/*" % release, "rm -rf " + release,
                       "rm -rf %s/*" % self.path("work")):
            with self.subTest(clears=clears):
                self.script("promotions/default", clears)
                self.script("h", "echo >%s\nwhile [ ! -e %s ]; do sleep 0.01; done"
                            % (self.path("cleared"), self.path("go")))
                flow = self.flow("  steps: [{environment: a, dependsOn: [dev], "
                                 "hooks: {onSuccess: h}}]\n")
                process = self.start(flow)
                self.addCleanup(self.end_all)
                wait_for(lambda: os.path.exists(self.path("cleared")), "the clearing")
                status, out, err = self.run_it(flow)
                self.assertEqual((status, out), (2, ""))
                self.assertIn("is being run in", err)
                with open(self.path("go"), "w", encoding="utf-8"):
                    pass
                process.communicate(timeout=PATIENCE_S)
                self.assertEqual(process.returncode, 0)
                os.remove(self.path("cleared"))
                os.remove(self.path("go"))


class Streams(RunCase):
    def closing(self, streams, *command):
        """Runs a command with standard streams closed; 0 to 2, as a shell does it."""
        closed = " ".join({0: "<&-", 1: ">&-", 2: "2>&-"}[stream] for stream in streams)
        return subprocess.run(["sh", "-c", 'exec "$@" ' + closed, "sh", *command], env=self.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, text=True, timeout=PATIENCE_S, check=False)

    def exporting_flow(self):
        self.script("promotions/default", "echo promoted; echo aside >&2")
        self.script("export", 'echo exporting; printf \'{"K":"v"}\' >"$PROMOTION_CONTEXT_PATH"')
        self.script("show", 'grep -o \'"context":.*\' "$PROMOFLOW_ARGUMENTS_PATH"')
        return self.flow("  steps:\n    - {environment: a, dependsOn: [dev], "
                         "hooks: {onStart: export, onSuccess: show}}\n")

    def logs(self):
        found = {}
        for name in os.listdir(self.path("work", "r-1")):
            if os.path.isdir(self.path("work", "r-1", name)):
                continue  # What a supervisor keeps.
            # Sorted: two streams have no order between them.
            found[name] = sorted(self.read("work", "r-1", name).splitlines())
            os.remove(self.path("work", "r-1", name))
        return found

    def test_hooks_run_and_keep_their_logs_whatever_stream_is_closed(self):
        flow = self.exporting_flow()
        for count in range(4):
            for streams in itertools.combinations((0, 1, 2), count):
                with self.subTest(closed=streams):
                    done = self.closing(streams, *self.command(flow))
                    self.assertEqual(done.returncode, 0, done.stdout + done.stderr)
                    self.assertEqual(self.logs(), {"1.log": ["exporting"],
                                                   "2.log": ["aside", "promoted"],
                                                   "3.log": ['"context":{"K":"v"}}']})

    def test_records_that_would_be_lost_are_a_reason_not_to_begin(self):
        flow = self.exporting_flow()
        for streams in ((1,), (0, 1), (1, 2), (0, 1, 2)):
            with self.subTest(closed=streams):
                done = self.closing(streams, *self.command(flow, "--format", "jsonl"))
                self.assertEqual(done.returncode, 2)
                self.assertFalse(os.path.exists(self.work))
                if 2 not in streams:
                    self.assertIn("standard output is closed; nothing is started", done.stderr)
        done = self.closing((0, 2), *self.command(flow, "--format", "jsonl"))
        self.assertEqual(done.returncode, 0)
        self.assertEqual([json.loads(line)["event"] for line in done.stdout.splitlines()][-1],
                         "release")

    def test_every_other_command_ends_with_2_and_says_why(self):
        flow = self.exporting_flow()
        for command in (("validate", flow), ("simulate", flow), ("graph", flow), ("schema",),
                        ("--help",), ("run", "--help"), ("--version",),
                        ("simulate", flow, "--format", "jsonl")):
            with self.subTest(command=command):
                done = self.closing((1,), PROGRAM, *command)
                self.assertEqual((done.returncode, done.stdout), (2, ""))
                self.assertEqual(done.stderr, "promoflow: cannot write to standard output: it is "
                                              "closed; send it to a file, or to /dev/null\n")
                self.assertEqual(self.closing((0, 1, 2), PROGRAM, *command).returncode, 2)
        self.assertEqual(self.closing((0, 2), PROGRAM, "validate", flow).returncode, 0)

    def test_an_input_that_is_closed_is_no_empty_file(self):
        for command in (("validate", "-"), ("simulate", "-"), ("graph", "-")):
            done = self.closing((0,), PROGRAM, *command)
            self.assertEqual((done.returncode, done.stdout), (2, ""))
            self.assertIn("cannot read standard input: it is closed", done.stderr)

    def test_a_stream_that_is_open_the_wrong_way_round_is_closed(self):
        flow = self.exporting_flow()
        script = 'exec "$@" >&- 1</dev/null'
        done = subprocess.run(["sh", "-c", script, "sh", *self.command(flow, "--format", "jsonl")],
                              env=self.env, stdin=subprocess.DEVNULL, stderr=subprocess.PIPE,
                              text=True, timeout=PATIENCE_S, check=False)
        self.assertEqual(done.returncode, 2)
        self.assertIn("standard output is closed", done.stderr)


if __name__ == "__main__":
    unittest.main()
