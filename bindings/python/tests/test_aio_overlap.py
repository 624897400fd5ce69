# SPDX-License-Identifier: Apache-2.0
"""[H16] run(): no call begins while a cancelled one of the same environment still runs."""

import asyncio

import promoflow
from conftest import BILLING
from promoflow import Control, Flow
from test_aio import Fake, run, time  # noqa: F401 (a fixture)


def slow_to_stop(order, name, seconds):
    """A coroutine that needs time to end when it is cancelled."""
    async def body(call):
        order.append(f"{name} {call.attempt} begins")
        try:
            await asyncio.sleep(10_000)
        finally:
            await asyncio.sleep(seconds)
            order.append(f"{name} {call.attempt} has stopped")
    return body


OVERLAP = BILLING.split("  steps:")[0] + """
  steps:
    - environment: staging
      dependsOn: [dev]
      timeout: 1m
      retry: {limit: 1}
      hooks: {onFail: rollback}
"""


def test_nothing_begins_while_what_was_cancelled_still_runs(time):
    """[H16] [R19] The held calls are queued, and the timeout of attempt 2 counts from its start."""
    order, seen = [], []

    async def rollback(call):
        order.append("rollback begins")

    fake = Fake(staging=slow_to_stop(order, "staging", 5), rollback=rollback)
    release = run(time, Flow.loads(OVERLAP), fake,
                  observer=lambda _, record: seen.append(record.event))
    assert release.message == "timed out after 1m"
    assert order == ["staging 1 begins", "staging 1 has stopped", "staging 2 begins",
                     "staging 2 has stopped", "rollback begins"]
    assert seen.count("queued") == seen.count("started") == 2
    assert time.now() == 130_000


def test_what_ends_at_once_when_it_is_cancelled_holds_nothing(time):
    """[H16]"""
    seen = []
    run(time, Flow.loads(OVERLAP), Fake(staging=10_000),
        observer=lambda _, record: seen.append(record.event))
    assert "queued" not in seen and time.now() == 120_000


def test_a_held_call_that_waits_for_room_itself_is_queued_once(time):
    """[H16] [R19]"""
    order, seen = [], []
    slow = slow_to_stop(order, "staging", 5)

    async def promote(call):
        with call.queued():
            await asyncio.sleep(600)
        await (slow(call) if call.attempt == 1 else asyncio.sleep(50))

    release = run(time, Flow.loads(OVERLAP), Fake(staging=promote),
                  observer=lambda _, record: seen.append(record.event))
    assert release.status == "Succeeded"
    assert seen.count("queued") == seen.count("started") == 2
    assert time.now() == 600_000 + 60_000 + 5_000 + 600_000 + 50_000


def test_a_held_call_is_dropped_by_force(time):
    """[H16]"""
    order, control = [], Control()
    fake = Fake(staging=slow_to_stop(order, "staging", 100))

    async def operate():
        running = asyncio.ensure_future(promoflow.run(
            Flow.loads(OVERLAP), fake, id="r", clock=time.now, control=control))
        await asyncio.sleep(90)
        control.terminate("now", force=True)
        return await running

    release = time.run(operate())
    assert release.status == "Terminated" and fake.calls == ["staging"]
    assert order == ["staging 1 begins", "staging 1 has stopped"]


def test_a_resumed_command_that_was_queued_starts(time):
    """[R15] [R19]"""
    flow = Flow.loads(OVERLAP)
    release = flow.start(id="r", at=0)
    promotion = list(release.commands())[-1]
    release.apply(promotion.queue(at=0))
    seen = []
    time.run(promoflow.resume(release, Fake(staging=10_000), clock=time.now,
                              observer=lambda _, record: seen.append(record.event)))
    assert "started" in seen and release.message == "timed out after 1m"
