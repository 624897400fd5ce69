# SPDX-License-Identifier: Apache-2.0
"""What the tests of `promoflow run` share.

All of them hold with a store and without: PROMOFLOW_RUN_STORE=1 gives each run a new store."""

import os
import shutil
import signal
import subprocess
import tempfile
import time
import unittest

PROGRAM = os.environ.get("PROMOFLOW_PROGRAM", "promoflow")
SOURCE = os.environ.get(
    "PROMOFLOW_SOURCE_DIR",
    os.path.normpath(os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "..")))
EXAMPLE = os.path.join(SOURCE, "examples", "run")
WITH_STORE = bool(os.environ.get("PROMOFLOW_RUN_STORE"))
PATIENCE_S = 60  # For conditions that come true at once unless the machine is very busy.

HEAD = """\
apiVersion: codefresh.io/v1beta1
kind: PromotionFlow
metadata: {name: tested}
spec:
  triggerEnvironment: dev
"""


def wait_for(condition, what, patience_s=PATIENCE_S):
    deadline = time.monotonic() + patience_s
    while not condition():
        if time.monotonic() > deadline:
            raise AssertionError("this did not come true: " + what)
        time.sleep(0.01)


def has_run_command():
    done = subprocess.run([PROGRAM, "run", "--help"], stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, check=False)
    return done.returncode == 0


def living(marker):
    """Processes whose environment has the marker: all that a run started, however far down."""
    found = []
    for pid in filter(str.isdigit, os.listdir("/proc")):
        try:
            with open("/proc/%s/environ" % pid, "rb") as file:
                if b"RUN_MARKER=" + marker.encode() not in file.read():
                    continue
            with open("/proc/%s/stat" % pid, encoding="utf-8", errors="replace") as file:
                if file.read().rpartition(")")[2].split()[0] != "Z":
                    found.append(int(pid))
        except OSError:
            pass
    return found


class RunCase(unittest.TestCase):
    """A directory with a flow and its programs, and runs of them."""

    @classmethod
    def setUpClass(cls):
        if not has_run_command():
            raise unittest.SkipTest("built without promoflow::process")

    def setUp(self):
        self.root = tempfile.mkdtemp(prefix="promoflow-run-")
        self.addCleanup(shutil.rmtree, self.root, ignore_errors=True)
        self.hooks = os.path.join(self.root, "hooks")
        os.makedirs(os.path.join(self.hooks, "promotions"))
        self.work = os.path.join(self.root, "work")
        self.marker = os.path.basename(self.root)
        self.env = dict(os.environ, RUN_MARKER=self.marker, TMPDIR=self.root,
                        XDG_STATE_HOME=self.path("state"))
        self.stores = 0

    def path(self, *names):
        return os.path.join(self.root, *names)

    def read(self, *names):
        with open(self.path(*names), encoding="utf-8") as file:
            return file.read()

    def script(self, name, body):
        path = os.path.join(self.hooks, name)
        with open(path, "w", encoding="utf-8") as file:
            file.write("#!/bin/sh\n" + body + "\n")
        os.chmod(path, 0o755)

    def flow(self, text):
        with open(self.path("flow.yaml"), "w", encoding="utf-8") as file:
            file.write(HEAD + text)
        return self.path("flow.yaml")

    def store_options(self):
        if not WITH_STORE:
            return ["--no-store"]
        self.stores += 1
        return ["--store", self.path("store-%d.db" % self.stores)]

    def command(self, flow, *options):
        places = [] if "--commands" in options else ["--hooks", self.hooks]
        if not {"--store", "--no-store"} & set(options):
            places += self.store_options()
        work = ["--work-dir", self.work] if self.work else []
        return [PROGRAM, "run", flow, *work, "--set", "release.id=r-1", *places, *options]

    def start(self, flow, *options):
        return subprocess.Popen(self.command(flow, *options), env=self.env, text=True,
                                stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, start_new_session=True)

    def run_it(self, flow, *options):
        process = self.start(flow, *options)
        out, err = process.communicate(timeout=PATIENCE_S * 2)
        return process.returncode, out, err

    def slow_flow(self):
        """One promotion that takes for ever, with a grandchild, and an onFail hook."""
        self.script("promotions/default", "sleep 1000 &\necho $! >%s\nwait"
                    % self.path("grandchild"))
        self.script("page", "echo paged >%s" % self.path("paged"))
        return self.flow("  steps:\n"
                         "    - {environment: a, dependsOn: [dev], hooks: {onFail: page}}\n")

    def end_all(self):
        """Programs of a run on a store outlive it, and their supervisors with them."""
        def none_left():
            for process in living(self.marker):
                try:
                    os.kill(process, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            return not living(self.marker)
        wait_for(none_left, "the end of all that was started")

    def wait_until_slow(self):
        wait_for(lambda: os.path.exists(self.path("grandchild"))
                 and self.read("grandchild").strip(), "the promotion")
