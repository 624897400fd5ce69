# SPDX-License-Identifier: Apache-2.0
"""[H17] Signals that stop `promoflow run`: ignored ones stay ignored, a lost terminal is one stop,
and only a second Ctrl-C that is meant forces the end."""

import os
import pty
import resource
import signal
import subprocess
import unittest

from run_support import PATIENCE_S, RunCase, living, wait_for

STOPS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)


class Signals(RunCase):
    def waiting_flow(self):
        """A promotion, then an onFail hook, that each end when a file is there."""
        self.script("promotions/default", "touch %s\nwhile ! [ -e %s ]; do sleep 0.02; done"
                    % (self.path("promoting"), self.path("promote")))
        self.script("page", "echo begin >>%s\nwhile ! [ -e %s ]; do sleep 0.02; done\n"
                    "echo end >>%s" % (self.path("paged"), self.path("page"), self.path("paged")))
        return self.flow("  steps:\n"
                         "    - {environment: a, dependsOn: [dev], hooks: {onFail: page}}\n")

    def touch(self, name):
        with open(self.path(name), "w", encoding="utf-8"):
            pass

    def wait_for_file(self, name):
        wait_for(lambda: os.path.exists(self.path(name)), name)

    def start_ignoring(self, signals, *options):
        def ignore():
            for number in signals:
                signal.signal(number, signal.SIG_IGN)
        process = subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
            self.command(self.waiting_flow(), *options), env=self.env, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
            start_new_session=True, preexec_fn=ignore)
        self.wait_for_file("promoting")
        return process

    def finish(self, process):
        out, err = process.communicate(timeout=PATIENCE_S)
        wait_for(lambda: living(self.marker) == [], "the end of all that was started")
        return process.returncode, out, err

    def test_a_signal_that_is_ignored_at_the_start_stays_ignored(self):
        for ignored in ((signal.SIGHUP,), (signal.SIGINT,), STOPS):
            with self.subTest(ignored=ignored):
                process = self.start_ignoring(ignored)
                for number in ignored * 3:
                    process.send_signal(number)
                self.touch("promote")
                status, out, err = self.finish(process)
                self.assertEqual(status, 0, out + err)
                self.assertNotIn("terminat", out + err)
                for name in ("promoting", "promote"):
                    os.remove(self.path(name))

    def test_another_signal_than_the_ignored_one_still_terminates(self):
        process = self.start_ignoring((signal.SIGHUP,))
        process.send_signal(signal.SIGHUP)
        process.send_signal(signal.SIGTERM)
        self.wait_for_file("paged")
        self.touch("page")
        status, out, _ = self.finish(process)
        self.assertEqual(status, 1)
        self.assertIn("terminate: stopped by SIGTERM", out)
        self.assertEqual(self.read("paged"), "begin\nend\n")

    def test_a_release_is_terminated_while_no_thread_can_be_made(self):
        self.waiting_flow()
        self.script("promotions/default", "touch %s\nexec sleep 1000" % self.path("promoting"))
        process = self.start(self.path("flow.yaml"))
        self.addCleanup(process.kill)
        self.wait_for_file("promoting")
        # Room for what is small, but not for the stack of a thread.
        with open("/proc/%d/status" % process.pid, encoding="utf-8") as file:
            size = next(int(line.split()[1]) for line in file if line.startswith("VmSize")) * 1024
        resource.prlimit(process.pid, resource.RLIMIT_AS, (size + (4 << 20), size + (4 << 20)))
        process.send_signal(signal.SIGTERM)
        self.wait_for_file("paged")
        self.touch("page")
        status, out, err = self.finish(process)
        self.assertEqual(status, 1, out + err)
        self.assertIn("terminate: stopped by SIGTERM", out)

    def test_the_start_says_that_no_thread_can_be_made(self):  # [H22]
        self.touch("promote")
        flow = self.waiting_flow()
        said = ""
        for megabytes in range(16, 128, 8):
            done = subprocess.run(  # pylint: disable=subprocess-popen-preexec-fn
                self.command(flow), env=self.env, text=True, check=False, timeout=PATIENCE_S,
                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                preexec_fn=lambda size=megabytes << 20:
                resource.setrlimit(resource.RLIMIT_AS, (size, size)))
            self.assertGreaterEqual(done.returncode, 0, done.stderr)
            self.assertNotIn("internal", done.stderr)
            said += done.stderr
        self.assertIn("promoflow: the system refuses this process a further thread: raise", said)

    def test_hangups_never_force(self):
        process = self.start_ignoring(())
        for _ in range(3):
            process.send_signal(signal.SIGHUP)
        self.wait_for_file("paged")
        for _ in range(20):
            process.send_signal(signal.SIGHUP)
        self.touch("page")
        status, out, err = self.finish(process)
        self.assertEqual(status, 1)
        self.assertEqual(self.read("paged"), "begin\nend\n")
        self.assertIn("terminate: stopped by SIGHUP", out)
        self.assertNotIn("forc", out)
        self.assertEqual(err.count("terminating the release"), 1)

    def test_a_signal_that_bounces_does_not_force(self):
        # A program that passes Ctrl-C on, such as a test runner, adds one of its own at once. Two
        # of one kind that are pending are one; so these are of two kinds.
        for pair in ((signal.SIGINT, signal.SIGTERM), (signal.SIGHUP, signal.SIGTERM),
                     (signal.SIGHUP, signal.SIGINT)):
            with self.subTest(pair=pair):
                process = self.start_ignoring(())
                for number in pair:
                    process.send_signal(number)
                self.wait_for_file("paged")
                self.touch("page")
                status, out, err = self.finish(process)
                self.assertEqual(status, 1, out + err)
                self.assertRegex(err, r"terminating the release.*\n.*do it again after a second\n")
                self.assertNotIn("forcing", err)
                self.assertEqual(self.read("paged"), "begin\nend\n")
                for name in ("promoting", "paged", "page"):
                    os.remove(self.path(name))

    def test_a_signal_that_is_repeated_until_it_is_obeyed_forces(self):
        process = self.start_ignoring((), "--grace", "1h")
        process.send_signal(signal.SIGINT)
        self.wait_for_file("paged")

        def ended():
            process.send_signal(signal.SIGINT)
            return process.poll() is not None
        wait_for(ended, "the forced end")
        status, out, err = self.finish(process)
        self.assertEqual(status, 130)
        self.assertIn("terminate by force: stopped by Ctrl-C", out)
        self.assertIn("forcing the end of the release", err)
        self.assertEqual(self.read("paged"), "begin\n")

    def test_programs_can_be_run_where_sigchld_is_ignored(self):
        self.touch("promote")
        process = self.start_ignoring((signal.SIGCHLD,))
        status, out, err = self.finish(process)
        self.assertEqual(status, 0, out + err)

    def in_lost_terminal(self, *before):
        """An interactive shell runs the release; then the terminal is gone, as with a lost ssh."""
        flow = self.waiting_flow()
        command = " ".join([*before, *self.command(flow), ">", self.path("out"), "2>&1"])
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvpe("bash", ["bash", "--norc", "--noprofile", "-i"], self.env)
        os.write(terminal, command.encode() + b"\n")
        self.wait_for_file("promoting")
        os.close(terminal)
        os.waitpid(pid, 0)

    def test_programs_neither_wait_for_the_terminal_nor_write_to_it(self):  # [H12], [H21]
        self.script("promotions/default", "(printf RAW >/dev/tty) 2>%s\nread answer </dev/tty"
                    % self.path("refused"))
        command = self.command(self.flow("  steps: [{environment: a, dependsOn: [dev]}]\n"))
        pid, terminal = pty.fork()
        if pid == 0:
            os.execvpe("sh", ["sh", "-c", 'exec "$@" >%s 2>&1' % self.path("out"), "sh", *command],
                       self.env)
        self.addCleanup(os.close, terminal)
        ends = []

        def has_ended():
            ended, status = os.waitpid(pid, os.WNOHANG)
            if ended:
                ends.append(os.waitstatus_to_exitcode(status))
            return ends
        wait_for(has_ended, "the end of a program that reads from a terminal", 20)
        self.assertEqual(ends, [1], self.read("out"))
        self.assertIn("/dev/tty", self.read("refused"))
        os.set_blocking(terminal, False)
        try:
            self.assertEqual(os.read(terminal, 100), b"")
        except OSError:  # As the system says it where nothing was written, and all is closed.
            pass

    def test_a_lost_terminal_is_one_stop(self):
        self.in_lost_terminal()
        self.wait_for_file("paged")
        self.touch("page")
        wait_for(lambda: living(self.marker) == [], "the end of the run")
        self.assertEqual(self.read("paged"), "begin\nend\n")
        self.assertIn("terminate: stopped by SIGHUP", self.read("out"))
        self.assertNotIn("forc", self.read("out").replace("forces its end", ""))

    def test_nohup_survives_a_lost_terminal(self):
        self.in_lost_terminal("nohup")
        self.touch("promote")
        wait_for(lambda: living(self.marker) == [], "the end of the run")
        self.assertRegex(self.read("out"), r"release +Succeeded\n")
        self.assertFalse(os.path.exists(self.path("paged")))


if __name__ == "__main__":
    unittest.main()
