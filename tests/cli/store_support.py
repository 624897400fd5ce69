# SPDX-License-Identifier: Apache-2.0
"""What the tests of releases in a store share: a flow whose promotion ends when a file is there,
and the program in one process while it runs in another."""

import json
import os
import sqlite3
import subprocess

from run_support import PATIENCE_S, PROGRAM, RunCase, living, wait_for


class StoreCase(RunCase):
    def setUp(self):
        super().setUp()
        self.store = self.path("store.db")

    def call(self, *arguments, stdin=None):
        """Runs a command on the store; its exit status and what it printed."""
        command = [PROGRAM, arguments[0], *arguments[1:], "--store", self.store]
        done = subprocess.run(command, env=self.env, text=True, stdin=stdin or subprocess.DEVNULL,
                              stdout=subprocess.PIPE, stderr=subprocess.PIPE,
                              timeout=PATIENCE_S, check=False)
        return done.returncode, done.stdout, done.stderr

    def begin(self, *arguments):
        """The same in the background."""
        return subprocess.Popen([PROGRAM, *arguments, "--store", self.store], env=self.env,
                                text=True, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                                stderr=subprocess.PIPE, start_new_session=True)

    def command(self, flow, *options):
        return [PROGRAM, "run", flow, "--hooks", self.hooks, "--store", self.store,
                "--set", "release.id=r-1", *options]

    def show(self, release="r-1"):
        code, out, err = self.call("show", release, "--format", "json")
        self.assertEqual(code, 0, err)
        return json.loads(out)

    def commands(self, release="r-1"):
        return {command["ticket"]: command for command in self.show(release)["commands"]}

    def lines(self, release="r-1"):
        code, out, err = self.call("export", release)
        self.assertEqual(code, 0, err)
        return [json.loads(line) for line in out.splitlines()]

    def finish(self, process, patience=PATIENCE_S):
        out, err = process.communicate(timeout=patience)
        return process.returncode, out, err

    def touch(self, name):
        with open(self.path(name), "w", encoding="utf-8"):
            pass

    def wait_for_file(self, name):
        wait_for(lambda: os.path.exists(self.path(name)), name)

    def gated_flow(self):
        """A hook, then a promotion that ends when `gate` is there, then an onSuccess hook."""
        self.script("before", 'echo before >>%s; printf \'{"TICKET":"ABC-1"}\' '
                              '>"$PROMOTION_CONTEXT_PATH"' % self.path("journal"))
        self.script("promotions/default",
                    "echo promoting >>%s\necho out-1\ntouch %s\n"
                    "while ! [ -e %s ]; do sleep 0.02; done\necho out-2"
                    % (self.path("journal"), self.path("promoting"), self.path("gate")))
        self.script("after", 'echo "after $PROMOFLOW_CONTEXT_TICKET" >>%s' % self.path("journal"))
        self.script("page", "echo page >>%s" % self.path("journal"))
        return self.flow("  steps:\n    - {environment: a, dependsOn: [dev], hooks: {onStart: "
                         "before, onSuccess: after, onFail: page}}\n"
                         "    - {environment: b, dependsOn: [a]}\n")

    def approved_flow(self, hook="exit 75"):
        """A promotion that waits for a person."""
        self.script("promotions/default", "echo asks >>%s\n%s" % (self.path("journal"), hook))
        self.script("page", 'echo "page $PROMOFLOW_ARG_ERROR_MESSAGE$ERROR_MESSAGE" >>%s'
                    % self.path("journal"))
        return self.flow("  steps:\n    - {environment: a, dependsOn: [dev], "
                         "hooks: {onFail: page}}\n")

    def wait_until_suspended(self, ticket=1):
        def suspended():
            code, out, _ = self.call("show", "r-1", "--format", "json")
            return code == 0 and any(command["ticket"] == ticket
                                     and command["state"] == "suspended"
                                     for command in json.loads(out)["commands"])
        wait_for(suspended, "a command that waits for a person")

    def kill(self, process):
        """As a power cut does it: nothing is said or written any more."""
        process.kill()
        process.communicate(timeout=PATIENCE_S)
        self.touch("gate")
        wait_for(lambda: living(self.marker) == [], "the end of all that was started")

    def change(self, statement, *values):
        connection = sqlite3.connect(self.store)
        with connection:
            connection.execute(statement, values)
        connection.close()
