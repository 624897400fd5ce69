# SPDX-License-Identifier: Apache-2.0
"""Random calls on random handles, closed ones among them, while garbage is collected at every turn
and finalizers call it, too: exceptions of promoflow's, never a crash, and no handle is left."""

import gc
import random

import pytest
from conftest import BILLING

import promoflow
from promoflow import Flow, HookSucceeded, Queued, Retry, Scenario, Terminate, Tick, simulate

EXPECTED = (promoflow.PromoflowError, RuntimeError, KeyError, IndexError, StopIteration)


class CallsAtCollection:
    """Garbage in a cycle: its end comes when the collector pleases, within any call."""

    def __init__(self, deed):
        self.me, self.deed = self, deed

    def __del__(self):
        try:
            self.deed()
        except EXPECTED:
            pass


def of_flow(flow, make):
    return [lambda: make("release", flow.start(id="r", context={"A": [1], "B": "b"}, at=0)),
            lambda: make("trace", simulate(flow, fail={"staging": "no"})),
            lambda: flow.environments, lambda: flow.dumps(), lambda: flow.dependents("dev"),
            lambda: flow.options,
            lambda: flow.hooks("release.onFail"), lambda: hash(flow), flow.close,
            lambda: repr(flow)]


def of_release(release, make, chance):
    ticket = chance.randrange(1, 6)
    return [lambda: [make("command", command) for command in release.commands()],
            lambda: [make("command", command) for command in release.outstanding()],
            lambda: [make("command", record.command) for record in release.records(origin=0)
                     if record.command is not None],
            lambda: release.apply(HookSucceeded(ticket, {"A": ticket}, at=ticket)),
            lambda: release.apply(promoflow.PromotionFailed(ticket, "no", at=ticket)),
            lambda: release.apply(Retry(at=9)), lambda: release.apply(Tick(at=9)),
            lambda: release.apply(Terminate("stop", force=ticket == 5, at=9)), release.reissue,
            release.close, lambda: release.retry(["staging"], by="a", at=9),
            lambda: release.skip("staging", "b", at=9), lambda: release.apply(Queued(ticket, at=9)),
            lambda: release.why_pending("production"), lambda: release.conflicts,
            lambda: make("release", release.flow.restore(release.snapshot())),
            lambda: release.context, lambda: release.environments, lambda: release.writers,
            lambda: release.describe(), lambda: release.rejected, lambda: next(release.commands()),
            lambda: repr(release)]


def of_trace(trace, make):
    return [lambda: [make("command", hook) for hook in trace.hooks("release.onStart")],
            lambda: trace.conflicts, lambda: trace.shadowed, lambda: trace[3], lambda: list(trace),
            lambda: trace.context, lambda: trace.jsonl(),
            lambda: trace.environments, trace.close, lambda: repr(trace)]


def of_command(command):
    return [lambda: command.ticket, lambda: repr(command),
            lambda: getattr(command, "arguments", None),
            lambda: getattr(command, "context", None),
            lambda: getattr(command, "environment", None)]


@pytest.mark.parametrize("seed", range(40))
def test_random_calls(seed):
    chance = random.Random(seed)
    flow = Flow.loads(BILLING)
    handles = {"flow": [flow], "release": [], "trace": [], "command": [],
               "scenario": [Scenario.loads("{}")]}

    def make(kind, handle):
        if len(handles[kind]) > 8:
            handles[kind].pop(chance.randrange(8))
        handles[kind].append(handle)

    def deed():
        kind = chance.choice([kind for kind in handles if handles[kind]])
        handle = chance.choice(handles[kind])
        calls = {"flow": lambda: of_flow(handle, make), "trace": lambda: of_trace(handle, make),
                 "release": lambda: of_release(handle, make, chance),
                 "command": lambda: of_command(handle),
                 "scenario": lambda: [lambda: simulate(handles["flow"][-1], handle)]}[kind]()
        return chance.choice(calls)

    threshold = gc.get_threshold()
    gc.set_threshold(2, 2, 2)
    try:
        for _ in range(300):
            if chance.random() < 0.2:
                CallsAtCollection(deed())
            if chance.random() < 0.05:
                handles["flow"].append(Flow.loads(BILLING))
                handles["flow"] = handles["flow"][-3:]
            try:
                deed()()
            except EXPECTED:
                pass
    finally:
        gc.set_threshold(*threshold)
    for release in handles["release"]:
        release.close()
    gc.collect()
    assert simulate(Flow.loads(BILLING)).status == "Succeeded"
