#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Kills `promoflow run` on a store at random instants, and lets `promoflow resume` go on.

    kills.py --program promoflow [--rounds N] [--seed S] [--keep] [VICTIM...]

A round runs one release whose hooks and promotions are programs that append to files, and kills the
host, a supervisor, both, or the host's whole process group with SIGKILL, up to three times in a
row. Then it must be at its end with: no program of a ticket started twice, each effect once, a
whole chain of hashes, no process and no file left behind. A round that fails prints its seed, and
`--seed SEED --rounds 1` sees it again (its instants; what the machine does meanwhile differs).
"""

import argparse
import collections
import json
import os
import random
import shutil
import signal
import subprocess
import sys
import tempfile
import time

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import run_support  # noqa: E402

PATIENCE_S = 120
VICTIMS = ("host", "supervisor", "both", "group")
KILLS_MAX = 3
SUPERVISOR = "promoflow-supervisor"

# Each program says that it began, works for a while, and has one effect if it honours the key.
PROGRAM = """\
echo "$PROMOFLOW_IDEMPOTENCY_KEY" >>{root}/starts
sleep 0.0$(( $$ % 10 ))
mkdir "{root}/done/$(echo "$PROMOFLOW_IDEMPOTENCY_KEY" | tr / _)" 2>/dev/null || exit 0
echo "$PROMOFLOW_IDEMPOTENCY_KEY" >>{root}/effects
"""
FAILS_ONCE = PROGRAM + '[ "$PROMOFLOW_ATTEMPT" != 1 ]\n'
APPROVAL = PROGRAM + "exit 75\n"


def check(condition, *facts):
    if not condition:
        raise AssertionError(" ".join(str(fact) for fact in facts))


class Round:
    """One release: its directory, its chance, and what is done to it."""

    def __init__(self, program, seed, victim):
        self.program, self.victim = program, victim
        self.chance = random.Random(seed)
        self.root = tempfile.mkdtemp(prefix="promoflow-kills-")
        self.marker = os.path.basename(self.root)
        self.env = dict(os.environ, RUN_MARKER=self.marker, TMPDIR=self.path("tmp"))
        self.store = self.path("store.db")
        self.kills = collections.Counter()
        for name in ("hooks/promotions", "done", "tmp"):
            os.makedirs(self.path(name))
        self.approves = self.chance.random() < 0.25
        self.write_programs()
        self.write_flow()

    def path(self, *names):
        return os.path.join(self.root, *names)

    def lines(self, name):
        try:
            with open(self.path(name), encoding="utf-8") as file:
                return file.read().split()
        except FileNotFoundError:
            return []

    def write_programs(self):
        for name, body in (("begin", PROGRAM), ("announce", FAILS_ONCE), ("smoke", PROGRAM),
                           ("approve", APPROVAL), ("celebrate", PROGRAM), ("report", PROGRAM),
                           ("promotions/default", PROGRAM)):
            path = self.path("hooks", name)
            with open(path, "w", encoding="utf-8") as file:
                file.write("#!/bin/sh\n" + body.format(root=self.root))
            os.chmod(path, 0o755)

    def write_flow(self):
        again = {"limit": 1, "backoff": {"duration": "50ms"}}
        announce = {"name": "announce", "retry": again}
        last = {"onStart": "approve"} if self.approves else {"onSuccess": "smoke"}
        flow = {"apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
                "metadata": {"name": "killed",
                             "annotations": {"promoflow.dev/extensions": "true"}},
                "spec": {"triggerEnvironment": "dev", "failurePolicy": "continue",
                         "hooks": {"onStart": "begin", "onSuccess": "celebrate",
                                   "onFail": "report"},
                         "steps": [
                             {"environment": "eu", "dependsOn": ["dev"],
                              "hooks": {"onStart": [announce], "onSuccess": "smoke"}},
                             {"environment": "us", "dependsOn": ["dev"],
                              "hooks": {"onStart": ["smoke"], "onSuccess": "smoke"}},
                             {"environment": "global", "dependsOn": ["eu", "us"],
                              "hooks": last}]}}
        with open(self.path("flow.json"), "w", encoding="utf-8") as file:
            json.dump(flow, file)

    # --- the program ------------------------------------------------------------------------------

    def call(self, *words):
        """Ends with its status and what it printed."""
        done = subprocess.run([self.program, *words, "--store", self.store], env=self.env,
                              stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT, text=True, errors="replace",
                              timeout=PATIENCE_S, check=False)
        return done.returncode, done.stdout

    def show(self):
        """The release as `show` has it; None: the store has no such release, or is not there."""
        if not os.path.exists(self.store):
            return None
        status, text = self.call("show", "r", "--format", "json")
        if status != 0:
            return None
        return json.loads(text)

    def begin(self):
        """A host: `run` if the store has no such release, else `resume`."""
        if self.show() is None:
            words = ["run", self.path("flow.json"), "--hooks", self.path("hooks"), "--work-dir",
                     self.path("work"), "--set", "release.id=r"]
        else:
            words = ["resume", "r"]
        with open(self.path("log"), "ab") as log:
            return subprocess.Popen(  # pylint: disable=consider-using-with
                [self.program, *words, "--store", self.store], env=self.env,
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, start_new_session=True)

    def approve(self):
        """As another process, if something waits for a person."""
        shown = self.show() if self.approves else None
        for command in shown["commands"] if shown else []:
            if command["state"] == "suspended":
                self.call("approve", "r", str(command["ticket"]), "--no-wait")

    # --- the kill ---------------------------------------------------------------------------------

    def supervisors(self):
        found = []
        for pid in run_support.living(self.marker):
            try:
                with open(f"/proc/{pid}/stat", encoding="utf-8", errors="replace") as file:
                    if SUPERVISOR.startswith(file.read().split("(", 1)[1].rsplit(")", 1)[0]):
                        found.append(pid)
            except OSError:
                pass
        return found

    def kill(self, host):
        kill_host = self.victim in ("host", "both", "group")
        if self.victim in ("supervisor", "both"):
            found = self.supervisors()
            for pid in self.chance.sample(found, min(len(found), self.chance.randint(1, 2))):
                try:
                    os.kill(pid, signal.SIGKILL)
                    self.kills["supervisor"] += 1
                except ProcessLookupError:
                    pass
        if kill_host and host.poll() is None:
            if self.victim == "group":
                os.killpg(host.pid, signal.SIGKILL)
            else:
                host.kill()
            self.kills["host"] += 1
            host.wait()

    def live(self, length_s):
        """One host, killed after a random part of the time that a run takes."""
        host = self.begin()
        instant = time.monotonic() + self.chance.random() * length_s
        while time.monotonic() < instant and host.poll() is None:
            self.approve()
            time.sleep(max(0.0, min(0.05, instant - time.monotonic())))
        self.kill(host)
        return host

    def to_the_end(self, host):
        """Whoever is alive goes on; else a new host does."""
        deadline = time.monotonic() + PATIENCE_S
        while True:
            if host.poll() is not None:
                shown = self.show()
                if shown is not None and shown["status"] in ("Succeeded", "Failed", "Terminated"):
                    return shown
                host = self.begin()
            self.approve()
            check(time.monotonic() < deadline, "the release did not end")
            time.sleep(0.02)

    # --- what must hold ---------------------------------------------------------------------------

    def check_end(self, shown):
        starts = collections.Counter(self.lines("starts"))
        effects = collections.Counter(self.lines("effects"))
        twice = [key for key, count in starts.items() if count > 1]
        check(not twice, "started twice:", *twice)
        check(all(count == 1 for count in effects.values()), "an effect happened twice:", effects)
        tickets = {f"r/{command['ticket']}" for command in shown["commands"]}
        check(set(starts) <= tickets, "a program ran that the store does not know")
        for command in shown["commands"]:
            check(command["state"] in ("succeeded", "failed", "cancelled"),
                  "a command is not over:", command)
        if not self.kills["supervisor"]:
            check(shown["status"] == "Succeeded", "the release ended", shown["status"])
            check(set(effects) == tickets, "these had no effect:", tickets - set(effects))
            check(len(tickets) == 11, len(tickets), "tickets in place of 11")
        for words in (("verify", "r"), ("replay", "r")):
            status, text = self.call(*words)
            check(status == 0, *words, "ended with", status, text)

    def check_rest(self):
        run_support.wait_for(lambda: not run_support.living(self.marker),
                             "the end of all that was started", PATIENCE_S)
        check(not os.listdir(self.path("tmp")), "left in TMPDIR:", os.listdir(self.path("tmp")))
        beside = set(os.listdir(self.root)) - {
            "hooks", "done", "tmp", "work", "flow.json", "log", "starts", "effects", "store.db",
            "store.db-wal", "store.db-shm", "store.db.lock"}
        check(not beside, "left beside the store:", beside)

    def run(self, length_s):
        for _ in range(self.chance.randint(1, KILLS_MAX)):
            host = self.live(length_s)
        self.check_end(self.to_the_end(host))
        self.check_rest()

    def remove(self):
        for pid in run_support.living(self.marker):
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.root, ignore_errors=True)


def length_of_a_run(program, seed):
    """Of one that nobody kills, and that must be as it should."""
    place = Round(program, seed, "nobody")
    try:
        place.approves = False
        place.write_flow()
        begin = time.monotonic()
        host = place.begin()
        check(host.wait(PATIENCE_S) == 0, "a run that nobody kills failed:",
              " ".join(place.lines("log")))
        took = time.monotonic() - begin
        place.check_end(place.show())
        place.check_rest()
        return took
    finally:
        place.remove()


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--keep", action="store_true", help="keep the directory of what failed")
    parser.add_argument("victims", nargs="*", metavar="VICTIM", help="|".join(VICTIMS))
    arguments = parser.parse_args()
    victims = arguments.victims or VICTIMS
    length_s = length_of_a_run(arguments.program, arguments.seed)
    kills, rounds = collections.Counter(), 0
    for seed in range(arguments.seed, arguments.seed + arguments.rounds):
        victim = victims[seed % len(victims)]
        place = Round(arguments.program, seed, victim)
        try:
            place.run(length_s)
        except Exception as error:  # pylint: disable=broad-except
            print(f"seed {seed}, {victim}: {error}\n  {place.root}")
            print(f"reproduce: kills.py --program {arguments.program} --seed {seed} --rounds 1 "
                  f"{' '.join(arguments.victims)}")
            if not arguments.keep:
                place.remove()
            return 1
        kills += place.kills
        rounds += 1
        place.remove()
    print(f"{rounds:12}  kills: releases that were killed and came to their end")
    print(f"{kills['host']:12}  kills: hosts that were killed")
    print(f"{kills['supervisor']:12}  kills: supervisors that were killed")
    return 0


if __name__ == "__main__":
    sys.exit(main())
