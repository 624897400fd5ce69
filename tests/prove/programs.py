#!/usr/bin/env python3
# SPDX-License-Identifier: Apache-2.0
"""Runs the real program through the kinds of faults that programs, signals and files can cause.

    programs.py --program promoflow [--rounds N] [KIND...]

Each kind prints what it has counted; the first thing that is wrong ends it with 1. Nothing is
timed, and nothing sleeps to wait for something: programs say in files how far they are.
"""

import argparse
import itertools
import json
import os
import random
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import traceback

sys.path.insert(0, os.path.join(os.path.dirname(os.path.abspath(__file__)), "..", "cli"))
import run_support  # noqa: E402

PATIENCE_S = 120
KINDS = {}


def kind(tag, what):
    """Registers a function(Place) -> count as a kind; `what` says what is counted."""
    def register(function):
        KINDS[tag] = (function, what)
        return function
    return register


def check(condition, *facts):
    if not condition:
        raise AssertionError(" ".join(str(fact) for fact in facts))


def wait_for(condition, what):
    run_support.wait_for(condition, what, PATIENCE_S)


class Place:
    """A directory with a flow, its programs and what runs of them have left."""

    def __init__(self, program, seed):
        self.program, self.chance = program, random.Random(seed)
        self.root = tempfile.mkdtemp(prefix="promoflow-prove-")
        self.hooks = self.path("hooks")
        self.marker = os.path.basename(self.root)
        self.env = dict(os.environ, RUN_MARKER=self.marker, TMPDIR=self.root)
        os.makedirs(os.path.join(self.hooks, "promotions"))

    def path(self, *names):
        return os.path.join(self.root, *names)

    def read(self, *names):
        with open(self.path(*names), encoding="utf-8") as file:
            return file.read()

    def exists(self, *names):
        return os.path.lexists(self.path(*names))

    def write(self, name, text):
        with open(self.path(name), "w", encoding="utf-8") as file:
            file.write(text)
        return self.path(name)

    def clear(self, *names):
        """Removes files and directories, if they are there."""
        for name in names:
            path = self.path(name)
            if os.path.isdir(path) and not os.path.islink(path):
                shutil.rmtree(path)
            elif os.path.lexists(path):
                os.remove(path)

    def script(self, name, body):
        path = self.write(os.path.join("hooks", name), "#!/bin/sh\n" + body + "\n")
        os.chmod(path, 0o755)

    def flow(self, *steps, **spec):
        """Steps are dicts with what differs from `dependsOn: [dev]`."""
        return self.write("flow.json", json.dumps({
            "apiVersion": "codefresh.io/v1beta1", "kind": "PromotionFlow",
            "metadata": {"name": "tested",
                         "annotations": {"promoflow.dev/extensions": "true"}},
            "spec": {"triggerEnvironment": "dev",
                     "steps": [{"dependsOn": ["dev"], **step} for step in steps], **spec}}))

    def command(self, *options, release="r", places=True):
        hooks = ["--hooks", self.hooks] if places else []
        return [self.program, "run", self.path("flow.json"), *hooks, "--no-store", "--work-dir",
                self.path("work"), "--set", "release.id=" + release, *options]

    def start(self, command, prepare=None):
        return subprocess.Popen(  # pylint: disable=subprocess-popen-preexec-fn
            command, env=self.env, text=True, errors="replace", stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE, start_new_session=True,
            preexec_fn=prepare)

    def end(self, process):
        out, err = process.communicate(timeout=PATIENCE_S)
        return process.returncode, out, err

    def run(self, *options, **more):
        return self.end(self.start(self.command(*options, **more)))

    def living(self):
        return run_support.living(self.marker)

    def nothing_lives(self):
        wait_for(lambda: not self.living(), "the end of all that was started")

    def remove(self):
        for pid in self.living():
            os.kill(pid, signal.SIGKILL)
        shutil.rmtree(self.root, ignore_errors=True)


