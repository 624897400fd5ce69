# SPDX-License-Identifier: Apache-2.0
"""Every call of the compiled half gives back what it took: the interpreter's blocks and the
process's memory are as before after thousands of them, refused ones included."""

import gc
import sys

import pytest
from conftest import BILLING, SITES

import promoflow
from promoflow import (Flow, HookFailed, HookSucceeded, Queued, Retry, Scenario, Skip, Terminate,
                       Tick, _core, simulate)

FLOW = Flow.loads(BILLING)
SCENARIO = {"context": {"A": 1}, "outcomes": [{"environment": "staging", "fail": "no"}],
            "actions": [{"at": "1h", "retry": ["staging"], "by": "ann"},
                        {"at": "2h", "terminate": "stop"}]}
TRACE = simulate(FLOW, SCENARIO)
RELEASE = FLOW.start(id="r", context={"A": [1], "B": "b", "PRODUCT_NAME": 1.5}, at=0)
HOOK = next(RELEASE.commands())
TWICE = Scenario.from_dict(SCENARIO)


def whole_release():
    release = FLOW.start(id="r", url="u", context={"A": [1]}, at=0)
    for command in release.commands():
        if hasattr(command, "failed"):
            release.apply(command.succeeded(at=0) if command.ticket % 3 else
                          command.failed("no", at=0))
    twin = FLOW.restore(release.snapshot())
    list(twin.records(origin=0))
    return twin


def operated():
    release = Flow.loads(SITES).start(id="r", at=0, skip=["world"], context={"VERSION": 1})
    for command in list(release.commands()):
        release.apply(command.succeeded({"A": command.ticket}, at=0))
    release.why_pending("world")
    promotion = release.outstanding()[0]
    release.apply(promotion.queue(at=0))
    release.apply(promotion.start(at=0))
    release.apply(promotion.failed("no", at=0))
    release.retry("eu", by="ann", at=0)
    release.terminate("x", by="ben", at=0)
    release.skip("us", "known", at=0)
    list(release.records(origin=0))


def refused():
    for call in (lambda: RELEASE.apply(HookSucceeded(99, at=0)),
                 lambda: RELEASE.apply_json("{"), lambda: RELEASE.apply(1),
                 lambda: FLOW.restore("{}"), lambda: FLOW.recover("{}"),
                 lambda: FLOW.start_json(id=1), lambda: FLOW.recover("["),
                 lambda: FLOW.start(id=""), lambda: FLOW.start(id=1),
                 lambda: FLOW.start(id="r", context="["), lambda: FLOW.level("x"),
                 lambda: Flow.loads("{"), lambda: Flow.loads("a: [b"), lambda: TRACE[99],
                 lambda: FLOW.hooks("x"), lambda: HookFailed(1), lambda: HookFailed(1, 2),
                 lambda: Tick(at="x"), lambda: HookSucceeded(1, object()),
                 lambda: simulate(FLOW, context="[1]"), lambda: RELEASE.environment("x"),
                 lambda: Scenario.loads("a: 1"), lambda: _core.parse_duration("x"),
                 lambda: FLOW.start(id="r", skip=["x"]), lambda: FLOW.start(id="r", skip=[1]),
                 lambda: FLOW.start(id="r", skip=["dev"], only=["dev"]), lambda: Retry([1]),
                 lambda: Skip(1), lambda: RELEASE.skip("x", at=0), lambda: RELEASE.retry([], at=0),
                 lambda: RELEASE.why_pending("x"), lambda: Terminate("x", by=1),
                 lambda: simulate(FLOW, records_max=1), lambda: HOOK.failed(1)):
        with pytest.raises(Exception):
            call()


CALLS = {
    "loads": lambda: Flow.loads(BILLING),
    "loads_all": lambda: Flow.loads_all(BILLING),
    "flow": lambda: (FLOW.name, FLOW.environments, FLOW.options, FLOW.fingerprint, hash(FLOW),
                     FLOW.step("production"), FLOW.hooks("release.onFail"), FLOW == FLOW,
                     FLOW.dependencies("staging"), FLOW.dependents("dev"), FLOW.level("staging"),
                     FLOW.depends_on("staging", "dev")),
    "written": lambda: (FLOW.dumps(), FLOW.render("svg"), TRACE.jsonl(), TRACE.timeline()),
    "trace": lambda: (TRACE.conflicts, TRACE.shadowed, TRACE.status, TRACE.environments,
                      TRACE.context, TRACE.writers, list(TRACE),
                      [hook.arguments for hook in TRACE.hooks("release.onFail")],
                      [hook.context for hook in TRACE.hooks("release.onFail")], len(TRACE)),
    "scenario": lambda: (Scenario.from_dict(SCENARIO, flow=FLOW), TWICE.outcomes, TWICE.actions,
                         TWICE.release, TWICE.context, TWICE.selection, simulate(FLOW, TWICE)),
    "release": whole_release,
    "operated": operated,
    "views": lambda: (RELEASE.status, RELEASE.info, RELEASE.environments, RELEASE.context,
                      RELEASE.writers, RELEASE.conflicts, RELEASE.rejected, RELEASE.describe(),
                      RELEASE.render(), RELEASE.key(1), RELEASE.next_timer, RELEASE.state,
                      RELEASE.outstanding(), RELEASE.snapshot(), repr(RELEASE), RELEASE.flow,
                     RELEASE.why_pending("production")),
    "command": lambda: (HOOK.arguments, HOOK.context, HOOK.point, HOOK.environment, repr(HOOK)),
    "reissued": lambda: (RELEASE.reissue(), [command.context for command in RELEASE.commands()]),
    "events": lambda: (Tick(at=1).to_json(), HookFailed(1, "x", {"A": 1}) == Terminate("y"),
                       repr(HOOK.succeeded({"A": 1})), HOOK.suspend().at,
                     HOOK.resume(by="x").ticket, repr(Retry(["a", "b"], by="c")),
                     Skip("a", "b", by="c").to_json(), Queued(1).ticket, HOOK.start().at),
    "recovered": lambda: FLOW.recover([FLOW.start_json(id="r", context={"A": 1}, at=0)]).context,
    "refused": refused,
    "durations": lambda: (_core.format_duration(90_000), _core.parse_duration("1h30m")),
}


@pytest.mark.parametrize("name", CALLS)
def test_nothing_is_left_behind(name):
    def rounds(count):
        for _ in range(count):
            CALLS[name]()
        gc.collect()
        return sys.getallocatedblocks()

    rounds(200)  # The interpreter's own caches fill up at first.
    before = rounds(1)
    assert rounds(400) - before < 200  # One block for each round is a leak.


def test_a_name_that_comes_once_does_not_stay():
    def rounds(start, count):
        for number in range(start, start + count):
            release = FLOW.start(id="r", context={f"KEY_{number}": 1}, at=0)
            assert len(next(release.commands()).arguments) == 7
        gc.collect()
        return sys.getallocatedblocks()

    before = rounds(0, 3000)
    assert rounds(3000, 3000) - before < 200
    assert promoflow.__version__
