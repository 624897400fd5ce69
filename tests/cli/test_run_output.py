# SPDX-License-Identifier: Apache-2.0
"""What becomes of a run whose output can't be written, or whose reader does not read."""

import fcntl
import os
import pty
import re
import signal
import subprocess
import unittest

from run_support import PATIENCE_S, PROGRAM, RunCase, living, wait_for

PIPE_BYTES = 4096  # The smallest pipe there is.


def small_pipe(non_blocking=False):
    reader, writer = os.pipe()
    fcntl.fcntl(writer, fcntl.F_SETPIPE_SZ, PIPE_BYTES)
    if non_blocking:
        os.set_blocking(writer, False)
    return reader, writer


def read_slowly(reader):
    """All that comes, in pieces smaller than the pipe."""
    text = b""
    while True:
        part = os.read(reader, 1000)
        if not part:
            os.close(reader)
            return text
        text += part


class Output(RunCase):
    def many_hooks(self, more=""):
        """A flow with 60 hooks: its trace is longer than the smallest pipe."""
        self.script("h", "true")
        self.script("promotions/default", "true")
        return self.flow("  steps:\n    - {environment: a, dependsOn: [dev]}\n" + more
                         + "  hooks: {onStart: [%s]}\n" % ", ".join(["h"] * 60))

    def begin(self, flow, stdout, stderr, *options):
        process = subprocess.Popen(self.command(flow, *options), env=self.env,
                                   stdin=subprocess.DEVNULL, stdout=stdout, stderr=stderr,
                                   start_new_session=True)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        return process

    # --- output that can't be written ----------------------------------------------------------

    @unittest.skipUnless(os.path.exists("/dev/full"), "needs /dev/full")
    def test_a_trace_that_cannot_be_written_is_told_once_and_the_release_goes_on(self):
        flow = self.many_hooks()
        self.script("promotions/default", "touch %s" % self.path("promoted"))
        for format_ in ("jsonl", "text"):
            with self.subTest(format=format_), open("/dev/full", "wb") as full:
                process = self.begin(flow, full, subprocess.PIPE, "--format", format_)
                err = process.communicate(timeout=PATIENCE_S)[1].decode()
                self.assertEqual(process.returncode, 2, err)
                self.assertEqual(err.count("cannot write to standard output"), 1, err)
                os.remove(self.path("promoted"))

    def test_a_reader_that_is_gone_ends_no_release(self):
        flow = self.many_hooks()
        self.script("promotions/default", "touch %s" % self.path("promoted"))
        reader, writer = small_pipe()
        os.close(reader)
        process = self.begin(flow, writer, subprocess.PIPE)
        os.close(writer)
        err = process.communicate(timeout=PATIENCE_S)[1].decode()
        self.assertEqual(process.returncode, 2, err)
        self.assertNotIn("cannot write", err)
        self.assertTrue(os.path.exists(self.path("promoted")))

    def test_a_pipe_that_does_not_block_gets_the_whole_trace(self):
        reader, writer = small_pipe(non_blocking=True)
        process = self.begin(self.many_hooks(), writer, subprocess.PIPE, "--format", "jsonl")
        os.close(writer)
        text = read_slowly(reader)
        self.assertEqual(process.wait(timeout=PATIENCE_S), 0)
        self.assertIn(b'"status":"Succeeded"}', text.splitlines()[-1])
        self.assertEqual(text.count(b'"event":"hook-succeeded"'), 60)

    def test_a_pipe_that_does_not_block_gets_all_of_other_commands(self):
        flow = self.many_hooks()
        store = ["--store", self.path("own.db")]
        self.assertEqual(self.run_it(flow, *store)[0], 0)
        for call in (("export", "r-1", *store), ("show", "r-1", *store),
                     ("simulate", flow, "--format", "jsonl"), ("schema",)):
            with self.subTest(call=call[0]):
                whole = subprocess.run([PROGRAM, *call], stdout=subprocess.PIPE, env=self.env,
                                       stdin=subprocess.DEVNULL, check=True).stdout
                self.assertGreater(len(whole), PIPE_BYTES)
                reader, writer = small_pipe(non_blocking=True)
                process = subprocess.Popen([PROGRAM, *call], stdout=writer, env=self.env,
                                           stdin=subprocess.DEVNULL, stderr=subprocess.PIPE)
                os.close(writer)
                text = read_slowly(reader)
                err = process.communicate(timeout=PATIENCE_S)[1]
                self.assertEqual((process.returncode, err), (0, b""))
                self.assertEqual(text, whole)

    # --- a reader that does not read -----------------------------------------------------------

    def unread(self, more, *options, both=False):
        """A run of 60 hooks and what `more` says, whose output nobody reads so far."""
        flow = self.many_hooks(more)
        reader, writer = small_pipe()
        self.addCleanup(os.close, reader)
        if not both:
            with open(self.path("err"), "wb") as err:
                process = self.begin(flow, writer, err, *options)
        else:
            process = self.begin(flow, writer, writer, *options)
        os.close(writer)
        return process, reader

    def slow_environment(self, timeout=""):
        """A promotion that takes for ever, at once with the hook-laden rest."""
        self.script("promotions/slow", "touch %s\nexec sleep 1000" % self.path("slow-began"))
        self.script("slow-start", "exec sleep 1000")
        self.script("page", "touch %s" % self.path("paged"))
        return "    - {environment: slow, dependsOn: [dev], hooks: {%sonFail: page}}\n" % timeout

    def test_timeouts_do_not_wait_for_the_reader(self):
        more = self.slow_environment("onStart: {name: slow-start, timeout: 200ms}, ")
        process, reader = self.unread(more)
        wait_for(lambda: os.path.exists(self.path("paged")), "the end by the time-out")
        self.assertIsNone(process.poll())  # The end of its output still waits to be read.
        text = b""
        while b"Failed\n" not in text[-200:]:
            part = os.read(reader, 1000)
            self.assertTrue(part, text[-300:])
            text += part
        self.assertEqual(process.wait(timeout=PATIENCE_S), 1)
        self.assertEqual(text.count(b"onStart hook h succeeded after"), 60, text)

    def stop_repeatedly(self, process):
        """As long as it lives, a second signal that is meant is one of these."""
        def ended():
            if process.poll() is None:
                process.send_signal(signal.SIGTERM)
            return process.poll() is not None
        wait_for(ended, "the forced end")

    def test_signals_do_not_wait_for_the_reader(self):
        for both in (False, True):
            with self.subTest(both=both):
                more = self.slow_environment()
                process, _ = self.unread(more, both=both)
                wait_for(lambda: os.path.exists(self.path("slow-began")), "the promotion")
                process.send_signal(signal.SIGTERM)
                wait_for(lambda: os.path.exists(self.path("paged")), "the onFail hook")
                self.assertIsNone(process.poll())
                self.stop_repeatedly(process)
                self.assertEqual(process.returncode, 130)
                wait_for(lambda: living(self.marker) == [], "the end of all that was started")
                for name in ("slow-began", "paged"):
                    os.remove(self.path(name))

    def test_a_release_that_has_ended_waits_for_its_reader_until_two_signals(self):
        self.script("last", "touch %s" % self.path("last"))
        process, _ = self.unread(
            "    - {environment: z, dependsOn: [a], hooks: {onSuccess: last}}\n")
        wait_for(lambda: os.path.exists(self.path("last")), "the last hook")
        self.stop_repeatedly(process)
        self.assertEqual(process.returncode, 130)

    def test_a_slow_reader_gets_everything(self):
        process, reader = self.unread("", "--format", "jsonl")
        text = b""
        while not text.endswith(b'"event":"release","status":"Succeeded"}\n'):
            part = os.read(reader, 100)
            self.assertTrue(part, text[-300:])
            text += part
        self.assertEqual(process.wait(timeout=PATIENCE_S), 0)
        self.assertEqual(text.count(b'"event":"hook-succeeded"'), 60)

    # --- messages and the live view ------------------------------------------------------------

    def test_what_is_drawn_anew_erases_no_message(self):
        more = self.slow_environment()
        self.script("page", "touch %s\nexec sleep 1000" % self.path("paged"))
        leader, follower = pty.openpty()
        self.env.update(TERM="xterm", COLUMNS="200")
        process = self.begin(self.many_hooks(more), follower, follower)
        os.close(follower)
        text = b""

        def read_until(part, start=0):
            nonlocal text
            while part not in text[start:]:
                try:
                    text += os.read(leader, 4096)
                except OSError:  # Linux says EIO when the other side is closed.
                    self.fail("%r is not in %r" % (part, text[-2000:]))
            return text.index(part, start) + len(part)
        read_until(b"> slow")
        process.send_signal(signal.SIGINT)
        told = read_until(b"forces its end\r\n")
        read_until(b"\x1b[J", read_until(b"> slow", told))  # Drawn, and drawn anew.
        screen = []
        for line in re.sub(rb"\x1b\[[0-9;]*m", b"", text).split(b"\r\n"):
            for erased in re.findall(rb"\x1b\[(\d+)A\x1b\[J", line):
                del screen[-int(erased):]
            screen.append(re.sub(rb"\x1b\[\d+A\x1b\[J", b"", line))
        os.close(leader)
        self.assertEqual(sum(b"terminating the release" in line for line in screen), 1, screen)


if __name__ == "__main__":
    unittest.main()