# --- files ---------------------------------------------------------------------------------------


@kind("H14", "runs of one release at once")
def locks(place, rounds):
    """Of several runs at once one has the release; the others are refused and told who has it."""
    count = 0
    for _ in range(rounds):
        place.clear("work", "began", "go")
        place.script("promotions/default", "echo $PPID >>%s\nwhile ! [ -e %s ]; do sleep 0.02; done"
                     % (place.path("began"), place.path("go")))
        place.flow({"environment": "a"})
        runs = [place.start(place.command()) for _ in range(place.chance.randint(2, 6))]
        wait_for(lambda: place.exists("began"), "the promotion")
        wait_for(lambda: sum(run.poll() is None for run in runs) == 1, "the refusals")
        (first,) = [run for run in runs if run.poll() is None]
        for run in runs:
            if run is first:
                continue
            status, out, err = place.end(run)
            check((status, out) == (2, ""), status, out, err)
            check("release 'r' is being run in" in err, err)
            check("process %d on" % first.pid in err or "another process" in err, err)
        if place.chance.random() < 0.5:
            first.kill()
            place.end(first)
            place.nothing_lives()
        place.write("go", "")
        if first.returncode is None:
            status, out, err = place.end(first)
            check(status == 0, out, err)
            check(not place.exists("work", ".r.lock"), "the lock was left")
        check(place.run()[0] == 0, "the lock has not gone with its process")
        count += len(runs) + 1
    return count


@kind("H15", "runs with closed standard streams")
def streams(place, rounds):
    """Whatever is closed, programs run and every file holds what is its own."""
    count = 0
    place.script("promotions/default", "echo out; echo err >&2")
    place.script("h", 'printf \'{"K":"v"}\' >"$PROMOTION_CONTEXT_PATH"')
    place.flow({"environment": "a", "hooks": {"onStart": "h"}})
    kinds = {0: ("", "<&-", "</dev/null"), 1: ("", ">&-", "1</dev/null"), 2: ("", "2>&-")}
    for _ in range(rounds):
        for ways in itertools.product(*kinds.values()):
            for format_ in ("text", "jsonl"):
                place.clear("work")
                # The descriptors are closed in an order that chance gives.
                ways = place.chance.sample(ways, len(ways))
                status, out, _ = place.end(place.start(
                    ["sh", "-c", 'exec "$@" ' + " ".join(ways), "sh",
                     *place.command("--format", format_)]))
                lost = ">&-" in ways or "1</dev/null" in ways
                count += 1
                if lost and format_ == "jsonl":
                    check(status == 2 and not place.exists("work"), ways, status)
                    continue
                # What cannot be written is told at the end; /dev/null can.
                check(status == (2 if "1</dev/null" in ways else 0), ways, format_, status, out)
                log = place.read("work", "r", "2.log")  # Two streams have no order between them.
                check(sorted(log.splitlines()) == ["err", "out"], ways, log)
                check(sorted(os.listdir(place.path("work", "r"))) == ["1.log", "2.log"], ways)
                if format_ == "jsonl":
                    check(json.loads(out.splitlines()[-1])["status"] == "Succeeded", ways, out)
    return count


# --- signals -------------------------------------------------------------------------------------


STOP_SIGNALS = [signal.SIGHUP, signal.SIGINT, signal.SIGTERM]


