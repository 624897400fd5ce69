# SPDX-License-Identifier: Apache-2.0
"""Handles: closed in any order, used after close, dropped by the hundred thousand, from several
threads, in several interpreters."""

import gc
import itertools
import os
import subprocess
import sys
import threading

import pytest
from conftest import BILLING

import promoflow
from promoflow import ClosedError, Flow, HookSucceeded, Tick


def test_handles_are_closed_in_any_order():
    for order in itertools.permutations(range(4)):
        flow = Flow.loads(BILLING)
        release = flow.start(id="r", context={"A": 1}, at=0)
        trace = promoflow.simulate(flow, fail={"staging": "no"})
        hook, = release.commands()
        handles = [flow, release, trace]
        for index in order:
            if index == 3:
                del hook
                continue
            handles[index].close()
            handles[index].close()
            assert handles[index].closed
        assert repr(flow) == "<Flow closed>"


def test_a_release_and_a_trace_outlive_their_flow():
    flow = Flow.loads(BILLING)
    release = flow.start(id="r", at=0)
    trace = promoflow.simulate(flow)
    flow.close()
    release.apply(HookSucceeded(1, at=0))
    assert release.environment("staging").status == "Running"
    assert release.environments["production"].status == "Pending"
    assert trace.environments["production"].status == "Successful"
    assert repr(trace) == "<Trace billing: Succeeded, 17 records>"
    assert trace.hooks("release.onStart")[0].arguments["PROMOTION_FLOW_NAME"] == "billing"


def test_use_after_close_is_an_exception(flow):
    release = flow.start(id="r", at=0)
    trace = promoflow.simulate(flow)
    scenario = promoflow.Scenario.loads("{}")
    hook, = release.commands()
    commands = release.commands()
    ran = trace.hooks("release.onStart")[0]
    for handle in (release, trace, scenario):
        handle.close()
    uses = [
        lambda: release.status, lambda: release.apply(Tick()), lambda: release.snapshot(),
        lambda: release.environments, lambda: release.info, lambda: release.context,
        lambda: release.commands(), lambda: next(commands), lambda: release.next_timer,
        lambda: release.outstanding(), lambda: list(release.records()), lambda: release.describe(),
        lambda: release.reissue(), lambda: release.apply_json("{}"), lambda: release.flow,
        lambda: release.why_pending("staging"), lambda: release.skip("staging"),
        lambda: trace.conflicts, lambda: trace.shadowed, lambda: scenario.selection,
        lambda: hook.arguments, lambda: hook.context, lambda: trace.status, lambda: len(trace),
        lambda: trace[0], lambda: trace.jsonl(), lambda: trace.timeline(), lambda: trace.context,
        lambda: trace.hooks("release.onStart"), lambda: ran.arguments, lambda: ran.context,
        lambda: promoflow.simulate(flow, scenario)]
    for use in uses:
        with pytest.raises(ClosedError, match="closed"):
            use()
    assert hook.hook == "slack-start" and hook.ticket == 1
    flow.close()
    for use in (lambda: flow.name, lambda: flow.environments, lambda: flow.start(id="r"),
                lambda: flow.dumps(), lambda: flow.render(), lambda: flow == flow,
                lambda: promoflow.simulate(flow), lambda: flow.level("dev"), lambda: hash(flow)):
        with pytest.raises(ClosedError):
            use()


def test_with_closes(flow):
    with flow.start(id="r") as release, promoflow.simulate(flow) as trace:
        assert not release.closed and not trace.closed
    assert release.closed and trace.closed


def resident_kib():
    gc.collect()
    with open("/proc/self/status", encoding="ascii") as file:
        return next(int(line.split()[1]) for line in file if line.startswith("VmRSS:"))


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_memory_stays_flat_over_100_000_releases(flow):
    def make(count):
        for number in range(count):
            release = flow.start(id=f"r-{number}", context={f"KEY_{number}": "x" * 100}, at=0)
            for hook in release.commands():
                assert len(hook.arguments) == 7
            release.apply(hook.succeeded({"MORE": number}, at=0))
    make(5_000)
    before = resident_kib()
    make(100_000)
    assert resident_kib() - before < 2_000  # A leak of 20 bytes a release would show.


