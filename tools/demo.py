# SPDX-License-Identifier: Apache-2.0
"""Runs the demo's flow for real on a store: the process is killed half way, another one goes on, a
person approves from a third, and the record is shown.

    python3 tools/demo.py PROGRAM
"""

import json
import os
import shlex
import signal
import subprocess
import sys
import tempfile
import time

RELEASE = "r-42"
PATIENCE_S = 60


def say(text):
    print("\n# " + text, flush=True)


class Demo:
    def __init__(self, program, folder):
        self.program = os.path.abspath(program)
        self.env = dict(os.environ, XDG_STATE_HOME=folder)

    def begin(self, *arguments, **variables):
        print("\n$ promoflow " + shlex.join(arguments), flush=True)
        return subprocess.Popen([self.program, *arguments], env=dict(self.env, **variables),
                                stdin=subprocess.DEVNULL, start_new_session=True)

    def call(self, *arguments):
        process = self.begin(*arguments)
        if process.wait(PATIENCE_S) != 0:
            sys.exit("demo: that ended with %d" % process.returncode)

    def show(self):
        done = subprocess.run([self.program, "show", RELEASE, "--format", "json"], env=self.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.DEVNULL, check=False)
        return json.loads(done.stdout) if done.returncode == 0 else None

    def wait_for(self, what, condition):
        """The first value of `condition` that is not false."""
        end = time.monotonic() + PATIENCE_S
        while time.monotonic() < end:
            shown = self.show()
            found = condition(shown) if shown else None
            if found:
                return found
            time.sleep(0.05)
        return sys.exit("demo: this did not come true: " + what)


def promotion(shown, environment, state):
    """The ticket of that environment's promotion, if it is in that state."""
    for command in shown["commands"]:
        if "hook" not in command and command["environment"] == environment and \
                command["state"] == state:
            return command["ticket"]
    return None


def main():
    with tempfile.TemporaryDirectory(prefix="promoflow-demo-") as folder:
        demo = Demo(sys.argv[1], folder)
        run = demo.begin("run", "examples/demo/flow.yaml", "--hooks", "examples/demo/hooks",
                         "--set", "release.id=" + RELEASE, "--set", "release.version=1.4.0",
                         SECONDS_EACH="1")
        demo.wait_for("staging is promoted", lambda shown: any(
            environment["name"] == "staging" and environment["status"] == "Successful"
            for environment in shown["environments"]))
        os.kill(run.pid, signal.SIGKILL)
        run.wait()
        say("the process was just killed with SIGKILL, half way. What it did is in the store:")
        demo.call("list")
        say("another process goes on where it was:")
        resumed = demo.begin("resume", RELEASE)
        ticket = demo.wait_for("prod-eu waits for a person",
                               lambda shown: promotion(shown, "prod-eu", "suspended"))
        say("prod-eu waits for a person. Somebody approves it, from a third process:")
        demo.call("approve", RELEASE, str(ticket))
        status = resumed.wait(PATIENCE_S)
        say("the whole record, which outlives all of them:")
        demo.call("show", RELEASE)
        demo.call("replay", RELEASE)
        sys.exit(status)


if __name__ == "__main__":
    main()