def signalled(place, ignored, sent, force):
    """One run that is sent signals; `force`: then Ctrl-C until it is obeyed."""
    place.clear("work", "began", "paged", "go")
    process = place.start(place.command("--grace", "1h"), lambda: [
        signal.signal(number, signal.SIG_IGN if number in ignored else signal.SIG_DFL)
        for number in STOP_SIGNALS])
    wait_for(lambda: place.exists("began"), "the promotion")
    for number in sent:
        process.send_signal(number)
    stops = [number for number in sent if number not in ignored]
    if not stops and force and signal.SIGINT not in ignored:
        process.send_signal(signal.SIGINT)
        stops.append(signal.SIGINT)
    if stops:
        wait_for(lambda: place.exists("paged"), "the onFail hook")
    if stops and force and signal.SIGINT not in ignored:
        def forced():
            process.send_signal(signal.SIGINT)
            return process.poll() is not None
        wait_for(forced, "the forced end")
        status, out, err = place.end(process)
        check(status == 130 and "terminate by force" in out, status, out, err)
        check(place.read("paged") == "begin\n", out, err)
    else:
        place.write("go", "")
        status, out, err = place.end(process)
        check("force:" not in out and "forcing" not in err, ignored, sent, out, err)
        check(status == (1 if stops else 0), ignored, sent, status, out, err)
        check(not stops or place.read("paged") == "begin\nend\n", ignored, sent)
    place.nothing_lives()


@kind("H17", "signals sent to runs")
def signals(place, rounds):
    """Bursts of signals, some of them ignored from the start: an ignored one does nothing, a burst
    is one stop, and the end is forced only by a Ctrl-C that is repeated."""
    wait = "while ! [ -e %s ]; do sleep 0.02; done" % place.path("go")
    place.script("promotions/default", "touch %s; trap 'exit 1' TERM; %s"
                 % (place.path("began"), wait))
    place.script("page", "echo begin >>{0}; {1}; echo end >>{0}".format(place.path("paged"), wait))
    place.flow({"environment": "a", "hooks": {"onFail": "page"}})
    count = 0
    for number in range(rounds * 4):
        ignored = [one for one in STOP_SIGNALS if place.chance.random() < 0.3]
        burst = place.chance.sample(STOP_SIGNALS, place.chance.randint(1, 3))
        if place.chance.random() < 0.5:  # Hangups may come as often and as late as they like.
            burst = [signal.SIGHUP] * place.chance.randint(1, 8)
        signalled(place, ignored, burst, number % 4 == 3)
        count += len(burst)
    return count


# --- programs ------------------------------------------------------------------------------------


@kind("H19", "ways to have no program for promotions")
def promotions(place, rounds):
    """Nothing starts without a program for promotions, however it comes to be missing."""
    place.script("h", "touch " + place.path("ran"))
    place.flow({"environment": "a"}, hooks={"onStart": "h"})
    count = 0
    near = ["promotion", "Promotions", "PROMOTIONS", "promotons", "promtions", "promote",
            "promotions-old", "promotions.d", "promotions2", ".promotions", "elsewhere"]
    ways = [("directory", name) for name in near] + [
        ("none", ""), ("empty", ""), ("file", ""), ("hidden", ""), ("dangling", ""),
        ("commands", "hooks: {h: ./hooks/h}\n"), ("commands", "promotions: {}\n")]
    for _ in range(rounds):
        for way, name in ways:
            place.clear("hooks/promotions", "commands.yaml", "work")
            options, places = (), True
            if way == "directory":
                os.mkdir(place.path("hooks", name))
                place.script(name + "/default", "true")
            elif way in ("empty", "hidden"):
                os.mkdir(place.path("hooks", "promotions"))
                if way == "hidden":
                    place.write("hooks/promotions/.default", "")
            elif way == "file":
                place.script("promotions", "true")
            elif way == "dangling":
                os.symlink(place.path("nowhere"), place.path("hooks", "promotions"))
            elif way == "commands":
                options, places = ("--commands", place.write("commands.yaml", name)), False
            format_ = place.chance.choice(["text", "jsonl"])
            status, out, err = place.run(*options, "--format", format_, places=places)
            check((status, out) == (2, ""), way, name, status, out, err)
            check("--no-promotions" in err and not place.exists("work"), way, name, err)
            check(not place.exists("ran"), way, name)
            if way == "directory":
                place.clear("hooks/" + name)
            count += 1
        place.clear("hooks/promotions")
        status, out, err = place.run("--no-promotions")
        check(status == 0 and place.exists("ran"), out, err)
        place.clear("ran")
    return count