@pytest.mark.skipif(not os.path.exists("/proc/self/status"), reason="needs /proc")
def test_memory_stays_flat_over_flows_scenarios_traces_and_errors(flow):
    def make(count):
        for _ in range(count):
            other = Flow.loads(BILLING)
            scenario = promoflow.Scenario.from_dict(
                {"outcomes": [{"environment": "staging", "fail": "x" * 1000}]}, flow=other)
            other.restore(other.start(id="r", at=0).snapshot())
            promoflow.simulate(other, scenario).jsonl()
            with pytest.raises(promoflow.ManifestError):
                Flow.loads("kind: PromotionFlow")
    make(200)
    before = resident_kib()
    make(2_000)
    assert resident_kib() - before < 1_000  # The least of these handles leaked would be 2 MB.


def test_a_cycle_through_a_command_is_collected(flow):
    gc.collect()
    release = flow.start(id="r", at=0)
    hook, = release.commands()
    hook.arguments["self"] = hook
    del release
    before = len(gc.get_objects())
    del hook
    assert gc.collect() > 0
    assert len(gc.get_objects()) < before


def test_a_finalizer_cannot_change_a_release_that_is_being_read(flow):
    """Code that runs while a release is read or changed: it is refused, nothing breaks."""
    release = flow.start(id="r", context={"A": [1], "B": 2}, at=0)
    kept = list(release.commands())

    class CallsAtCollection:
        def __init__(self):
            self.me = self

        def __del__(self):
            release.close()

    threshold = gc.get_threshold()
    gc.set_threshold(1, 1, 1)
    try:
        CallsAtCollection()
        for _ in range(100):
            try:
                kept[0].arguments, kept[0].context, release.environments, release.outstanding()
                release.apply(Tick(at=0))
            except (ClosedError, RuntimeError):
                break
    finally:
        gc.set_threshold(*threshold)
    gc.collect()
    assert release.closed


def test_threads_share_a_flow_and_take_turns_at_a_release(flow):
    release = flow.start(id="r", at=0)
    wrong = []

    def work(number):
        try:
            for _ in range(50):
                trace = promoflow.simulate(flow, fail={"staging": str(number)})
                assert trace.message == str(number)
                release.apply(Tick(at=0))
                assert release.status == "Running"
                Flow.loads(BILLING).close()
        except BaseException as why:
            wrong.append(why)

    threads = [threading.Thread(target=work, args=(number,)) for number in range(8)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert wrong == []


def test_closing_while_another_thread_simulates():
    steps = "".join(f"    - {{environment: e{n}, dependsOn: [dev]}}\n" for n in range(3000))
    text = BILLING.split("  steps:")[0] + "  steps:\n" + steps
    for _ in range(5):
        flow, done = Flow.loads(text), []
        thread = threading.Thread(target=lambda: done.append(promoflow.simulate(flow)))
        thread.start()
        flow.close()
        thread.join()
        assert not done or done[0].status == "Succeeded"  # Before, or after it had begun.


IN_AN_INTERPRETER = """
import promoflow
flow = promoflow.Flow.loads({text!r})
assert promoflow.simulate(flow).status == "Succeeded"
try: flow.level("x")
except KeyError: pass
else: raise AssertionError
""".format(text=BILLING)


class Interpreters:
    """The module that CPython has for them, under its name of the day."""

    def __init__(self):
        self.new = sys.version_info >= (3, 13)
        self.module = pytest.importorskip("_interpreters" if self.new else "_xxsubinterpreters")

    def run(self, code, own_gil=False):
        """What it raised, as text; empty: nothing."""
        if self.new:
            made = self.module.create("isolated" if own_gil else "legacy")
        else:
            made = self.module.create(isolated=own_gil)
        try:
            failed = self.module.run_string(made, code)
            return "" if failed is None else failed.formatted
        except self.module.RunFailedError as failed:
            return str(failed)
        finally:
            self.module.destroy(made)


def test_sub_interpreters_have_a_module_each():
    interpreters = Interpreters()
    for _ in range(3):
        assert interpreters.run(IN_AN_INTERPRETER) == ""
    assert promoflow.simulate(Flow.loads(BILLING)).status == "Succeeded"


@pytest.mark.skipif(sys.version_info < (3, 12), reason="all share one GIL")
def test_sub_interpreters_with_a_gil_of_their_own_refuse_the_import():
    assert "does not support loading in subinterpreters" in Interpreters().run(
        "import promoflow", own_gil=True)


def test_nothing_is_left_over_at_exit():
    code = "import promoflow\nf = promoflow.Flow.loads(" + repr(BILLING) + ")\n" \
        "r = f.start(id='r')\nc = list(r.commands())\ni = r.commands()\nf.close()\n"
    done = subprocess.run([sys.executable, "-X", "dev", "-c", code], capture_output=True,
                          timeout=60)
    assert (done.returncode, done.stderr) == (0, b"")
