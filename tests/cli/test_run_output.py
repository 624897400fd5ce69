# SPDX-License-Identifier: Apache-2.0
"""What becomes of a run whose output can't be written."""

import fcntl
import os
import subprocess
import unittest

from run_support import PATIENCE_S, PROGRAM, RunCase

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
                     ("simulate", flow), ("graph", flow, "--format", "svg"), ("schema",)):
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


if __name__ == "__main__":
    unittest.main()