@kind("H20", "programs that cannot be run")
def lookup(place, rounds):
    """Nothing starts where a program, however late it were needed, cannot be run."""
    place.flow({"environment": "a"}, {"environment": "b", "dependsOn": ["a"]},
               hooks={"onStart": "first", "onSuccess": "last"})
    place.script("first", "touch " + place.path("ran"))

    def make(name, text, mode=0o755):
        path = place.write(os.path.join("hooks", name), text)
        os.chmod(path, mode)
    good = "#!/bin/sh\n"
    ways = [
        lambda name: None,
        lambda name: make(name, good, 0o644),
        lambda name: make(name, "#!/no/such/interpreter\n"),
        lambda name: make(name, "#!/bin/sh\r\ntrue\r\n"),
        lambda name: make(name + ".sh", good),
        lambda name: make(os.path.join(os.path.dirname(name), os.path.basename(name).upper()),
                          good),
        lambda name: os.mkdir(place.path("hooks", name)),
        lambda name: os.mkfifo(place.path("hooks", name)),
        lambda name: os.symlink(place.path("nowhere"), place.path("hooks", name))]
    count = 0
    for _ in range(rounds):
        for way, name in itertools.product(ways, ("last", "promotions/b")):
            place.clear("hooks/last", "hooks/promotions", "work")
            os.mkdir(place.path("hooks", "promotions"))
            place.script("promotions/a", "touch " + place.path("ran"))
            for other in {"last", "promotions/b"} - {name}:
                place.script(other, "true")
            way(name)
            status, out, err = place.run("--format", place.chance.choice(["text", "jsonl"]))
            check((status, out) == (2, ""), name, status, out, err)
            check(not place.exists("ran"), name, err)
            place.clear("hooks/last.sh", "hooks/LAST")
            count += 1
    return count


@kind("H21", "programs that leave their process group")
def escapes(place, rounds):
    """What a time-out ends is ended, wherever it has gone; and so is what it has started."""
    place.flow({"environment": "a", "timeout": "300ms"})
    sleep = "import os, time, signal; signal.signal(signal.SIGTERM, signal.SIG_IGN); "
    wait = "; time.sleep(1000)"
    ways = [sleep + "os.fork() or os.setpgid(0, os.getpgid(os.getppid()))" + wait,
            sleep + "os.fork() or os.setpgid(0, 0)" + wait,
            sleep + "os.fork() or os.setsid()" + wait,
            sleep + "os.fork() or (os.setsid(), os.fork() and os._exit(0))" + wait]
    count = 0
    for _ in range(rounds):
        for way in ways:
            place.clear("work")
            place.script("promotions/default", "exec python3 -c '%s'" % way)
            status, out, err = place.run("--grace", "100ms")
            check(status == 1 and "timed out after 300ms" in out, way, status, out, err)
            place.nothing_lives()
            count += 1
    return count


@kind("H22", "programs run with few descriptors")
def shortage(place, rounds):
    """Out of descriptors is waiting, not failing."""
    count = 0
    place.script("promotions/default", "true")
    for _ in range(rounds):
        for limit in (40, 64, 100):
            steps = place.chance.randint(50, 120)
            place.clear("work")
            place.flow(*({"environment": "e%d" % i} for i in range(steps)))
            status, out, err = place.end(place.start(
                place.command("--parallel", "300"),
                # pylint: disable-next=cell-var-from-loop
                lambda: resource.setrlimit(resource.RLIMIT_NOFILE, (limit, limit))))
            check(status == 0, limit, steps, out[-500:], err)
            count += steps
    return count


# --- what runs at once -------------------------------------------------------------------------


