# SPDX-License-Identifier: Apache-2.0
"""[D8] A store whose file may not grow, and signals while the start of a
release waits for a store that can't be written."""

import json
import os
import resource
import signal
import subprocess
import unittest

from run_support import PATIENCE_S, PROGRAM, wait_for
from store_support import StoreCase

FILE_BYTES = 1 << 16  # A file that grows beyond it is refused, as on a full disk.


def with_a_full_disk():
    resource.setrlimit(resource.RLIMIT_FSIZE, (FILE_BYTES, resource.RLIM_INFINITY))


class Start(StoreCase):
    def pending(self, *options):
        """A run whose start is too large for the disk, and so waits."""
        self.script("promotions/default", "touch %s" % self.path("promoted"))
        flow = self.flow("  steps: [{environment: a, dependsOn: [dev]}]\n")
        made = subprocess.run([PROGRAM, "run", flow, "--hooks", self.hooks, "--store", self.store],
                              env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.PIPE, timeout=PATIENCE_S, check=False)
        self.assertEqual(made.returncode, 0, made.stderr)
        os.remove(self.path("promoted"))
        with open(self.path("context.json"), "w", encoding="utf-8") as file:
            json.dump({"K%d" % i: "x" * 1000 for i in range(200)}, file)
        with open(self.path("err"), "wb") as err:
            process = subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
                [*self.command(flow, *options), "--context", self.path("context.json")],
                env=self.env, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=err,
                start_new_session=True, preexec_fn=with_a_full_disk)
        self.addCleanup(process.wait)
        self.addCleanup(process.kill)
        wait_for(lambda: "the store fails" in self.read("err"), "a start that waits")
        return process

    def assert_not_started(self):
        self.assertIn("may not write larger files: raise the limit ('ulimit -f')",
                      self.read("err"))
        self.assertEqual(self.call("show", "r-1")[0], 2)
        self.assertFalse(os.path.exists(self.path("promoted")))

    def test_a_second_signal_ends_a_start_that_waits(self):
        for number in (signal.SIGINT, signal.SIGTERM):
            with self.subTest(number=number):
                process = self.pending()
                process.send_signal(number)
                wait_for(lambda: "gives the start up" in self.read("err"), "the first one's answer")

                def ended(process=process, number=number):
                    if process.poll() is None:
                        process.send_signal(number)
                    return process.poll() is not None
                wait_for(ended, "the forced end")
                self.assertEqual(process.returncode, 130, self.read("err"))
                self.assertIn("'r-1' was not started", self.read("err"))
                self.assert_not_started()

    def test_with_detach_on_interrupt_the_first_one_does(self):
        process = self.pending("--detach-on-interrupt")
        process.send_signal(signal.SIGTERM)
        self.assertEqual(process.wait(timeout=PATIENCE_S), 1)
        self.assert_not_started()

    def test_the_first_one_terminates_the_release_once_it_is_stored(self):
        process = self.pending()
        process.send_signal(signal.SIGTERM)
        wait_for(lambda: "gives the start up" in self.read("err"), "the first one's answer")
        resource.prlimit(process.pid, resource.RLIMIT_FSIZE,
                         (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
        self.assertIn(process.wait(timeout=PATIENCE_S), (0, 1))  # It may have succeeded by then.
        self.assertIn(self.show()["status"], ("Terminated", "Failed", "Succeeded"))

    def test_a_program_that_writes_too_much_is_ended_as_it_always_is(self):
        self.script("promotions/default",
                    "grep SigIgn /proc/self/status >%s" % self.path("signals"))
        flow = self.flow("  steps: [{environment: a, dependsOn: [dev]}]\n")
        code, out, err = self.run_it(flow)
        self.assertEqual(code, 0, out + err)
        ignored = int(self.read("signals").split()[1], 16)
        self.assertEqual(ignored & 1 << signal.SIGXFSZ - 1, 0)


if __name__ == "__main__":
    unittest.main()