@kind("H16", "calls that follow a cancelled one")
def overlaps(place, rounds):
    """A further attempt and a rollback begin when the cancelled call has ended, not before."""
    # The last words of a program that was told to end, some time after that.
    body = ("echo + >>{0}\ntrap 'sleep 0.2; echo - >>{0}; exit 1' TERM\n"
            "while :; do sleep 0.01; done").format(place.path("journal"))
    place.script("promotions/default", body)
    place.script("rollback", "echo + >>{0}; echo - >>{0}".format(place.path("journal")))
    count = 0
    for _ in range(rounds):
        for limit in (0, 1, 2):
            place.clear("work", "journal")
            place.flow({"environment": "a", "timeout": "200ms", "retry": {"limit": limit},
                        "hooks": {"onFail": "rollback"}})
            status, out, err = place.run("--grace", "1h")
            check(status == 1, status, out, err)
            journal = place.read("journal").split()
            check(journal == ["+", "-"] * (limit + 2), limit, journal, out)
            count += limit + 1
    return count


@kind("H18", "calls that wait for a free slot")
def queues(place, rounds):
    """A timeout does not count the wait for a slot."""
    place.script("promotions/slow", "sleep 3")
    place.script("promotions/default", "true")
    count = 0
    for _ in range(rounds):
        quick = place.chance.randint(1, 5)
        place.clear("work")
        place.flow({"environment": "slow"},
                   *({"environment": "e%d" % i, "timeout": "2s"} for i in range(quick)))
        status, out, err = place.run("--parallel", "1")
        check(status == 0 and "waits for a free slot" in out, status, out, err)
        count += quick
    return count


@kind("H13", "things in the place of a file of ours")
def places(place, rounds):
    """What a program leaves where a log, arguments or an export will be neither blocks nor leads
    anywhere else."""
    makes = {
        "fifo": os.mkfifo,
        "directory": os.mkdir,
        "link": lambda path: os.symlink(place.path("outside"), path),
        "dangling": lambda path: os.symlink(place.path("nowhere"), path),
        "null": lambda path: os.symlink("/dev/null", path),
        "hard link": lambda path: os.link(place.path("outside"), path)}
    place.script("promotions/default", "true")
    place.script("h", "echo said; printf '{\"K\":\"v\"}' >\"$PROMOTION_CONTEXT_PATH\"")
    count = 0
    for _ in range(rounds):
        for (what, make), name in itertools.product(
                makes.items(), ("1.log", "1.arguments.json", "1.context.json", "2.log")):
            place.clear("work")
            place.write("outside", "untouched")
            os.makedirs(place.path("work", "r"))
            make(place.path("work", "r", name))
            place.flow({"environment": "a", "hooks": {"onStart": "h"}})
            status, out, err = place.run()
            check(status in (0, 1), what, name, status, out, err)
            check(place.read("outside") == "untouched", what, name)
            check(not place.exists("nowhere"), what, name)
            place.nothing_lives()
            count += 1
    return count


def main():
    parser = argparse.ArgumentParser(description=__doc__.split("\n", 1)[0])
    parser.add_argument("--program", required=True)
    parser.add_argument("--rounds", type=int, default=3, help="of each kind; more take longer")
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("kinds", nargs="*", metavar="KIND", help=", ".join(KINDS))
    arguments = parser.parse_args()
    failed = False
    for tag in arguments.kinds or KINDS:
        function, what = KINDS[tag]
        place = Place(os.path.abspath(arguments.program), arguments.seed)
        try:
            count = function(place, arguments.rounds)
            print("%8d  programs %s: %s" % (count, tag, what), flush=True)
        except Exception:  # pylint: disable=broad-except
            failed = True
            print("%s is broken; reproduce: programs.py --program %s --rounds %d --seed %d %s\n%s"
                  % (tag, arguments.program, arguments.rounds, arguments.seed, tag,
                     traceback.format_exc()), flush=True)
        finally:
            place.remove()
    return 1 if failed else 0


if __name__ == "__main__":
    sys.exit(main())
